//! Targets that are left out for now, and the free tier.

use serde::{Deserialize, Serialize};

/// Asks who is left out, and how the free tier stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Limits {}

/// Who is left out, and how the free tier stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LimitsReply {
    /// Targets that are left out now, by slug.
    pub left_out: Vec<LeftOut>,
    /// Requests to free models.
    pub free: FreeTier,
}

/// A target that is left out for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LeftOut {
    /// Its slug.
    pub slug: String,
    /// `limited` (the upstream named the time), `busy`, `failing` or `gone`.
    pub why: String,
    /// Since when.
    pub since: i64,
    /// Until when; then it is tried again.
    pub until: i64,
    /// A sentence for people.
    pub message: String,
}

/// Requests to free models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FreeTier {
    /// Requests of this day (UTC).
    pub used_today: u32,
    /// How many there are a day; `None` while it is not known.
    pub limit: Option<u32>,
    /// Requests of the last minute.
    pub last_minute: u32,
    /// When the day ends.
    pub resets: i64,
    /// A sentence for people; `None` where nothing free was used.
    pub message: Option<String>,
}

// === impl LeftOut ===

impl LeftOut {
    /// Whether it is left out because of too many requests, rather than because it fails.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        matches!(self.why.as_str(), "limited" | "busy")
    }
}
