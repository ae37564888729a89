//! Requests under way: for the status, and to cancel one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::task::AtomicWaker;
use turnpike_ledger::RowId;

/// One request under way.
#[derive(Clone, Debug)]
pub struct LiveRequest {
    /// Its ledger id.
    pub id: i64,
    /// The model's name as the client sent it.
    pub model: String,
    /// Slug that is being tried or answers.
    pub target: String,
    /// Class of the request.
    pub class: &'static str,
    /// Folder to which the cost belongs.
    pub project: Option<String>,
    /// The client's session.
    pub session: Option<String>,
    /// When it was accepted.
    pub started: Instant,
    /// Tokens of the answer so far, estimated from its bytes.
    pub output_tokens_estimate: u64,
}

/// All requests under way.
#[derive(Debug, Default)]
pub(crate) struct Live {
    entries: Arc<Mutex<BTreeMap<i64, Arc<Entry>>>>,
}

#[derive(Debug)]
struct Entry {
    facts: Mutex<LiveRequest>,
    bytes: AtomicU64,
    cancel: Cancel,
}

/// A wish to end a request, noticed by whoever polls it.
#[derive(Debug, Default)]
struct Cancel {
    wished: AtomicBool,
    waker: AtomicWaker,
}

/// A request's own entry; dropping it takes the request off the list.
#[derive(Debug)]
pub(crate) struct LiveGuard {
    entries: Arc<Mutex<BTreeMap<i64, Arc<Entry>>>>,
    entry: Arc<Entry>,
    id: i64,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The data behind these locks is never left half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Live ===

impl Live {
    pub(crate) fn enter(&self, id: RowId, facts: LiveRequest) -> LiveGuard {
        let id = id.get();
        let entry = Arc::new(Entry {
            facts: Mutex::new(LiveRequest { id, ..facts }),
            bytes: AtomicU64::new(0),
            cancel: Cancel::default(),
        });
        lock(&self.entries).insert(id, Arc::clone(&entry));
        LiveGuard { entries: Arc::clone(&self.entries), entry, id }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.entries).len()
    }

    pub(crate) fn list(&self) -> Vec<LiveRequest> {
        lock(&self.entries)
            .values()
            .map(|entry| {
                let mut facts = lock(&entry.facts).clone();
                // An event holds some 120 bytes around a token of four.
                facts.output_tokens_estimate = entry.bytes.load(Ordering::Relaxed) / 120;
                facts
            })
            .collect()
    }

    pub(crate) fn cancel(&self, id: i64) -> bool {
        let Some(entry) = lock(&self.entries).get(&id).cloned() else { return false };
        entry.cancel.wished.store(true, Ordering::Release);
        entry.cancel.waker.wake();
        true
    }
}

// === impl LiveGuard ===

impl LiveGuard {
    /// The target that is being tried now.
    pub(crate) fn set_target(&self, slug: &str) {
        slug.clone_into(&mut lock(&self.entry.facts).target);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.entry.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Ready once somebody wants the request to end.
    pub(crate) fn poll_cancelled(&self, cx: &mut Context<'_>) -> Poll<()> {
        let cancel = &self.entry.cancel;
        cancel.waker.register(cx.waker());
        if cancel.wished.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for LiveGuard {
    fn drop(&mut self) {
        lock(&self.entries).remove(&self.id);
    }
}
