//! `[retention] days`: single requests that are older are taken out of the ledger; their sums stay.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::broadcast::Receiver;
use turnpike_api::Event;
use turnpike_ledger::unix_nanos;

use crate::core::Core;
use crate::event_log::Numbered;

/// How often one looks, besides at each changed configuration.
const PERIOD: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Keeps the ledger to its days until the service ends.
pub(crate) async fn run(core: Arc<Core>, mut events: Receiver<Numbered>) {
    let mut ending = core.ending();
    loop {
        if let Some(days) = core.config.now().config.retention.days {
            core.ledger.prune(before(days, SystemTime::now()));
        }
        tokio::select! {
            () = ending.wait() => return,
            () = tokio::time::sleep(PERIOD) => {}
            () = changed(&mut events) => {}
        }
    }
}

/// Waits for another configuration to be in force. Whoever missed events looks, too.
async fn changed(events: &mut Receiver<Numbered>) {
    while let Ok((_, event)) = events.recv().await {
        if matches!(event, Event::ConfigApplied { .. }) {
            return;
        }
    }
}

/// Rows accepted before this go, in Unix nanoseconds. The ledger takes the whole day of UTC.
fn before(days: u32, now: SystemTime) -> i64 {
    now.checked_sub(DAY * days).map_or(0, unix_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_days_are_kept() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20_000;
        assert_eq!(before(30, now), 19_970 * 86_400_000_000_000);
        assert_eq!(before(u32::MAX, now), 0, "longer than there is time");
    }
}
