//! How the writer fares, for the tray, the doctor and metrics.

use std::io;

use rusqlite::{Error, ErrorCode};
use serde::Serialize;
use turnpike_wire::money::NanoUsd;

use crate::check::Checked;
use crate::error::LedgerError;

/// SQLite's extended code for a read that ended before the page did.
const SHORT_READ: i32 = 522;

/// The writer's state, and what is not on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether rows get to the disk.
    pub state: WriterState,
    /// Rows that wait in memory.
    pub queued: usize,
    /// What will never be in the ledger.
    pub lost: Lost,
    /// Settlements that came for rows already settled, and were ignored.
    pub ignored_settlements: u64,
    /// How far the file was looked through.
    #[serde(flatten)]
    pub checked: Checked,
}

/// Whether rows get to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WriterState {
    /// They do.
    Ok,
    /// They wait.
    Stalled(Stall),
    /// The ledger was closed.
    Closed,
}

/// Why rows wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stall {
    /// Wall-clock time of the first failure, Unix nanoseconds.
    pub since: i64,
    /// What is wrong, to branch on.
    pub reason: StallReason,
    /// What the system said.
    pub detail: String,
}

/// What keeps rows from the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum StallReason {
    /// No room.
    #[error("the disk is full; free some space, requests go on meanwhile")]
    DiskFull,
    /// The file or folder may not be written.
    #[error("the ledger may not be written; give this user write access to the data folder")]
    NotWritable,
    /// Another program holds the database.
    #[error("another program holds the ledger locked; close it")]
    Locked,
    /// The file or its folder is gone, or is another one now.
    #[error("the ledger's file is gone; bring the data folder back, or restart Turnpike")]
    Missing,
    /// The file is damaged.
    #[error("the ledger's file is damaged; restart Turnpike, which sets it aside and begins a new one")]
    Damaged,
    /// The file is one that this program must not write to.
    #[error(
        "the ledger's file was replaced by one of another program or of a newer Turnpike; put the old one back"
    )]
    NotOurs,
    /// The disk failed.
    #[error("the disk failed; check it")]
    Io,
}

/// Rows that could not be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// How many requests have no row.
    pub rows: u64,
    /// What their settlements said they cost.
    pub cost_nanos: NanoUsd,
}

/// One failure to write: the reason, and the system's words.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: StallReason,
    pub(crate) detail: String,
}

// === impl Failure ===

impl Failure {
    pub(crate) fn new(reason: StallReason, detail: impl ToString) -> Self {
        Self { reason, detail: detail.to_string() }
    }

    /// Whether the connection is still to be trusted. After anything but a lock it is not: what the
    /// kernel said once about a failed sync it may not say again, so the pages must be written anew.
    pub(crate) const fn keeps_connection(&self) -> bool {
        matches!(self.reason, StallReason::Locked)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reason = match &error {
            Error::SqliteFailure(failure, _) => reason_of(failure.code, failure.extended_code),
            _ => StallReason::Io,
        };
        Self::new(reason, error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => StallReason::Missing,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StallReason::NotWritable,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StallReason::DiskFull,
            _ => StallReason::Io,
        };
        Self::new(reason, error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Open { source, .. } | LedgerError::Query(source) => source.into(),
            LedgerError::File { source, .. } => source.into(),
            other => Self::new(StallReason::NotOurs, other),
        }
    }
}

const fn reason_of(code: ErrorCode, extended: i32) -> StallReason {
    match code {
        ErrorCode::DiskFull => StallReason::DiskFull,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StallReason::NotWritable,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StallReason::Locked,
        ErrorCode::CannotOpen => StallReason::Missing,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StallReason::Damaged,
        ErrorCode::SystemIoFailure if extended == SHORT_READ => StallReason::Damaged,
        _ => StallReason::Io,
    }
}

/// Whether the row itself is at fault, so that trying again would fail again.
pub(crate) fn is_the_rows_fault(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig
        ),
        Error::ToSqlConversionFailure(_) => true,
        _ => false,
    }
}

/// Whether the error says that the file is no sound database.
pub(crate) fn is_damage(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => {
            matches!(reason_of(failure.code, failure.extended_code), StallReason::Damaged)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_failure_of_sqlite_has_its_reason() {
        let rows = [
            ("no room", ffi::SQLITE_FULL, StallReason::DiskFull),
            ("read-only", ffi::SQLITE_READONLY, StallReason::NotWritable),
            ("no permission", ffi::SQLITE_PERM, StallReason::NotWritable),
            ("busy", ffi::SQLITE_BUSY, StallReason::Locked),
            ("busy while recovering", ffi::SQLITE_BUSY_RECOVERY, StallReason::Locked),
            ("gone", ffi::SQLITE_CANTOPEN, StallReason::Missing),
            ("malformed", ffi::SQLITE_CORRUPT, StallReason::Damaged),
            ("not a database", ffi::SQLITE_NOTADB, StallReason::Damaged),
            ("short read", ffi::SQLITE_IOERR_SHORT_READ, StallReason::Damaged),
            ("failed sync", ffi::SQLITE_IOERR_FSYNC, StallReason::Io),
            ("failed write", ffi::SQLITE_IOERR_WRITE, StallReason::Io),
        ];
        for (name, code, reason) in rows {
            let failure = Failure::from(Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(failure.reason, reason, "{name}");
            assert_eq!(failure.keeps_connection(), reason == StallReason::Locked, "{name}");
        }
    }

    #[test]
    fn health_is_json_that_can_be_branched_on() {
        let stall = Stall { since: 7, reason: StallReason::DiskFull, detail: "full".to_owned() };
        let health = Health {
            state: WriterState::Stalled(stall),
            queued: 2,
            lost: Lost { rows: 1, cost_nanos: NanoUsd(5) },
            ignored_settlements: 0,
            checked: Checked::Head,
        };
        assert_eq!(
            serde_json::to_value(&health).unwrap(),
            serde_json::json!({
                "state": {"state": "stalled", "since": 7, "reason": "disk_full", "detail": "full"},
                "queued": 2,
                "lost": {"rows": 1, "cost_nanos": 5},
                "ignored_settlements": 0,
                "checked": "head",
            })
        );
    }
}
