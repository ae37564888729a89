//! Several questions about one moment, whatever is written meanwhile.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use turnpike_wire::money::NanoUsd;

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

    /// What each of these rows cost that was settled by then, and so is in its sums.
    ///
    /// # Errors
    /// [`LedgerError::Query`] when the disk fails.
    pub fn settled(&self, rows: &[RowId]) -> Result<HashMap<RowId, NanoUsd>, LedgerError> {
        let mut statement =
            self.0.prepare_cached("SELECT cost_nanos FROM request WHERE id = ?1 AND status <> 'open'")?;
        let mut settled = HashMap::new();
        for row in rows {
            if let Some(cost) = statement.query_row([row], |row| row.get(0)).optional()? {
                settled.insert(*row, NanoUsd(cost));
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
