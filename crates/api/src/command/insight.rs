//! What the figures say: speeds, what caching saved, a comparison, a session, a forecast, a reconciliation.

use serde::{Deserialize, Serialize};

use super::{SpendRow, Totals};

/// Asks what the figures of a time say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct SpendInsight {
    /// From when on, as people write it; `None`: from the beginning.
    pub since: Option<String>,
    /// Up to the end of what, written likewise; `None`: open end.
    pub until: Option<String>,
}

/// What the figures say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpendInsightReply {
    /// The sums.
    pub total: Totals,
    /// What reading from the prompt cache saved, less what writing to it cost more, in nano-dollars at today's prices;
    /// `None` where no price is known.
    pub cache_saved_nanos: Option<i64>,
    /// The comparison with Claude's API list price; `None` where nothing was asked for by a name of Claude's.
    pub claude: Option<ClaudeComparison>,
    /// How fast models answered, the one with the most answers first.
    pub speeds: Vec<ModelSpeed>,
    /// The dearest sessions, ten at most.
    pub sessions: Vec<SpendRow>,
}

/// Requests by names of Claude's models, and what their tokens cost at Claude's API list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClaudeComparison {
    /// What they cost.
    pub cost_nanos: i64,
    /// Whether a part of that is an estimate, be it of nothing.
    #[serde(default)]
    pub is_approximate: bool,
    /// What they would have cost.
    pub list_nanos: i64,
    /// The day of the price list, `YYYY-MM-DD`.
    pub prices_of: String,
}

/// How fast one model answered. Times are known to a tenth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelSpeed {
    /// The model; `None` where none was told.
    pub model: Option<String>,
    /// Answers that were timed.
    pub answers: i64,
    /// Requests in all.
    pub requests: i64,
    /// Those of them that went wrong; not those that their client left.
    pub failed: i64,
    /// Milliseconds from acceptance to the first content.
    pub first_token: Percentiles,
    /// Milliseconds from acceptance to the end.
    pub duration: Percentiles,
    /// Output tokens in a second, after the first content.
    pub tokens_per_second: Option<i64>,
}

/// So many milliseconds take at most half, 95 % and 99 % of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Percentiles {
    /// Half.
    pub p50_ms: Option<i64>,
    /// 95 %.
    pub p95_ms: Option<i64>,
    /// 99 %.
    pub p99_ms: Option<i64>,
}

/// Asks what a session cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpendSession {
    /// The client's session id.
    pub session: String,
}

/// What a session cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpendSessionReply {
    /// The client's session id.
    pub session: String,
    /// The folder it works in.
    pub project: Option<String>,
    /// Its first request, Unix seconds.
    pub first_at: i64,
    /// Its latest request, Unix seconds.
    pub last_at: i64,
    /// Requests that run, and are in none of the sums.
    pub running: i64,
    /// The sums.
    pub total: Totals,
    /// The same by model that answered, the dearest first.
    pub models: Vec<SpendRow>,
}

/// Asks when money runs out at the present rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Forecast {}

/// When money runs out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForecastReply {
    /// What the last hour cost.
    pub last_hour_nanos: i64,
    /// Whether a part of that is an estimate.
    #[serde(default)]
    pub is_hour_approximate: bool,
    /// What the last 24 hours cost.
    pub last_day_nanos: i64,
    /// Whether a part of that is an estimate.
    #[serde(default)]
    pub is_day_approximate: bool,
    /// Whether the last hour cost more than five times what an hour of the week before did.
    pub is_spike: bool,
    /// What may end.
    pub lines: Vec<ForecastLine>,
}

/// Something that may end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForecastLine {
    /// What: `the daily budget`, `the key's limit`.
    pub what: String,
    /// Nano-dollars that are left.
    pub left_nanos: i64,
    /// Whether what was spent of it is an estimate in part.
    #[serde(default)]
    pub is_approximate: bool,
    /// When it ends at the rate of the last hour, Unix seconds; `None` when it does not before it starts anew.
    pub ends_at_hours_rate: Option<i64>,
    /// When it ends at the rate of the last 24 hours.
    pub ends_at_days_rate: Option<i64>,
    /// When it starts anew, Unix seconds, where it does.
    pub resets_at: Option<i64>,
}

/// Compares the ledger with what the upstream says of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Reconcile {
    /// Ask the upstream now instead of telling the latest comparison.
    pub now: bool,
}

/// The comparison, and those of the days before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReconcileReply {
    /// The latest; `None` before the first.
    pub latest: Option<Reconciliation>,
    /// One of each day, the newest first.
    pub days: Vec<Reconciliation>,
}

/// The ledger's sums beside those of the key, all in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reconciliation {
    /// When it was made, Unix seconds.
    pub at: i64,
    /// The day, week and month of it.
    pub lines: Vec<ReconciliationLine>,
}

/// One stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReconciliationLine {
    /// `daily`, `weekly` or `monthly`.
    pub period: String,
    /// What the ledger says, estimates included.
    pub ledger_nanos: i64,
    /// The part of it that is an estimate.
    pub estimated_nanos: i64,
    /// Requests whose cost is an estimate, also those taken to cost nothing.
    #[serde(default)]
    pub estimates: i64,
    /// What the upstream says the key used; `None` where it does not say.
    pub key_nanos: Option<i64>,
    /// The key's sum less the ledger's.
    pub drift_nanos: Option<i64>,
    /// What is likely behind the difference, a sentence; `None` where there is none.
    pub cause: Option<String>,
}
