//! Asking another model what a captured request asked.
//!
//! A replay goes the way of every request, with a row and budgets of its own; only its plan names the other model
//! alone. Its row says so in its decision, its agent type and its session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use turnpike_routing::{Mode, Plan, Reason};

use crate::capture::{AnswerPart, CaptureStanding, Captured, read_parts};
use crate::clients::Caller;
use crate::facts::Facts;
use crate::messages::{self, Asked};
use crate::state::Proxy;

/// The kind of agent that a replay's row names.
const AGENT_TYPE: &str = "replay";

/// What a replay asks for.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// Number of the row of the request that is asked again.
    pub(crate) of: i64,
    /// The model, by its slug.
    pub(crate) slug: String,
}

/// Number of a request's row, carried by its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowNumber(pub(crate) i64);

/// What another model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Number of its row; `None` when it was refused before it had one.
    pub row: Option<i64>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer.
    pub answer: Vec<AnswerPart>,
}

/// Why nothing was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// There is no captured request of that number.
    NotKept,
    /// Its body was too long to be kept.
    TooLong,
    /// The data plane is stopped.
    Stopped,
}

// === impl Replay ===

impl Replay {
    /// The plan that names its model alone.
    pub(crate) fn plan(&self) -> Plan {
        Plan::new([self.slug.as_str()], Mode::Auto, None, Reason::Replay { of: self.of })
    }

    /// Writes into the facts, and so into the row, that it is one.
    pub(crate) fn mark(&self, facts: &mut Facts) {
        facts.hints.agent_type = Some(AGENT_TYPE.to_owned());
        facts.session = Some(format!("replay-of-{}", self.of));
    }
}

// === impl Proxy ===

impl Proxy {
    /// Asks another model what a captured request asked, and reads its answer to the end. Dropping the future
    /// cancels the request.
    ///
    /// # Errors
    /// [`ReplayError`]; nothing was asked then.
    pub async fn replay(&self, id: i64, model: &str) -> Result<Replayed, ReplayError> {
        let captured = self.0.captures.find(id).ok_or(ReplayError::NotKept)?;
        let body = captured.request.clone().ok_or(ReplayError::TooLong)?;
        if self.is_paused() {
            return Err(ReplayError::Stopped);
        }
        let slug = turnpike_routing::resolve(model).to_owned();
        let asked = Asked {
            caller: Caller::Owner,
            dialect: captured.dialect,
            headers: &captured.headers,
            body: Bytes::from(body),
            accepted: Instant::now(),
            replay: Some(Replay { of: id, slug }),
        };
        let answer = messages::answer(Arc::clone(&self.0), asked).await;
        let row = answer.extensions().get::<RowNumber>().map(|row| row.0);
        let status = answer.status().as_u16();
        // The body cannot fail: what goes wrong is told within it.
        let bytes = answer.into_body().collect().await.map(http_body_util::Collected::to_bytes);
        Ok(Replayed { row, status, answer: read_parts(&bytes.unwrap_or_default()) })
    }

    /// Captures bodies from now on: for so many requests or so long, and an hour at most.
    pub fn start_capture(&self, requests: Option<u32>, time: Duration) {
        self.0.captures.start(requests, time, Instant::now());
    }

    /// Captures no further bodies; those that are kept stay.
    pub fn stop_capture(&self) {
        self.0.captures.stop();
    }

    /// Forgets one captured request, or all. `false` when there is none of that number.
    #[must_use]
    pub fn forget_captured(&self, id: Option<i64>) -> bool {
        self.0.captures.forget(id, Instant::now())
    }

    /// Takes back what was forgotten last, if that was within the last minute.
    #[must_use]
    pub fn undo_forget_captured(&self) -> bool {
        self.0.captures.undo_forget(Instant::now())
    }

    /// Whether bodies are captured.
    #[must_use]
    pub fn capture_standing(&self) -> CaptureStanding {
        self.0.captures.standing()
    }

    /// The captured requests, the newest first.
    #[must_use]
    pub fn captured(&self) -> Vec<Arc<Captured>> {
        self.0.captures.kept()
    }

    /// Told whenever capturing begins or ends, or a captured request comes or goes.
    #[must_use]
    pub fn capture_changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.0.captures.changes()
    }

    /// Ends what is over and forgets what is old; gives when that is due next.
    #[must_use]
    pub fn tidy_captures(&self) -> Option<Instant> {
        self.0.captures.tidy(Instant::now())
    }
}
