//! What is at the ledger's path, before anything is written there. A damaged file is set aside with its
//! log, never mended and never deleted; a newer one and another program's are refused untouched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use crate::error::LedgerError;
use crate::health::is_damage;
use crate::{connection, file, schema};

/// The write-ahead log, beside the main file.
const LOG: &str = "-wal";
/// The index of the log, made anew when it is not there.
const LOG_INDEX: &str = "-shm";
/// What the name of a damaged file goes on with, before the time.
const DAMAGED: &str = ".corrupt-";

/// A damaged ledger that was moved away, so that a new one could be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// Where it is now. Its log, if it had one, is beside it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// How far the file was looked through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "checked", rename_all = "snake_case")]
pub enum Checked {
    /// Its head and what opening reads; the rest waits for [`crate::Ledger::check_whole`].
    Head,
    /// All of it, and it is sound.
    Sound,
    /// It was damaged; a new one was begun while the service ran. To be told to the user.
    SetAside(SetAside),
}

/// What was found at the path.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Absent,
    Sound,
    /// Too large to be looked through while somebody waits.
    Large,
    Damaged(String),
}

/// Makes sure that `path` holds a ledger or nothing; moves a damaged one away and tells so. What is no longer than `whole`
/// bytes is looked through to its end.
pub(crate) fn sound_or_set_aside(
    path: &Path,
    busy_timeout: Duration,
    whole: u64,
) -> Result<(Checked, Option<SetAside>), LedgerError> {
    match condition(path, busy_timeout, whole)? {
        Condition::Absent | Condition::Sound => Ok((Checked::Sound, None)),
        Condition::Large => Ok((Checked::Head, None)),
        Condition::Damaged(why) => Ok((Checked::Sound, Some(set_aside(path, why)?))),
    }
}

fn condition(path: &Path, busy_timeout: Duration, whole: u64) -> Result<Condition, LedgerError> {
    let log = file::length(&file::beside(path, LOG))?.unwrap_or(0);
    let length = match file::length(path)? {
        None if log == 0 => return Ok(Condition::Absent),
        None => return Ok(Condition::Damaged("its main file is gone, only the log is left".to_owned())),
        Some(0) => return Ok(Condition::Damaged("the file is empty".to_owned())),
        Some(length) => length.saturating_add(log),
    };
    let failed = |source| LedgerError::Open { path: path.to_owned(), source };
    let conn = connection::to_examine(path, busy_timeout).map_err(failed)?;
    match examine(path, &conn, length <= whole) {
        Ok(condition) => Ok(condition),
        Err(LedgerError::Query(error)) if is_damage(&error) => Ok(Condition::Damaged(error.to_string())),
        Err(LedgerError::Query(error)) => Err(failed(error)),
        Err(other) => Err(other),
    }
}

fn examine(path: &Path, conn: &Connection, is_short: bool) -> Result<Condition, LedgerError> {
    schema::writable_version(path, conn)?;
    if !is_short {
        return Ok(Condition::Large);
    }
    Ok(look_through(conn)?.map_or(Condition::Sound, Condition::Damaged))
}

/// Reads the whole file and tells what is wrong with it.
pub(crate) fn look_through(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(Some(verdict).filter(|verdict| verdict != "ok"))
}

/// What is wrong with the ledger at `path`; `None` when it is sound. Reads all of it.
pub(crate) fn damage(path: &Path, busy_timeout: Duration) -> Result<Option<String>, LedgerError> {
    Ok(match condition(path, busy_timeout, u64::MAX)? {
        Condition::Absent | Condition::Sound | Condition::Large => None,
        Condition::Damaged(why) => Some(why),
    })
}

/// Moves what is at the path, if anything is, with its log; returns where.
pub(crate) fn move_aside(path: &Path, mark: &str) -> Result<Option<PathBuf>, LedgerError> {
    if file::length(path)?.is_none() && file::length(&file::beside(path, LOG))?.is_none() {
        return Ok(None);
    }
    let aside = free_name(path, mark)?;
    move_all(path, &aside, &["", LOG, LOG_INDEX])?;
    Ok(Some(aside))
}

/// Gives the file at `path`, with its log, another name.
pub(crate) fn move_whole(path: &Path, to: &Path) -> Result<(), LedgerError> {
    move_all(path, to, &["", LOG, LOG_INDEX])
}

/// Moves a damaged ledger away with its log.
pub(crate) fn set_aside(path: &Path, why: String) -> Result<SetAside, LedgerError> {
    let aside = free_name(path, DAMAGED)?;
    move_all(path, &aside, &["", LOG, LOG_INDEX])?;
    tracing::error!(path = %aside.display(), %why, "damaged ledger set aside");
    Ok(SetAside { path: aside, why })
}

/// Moves the log away from a main file that it does not belong to.
pub(crate) fn set_log_aside(path: &Path) -> Result<(), LedgerError> {
    let aside = free_name(path, DAMAGED)?;
    tracing::error!(path = %aside.display(), "log of a ledger that is gone set aside");
    move_all(path, &aside, &[LOG, LOG_INDEX])
}

fn move_all(path: &Path, aside: &Path, suffixes: &[&str]) -> Result<(), LedgerError> {
    for suffix in suffixes {
        let from = file::beside(path, suffix);
        if file::length(&from)?.is_some() {
            std::fs::rename(&from, file::beside(aside, suffix)).map_err(|source| LedgerError::File {
                doing: "set aside",
                path: from,
                source,
            })?;
        }
    }
    Ok(())
}

/// `ledger.sqlite.corrupt-20261101T120000Z`, with a number when that is taken.
fn free_name(path: &Path, mark: &str) -> Result<PathBuf, LedgerError> {
    let stamp = format!("{mark}{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
    let mut name = file::beside(path, &stamp);
    let mut number = 2;
    while file::length(&name)?.is_some() || file::length(&file::beside(&name, LOG))?.is_some() {
        name = file::beside(path, &format!("{stamp}-{number}"));
        number += 1;
    }
    Ok(name)
}
