//! Rows for people to look through, the newest first.

use rusqlite::{Connection, Result, params};

use crate::row::{RequestRow, RowId};
use crate::table::request;

/// Rows of one page at most.
const MOST_ROWS: u32 = 1_000;

/// Which rows to show. Numbers order them, so that a clock that was set back hides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only rows before that one: the last of the page before. `None` for the newest.
    pub before: Option<RowId>,
    /// How many, at most 1,000.
    pub limit: u32,
}

pub(crate) fn sql() -> String {
    format!("{} WHERE id < ?1 ORDER BY id DESC LIMIT ?2", *request::SELECT)
}

/// Rows after one, the oldest first.
pub(crate) fn after(conn: &Connection, after: RowId, limit: u32) -> Result<Vec<RequestRow>> {
    let sql = format!("{} WHERE id > ?1 ORDER BY id LIMIT ?2", *request::SELECT);
    conn.prepare_cached(&sql)?.query_map(params![after, limit.min(MOST_ROWS)], request::read)?.collect()
}

pub(crate) fn recent(conn: &Connection, page: Page) -> Result<Vec<RequestRow>> {
    let before = page.before.map_or(i64::MAX, RowId::get);
    conn.prepare_cached(&sql())?
        .query_map(params![before, page.limit.min(MOST_ROWS)], request::read)?
        .collect()
}
