//! What was changed on purpose, by whom and when.

use serde::{Deserialize, Serialize};

/// Asks for control actions, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Audit {
    /// Only actions before that one: the last of the page before.
    pub before: Option<i64>,
    /// How many, 100 unless told, 1,000 at most.
    pub limit: Option<u32>,
}

/// Control actions, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AuditReply {
    /// The actions.
    pub actions: Vec<AuditRow>,
    /// Where to go on; `None` when these were all.
    pub next: Option<i64>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who: `page`, `program` (the command line or the tray, through the service), `cli` (without one).
    pub actor: String,
    /// What: the name of the command.
    pub action: String,
    /// The client, map, budget or place it was about.
    pub subject: Option<String>,
    /// What else was asked for, as JSON; never a secret.
    pub details: Option<String>,
}
