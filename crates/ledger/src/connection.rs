//! How connections are set up: one that writes, others that cannot.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result};

use crate::query::fold;

/// Bytes of the write-ahead log that are kept after a checkpoint.
const LOG_BYTES: i64 = 64 * 1024 * 1024;
/// Prepared statements kept by a connection: more than there are kinds of question.
const STATEMENTS: usize = 64;

/// A connection to an existing file that may write to it, set to survive a power cut.
pub(crate) fn to_write(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(busy_timeout)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an ordinary sync leaves the data in the drive's cache.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// A connection that cannot write.
pub(crate) fn to_read(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(busy_timeout)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    fold::register(&conn)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// A connection to look at a file that may be damaged or not ours: it leaves the write-ahead log as it is.
pub(crate) fn to_examine(path: &Path, busy_timeout: Duration) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(busy_timeout)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_synced_and_a_reader_cannot_write() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("ledger.sqlite");
        std::fs::write(&path, "").unwrap();
        let writer = to_write(&path, Duration::ZERO).unwrap();
        let setting = |name: &str| {
            writer.query_row(
                &format!("SELECT CAST(v AS TEXT) FROM (SELECT {name} AS v FROM pragma_{name})"),
                [],
                |row| row.get::<_, String>(0),
            )
        };
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("fullfsync", "1")] {
            assert_eq!(setting(name).unwrap(), value, "{name}");
        }
        writer.execute_batch("CREATE TABLE t (x)").unwrap();
        let reader = to_read(&path, Duration::ZERO).unwrap();
        assert!(reader.execute_batch("INSERT INTO t VALUES (1)").is_err());
    }
}
