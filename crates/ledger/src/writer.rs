//! The writer: the one thread that owns the disk.
//!
//! ```text
//!           op ─▶ gather ─▶ commit ─▶ events, flushes answered ─┐
//!                   ▲          │ fails                          │
//!                   │          ▼                                │
//!                   │       stalled ── wait, gathering ─▶ commit again
//!                   └──────────────────────────────────────────┘
//! ```
//!
//! What a failed commit held stays in the book, and so does what comes meanwhile; nothing leaves it but by
//! a commit, or by closing at the deadline with the rest counted as lost.

pub(crate) mod book;
pub(crate) mod commit;
pub(crate) mod shared;
pub(crate) mod store;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;
use turnpike_wire::money::NanoUsd;

use crate::check::Checked;
use crate::entry::{CostFound, NewRequest, Progress, Settlement};
use crate::event::{LedgerEvent, SettledRows};
use crate::health::Failure;
use crate::row::{RequestRow, RowId};
use book::Book;
use commit::Committed;
use shared::Shared;
use store::Store;

/// Rows of one transaction: large enough that the sync is shared, small enough that the lock is not held long.
const BATCH_ROWS: usize = 4_096;
/// Rows of one event: enough to wake listeners seldom, few enough that what waits for a slow one stays small.
pub(crate) const ROWS_TOLD: usize = 32;
/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// What is asked of the writer.
#[derive(Debug)]
pub(crate) enum Op {
    Begin(RowId, Box<NewRequest>),
    Progress(RowId, Box<Progress>),
    Settle(RowId, Box<Settlement>),
    Amend(RowId, Box<CostFound>),
    /// Takes out settled rows that were accepted before (Unix nanoseconds).
    Prune(i64),
    /// The file is damaged, and in what way: it is to be set aside, and a new one begun.
    SetAside(String),
    /// Answered once everything before it is on disk.
    Flush(SyncSender<()>),
    /// Ends the writer, at the latest then; answered with the rows that could not be written.
    Close(Instant, SyncSender<usize>),
}

/// The writer's thread and everything it owns.
pub(crate) struct Writer {
    pub(crate) ops: Receiver<Op>,
    pub(crate) book: Book,
    pub(crate) store: Store,
    pub(crate) shared: Arc<Shared>,
    pub(crate) events: broadcast::Sender<LedgerEvent>,
    /// Settled rows that were told of.
    pub(crate) told: u64,
    /// How long the first op of a batch waits for others.
    pub(crate) gather: Duration,
    /// The longest wait between attempts while stalled.
    pub(crate) longest_wait: Duration,
    /// Up to when old rows are being taken out.
    pub(crate) pruning: Option<i64>,
    pub(crate) flushes: Vec<SyncSender<()>>,
    pub(crate) closing: Option<(Instant, Option<SyncSender<usize>>)>,
}

// === impl Writer ===

