//! Questions to the ledger. Each blocks on the disk: ask from a thread that may.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use crate::audit::ActionRow;
use crate::error::LedgerError;
use crate::query::find::{self, FindQuery, Found};
use crate::query::latency::{self, Speed};
use crate::query::receipt::{self, SessionReceipt};
use crate::query::recent::{self, Page};
use crate::query::share::{self, ModelShare};
use crate::query::snapshot::{self, Snapshot};
use crate::query::soundness::{self, Soundness};
use crate::query::spend::{self, SpendQuery, SpendReport};
use crate::query::totals::Totals;
use crate::row::{RequestRow, RowId};
use crate::table::audit;
use crate::table::count::{self, CountedPrompt};
use crate::table::instance;
use crate::table::request::{self, UnsettledCost};
use crate::writer::shared::Shared;
use crate::{connection, file, schema};

/// Connections kept for the next question. More may be open while many ask at once.
const IDLE_CONNECTIONS: usize = 4;
/// How long a question waits for another program's lock when there is no writer to say otherwise.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Read-only access to a ledger, beside its writer or without one. Clones share their connections.
#[derive(Clone, Debug)]
pub struct LedgerReader {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    busy_timeout: Duration,
    idle: Mutex<Vec<(u64, Connection)>>,
    writer: Option<Arc<Shared>>,
}

// === impl LedgerReader ===

