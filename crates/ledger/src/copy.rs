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
    let new = file::beside(to, ".restored");
    let result = copy_and_check(from, &new).and_then(|()| {
        let aside = check::move_aside(to, ".before-restore-")?;
        check::move_whole(&new, to)?;
        Ok(aside)
    });
    if result.is_err() {
        remove_whole(&new);
    }
    result
}

/// Copies the file, and its log if it has one: whatever is looked at is the copy, so that the backup stays as it is.
fn copy_and_check(from: &Path, new: &Path) -> Result<(), LedgerError> {
    remove_whole(new);
    for suffix in ["", "-wal"] {
        let (from, new) = (file::beside(from, suffix), file::beside(new, suffix));
        if file::length(&from)?.is_some() {
            std::fs::copy(&from, &new).map_err(|source| LedgerError::File {
                doing: "copy",
                path: from,
                source,
            })?;
        }
    }
    file::keep_private(new)?;
    let told_of = |error| match error {
        LedgerError::Newer { found, known, .. } => LedgerError::Newer { path: from.to_owned(), found, known },
        LedgerError::Foreign { .. } => LedgerError::Foreign { path: from.to_owned() },
        other => other,
    };
    match check::damage(new, BUSY_TIMEOUT).map_err(told_of)? {
        None => Ok(()),
        Some(why) => Err(LedgerError::Damaged { path: from.to_owned(), why }),
    }
}

/// What an attempt before has left.
fn remove_whole(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        // Mostly there is none; where it cannot be removed, the copy says so.
        let _ = std::fs::remove_file(file::beside(path, suffix));
    }
}
