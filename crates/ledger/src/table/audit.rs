//! What was changed on purpose: keys, budgets, maps, tokens. Kept when old requests are pruned.

use rusqlite::{Connection, Result, Row, params};

use crate::audit::{ActionRow, NewAction};

pub(crate) const CREATE: &str = "
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,              -- wall clock, Unix nanoseconds
    actor   TEXT NOT NULL,                 -- who: cli, page, tray, file, service
    action  TEXT NOT NULL,                 -- what was done, such as key.set or budget.raise
    subject TEXT,                          -- the client, map or budget it was about; never a secret
    details TEXT                           -- JSON; never a secret
) STRICT;
";

pub(crate) fn insert(conn: &Connection, at: i64, new: &NewAction) -> Result<()> {
    let sql = "INSERT INTO audit (at, actor, action, subject, details) VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute(params![at, new.actor, new.action, new.subject, new.details])?;
    Ok(())
}

/// Actions before a number, the newest first.
pub(crate) fn list(conn: &Connection, before: i64, limit: u32) -> Result<Vec<ActionRow>> {
    let sql =
        "SELECT id, at, actor, action, subject, details FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let read = |row: &Row<'_>| {
        Ok(ActionRow {
            id: row.get("id")?,
            at: row.get("at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            details: row.get("details")?,
        })
    };
    conn.prepare_cached(sql)?.query_map(params![before, limit], read)?.collect()
}
