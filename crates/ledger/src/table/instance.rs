//! Openings of the ledger. Rows left open by an earlier one can have no settlement any more.

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::row::InstanceId;

pub(crate) const CREATE: &str = "
CREATE TABLE instance (
    id        INTEGER PRIMARY KEY,
    opened_at INTEGER NOT NULL,            -- wall clock, Unix nanoseconds
    closed_at INTEGER,                     -- NULL while it runs, and for ever when it died
    pid       INTEGER NOT NULL,
    version   TEXT NOT NULL                -- of the program
) STRICT;
";

/// The number of the next opening.
pub(crate) fn next_id(conn: &Connection) -> Result<InstanceId> {
    conn.query_row("SELECT ifnull(max(id), 0) + 1 FROM instance", [], |row| row.get(0).map(InstanceId))
}

/// Notes that the ledger is open. Told again, after the file was replaced, it changes nothing.
pub(crate) fn opened(conn: &Connection, id: InstanceId, at: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO instance (id, opened_at, pid, version) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![id.0, at, std::process::id(), env!("CARGO_PKG_VERSION")],
    )
    .map(|_| ())
}

/// When that opening was, in Unix nanoseconds.
pub(crate) fn opened_at(conn: &Connection, id: InstanceId) -> Result<Option<i64>> {
    conn.query_row("SELECT opened_at FROM instance WHERE id = ?1", [id.0], |row| row.get(0)).optional()
}

/// Notes that the ledger was closed in order.
pub(crate) fn closed(conn: &Connection, id: InstanceId, at: i64) -> Result<()> {
    conn.execute("UPDATE instance SET closed_at = ?2 WHERE id = ?1", params![id.0, at]).map(|_| ())
}
