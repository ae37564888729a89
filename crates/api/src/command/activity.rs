//! Single requests, as the ledger has them.

use serde::{Deserialize, Serialize};

/// Asks for requests, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Activity {
    /// Only those before this row: where the last answer ended.
    pub before: Option<i64>,
    /// How many, at most 500; `None`: 50.
    pub limit: Option<u32>,
    /// Words that must all be in names, slugs, project, session or error.
    pub words: Option<String>,
    /// `open`, `ok`, `error`, `cancelled`, `truncated` or `interrupted`.
    pub status: Option<String>,
    /// Facts that must all be true.
    pub only: Option<Vec<Fact>>,
}

/// A fact of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fact {
    /// Which: `model`, `project`, `session` … as spend is split by.
    pub by: String,
    /// Its text; empty for requests that tell none.
    pub is: String,
}

/// Requests, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActivityReply {
    /// The requests.
    pub rows: Vec<ActivityRow>,
    /// Where to go on; `None` when all were looked at. With words there may be more even behind an empty page, since
    /// one question looks at a bounded number of rows.
    pub next: Option<i64>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActivityRow {
    /// Number of its row.
    pub id: i64,
    /// When it was accepted, Unix milliseconds.
    pub started_at_ms: i64,
    /// From acceptance to the first content, milliseconds.
    pub first_token_ms: Option<i64>,
    /// From acceptance to the end, milliseconds.
    pub duration_ms: Option<i64>,
    /// `open`, `ok`, `error`, `cancelled`, `truncated` or `interrupted`.
    pub status: String,
    /// Class of the request.
    pub class: Option<String>,
    /// Type of the agent that asked.
    pub agent_type: Option<String>,
    /// The client's session.
    pub session: Option<String>,
    /// Folder to which the cost belongs.
    pub project: Option<String>,
    /// Git branch.
    pub branch: Option<String>,
    /// Name of the client's token.
    pub client: Option<String>,
    /// The model's name as the client wrote it.
    pub requested_model: String,
    /// Slug of the model that answered.
    pub served_model: Option<String>,
    /// Slug it was sent to last.
    pub target: Option<String>,
    /// The provider behind the upstream.
    pub provider: Option<String>,
    /// `native` or `translate`.
    pub mode: Option<String>,
    /// Input tokens that no cache had to do with.
    pub input_tokens: i64,
    /// Input tokens read from the prompt cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: i64,
    /// Nano-dollars.
    pub cost_nanos: i64,
    /// Nano-dollars that the provider bills to a key of the user's own, apart from the above.
    pub byok_cost_nanos: i64,
    /// `upstream`, `looked_up`, `estimate` or `none`.
    pub cost_source: String,
    /// Status the client got.
    pub http_status: Option<u16>,
    /// Error type the client got.
    pub error_type: Option<String>,
    /// The error's words.
    pub error_message: Option<String>,
    /// Stop reason the client got.
    pub stop_reason: Option<String>,
}

/// Asks for all that is known of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RequestDetails {
    /// Number of its row.
    pub id: i64,
}

/// All that is known of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RequestDetailsReply {
    /// What the list shows.
    pub row: ActivityRow,
    /// Why it went where it went, as JSON.
    pub decision: Option<String>,
    /// Retries and fallbacks, as JSON.
    pub attempts: Option<String>,
    /// Parameters that were not passed on, as JSON.
    pub dropped: Option<String>,
    /// What was mended in the answer, as JSON.
    pub repairs: Option<String>,
    /// The upstream's id of the answer.
    pub generation_id: Option<String>,
    /// What its input that came from no cache cost above what reading it from one would have cost, in nano-dollars at
    /// today's prices; `None` where the model has no price for cached input.
    #[serde(default)]
    pub missed_nanos: Option<i64>,
    /// Bytes of the client's body.
    pub request_bytes: i64,
    /// Bytes of the answer's body.
    pub response_bytes: i64,
}
