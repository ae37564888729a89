//! A ledger as one sound file: a copy while the service runs, and one put in its place.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::error::LedgerError;
use crate::reader::BUSY_TIMEOUT;
use crate::{check, file, schema};

/// Writes all that is committed in the ledger at `from` to a new file, for its owner alone. A service may run meanwhile.
///
/// # Errors
/// [`LedgerError::Missing`] without a ledger; [`LedgerError::File`] when `to` exists or cannot be made;
/// [`LedgerError::Query`] when SQLite refuses.
pub fn backup(from: &Path, to: &Path) -> Result<(), LedgerError> {
    if file::length(from)?.is_none() {
        return Err(LedgerError::Missing { path: from.to_owned() });
    }
    if file::length(to)?.is_some() {
        let source = std::io::ErrorKind::AlreadyExists.into();
        return Err(LedgerError::File { doing: "write", path: to.to_owned(), source });
    }
    let conn = Connection::open_with_flags(
        from,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    schema::writable_version(from, &conn)?;
    // Made empty first, so that nobody else can read it at any moment.
    file::keep_private(to)?;
    let name = to.to_str().ok_or_else(|| LedgerError::File {
        doing: "write",
        path: to.to_owned(),
        source: std::io::Error::other("its name is no Unicode"),
    })?;
    conn.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Puts a copy of the ledger at `from` in the place of the one at `to`, which is kept aside; returns where. No service
/// may run.
///
/// # Errors
/// [`LedgerError::InUse`] while a service runs; [`LedgerError::Damaged`], [`LedgerError::Newer`] or
/// [`LedgerError::Foreign`] when `from` is no sound ledger of this program. The old ledger is then as it was.
pub fn restore(from: &Path, to: &Path) -> Result<Option<std::path::PathBuf>, LedgerError> {
    if file::length(from)?.is_none() {
        return Err(LedgerError::Missing { path: from.to_owned() });
    }
    let _lock = file::lock(to)?;
    if let Some(why) = check::damage(from, BUSY_TIMEOUT)? {
        return Err(LedgerError::Damaged { path: from.to_owned(), why });
    }
    let new = file::beside(to, ".restored");
    if file::length(&new)?.is_some() {
        std::fs::remove_file(&new).map_err(|source| LedgerError::File {
            doing: "remove",
            path: new.clone(),
            source,
        })?;
    }
    backup(from, &new)?;
    let aside = check::move_aside(to, ".before-restore-")?;
    std::fs::rename(&new, to).map_err(|source| LedgerError::File {
        doing: "replace",
        path: to.to_owned(),
        source,
    })?;
    Ok(aside)
}
