//! What the system starts at each login.

use serde::{Deserialize, Serialize};

/// Asks whether Turnpike is started at login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ShowAtLogin {}

/// Has Turnpike started at each login, or no more. What runs goes on either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetAtLogin {
    /// Whether it is to be started.
    pub is_on: bool,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AtLoginReply {
    /// Whether it is started at login.
    pub is_on: bool,
    /// What is started, or would be. `None` where nothing can be.
    pub starts: Option<StartsAtLogin>,
    /// The file that says so, or would.
    pub file: Option<String>,
    /// The same for people, with what to know of it.
    pub message: String,
    /// Why it cannot be changed here, and what to do instead.
    pub problem: Option<String>,
}

/// What is started at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StartsAtLogin {
    /// The tray, which starts the service.
    Tray,
    /// The service itself, by a unit of the system.
    Service,
}
