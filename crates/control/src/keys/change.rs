//! Changing the key, and the way back: for a minute the service keeps the key that a change has put away, in memory alone.
//! No page is told it; who takes the change back names it by its number.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use turnpike_api::command::{KeyReport, KeyState, UndoKey};
use turnpike_api::{ApiError, ErrorCode, Event, SecretText};
use turnpike_settings::Secret;

use crate::core::Core;

/// How long a change can be taken back.
const WAY_BACK: Duration = Duration::from_secs(60);

/// What there was before the last change.
#[derive(Debug, Default)]
pub(super) struct Former(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    changes: u64,
    before: Option<Before>,
}

/// The key of before; `None`: there was none.
#[derive(Debug)]
struct Before {
    key: Option<Secret>,
    until: Instant,
}

// === impl Former ===

impl Former {
    /// Notes a change that was made. `before` is `None` where it is not known what there was.
    pub(super) fn note(&self, before: Option<Option<Secret>>, now: Instant) {
        let mut inner = self.lock();
        inner.changes += 1;
        inner.before = before.map(|key| Before { key, until: now + WAY_BACK });
    }

    /// The number of the last change, while it can be taken back.
    pub(super) fn number(&self, now: Instant) -> Option<u64> {
        let inner = self.lock();
        inner.before.as_ref().filter(|before| now < before.until).map(|_| inner.changes)
    }

    /// What there was before that change, while it is the last one and can be taken back.
    pub(super) fn before(&self, change: u64, now: Instant) -> Option<Option<Secret>> {
        let inner = self.lock();
        let is_last = inner.changes == change;
        inner.before.as_ref().filter(|before| is_last && now < before.until).map(|before| before.key.clone())
    }

    /// Forgets what is too old.
    fn tidy(&self, now: Instant) {
        let mut inner = self.lock();
        if inner.before.as_ref().is_some_and(|before| before.until <= now) {
            inner.before = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a key, and puts it to use.
pub(crate) async fn set(core: &Arc<Core>, key: &SecretText) -> Result<KeyReport, ApiError> {
    let report = core.keys.set(key).await?;
    Ok(apply(core, report))
}

/// Removes the key.
pub(crate) async fn clear(core: &Arc<Core>) -> Result<KeyReport, ApiError> {
    let report = core.keys.clear().await?;
    Ok(apply(core, report))
}

/// Takes the last change back.
pub(crate) async fn undo(core: &Arc<Core>, asked: &UndoKey) -> Result<KeyReport, ApiError> {
    let report = core.keys.undo(asked.change).await?;
    Ok(apply(core, report))
}

/// Puts a key that was just set or removed to use, and forgets the one of before in time.
pub(crate) fn apply(core: &Arc<Core>, report: KeyReport) -> KeyReport {
    core.proxy.set_key(core.keys.standing());
    if report.state == KeyState::Ready {
        // It was for the time without one.
        core.demo.end();
    }
    tracing::info!(state = ?report.state, "the key was changed");
    core.tell(Event::Key { key: report.clone() });
    tokio::spawn(forget(Arc::clone(core)));
    report
}

async fn forget(core: Arc<Core>) {
    let mut ending = core.ending();
    tokio::select! {
        () = tokio::time::sleep(WAY_BACK) => core.keys.former.tidy(Instant::now()),
        () = ending.wait() => {}
    }
}

pub(super) fn too_late() -> ApiError {
    let message = "that change of the key cannot be taken back any more: it is older than a minute, or another came after it. \
                   Set the key again with `turnpike key set`";
    ApiError::new(ErrorCode::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_change_is_taken_back_and_only_within_a_minute() {
        let (former, now) = (Former::default(), Instant::now());
        let key = |text: &str| Secret::new(text.to_owned());
        let exposed =
            |before: Option<Option<Secret>>| before.map(|key| key.map(|key| key.expose().to_owned()));
        assert_eq!((former.number(now), exposed(former.before(0, now))), (None, None), "nothing was changed");
        former.note(Some(Some(key("first"))), now);
        let just = now + WAY_BACK.saturating_sub(Duration::from_millis(1));
        assert_eq!(former.number(just), Some(1));
        assert_eq!(exposed(former.before(1, just)), Some(Some("first".to_owned())));
        assert_eq!(exposed(former.before(0, just)), None, "another change");
        former.tidy(just);
        assert_eq!(former.number(just), Some(1), "it is not over yet");
        former.note(Some(None), now);
        assert_eq!(exposed(former.before(1, now)), None, "another came after it");
        assert_eq!(exposed(former.before(2, now)), Some(None), "there was none");
        assert_eq!(
            (former.number(now + WAY_BACK), exposed(former.before(2, now + WAY_BACK))),
            (None, None),
            "too late"
        );
        former.tidy(now + WAY_BACK);
        assert!(former.lock().before.is_none(), "nothing of it is kept");
        former.note(None, now);
        assert_eq!((former.number(now), exposed(former.before(3, now))), (None, None), "it was not known");
    }
}
