//! How far old rows were taken out. Their sums stay.

use rusqlite::{Connection, Result, params};

use crate::table::latency::DAY_NS;

pub(crate) const CREATE: &str = "
CREATE TABLE pruned (
    until INTEGER NOT NULL                 -- rows accepted before, Unix nanoseconds, may be gone; a whole UTC day
) STRICT;

INSERT INTO pruned VALUES (0);
";

/// Rows that one transaction takes out: few enough that new ones do not wait long.
const ROWS: i64 = 1_000;
/// A cost that nobody has told yet may still be looked up for so long.
const PATIENCE_NS: i64 = 30 * DAY_NS;

/// Before this (Unix nanoseconds) only sums tell all.
pub(crate) fn until(conn: &Connection) -> Result<i64> {
    conn.prepare_cached("SELECT ifnull(max(until), 0) FROM pruned")?.query_row([], |row| row.get(0))
}

/// The begin of the UTC day in which `at` lies.
pub(crate) const fn whole_day(at: i64) -> i64 {
    at - at % DAY_NS
}

/// What goes: settled rows accepted before `?1`. What may still be looked up stays, and so does the newest row, whose
/// number tells the next one.
pub(crate) const PRUNE: &str = "DELETE FROM request WHERE id IN (
    SELECT id FROM request WHERE started_at < ?1 AND status <> 'open'
        AND (cost_source <> 'estimate' OR generation_id IS NULL OR started_at < ?2)
        AND id < (SELECT max(id) FROM request)
    ORDER BY started_at LIMIT ?3)";

/// Takes out some rows that were accepted before a whole day's begin, and notes how far. Returns how many; when there
/// are fewer than it takes at once, none is left.
pub(crate) fn prune(conn: &Connection, before: i64) -> Result<Pruned> {
    let noted = conn.execute("UPDATE pruned SET until = ?1 WHERE until < ?1", [before])?;
    let patience = before.saturating_sub(PATIENCE_NS);
    let rows = conn.prepare_cached(PRUNE)?.execute(params![before, patience, ROWS])?;
    Ok(Pruned { rows, is_done: (rows as i64) < ROWS, is_news: noted > 0 || rows > 0 })
}

/// What one step took out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pruned {
    pub(crate) rows: usize,
    pub(crate) is_done: bool,
    /// Whether the transaction changed anything.
    pub(crate) is_news: bool,
}
