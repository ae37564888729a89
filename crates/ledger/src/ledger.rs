//! The handle that the data plane and the control plane hold.

use std::fs::File;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use crate::check::Checked;
use crate::entry::{CostFound, NewRequest, Progress, Settlement};
use crate::error::{FlushTimeout, LedgerError};
use crate::event::LedgerEvent;
use crate::health::Health;
use crate::reader::LedgerReader;
use crate::row::RowId;
use crate::table::pruned;
use crate::whole::{BreakOff, Look};
use crate::writer::Op;
use crate::writer::shared::Shared;

/// How long the last handle's end waits for the disk.
const DROP_DEADLINE: Duration = Duration::from_secs(5);
/// How long after a deadline the writer may still be inside one call to the disk.
const GRACE: Duration = Duration::from_secs(2);

/// An open ledger. Clones share it; when the last one goes, what is queued is written first, for at most
/// five seconds.
///
/// Nothing here waits for the disk but [`Self::flush`], [`Self::close`] and that end.
#[derive(Clone, Debug)]
pub struct Ledger {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: Sender<Op>,
    shared: Arc<Shared>,
    events: broadcast::Sender<LedgerEvent>,
    reader: LedgerReader,
    thread: Mutex<Option<JoinHandle<()>>>,
    break_off: Arc<BreakOff>,
    /// Held until the writer has ended.
    lock: File,
    opened_at: i64,
}

/// What a handle is made of.
pub(crate) struct Parts {
    pub(crate) sender: Sender<Op>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) events: broadcast::Sender<LedgerEvent>,
    pub(crate) reader: LedgerReader,
    pub(crate) thread: JoinHandle<()>,
    pub(crate) lock: File,
    pub(crate) opened_at: i64,
}

// === impl Ledger ===

