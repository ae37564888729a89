//! What was spent: from the words of a question to the ledger's sums. Also for the command line, which asks the
//! ledger itself when no service runs.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{Spend, SpendReport, SpendRow, Totals};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_ledger::{
    BadPeriod, Dimension, LedgerError, LedgerReader, Period, SpendQuery, Totals as Sums, UnknownDimension,
};
use turnpike_routing::Catalogue;

use crate::{activity, cache_misses};

/// What is split by when nothing is said.
const DEFAULT_DIMENSION: &str = "day";

/// Why a question about spend has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SpendError {
    /// There is nothing of that name to split by.
    #[error(transparent)]
    Dimension(#[from] UnknownDimension),
    /// A time that is none.
    #[error(transparent)]
    Period(#[from] BadPeriod),
    /// A fact that is none.
    #[error("{0}")]
    Fact(ApiError),
    /// The ledger cannot answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

// === impl SpendError ===

impl From<SpendError> for ApiError {
    fn from(error: SpendError) -> Self {
        let code = match &error {
            SpendError::Dimension(_)
            | SpendError::Period(_)
            | SpendError::Fact(_)
            | SpendError::Ledger(LedgerError::Reversed { .. } | LedgerError::Overflow) => ErrorCode::Invalid,
            SpendError::Ledger(_) => ErrorCode::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

/// Whether a question can be read at all. Asks nobody.
///
/// # Errors
/// [`SpendError`], whose sentence says what can be written instead.
pub fn check(asked: &Spend, now: Timestamp, zone: &TimeZone) -> Result<(), SpendError> {
    query(asked, now, zone)?.check().map_err(SpendError::Ledger)
}

/// Answers a question about spend. Blocks on the disk.
///
/// # Errors
/// [`SpendError`], whose sentence says what can be written instead.
pub fn report(
    reader: &LedgerReader,
    asked: &Spend,
    catalogue: &Catalogue,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<SpendReport, SpendError> {
    let found = reader.spend(&query(asked, now, zone)?)?;
    let rows = found.rows.iter().map(|row| SpendRow { key: row.key.clone(), totals: totals(&row.totals) });
    let mut report = SpendReport {
        by: found.by.as_str().to_owned(),
        rows: rows.collect(),
        omitted: found.omitted,
        total: totals(&found.total),
    };
    if asked.misses {
        cache_misses::add(&mut report, reader, asked, catalogue, now, zone)?;
    }
    Ok(report)
}

pub(crate) fn query(asked: &Spend, now: Timestamp, zone: &TimeZone) -> Result<SpendQuery, SpendError> {
    let by = if asked.by.trim().is_empty() { DEFAULT_DIMENSION } else { &asked.by };
    let period =
        |text: &Option<String>| text.as_deref().map(|text| Period::parse(text, now, zone)).transpose();
    let only = activity::facts(asked.only.as_deref().unwrap_or_default()).map_err(SpendError::Fact)?;
    Ok(SpendQuery {
        since: period(&asked.since)?.map(|period| period.start),
        until: period(&asked.until)?.map(|period| period.end),
        limit: asked.limit,
        only,
        ..SpendQuery::by(Dimension::parse(by)?, zone.clone())
    })
}

pub(crate) fn totals(sums: &Sums) -> Totals {
    Totals {
        requests: sums.requests(),
        failed: sums.failed(),
        cost_nanos: sums.cost().nanos(),
        estimated_nanos: sums.cost_estimate_nanos.nanos(),
        estimates: sums.estimates,
        byok_cost_nanos: sums.byok_cost_nanos.nanos(),
        input_tokens: sums.usage.input_tokens,
        output_tokens: sums.usage.output_tokens,
        cache_read_tokens: sums.usage.cache_read_tokens,
        cache_write_tokens: sums.usage.cache_write_tokens,
        reasoning_tokens: sums.usage.reasoning_tokens,
        cached_percent: sums.cached_percent(),
        missed_nanos: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-04T12:00:00Z";

    fn asked(by: &str, since: Option<&str>, until: Option<&str>) -> Spend {
        Spend {
            by: by.to_owned(),
            since: since.map(str::to_owned),
            until: until.map(str::to_owned),
            ..Spend::default()
        }
    }

    #[test]
    fn since_takes_the_begin_and_until_the_end() {
        let asked = asked("", Some("2026-11-01"), Some("2026-11-02"));
        let query = query(&asked, NOW.parse().unwrap(), &TimeZone::UTC).unwrap();
        assert_eq!(query.by.as_str(), "day");
        assert_eq!(query.since, Some("2026-11-01T00:00:00Z".parse().unwrap()));
        assert_eq!(query.until, Some("2026-11-03T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_answered_is_told_why() {
        let rows = [
            ("colour", None, None, "`colour`"),
            ("day", Some("soon"), None, "`soon` is no time"),
            ("day", Some("2026-11-02"), Some("2026-10-01"), "swap --since and --until"),
        ];
        for (by, since, until, says) in rows {
            let error = check(&asked(by, since, until), NOW.parse().unwrap(), &TimeZone::UTC).unwrap_err();
            let error = ApiError::from(error);
            assert_eq!(error.code, ErrorCode::Invalid);
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}
