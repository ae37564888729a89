//! How many requests there were in a span of time that goes along with the clock.
//!
//! A span is counted in sixty parts, and the part that is left behind only in part still counts: so no span of that
//! length ever holds more than the limit, in memory that does not grow with it.

use std::collections::VecDeque;
use std::time::Duration;

/// Parts of a span.
const PARTS: u64 = 60;

/// Requests of the latest span. Times are counted from any moment, and must not go back.
#[derive(Clone, Debug)]
pub struct Rate {
    part: Duration,
    /// Parts with requests in them, the oldest first.
    counts: VecDeque<(u64, u32)>,
}

// === impl Rate ===

impl Rate {
    /// Of a span so long, with nothing in it.
    #[must_use]
    pub fn new(span: Duration) -> Self {
        Self { part: span / u32::try_from(PARTS).unwrap_or(1), counts: VecDeque::new() }
    }

    /// How long until one more request keeps within the limit; nothing when it does now.
    pub fn wait(&mut self, now: Duration, limit: u32) -> Duration {
        let now_part = self.part_of(now);
        self.counts.retain(|(part, _)| part + PARTS >= now_part);
        let mut held: u64 = self.counts.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut wait = Duration::ZERO;
        for (part, count) in &self.counts {
            if held < u64::from(limit) {
                break;
            }
            held -= u64::from(*count);
            let left_at = self.part.saturating_mul(u32::try_from(part + PARTS + 1).unwrap_or(u32::MAX));
            wait = left_at.saturating_sub(now);
        }
        wait
    }

    /// A request was let in.
    pub fn count(&mut self, now: Duration) {
        let part = self.part_of(now);
        match self.counts.back_mut() {
            Some((latest, count)) if *latest >= part => *count = count.saturating_add(1),
            _ => self.counts.push_back((part, 1)),
        }
    }

    fn part_of(&self, at: Duration) -> u64 {
        u64::try_from(at.as_nanos() / self.part.as_nanos().max(1)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Asks at a time, and is counted where it is let in.
    fn ask(rate: &mut Rate, millis: u64, limit: u32) -> u64 {
        let now = Duration::from_millis(millis);
        let wait = rate.wait(now, limit);
        if wait.is_zero() {
            rate.count(now);
        }
        u64::try_from(wait.as_millis()).unwrap()
    }

    #[test]
    fn the_limit_is_kept_and_the_wait_is_told() {
        let mut rate = Rate::new(MINUTE);
        for (at, waits) in [
            (500, 0),
            (900, 0),
            (10_000, 0),
            (20_000, 41_000),
            (60_999, 1),
            (61_000, 0),
            (61_001, 0),
            (61_002, 9_998),
            (71_000, 0),
        ] {
            assert_eq!(ask(&mut rate, at, 3), waits, "at {at} ms");
        }
    }

    #[test]
    fn a_lower_limit_waits_for_more_to_be_left_behind() {
        let mut rate = Rate::new(MINUTE);
        for second in 0..10 {
            assert_eq!(ask(&mut rate, second * 1_000, 10), 0);
        }
        assert_eq!(ask(&mut rate, 10_000, 5), 56_000, "six of ten must be left behind");
        assert_eq!(ask(&mut rate, 10_000, 11), 0, "a higher limit holds at once");
    }

    #[test]
    fn no_span_ever_holds_more_than_the_limit() {
        let mut rate = Rate::new(MINUTE);
        let let_in: Vec<u64> =
            (0..600_u64).map(|at| at * 313).filter(|at| ask(&mut rate, *at, 7) == 0).collect();
        for begin in &let_in {
            let within = let_in.iter().filter(|at| (*begin..begin + 60_000).contains(at)).count();
            assert!(within <= 7, "{within} from {begin} ms on");
        }
        assert!(let_in.len() >= 3 * 7, "and it is used: {}", let_in.len());
    }
}
