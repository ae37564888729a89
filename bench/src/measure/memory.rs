//! What each stream and each request under way costs in memory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::load::body::Body;
use crate::load::connection::Connection;
use crate::load::{Question, clock};
use crate::measure::requests::TEXT;
use crate::measure::streams;
use crate::result::stats::slope;
use crate::system::Way;
use crate::system::front::Front;
use crate::system::simulator::Simulator;
use crate::system::turnpike::Turnpike;

/// Streams at a time, one step after another.
pub const STREAMS: [usize; 3] = [64, 512, 2000];
/// Requests of 150 KB at a time.
pub const REQUESTS: usize = 64;

/// Wait between the events of a slow stream.
const SLOW: Duration = Duration::from_secs(1);
/// A thread only reads from a socket.
const STACK: usize = 128 << 10;
/// The longest wait until all are under way.
const WITHIN: Duration = Duration::from_secs(60);
/// The model that stays silent after it has read a request.
const SILENT: &str = "sim/silence=90s";

/// Resident memory with so many streams, and what each adds.
#[derive(Clone, Debug, PartialEq)]
pub struct PerStream {
    /// Streams, and resident KiB with them.
    pub points: Vec<(usize, u64)>,
    /// KiB for each stream.
    pub slope_kib: f64,
}

/// Slow streams that are read until they are told to stop.
struct Readers {
    over: Arc<AtomicBool>,
    started: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

/// Opens ever more slow streams and looks at the memory.
///
/// # Errors
/// When a stream does not start, or ends.
pub fn per_stream(program: &Path, sim: &Simulator) -> Result<PerStream> {
    slow_streams(&Turnpike::start(program, &sim.address)?)
}

/// The same with an upstream that speaks HTTP/2, as OpenRouter does: a hundred streams share a connection.
///
/// # Errors
/// When there is no nginx, a stream does not start, or ends.
pub fn per_stream_over_http2(program: &Path, sim: &Simulator) -> Result<PerStream> {
    let front = Front::start(&sim.address)?;
    slow_streams(&Turnpike::start_behind(program, &front)?)
}

fn slow_streams(service: &Turnpike) -> Result<PerStream> {
    let way = service.way();
    let tree = service.tree();
    let mut readers = Readers::new();
    let mut points = Vec::new();
    for count in STREAMS {
        readers.grow(&way, count)?;
        readers.wait(count)?;
        clock::wait(2 * SLOW);
        points.push((count, tree.resident_kib()));
    }
    readers.stop()?;
    let slope_kib =
        slope(&points.iter().map(|(count, kib)| (*count as f64, *kib as f64)).collect::<Vec<_>>());
    Ok(PerStream { points, slope_kib })
}

/// KiB that each request of 150 KB takes while the upstream works on it.
///
/// # Errors
/// When they do not all get there.
pub fn per_request(program: &Path, sim: &Simulator) -> Result<f64> {
    let service = Turnpike::start(program, &sim.address)?;
    let way = service.way();
    let warm = way.request(&Question::plain(TEXT, Body::Later));
    for _ in 0..3 {
        Connection::new(&way.address).ask(&warm)?.expect_ok()?;
    }
    clock::wait(Duration::from_millis(500));
    let before = service.tree().resident_kib();
    let request = Arc::new(way.request(&Question::plain(SILENT, Body::Later)));
    for _ in 0..REQUESTS {
        let (address, request) = (way.address.clone(), Arc::clone(&request));
        // It ends with the service, which does not live to see the answer.
        thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || drop(Connection::new(&address).ask(&request)))?;
    }
    let begun = Instant::now();
    while open_requests(sim)? < REQUESTS {
        ensure!(begun.elapsed() < WITHIN, "{} of {REQUESTS} requests got through", open_requests(sim)?);
        clock::wait(Duration::from_millis(100));
    }
    clock::wait(Duration::from_millis(500));
    let grown = service.tree().resident_kib().saturating_sub(before);
    Ok(grown as f64 / REQUESTS as f64)
}

/// Silent requests that the simulator has read and not answered.
fn open_requests(sim: &Simulator) -> Result<usize> {
    Ok(sim.requests(SILENT)?.iter().filter(|entry| entry["outcome"] == "open").count())
}

// === impl Readers ===

impl Readers {
    fn new() -> Self {
        let (over, started, failed) = <(Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        Self { over, started, failed, threads: Vec::new() }
    }

    /// Opens streams until there are so many.
    fn grow(&mut self, way: &Way, count: usize) -> Result<()> {
        let request = way.request(&Question::streamed(&streams::model(1_000_000, SLOW), Body::Small));
        let request = Arc::new(request);
        while self.threads.len() < count {
            let (over, started, failed) =
                (Arc::clone(&self.over), Arc::clone(&self.started), Arc::clone(&self.failed));
            let (address, request) = (way.address.clone(), Arc::clone(&request));
            let read = move || {
                let mut pieces = 0;
                let read = Connection::new(&address).ask_while(&request, |_| {
                    pieces += 1;
                    if pieces == 2 {
                        started.fetch_add(1, Ordering::Relaxed);
                    }
                    !over.load(Ordering::Relaxed)
                });
                let whole = read.is_ok_and(|reply| reply.status == 200 && over.load(Ordering::Relaxed));
                failed.fetch_add(usize::from(!whole), Ordering::Relaxed);
            };
            self.threads.push(thread::Builder::new().stack_size(STACK).spawn(read)?);
            // The upstream opens one connection for each: not all in the same moment.
            clock::wait(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Waits until so many streams give events.
    fn wait(&self, count: usize) -> Result<()> {
        let begun = Instant::now();
        while self.started.load(Ordering::Relaxed) < count {
            let failed = self.failed.load(Ordering::Relaxed);
            if failed > 0 || begun.elapsed() > WITHIN {
                let started = self.started.load(Ordering::Relaxed);
                self.over.store(true, Ordering::Relaxed);
                bail!("{started} of {count} streams began, {failed} broke");
            }
            clock::wait(Duration::from_millis(50));
        }
        Ok(())
    }

    fn stop(self) -> Result<()> {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
        let failed = self.failed.load(Ordering::Relaxed);
        ensure!(failed == 0, "{failed} streams broke");
        Ok(())
    }
}
