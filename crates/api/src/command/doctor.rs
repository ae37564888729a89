//! What is wrong, and what to do about it.

use serde::{Deserialize, Serialize};

/// Examines port, key, upstream, configuration and client. Takes up to fifteen seconds, longer with requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Doctor {
    /// Also send one small request to each model that maps and rules name. It costs money.
    pub requests: bool,
    /// Leave the client out: whoever asks looks at it from a terminal, where more is known of it.
    pub without_client: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DoctorReply {
    /// One finding for each thing that was looked at.
    pub findings: Vec<Finding>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// What was looked at: `config`, `port`, `key`, `upstream`, `client`, `base URL`, `token`, `model` …
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do about it; `None` where nothing is to be done.
    pub fix: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// It works, but not as it could.
    Warning,
    /// Requests fail.
    Error,
}

// === impl DoctorReply ===

impl DoctorReply {
    /// The worst that was found.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
    }
}
