//! The writer's connection: commits a batch, and opens the file anew after anything but a lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use crate::check::SetAside;
use crate::error::LedgerError;
use crate::health::{Failure, StallReason, is_the_rows_fault};
use crate::row::{InstanceId, unix_nanos};
use crate::sums::Known;
use crate::table::pruned::{self, Pruned};
use crate::table::{instance, request};
use crate::writer::book::{Batch, Book};
use crate::writer::commit::{self, Committed, Way};
use crate::writer::shared::Shared;
use crate::{check, connection, file, schema};

/// The file and the connection to it, if there is one.
pub(crate) struct Store {
    path: PathBuf,
    busy_timeout: Duration,
    instance: InstanceId,
    opened_at: i64,
    shared: Arc<Shared>,
    link: Option<Link>,
}

/// A connection, and which file it is connected to.
struct Link {
    conn: Connection,
    file: file::Identity,
    /// Which log belongs to it, once something was written.
    log: Option<file::Identity>,
    /// Whether this instance is noted in the file and the rows of dead ones are interrupted.
    is_noted: bool,
    known: Known,
}

// === impl Link ===

impl Link {
    /// Commits a batch.
    fn write(
        &mut self,
        instance: InstanceId,
        opened_at: i64,
        batch: (&Book, &Batch),
        way: Way,
    ) -> rusqlite::Result<Committed> {
        // What a transaction that fails has learned is true no more.
        let mut known = std::mem::take(&mut self.known);
        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !self.is_noted {
            commit::note(&transaction, &mut known, instance, opened_at)?;
        }
        let done = commit::fill(&transaction, &mut known, batch, way)?;
        transaction.commit()?;
        self.known = known;
        Ok(done)
    }
}

// === impl Store ===

impl Store {
    pub(crate) fn new(
        path: PathBuf,
        busy_timeout: Duration,
        instance: InstanceId,
        shared: Arc<Shared>,
    ) -> Self {
        let opened_at = unix_nanos(SystemTime::now());
        Self { path, busy_timeout, instance, opened_at, shared, link: None }
    }

    /// When the ledger was opened, in wall-clock Unix nanoseconds.
    pub(crate) const fn opened_at(&self) -> i64 {
        self.opened_at
    }

    /// Goes on with a connection that is set up and has the schema.
    pub(crate) fn adopt(&mut self, conn: Connection) -> Result<(), Failure> {
        let file = file::identity(&self.path)?;
        self.link = Some(Link { conn, file, log: None, is_noted: false, known: Known::default() });
        Ok(())
    }

    /// Whether this instance is noted in the file.
    pub(crate) fn is_ready(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.is_noted)
    }

    /// Writes the batch in one transaction: all of it is on disk afterwards, or nothing.
    pub(crate) fn commit(&mut self, book: &Book, batch: &Batch) -> Result<Committed, Failure> {
        let outcome = self.try_commit(book, batch);
        if outcome.as_ref().is_err_and(|failure| !failure.keeps_connection()) {
            self.disconnect();
        }
        outcome
    }

    fn try_commit(&mut self, book: &Book, batch: &Batch) -> Result<Committed, Failure> {
        let (instance, opened_at) = (self.instance, self.opened_at);
        let log = file::beside(&self.path, "-wal");
        let link = self.connected()?;
        let done = match link.write(instance, opened_at, (book, batch), Way::Together) {
            // One of them breaks a sum: which one it is shows when each is written by itself.
            Err(error) if is_the_rows_fault(&error) => {
                link.write(instance, opened_at, (book, batch), Way::Apart)?
            }
            done => done?,
        };
        link.is_noted = true;
        if link.log.is_none() {
            link.log = file::identity(&log).ok();
        }
        Ok(done)
    }

    /// Takes out some of the rows accepted before a time, in one transaction.
    pub(crate) fn prune(&mut self, before: i64) -> Result<Pruned, Failure> {
        let pruned = self.try_prune(before);
        if pruned.as_ref().is_err_and(|failure| !failure.keeps_connection()) {
            self.disconnect();
        }
        pruned
    }

    fn try_prune(&mut self, before: i64) -> Result<Pruned, Failure> {
        let link = self.connected()?;
        let transaction = link.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let pruned = pruned::prune(&transaction, before)?;
        if pruned.is_news {
            transaction.commit()?;
        }
        Ok(pruned)
    }

    /// The connection, made if there is none, to the file that is at the path now.
    fn connected(&mut self) -> Result<&mut Link, Failure> {
        let link = match self.link.take() {
            Some(link) => self.still_there(link)?,
            None => self.connect()?,
        };
        Ok(self.link.insert(link))
    }

    /// The connection, unless the path names another file by now, or none. The log that is left then would
    /// be taken for the new file's and spoil it, so it is put out of the way.
    fn still_there(&self, link: Link) -> Result<Link, Failure> {
        let found = file::identity(&self.path);
        if found.as_ref().is_ok_and(|found| *found == link.file) {
            return Ok(link);
        }
        let log = file::identity(&file::beside(&self.path, "-wal")).ok();
        if log.is_some() && log == link.log {
            check::set_log_aside(&self.path)?;
        }
        Err(found.map_or_else(Failure::from, |_| Failure::new(StallReason::Missing, "it was replaced")))
    }

    fn connect(&self) -> Result<Link, Failure> {
        file::keep_private(&self.path)?;
        // What must not be written to is found out before the file is.
        let examined = connection::to_examine(&self.path, self.busy_timeout)?;
        schema::writable_version(&self.path, &examined)?;
        let mut conn = connection::to_write(&self.path, self.busy_timeout)?;
        drop(examined);
        schema::migrate(&mut conn, schema::MIGRATIONS)?;
        self.shared.skip_to(request::next_id(&conn)?);
        self.shared.next_epoch();
        let file = file::identity(&self.path)?;
        Ok(Link { conn, file, log: None, is_noted: false, known: Known::default() })
    }

    /// Lets go of a damaged file, as it is, and moves it away with its log.
    pub(crate) fn set_aside(&mut self, why: String) -> Result<SetAside, LedgerError> {
        if let Some(link) = self.link.take()
            && let Err(error) = link.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        {
            tracing::debug!(%error, "the log of a damaged ledger is written into it");
        }
        let aside = check::set_aside(&self.path, why)?;
        self.shared.next_epoch();
        Ok(aside)
    }

    fn disconnect(&mut self) {
        self.link = None;
    }

    /// Notes the orderly end and lets go of the file.
    pub(crate) fn close(&mut self) {
        if let Some(link) = self.link.take() {
            let noted = instance::closed(&link.conn, self.instance, unix_nanos(SystemTime::now()));
            if let Err(error) = noted {
                tracing::warn!(%error, "the ledger's end could not be noted");
            }
        }
    }
}