impl LedgerReader {
    /// Opens a ledger for questions alone, for when no service runs. Changes nothing in it.
    ///
    /// # Errors
    /// [`LedgerError::Missing`], [`LedgerError::Newer`], [`LedgerError::Older`] or [`LedgerError::Foreign`]
    /// when it cannot be read as it is; [`LedgerError::Query`] when SQLite refuses.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        if file::length(path)?.is_none() {
            return Err(LedgerError::Missing { path: path.to_owned() });
        }
        let reader = Self::new(path, BUSY_TIMEOUT, None);
        reader.ask(|conn| {
            let found = schema::writable_version(path, conn)?;
            if found == schema::KNOWN {
                return Ok(());
            }
            Err(LedgerError::Older { path: path.to_owned(), found, known: schema::KNOWN })
        })?;
        Ok(reader)
    }

    pub(crate) fn beside_writer(path: &Path, busy_timeout: Duration, writer: Arc<Shared>) -> Self {
        Self::new(path, busy_timeout, Some(writer))
    }

    fn new(path: &Path, busy_timeout: Duration, writer: Option<Arc<Shared>>) -> Self {
        let idle = Mutex::new(Vec::new());
        Self { inner: Arc::new(Inner { path: path.to_owned(), busy_timeout, idle, writer }) }
    }

    /// Sums over settled requests, by one dimension.
    ///
    /// # Errors
    /// [`LedgerError::Reversed`] for a time that ends before it begins, [`LedgerError::Overflow`] for a sum
    /// that does not fit, [`LedgerError::Query`] when the disk fails.
    pub fn spend(&self, query: &SpendQuery) -> Result<SpendReport, LedgerError> {
        self.ask(|conn| spend::spend(conn, query))
    }

    /// What each model has of each line by a fact; nothing for times.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn shares(&self, query: &SpendQuery) -> Result<Vec<ModelShare>, LedgerError> {
        self.ask(|conn| share::shares(conn, query))
    }

    /// The sum over settled requests from `since` to before `until`, narrowed as `only` says.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn totals(&self, query: &SpendQuery) -> Result<Totals, LedgerError> {
        self.ask(|conn| spend::totals(conn, query))
    }

    /// The sum of the day in `zone` that `now` is in, and of what a wrong clock has dated later.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn today(&self, now: Timestamp, zone: &TimeZone) -> Result<Totals, LedgerError> {
        self.ask(|conn| spend::today(conn, now, zone))
    }

    /// How fast models answer, from `since` to before `until` of the query, the one with the most answers first.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn speeds(&self, query: &SpendQuery) -> Result<Vec<Speed>, LedgerError> {
        self.ask(|conn| latency::speeds(conn, query))
    }

    /// The latest rows, the newest first.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn recent(&self, page: Page) -> Result<Vec<RequestRow>, LedgerError> {
        self.ask(|conn| Ok(recent::recent(conn, page)?))
    }

    /// Rows that come after one, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn rows_after(&self, after: RowId, limit: u32) -> Result<Vec<RequestRow>, LedgerError> {
        self.ask(|conn| Ok(recent::after(conn, after, limit)?))
    }

    /// Whether the file is sound and its sums are those of its rows. Reads all of it.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when it cannot be read at all.
    pub fn soundness(&self) -> Result<Soundness, LedgerError> {
        self.ask(soundness::look)
    }

    /// Rows by words and facts, the newest first. Looks at a bounded number of rows.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn find(&self, query: &FindQuery) -> Result<Found, LedgerError> {
        self.ask(|conn| Ok(find::find(conn, query)?))
    }

    /// What was changed on purpose, the newest first: before that number, 1,000 at most.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn actions(&self, before: Option<i64>, limit: u32) -> Result<Vec<ActionRow>, LedgerError> {
        self.ask(|conn| Ok(audit::list(conn, before.unwrap_or(i64::MAX), limit.min(1_000))?))
    }

    /// One row, `None` when there is none with that number.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn row(&self, id: RowId) -> Result<Option<RequestRow>, LedgerError> {
        self.ask(|conn| Ok(request::by_id(conn, id)?))
    }

    /// One row, `None` when there is none with that number that was written in the opening of that time
    /// ([`Ledger::opened_at`](crate::Ledger::opened_at)).
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn row_of_opening(&self, id: RowId, opened_at: i64) -> Result<Option<RequestRow>, LedgerError> {
        self.ask(|conn| {
            let Some(row) = request::by_id(conn, id)? else { return Ok(None) };
            let is_of_it = instance::opened_at(conn, row.instance)? == Some(opened_at);
            Ok(is_of_it.then_some(row))
        })
    }

    /// The first row after row `after` that bears a time before `before` (Unix nanoseconds).
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn first_dated_before(&self, after: RowId, before: i64) -> Result<Option<RowId>, LedgerError> {
        self.ask(|conn| Ok(request::first_before(conn, after, before)?))
    }

    /// What a session cost, `None` when the ledger knows no such session.
    ///
    /// # Errors
    /// [`LedgerError::Overflow`] for a sum that does not fit, [`LedgerError::Query`] when the disk fails.
    pub fn session_receipt(&self, session: &str) -> Result<Option<SessionReceipt>, LedgerError> {
        self.ask(|conn| receipt::session(conn, session))
    }

    /// Settled rows whose cost is an estimate and can be looked up, accepted at `since` (Unix nanoseconds)
    /// or later, oldest first. Rows whose look-up was given up lie before it.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn unsettled_costs(&self, since: i64) -> Result<Vec<UnsettledCost>, LedgerError> {
        self.ask(|conn| Ok(request::unsettled_costs(conn, since)?))
    }

    /// Prompts that were counted by us and by the upstream: the newest `each` of each model that answered, the newest
    /// of a model first.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn counted_prompts(&self, each: u32) -> Result<Vec<CountedPrompt>, LedgerError> {
        self.ask(|conn| Ok(count::counted(conn, each)?))
    }

    /// Puts several questions about one moment: what is written meanwhile is in none of the answers.
    ///
    /// # Errors
    /// What the questions have met; [`LedgerError::Query`] when the disk fails.
    pub fn at_once<T>(
        &self,
        questions: impl FnOnce(&Snapshot<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.ask(|conn| snapshot::at_once(conn, questions))
    }

    /// The file, and how long a question waits for another program's lock.
    pub(crate) fn place(&self) -> (PathBuf, Duration) {
        (self.inner.path.clone(), self.inner.busy_timeout)
    }

    /// Asks one thing on a connection of the pool.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let epoch = self.inner.epoch();
        let conn = match self.inner.idle_connection(epoch) {
            Some(conn) => conn,
            None => connection::to_read(&self.inner.path, self.inner.busy_timeout)?,
        };
        let answer = question(&conn).map_err(|error| match error {
            LedgerError::Query(error) => LedgerError::from_query(error),
            other => other,
        });
        if answer.is_ok() {
            self.inner.keep(epoch, conn);
        }
        answer
    }
}

// === impl Inner ===

impl Inner {
    fn epoch(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.epoch())
    }

    /// A connection of that epoch; older ones may look at a file that is gone, and end here.
    fn idle_connection(&self, epoch: u64) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(opened, _)| *opened == epoch);
        idle.pop().map(|(_, conn)| conn)
    }

    /// Keeps a connection for the next question, but not the pages that the last one has read.
    fn keep(&self, epoch: u64, conn: Connection) {
        if conn.release_memory().is_err() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS {
            idle.push((epoch, conn));
        }
    }
}
