//! A run: what is measured once, then the scenarios in turns, then the table and the verdict.

mod stamp;
pub mod taking_turns;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::load::clock;
use crate::measure::idle::{self, Idler};
use crate::measure::{SCENARIOS, Scenario, memory};
use crate::options::{Options, Run, say};
use crate::result::figures::Results;
use crate::result::report::{self, Stamp};
use crate::result::turns::{AGAIN, DIRECT};
use crate::system::Way;
use crate::system::nginx::Nginx;
use crate::system::peers::{self, Peer};
use crate::system::process;
use crate::system::simulator::Simulator;
use crate::system::turnpike::Turnpike;
use taking_turns::Pace;

/// How long the idle service is watched in a whole run.
const IDLE: Duration = Duration::from_secs(600);
/// The longest round of a quick run, and of a peer in any.
const QUICK_ROUND: Duration = Duration::from_millis(900);
const PEER_ROUND: Duration = Duration::from_secs(1);
/// Starts that are timed.
const STARTS: usize = 15;

/// Everything that runs beside the simulator.
struct Systems {
    turnpike: Turnpike,
    nginx: Option<Nginx>,
    peers: Vec<Peer>,
}

/// Runs everything, writes the table, and fails when a figure is missed.
pub(crate) fn run(options: &Options, run: &Run) -> Result<()> {
    process::settle_here();
    let seed = run.seed.unwrap_or_else(clock::nanos);
    let sim = Simulator::start(&options.simulator)?;
    let mut results =
        Results { binary: Some(std::fs::metadata(&options.turnpike)?.len()), ..Results::default() };
    let mut stamp = Stamp { lines: stamp::lines(options, run, seed), ..Stamp::default() };
    let idler = once(options, run, &sim, &mut results)?;
    let systems = start(options, run, &sim, &mut stamp)?;
    let ways = systems.ways(&sim);
    let before: Vec<f64> = ways.iter().map(resident_mib).collect();
    for (at, scenario) in SCENARIOS.iter().enumerate().filter(|(_, scenario)| run.wants(scenario.id)) {
        let turns = taking_turns::take(scenario, &ways, &pace(run, scenario), seed.wrapping_add(at as u64));
        results.turns.push((scenario.id, turns));
    }
    for (way, before) in ways.iter().zip(before).filter(|(way, _)| way.tree.is_some()) {
        stamp.memory.push((way.name.clone(), before, resident_mib(way)));
    }
    drop(systems);
    if let Some(idler) = idler {
        results.idle_kib = Some((idler.resident_kib, idler.proportional_kib));
        if !run.quick {
            say("waiting until the idle service was watched for ten minutes");
        }
        results.idle = Some(idler.end(if run.quick { Duration::ZERO } else { IDLE }));
    }
    conclude(run, &results, &stamp)
}

/// Writes the table; a failure says what was missed.
fn conclude(run: &Run, results: &Results, stamp: &Stamp) -> Result<()> {
    let table = report::markdown(results, stamp);
    std::fs::write(&run.output, &table)
        .with_context(|| format!("{} cannot be written", run.output.display()))?;
    say(&table);
    let failures = results.failures();
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{} (the table is in {})", failures.join("; "), run.output.display())
}

/// What is measured once, before the rounds. The idle service goes on beside them.
fn once(options: &Options, run: &Run, sim: &Simulator, results: &mut Results) -> Result<Option<Idler>> {
    let program: &Path = &options.turnpike;
    let mut broken = Vec::new();
    let mut note = |what: &str, error: anyhow::Error| broken.push((what.to_owned(), format!("{error:#}")));
    if run.wants("start") {
        say("start, connections");
        results.starts = idle::starts(program, sim, if run.quick { STARTS / 2 } else { STARTS })?;
        results.connections = Some(idle::upstream_connections(program, sim)?);
    }
    if run.wants("memory") {
        say("memory of slow streams, and of requests under way");
        match memory::per_stream(program, sim) {
            Ok(measured) => results.per_stream = Some(measured),
            Err(error) => note("memory per slow stream", error),
        }
        match memory::per_stream_over_http2(program, sim) {
            Ok(measured) => results.per_stream_over_http2 = Some(measured),
            Err(error) => note("memory per slow stream over HTTP/2", error),
        }
        match memory::per_request(program, sim) {
            Ok(kib) => results.per_request_kib = Some(kib),
            Err(error) => note("memory per request under way", error),
        }
    }
    results.broken = broken;
    if run.wants("idle") { Idler::start(program, sim).map(Some) } else { Ok(None) }
}

fn start(options: &Options, run: &Run, sim: &Simulator, stamp: &mut Stamp) -> Result<Systems> {
    let turnpike = Turnpike::start(&options.turnpike, &sim.address)?;
    let nginx = match Nginx::start(&sim.address) {
        Ok(nginx) => Some(nginx),
        Err(error) => {
            stamp.missing.push(("nginx".to_owned(), format!("{error:#}")));
            None
        }
    };
    let mut started = Vec::new();
    for (name, peer) in run.peers.iter().flat_map(|folder| peers::start_all(folder, &sim.address)) {
        match peer {
            Ok(peer) => started.push(peer),
            Err(error) => stamp.missing.push((name.to_owned(), format!("{error:#}"))),
        }
    }
    Ok(Systems { turnpike, nginx, peers: started })
}

fn resident_mib(way: &Way) -> f64 {
    way.tree.as_ref().map_or(0.0, |tree| tree.resident_kib() as f64 / 1024.0)
}

fn pace(run: &Run, scenario: &Scenario) -> Pace {
    let (blocks, longest) = if run.quick { (3, QUICK_ROUND) } else { (scenario.blocks, scenario.round) };
    let round = scenario.round.min(longest);
    Pace { blocks, round, peer_round: round.min(PEER_ROUND) }
}

// === impl Systems ===

impl Systems {
    /// Direct twice, nginx, Turnpike, the peers.
    fn ways(&self, sim: &Simulator) -> Vec<Way> {
        let mut ways = vec![Way::direct(DIRECT, &sim.address), Way::direct(AGAIN, &sim.address)];
        ways.extend(self.nginx.as_ref().map(Nginx::way));
        ways.push(self.turnpike.way());
        ways.extend(self.peers.iter().map(Peer::way));
        ways
    }
}

// === impl Run ===

impl Run {
    /// Whether a part is asked for.
    fn wants(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only.eq_ignore_ascii_case(id))
    }
}
