//! Which connection a request goes over.
//!
//! All streams of one client share an HTTP/2 connection, and a server takes only so many on it: often 100, which is the least
//! that RFC 9113 (6.5.2) recommends. The HTTP library lets a stream more wait, without a word, until another has ended; with
//! streams of minutes that looks like an upstream that died. So for each further [`MOST_STREAMS`] there is a further client
//! with a connection of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Client;

use crate::BaseUrl;

/// Requests at a time over one connection: what servers allow, less some for questions about the account.
const MOST_STREAMS: usize = 96;

/// Clients of one upstream. There is always a first.
#[derive(Debug)]
pub(crate) struct Lanes {
    first: Lane,
    further: Mutex<Vec<Lane>>,
    base: BaseUrl,
}

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
        Self { first: Lane::new(first), further: Mutex::default(), base }
    }

    /// The first client, for what is short.
    pub(crate) const fn first(&self) -> &Client {
        &self.first.client
    }

    /// A client with room for a request. Where no further one can be made, the request may have to wait.
    pub(crate) fn take(&self) -> (Client, Place) {
        // Without TLS nothing agrees on HTTP/2, and each request has a connection of its own.
        if self.first.has_room() || !self.base.is_https() {
            return self.first.enter();
        }
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = further.iter().find(|lane| lane.has_room()) {
            return lane.enter();
        }
        match crate::builder(&self.base).build() {
            Ok(client) => {
                let lane = Lane::new(client);
                further.push(lane.clone());
                lane.enter()
            }
            // The first could be built, so this passes: certificates that cannot be read for a moment.
            Err(_) => self.first.enter(),
        }
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
