//! Spend by one dimension, in the user's time.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Transaction, params_from_iter};
use serde::Serialize;

use crate::error::LedgerError;
use crate::query::calendar;
use crate::query::cover::{cover, cover_in_quarters};
use crate::query::dimension::{CalendarUnit, Dimension, Facet};
use crate::query::estimate;
use crate::query::fold::Folded;
use crate::query::question::{Key, Sessions, Source};
use crate::query::totals::Totals;
use crate::query::way;
use crate::table::pruned;
use crate::table::usage::QUARTER_NS;

/// A question about spend.
#[derive(Clone, Debug)]
pub struct SpendQuery {
    /// What to split by.
    pub by: Dimension,
    /// From when on; `None` for the beginning.
    pub since: Option<Timestamp>,
    /// Up to, and without, when; `None` for open end, which counts what a wrong clock has dated later.
    pub until: Option<Timestamp>,
    /// The zone in which hours, days, weeks and months are meant.
    pub zone: TimeZone,
    /// Only requests of which all of these are true; an empty text means "not known".
    pub only: Vec<(Facet, String)>,
    /// How many rows: of times the latest, of all else the dearest. `None` for all.
    pub limit: Option<usize>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpendReport {
    /// What it is split by.
    pub by: Dimension,
    /// Times in order; all else the dearest first.
    pub rows: Vec<SpendRow>,
    /// Rows that the limit has cut off.
    pub omitted: usize,
    /// The sum of all, those cut off included.
    pub total: Totals,
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpendRow {
    /// The hour (`2026-10-25T02:00+01:00`), the day, the week's Monday, the month (`2026-10`), or the fact;
    /// `None` where the requests tell none.
    pub key: Option<String>,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
}

// === impl SpendQuery ===

impl SpendQuery {
    /// All there is, by one dimension.
    #[must_use]
    pub const fn by(by: Dimension, zone: TimeZone) -> Self {
        Self { by, since: None, until: None, zone, only: Vec::new(), limit: None }
    }

    /// Whether it can be answered at all.
    ///
    /// # Errors
    /// [`LedgerError::Reversed`] for a time that ends before it begins.
    pub fn check(&self) -> Result<(), LedgerError> {
        self.stretch().map(drop)
    }

    /// The stretch of time in Unix nanoseconds, within what a row can have.
    pub(crate) fn stretch(&self) -> Result<(i64, i64), LedgerError> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && until < since
        {
            return Err(LedgerError::Reversed { since: since.to_string(), until: until.to_string() });
        }
        let until = self.until.map_or(i64::MAX, nanos);
        Ok((self.since.map_or(0, nanos).min(until), until))
    }
}

// === impl SpendRow ===

impl SpendRow {
    pub(crate) fn dearest_first(rows: &mut [Self]) {
        rows.sort_by(|a, b| {
            let weight = |row: &Self| (row.totals.cost(), row.totals.requests());
            weight(b).cmp(&weight(a)).then_with(|| a.key.cmp(&b.key))
        });
    }
}

pub(crate) fn spend(conn: &Connection, query: &SpendQuery) -> Result<SpendReport, LedgerError> {
    let _snapshot = moment(conn)?;
    let mut rows = match query.by {
        Dimension::Time(unit) => by_time(conn, query, unit)?,
        Dimension::Facet(facet) => by_facet(conn, query, facet)?,
    };
    let mut total = Totals::default();
    rows.iter().try_for_each(|row| total.add(&row.totals))?;
    if total.estimates >= estimate::MOST_READ {
        total.estimates = totals(conn, query)?.estimates;
    }
    let omitted = rows.len().saturating_sub(query.limit.unwrap_or(usize::MAX));
    match query.by {
        Dimension::Time(_) => drop(rows.drain(..omitted)),
        Dimension::Facet(_) => rows.truncate(rows.len() - omitted),
    }
    Ok(SpendReport { by: query.by, rows, omitted, total })
}

pub(crate) fn totals(conn: &Connection, query: &SpendQuery) -> Result<Totals, LedgerError> {
    let mut total = Totals::default();
    each_part(conn, query, Key::All, |_, _| Ok(String::new()), |_, sums| total.add(sums))?;
    Ok(total)
}

pub(crate) fn today(conn: &Connection, now: Timestamp, zone: &TimeZone) -> Result<Totals, LedgerError> {
    let day = now.to_zoned(zone.clone()).start_of_day();
    let since = Some(day.map_or(now, |begin| begin.timestamp()));
    totals(conn, &SpendQuery { since, ..SpendQuery::by(Dimension::Time(CalendarUnit::Day), zone.clone()) })
}

fn by_facet(conn: &Connection, query: &SpendQuery, facet: Facet) -> Result<Vec<SpendRow>, LedgerError> {
    let mut sums: BTreeMap<String, Totals> = BTreeMap::new();
    each_part(conn, query, Key::Facet(facet), facet_text, |key, totals| {
        sums.entry(key).or_default().add(totals)
    })?;
    let mut rows: Vec<SpendRow> = sums
        .into_iter()
        .filter(|(_, totals)| totals.requests() > 0)
        .map(|(key, totals)| SpendRow { key: Some(key).filter(|key| !key.is_empty()), totals })
        .collect();
    SpendRow::dearest_first(&mut rows);
    Ok(rows)
}

fn by_time(conn: &Connection, query: &SpendQuery, unit: CalendarUnit) -> Result<Vec<SpendRow>, LedgerError> {
    // A map that keeps no order is filled faster; the order is made once, at the end.
    let mut quarters: HashMap<i64, Totals> = HashMap::new();
    each_part(
        conn,
        query,
        Key::Slot,
        |_, quarter| Ok(quarter),
        |quarter, totals| quarters.entry(quarter).or_default().add(totals),
    )?;
    let mut quarters: Vec<(i64, Totals)> = quarters.into_iter().collect();
    quarters.sort_unstable_by_key(|(quarter, _)| *quarter);
    let mut rows: Vec<SpendRow> = Vec::new();
    // Up to there, every quarter is in the last row: asking the zone about each of them would take most of the time.
    let mut known_until = i64::MIN;
    for (quarter, totals) in quarters.into_iter().filter(|(_, totals)| totals.requests() > 0) {
        if quarter < known_until
            && let Some(last) = rows.last_mut()
        {
            last.totals.add(&totals)?;
            continue;
        }
        known_until = calendar::same_name_until(unit, quarter, &query.zone);
        let key = Some(calendar::name(unit, quarter, &query.zone));
        match rows.last_mut() {
            Some(last) if last.key == key => last.totals.add(&totals)?,
            _ => rows.push(SpendRow { key, totals }),
        }
    }
    Ok(rows)
}

/// Asks for each part of the time, on one snapshot, and hands over keys with their sums; a key may come more than once.
/// `named` says what the number of a quarter of an hour, or of a facet, stands for.
pub(crate) fn each_part<K: FromSql>(
    conn: &Connection,
    query: &SpendQuery,
    key: Key,
    named: fn(&Connection, i64) -> rusqlite::Result<K>,
    mut take: impl FnMut(K, &Totals) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let _snapshot = moment(conn)?;
    let pruned = pruned::until(conn)?;
    let (since, until) = query.stretch()?;
    // Of rows that are gone the sums by quarter of an hour are left.
    let [since, until] = [since, until].map(|at| if at < pruned { at - at % QUARTER_NS } else { at });
    let parts = match (Source::of(key, &query.only), key) {
        (_, Key::Slot) | (Source::Mixes(Sessions::One), _) => cover_in_quarters(since, until),
        (_, Key::All | Key::Facet(_) | Key::FacetAndModel(_)) => cover(since, until),
    };
    for part in parts {
        for asked in way::shortest(conn, part, key, &query.only)? {
            let mut statement = conn.prepare_cached(&asked.sql)?;
            let mut rows = statement.query(params_from_iter(asked.parameters()))?;
            while let Some(row) = rows.next()? {
                if !asked.is_folded {
                    take(row.get(0)?, &Totals::read(row, 1)?)?;
                    continue;
                }
                let Folded(sums) = row.get(0)?;
                for (number, totals) in sums {
                    let totals = if asked.is_taken_off { totals.negated() } else { totals };
                    take(named(conn, number)?, &totals)?;
                }
            }
        }
    }
    estimate::each(conn, [since, until], key, &query.only, take)
}

/// One moment for all that is asked until it is dropped. Questions that are put at once share one already.
fn moment(conn: &Connection) -> rusqlite::Result<Option<Transaction<'_>>> {
    conn.is_autocommit().then(|| conn.unchecked_transaction()).transpose()
}

pub(crate) fn facet_text(conn: &Connection, facet: i64) -> rusqlite::Result<String> {
    conn.prepare_cached("SELECT text FROM facet WHERE id = ?1")?.query_row([facet], |row| row.get(0))
}

/// Unix nanoseconds within what a row can have.
fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond().max(0)).unwrap_or(i64::MAX)
}
