//! Rounds in turns: in each block every way has one, in random order.

use std::collections::BTreeMap;

use super::stats::Quartiles;

/// What is measured in a round; times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Time of a whole request or stream, median.
    Whole50,
    /// The same, 99th percentile.
    Whole99,
    /// Time to the first text, the best one.
    FirstBest,
    /// Time to the first text, median.
    First50,
    /// The same, 99th percentile.
    First99,
    /// One-way time of an event, median.
    Event50,
    /// The same, 99th percentile.
    Event99,
    /// Processor time of the system between, for each request or stream.
    Cpu,
}

/// One round of one way.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// What was measured.
    pub values: BTreeMap<Metric, f64>,
    /// Requests or streams that were timed.
    pub asked: u64,
    /// Events that the simulator sent.
    pub sent: u64,
    /// Events that came, in order.
    pub delivered: u64,
}

/// All rounds of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    /// The ways by name, direct first.
    pub ways: Vec<String>,
    /// For each block the rounds of the ways, in the ways' order.
    pub blocks: Vec<Vec<Option<Round>>>,
    /// Blocks that were left out, since direct itself was disturbed in them.
    pub dropped: usize,
    /// Ways that are not timed here, and why.
    pub failed: Vec<(String, String)>,
}

/// The name of the way without anything between.
pub const DIRECT: &str = "direct";
/// The same once more: how far two equal ways differ.
pub const AGAIN: &str = "direct again";
/// The way that is measured.
pub const TURNPIKE: &str = "Turnpike";
/// The way that passes bytes through.
pub const NGINX: &str = "nginx";

/// A block is left out when the 99th percentile of direct is over so many times the best one.
const DISTURBED: f64 = 2.0;

// === impl Metric ===

impl Metric {
    /// Its heading in a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole50 => "p50",
            Self::Whole99 => "p99",
            Self::FirstBest => "first text, best",
            Self::First50 => "first text p50",
            Self::First99 => "first text p99",
            Self::Event50 => "event p50",
            Self::Event99 => "event p99",
            Self::Cpu => "CPU each",
        }
    }

    /// Whether it tells that other work disturbed a round.
    fn is_tail(self) -> bool {
        matches!(self, Self::Whole99 | Self::First99 | Self::Event99)
    }
}

// === impl Turns ===

impl Turns {
    /// Leaves out the blocks in which direct was disturbed. The best one stays, whatever it is.
    pub fn drop_disturbed(&mut self) {
        let worst_of = |block: &[Option<Round>], metric: Metric| -> Option<f64> {
            let direct =
                block.iter().zip(&self.ways).filter(|(_, way)| [DIRECT, AGAIN].contains(&way.as_str()));
            direct.filter_map(|(round, _)| round.as_ref()?.values.get(&metric).copied()).reduce(f64::max)
        };
        // Of several tails the first that the scenario has decides.
        let tails = [Metric::Whole99, Metric::Event99, Metric::First99];
        let has = |metric: &Metric| self.blocks.iter().any(|block| worst_of(block, *metric).is_some());
        let Some(tail) = tails.into_iter().filter(|metric| metric.is_tail()).find(has) else { return };
        let worst: Vec<f64> =
            self.blocks.iter().map(|block| worst_of(block, tail).unwrap_or(f64::MAX)).collect();
        let best = worst.iter().copied().fold(f64::MAX, f64::min);
        let before = self.blocks.len();
        let mut worst = worst.into_iter();
        self.blocks.retain(|_| worst.next().is_none_or(|worst| worst <= best * DISTURBED));
        self.dropped += before - self.blocks.len();
    }

    /// The rounds of a way.
    pub fn rounds(&self, way: &str) -> impl Iterator<Item = &Round> {
        let at = self.ways.iter().position(|name| name == way);
        self.blocks.iter().filter_map(move |block| block.get(at?)?.as_ref())
    }

    /// A metric of a way over the blocks.
    #[must_use]
    pub fn quartiles(&self, way: &str, metric: Metric) -> Option<Quartiles> {
        Quartiles::of(self.rounds(way).filter_map(|round| round.values.get(&metric).copied()).collect())
    }

    /// The median of a metric.
    #[must_use]
    pub fn middle(&self, way: &str, metric: Metric) -> Option<f64> {
        Some(self.quartiles(way, metric)?.middle)
    }

    /// What comes of two ways' values in the same blocks, such as their difference or ratio.
    #[must_use]
    pub fn compared(
        &self,
        way: &str,
        with: &str,
        metric: Metric,
        of: fn(f64, f64) -> f64,
    ) -> Option<Quartiles> {
        let place = |name: &str| self.ways.iter().position(|way| way == name);
        let (this, other) = (place(way)?, place(with)?);
        let value = |block: &[Option<Round>], at: usize| -> Option<f64> {
            block.get(at)?.as_ref()?.values.get(&metric).copied()
        };
        let pairs =
            self.blocks.iter().filter_map(|block| Some(of(value(block, this)?, value(block, other)?)));
        Quartiles::of(pairs.collect())
    }

    /// What a way adds to direct, in seconds.
    #[must_use]
    pub fn added(&self, way: &str, metric: Metric) -> Option<f64> {
        Some(self.compared(way, DIRECT, metric, |this, direct| this - direct)?.middle)
    }

    /// What two equal ways differ by: less than this cannot be told apart.
    #[must_use]
    pub fn noise(&self, metric: Metric) -> f64 {
        self.compared(AGAIN, DIRECT, metric, |a, b| (a - b).abs()).map_or(0.0, |noise| noise.middle)
    }

    /// Events sent and delivered on a way.
    #[must_use]
    pub fn events(&self, way: &str) -> (u64, u64) {
        self.rounds(way).fold((0, 0), |(sent, came), round| (sent + round.sent, came + round.delivered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(rows: &[[f64; 3]]) -> Turns {
        let round = |p99: f64| {
            let values = BTreeMap::from([(Metric::Whole99, p99)]);
            Some(Round { values, asked: 1, sent: 2, delivered: 2 })
        };
        Turns {
            ways: [DIRECT, AGAIN, TURNPIKE].map(str::to_owned).to_vec(),
            blocks: rows.iter().map(|row| row.map(round).to_vec()).collect(),
            ..Turns::default()
        }
    }

    #[test]
    fn a_disturbed_block_is_left_out_and_counted() {
        let mut turns = turns(&[[1.0, 1.1, 3.0], [1.2, 9.0, 9.0], [1.0, 1.0, 3.2], [0.9, 1.3, 3.1]]);
        turns.drop_disturbed();
        assert_eq!((turns.blocks.len(), turns.dropped), (3, 1));
        assert_eq!(turns.middle(TURNPIKE, Metric::Whole99), Some(3.1));
        assert_eq!(turns.added(TURNPIKE, Metric::Whole99), Some(2.2));
        assert!((turns.noise(Metric::Whole99) - 0.1).abs() < 1e-9);
        assert_eq!(turns.events(TURNPIKE), (6, 6));
    }

    #[test]
    fn the_best_block_stays() {
        let mut turns = turns(&[[50.0, 1.0, 1.0]]);
        turns.drop_disturbed();
        assert_eq!((turns.blocks.len(), turns.dropped), (1, 0));
        assert_eq!(turns.added("nginx", Metric::Whole99), None);
    }
}
