//! The service's log.

use serde::{Deserialize, Serialize};

/// Changes how much is logged, until the service ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetLogLevel {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// The level was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetLogLevelReply {
    /// The level now.
    pub level: String,
    /// The level before.
    pub before: String,
}

/// Asks for the log from a place on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct LogTail {
    /// Where the last answer ended; `None` for the last lines there are.
    pub after: Option<LogPosition>,
    /// How many lines at most, up to 1,000.
    pub lines: Option<usize>,
}

/// A place in the log: which of its numbered files, and how many bytes into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogPosition {
    /// Number of the file. Later files have larger numbers.
    pub file: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogTailReply {
    /// Whole lines, without their ends.
    pub lines: Vec<String>,
    /// Where to go on.
    pub next: LogPosition,
}