impl Writer {
    /// Works until it is told to close.
    pub(crate) fn run(mut self) {
        step_back();
        while self.closing.is_none() {
            match self.next() {
                Ok(op) => self.take(op),
                Err(RecvTimeoutError::Timeout) => {
                    self.prune();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => self.closing = Some((Instant::now(), None)),
            }
            if self.closing.is_none() && self.flushes.is_empty() {
                // Asleep for all of it: being woken by each op would cost more than the op.
                std::thread::park_timeout(self.gather);
            }
            self.gather(Duration::ZERO);
            self.write_all();
            self.flushes.drain(..).for_each(|waiting| answer(&waiting, ()));
        }
        self.end();
    }

    /// The next op; without one, a time-out as long as there are old rows to take out.
    fn next(&self) -> Result<Op, RecvTimeoutError> {
        match self.pruning {
            Some(_) => self.ops.recv_timeout(Duration::ZERO),
            None => self.ops.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Takes out some old rows. When the disk fails, the rest waits for the next time somebody asks.
    fn prune(&mut self) {
        let Some(before) = self.pruning else { return };
        match self.store.prune(before) {
            Ok(pruned) => {
                if pruned.is_done {
                    self.pruning = None;
                }
            }
            Err(failure) => {
                tracing::warn!(reason = %failure.reason, "old rows could not be taken out");
                self.pruning = None;
            }
        }
    }

    /// Takes in what comes within `time`; less if somebody waits for the result.
    fn gather(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while self.book.unsaved() < BATCH_ROWS {
            let left = until.saturating_duration_since(Instant::now());
            let waiting = self.closing.is_some() || !self.flushes.is_empty();
            let next = if waiting || left.is_zero() {
                self.ops.try_recv().map_err(|_| RecvTimeoutError::Timeout)
            } else {
                self.ops.recv_timeout(left)
            };
            match next {
                Ok(op) => self.take(op),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, op: Op) {
        match op {
            Op::Begin(id, new) => self.book.begin(id, *new),
            Op::Progress(id, progress) => {
                if self.book.progress(id, *progress) {
                    self.shared.queue_one();
                }
            }
            Op::Settle(id, settlement) => match self.book.settle(id, *settlement) {
                Ok(newly_unsaved) => {
                    if newly_unsaved {
                        self.shared.queue_one();
                    }
                }
                Err(book::AlreadySettled) => self.shared.ignore_settlement(),
            },
            Op::Amend(id, found) => self.book.amend(id, found.bounded()),
            Op::Prune(before) => self.pruning = Some(self.pruning.map_or(before, |known| known.max(before))),
            Op::SetAside(why) => self.set_aside(why),
            Op::Flush(waiting) => self.flushes.push(waiting),
            Op::Close(by, waiting) => self.closing = Some((by, Some(waiting))),
        }
    }

    /// Puts the damaged file out of the way; the next commit makes a new one, and what is under way is written there.
    fn set_aside(&mut self, why: String) {
        match self.store.set_aside(why) {
            Ok(aside) => {
                (0..self.book.unsave_all()).for_each(|_| self.shared.queue_one());
                let found = Checked::SetAside(aside);
                self.shared.note_checked(found.clone());
                drop(self.events.send(LedgerEvent::Checked(found)));
            }
            Err(error) => tracing::error!(%error, "the ledger is damaged and cannot be set aside"),
        }
    }

    /// Commits until nothing is unsaved, however long that takes; gives up only at a closing deadline.
    fn write_all(&mut self) {
        let mut wait = FIRST_WAIT;
        while self.book.has_work() || !self.store.is_ready() {
            let batch = self.book.batch(BATCH_ROWS);
            match self.store.commit(&self.book, &batch) {
                Ok(committed) => {
                    wait = FIRST_WAIT;
                    self.recovered();
                    self.committed(committed);
                }
                Err(failure) => {
                    self.stalled(failure);
                    if self.wait_stalled(wait).is_break() {
                        return;
                    }
                    wait = (wait * 2).min(self.longest_wait);
                }
            }
        }
    }

    /// Waits for the next attempt while ops keep coming in. Breaks when closing must not wait longer.
    fn wait_stalled(&mut self, wait: Duration) -> ControlFlow<()> {
        let until = Instant::now() + wait;
        loop {
            let now = Instant::now();
            let deadline = self.closing.as_ref().map(|(by, _)| *by);
            if deadline.is_some_and(|by| now >= by) {
                return ControlFlow::Break(());
            }
            let until = deadline.map_or(until, |by| until.min(by));
            match self.ops.recv_timeout(until.saturating_duration_since(now)) {
                Ok(op) => self.take(op),
                Err(RecvTimeoutError::Timeout) => return ControlFlow::Continue(()),
                Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
            }
        }
    }

    fn committed(&mut self, committed: Committed) {
        for id in &committed.lost {
            let cost = self.book.forget(*id).map(|row| row.cost.amount).unwrap_or_default();
            self.shared.lose(1, cost);
        }
        let settled = self.book.saved(&committed.rows, committed.amendments);
        self.shared.unqueue(committed.rows.len() + committed.lost.len());
        self.tell(settled);
        let amended = committed.amended.into_iter();
        let amended = amended.map(|(row, before)| LedgerEvent::CostFound { row: Arc::new(row), before });
        amended.for_each(|event| drop(self.events.send(event)));
    }

    fn tell(&mut self, settled: Vec<RequestRow>) {
        let mut rows = settled.into_iter().peekable();
        while rows.peek().is_some() {
            let rows: Vec<RequestRow> = rows.by_ref().take(ROWS_TOLD).collect();
            let before = self.told;
            self.told += rows.len() as u64;
            drop(self.events.send(LedgerEvent::Settled(Arc::new(SettledRows { rows, before }))));
        }
    }

    fn stalled(&self, failure: Failure) {
        let reason = failure.reason;
        if self.shared.stall(failure) {
            tracing::error!(%reason, "the ledger cannot be written");
            drop(self.events.send(LedgerEvent::Health(self.shared.health())));
        }
    }

    fn recovered(&self) {
        if self.shared.recover() {
            tracing::info!("the ledger is written again");
            drop(self.events.send(LedgerEvent::Health(self.shared.health())));
        }
    }

    fn end(mut self) {
        let rest: Vec<RequestRow> = self.book.unsaved_rows();
        for row in &rest {
            self.shared.lose(1, row.cost.amount);
        }
        self.shared.unqueue(rest.len());
        self.shared.end();
        // Whoever reserved a place just before the end finds nobody to fill it.
        let late = self.ops.try_iter().filter(|op| matches!(op, Op::Begin(..))).count();
        self.shared.unqueue(late);
        self.shared.lose(late as u64, NanoUsd::ZERO);
        if rest.is_empty() {
            self.store.close();
        } else {
            tracing::error!(rows = rest.len(), "closed with rows that could not be written");
        }
        if let Some((_, Some(waiting))) = self.closing {
            answer(&waiting, rest.len());
        }
    }
}

/// Lets threads that somebody waits for go first: on a busy core a batch would hold up requests otherwise.
#[cfg(target_os = "linux")]
pub(crate) fn step_back() {
    /// Half-way between the usual and the lowest.
    const NICE: i32 = 10;
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
        tracing::debug!(%error, "a thread of the ledger keeps its priority");
    }
}

/// Elsewhere priorities belong to the whole process.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn step_back() {}

/// Tells somebody who may have stopped waiting.
fn answer<T>(waiting: &SyncSender<T>, told: T) {
    let _stopped_waiting = waiting.try_send(told);
}
