//! Streams: how soon the first text comes, how long each event is under way, and whether all come.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::load::body::Body;
use crate::load::connection::{Connection, Reply};
use crate::load::stream::{Stamp, delivered, events, stamps};
use crate::load::{Question, clock};
use crate::measure::requests::TEXT;
use crate::result::stats::percentile;
use crate::result::turns::{Metric, Round};
use crate::system::Way;

/// Events of a stream at full speed.
pub const EVENTS: u64 = 500;
/// Wait between the events of one paced stream; the simulator's timer makes it a little more.
const PACE: Duration = Duration::from_millis(2);
/// The same when many streams run at a time.
const SLOW_PACE: Duration = Duration::from_millis(20);
/// Connections with large bodies, and how often each sends one.
const LARGE_SENDERS: usize = 2;
const LARGE_EVERY: Duration = Duration::from_millis(100);
/// Events of a stream whose first text alone is timed.
const FEW: u64 = 2;

/// A stream that was read to its end.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its stamps.
    pub stamps: Vec<Stamp>,
    /// When the request began to be sent.
    pub asked: u64,
    /// Nanoseconds from then to the last byte.
    pub whole: u64,
    /// Events that the simulator sent.
    pub sent: u64,
}

/// The model of a stream of stamped events.
#[must_use]
pub fn model(count: u64, pace: Duration) -> String {
    if pace.is_zero() {
        format!("sim/text+events={count}+stamp")
    } else {
        format!("sim/text+events={count}+stamp+delay={}ms", pace.as_millis())
    }
}

/// Asks for a stream of so many stamped events.
///
/// # Errors
/// When it breaks off, or its text is not made of stamps.
pub fn ask(way: &Way, connection: &mut Connection, count: u64, pace: Duration) -> Result<Stream> {
    let request = way.request(&Question::streamed(&model(count, pace), Body::Small));
    read(way, &connection.ask(&request)?, count)
}

fn read(way: &Way, reply: &Reply, sent: u64) -> Result<Stream> {
    reply.expect_ok()?;
    let stamps = stamps(way.dialect, &events(reply)?)?;
    ensure!(!stamps.is_empty(), "a stream without an event");
    Ok(Stream { stamps, asked: reply.sent, whole: reply.nanos(), sent })
}

// === impl Stream ===

impl Stream {
    /// Nanoseconds to the first text.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        Some(self.stamps.first()?.came.saturating_sub(self.asked))
    }

    /// One-way nanoseconds of each event but the first, which holds the request's way too.
    pub fn lateness(&self) -> impl Iterator<Item = u64> {
        self.stamps.iter().skip(1).map(|stamp| stamp.came.saturating_sub(stamp.sent))
    }
}

/// What the streams of a round say.
fn round(streams: &[Stream], firsts: &mut [u64]) -> Round {
    let mut late: Vec<u64> = streams.iter().flat_map(Stream::lateness).collect();
    let mut values = BTreeMap::from([
        (Metric::Event50, percentile(&mut late, 50) / 1e9),
        (Metric::Event99, percentile(&mut late, 99) / 1e9),
    ]);
    if !firsts.is_empty() {
        values.insert(Metric::First50, percentile(firsts, 50) / 1e9);
        values.insert(Metric::First99, percentile(firsts, 99) / 1e9);
        values.insert(Metric::FirstBest, percentile(firsts, 0) / 1e9);
    }
    let counted = counted(values, streams);
    Round { asked: counted.asked + firsts.len() as u64, ..counted }
}

fn counted(values: BTreeMap<Metric, f64>, streams: &[Stream]) -> Round {
    Round {
        values,
        asked: streams.len() as u64,
        sent: streams.iter().map(|stream| stream.sent).sum(),
        delivered: streams.iter().map(|stream| delivered(&stream.stamps)).sum(),
    }
}

