//! What the figures say: speeds, what caching saved, the comparison with Claude's list price, a session, a forecast.

mod hours;
mod list_price;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use turnpike_api::command::{
    ClaudeComparison, ForecastLine, ForecastReply, ModelSpeed, Percentiles, Spend, SpendInsight,
    SpendInsightReply, SpendRow, SpendSessionReply, Totals,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_budget::{BudgetLine, Span, windows};
use turnpike_ledger::{
    Dimension, Facet, LedgerError, LedgerReader, Percentiles as Times, SpendQuery, Totals as Sums,
};
use turnpike_routing::Catalogue;
use turnpike_wire::account::{KeyInfo, Pricing};
use turnpike_wire::money::NanoUsd;

pub(crate) use self::hours::Hours;
use crate::budget::Estimates;
use crate::cache_misses;
use crate::spend::{SpendError, query, totals};

/// Sessions that are named.
const MOST_SESSIONS: usize = 10;

/// Answers what the figures of a time say. Blocks on the disk.
///
/// # Errors
/// [`SpendError`], whose sentence says what can be written instead.
pub fn report(
    reader: &LedgerReader,
    asked: &SpendInsight,
    catalogue: &Catalogue,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<SpendInsightReply, SpendError> {
    let by = |dimension: &str, limit| {
        let SpendInsight { since, until } = asked.clone();
        query(&Spend { by: dimension.to_owned(), since, until, limit, ..Spend::default() }, now, zone)
    };
    let models = reader.spend(&by("model", None)?)?;
    let names = reader.spend(&by("requested-model", None)?)?;
    let sessions = reader.spend(&by("session", Some(MOST_SESSIONS))?)?;
    let speeds = reader.speeds(&by("model", None)?)?;
    let of_model = |model: &Option<String>| {
        models.rows.iter().find(|row| row.key == *model).map(|row| row.totals).unwrap_or_default()
    };
    let priced = models.rows.iter().filter_map(|row| {
        let listed = catalogue.find(row.key.as_deref()?)?;
        saved_by_cache(&row.totals, &listed.pricing)
    });
    let missed = models
        .rows
        .iter()
        .filter_map(|row| cache_misses::of_model(&row.totals.usage, row.key.as_deref(), catalogue));
    Ok(SpendInsightReply {
        total: Totals { missed_nanos: missed.reduce(i64::saturating_add), ..totals(&models.total) },
        cache_saved_nanos: priced.reduce(i64::saturating_add),
        claude: compared(&names.rows),
        speeds: speeds
            .into_iter()
            .map(|speed| {
                let sums = of_model(&speed.model);
                ModelSpeed {
                    answers: speed.answers,
                    requests: sums.requests(),
                    failed: sums.failed(),
                    first_token: times(speed.first_token),
                    duration: times(speed.duration),
                    tokens_per_second: speed.tokens_per_second,
                    model: speed.model,
                }
            })
            .collect(),
        sessions: sessions.rows.iter().map(row).collect(),
    })
}

/// What a session cost. Blocks on the disk.
///
/// # Errors
/// When the ledger knows no such session, or does not answer.
pub fn session(reader: &LedgerReader, session: &str) -> Result<SpendSessionReply, ApiError> {
    let found = reader.session_receipt(session).map_err(SpendError::from)?;
    let receipt = found.ok_or_else(|| {
        let session: String = session.chars().take(80).collect();
        let message =
            format!("the ledger knows no session `{session}`: `turnpike spend --by session` lists them");
        ApiError::new(ErrorCode::NotFound, message)
    })?;
    Ok(SpendSessionReply {
        session: receipt.session,
        project: receipt.project,
        first_at: receipt.first_started_at / 1_000_000_000,
        last_at: receipt.last_started_at / 1_000_000_000,
        running: receipt.open,
        total: totals(&receipt.total),
        models: receipt.models.iter().map(row).collect(),
    })
}

/// When money runs out at the present rate. Blocks on the disk.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) fn forecast(
    reader: &LedgerReader,
    budgets: &[BudgetLine],
    (key, credits_left): (Option<&KeyInfo>, Option<NanoUsd>),
    now: Timestamp,
) -> Result<ForecastReply, LedgerError> {
    let since = now.checked_sub(24.hours()).ok();
    let query = SpendQuery { since, ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC) };
    let day = reader.totals(&query)?;
    let hours = Hours::read(reader, now)?;
    let rates = [(hours.last, 3_600), (day.cost(), 24 * 3_600)];
    let line = |what: String, left: NanoUsd, resets_at: Option<i64>| {
        let [at_hours, at_days] = rates.map(|(spent, seconds)| ends_at(left, spent, seconds, now, resets_at));
        ForecastLine {
            what,
            left_nanos: left.nanos(),
            is_approximate: false,
            ends_at_hours_rate: at_hours,
            ends_at_days_rate: at_days,
            resets_at,
        }
    };
    let mut estimates = Estimates::of(reader);
    let mut lines: Vec<ForecastLine> = budgets
        .iter()
        .filter_map(|budget| {
            let left = (budget.cap_now()? - budget.settled).max(NanoUsd::ZERO);
            let line = line(format!("the {} budget", budget.span), left, Some(budget.window.end.as_second()));
            Some(ForecastLine { is_approximate: estimates.is_in(budget), ..line })
        })
        .collect();
    if let Some(left) = key.and_then(|key| key.limit_remaining) {
        let resets_at = key.and_then(|key| limit_resets_at(key, now));
        lines.push(line("the key's limit".to_owned(), left.max(NanoUsd::ZERO), resets_at));
    }
    if let Some(left) = credits_left {
        lines.push(line("the credits".to_owned(), left.max(NanoUsd::ZERO), None));
    }
    Ok(ForecastReply {
        last_hour_nanos: hours.last.nanos(),
        is_hour_approximate: hours.is_approximate,
        last_day_nanos: day.cost().nanos(),
        is_day_approximate: day.is_approximate(),
        is_spike: hours.is_spike(),
        lines,
    })
}

