//! When a try has left this machine.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use turnpike_upstream::Departure;

/// Told by the connection as it takes the body. Each try has one of its own: a connection may look at the body of a try that was
/// given up when the next one is under way.
#[derive(Debug, Default)]
pub(super) struct Departed(OnceLock<Instant>);

// === impl Departed ===

impl Departed {
    /// How long ago; `None` while it is here.
    pub(super) fn since(&self) -> Option<Duration> {
        self.0.get().map(Instant::elapsed)
    }
}

impl Departure for Departed {
    fn leaves(&self) {
        self.0.get_or_init(Instant::now);
    }
}

#[cfg(test)]
mod tests {
    use crate::settle::tests::Bench;

    #[test]
    fn a_try_that_is_given_up_does_not_count_for_the_next_when_it_leaves_after_all() {
        let (_bench, mut settler) = Bench::new();
        let first = settler.asked(false);
        let second = settler.asked(false);
        first.leaves();
        let departed = |settler: &crate::settle::Settler| settler.sent.as_ref().unwrap().departed.since();
        assert_eq!(departed(&settler), None);
        second.leaves();
        assert!(departed(&settler).is_some());
    }
}
