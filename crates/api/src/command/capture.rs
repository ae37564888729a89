//! Capturing bodies of requests, and asking another model the same.

use serde::{Deserialize, Serialize};

/// Asks whether bodies are captured, and which are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Captures {}

/// Captures bodies from now on: until so many requests were captured, or until the time is over, whichever is first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct StartCapture {
    /// How many requests, from 1; `None`: all of the time.
    pub requests: Option<u32>,
    /// Minutes, 1 to 60; `None`: 60.
    pub minutes: Option<u32>,
}

/// Captures no further bodies; those that are kept stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct StopCapture {}

/// Forgets what was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ForgetCaptures {
    /// Number of the request's row; `None`: all of them.
    pub id: Option<i64>,
}

/// Takes back what was forgotten last. The service keeps it for a minute, in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct UndoForget {}

/// What is captured and kept. All of it is in memory alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CapturesReply {
    /// Whether bodies are captured now.
    pub standing: CaptureStanding,
    /// The captured requests, the newest first.
    pub kept: Vec<CapturedRequest>,
    /// Most requests that are kept; beyond that the oldest goes.
    pub most_requests: u64,
    /// Most bytes that are kept; beyond that the oldest goes.
    pub most_bytes: u64,
    /// Seconds after which each is forgotten by itself.
    pub kept_for_seconds: u64,
}

/// Whether bodies are captured now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CaptureStanding {
    /// Whether they are.
    pub is_on: bool,
    /// When it ends by itself, Unix seconds.
    pub until: Option<i64>,
    /// After how many further requests it ends.
    pub requests_left: Option<u32>,
    /// How many captured requests are kept.
    pub kept: u64,
}

/// A captured request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CapturedRequest {
    /// Number of its row.
    pub id: i64,
    /// When it was accepted, Unix seconds.
    pub at: i64,
    /// The model's name as the client wrote it.
    pub model: String,
    /// Bytes that are kept of it.
    pub bytes: u64,
    /// How many secrets were taken out of it.
    pub redacted: u32,
}

/// Asks for the bodies of a captured request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CapturedBody {
    /// Number of the request's row.
    pub id: i64,
}

/// The bodies of a captured request, without what is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CapturedBodyReply {
    /// The request as JSON; `None` when it was too large to be kept.
    pub request: Option<String>,
    /// The answer.
    pub answer: Vec<AnswerPart>,
    /// Whether the answer was longer than what is kept of it.
    pub is_cut: bool,
}

/// A part of an answer, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerPart {
    /// `text`, `thinking`, `tool_use`, `error`, or another kind of block.
    pub kind: String,
    /// Name of the tool that is called.
    pub name: Option<String>,
    /// The words; for a tool its arguments as JSON.
    pub text: String,
}

/// Asks another model what a captured request asked. It is billed as a request of its own, and marked as a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Replay {
    /// Number of the captured request's row.
    pub id: i64,
    /// Slug or short name of the other model; rules and maps are not looked at.
    pub model: String,
}

/// Both answers, side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayReply {
    /// What the client got.
    pub original: ReplaySide,
    /// What the other model said.
    pub replay: ReplaySide,
}

/// One of two answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplaySide {
    /// Its row; `None` when the ledger cannot tell it.
    pub row: Option<super::ActivityRow>,
    /// The HTTP status of the answer.
    pub http_status: u16,
    /// The answer.
    pub answer: Vec<AnswerPart>,
}