/// Streams of 500 events as fast as they come: the time and the processor's time of each.
///
/// # Errors
/// As [`ask`].
pub fn full_speed(way: &Way, length: Duration) -> Result<Round> {
    let mut connection = Connection::new(&way.address);
    for _ in 0..3 {
        ask(way, &mut connection, EVENTS, Duration::ZERO)?;
    }
    let before = way.tree.as_ref().map(crate::system::process::Tree::cpu_nanos);
    let begun = Instant::now();
    let mut streams = Vec::new();
    while begun.elapsed() < length {
        streams.push(ask(way, &mut connection, EVENTS, Duration::ZERO)?);
    }
    let mut whole: Vec<u64> = streams.iter().map(|stream| stream.whole).collect();
    let mut values = BTreeMap::from([
        (Metric::Whole50, percentile(&mut whole, 50) / 1e9),
        (Metric::Whole99, percentile(&mut whole, 99) / 1e9),
    ]);
    if let (Some(before), Some(tree)) = (before, &way.tree) {
        let used = tree.cpu_nanos().saturating_sub(before);
        values.insert(Metric::Cpu, used as f64 / streams.len().max(1) as f64 / 1e9);
    }
    Ok(counted(values, &streams))
}

/// Half of the time short streams for the time to the first text, then long ones for the events' one-way times.
///
/// # Errors
/// As [`ask`].
pub fn paced(way: &Way, length: Duration) -> Result<Round> {
    let half = length / 2;
    let mut connection = Connection::new(&way.address);
    let mut firsts = first_texts(way, &mut connection, half)?;
    let begun = Instant::now();
    let mut streams = Vec::new();
    let count = events_within(half, PACE).min(EVENTS);
    while streams.is_empty() || begun.elapsed() < half {
        streams.push(ask(way, &mut connection, count, PACE)?);
    }
    Ok(round(&streams, &mut firsts))
}

/// Times to the first text, one stream after another.
///
/// # Errors
/// As [`ask`].
pub fn first_texts(way: &Way, connection: &mut Connection, length: Duration) -> Result<Vec<u64>> {
    for _ in 0..5 {
        ask(way, connection, FEW, PACE)?;
    }
    let begun = Instant::now();
    let mut firsts = Vec::new();
    while begun.elapsed() < length {
        firsts.extend(ask(way, connection, FEW, PACE)?.first());
    }
    Ok(firsts)
}

/// So many paced streams at a time, each on a connection of its own.
///
/// # Errors
/// As [`ask`].
pub fn many(way: &Way, count: usize, length: Duration) -> Result<Round> {
    let events = events_within(length, SLOW_PACE);
    let request = way.request(&Question::streamed(&model(events, SLOW_PACE), Body::Small));
    let begin = clock::nanos() + 5_000_000;
    let replies: Vec<Result<Reply>> = thread::scope(|scope| {
        let one = |at: usize| {
            let request = &request;
            scope.spawn(move || {
                // Spread over one pace, so that they do not all send in the same moment.
                let at = SLOW_PACE.as_nanos() as u64 * at as u64 / count as u64;
                clock::wait(Duration::from_nanos((begin + at).saturating_sub(clock::nanos())));
                Connection::new(&way.address).ask(request)
            })
        };
        let threads: Vec<_> = (0..count).map(one).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread broke"))?).collect()
    });
    let mut streams = Vec::new();
    for reply in replies {
        streams.push(read(way, &reply?, events)?);
    }
    Ok(round(&streams, &mut []))
}

/// A paced stream, while large bodies are sent on other connections.
///
/// # Errors
/// As [`ask`]; and when a large request fails.
pub fn blocked(way: &Way, length: Duration) -> Result<Round> {
    let large = way.request(&Question::plain(TEXT, Body::Pictures));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let send = || -> Result<()> {
            let mut connection = Connection::new(&way.address);
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                connection.ask(&large)?.expect_ok().context("a large request")?;
                clock::wait(LARGE_EVERY.saturating_sub(begun.elapsed()));
            }
            Ok(())
        };
        let senders: Vec<_> = (0..LARGE_SENDERS).map(|_| scope.spawn(send)).collect();
        let mut connection = Connection::new(&way.address);
        let stream = ask(way, &mut connection, events_within(length, PACE), PACE);
        over.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.join().map_err(|_| anyhow!("a thread broke"))??;
        }
        Ok(round(&[stream?], &mut []))
    })
}

/// How many events fit; a pace of whole milliseconds takes up to one more.
fn events_within(length: Duration, pace: Duration) -> u64 {
    let each = pace + Duration::from_millis(1);
    u64::try_from(length.as_micros() / each.as_micros().max(1)).unwrap_or(u64::MAX).max(10)
}
