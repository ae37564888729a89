//! What one session cost: the line that people see when it ends.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::error::LedgerError;
use crate::query::question::measures;
use crate::query::spend::SpendRow;
use crate::query::totals::Totals;

/// What one session cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionReceipt {
    /// The client's session id.
    pub session: String,
    /// Folder of its latest request that told one.
    pub project: Option<String>,
    /// Wall-clock time of its first request, Unix nanoseconds.
    pub first_started_at: i64,
    /// Wall-clock time of its latest request, Unix nanoseconds.
    pub last_started_at: i64,
    /// Requests that are not settled yet, and in none of the sums.
    pub open: i64,
    /// The sum.
    pub total: Totals,
    /// The same by model that answered, the dearest first.
    pub models: Vec<SpendRow>,
}

pub(crate) const SPAN: &str =
    "SELECT count(*), ifnull(sum(status = 'open'), 0), min(started_at), max(started_at)
    FROM request WHERE session = ?1";

pub(crate) const PROJECT: &str = "SELECT project FROM request WHERE session = ?1 AND project IS NOT NULL
    ORDER BY id DESC LIMIT 1";

/// Sums by model. The view's own `session` is never NULL and so has no index: the table's is asked.
pub(crate) fn by_model() -> String {
    format!(
        "SELECT s.served_model, {} FROM request r CROSS JOIN settled_request s ON s.id = r.id
         WHERE r.session = ?1 GROUP BY 1",
        measures("s"),
    )
}

pub(crate) fn session(conn: &Connection, session: &str) -> Result<Option<SessionReceipt>, LedgerError> {
    let transaction = conn.unchecked_transaction()?;
    let (count, open, first, last): (i64, i64, Option<i64>, Option<i64>) = transaction
        .prepare_cached(SPAN)?
        .query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    if count == 0 {
        return Ok(None);
    }
    let project = transaction.prepare_cached(PROJECT)?.query_row([session], |row| row.get(0)).optional()?;
    let mut models = transaction
        .prepare_cached(&by_model())?
        .query_map([session], SpendRow::read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut total = Totals::default();
    models.iter().try_for_each(|model| total.add(&model.totals))?;
    SpendRow::dearest_first(&mut models);
    Ok(Some(SessionReceipt {
        session: session.to_owned(),
        project,
        first_started_at: first.unwrap_or_default(),
        last_started_at: last.unwrap_or_default(),
        open,
        total,
        models,
    }))
}
