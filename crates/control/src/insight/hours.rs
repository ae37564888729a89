//! The last hour beside an hour as it usually is.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use turnpike_ledger::{CalendarUnit, Dimension, Facet, LedgerError, LedgerReader, SpendQuery};
use turnpike_wire::money::NanoUsd;

/// An hour is a spike when it costs more than so many usual ones.
const SPIKE: i64 = 5;
/// The hours before the last one from which the usual one is reckoned: a week.
const USUAL_HOURS: i64 = 7 * 24;
/// With fewer hours in which something was spent, none is usual.
const LEAST: usize = 3;

/// What hours cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours {
    /// The last sixty minutes.
    pub(crate) last: NanoUsd,
    /// Whether a part of that is an estimate.
    pub(crate) is_approximate: bool,
    /// An hour of the week before in which something was spent, on average: nights make no working hour a spike.
    pub(crate) usual: Option<NanoUsd>,
}

// === impl Hours ===

impl Hours {
    /// Reads them. Blocks on the disk.
    pub(crate) fn read(reader: &LedgerReader, now: Timestamp) -> Result<Self, LedgerError> {
        let until = now.checked_sub(1.hours()).ok();
        let since = now.checked_sub((USUAL_HOURS + 1).hours()).ok();
        let hourly = SpendQuery::by(Dimension::Time(CalendarUnit::Hour), TimeZone::UTC);
        let week = reader.spend(&SpendQuery { since, until, ..hourly })?;
        let costs = week.rows.iter().map(|row| row.totals.cost());
        let recent = SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC);
        let last = reader.totals(&SpendQuery { since: until, ..recent })?;
        Ok(Self { last: last.cost(), is_approximate: last.is_approximate(), usual: usual(costs) })
    }

    /// Whether the last one is far above the usual.
    pub(crate) fn is_spike(&self) -> bool {
        self.usual.is_some_and(|usual| self.last.nanos() > usual.nanos().saturating_mul(SPIKE))
    }

    /// What a person is told of a spike.
    pub(crate) fn told(&self) -> Option<String> {
        let usual = self.usual.filter(|_| self.is_spike())?;
        let (last, usual) = (self.last.display_about(self.is_approximate), usual.display());
        Some(format!(
            "the last hour cost {last}, an hour usually {usual}: `turnpike spend --by session` shows where it went"
        ))
    }
}

/// The average of those in which something was spent.
fn usual(costs: impl Iterator<Item = NanoUsd>) -> Option<NanoUsd> {
    let costs: Vec<i64> = costs.map(NanoUsd::nanos).filter(|cost| *cost > 0).collect();
    let count = i64::try_from(costs.len()).ok()?;
    let sum = costs.iter().try_fold(0_i64, |sum, cost| sum.checked_add(*cost))?;
    (costs.len() >= LEAST).then(|| NanoUsd(sum / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_above_five_usual_ones_is_a_spike() {
        let rows = [
            ("nothing before", vec![], 900, false),
            ("too little before", vec![10, 10], 900, false),
            ("five times", vec![10, 10, 10], 50, false),
            ("above five times", vec![10, 10, 10], 51, true),
            ("hours without spending do not count", vec![10, 0, 0, 10, 0, 10, 0, 0], 50, false),
            ("the average counts", vec![1, 1, 28], 50, false),
        ];
        for (name, before, last, expected) in rows {
            let usual = usual(before.into_iter().map(NanoUsd));
            let hours = Hours { last: NanoUsd(last), is_approximate: false, usual };
            assert_eq!(hours.is_spike(), expected, "{name}");
            assert_eq!(hours.told().is_some(), expected, "{name}");
        }
    }
}
