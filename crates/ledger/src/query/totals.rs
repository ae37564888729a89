//! Sums of settled requests.

use rusqlite::Row;
use serde::Serialize;
use turnpike_wire::money::NanoUsd;

use crate::entry::Usage;
use crate::error::LedgerError;
use crate::table::usage::MEASURES;

/// Sums of settled requests. A request in flight is in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Requests answered to the end.
    pub ok: i64,
    /// Requests answered by an error.
    pub error: i64,
    /// Requests whose client went away.
    pub cancelled: i64,
    /// Requests whose answer broke off.
    pub truncated: i64,
    /// Requests found open after their instance had died.
    pub interrupted: i64,
    /// Tokens.
    #[serde(flatten)]
    pub usage: Usage,
    /// Money whose amount the upstream told with the answer.
    pub cost_upstream_nanos: NanoUsd,
    /// Money whose amount was looked up afterwards.
    pub cost_looked_up_nanos: NanoUsd,
    /// Money whose amount is an estimate.
    pub cost_estimate_nanos: NanoUsd,
    /// Money that providers bill to a key of the user's own, in none of the above.
    pub byok_cost_nanos: NanoUsd,
    /// Requests whose cost is an estimate, also those taken to cost nothing. In no sum that is kept: it is counted from
    /// the rows there are.
    pub estimates: i64,
}

// === impl Totals ===

