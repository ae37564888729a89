//! The mixed load: clients of many kinds, each on a connection and a thread of its own, with pauses, so that
//! half an hour is a few hundred thousand requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::load::body::Body;
use crate::load::connection::Connection;
use crate::load::stream::delivered;
use crate::load::{Question, clock};
use crate::measure::requests::{REFUSED, TEXT};
use crate::measure::streams;
use crate::system::Way;

/// What a client does again and again.
#[derive(Clone, Copy, Debug)]
enum Client {
    /// Plain requests.
    Asks(Body),
    /// Streams of so many events, with a wait between them.
    Streams(u64, Duration),
    /// Streams that it leaves in the middle.
    HangsUp,
    /// Requests that are refused.
    IsRefused,
}

/// Kinds of client, how many of each, and their pause.
const CLIENTS: &[(Client, usize, Duration)] = &[
    (Client::Asks(Body::Small), 4, Duration::from_millis(50)),
    (Client::Asks(Body::First), 2, Duration::from_millis(100)),
    (Client::Asks(Body::Later), 2, Duration::from_millis(200)),
    (Client::Asks(Body::Pictures), 1, Duration::from_millis(1000)),
    (Client::Streams(500, Duration::ZERO), 2, Duration::from_millis(100)),
    (Client::Streams(100, Duration::from_millis(20)), 16, Duration::from_millis(20)),
    (Client::HangsUp, 2, Duration::from_millis(300)),
    (Client::IsRefused, 1, Duration::from_millis(200)),
];

/// Failures that are told word for word.
const TOLD: usize = 3;

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) refused: u64,
    pub(super) cut: u64,
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) failed: u64,
    /// The first of the failures.
    pub(super) failures: Vec<String>,
}

/// All clients.
pub(super) struct Load {
    way: Arc<Way>,
    over: Arc<AtomicBool>,
}

// === impl Counts ===

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.refused += other.refused;
        self.cut += other.cut;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.failures.extend(other.failures.iter().cloned());
        self.failures.truncate(TOLD);
    }

    fn fail(&mut self, why: String) {
        self.failed += 1;
        self.failures.push(why);
        self.failures.truncate(TOLD);
    }
}

// === impl Load ===

impl Load {
    pub(super) fn new(way: Way) -> Self {
        Self { way: Arc::new(way), over: Arc::default() }
    }

    /// Starts every client.
    pub(super) fn start<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Vec<ScopedJoinHandle<'scope, Counts>> {
        let mut threads = Vec::new();
        for (client, count, pause) in CLIENTS {
            for _ in 0..*count {
                let (way, over) = (Arc::clone(&self.way), Arc::clone(&self.over));
                threads.push(scope.spawn(move || {
                    let mut counts = Counts::default();
                    let mut connection = Connection::new(&way.address);
                    while !over.load(Ordering::Relaxed) {
                        counts.requests += 1;
                        if let Err(error) = client.act(&way, &mut connection, &mut counts) {
                            counts.fail(format!("{client:?}: {error:#}"));
                        }
                        clock::wait(*pause);
                    }
                    counts
                }));
            }
        }
        threads
    }

    pub(super) fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

// === impl Client ===

impl Client {
    fn act(self, way: &Way, connection: &mut Connection, counts: &mut Counts) -> Result<()> {
        match self {
            Self::Asks(body) => connection.ask(&way.request(&Question::plain(TEXT, body)))?.expect_ok(),
            Self::Streams(count, pace) => {
                // What breaks off counts too: its events were sent, or would have been.
                counts.sent += count;
                let stream = streams::ask(way, connection, count, pace)?;
                counts.delivered += delivered(&stream.stamps);
                Ok(())
            }
            Self::HangsUp => {
                let model = streams::model(1000, Duration::from_millis(20));
                let request = way.request(&Question::streamed(&model, Body::Small));
                let reply = connection.ask_while(&request, |reply| reply.body.len() < 3000)?;
                counts.cut += 1;
                reply.expect_ok()
            }
            Self::IsRefused => {
                let reply = connection.ask(&way.request(&Question::plain(REFUSED, Body::Small)))?;
                counts.refused += 1;
                ensure!(reply.status == 400, "status {} instead of 400", reply.status);
                Ok(())
            }
        }
    }
}
