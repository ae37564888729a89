//! Percentiles of a round, and the median of rounds.

use std::time::Duration;

/// One round's latencies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) requests: usize,
}

// === impl Latency ===

impl Latency {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { p50: at(&times, 50), p99: at(&times, 99), requests: times.len() }
    }
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

/// The median of each figure over the rounds.
pub(crate) fn median_of(rounds: &[Latency]) -> Latency {
    let median = |figure: fn(&Latency) -> Duration| middle(rounds.iter().map(figure).collect());
    Latency {
        p50: median(|latency| latency.p50),
        p99: median(|latency| latency.p99),
        requests: rounds.iter().map(|latency| latency.requests).sum(),
    }
}

/// The middle value.
pub(crate) fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = (1..=100).rev().map(Duration::from_micros).collect();
        let latency = Latency::of(times);
        assert_eq!((latency.p50, latency.p99), (Duration::from_micros(51), Duration::from_micros(100)));
        assert_eq!(Latency::of(Vec::new()).p50, Duration::ZERO);
    }

    #[test]
    fn the_median_of_rounds_ignores_one_bad_round() {
        let round = |micros| Latency { p50: Duration::from_micros(micros), ..Latency::default() };
        assert_eq!(median_of(&[round(10), round(900), round(11)]).p50, Duration::from_micros(11));
    }
}
