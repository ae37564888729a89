//! The figures that must be reached, what was measured, and the verdict.
//!
//! A time that is missed by no more than two equal ways differ by in the same run is not told apart from one
//! that is met. Nothing excuses a lost event, a scenario that Turnpike fails, or a first text that comes
//! milliseconds late: those are no matter of the machine.

use std::time::Duration;

use super::turns::{AGAIN, DIRECT, Metric, NGINX, TURNPIKE, Turns};
use crate::measure::idle::Idle;
use crate::measure::memory::PerStream;

/// Everything that was measured; what was left out is empty.
#[derive(Debug, Default)]
pub struct Results {
    /// Scenario id and its rounds.
    pub turns: Vec<(&'static str, Turns)>,
    /// Seconds from exec to the first answer of `/health`.
    pub starts: Vec<f64>,
    /// Upstream connections for a thousand requests in a row.
    pub connections: Option<usize>,
    /// KiB resident after the first request, and the same with shared pages divided.
    pub idle_kib: Option<(u64, u64)>,
    /// What it does while nobody asks.
    pub idle: Option<Idle>,
    /// Memory of slow streams.
    pub per_stream: Option<PerStream>,
    /// The same where the upstream speaks HTTP/2.
    pub per_stream_over_http2: Option<PerStream>,
    /// KiB of a 150 KB request under way.
    pub per_request_kib: Option<f64>,
    /// Bytes of the executable.
    pub binary: Option<u64>,
    /// What could not be measured, and why.
    pub broken: Vec<(String, String)>,
}

/// In what a figure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Measured in seconds, told in µs.
    Micros,
    /// Measured in seconds, told in ms.
    Millis,
    /// KiB.
    Kib,
    /// Measured in KiB, told in MiB.
    Mib,
    /// Megabytes, of bytes.
    Megabytes,
    /// A part of one, told in percent.
    Percent,
    /// How many times.
    Times,
    /// A plain count.
    Count,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// In what it is told.
    pub unit: Unit,
    /// At most so much.
    pub must: f64,
    /// Better so little.
    pub aim: Option<f64>,
    /// What was measured.
    pub measured: Option<f64>,
    /// What two equal ways differ by.
    pub noise: f64,
}

/// What is said of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As good as hoped for.
    MeetsAim,
    /// As good as it must be.
    MeetsMust,
    /// Over the limit by no more than equal ways differ.
    WithinNoise,
    /// Over the limit.
    Missed,
    /// Left out of this run.
    NotMeasured,
}

/// A first text that comes so much later than direct is a trap such as Nagle's algorithm with delayed
/// acknowledgements. Half of the 5 ms that must never pass: no noise of the machine hides a whole one.
const TRAP: Duration = Duration::from_micros(2500);

// === impl Figure ===

impl Figure {
    fn new(name: &'static str, unit: Unit, must: f64, aim: f64, measured: Option<f64>) -> Self {
        Self { name, unit, must, aim: Some(aim), measured, noise: 0.0 }
    }

    fn hard(name: &'static str, unit: Unit, must: f64, measured: Option<f64>) -> Self {
        Self { name, unit, must, aim: None, measured, noise: 0.0 }
    }

    /// What a scenario adds over direct.
    fn added(name: &'static str, turns: Option<&Turns>, metric: Metric, must: f64, aim: f64) -> Self {
        let measured = turns.and_then(|turns| turns.added(TURNPIKE, metric));
        let noise = turns.map_or(0.0, |turns| turns.noise(metric));
        let unit = if must < 1e-3 { Unit::Micros } else { Unit::Millis };
        Self { noise, ..Self::new(name, unit, must, aim, measured) }
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.measured {
            None => Verdict::NotMeasured,
            Some(measured) if self.aim.is_some_and(|aim| measured <= aim) => Verdict::MeetsAim,
            Some(measured) if measured <= self.must => Verdict::MeetsMust,
            Some(measured) if measured <= self.must + self.noise => Verdict::WithinNoise,
            Some(_) => Verdict::Missed,
        }
    }
}

// === impl Verdict ===

impl Verdict {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::MeetsAim => "meets aim",
            Self::MeetsMust => "meets must",
            Self::WithinNoise => "over must, within the noise of this run",
            Self::Missed => "**missed**",
            Self::NotMeasured => "not measured",
        }
    }
}

// === impl Results ===

