//! Opening: lock, look, set aside what is damaged, bring the schema up to date, find what a dead instance
//! left open, start the writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;
use tokio::sync::broadcast;

use crate::check::{self, Checked, SetAside};
use crate::error::LedgerError;
use crate::health::is_damage;
use crate::ledger::{Ledger, Parts};
use crate::reader::LedgerReader;
use crate::row::InstanceId;
use crate::table::instance;
use crate::table::request::{self, Interrupted};
use crate::writer::Writer;
use crate::writer::book::{Batch, Book};
use crate::writer::shared::Shared;
use crate::writer::store::Store;
use crate::{connection, file, schema};

/// Events a slow listener may be behind before it misses some. One tells of [`ROWS_TOLD`](crate::writer::ROWS_TOLD) rows at most.
const EVENTS: usize = 512;

/// How the ledger behaves. The default is what the service uses; tests make it small and quick.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Rows that may wait in memory while the disk fails.
    pub capacity: usize,
    /// How long the first row of a transaction waits for others, so that a short request is one write.
    pub gather: Duration,
    /// How long one attempt waits for another program's lock.
    pub busy_timeout: Duration,
    /// The longest wait between attempts while the disk fails.
    pub longest_wait: Duration,
    /// Bytes of a ledger that is looked through before it is opened. A larger one would keep everybody waiting; it is
    /// looked through by [`Ledger::check_whole`] while it is in use.
    pub checked_at_once: u64,
}

/// What was found at opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenReport {
    /// Number of this opening.
    pub instance: InstanceId,
    /// Whether a new ledger was made.
    pub created: bool,
    /// The number of the schema that was found, 0 for a new ledger.
    pub schema_found: i64,
    /// The number of the schema it has now.
    pub schema: i64,
    /// A damaged ledger that was moved away. To be told to the user.
    pub set_aside: Option<SetAside>,
    /// Rows that a dead instance had left open, now interrupted, oldest first.
    pub interrupted: Vec<Interrupted>,
}

// === impl OpenOptions ===

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            capacity: 65_536,
            gather: Duration::from_millis(5),
            busy_timeout: Duration::from_secs(1),
            longest_wait: Duration::from_secs(2),
            checked_at_once: 4 * 1024 * 1024,
        }
    }
}

// === impl Ledger ===

impl Ledger {
    /// Opens the ledger at `path`, or makes one for its owner alone. Blocks. A small ledger is checked first; call
    /// [`Self::check_whole`] for a large one.
    ///
    /// A damaged file is set aside and a new one made. While another program holds the lock, opening
    /// succeeds and the writer starts out stalled.
    ///
    /// # Errors
    /// [`LedgerError::InUse`], [`LedgerError::Newer`] and [`LedgerError::Foreign`] leave the file as it is;
    /// the others say what the system refused.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<(Self, OpenReport), LedgerError> {
        let lock = file::lock(path)?;
        let (checked, mut set_aside) =
            check::sound_or_set_aside(path, options.busy_timeout, options.checked_at_once)?;
        let begun = match begin(path, options) {
            // Damage that only opening has met.
            Err(LedgerError::Open { source, .. }) if is_damage(&source) && set_aside.is_none() => {
                set_aside = Some(check::set_aside(path, source.to_string())?);
                begin(path, options)?
            }
            begun => begun?,
        };
        let Begun { conn, schema_found, instance, next_row, interrupted } = begun;
        let checked = if schema_found == 0 { Checked::Sound } else { checked };
        let shared = Arc::new(Shared::new(options.capacity, next_row, checked));
        let mut store = Store::new(path.to_owned(), options.busy_timeout, instance, Arc::clone(&shared));
        let book = Book::new(instance);
        // Tried here so that the report is true when the caller gets it; the writer tries again.
        let noted = store.adopt(conn).and_then(|()| store.commit(&book, &Batch::default()));
        if let Err(failure) = noted {
            tracing::warn!(reason = %failure.reason, "the ledger cannot be written yet");
            shared.stall(failure);
        }
        let ledger = start(path, options, Opened { lock, shared, store, book })?;
        let report = OpenReport {
            instance,
            created: schema_found == 0,
            schema_found,
            schema: schema::KNOWN,
            set_aside,
            interrupted,
        };
        Ok((ledger, report))
    }
}

/// What the file says, with the schema up to date.
struct Begun {
    conn: Connection,
    schema_found: i64,
    instance: InstanceId,
    next_row: i64,
    interrupted: Vec<Interrupted>,
}

fn begin(path: &Path, options: &OpenOptions) -> Result<Begun, LedgerError> {
    file::keep_private(path)?;
    let failed = |source| LedgerError::Open { path: path.to_owned(), source };
    let mut conn = connection::to_write(path, options.busy_timeout).map_err(failed)?;
    let schema_found = schema::migrate(&mut conn, schema::MIGRATIONS).map_err(failed)?;
    let instance = instance::next_id(&conn).map_err(failed)?;
    let next_row = request::next_id(&conn).map_err(failed)?;
    let interrupted = request::open_rows(&conn).map_err(failed)?;
    Ok(Begun { conn, schema_found, instance, next_row, interrupted })
}

/// What the writer starts from.
struct Opened {
    lock: std::fs::File,
    shared: Arc<Shared>,
    store: Store,
    book: Book,
}

fn start(path: &Path, options: &OpenOptions, opened: Opened) -> Result<Ledger, LedgerError> {
    let Opened { lock, shared, store, book } = opened;
    let opened_at = store.opened_at();
    let (sender, ops) = mpsc::channel();
    let (events, _) = broadcast::channel(EVENTS);
    let writer = Writer {
        ops,
        book,
        store,
        shared: Arc::clone(&shared),
        events: events.clone(),
        told: 0,
        gather: options.gather,
        longest_wait: options.longest_wait,
        pruning: None,
        flushes: Vec::new(),
        closing: None,
    };
    let thread = std::thread::Builder::new()
        .name("ledger-writer".to_owned())
        .spawn(|| writer.run())
        .map_err(LedgerError::Thread)?;
    let reader = LedgerReader::beside_writer(path, options.busy_timeout, Arc::clone(&shared));
    Ok(Ledger::new(Parts { sender, shared, events, reader, thread, lock, opened_at }))
}
