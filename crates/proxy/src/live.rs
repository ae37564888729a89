//! Requests under way: for the status, and to end one.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::task::AtomicWaker;
use turnpike_ledger::RowId;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::account::Pricing;
use turnpike_wire::anthropic::ErrorKind;
use turnpike_wire::money::NanoUsd;

use crate::settle::price_of;

use crate::clients;

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
    /// Name of the client whose token was shown.
    pub client: Option<String>,
    /// When it was accepted.
    pub started: Instant,
    /// Tokens of the answer so far, estimated from its bytes.
    pub output_tokens_estimate: u64,
    /// What it costs so far, estimated as if nothing of its prompt were cached; `None` where no price is known.
    pub cost_estimate: Option<NanoUsd>,
}

/// All requests under way.
#[derive(Debug, Default)]
pub(crate) struct Live {
    entries: Arc<Mutex<BTreeMap<i64, Arc<Entry>>>>,
    /// How many requests had no row.
    without_row: AtomicI64,
}

#[derive(Debug)]
struct Entry {
    facts: Mutex<LiveRequest>,
    bytes: AtomicU64,
    /// Tokens of the prompt, and the target's prices.
    price: Mutex<(u64, Pricing)>,
    ending: Ending,
}

/// Why somebody wants a request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A person cancelled it.
    Cancel,
    /// The service stops.
    Shutdown,
    /// The client's token was taken back.
    Revoke,
}

/// A wish to end a request, noticed by whoever polls it.
#[derive(Debug, Default)]
struct Ending {
    /// 0 while there is none.
    wish: AtomicU8,
    waker: AtomicWaker,
}

/// Waits for a wish to end the request, apart from the request's own entry.
#[derive(Debug)]
pub(crate) struct Wishes(Arc<Entry>);

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
    pub(crate) fn enter(&self, row: RowId, facts: LiveRequest) -> LiveGuard {
        // Requests that found the ledger's queue full share a row number; here each has its own.
        let id = match row {
            RowId::LOST => -1 - self.without_row.fetch_add(1, Ordering::Relaxed),
            row => row.get(),
        };
        let entry = Arc::new(Entry {
            facts: Mutex::new(LiveRequest { id, ..facts }),
            bytes: AtomicU64::new(0),
            price: Mutex::default(),
            ending: Ending::default(),
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
                let (prompt, pricing) = *lock(&entry.price);
                let is_known = pricing.prompt.is_some() && pricing.completion.is_some();
                facts.cost_estimate =
                    is_known.then(|| price_of(prompt, facts.output_tokens_estimate, &pricing));
                facts
            })
            .collect()
    }

    /// `false` when no such request is under way.
    pub(crate) fn cancel(&self, id: i64) -> bool {
        let Some(entry) = lock(&self.entries).get(&id).cloned() else { return false };
        entry.ending.wish(Wish::Cancel);
        true
    }

    /// Ends what a client has under way.
    pub(crate) fn end_client(&self, name: &str, wish: Wish) {
        let entries: Vec<Arc<Entry>> = lock(&self.entries).values().cloned().collect();
        let is_its = |entry: &&Arc<Entry>| lock(&entry.facts).client.as_deref() == Some(name);
        entries.iter().filter(is_its).for_each(|entry| entry.ending.wish(wish));
    }

    pub(crate) fn end_all(&self, wish: Wish) {
        let entries: Vec<Arc<Entry>> = lock(&self.entries).values().cloned().collect();
        entries.iter().for_each(|entry| entry.ending.wish(wish));
    }
}

// === impl Wish ===

impl Wish {
    /// What the client is told.
    pub(crate) fn failure(self) -> Failure {
        match self {
            // A client that tried again at once would undo what the person did.
            Self::Cancel => Failure {
                status: 503,
                kind: ErrorKind::ApiError,
                ..Failure::new(Cause::Refused, "This request was cancelled in Turnpike.")
            },
            Self::Shutdown => Failure {
                status: 503,
                ..Failure::new(Cause::Unreachable, "Turnpike was stopped while it answered. Try again.")
            },
            Self::Revoke => clients::revoked(),
        }
    }
}

// === impl Ending ===

impl Ending {
    fn wish(&self, wish: Wish) {
        let number = match wish {
            Wish::Cancel => 1,
            Wish::Shutdown => 2,
            Wish::Revoke => 3,
        };
        // The first wish counts.
        let _ = self.wish.compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
        self.waker.wake();
    }

    fn wished(&self) -> Option<Wish> {
        match self.wish.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Wish::Cancel),
            3 => Some(Wish::Revoke),
            _ => Some(Wish::Shutdown),
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Wish> {
        self.waker.register(cx.waker());
        self.wished().map_or(Poll::Pending, Poll::Ready)
    }
}

// === impl Wishes ===

impl Wishes {
    /// Ready once somebody wants the request to end.
    pub(crate) async fn next(&self) -> Wish {
        poll_fn(|cx| self.0.ending.poll(cx)).await
    }
}

// === impl LiveGuard ===

impl LiveGuard {
    /// The target that is being tried now, its prices, and the tokens of its prompt.
    pub(crate) fn set_target(&self, slug: &str, pricing: Pricing, prompt: u64) {
        slug.clone_into(&mut lock(&self.entry.facts).target);
        *lock(&self.entry.price) = (prompt, pricing);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.entry.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Ready once somebody wants the request to end.
    pub(crate) fn poll_wish(&self, cx: &mut Context<'_>) -> Poll<Wish> {
        self.entry.ending.poll(cx)
    }

    /// Why the request is to end, if it is.
    pub(crate) fn wished(&self) -> Option<Wish> {
        self.entry.ending.wished()
    }

    /// To wait for a wish while the guard is in use elsewhere.
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes(Arc::clone(&self.entry))
    }
}

impl Drop for LiveGuard {
    fn drop(&mut self) {
        lock(&self.entries).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(model: &str) -> LiveRequest {
        LiveRequest {
            id: 0,
            model: model.to_owned(),
            target: String::new(),
            class: "main",
            project: None,
            session: None,
            client: None,
            started: Instant::now(),
            output_tokens_estimate: 0,
            cost_estimate: None,
        }
    }

    #[test]
    fn requests_without_a_row_are_told_apart() {
        let live = Live::default();
        let first = live.enter(RowId::LOST, facts("a"));
        let _second = live.enter(RowId::LOST, facts("b"));
        let _third = live.enter(RowId::new(7), facts("c"));
        assert_eq!(live.len(), 3);
        drop(first);
        let models: Vec<String> = live.list().into_iter().map(|request| request.model).collect();
        assert_eq!(models, ["b", "c"]);
    }

    #[test]
    fn the_first_wish_counts() {
        let live = Live::default();
        let guard = live.enter(RowId::new(7), facts("a"));
        assert_eq!(guard.wished(), None);
        assert!(live.cancel(7) && !live.cancel(8));
        live.end_all(Wish::Shutdown);
        assert_eq!(guard.wished(), Some(Wish::Cancel));
    }
}
