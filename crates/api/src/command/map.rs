//! Maps: which model answers to which name.

use serde::{Deserialize, Serialize};

/// Asks for all maps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ListMaps {}

/// All maps, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapsReply {
    /// The revision to name in an edit.
    pub revision: String,
    /// The maps.
    pub maps: Vec<MapEntry>,
    /// The rules, which come before the maps.
    #[serde(default)]
    pub rules: Vec<RuleEntry>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleEntry {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What it is for, as `class auxiliary, no has_image`.
    pub when: String,
    /// The model that answers.
    pub target: String,
    /// Models to go on with when that one fails.
    pub fallback: Vec<String>,
    /// What its target showed when it was probed last, as `6/7 on 2026-11-21`.
    pub conformance: Option<String>,
}

/// One map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapEntry {
    /// The model's name as clients send it; `*` stands for any signs.
    pub name: String,
    /// The model that answers.
    pub target: String,
    /// Models to go on with when that one fails.
    pub fallback: Vec<String>,
    /// What it showed when it was probed last, as `6/7 on 2026-11-21`.
    #[serde(default)]
    pub conformance: Option<String>,
}

/// Adds a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AddMap {
    /// The revision that the change was made for.
    pub revision: String,
    /// The map.
    pub map: MapEntry,
    /// Its place from 0; `None` puts it last.
    pub at: Option<usize>,
}

/// Removes a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RemoveMap {
    /// The revision that the change was made for.
    pub revision: String,
    /// Its name.
    pub name: String,
}

/// Moves a map to another place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoveMap {
    /// The revision that the change was made for.
    pub revision: String,
    /// Its name.
    pub name: String,
    /// Its new place, from 0.
    pub to: usize,
}
