//! Events with numbers, and the last of them for a listener that lost its connection.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast;
use turnpike_api::Event;

/// Events a slow listener may be behind before it is told so, and that are kept for one that comes back.
const MOST_EVENTS: usize = 256;

/// An event and its number, counted from 1 in each run of the service.
pub(crate) type Numbered = (u64, Event);

/// What happened lately.
#[derive(Debug)]
pub(crate) struct EventLog {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Numbered>,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    events: VecDeque<Numbered>,
}

/// What a listener gets who comes, or comes back.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// What it missed, the oldest first.
    pub(crate) missed: VecDeque<Numbered>,
    /// Whether something is missing that is not kept any more: it must ask for the whole state.
    pub(crate) has_gap: bool,
    /// What comes from now on.
    pub(crate) events: broadcast::Receiver<Numbered>,
}

// === impl EventLog ===

impl Default for EventLog {
    fn default() -> Self {
        Self { kept: Mutex::default(), sender: broadcast::channel(MOST_EVENTS).0 }
    }
}

impl EventLog {
    /// Tells whoever listens; nobody has to.
    pub(crate) fn tell(&self, event: Event) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let numbered = (kept.last, event);
        if kept.events.len() >= MOST_EVENTS {
            kept.events.pop_front();
        }
        kept.events.push_back(numbered.clone());
        // Sent under the lock: a listener that subscribes meanwhile gets it once.
        drop(self.sender.send(numbered));
    }

    /// Listens from now on (`None`), or from behind the event of that number on.
    pub(crate) fn subscribe(&self, after: Option<u64>) -> Subscription {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let events = self.sender.subscribe();
        let Some(after) = after else {
            return Subscription { missed: VecDeque::new(), has_gap: false, events };
        };
        let oldest = kept.events.front().map_or(kept.last + 1, |(number, _)| *number);
        let has_gap = after > kept.last || after + 1 < oldest;
        let missed = kept.events.iter().filter(|(number, _)| *number > after).cloned();
        Subscription { missed: if has_gap { VecDeque::new() } else { missed.collect() }, has_gap, events }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_comes_back_gets_what_it_missed_or_is_told_of_the_gap() {
        let log = EventLog::default();
        let total = MOST_EVENTS as u64 + 10;
        (0..total).for_each(|_| log.tell(Event::ShuttingDown));
        let rows = [
            ("from now on", None, 0, false),
            ("up to date", Some(total), 0, false),
            ("two behind", Some(total - 2), 2, false),
            ("just kept", Some(10), MOST_EVENTS, false),
            ("no longer kept", Some(9), 0, true),
            ("of another run", Some(total + 1), 0, true),
        ];
        for (name, after, missed, has_gap) in rows {
            let subscription = log.subscribe(after);
            assert_eq!((subscription.missed.len(), subscription.has_gap), (missed, has_gap), "{name}");
        }
    }

    #[tokio::test]
    async fn nothing_is_told_twice() {
        let log = EventLog::default();
        log.tell(Event::ShuttingDown);
        let mut subscription = log.subscribe(Some(0));
        log.tell(Event::ShuttingDown);
        assert_eq!(subscription.missed.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1]);
        assert_eq!(subscription.events.recv().await.unwrap().0, 2);
    }
}
