//! Which target is tried next, and after which wait: a pure machine over one request's targets.
//!
//! ```text
//!   begin ──▶ Try ──failed──▶ Try (the same one, once; or the next) ──▶ …
//!     │                        │
//!     └──▶ Held                └──▶ Stop
//! ```
//!
//! It ends: no target is tried more than twice, and twice only where the first try was surely not worked on or the
//! upstream named the time to come back. All waits together stay within the policy's deadline.

mod course;

pub use course::{Candidate, Course, Next, Pass, Step};

use std::time::Duration;

/// Why a try failed, as far as the next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// HTTP 429 of a provider or of the upstream.
    RateLimited,
    /// HTTP 529, or an upstream that says it has no room: it has not begun.
    Overloaded,
    /// HTTP 5xx, an empty answer, something unreadable.
    Failed,
    /// No answer in time.
    TimedOut,
    /// No connection was made: surely nothing was worked on, and all targets are at the same upstream.
    NotSent,
    /// The connection closed before any byte came, at once: the upstream had not begun.
    ClosedAtOnce,
    /// The connection closed before any byte came, later than that: the upstream may have begun.
    ClosedLate,
    /// The model is unknown, gone, or has no endpoint that fits.
    Gone,
    /// The conversation is longer than the model's window.
    TooLong,
    /// No endpoint of the model takes tools.
    NoTools,
    /// No endpoint of the model takes images.
    NoImages,
    /// The model, its provider or the account's settings refuse this request.
    Refused,
    /// Key, credits, the day's free requests, an invalid request: no target and no retry mends it.
    Final,
}

/// How one of the plan's targets stands when somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be tried.
    Ready,
    /// It failed too often and is left out for so long; tried only when nothing else is left.
    Broken(Duration),
    /// The upstream named the time at which it takes requests again.
    Limited(Duration),
}

/// Bounds of the waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// All waits of one request together.
    pub deadline: Duration,
}

/// Longest `Retry-After` for which a target is waited for although others are left: a change of the model in the
/// middle of a conversation costs more (its prompt cache is cold) than a moment.
const SHORT: Duration = Duration::from_secs(3);
/// Pause before a connection that failed is made again.
const RECONNECT: Duration = Duration::from_millis(20);
/// First pause where the upstream names none; it doubles with each failure of the request.
const BACKOFF: Duration = Duration::from_millis(500);
/// Longest pause where the upstream names none.
const MOST_BACKOFF: Duration = Duration::from_secs(8);

/// What may follow a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same target after this wait; else the next one.
    AgainOrNext(Duration),
    /// The same target over another connection, after this wait or less; else the next one.
    ReconnectOrNext(Duration),
    /// The same; else nothing.
    ReconnectOrStop(Duration),
    /// The next target.
    Next,
    /// Nothing.
    Stop,
}

/// What mends a failure. `others`: another target is ready; `failures`: how many there were before in this request;
/// `jitter`: from 0 up to 1.
pub(crate) fn remedy(
    trouble: Trouble,
    retry_after: Option<Duration>,
    others: bool,
    failures: u32,
    jitter: f64,
) -> Remedy {
    match (trouble, retry_after) {
        (Trouble::RateLimited | Trouble::Overloaded, Some(wait)) if wait <= SHORT || !others => {
            Remedy::AgainOrNext(wait + spread(wait.min(SHORT) / 4, jitter))
        }
        (Trouble::RateLimited | Trouble::Overloaded, None) if !others => {
            let pause = BACKOFF.saturating_mul(1 << failures.min(8)).min(MOST_BACKOFF);
            Remedy::AgainOrNext(pause / 2 + spread(pause, jitter))
        }
        (Trouble::ClosedAtOnce, _) => Remedy::ReconnectOrNext(RECONNECT),
        (Trouble::NotSent, _) => Remedy::ReconnectOrStop(RECONNECT),
        (Trouble::Final, _) => Remedy::Stop,
        _ => Remedy::Next,
    }
}

/// A part of `most`; what is no number from 0 up to 1 counts as 0 or 1.
fn spread(most: Duration, jitter: f64) -> Duration {
    let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
    most.mul_f64(jitter)
}

// === impl Patience ===

impl Patience {
    /// The same, for a client that gives up after `timeout`: it waits for half of that at most, so that the client is
    /// told what is the matter and the answer has time too.
    #[must_use]
    pub fn for_client(self, timeout: Option<Duration>) -> Self {
        Self { deadline: timeout.map_or(self.deadline, |timeout| self.deadline.min(timeout / 2)) }
    }
}

// === impl Trouble ===

impl Trouble {
    /// Whether it speaks against the target itself: such failures leave it out after a while.
    #[must_use]
    pub const fn blames_the_target(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Failed
                | Self::TimedOut
                | Self::ClosedAtOnce
                | Self::ClosedLate
                | Self::Gone
        )
    }

    /// Whether the target lives, though it did not take this request.
    #[must_use]
    pub const fn is_an_answer(self) -> bool {
        matches!(self, Self::TooLong | Self::NoTools | Self::NoImages | Self::Refused)
    }
}

// === impl Standing ===

impl Standing {
    /// How long until the target is tried again as a matter of course.
    #[must_use]
    pub const fn wait(self) -> Duration {
        match self {
            Self::Ready => Duration::ZERO,
            Self::Broken(wait) | Self::Limited(wait) => wait,
        }
    }
}

#[cfg(test)]
mod tests;
