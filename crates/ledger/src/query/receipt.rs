//! What one session cost: the line that people see when it ends. The sums come from combinations of facts, so they are
//! right also when the rows were pruned.

use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::error::LedgerError;
use crate::query::dimension::{Dimension, Facet};
use crate::query::spend::{SpendQuery, SpendRow, spend};
use crate::query::totals::Totals;
use crate::table::usage::QUARTER_NS;

/// What one session cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionReceipt {
    /// The client's session id.
    pub session: String,
    /// Folder of its latest request that told one.
    pub project: Option<String>,
    /// Wall-clock time of its first request, Unix nanoseconds; of pruned rows, their quarter of an hour.
    pub first_started_at: i64,
    /// Wall-clock time of its latest request, Unix nanoseconds; of pruned rows, their quarter of an hour.
    pub last_started_at: i64,
    /// Requests that are not settled yet, and in none of the sums.
    pub open: i64,
    /// The sum.
    pub total: Totals,
    /// The same by model that answered, the dearest first.
    pub models: Vec<SpendRow>,
}

pub(crate) const SPAN: &str = "SELECT ifnull(sum(status = 'open'), 0), min(started_at), max(started_at) FROM request WHERE session = ?1";

/// The first and the last quarter of an hour in which something was settled, and the latest project.
pub(crate) const QUARTERS: &str = "SELECT min(x.quarter), max(x.quarter)
    FROM mix m CROSS JOIN mix_quarter x ON x.mix = m.id
    WHERE m.session = (SELECT id FROM facet WHERE kind = 6 AND text = ?1)";

pub(crate) const PROJECT: &str = "SELECT f.text
    FROM mix m CROSS JOIN mix_quarter x ON x.mix = m.id CROSS JOIN facet f ON f.id = m.project
    WHERE m.session = (SELECT id FROM facet WHERE kind = 6 AND text = ?1) AND f.text <> ''
    ORDER BY x.quarter DESC, m.id DESC LIMIT 1";

pub(crate) fn session(conn: &Connection, session: &str) -> Result<Option<SessionReceipt>, LedgerError> {
    if session.is_empty() {
        // An empty fact stands for "not known", and that is no session.
        return Ok(None);
    }
    let pair = |sql: &str| -> rusqlite::Result<(i64, Option<i64>, Option<i64>)> {
        conn.prepare_cached(sql)?.query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    };
    let (open, mut first, mut last) = pair(SPAN)?;
    let (first_quarter, last_quarter): (Option<i64>, Option<i64>) =
        conn.prepare_cached(QUARTERS)?.query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let (Some(from), Some(to)) = (first_quarter, last_quarter) {
        // Rows tell the time exactly; a quarter without its row tells itself.
        let (begin, end) = (from * QUARTER_NS, to * QUARTER_NS);
        first = Some(first.filter(|row| *row < begin + QUARTER_NS).unwrap_or(begin));
        last = Some(last.filter(|row| *row >= end).unwrap_or(end));
    }
    let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
    let project = conn.prepare_cached(PROJECT)?.query_row([session], |row| row.get(0)).optional()?;
    let only = vec![(Facet::Session, session.to_owned())];
    let query = SpendQuery { only, ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC) };
    let report = spend(conn, &query)?;
    Ok(Some(SessionReceipt {
        session: session.to_owned(),
        project,
        first_started_at: first,
        last_started_at: last,
        open,
        total: report.total,
        models: report.rows,
    }))
}
