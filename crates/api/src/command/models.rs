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
}