impl Results {
    /// The rounds of a scenario.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&Turns> {
        self.turns.iter().find(|(scenario, _)| *scenario == id).map(|(_, turns)| turns)
    }

    /// All figures.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = self.times();
        figures.extend(self.sizes());
        figures
    }

    fn times(&self) -> Vec<Figure> {
        let (small, first, later) = (self.of("S1"), self.of("S2"), self.of("S3"));
        let (full, one, many) = (self.of("S5"), self.of("S6"), self.of("S7"));
        let (p50, p99) = (Metric::Whole50, Metric::Whole99);
        let against = |turns: Option<&Turns>| {
            Some(turns?.compared(TURNPIKE, NGINX, p50, |this, nginx| this / nginx)?.middle)
        };
        let cpu = |turns: Option<&Turns>| turns?.middle(TURNPIKE, Metric::Cpu);
        vec![
            Figure::added("S1 small request: added p50", small, p50, 150e-6, 80e-6),
            Figure::added("S1 small request: added p99", small, p99, 400e-6, 200e-6),
            Figure::added("S2 57 KB request: added p50", first, p50, 0.5e-3, 0.25e-3),
            Figure::added("S3 150 KB request: added p50", later, p50, 1e-3, 0.5e-3),
            Figure::new("S1 total p50 against nginx", Unit::Times, 4.0, 2.5, against(small)),
            Figure::new("S3 total p50 against nginx", Unit::Times, 15.0, 8.0, against(later)),
            Figure::added(
                "S6 paced stream: added time to first text, p99",
                one,
                Metric::First99,
                500e-6,
                300e-6,
            ),
            Figure::hard(
                "S6 first text later than direct (trap of 5 ms)",
                Unit::Millis,
                TRAP.as_secs_f64(),
                one.and_then(late_first),
            ),
            Figure::added(
                "S6 paced stream: added one-way time of an event, p50",
                one,
                Metric::Event50,
                25e-6,
                10e-6,
            ),
            Figure::added(
                "S6 paced stream: added one-way time of an event, p99",
                one,
                Metric::Event99,
                100e-6,
                40e-6,
            ),
            Figure::added(
                "S7 64 paced streams: added one-way time, p99",
                many,
                Metric::Event99,
                2e-3,
                0.5e-3,
            ),
            Figure::hard("events lost on the way, all scenarios", Unit::Count, 0.0, self.lost()),
            Figure::new("S3 CPU of a 150 KB request", Unit::Millis, 1.2e-3, 0.6e-3, cpu(later)),
            Figure::new("S5 CPU of a stream of 500 events", Unit::Millis, 10e-3, 5e-3, cpu(full)),
        ]
    }

    fn sizes(&self) -> Vec<Figure> {
        let start = super::stats::Quartiles::of(self.starts.clone()).map(|starts| starts.middle);
        let slope = |memory: &Option<PerStream>| memory.as_ref().map(|memory| memory.slope_kib);
        let idle = self.idle_kib.map(|(resident, _)| resident as f64);
        vec![
            Figure::new("resident memory, idle", Unit::Mib, 15.0 * 1024.0, 9.0 * 1024.0, idle),
            Figure::new(
                "memory per slow stream (slope over 64, 512, 2000)",
                Unit::Kib,
                40.0,
                20.0,
                slope(&self.per_stream),
            ),
            Figure::new(
                "the same over HTTP/2, which OpenRouter speaks",
                Unit::Kib,
                40.0,
                20.0,
                slope(&self.per_stream_over_http2),
            ),
            Figure::new(
                "memory per 150 KB request under way",
                Unit::Mib,
                0.6 * 1024.0,
                0.25 * 1024.0,
                self.per_request_kib,
            ),
            Figure::new("exec to first answer of /health", Unit::Millis, 0.1, 0.03, start),
            Figure::hard("idle CPU, of one core", Unit::Percent, 0.0005, self.idle.map(|idle| idle.share)),
            Figure::new(
                "service binary, stripped",
                Unit::Megabytes,
                15e6,
                8e6,
                self.binary.map(|bytes| bytes as f64),
            ),
            Figure::hard(
                "upstream connections for 1,000 requests in a row",
                Unit::Count,
                1.0,
                self.connections.map(|count| count as f64),
            ),
        ]
    }

    /// Events that the simulator sent and that did not come through Turnpike.
    fn lost(&self) -> Option<f64> {
        let counts: Vec<(u64, u64)> = self.turns.iter().map(|(_, turns)| turns.events(TURNPIKE)).collect();
        let sent: u64 = counts.iter().map(|count| count.0).sum();
        let lost: u64 = counts.iter().map(|(sent, came)| sent.abs_diff(*came)).sum();
        (sent > 0).then_some(lost as f64)
    }

    /// Why the run fails; empty when it does not.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let missed = self.figures().into_iter().filter(|figure| figure.verdict() == Verdict::Missed);
        let mut failures: Vec<String> = missed.map(|figure| format!("missed: {}", figure.name)).collect();
        for (id, turns) in &self.turns {
            let ours =
                turns.failed.iter().filter(|(way, _)| [TURNPIKE, DIRECT, AGAIN].contains(&way.as_str()));
            failures.extend(ours.map(|(way, why)| format!("{way} failed {id}: {why}")));
        }
        failures.extend(self.broken.iter().map(|(what, why)| format!("{what}: {why}")));
        failures
    }
}

