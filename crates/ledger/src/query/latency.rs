//! How fast models answer.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::error::LedgerError;
use crate::query::cover::{Part, cover_in_days};
use crate::query::spend::SpendQuery;
use crate::table::latency::{DURATION, FIRST_TOKEN, bounds};
use crate::table::pruned;

/// How fast one model answers; of requests that were answered to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Speed {
    /// The model that answered; `None` where none was told.
    pub model: Option<String>,
    /// Answers that were timed.
    pub answers: i64,
    /// From acceptance to the first content.
    pub first_token: Percentiles,
    /// From acceptance to the end.
    pub duration: Percentiles,
    /// Output tokens in a second, after the first content; `None` where none were timed.
    pub tokens_per_second: Option<i64>,
}

/// Lengths of time in milliseconds, known to a tenth: so much takes at most half, 95 % and 99 % of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half.
    pub p50_ms: Option<i64>,
    /// 95 %.
    pub p95_ms: Option<i64>,
    /// 99 %.
    pub p99_ms: Option<i64>,
}

/// Counts of one model.
#[derive(Clone, Debug, Default)]
struct Counts {
    first_token: BTreeMap<usize, i64>,
    duration: BTreeMap<usize, i64>,
    output_tokens: i64,
    writing_ns: i64,
}

pub(crate) const COUNTS: &str =
    "SELECT (SELECT text FROM facet WHERE id = l.model), l.kind, l.bucket, sum(l.answers)
    FROM latency l WHERE l.kind IN (1, 2) AND l.day >= ?1 AND l.day < ?2 GROUP BY l.model, l.kind, l.bucket";

pub(crate) const PACES: &str = "SELECT (SELECT text FROM facet WHERE id = p.model), sum(p.output_tokens),
    sum(p.writing_ns) FROM pace p WHERE p.day >= ?1 AND p.day < ?2 GROUP BY p.model";

pub(crate) const ROWS: &str =
    "SELECT ifnull(served_model, ''), first_token_ns, duration_ns, output_tokens FROM request
    WHERE started_at >= ?1 AND started_at < ?2 AND status = 'ok'";

/// Every model, the one with the most answers first. Of the query, the times count.
pub(crate) fn speeds(conn: &Connection, query: &SpendQuery) -> Result<Vec<Speed>, LedgerError> {
    let (since, until) = query.stretch()?;
    let gone = pruned::until(conn)?;
    // Of rows that are gone the counts by day are left.
    let [since, until] = [since, until].map(|at| if at < gone { pruned::whole_day(at) } else { at });
    let bounds = bounds();
    let mut models: BTreeMap<String, Counts> = BTreeMap::new();
    let transaction = conn.unchecked_transaction()?;
    for part in cover_in_days(since, until) {
        match part {
            Part::Days(from, to) => {
                each(&transaction, COUNTS, from, to, |row| {
                    let counts = models.entry(row.get(0)?).or_default();
                    let bucket = usize::from(row.get::<_, u8>(2)?);
                    add(counts, row.get(1)?, bucket, row.get(3)?);
                    Ok(())
                })?;
                each(&transaction, PACES, from, to, |row| {
                    models.entry(row.get(0)?).or_default().paced(row.get(1)?, row.get(2)?);
                    Ok(())
                })?;
            }
            Part::Rows(from, to) => each(&transaction, ROWS, from, to, |row| {
                let counts = models.entry(row.get(0)?).or_default();
                let (first, whole): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
                let bucket = |nanos: i64| bounds.partition_point(|upper| *upper < nanos);
                first.into_iter().for_each(|first| add(counts, FIRST_TOKEN, bucket(first), 1));
                whole.into_iter().for_each(|whole| add(counts, DURATION, bucket(whole), 1));
                if let (Some(first), Some(whole)) = (first, whole)
                    && whole > first
                {
                    counts.paced(row.get(3)?, whole - first);
                }
                Ok(())
            })?,
            // Days and rows cover everything.
            Part::Quarters(..) => {}
        }
    }
    let mut speeds: Vec<Speed> =
        models.into_iter().map(|(model, counts)| counts.speed(model, &bounds)).collect();
    speeds.retain(|speed| speed.answers > 0);
    speeds.sort_by(|a, b| b.answers.cmp(&a.answers).then_with(|| a.model.cmp(&b.model)));
    Ok(speeds)
}

fn each(
    conn: &Connection,
    sql: &str,
    from: i64,
    to: i64,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), LedgerError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn add(counts: &mut Counts, kind: u8, bucket: usize, answers: i64) {
    let buckets = if kind == FIRST_TOKEN { &mut counts.first_token } else { &mut counts.duration };
    *buckets.entry(bucket).or_default() += answers;
}

// === impl Counts ===

impl Counts {
    fn paced(&mut self, output_tokens: i64, writing_ns: i64) {
        self.output_tokens = self.output_tokens.saturating_add(output_tokens);
        self.writing_ns = self.writing_ns.saturating_add(writing_ns);
    }

    fn speed(&self, model: String, bounds: &[i64]) -> Speed {
        let per_second = i128::from(self.output_tokens) * 1_000_000_000 / i128::from(self.writing_ns.max(1));
        Speed {
            model: Some(model).filter(|model| !model.is_empty()),
            answers: self.duration.values().sum(),
            first_token: percentiles(&self.first_token, bounds),
            duration: percentiles(&self.duration, bounds),
            tokens_per_second: (self.writing_ns > 0).then(|| i64::try_from(per_second).unwrap_or(i64::MAX)),
        }
    }
}

fn percentiles(buckets: &BTreeMap<usize, i64>, bounds: &[i64]) -> Percentiles {
    let all: i64 = buckets.values().sum();
    let at = |percent: i64| {
        // The first bucket by whose end so many answers had come.
        let wanted = (all * percent + 99) / 100;
        let mut come = 0;
        let found = buckets.iter().find(|(_, answers)| {
            come += **answers;
            come >= wanted
        });
        found.and_then(|(bucket, _)| bounds.get(*bucket)).map(|upper| upper / 1_000_000)
    };
    if all <= 0 {
        return Percentiles::default();
    }
    Percentiles { p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) }
}
