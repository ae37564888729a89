//! What all connections of a simulator share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bill::Account;
use crate::config::SimConfig;
use crate::ids::Ids;
use crate::journal::Journal;
use crate::keys::Keys;
use crate::models::Catalogue;
use crate::recordings::Recordings;

/// Sessions whose prompt cache is remembered.
const MOST_CACHES: usize = 10_000;
/// Prompts below this are not cached, as with the real models.
const LEAST_CACHED_TOKENS: u64 = 1024;

/// The state of one simulator.
pub(crate) struct Shared {
    pub(crate) config: SimConfig,
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    pub(crate) catalogue: Catalogue,
    pub(crate) recordings: Recordings,
    pub(crate) ids: Ids,
    pub(crate) journal: Journal,
    pub(crate) account: Account,
    pub(crate) keys: Keys,
    /// How often a model name misbehaved for a session.
    misbehaved: Mutex<HashMap<(String, String), u32>>,
    /// Tokens that the prompt cache of a session and model holds.
    cached: Mutex<HashMap<(String, String), u64>>,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn new(config: SimConfig, origin: String) -> Self {
        Self {
            origin,
            catalogue: Catalogue::new(config.list_scenarios),
            recordings: Recordings::new(config.recordings.clone()),
            ids: Ids::new(),
            journal: Journal::new(config.journal_entries, config.journal_body_bytes),
            account: Account::default(),
            keys: Keys::new(config.keys.clone()),
            misbehaved: Mutex::default(),
            cached: Mutex::default(),
            config,
        }
    }

    /// Counts a request of a scenario that misbehaves `times` times; false once it behaves.
    pub(crate) fn misbehaves(&self, slug: &str, session: &str, times: u32) -> bool {
        let mut counts = lock(&self.misbehaved);
        let count = counts.entry((slug.to_owned(), session.to_owned())).or_default();
        *count = count.saturating_add(1);
        *count <= times
    }

    /// Reads and refills the prompt cache of a session: (cached, written) tokens.
    pub(crate) fn cache(&self, session: &str, model: &str, prompt_tokens: u64) -> (u64, u64) {
        if prompt_tokens < LEAST_CACHED_TOKENS {
            return (0, 0);
        }
        let mut caches = lock(&self.cached);
        if caches.len() >= MOST_CACHES {
            caches.clear();
        }
        let held = caches.insert((session.to_owned(), model.to_owned()), prompt_tokens).unwrap_or_default();
        let cached = held.min(prompt_tokens);
        (cached, prompt_tokens - cached)
    }

    /// Forgets everything but the keys.
    pub(crate) fn reset(&self) {
        self.journal.reset();
        self.account.reset();
        lock(&self.misbehaved).clear();
        lock(&self.cached).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
