//! Measures Turnpike against the bare simulator, in turns, in one run.
//!
//! Absolute times on a shared machine mean little; what counts is the difference and the ratio between two
//! ways that were measured in the same minutes. The simulator and the load run on one core, Turnpike on
//! another. `bench/README.md` says how to read the table.
//!
//! Usage: `turnpike-bench TURNPIKE SIMULATOR [OUTPUT.md]`, the paths of release builds.

mod client;
mod process;
mod report;
mod stats;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use client::{Connection, Way};
use process::{Service, Simulator};
use report::{Compared, Report};
use stats::Latency;

/// Rounds of each way.
const ROUNDS: usize = 7;
/// Length of a round.
const ROUND: Duration = Duration::from_millis(1500);
/// Starts that are timed.
const STARTS: usize = 15;
/// Requests in a row that must share one connection to the upstream.
const SEQUENTIAL: usize = 1000;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(turnpike), Some(simulator)) = (arguments.next(), arguments.next()) else {
        bail!("usage: turnpike-bench TURNPIKE SIMULATOR [OUTPUT.md]");
    };
    let output = arguments.next();
    let report = measure(&turnpike, &simulator)?;
    let table = report.to_markdown();
    report::print(&table);
    if let Some(path) = output {
        std::fs::write(&path, &table).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    report.check()
}

fn measure(turnpike: &Path, simulator: &Path) -> Result<Report> {
    let sim = Simulator::start(simulator)?;
    let starts = time_starts(turnpike, &sim)?;
    let service = Service::start(turnpike, &sim)?;
    let direct = Way::direct(&sim.address);
    let through = Way::through(&service.address, &service.token);
    gate(&direct, &through)?;
    let idle_kib = service.resident_kib()?;
    let small = compare(&direct, &through)?;
    let connections = upstream_connections(&sim, &through)?;
    Ok(Report {
        small,
        starts,
        idle_kib,
        busy_kib: service.resident_kib()?,
        binary_bytes: std::fs::metadata(turnpike)?.len(),
        connections,
        stamp: report::stamp(&[turnpike, simulator])?,
    })
}

/// Both ways must answer rightly before anything is timed.
fn gate(direct: &Way, through: &Way) -> Result<()> {
    let text = |answer: &[u8], pointer: &str| -> Result<String> {
        let json: serde_json::Value = serde_json::from_slice(answer).context("an answer is no JSON")?;
        let text = json.pointer(pointer).and_then(serde_json::Value::as_str);
        text.map(str::to_owned).with_context(|| format!("an answer has no {pointer}: {json}"))
    };
    let expected = text(&Connection::open(direct)?.ask(direct)?, "/choices/0/message/content")?;
    let got = text(&Connection::open(through)?.ask(through)?, "/content/0/text")?;
    ensure!(!expected.is_empty() && expected == got, "direct and through Turnpike give different texts");
    Ok(())
}

/// Rounds in turns: direct, through, direct again. The two direct ones tell what can be told apart at all.
fn compare(direct: &Way, through: &Way) -> Result<Compared> {
    let mut rounds: [Vec<Latency>; 3] = Default::default();
    for round in 0..ROUNDS {
        for turn in 0..3 {
            // The order moves on each round, so that no way always comes after the same one.
            let which = (turn + round) % 3;
            let way = if which == 1 { through } else { direct };
            rounds[which].push(run_round(way)?);
        }
    }
    let [first, through, second] = rounds.map(|rounds| stats::median_of(&rounds));
    Ok(Compared { direct: first, again: second, through })
}

fn run_round(way: &Way) -> Result<Latency> {
    let mut connection = Connection::open(way)?;
    for _ in 0..50 {
        connection.ask(way)?;
    }
    let mut times = Vec::with_capacity(20_000);
    let end = Instant::now() + ROUND;
    while Instant::now() < end {
        let begun = Instant::now();
        connection.ask(way)?;
        times.push(begun.elapsed());
    }
    Ok(Latency::of(times))
}

/// From exec to the first answer of `/health`.
fn time_starts(turnpike: &Path, sim: &Simulator) -> Result<Vec<Duration>> {
    (0..STARTS).map(|_| Service::time_start(turnpike, sim)).collect()
}

/// How many connections the upstream saw for many requests in a row.
fn upstream_connections(sim: &Simulator, through: &Way) -> Result<usize> {
    let before = sim.connections()?;
    let mut connection = Connection::open(through)?;
    for _ in 0..SEQUENTIAL {
        connection.ask(through)?;
    }
    Ok(sim.connections()? - before)
}