impl Ledger {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { sender, shared, events, reader, thread, lock, opened_at } = parts;
        let thread = Mutex::new(Some(thread));
        let break_off = Arc::default();
        Self { inner: Arc::new(Inner { sender, shared, events, reader, thread, break_off, lock, opened_at }) }
    }

    /// When it was opened, in wall-clock Unix nanoseconds. The file keeps it with the rows of this opening, so it tells
    /// them from those of the same number in another ledger.
    #[must_use]
    pub fn opened_at(&self) -> i64 {
        self.inner.opened_at
    }

    /// Opens a row for a request that was accepted. It is on disk soon after; until then a crash loses it.
    ///
    /// Returns [`RowId::LOST`] when the queue is full; that row is counted as lost, and what is told of it
    /// later is ignored but for the cost.
    #[must_use]
    pub fn begin(&self, new: NewRequest) -> RowId {
        let Some(id) = self.inner.shared.reserve() else { return RowId::LOST };
        if self.inner.send(Op::Begin(id, Box::new(new))) {
            return id;
        }
        self.inner.shared.unqueue(1);
        self.inner.shared.lose(1, Default::default());
        RowId::LOST
    }

    /// Tells what became known of a request. After its settlement this changes nothing.
    pub fn progress(&self, id: RowId, progress: Progress) {
        if id != RowId::LOST {
            self.inner.send(Op::Progress(id, Box::new(progress)));
        }
    }

    /// Tells how a request ended. The first settlement counts; a second one is ignored and counted in
    /// [`Health::ignored_settlements`].
    pub fn settle(&self, id: RowId, settlement: Settlement) {
        if id == RowId::LOST {
            self.inner.shared.lose(0, settlement.cost.amount);
        } else {
            self.inner.send(Op::Settle(id, Box::new(settlement)));
        }
    }

    /// Puts a cost that was found later into a row that is settled with an estimate or without cost, or was
    /// interrupted. A cost that the upstream told, or that was looked up before, stays as it is.
    pub fn amend_cost(&self, id: RowId, found: CostFound) {
        if id != RowId::LOST {
            self.inner.send(Op::Amend(id, Box::new(found)));
        }
    }

    /// Takes out settled rows that were accepted before the UTC day in which `before` (Unix nanoseconds) lies, bit by bit
    /// between other work. Their sums stay, by every dimension and quarter of an hour. What may still get its cost stays
    /// for thirty days more.
    pub fn prune(&self, before: i64) {
        self.inner.send(Op::Prune(pruned::whole_day(before.max(0))));
    }

    /// Events from now on. A listener that is 1,024 events behind misses the oldest: it then asks
    /// [`Self::health`] and [`Self::reader`] how things stand. Sums are never made from events.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<LedgerEvent> {
        self.inner.events.subscribe()
    }

    /// How the writer fares, now.
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner.shared.health()
    }

    /// Looks through the whole file for damage, where opening has not: on a thread of its own, while requests go on. What
    /// it finds is told by [`LedgerEvent::Checked`] and [`Health::checked`]; a damaged file is set aside, a new one is
    /// begun, and what is under way goes there.
    ///
    /// # Errors
    /// [`LedgerError::Thread`] when the thread cannot be started.
    pub fn check_whole(&self) -> Result<(), LedgerError> {
        if self.inner.shared.checked() != Checked::Head {
            return Ok(());
        }
        let look = Look {
            shared: Arc::clone(&self.inner.shared),
            sender: self.inner.sender.clone(),
            events: self.inner.events.clone(),
            break_off: Arc::clone(&self.inner.break_off),
        };
        let (path, busy_timeout) = self.inner.reader.place();
        let thread = std::thread::Builder::new().name("ledger-check".to_owned());
        thread.spawn(move || look.run(&path, busy_timeout)).map(drop).map_err(LedgerError::Thread)
    }

    /// Questions to what is on disk.
    #[must_use]
    pub fn reader(&self) -> &LedgerReader {
        &self.inner.reader
    }

    /// Blocks until everything told so far is on disk, for at most `deadline`.
    ///
    /// # Errors
    /// [`FlushTimeout`] when rows still wait then. They stay queued.
    pub fn flush(&self, deadline: Duration) -> Result<(), FlushTimeout> {
        let (waiting, done) = mpsc::sync_channel(1);
        let is_done = self.inner.send(Op::Flush(waiting)) && done.recv_timeout(deadline).is_ok();
        if is_done { Ok(()) } else { Err(FlushTimeout { queued: self.inner.shared.queued() }) }
    }

    /// Accepts nothing any more, and blocks until what is queued is on disk, for at most `deadline`. For
    /// when the data plane has come to its end; a request that is open then will be found interrupted.
    ///
    /// # Errors
    /// [`FlushTimeout`] with the rows that could not be written; they are counted as lost.
    pub fn close(&self, deadline: Duration) -> Result<(), FlushTimeout> {
        self.inner.close(deadline)
    }
}

// === impl Inner ===

impl Inner {
    /// `false` when the writer has ended.
    fn send(&self, op: Op) -> bool {
        self.sender.send(op).is_ok()
    }

    fn close(&self, deadline: Duration) -> Result<(), FlushTimeout> {
        if !self.shared.end() {
            return Ok(());
        }
        self.break_off.now();
        let (waiting, done) = mpsc::sync_channel(1);
        if !self.send(Op::Close(Instant::now() + deadline, waiting)) {
            return Err(FlushTimeout { queued: self.shared.queued() });
        }
        let Ok(unwritten) = done.recv_timeout(deadline.saturating_add(GRACE)) else {
            // The writer hangs in a call to the disk. Waiting for its thread would hang with it.
            return Err(FlushTimeout { queued: self.shared.queued() });
        };
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(thread.join());
            // Handles that are still about, in work that ends a moment later, keep nobody else out.
            let _ = self.lock.unlock();
        }
        if unwritten == 0 { Ok(()) } else { Err(FlushTimeout { queued: unwritten }) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What could not be written was counted and logged by the writer.
        let _unwritten = self.close(DROP_DEADLINE);
    }
}
