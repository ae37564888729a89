//! The OpenRouter key, as requests find it.
//!
//! At the start of the service a keychain may take a moment to answer. A request that comes by then waits for it: a
//! refusal would have cost it the seconds until its client asks again.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use turnpike_settings::Secret;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::anthropic::ErrorKind;

/// When to ask again while the keychain is locked: the key is looked for as often.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// The OpenRouter key, or why there is none.
#[derive(Clone, Debug)]
pub enum KeyStanding {
    /// The key.
    Ready(Secret),
    /// A sentence for the client: what is the matter and what to do.
    Missing(String),
    /// There may be one soon, when the keychain is unlocked: a sentence as before.
    Awaited(String),
    /// The keychain is being asked for the first time: a sentence as before, for whom that takes too long.
    Asked(String),
}

/// The key of the moment.
#[derive(Debug)]
pub(crate) struct Key {
    standing: ArcSwap<KeyStanding>,
    news: Notify,
}

// === impl Key ===

impl Key {
    pub(crate) fn new(standing: KeyStanding) -> Self {
        Self { standing: ArcSwap::from_pointee(standing), news: Notify::new() }
    }

    pub(crate) fn set(&self, standing: KeyStanding) {
        self.standing.store(Arc::new(standing));
        self.news.notify_waiters();
    }

    /// Waits until the keychain has answered once, for so long at most.
    pub(crate) async fn answered(&self, patience: Duration) {
        if !self.is_asked() {
            return;
        }
        let answer = async {
            loop {
                let news = self.news.notified();
                if !self.is_asked() {
                    return;
                }
                news.await;
            }
        };
        // Who has waited too long is told so by `get`.
        let _in_time = tokio::time::timeout(patience, answer).await;
    }

    /// The key.
    ///
    /// # Errors
    /// Why there is none. Where one may come, the client asks again by itself, until it is there.
    pub(crate) fn get(&self) -> Result<Secret, Failure> {
        match &**self.standing.load() {
            KeyStanding::Ready(key) => Ok(key.clone()),
            KeyStanding::Missing(reason) => Err(Failure::new(Cause::Key, reason.clone())),
            // Not a key that is wrong: that no other try could mend.
            KeyStanding::Awaited(reason) | KeyStanding::Asked(reason) => Err(Failure {
                status: 503,
                kind: ErrorKind::ApiError,
                retry_after: Some(ASK_AGAIN),
                ..Failure::new(Cause::Provider, reason.clone())
            }),
        }
    }

    fn is_asked(&self) -> bool {
        matches!(&**self.standing.load(), KeyStanding::Asked(_))
    }
}
