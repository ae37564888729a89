//! Maps and rules in full: every value of each, their order, and who answers for Claude's roles.

use serde::{Deserialize, Serialize};

/// Asks for all maps and rules, and for who answers for each role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ListRoutes {}

/// All maps and rules, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoutesReply {
    /// The revision to name in an edit.
    pub revision: String,
    /// The maps.
    pub maps: Vec<Route>,
    /// The rules, which come before the maps.
    pub rules: Vec<Route>,
    /// Who answers for Claude's roles, by all of these and the defaults.
    pub roles: Vec<RoleAnswer>,
}

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RouteList {
    /// `[[map]]`.
    Map,
    /// `[[rule]]`.
    Rule,
}

/// A map or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Route {
    /// What is written in it, in its order.
    pub values: Vec<RouteValue>,
    /// What its target showed when it was probed last, as `6/7 on 2026-11-21`.
    pub conformance: Option<String>,
}

/// One value of a map or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RouteValue {
    /// Its place in it, as `target` or `params.temperature`.
    pub name: String,
    /// The value as JSON.
    pub json: String,
}

/// Who answers for a role of Claude's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoleAnswer {
    /// `opus`, `sonnet`, `haiku`, `subagent` or `safety_check`.
    pub id: String,
    /// The slug that is asked first.
    pub slug: String,
    /// Slugs to go on with when that one fails.
    pub fallback: Vec<String>,
    /// `map`, `rule` or `default`.
    pub by: String,
    /// Name of the map or rule that decides.
    pub name: Option<String>,
    /// The list in which the role has an entry of its own, or gets one.
    pub list: RouteList,
    /// Position of its own entry; `None` while it has none.
    pub at: Option<usize>,
    /// What an entry of its own begins with.
    pub own: Vec<RouteValue>,
}

/// Changes a map or a rule, or adds one. What is not named is removed; what stays keeps its comments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SaveRoute {
    /// The revision that the change was made for.
    pub revision: String,
    /// Which list.
    pub list: RouteList,
    /// Position of the one that is changed; `None` adds one.
    pub at: Option<usize>,
    /// Position of the one before which a new one goes; `None`: last.
    pub before: Option<usize>,
    /// All of its values.
    pub values: Vec<RouteValue>,
}

/// Removes a map or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RemoveRoute {
    /// The revision that the change was made for.
    pub revision: String,
    /// Which list.
    pub list: RouteList,
    /// Its position.
    pub at: usize,
}

/// Moves a map or a rule to another place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoveRoute {
    /// The revision that the change was made for.
    pub revision: String,
    /// Which list.
    pub list: RouteList,
    /// Its position.
    pub at: usize,
    /// Its new position.
    pub to: usize,
}

/// Takes an edit back, byte for byte. The service remembers its last twenty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UndoEdit {
    /// The revision that the edit led to; when the file holds another one by now, nothing is changed.
    pub revision: String,
}
