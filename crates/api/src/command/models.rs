//! The catalogue of models.

use serde::{Deserialize, Serialize};

/// Asks for models of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Models {
    /// Words that must all be in the slug or the name; empty for all models.
    pub search: String,
}

/// Models of the catalogue, by slug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelsReply {
    /// The models.
    pub models: Vec<Model>,
    /// When the catalogue was fetched; `None` for the facts that come with the program.
    #[serde(default)]
    pub fetched: Option<i64>,
    /// What the user's last seven days cost in fact, in nano-dollars; `None` where nothing was asked.
    #[serde(default)]
    pub last_week_nanos: Option<i64>,
    /// Whether a part of that is an estimate.
    #[serde(default)]
    pub is_last_week_approximate: bool,
}

/// Fetches the catalogue now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RefreshModels {}

/// The catalogue was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RefreshedModels {
    /// How many models it has.
    pub count: u64,
    /// When it was fetched.
    pub fetched: i64,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Model {
    /// `author/slug`, with a variant such as `:free` where it has one.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Context window in tokens.
    pub window: Option<u64>,
    /// Nano-dollars for a million input tokens; `None` where it varies.
    pub input_nanos_per_million: Option<i64>,
    /// Nano-dollars for a million output tokens; `None` where it varies.
    pub output_nanos_per_million: Option<i64>,
    /// What it can: `tools`, `image`, `thinking` …
    pub abilities: Vec<String>,
    /// Most tokens of an answer.
    #[serde(default)]
    pub max_output: Option<u64>,
    /// Whether it costs nothing and counts against the day's free requests.
    #[serde(default)]
    pub is_free: bool,
    /// The day after which it is gone, `YYYY-MM-DD`.
    #[serde(default)]
    pub expires: Option<String>,
    /// What it showed when it was probed last, as `6/7 on 2026-11-21`.
    #[serde(default)]
    pub conformance: Option<String>,
    /// What the user's own last seven days would have cost on it, in nano-dollars: the same tokens at its prices.
    #[serde(default)]
    pub last_week_nanos: Option<i64>,
    /// Milliseconds to its first content, half of the answers of the last thirty days; `None` where it was not used.
    #[serde(default)]
    pub first_token_ms: Option<i64>,
    /// Its output tokens in a second, likewise.
    #[serde(default)]
    pub tokens_per_second: Option<i64>,
}
