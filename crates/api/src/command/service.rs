//! Start, stop, end; the local token; a single request.

use serde::{Deserialize, Serialize};

use super::ProxyState;
use crate::SecretText;

/// Serves requests again. Kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Start {}

/// Answers each further request that Turnpike is stopped. Streams in flight finish. Kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Stop {}

/// The data plane's state after a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StateReply {
    /// The state.
    pub state: ProxyState,
    /// Requests that still run.
    pub live: usize,
    /// Why this will be forgotten at the next start of the service, where it will.
    pub not_kept: Option<String>,
}

/// Ends the service: no new requests, those in flight may finish for thirty seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Shutdown {}

/// The service is ending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShutdownReply {
    /// Requests it waits for.
    pub live: usize,
}

/// Asks for the local token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Token {}

/// Replaces the local token; the old one lets nobody in from here on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct RotateToken {}

/// The local token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TokenReply {
    /// What clients show to the data plane.
    pub token: SecretText,
}

/// Ends one running request, as if its client had gone away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CancelRequest {
    /// Number of its row.
    pub id: i64,
}

/// Whether the request was there to be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CancelRequestReply {
    /// It was.
    pub was_running: bool,
}
