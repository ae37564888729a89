//! What was spent.

use serde::{Deserialize, Serialize};

use super::Fact;

/// Asks for sums over settled requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Spend {
    /// What to split by: `day`, `model`, `session`, `project`, `class` … Empty: `day`.
    pub by: String,
    /// From when on, as people write it (`2026-11-01`, `7d`, `today`, an instant); `None`: from the beginning.
    pub since: Option<String>,
    /// Up to the end of what, written likewise; `None`: open end.
    pub until: Option<String>,
    /// How many rows at most.
    pub limit: Option<usize>,
    /// Only requests of which all of these are true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Fact>>,
    /// Also what cache misses cost: [`Totals::missed_nanos`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub misses: bool,
}

/// Sums over settled requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpendReport {
    /// What they are split by.
    pub by: String,
    /// Times in order; all else the dearest first.
    pub rows: Vec<SpendRow>,
    /// Rows that the limit has cut off.
    pub omitted: usize,
    /// The sum of all, those cut off included.
    pub total: Totals,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpendRow {
    /// The day, the model …; `None` where the requests tell none.
    pub key: Option<String>,
    /// Its sums.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Totals {
    /// Settled requests.
    pub requests: i64,
    /// Those of them that went wrong; not those that their client left.
    pub failed: i64,
    /// Nano-dollars that the upstream billed, estimates included.
    pub cost_nanos: i64,
    /// The part of it that is an estimate.
    pub estimated_nanos: i64,
    /// Requests whose cost is an estimate, also those taken to cost nothing because nobody has told yet, or ever will. Of
    /// rows that were taken out none is counted; of more than 20,000, lines by a fact know the newest.
    #[serde(default)]
    pub estimates: i64,
    /// Nano-dollars that providers bill to a key of the user's own, apart from the above.
    pub byok_cost_nanos: i64,
    /// Input tokens that no cache had to do with.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Input tokens read from the prompt cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: i64,
    /// Share of input tokens that came from the cache, in whole percent.
    pub cached_percent: Option<u8>,
    /// What input that came from no cache cost above what reading it from one would have cost, in nano-dollars at today's
    /// prices. `None` where it was not asked for, and where no model that answered has a price for cached input.
    #[serde(default)]
    pub missed_nanos: Option<i64>,
}

// === impl Totals ===

impl Totals {
    /// Whether the cost is not known exactly: a part of it is an estimate, be it of nothing.
    #[must_use]
    pub const fn is_approximate(&self) -> bool {
        self.estimates > 0 || self.estimated_nanos > 0
    }
}
