//! How long to rest after a failure, and when to give up.

use std::collections::VecDeque;
use std::time::Duration;

/// Failures within [`WINDOW`] after which one gives up.
const MOST: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// The rest after the second failure in the window; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// The failures of the last minute.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: VecDeque<Duration>,
}

// === impl Backoff ===

impl Backoff {
    /// Counts a failure: how long to rest before the next start, or `None` to give up.
    ///
    /// The first failure in a minute costs no rest, so that a service that was killed is back within a second.
    pub(super) fn rest_after(&mut self, now: Duration) -> Option<Duration> {
        self.failures.retain(|at| now < *at + WINDOW);
        self.failures.push_back(now);
        match self.failures.len() {
            1 => Some(Duration::ZERO),
            count if count < MOST => Some(FIRST * (1 << (count - 2))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rests(failures: &[u64]) -> Vec<Option<u64>> {
        let mut backoff = Backoff::default();
        let rest = |at: &u64| backoff.rest_after(Duration::from_secs(*at)).map(|rest| rest.as_secs());
        failures.iter().map(rest).collect()
    }

    #[test]
    fn rests_double_and_the_fifth_failure_in_a_minute_is_the_last() {
        assert_eq!(rests(&[0, 1, 3, 6, 11]), [Some(0), Some(1), Some(2), Some(4), None]);
    }

    #[test]
    fn failures_of_more_than_a_minute_ago_are_forgotten() {
        assert_eq!(rests(&[0, 1, 3, 6, 60]), [Some(0), Some(1), Some(2), Some(4), Some(4)]);
        assert_eq!(rests(&[0, 61, 122]), [Some(0), Some(0), Some(0)]);
    }
}
