//! What callers and the writer share: counters, the next row's number, and the state shown by `health`.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use turnpike_wire::money::NanoUsd;

use crate::check::Checked;
use crate::health::{Failure, Health, Lost, Stall, WriterState};
use crate::row::{RowId, unix_nanos};

/// Counters and state. Every method is short and none touches the disk.
#[derive(Debug)]
pub(crate) struct Shared {
    capacity: usize,
    next_id: AtomicI64,
    queued: AtomicUsize,
    lost_rows: AtomicU64,
    lost_nanos: AtomicI64,
    ignored_settlements: AtomicU64,
    closed: AtomicBool,
    stall: Mutex<Option<Stall>>,
    checked: Mutex<Checked>,
    /// Grows whenever the file was opened anew; readers then drop the connections they have.
    epoch: AtomicU64,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn new(capacity: usize, next_id: i64, checked: Checked) -> Self {
        Self {
            capacity,
            next_id: AtomicI64::new(next_id),
            queued: AtomicUsize::new(0),
            lost_rows: AtomicU64::new(0),
            lost_nanos: AtomicI64::new(0),
            ignored_settlements: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            stall: Mutex::new(None),
            checked: Mutex::new(checked),
            epoch: AtomicU64::new(0),
        }
    }

    /// A place in the queue and a number, or `None` (and one more row lost) when there is none.
    pub(crate) fn reserve(&self) -> Option<RowId> {
        let full = |queued: usize| (queued < self.capacity).then_some(queued + 1);
        let room = self.queued.fetch_update(Ordering::AcqRel, Ordering::Acquire, full);
        if self.is_closed() || room.is_err() {
            if room.is_ok() {
                self.unqueue(1);
            }
            self.lose(1, NanoUsd::ZERO);
            return None;
        }
        Some(RowId::new(self.next_id.fetch_add(1, Ordering::AcqRel)))
    }

    /// Makes sure that no number up to `taken` is given out.
    pub(crate) fn skip_to(&self, next: i64) {
        self.next_id.fetch_max(next, Ordering::AcqRel);
    }

    pub(crate) fn queue_one(&self) {
        self.queued.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn unqueue(&self, rows: usize) {
        self.queued.fetch_sub(rows, Ordering::AcqRel);
    }

    pub(crate) fn lose(&self, rows: u64, cost: NanoUsd) {
        self.lost_rows.fetch_add(rows, Ordering::AcqRel);
        self.lost_nanos.fetch_add(cost.nanos(), Ordering::AcqRel);
    }

    pub(crate) fn ignore_settlement(&self) {
        self.ignored_settlements.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// From now on nothing is accepted. `false` when that was so already.
    pub(crate) fn end(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// Notes a failure; `true` when it begins a stall or changes its reason.
    pub(crate) fn stall(&self, failure: Failure) -> bool {
        let mut stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        let since = stall.as_ref().map_or_else(|| unix_nanos(SystemTime::now()), |known| known.since);
        let news = stall.as_ref().is_none_or(|known| known.reason != failure.reason);
        *stall = Some(Stall { since, reason: failure.reason, detail: failure.detail });
        news
    }

    /// Notes a success; `true` when it ends a stall.
    pub(crate) fn recover(&self) -> bool {
        self.stall.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    pub(crate) fn checked(&self) -> Checked {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what a look through the whole file found.
    pub(crate) fn note_checked(&self, found: Checked) {
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn next_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Acquire)
    }

    pub(crate) fn health(&self) -> Health {
        let stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let state = match stall {
            _ if self.is_closed() => WriterState::Closed,
            Some(stall) => WriterState::Stalled(stall),
            None => WriterState::Ok,
        };
        Health {
            state,
            queued: self.queued(),
            lost: Lost {
                rows: self.lost_rows.load(Ordering::Acquire),
                cost_nanos: NanoUsd(self.lost_nanos.load(Ordering::Acquire)),
            },
            ignored_settlements: self.ignored_settlements.load(Ordering::Acquire),
            checked: self.checked(),
        }
    }
}