impl Totals {
    /// Reads the sums of [`MEASURES`], which stand in this order from `first` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let mut sums = [0; MEASURES.len()];
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum = row.get(first + place)?;
        }
        Ok(Self::of(sums))
    }

    /// The sums of [`MEASURES`], in this order.
    pub(crate) const fn of(sums: [i64; MEASURES.len()]) -> Self {
        let [
            ok,
            error,
            cancelled,
            truncated,
            interrupted,
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
            reasoning_tokens,
            web_searches,
            cost_upstream,
            cost_looked_up,
            cost_estimate,
            byok_cost,
        ] = sums;
        Self {
            ok,
            error,
            cancelled,
            truncated,
            interrupted,
            usage: Usage {
                input_tokens,
                output_tokens,
                cache_read_tokens,
                cache_write_tokens,
                reasoning_tokens,
                web_searches,
            },
            cost_upstream_nanos: NanoUsd(cost_upstream),
            cost_looked_up_nanos: NanoUsd(cost_looked_up),
            cost_estimate_nanos: NanoUsd(cost_estimate),
            byok_cost_nanos: NanoUsd(byok_cost),
            estimates: 0,
        }
    }

    /// What takes these requests off another sum; what was counted from rows stays.
    pub(crate) fn negated(&self) -> Self {
        let mut sums = self.sums();
        sums.iter_mut().for_each(|sum| *sum = sum.saturating_neg());
        Self::of(sums)
    }

    /// The sums of [`MEASURES`], in this order.
    const fn sums(&self) -> [i64; MEASURES.len()] {
        let Self { usage, .. } = self;
        [
            self.ok,
            self.error,
            self.cancelled,
            self.truncated,
            self.interrupted,
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
            usage.web_searches,
            self.cost_upstream_nanos.nanos(),
            self.cost_looked_up_nanos.nanos(),
            self.cost_estimate_nanos.nanos(),
            self.byok_cost_nanos.nanos(),
        ]
    }

    /// How many requests.
    #[must_use]
    pub const fn requests(&self) -> i64 {
        self.ok.saturating_add(self.cancelled).saturating_add(self.failed())
    }

    /// Requests that went wrong. Those that their client left did not: an agent's user who interrupts it is nobody's failure.
    #[must_use]
    pub const fn failed(&self) -> i64 {
        self.error.saturating_add(self.truncated).saturating_add(self.interrupted)
    }

    /// What the upstream billed, estimates included; keys of the user's own apart.
    #[must_use]
    pub fn cost(&self) -> NanoUsd {
        self.cost_upstream_nanos + self.cost_looked_up_nanos + self.cost_estimate_nanos
    }

    /// Whether the cost is not known exactly: a part of it is an estimate, be it of nothing.
    #[must_use]
    pub const fn is_approximate(&self) -> bool {
        self.estimates > 0 || self.cost_estimate_nanos.nanos() > 0
    }

    /// Input tokens, cached or not.
    #[must_use]
    pub const fn prompt_tokens(&self) -> i64 {
        let cached = self.usage.cache_read_tokens.saturating_add(self.usage.cache_write_tokens);
        self.usage.input_tokens.saturating_add(cached)
    }

    /// The share of input tokens that came from the prompt cache, in whole percent rounded down; `None`
    /// without input.
    #[must_use]
    pub fn cached_percent(&self) -> Option<u8> {
        let all = i128::from(self.prompt_tokens());
        let cached = i128::from(self.usage.cache_read_tokens);
        (all > 0).then(|| u8::try_from(cached * 100 / all).unwrap_or(100))
    }

    /// Adds other requests.
    ///
    /// # Errors
    /// [`LedgerError::Overflow`] when a sum does not fit, the cost of all sources together included.
    pub fn add(&mut self, other: &Self) -> Result<(), LedgerError> {
        let sum = |a: i64, b: i64| a.checked_add(b).ok_or(LedgerError::Overflow);
        let money = |a: NanoUsd, b: NanoUsd| sum(a.nanos(), b.nanos()).map(NanoUsd);
        let (mine, theirs) = (self.usage, other.usage);
        *self = Self {
            ok: sum(self.ok, other.ok)?,
            error: sum(self.error, other.error)?,
            cancelled: sum(self.cancelled, other.cancelled)?,
            truncated: sum(self.truncated, other.truncated)?,
            interrupted: sum(self.interrupted, other.interrupted)?,
            usage: Usage {
                input_tokens: sum(mine.input_tokens, theirs.input_tokens)?,
                output_tokens: sum(mine.output_tokens, theirs.output_tokens)?,
                cache_read_tokens: sum(mine.cache_read_tokens, theirs.cache_read_tokens)?,
                cache_write_tokens: sum(mine.cache_write_tokens, theirs.cache_write_tokens)?,
                reasoning_tokens: sum(mine.reasoning_tokens, theirs.reasoning_tokens)?,
                web_searches: sum(mine.web_searches, theirs.web_searches)?,
            },
            cost_upstream_nanos: money(self.cost_upstream_nanos, other.cost_upstream_nanos)?,
            cost_looked_up_nanos: money(self.cost_looked_up_nanos, other.cost_looked_up_nanos)?,
            cost_estimate_nanos: money(self.cost_estimate_nanos, other.cost_estimate_nanos)?,
            byok_cost_nanos: money(self.byok_cost_nanos, other.byok_cost_nanos)?,
            estimates: sum(self.estimates, other.estimates)?,
        };
        let known = money(self.cost_upstream_nanos, self.cost_looked_up_nanos)?;
        money(known, self.cost_estimate_nanos).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costing(nanos: i64) -> Totals {
        Totals { ok: 1, cost_upstream_nanos: NanoUsd(nanos), ..Totals::default() }
    }

    #[test]
    fn what_a_client_left_is_no_failure() {
        let totals =
            Totals { ok: 1, error: 2, cancelled: 4, truncated: 8, interrupted: 16, ..Totals::default() };
        assert_eq!((totals.requests(), totals.failed()), (31, 26));
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error() {
        let mut totals = costing(i64::MAX - 1);
        totals.add(&costing(1)).unwrap();
        assert_eq!((totals.requests(), totals.cost()), (2, NanoUsd(i64::MAX)));
        assert!(matches!(totals.add(&costing(1)), Err(LedgerError::Overflow)));
        let estimate = Totals { cost_estimate_nanos: NanoUsd(1), ..Totals::default() };
        assert!(matches!(totals.add(&estimate), Err(LedgerError::Overflow)), "sources together");
    }

    #[test]
    fn what_is_taken_off_leaves_nothing() {
        let mut numbers = [0; MEASURES.len()];
        numbers.iter_mut().enumerate().for_each(|(place, number)| *number = place as i64 + 1);
        let mut totals = Totals::of(numbers);
        assert_eq!(totals.sums(), numbers);
        totals.add(&totals.clone().negated()).unwrap();
        assert_eq!(totals, Totals::default());
    }

    #[test]
    fn the_cached_share_is_of_all_input() {
        let rows = [("none", 0, 0, 0, None), ("no cache", 10, 0, 0, Some(0)), ("most", 3, 94, 3, Some(94))];
        for (name, input_tokens, cache_read_tokens, cache_write_tokens, percent) in rows {
            let usage = Usage { input_tokens, cache_read_tokens, cache_write_tokens, ..Usage::default() };
            assert_eq!(Totals { usage, ..Totals::default() }.cached_percent(), percent, "{name}");
        }
    }
}
