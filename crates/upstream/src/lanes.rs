//! Which connection a request goes over.
//!
//! All streams of one client share an HTTP/2 connection, and a server takes only so many on it: often 100, which is the least
//! that RFC 9113 (6.5.2) recommends. The HTTP library lets a stream more wait, without a word, until another has ended; with
//! streams of minutes that looks like an upstream that died. So for each further [`MOST_STREAMS`] there is a further client
//! with a connection of its own.
//!
//! After the machine has slept, connections are there that nobody knows of any more on the way; a request over one of them would
//! learn that after half a minute. So new ones are made then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::BaseUrl;
use crate::client::Client;

/// Requests at a time over one connection: what servers allow, less some for questions about the account.
const MOST_STREAMS: usize = 96;
/// Time that passed by the wall's clock and not by the process's: more than a clock is set right by.
const SLEPT: Duration = Duration::from_secs(10);

/// Clients of one upstream.
#[derive(Debug)]
pub(crate) struct Lanes {
    base: BaseUrl,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    /// There is always a first.
    first: Lane,
    further: Vec<Lane>,
    asked: Moment,
}

/// A moment by the clock that stands still while the machine sleeps, and by the wall's.
#[derive(Clone, Copy, Debug)]
struct Moment(Instant, SystemTime);

#[derive(Clone, Debug)]
struct Lane {
    client: Client,
    running: Arc<AtomicUsize>,
}

/// A request's place on a connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

// === impl Lanes ===

impl Lanes {
    /// With the first client; others are built as they are needed.
    pub(crate) fn new(first: Client, base: BaseUrl) -> Self {
        let open = Open { first: Lane::new(first), further: Vec::new(), asked: Moment::now() };
        Self { base, open: Mutex::new(open) }
    }

    /// The first client, for what is short.
    pub(crate) fn first(&self) -> Client {
        self.open_at(Moment::now()).first.client.clone()
    }

    /// A client with room for a request. Where no further one can be made, the request may have to wait.
    pub(crate) fn take(&self) -> (Client, Place) {
        self.take_at(Moment::now())
    }

    fn take_at(&self, now: Moment) -> (Client, Place) {
        let mut open = self.open_at(now);
        // Without TLS nothing agrees on HTTP/2, and each request has a connection of its own.
        if open.first.has_room() || !self.base.is_https() {
            return open.first.enter();
        }
        if let Some(lane) = open.further.iter().find(|lane| lane.has_room()) {
            return lane.enter();
        }
        let Some(lane) = self.build() else { return open.first.enter() };
        open.further.push(lane.clone());
        lane.enter()
    }

    /// What is open, without what a sleep has left behind. Streams that run go on as long as they can.
    fn open_at(&self, now: Moment) -> MutexGuard<'_, Open> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_after_a_sleep_since(open.asked)
            && let Some(first) = self.build()
        {
            open.first = first;
            open.further.clear();
        }
        open.asked = now;
        open
    }

    /// One could be built before, so what stands in the way passes: certificates that cannot be read for a moment.
    fn build(&self) -> Option<Lane> {
        crate::client_for(&self.base).ok().map(Lane::new)
    }
}

// === impl Moment ===

impl Moment {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn is_after_a_sleep_since(self, earlier: Self) -> bool {
        let awake = self.0.saturating_duration_since(earlier.0);
        // A wall's clock that went back says nothing.
        self.1.duration_since(earlier.1).is_ok_and(|passed| passed > awake + SLEPT)
    }
}

// === impl Lane ===

impl Lane {
    fn new(client: Client) -> Self {
        Self { client, running: Arc::default() }
    }

    fn has_room(&self) -> bool {
        self.running.load(Ordering::Relaxed) < MOST_STREAMS
    }

    fn enter(&self) -> (Client, Place) {
        self.running.fetch_add(1, Ordering::Relaxed);
        (self.client.clone(), Place(Arc::clone(&self.running)))
    }
}

// === impl Place ===

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_sleep_requests_go_over_new_connections() {
        let base: BaseUrl = "https://openrouter.ai/api/v1".parse().unwrap();
        let lanes = Lanes::new(crate::client_for(&base).unwrap(), base);
        let begun = lanes.open.lock().unwrap().asked;
        let later = |awake: u64, passed: i64| {
            let passed_by = Duration::from_secs(passed.unsigned_abs());
            let wall = if passed < 0 { begun.1 - passed_by } else { begun.1 + passed_by };
            Moment(begun.0 + Duration::from_secs(awake), wall)
        };
        let (_, mut before) = lanes.take_at(later(1, 1));
        for (label, now, is_new) in [
            ("a minute awake", later(61, 61), false),
            ("a clock set right", later(62, 65), false),
            ("eight hours of sleep", later(63, 8 * 3_600), true),
            ("the minute after", later(123, 8 * 3_600 + 60), false),
            ("a clock set back", later(124, -3_600), false),
            ("and forth", later(125, 0), true),
        ] {
            let (_, place) = lanes.take_at(now);
            assert_eq!(!Arc::ptr_eq(&place.0, &before.0), is_new, "{label}");
            before = place;
        }
    }
}
