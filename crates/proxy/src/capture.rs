//! Bodies that a person asked to keep: off unless asked for, bounded, without secrets, in memory alone.
//!
//! A request costs one atomic load while nothing is captured. What is captured loses its secrets on a thread of its
//! own, when the answer has ended; before that nobody can ask for it.

mod parts;
mod redact;
mod tap;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use tokio::sync::watch;

use crate::dialect::Dialect;

pub use parts::AnswerPart;
pub(crate) use parts::read as read_parts;
pub(crate) use tap::{Begun, Tap};

/// Longest capture that can be asked for.
pub const MOST_TIME: Duration = Duration::from_secs(60 * 60);
/// Most requests that are kept; beyond that the oldest goes.
pub const MOST_REQUESTS: usize = 50;
/// Most bytes that are kept; beyond that the oldest goes.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;
/// After so long a captured request is forgotten by itself.
pub const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// So long what was forgotten can be taken back; then it is gone.
const WAY_BACK: Duration = Duration::from_secs(60);
/// A request with a longer body is listed without it.
const MOST_REQUEST_BYTES: usize = 8 * 1024 * 1024;
/// So much of an answer is kept.
const MOST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Whether bodies are captured, and those that are kept.
#[derive(Debug)]
pub(crate) struct Captures {
    is_on: AtomicBool,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    wish: Option<Wish>,
    /// The newest last.
    kept: VecDeque<Arc<Captured>>,
    bytes: usize,
    forgotten: Option<Forgotten>,
}

/// What a person has thrown away last.
#[derive(Debug)]
struct Forgotten {
    captured: Vec<Arc<Captured>>,
    until: Instant,
}

/// What a person asked for.
#[derive(Clone, Copy, Debug)]
struct Wish {
    until: Instant,
    /// The same as Unix seconds, for people.
    until_unix: i64,
    requests_left: Option<u32>,
}

/// A captured request, without its secrets.
#[derive(Debug)]
pub struct Captured {
    /// Number of its row.
    pub id: i64,
    /// When it was accepted, Unix seconds.
    pub at: i64,
    /// The model's name as the client sent it.
    pub model: String,
    /// The body as the client sent it; `None` when it was too long.
    pub request: Option<String>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer.
    pub answer: Vec<AnswerPart>,
    /// The answer was longer than what is kept of it.
    pub is_cut: bool,
    /// How many secrets were taken out.
    pub redacted: u32,
    /// Bytes that are kept.
    pub bytes: usize,
    /// The headers that say what kind of request it is, and no others.
    pub(crate) headers: HeaderMap,
    pub(crate) dialect: Dialect,
    ended: Instant,
}

/// How capturing stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureStanding {
    /// Bodies are captured.
    pub is_on: bool,
    /// When that ends by itself, Unix seconds.
    pub until: Option<i64>,
    /// After how many further requests it ends.
    pub requests_left: Option<u32>,
    /// How many captured requests are kept.
    pub kept: usize,
}

// === impl Captures ===

