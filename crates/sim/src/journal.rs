//! What came in and what became of it: every request and every connection, in memory and bounded.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use turnpike_wire::money::NanoUsd;

/// A rule of the contract that a request broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The rule's name.
    pub rule: &'static str,
    /// Where in the body, as `$.messages[2].content[0].text`.
    pub path: String,
    /// What was found there.
    pub found: String,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answer is not finished yet.
    Open,
    /// The whole answer was sent.
    Finished,
    /// The simulator itself broke the answer off.
    Cut,
    /// The client hung up first.
    Aborted,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counts requests in the order of their heads.
    pub seq: u64,
    /// The connection it came on.
    pub connection: u64,
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names and values; of `authorization` only the last four characters.
    pub headers: Vec<(String, String)>,
    /// The body; `None` when it was dropped to keep within the bounds.
    pub body: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// The scenario that was played.
    pub scenario: Option<&'static str>,
    /// What the contract check found.
    pub faults: Vec<Fault>,
    /// The generation id of the answer.
    pub generation: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What was charged.
    pub charged: NanoUsd,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds since the simulator's start when the head had come.
    pub started: f64,
    /// Milliseconds since the simulator's start when it ended, in whichever way.
    pub ended: Option<f64>,
    /// Milliseconds from the head to the client's hanging up, if it did.
    pub aborted_after: Option<f64>,
}

/// One connection.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// Counts connections.
    pub id: u64,
    /// Requests that came on it.
    pub requests: u64,
    /// Milliseconds since the simulator's start.
    pub opened: f64,
    /// Milliseconds since the simulator's start; `None` while it is open.
    pub closed: Option<f64>,
}

/// All entries and connections that are kept.
#[derive(Debug)]
pub(crate) struct Journal {
    inner: Mutex<Inner>,
    start: Instant,
    most_entries: usize,
    most_bytes: usize,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Kept>,
    next_seq: u64,
    bytes: usize,
    /// Entries below this seq have no body any more.
    bodies_from: u64,
    connections: VecDeque<Connection>,
    next_connection: u64,
}

#[derive(Debug)]
struct Kept {
    entry: Entry,
    body: Bytes,
}

// === impl Journal ===

impl Journal {
    pub(crate) fn new(most_entries: usize, most_bytes: usize) -> Self {
        let inner = Mutex::default();
        Self { inner, start: Instant::now(), most_entries, most_bytes, changes: watch::Sender::new(0) }
    }

    /// Milliseconds since the start.
    fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1e3
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Enters a request whose head has come.
    pub(crate) fn open(
        &self,
        connection: u64,
        method: &http::Method,
        uri: &http::Uri,
        headers: &http::HeaderMap,
    ) -> u64 {
        let started = self.now();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), redacted(name, value))).collect();
        let mut inner = self.lock();
        let seq = inner.next_seq;
        inner.next_seq += 1;
        let entry = Entry {
            seq,
            connection,
            method: method.to_string(),
            path: uri.path_and_query().map_or_else(|| uri.to_string(), ToString::to_string),
            headers,
            body: None,
            model: None,
            scenario: None,
            faults: Vec::new(),
            generation: None,
            status: None,
            charged: NanoUsd::ZERO,
            outcome: Outcome::Open,
            started,
            ended: None,
            aborted_after: None,
        };
        inner.entries.push_back(Kept { entry, body: Bytes::new() });
        if inner.entries.len() > self.most_entries
            && let Some(old) = inner.entries.pop_front()
        {
            inner.bytes -= old.body.len();
        }
        if let Some(connection) = inner.connections.iter_mut().rfind(|c| c.id == connection) {
            connection.requests += 1;
        }
        drop(inner);
        self.changed();
        seq
    }

    /// Keeps the body of a request, as far as there is room.
    pub(crate) fn body(&self, seq: u64, body: &Bytes) {
        if body.len() > self.most_bytes {
            return;
        }
        let mut inner = self.lock();
        inner.bytes += body.len();
        if let Some(kept) = inner.kept(seq) {
            kept.body = body.clone();
        }
        while inner.bytes > self.most_bytes && inner.bodies_from < seq {
            let oldest = inner.bodies_from;
            inner.bodies_from += 1;
            let freed = inner.kept(oldest).map_or(0, |kept| std::mem::take(&mut kept.body).len());
            inner.bytes -= freed;
        }
    }

    /// Changes an entry that is still kept.
    pub(crate) fn update(&self, seq: u64, change: impl FnOnce(&mut Entry)) {
        if let Some(kept) = self.lock().kept(seq) {
            change(&mut kept.entry);
        }
        self.changed();
    }

    /// Notes how a request ended.
    pub(crate) fn close(&self, seq: u64, outcome: Outcome, charged: NanoUsd) {
        let now = self.now();
        self.update(seq, |entry| {
            entry.outcome = outcome;
            entry.charged = charged;
            entry.ended = Some(now);
            entry.aborted_after = (outcome == Outcome::Aborted).then_some(now - entry.started);
        });
    }

    /// All entries that are kept, oldest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let inner = self.lock();
        let full = |kept: &Kept| Entry {
            body: (!kept.body.is_empty()).then(|| String::from_utf8_lossy(&kept.body).into_owned()),
            ..kept.entry.clone()
        };
        inner.entries.iter().map(full).collect()
    }

    pub(crate) fn connect(&self) -> u64 {
        let opened = self.now();
        let mut inner = self.lock();
        let id = inner.next_connection;
        inner.next_connection += 1;
        inner.connections.push_back(Connection { id, requests: 0, opened, closed: None });
        if inner.connections.len() > self.most_entries {
            inner.connections.pop_front();
        }
        id
    }

    pub(crate) fn disconnect(&self, id: u64) {
        let closed = self.now();
        if let Some(connection) = self.lock().connections.iter_mut().rfind(|c| c.id == id) {
            connection.closed = Some(closed);
        }
        self.changed();
    }

    pub(crate) fn connections(&self) -> Vec<Connection> {
        self.lock().connections.iter().cloned().collect()
    }

    /// Forgets all entries and the connections that are closed.
    pub(crate) fn reset(&self) {
        let mut inner = self.lock();
        inner.entries.clear();
        inner.bytes = 0;
        inner.bodies_from = inner.next_seq;
        inner.connections.retain(|connection| connection.closed.is_none());
    }
}

// === impl Inner ===

impl Inner {
    fn kept(&mut self, seq: u64) -> Option<&mut Kept> {
        let first = self.entries.front()?.entry.seq;
        let at = usize::try_from(seq.checked_sub(first)?).ok()?;
        self.entries.get_mut(at)
    }
}

fn redacted(name: &http::HeaderName, value: &http::HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    if name != http::header::AUTHORIZATION {
        return text.into_owned();
    }
    let last: Vec<char> = text.chars().rev().take(4).collect();
    format!("…{}", last.into_iter().rev().collect::<String>())
}
