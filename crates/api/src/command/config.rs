//! The configuration as a whole.

use serde::{Deserialize, Serialize};

/// Asks for the configuration's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Config {}

/// The configuration's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConfigReply {
    /// The file.
    pub path: String,
    /// Its text, as it stands in the file now.
    pub text: String,
    /// Which text that is; an edit names it.
    pub revision: String,
    /// Why that text is not in force: file, line, key and reason.
    pub refused: Option<String>,
}

/// Sets or removes one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetConfig {
    /// The revision that the change was made for; another one is a conflict, and nothing is changed.
    pub revision: String,
    /// The place, as `budget.daily_usd` or `map[0].target`.
    pub path: String,
    /// The value as it is written in the file (`5.00`, `"warn"`, `["a", "b"]`); `None` removes it.
    pub value: Option<String>,
}

/// An edit was made and is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Edited {
    /// The configuration's revision from here on.
    pub revision: String,
}
