//! How soon the service starts, and what it does while nobody asks.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::load::body::Body;
use crate::load::connection::Connection;
use crate::load::{Question, clock};
use crate::measure::requests::TEXT;
use crate::system::simulator::Simulator;
use crate::system::turnpike::Turnpike;

/// Requests in a row that must share one connection to the upstream.
pub const SEQUENTIAL: usize = 1000;
/// Their model, which nothing else asks for: the service looks for the catalogue on connections of its own.
const IN_A_ROW: &str = "sim/text+words=19";
/// What follows a start or a request belongs to it, not to idling.
const SETTLE: Duration = Duration::from_secs(2);

/// A service of its own that nobody asks, on the side while all else is measured.
#[derive(Debug)]
pub struct Idler {
    service: Turnpike,
    since: Instant,
    before: u64,
    /// Resident memory after its first request, in KiB.
    pub resident_kib: u64,
    /// The same with shared pages divided.
    pub proportional_kib: u64,
}

/// What an idle service did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Idle {
    /// How long it was watched.
    pub time: Duration,
    /// The part of one core that it used.
    pub share: f64,
}

// === impl Idler ===

impl Idler {
    /// Starts it, asks once, and lets it settle.
    ///
    /// # Errors
    /// When it does not start or answer.
    pub fn start(program: &Path, sim: &Simulator) -> Result<Self> {
        let service = Turnpike::start(program, &sim.address)?;
        let way = service.way();
        let request = way.request(&Question::plain(TEXT, Body::Small));
        Connection::new(&way.address).ask(&request)?.expect_ok()?;
        clock::wait(SETTLE);
        let tree = service.tree();
        let (resident_kib, proportional_kib) = (tree.resident_kib(), tree.proportional_kib());
        let before = tree.cpu_nanos();
        Ok(Self { service, since: Instant::now(), before, resident_kib, proportional_kib })
    }

    /// Waits until it was idle for so long, and tells what it used.
    #[must_use]
    pub fn end(self, at_least: Duration) -> Idle {
        clock::wait(at_least.saturating_sub(self.since.elapsed()));
        let time = self.since.elapsed();
        let used = self.service.tree().cpu_nanos().saturating_sub(self.before);
        Idle { time, share: used as f64 / 1e9 / time.as_secs_f64() }
    }
}

/// Seconds from exec to the first answer of `/health`, each with an empty data folder.
///
/// # Errors
/// When one does not start.
pub fn starts(program: &Path, sim: &Simulator, count: usize) -> Result<Vec<f64>> {
    (0..count).map(|_| Ok(Turnpike::time_start(program, &sim.address)?.as_secs_f64())).collect()
}

/// How many connections the upstream saw for many requests in a row.
///
/// # Errors
/// When a request fails.
pub fn upstream_connections(program: &Path, sim: &Simulator) -> Result<usize> {
    let service = Turnpike::start(program, &sim.address)?;
    let way = service.way();
    let request = way.request(&Question::plain(IN_A_ROW, Body::Small));
    let mut connection = Connection::new(&way.address);
    for _ in 0..SEQUENTIAL {
        connection.ask(&request)?.expect_ok()?;
    }
    let requests = sim.requests(IN_A_ROW)?;
    ensure!(requests.len() == SEQUENTIAL, "the upstream saw {} of {SEQUENTIAL} requests", requests.len());
    Ok(requests.iter().map(|request| request["connection"].as_u64()).collect::<HashSet<_>>().len())
}
