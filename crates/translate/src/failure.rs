//! From any failure of the upstream to the client's words: one total function a source.
//!
//! A [`Failure`] holds what the client is told (status, type, message, headers) and a [`Cause`] that the
//! router decides by. The table follows OpenRouter's documented codes and the errors recorded from it.

mod context;
mod read;
mod words;

use std::time::Duration;

use turnpike_wire::anthropic::{ErrorBody, ErrorKind};

pub use read::{Received, from_body, from_chunk};

/// Why a request failed, as far as the next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The request itself is wrong; no other target would take it either.
    Invalid,
    /// The conversation is said to be held here (`thread`), which it is not: the client sends all of it again.
    NoThread,
    /// The conversation is longer than the model's window.
    ContextTooLong,
    /// No endpoint of the model takes tools.
    NoTools,
    /// No endpoint of the model takes images.
    NoImages,
    /// A parameter that the model does not take.
    Unsupported,
    /// The model is unknown, gone, or has no endpoint that fits.
    ModelGone,
    /// The account's privacy settings leave no endpoint.
    Privacy,
    /// The key is missing, wrong or disabled.
    Key,
    /// No credits left.
    Credits,
    /// Moderation, a guardrail or a region refuses.
    Refused,
    /// The body is too large.
    TooLarge,
    /// The provider is rate limited.
    RateLimited,
    /// The account's limit of free requests for the day is reached.
    FreeDaily,
    /// The provider has no room.
    Overloaded,
    /// Nothing came in time.
    Timeout,
    /// The provider failed.
    Provider,
    /// The upstream could not be reached.
    Unreachable,
    /// The model answered nothing at all.
    Empty,
    /// The stream ended before the answer did.
    EndedEarly,
    /// What came is no answer of this API.
    Unreadable,
    /// The fault is in this program.
    Internal,
}

/// A failure in the client's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the router decides by.
    pub cause: Cause,
    /// HTTP status for the client.
    pub status: u16,
    /// Type of the error.
    pub kind: ErrorKind,
    /// A sentence for people.
    pub message: String,
    /// How long to wait, when the upstream said so.
    pub retry_after: Option<Duration>,
    /// Whether another try may succeed, when the upstream said so (`availability.retryable`).
    pub retryable: Option<bool>,
}

// === impl Cause ===

impl Cause {
    /// Whether the client's own retries could mend it.
    #[must_use]
    pub const fn client_may_retry(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Timeout
                | Self::Provider
                | Self::Unreachable
                | Self::Empty
                | Self::EndedEarly
                | Self::Unreadable
                | Self::Internal
        )
    }

    /// Whether another target could answer the same request.
    #[must_use]
    pub const fn another_target_may_help(self) -> bool {
        !matches!(
            self,
            Self::Invalid
                | Self::NoThread
                | Self::Key
                | Self::Credits
                | Self::TooLarge
                | Self::FreeDaily
                | Self::Internal
        )
    }

    /// A short stable name for logs and the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NoThread => "no_thread",
            Self::ContextTooLong => "context_too_long",
            Self::NoTools => "no_tools",
            Self::NoImages => "no_images",
            Self::Unsupported => "unsupported",
            Self::ModelGone => "model_gone",
            Self::Privacy => "privacy",
            Self::Key => "key",
            Self::Credits => "credits",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::FreeDaily => "free_daily",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Provider => "provider",
            Self::Unreachable => "unreachable",
            Self::Empty => "empty",
            Self::EndedEarly => "ended_early",
            Self::Unreadable => "unreadable",
            Self::Internal => "internal",
        }
    }

    /// The Messages API's own word for it, where clients decide by that.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::NoThread => Some("thread_not_found"),
            _ => None,
        }
    }

    /// Status and type that this cause has at the client.
    const fn face(self) -> (u16, ErrorKind) {
        match self {
            Self::Invalid | Self::ContextTooLong | Self::Unsupported => (400, ErrorKind::InvalidRequestError),
            Self::Key => (401, ErrorKind::AuthenticationError),
            Self::Credits => (402, ErrorKind::BillingError),
            Self::Refused => (403, ErrorKind::PermissionError),
            Self::NoThread | Self::NoTools | Self::NoImages | Self::ModelGone | Self::Privacy => {
                (404, ErrorKind::NotFoundError)
            }
            Self::TooLarge => (413, ErrorKind::RequestTooLarge),
            Self::RateLimited | Self::FreeDaily => (429, ErrorKind::RateLimitError),
            Self::Overloaded => (529, ErrorKind::OverloadedError),
            Self::Timeout => (504, ErrorKind::TimeoutError),
            Self::Provider | Self::Unreachable | Self::Empty | Self::EndedEarly | Self::Unreadable => {
                (502, ErrorKind::ApiError)
            }
            Self::Internal => (500, ErrorKind::ApiError),
        }
    }
}

// === impl Failure ===

impl Failure {
    /// A failure with the status and type of its cause.
    #[must_use]
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        let (status, kind) = cause.face();
        Self { cause, status, kind, message: message.into(), retry_after: None, retryable: None }
    }

    /// The status with which Claude Code shows the words. Instead of those of a 404 it shows "there's an issue with the selected
    /// model" after asking twice, and before those of a 403 "Please run /login". A 400 it asks again five times, each time
    /// without another feature, and then goes on without them. 410 and 451 it shows at once, word for word (seen with 2.1.329).
    #[must_use]
    pub const fn status_for_claude_code(&self) -> u16 {
        match self.cause {
            Cause::NoTools | Cause::NoImages | Cause::ModelGone | Cause::Privacy => 410,
            Cause::Refused => 451,
            _ => self.status,
        }
    }

    /// What `x-should-retry` tells the client; none where its own rule by the status is right. The upstream's
    /// word counts, but a retry is asked for only where a model is not to be had for the moment: a key or a
    /// mistake mends nothing by itself.
    #[must_use]
    pub const fn should_retry(&self) -> Option<bool> {
        match (self.retryable, self.cause) {
            (Some(false), _) => Some(false),
            (Some(true), Cause::ModelGone) => Some(true),
            (_, cause) if cause.client_may_retry() => None,
            _ => Some(false),
        }
    }

    /// The model answered, but with nothing in it.
    #[must_use]
    pub fn empty(model: &str) -> Self {
        Self::new(
            Cause::Empty,
            format!(
                "{model} returned an empty answer. Try again; if it stays so, map this name to another model."
            ),
        )
    }

    /// The stream broke off.
    #[must_use]
    pub fn ended_early() -> Self {
        Self::new(
            Cause::EndedEarly,
            "The upstream ended early: the connection closed before the answer was finished. Try again.",
        )
    }

    /// What came is no answer; the excerpt is bounded.
    #[must_use]
    pub fn unreadable(what: &str) -> Self {
        Self::new(Cause::Unreadable, format!("The upstream sent {what} instead of an answer. Try again."))
    }

    /// The body of the error.
    #[must_use]
    pub fn to_json(&self, request_id: Option<&str>) -> String {
        ErrorBody::new(self.kind, &self.message, request_id).coded(self.cause.code()).to_json()
    }

    /// The error as the last event of a stream.
    pub fn write_event(&self, out: &mut Vec<u8>, request_id: Option<&str>) {
        turnpike_wire::sse::write_event(out, "error", |out| {
            out.extend_from_slice(self.to_json(request_id).as_bytes())
        });
    }
}

#[cfg(test)]
mod tests;
