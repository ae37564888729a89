//! The long run: a mixed load for half an hour that must lose no event and no cent, and leak nothing.

mod load;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::load::clock;
use crate::options::{Options, Soak, say};
use crate::result::stats::Quartiles;
use crate::system::process;
use crate::system::simulator::Simulator;
use crate::system::turnpike::Turnpike;
use load::{Counts, Load};

/// How often memory and files are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// Memory may differ by so much between the second and the last third of the run: pages come and go.
const GROWTH: f64 = 1.10;
const GROWTH_KIB: f64 = 3.0 * 1024.0;
/// Files more than at the first rest: kept connections, no more than the loads that ran at a time.
const MORE_FILES: usize = 8;
/// Costs of streams that were cut are looked up after a while.
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
/// The load before the first rest.
const WARM_UP: Duration = Duration::from_secs(10);
/// Kept connections are closed after some time without use.
const REST: Duration = Duration::from_secs(15);

/// Runs the load, then looks at what is left of it.
pub(crate) fn run(options: &Options, soak: &Soak) -> Result<()> {
    process::settle_here();
    let sim = Simulator::start(&options.simulator)?;
    let service = Turnpike::start(&options.turnpike, &sim.address)?;
    let tree = service.tree();
    let mut counts = under_load(&service, WARM_UP, |_| {})?;
    clock::wait(REST);
    let files = tree.open_files();
    say(&format!(
        "after {} s and a rest: {files} files, {:.1} MiB",
        WARM_UP.as_secs(),
        mib(tree.resident_kib() as f64)
    ));

    let length = Duration::from_secs(soak.seconds);
    let mut memory = Vec::new();
    counts.add(&under_load(&service, length, |since| {
        memory.push((since.as_secs_f64(), tree.resident_kib() as f64))
    })?);
    clock::wait(REST);
    let files_after = tree.open_files();
    let ledger = settled(options, &service, &sim);

    let (second, last) = thirds(&memory, length).context("too short to compare")?;
    say(&format!(
        "{} requests, {} refused as they should be, {} streams cut; {} of {} events came; memory {:.1} MiB, then {:.1} MiB; {files_after} files after a rest",
        counts.requests,
        counts.refused,
        counts.cut,
        counts.delivered,
        counts.sent,
        mib(second),
        mib(last)
    ));
    ensure!(
        counts.failures.is_empty(),
        "{} requests failed, the first: {}",
        counts.failed,
        counts.failures.join("; ")
    );
    ensure!(counts.delivered == counts.sent, "{} of {} events came", counts.delivered, counts.sent);
    ensure!(flat(second, last), "memory rose from {:.1} to {:.1} MiB", mib(second), mib(last));
    ensure!(files_after <= files + MORE_FILES, "{files} files were open before, {files_after} after");
    say(&format!("the ledger and the upstream's bill agree: {} nano-dollars", ledger?));
    Ok(())
}

fn mib(kib: f64) -> f64 {
    kib / 1024.0
}

/// Runs the load for so long; `look` is called with the time since its begin.
fn under_load(service: &Turnpike, length: Duration, mut look: impl FnMut(Duration)) -> Result<Counts> {
    let load = Load::new(service.way());
    let mut told = Instant::now();
    thread::scope(|scope| {
        let threads = load.start(scope);
        let begun = Instant::now();
        while begun.elapsed() < length {
            clock::wait(EVERY.min(length.saturating_sub(begun.elapsed())));
            look(begun.elapsed());
            if told.elapsed() > Duration::from_secs(60) {
                told = Instant::now();
                say(&format!("{} s", begun.elapsed().as_secs()));
            }
        }
        load.stop();
        let mut counts = Counts::default();
        for thread in threads {
            match thread.join() {
                Ok(one) => counts.add(&one),
                Err(_) => bail!("a thread of the load broke"),
            }
        }
        Ok(counts)
    })
}

/// The medians of the second and of the last third.
fn thirds(memory: &[(f64, f64)], length: Duration) -> Option<(f64, f64)> {
    let third = length.as_secs_f64() / 3.0;
    let median = |from: f64, to: f64| {
        let values = memory.iter().filter(|(at, _)| (from..=to).contains(at)).map(|(_, kib)| *kib);
        Some(Quartiles::of(values.collect())?.middle)
    };
    Some((median(third, 2.0 * third)?, median(2.0 * third, f64::MAX)?))
}

fn flat(before: f64, after: f64) -> bool {
    after <= (before * GROWTH).max(before + GROWTH_KIB)
}

/// Waits until the ledger's total is what the simulator charged; both as nano-dollars.
fn settled(options: &Options, service: &Turnpike, sim: &Simulator) -> Result<i64> {
    let begun = Instant::now();
    loop {
        let report = service.command(&options.turnpike, &["spend", "--json"])?;
        let ledger = report["total"]["cost_nanos"].as_i64().context("the ledger tells no total")?;
        let bill = sim.tells("bill")?["total"].as_i64().context("the simulator tells no total")?;
        if ledger == bill {
            return Ok(bill);
        }
        if begun.elapsed() > SETTLED_WITHIN {
            bail!("the ledger says {ledger} nano-dollars, the upstream charged {bill}");
        }
        clock::wait(EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_rises_is_found() {
        let run = |rise: f64| -> Vec<(f64, f64)> {
            (0..90).map(|at| (f64::from(at), 20_000.0 + rise * f64::from(at))).collect()
        };
        let is_flat = |rise| {
            let (second, last) = thirds(&run(rise), Duration::from_secs(90)).expect("three thirds");
            flat(second, last)
        };
        assert!(is_flat(0.0) && is_flat(10.0));
        assert!(!is_flat(200.0), "6 MiB in a third of the run");
        assert_eq!(thirds(&[], Duration::from_secs(90)), None);
    }
}
