//! Ids that this program makes up.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes message ids. Clients merge turns that share one, so none comes twice, not even over restarts.
#[derive(Debug)]
pub(crate) struct MessageIds {
    instance: u64,
    next: AtomicU64,
}

// === impl MessageIds ===

impl MessageIds {
    pub(crate) fn new() -> Self {
        // Without random numbers the clock still tells two starts apart.
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let fallback = u64::try_from(clock.as_nanos() & u128::from(u64::MAX)).unwrap_or_default();
        let instance = getrandom::u64().unwrap_or(fallback);
        Self { instance, next: AtomicU64::new(1) }
    }

    /// `msg_…`, in the alphabet of Anthropic's own ids.
    pub(crate) fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("msg_tp{:016x}{number:06x}", self.instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_over_restarts() {
        let (one, two) = (MessageIds::new(), MessageIds::new());
        let ids = [one.next(), one.next(), two.next()];
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("msg_") && id.len() == 28), "{ids:?}");
    }
}