/// When the key's limit begins anew, Unix seconds: the upstream counts in UTC, its weeks begin on Monday.
fn limit_resets_at(key: &KeyInfo, now: Timestamp) -> Option<i64> {
    let word = key.limit_reset.as_deref()?;
    let span = Span::ALL.into_iter().find(|span| span.as_str() == word)?;
    Some(windows(now, &TimeZone::UTC)[span.index()].end.as_second())
}

/// When so much is spent at a rate; `None` when it is not before it starts anew.
fn ends_at(
    left: NanoUsd,
    spent: NanoUsd,
    seconds: i64,
    now: Timestamp,
    resets_at: Option<i64>,
) -> Option<i64> {
    if spent <= NanoUsd::ZERO {
        return None;
    }
    let after = i128::from(left.nanos()) * i128::from(seconds) / i128::from(spent.nanos());
    let at = now.as_second().checked_add(i64::try_from(after).ok()?)?;
    resets_at.is_none_or(|reset| at < reset).then_some(at)
}

/// What reading from the cache saved, less what writing to it cost more. `None` where a price is missing.
fn saved_by_cache(sums: &Sums, pricing: &Pricing) -> Option<i64> {
    let prompt = pricing.prompt?;
    let per_million =
        |tokens: i64, price: NanoUsd| i128::from(tokens) * i128::from(price.nanos()) / 1_000_000;
    let read = per_million(sums.usage.cache_read_tokens, prompt - pricing.input_cache_read.unwrap_or(prompt));
    let written =
        per_million(sums.usage.cache_write_tokens, pricing.input_cache_write.unwrap_or(prompt) - prompt);
    i64::try_from(read - written).ok()
}

/// The comparison over what was asked for by names of Claude's.
fn compared(names: &[turnpike_ledger::SpendRow]) -> Option<ClaudeComparison> {
    let mut found: Option<ClaudeComparison> = None;
    for row in names {
        let Some(pricing) = row.key.as_deref().and_then(list_price::of) else { continue };
        let comparison = found.get_or_insert_with(|| ClaudeComparison {
            cost_nanos: 0,
            is_approximate: false,
            list_nanos: 0,
            prices_of: list_price::DATED.to_owned(),
        });
        comparison.cost_nanos = comparison.cost_nanos.saturating_add(row.totals.cost().nanos());
        comparison.is_approximate |= row.totals.is_approximate();
        comparison.list_nanos =
            comparison.list_nanos.saturating_add(list_price::cost(&row.totals.usage, &pricing));
    }
    found
}

fn row(row: &turnpike_ledger::SpendRow) -> SpendRow {
    SpendRow { key: row.key.clone(), totals: totals(&row.totals) }
}

const fn times(times: Times) -> Percentiles {
    Percentiles { p50_ms: times.p50_ms, p95_ms: times.p95_ms, p99_ms: times.p99_ms }
}

#[cfg(test)]
mod tests {
    use turnpike_ledger::Usage;

    use super::*;

    #[test]
    fn a_rate_ends_what_is_left_or_does_not_in_time() {
        let now = Timestamp::from_second(1_000).unwrap();
        let rows = [
            ("an hour's worth", 10, 10, None, Some(4_600)),
            ("nothing left", 0, 10, None, Some(1_000)),
            ("nothing spent", 10, 0, None, None),
            ("after it starts anew", 10, 10, Some(4_600), None),
            ("before it starts anew", 10, 10, Some(4_601), Some(4_600)),
            ("never in the life of clocks", i64::MAX, 1, None, None),
        ];
        for (name, left, spent, resets, expected) in rows {
            assert_eq!(ends_at(NanoUsd(left), NanoUsd(spent), 3_600, now, resets), expected, "{name}");
        }
    }

    #[test]
    fn the_keys_limit_begins_anew_in_utc() {
        let now = "2026-11-21T23:30:00Z".parse().unwrap();
        let rows = [
            (None, None),
            (Some("never"), None),
            (Some("daily"), Some("2026-11-22T00:00:00Z")),
            (Some("weekly"), Some("2026-11-23T00:00:00Z")),
            (Some("monthly"), Some("2026-12-01T00:00:00Z")),
        ];
        for (word, expected) in rows {
            let key = KeyInfo { limit_reset: word.map(str::to_owned), ..KeyInfo::default() };
            let expected = expected.map(|at| at.parse::<Timestamp>().unwrap().as_second());
            assert_eq!(limit_resets_at(&key, now), expected, "{word:?}");
        }
    }

    #[test]
    fn the_cache_saves_by_reading_and_costs_by_writing() {
        let dollars = |dollars: i64| Some(NanoUsd(dollars * 1_000_000_000));
        let usage = Usage { cache_read_tokens: 1_000_000, cache_write_tokens: 500_000, ..Usage::default() };
        let sums = Sums { usage, ..Sums::default() };
        let pricing = Pricing { prompt: dollars(4), input_cache_read: dollars(1), ..Pricing::default() };
        assert_eq!(saved_by_cache(&sums, &pricing), Some(3_000_000_000));
        let pricing = Pricing { input_cache_write: dollars(6), ..pricing };
        assert_eq!(saved_by_cache(&sums, &pricing), Some(2_000_000_000));
        assert_eq!(saved_by_cache(&sums, &Pricing::default()), None);
    }
}