impl Default for Captures {
    fn default() -> Self {
        Self { is_on: AtomicBool::new(false), state: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl Captures {
    /// Captures from now on, for so many requests or so long, at most [`MOST_TIME`].
    pub(crate) fn start(&self, requests: Option<u32>, time: Duration, now: Instant) {
        let time = time.min(MOST_TIME);
        let until_unix = unix(SystemTime::now()) + i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.lock().wish = Some(Wish { until: now + time, until_unix, requests_left: requests });
        self.is_on.store(true, Ordering::Release);
        self.tell();
    }

    /// Captures no further request.
    pub(crate) fn stop(&self) {
        self.end(&mut self.lock());
        self.tell();
    }

    /// Forgets one captured request, or all. `false` when there is none of that number. What was forgotten before is gone then.
    pub(crate) fn forget(&self, id: Option<i64>, now: Instant) -> bool {
        let mut state = self.lock();
        let goes = |captured: &Arc<Captured>| id.is_none_or(|id| id == captured.id);
        let captured: Vec<_> = state.kept.iter().filter(|captured| goes(captured)).cloned().collect();
        let is_less = !captured.is_empty();
        if is_less {
            state.kept.retain(|captured| !goes(captured));
            state.forgotten = Some(Forgotten { captured, until: now + WAY_BACK });
        }
        state.count();
        drop(state);
        self.tell();
        is_less || id.is_none()
    }

    /// Takes back what was forgotten last. `false` when that is gone. Its age counts from the beginning, as before.
    pub(crate) fn undo_forget(&self, now: Instant) -> bool {
        let mut state = self.lock();
        let Some(forgotten) = state.forgotten.take_if(|forgotten| now < forgotten.until) else {
            return false;
        };
        state.kept.extend(forgotten.captured);
        state.kept.make_contiguous().sort_by_key(|captured| captured.id);
        state.count();
        state.bound();
        drop(state);
        self.tell();
        true
    }

    /// Ends what is over and forgets what is old; gives when that is due next.
    pub(crate) fn tidy(&self, now: Instant) -> Option<Instant> {
        let mut state = self.lock();
        if state.wish.is_some_and(|wish| wish.until <= now) {
            self.end(&mut state);
        }
        state.kept.retain(|captured| now.saturating_duration_since(captured.ended) < KEPT_FOR);
        state.count();
        state.forgotten.take_if(|forgotten| forgotten.until <= now);
        let gone = state.forgotten.as_ref().map(|forgotten| forgotten.until);
        let oldest = state.kept.iter().map(|captured| captured.ended + KEPT_FOR).min();
        let until = state.wish.map(|wish| wish.until);
        [oldest, until, gone].into_iter().flatten().min()
    }

    pub(crate) fn standing(&self) -> CaptureStanding {
        let state = self.lock();
        CaptureStanding {
            is_on: state.wish.is_some(),
            until: state.wish.map(|wish| wish.until_unix),
            requests_left: state.wish.and_then(|wish| wish.requests_left),
            kept: state.kept.len(),
        }
    }

    /// The captured requests, the newest first.
    pub(crate) fn kept(&self) -> Vec<Arc<Captured>> {
        self.lock().kept.iter().rev().cloned().collect()
    }

    pub(crate) fn find(&self, id: i64) -> Option<Arc<Captured>> {
        self.lock().kept.iter().find(|captured| captured.id == id).cloned()
    }

    /// Told whenever something here has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether the request that was accepted just now is one of those that were asked for.
    pub(crate) fn wants_one(&self, now: Instant) -> bool {
        // The way of every request: nothing is locked while nothing is captured.
        if !self.is_on.load(Ordering::Acquire) {
            return false;
        }
        let mut state = self.lock();
        let Some(wish) = &mut state.wish else { return false };
        let is_over = wish.until <= now;
        let left = wish.requests_left.map(|left| left.saturating_sub(1));
        wish.requests_left = left;
        if is_over || left == Some(0) {
            self.end(&mut state);
        }
        drop(state);
        self.tell();
        !is_over
    }

    fn keep(&self, captured: Captured) {
        let mut state = self.lock();
        state.bytes += captured.bytes;
        state.kept.push_back(Arc::new(captured));
        state.bound();
        drop(state);
        self.tell();
    }

    fn end(&self, state: &mut State) {
        state.wish = None;
        self.is_on.store(false, Ordering::Release);
    }

    fn tell(&self) {
        self.changed.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is behind this lock is never left half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    fn count(&mut self) {
        self.bytes = self.kept.iter().map(|captured| captured.bytes).sum();
    }

    /// Lets the oldest go beyond what is kept at most.
    fn bound(&mut self) {
        while self.kept.len() > MOST_REQUESTS || self.bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }
}

fn unix(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(id: i64, bytes: usize, ended: Instant) -> Captured {
        Captured {
            id,
            at: 0,
            model: String::new(),
            request: None,
            status: 200,
            answer: Vec::new(),
            is_cut: false,
            redacted: 0,
            bytes,
            headers: HeaderMap::new(),
            dialect: Dialect::Messages,
            ended,
        }
    }

    fn ids(captures: &Captures) -> Vec<i64> {
        captures.kept().iter().map(|captured| captured.id).collect()
    }

    #[test]
    fn it_is_off_ends_by_its_count_and_ends_by_its_time() {
        let (captures, now) = (Captures::default(), Instant::now());
        assert!(!captures.wants_one(now) && captures.standing() == CaptureStanding::default());
        captures.start(Some(2), MOST_TIME, now);
        assert!(captures.wants_one(now));
        assert_eq!((captures.standing().is_on, captures.standing().requests_left), (true, Some(1)));
        assert!(captures.wants_one(now), "the last one");
        assert!(!captures.wants_one(now) && !captures.standing().is_on);
        // However long it is asked for, an hour is the most.
        captures.start(None, MOST_TIME * 5, now);
        let almost = now + MOST_TIME - Duration::from_millis(1);
        assert!(captures.wants_one(almost) && captures.standing().requests_left.is_none());
        assert_eq!(captures.tidy(almost), Some(now + MOST_TIME));
        // Also when nothing tidies up.
        assert!(!captures.wants_one(now + MOST_TIME) && !captures.standing().is_on);
        captures.start(None, Duration::from_secs(60), now);
        assert_eq!(captures.tidy(now + Duration::from_secs(60)), None);
        assert!(!captures.standing().is_on && !captures.wants_one(now));
    }

    #[test]
    fn what_is_kept_is_bounded_in_count_bytes_and_time() {
        let (captures, now) = (Captures::default(), Instant::now());
        for id in 0..60 {
            captures.keep(captured(id, 1, now));
        }
        assert_eq!((captures.kept().len(), ids(&captures)[0]), (MOST_REQUESTS, 59));
        captures.keep(captured(60, MOST_BYTES - 2, now));
        assert_eq!(ids(&captures), [60, 59, 58]);
        assert!(captures.forget(Some(60), now) && !captures.forget(Some(60), now));
        captures.keep(captured(61, MOST_BYTES - 2, now + Duration::from_secs(9)));
        assert_eq!(ids(&captures), [61, 59, 58], "what was forgotten does not count any more");
        assert_eq!(captures.tidy(now), Some(now + WAY_BACK), "what was forgotten goes first");
        assert_eq!(captures.tidy(now + WAY_BACK), Some(now + KEPT_FOR));
        assert_eq!(captures.tidy(now + KEPT_FOR), Some(now + KEPT_FOR + Duration::from_secs(9)));
        assert_eq!(ids(&captures), [61]);
        assert!(captures.forget(None, now) && captures.kept().is_empty());
    }

    #[test]
    fn what_was_forgotten_last_comes_back_within_a_minute_and_is_gone_then() {
        let (captures, now) = (Captures::default(), Instant::now());
        assert!(!captures.undo_forget(now));
        for id in 0..4 {
            captures.keep(captured(id, MOST_BYTES / 4, now));
        }
        assert!(captures.forget(Some(1), now) && captures.forget(None, now));
        let just = now + WAY_BACK.saturating_sub(Duration::from_millis(1));
        captures.tidy(just);
        assert!(captures.undo_forget(just) && !captures.undo_forget(just));
        assert_eq!(ids(&captures), [3, 2, 0], "in their places, and no more than was forgotten last");
        assert!(captures.forget(Some(2), now));
        captures.keep(captured(9, MOST_BYTES / 2, now));
        assert!(captures.undo_forget(now));
        assert_eq!(ids(&captures), [9, 3, 2], "the bounds hold");
        assert!(captures.forget(None, now) && !captures.undo_forget(now + WAY_BACK));
        captures.tidy(now + WAY_BACK);
        assert!(captures.lock().forgotten.is_none(), "nothing of it is kept");
    }
}
