//! Several questions about one moment, whatever is written meanwhile.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use crate::error::LedgerError;
use crate::query::spend::{self, SpendQuery, SpendReport};
use crate::query::totals::Totals;
use crate::row::RowId;
use crate::table::request::{self, DatedBefore};

/// The ledger as it was at one moment.
#[derive(Debug)]
pub struct Snapshot<'c>(&'c Connection);

// === impl Snapshot ===

impl Snapshot<'_> {
    /// As [`crate::LedgerReader::spend`].
    ///
    /// # Errors
    /// As there.
    pub fn spend(&self, query: &SpendQuery) -> Result<SpendReport, LedgerError> {
        spend::spend(self.0, query)
    }

    /// As [`crate::LedgerReader::totals`].
    ///
    /// # Errors
    /// As there.
    pub fn totals(&self, query: &SpendQuery) -> Result<Totals, LedgerError> {
        spend::totals(self.0, query)
    }

    /// Settled rows that came after the row `after` and bear a time before `before` (Unix nanoseconds): they were
    /// accepted with the clock set back.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn dated_before(&self, after: RowId, before: i64) -> Result<Vec<DatedBefore>, LedgerError> {
        Ok(request::dated_before(self.0, after, before)?)
    }

    /// Which of these rows were settled by then, and are in its sums.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn settled(&self, rows: &[RowId]) -> Result<HashSet<RowId>, LedgerError> {
        let mut statement =
            self.0.prepare_cached("SELECT 1 FROM request WHERE id = ?1 AND status <> 'open'")?;
        let mut settled = HashSet::new();
        for row in rows {
            if statement.query_row([row], |_| Ok(())).optional()?.is_some() {
                settled.insert(*row);
            }
        }
        Ok(settled)
    }
}

/// Puts questions about one moment.
pub(crate) fn at_once<T>(
    conn: &Connection,
    questions: impl FnOnce(&Snapshot<'_>) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let moment = conn.unchecked_transaction()?;
    questions(&Snapshot(&moment))
}