/// How much later the first text comes than directly, at best or usually, whichever is worse. What is usual
/// through nginx too, which has nothing to read, is the machine's doing.
fn late_first(turns: &Turns) -> Option<f64> {
    let best = turns.added(TURNPIKE, Metric::FirstBest)?;
    let usual = turns.added(TURNPIKE, Metric::First50)?;
    let machine = turns.added(NGINX, Metric::First50).unwrap_or_default().max(0.0);
    Some(best.max(usual - machine))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::turns::Round;
    use super::*;

    /// A run in which Turnpike adds so much to the first text, with events lost.
    fn results(first: f64, noise: f64, lost: u64) -> Results {
        let round = |first: f64, lost: u64| {
            let values = BTreeMap::from([
                (Metric::FirstBest, first),
                (Metric::First50, first),
                (Metric::First99, first),
                (Metric::Event50, 1e-5),
                (Metric::Event99, 2e-5),
            ]);
            Some(Round { values, asked: 10, sent: 500, delivered: 500 - lost })
        };
        let turns = Turns {
            ways: [DIRECT, AGAIN, TURNPIKE].map(str::to_owned).to_vec(),
            blocks: vec![vec![round(1e-4, 0), round(1e-4 + noise, 0), round(1e-4 + first, lost)]; 3],
            ..Turns::default()
        };
        Results { turns: vec![("S6", turns)], ..Results::default() }
    }

    #[test]
    fn the_gate_has_teeth() {
        let trap = "missed: S6 first text later than direct (trap of 5 ms)";
        let late = "missed: S6 paced stream: added time to first text, p99";
        let lost = "missed: events lost on the way, all scenarios";
        let rows: [(&str, Results, &[&str]); 6] = [
            ("as it should be", results(2e-4, 0.0, 0), &[]),
            ("0.6 ms late", results(6e-4, 0.0, 0), &[late]),
            ("0.6 ms late, where equal ways differ by 0.2", results(6e-4, 2e-4, 0), &[]),
            ("5 ms late", results(5e-3, 0.0, 0), &[late, trap]),
            ("5 ms late on a machine that hides them", results(5e-3, 6e-3, 0), &[trap]),
            ("one event lost", results(2e-4, 0.0, 1), &[lost]),
        ];
        for (name, results, expected) in rows {
            assert_eq!(results.failures(), expected, "{name}");
        }
    }

    #[test]
    fn a_machine_that_is_late_with_nginx_too_is_no_trap() {
        let late = |nginx: f64, best: f64| {
            let mut results = results(5e-3, 0.0, 0);
            let turns = &mut results.turns[0].1;
            turns.ways.push(NGINX.to_owned());
            for block in &mut turns.blocks {
                let mut round = block[0].clone().expect("direct");
                round.values.insert(Metric::First50, 1e-4 + nginx);
                block.push(Some(round));
                let ours = block[2].as_mut().expect("ours");
                ours.values.insert(Metric::FirstBest, 1e-4 + best);
            }
            late_first(turns).expect("it was timed")
        };
        assert!(late(0.0, 2e-4) > 4e-3, "usually late");
        assert!(late(4e-3, 2e-4) < 2e-3, "and so is nginx");
        assert!(late(4e-3, 5e-3) > 4e-3, "never better: no machine does that");
    }

    #[test]
    fn what_turnpike_fails_fails_the_run_and_what_a_peer_fails_does_not() {
        let mut results = results(2e-4, 0.0, 0);
        results.turns[0].1.failed.push(("LiteLLM".into(), "other calls".into()));
        assert_eq!(results.failures(), [""; 0]);
        results.turns[0].1.failed.push((TURNPIKE.into(), "other calls".into()));
        assert_eq!(results.failures(), ["Turnpike failed S6: other calls"]);
    }

    #[test]
    fn a_verdict_says_which_limit_is_met() {
        let figure = |measured| Figure::new("x", Unit::Kib, 40.0, 20.0, measured);
        let rows = [
            (Some(20.0), Verdict::MeetsAim),
            (Some(40.0), Verdict::MeetsMust),
            (Some(40.1), Verdict::Missed),
            (None, Verdict::NotMeasured),
        ];
        for (measured, expected) in rows {
            assert_eq!(figure(measured).verdict(), expected, "{measured:?}");
        }
        assert_eq!(Figure { noise: 1.0, ..figure(Some(40.5)) }.verdict(), Verdict::WithinNoise);
    }
}
