//! Probing a model: what it really can, by a few small requests.

use serde::{Deserialize, Serialize};

/// Probes a model through the running data plane. Costs a few cents at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TestMap {
    /// A name as a client would ask for it: a map's, a short name, or a slug.
    pub name: String,
}

/// What a model showed when it was probed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Conformance {
    /// The model that was asked first, by its slug.
    pub slug: String,
    /// When.
    pub tested: i64,
    /// What the probes cost together, in nano-dollars.
    pub cost_nanos: i64,
    /// Whether it was reached natively.
    #[serde(default)]
    pub native: bool,
    /// Whether tools or streaming failed when it was last probed natively.
    #[serde(default)]
    pub failed_natively: bool,
    /// The probes, in their order.
    pub probes: Vec<Probe>,
}

/// One probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Probe {
    /// `tools`, `parallel_tools`, `streaming`, `thinking`, `long_arguments`, `images` or `stop`.
    pub name: String,
    /// Whether it went as it should.
    pub passed: bool,
    /// What was seen, in a sentence.
    pub seen: String,
    /// Whether this says something about the model: the upstream answered, and the model itself.
    #[serde(default)]
    pub counts: bool,
    /// What was mended in the answer.
    #[serde(default)]
    pub mended: Vec<String>,
}
