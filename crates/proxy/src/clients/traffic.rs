//! What a client has asked for lately, and what of it still runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use turnpike_budget::Rate;
use turnpike_translate::failure::{Cause, Failure};

use super::Most;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// When to come back while others of the client's requests run.
const WHILE_OTHERS_RUN: Duration = Duration::from_secs(2);
/// Longer than this a client does not wait unseen: the user is told instead.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A client's requests. They outlive a change of the configuration.
#[derive(Debug)]
pub(crate) struct Traffic {
    /// Times are counted from here, by a clock that nobody sets back.
    since: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    minute: Rate,
    hour: Rate,
    running: u32,
}

/// A request that was let in; it runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass(Arc<Traffic>);

// === impl Traffic ===

impl Default for Traffic {
    fn default() -> Self {
        let counts = Counts { minute: Rate::new(MINUTE), hour: Rate::new(HOUR), running: 0 };
        Self { since: Instant::now(), counts: Mutex::new(counts) }
    }
}

impl Traffic {
    pub(super) fn admit(self: &Arc<Self>, name: &str, most: Most) -> Result<Pass, Failure> {
        let now = self.since.elapsed();
        let mut counts = self.counts();
        if let Some(at_once) = most.at_once.filter(|at_once| counts.running >= *at_once) {
            let why = format!("Client `{name}` may have {} under way at once.", requests(at_once));
            return Err(refusal(&why, WHILE_OTHERS_RUN));
        }
        let Counts { minute, hour, .. } = &mut *counts;
        for (span, limit, rate) in [("a minute", most.a_minute, minute), ("an hour", most.an_hour, hour)] {
            let Some(limit) = limit else { continue };
            let wait = rate.wait(now, limit);
            if !wait.is_zero() {
                return Err(refusal(&format!("Client `{name}` may make {} {span}.", requests(limit)), wait));
            }
        }
        counts.minute.count(now);
        counts.hour.count(now);
        counts.running = counts.running.saturating_add(1);
        Ok(Pass(Arc::clone(self)))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counts are never left half-written.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        counts.running = counts.running.saturating_sub(1);
    }
}

fn requests(count: u32) -> String {
    if count == 1 { "one request".to_owned() } else { format!("{count} requests") }
}

fn refusal(why: &str, wait: Duration) -> Failure {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let message = format!("{why} Try again in {seconds} s.");
    let mut failure = Failure::new(Cause::RateLimited, message);
    if wait > LONGEST_WAIT {
        // The same face, but the client's own retries are of no use.
        failure.cause = Cause::Refused;
    }
    failure.retry_after = Some(wait);
    failure
}
