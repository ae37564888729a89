//! What was changed on purpose, by whom and when.
//!
//! Such actions are few and far from a request's way, so each is written at once, through a connection of its own: the
//! command line does the same when no service runs.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::error::LedgerError;
use crate::json_text::JsonText;
use crate::row::unix_nanos;
use crate::table::audit;
use crate::{connection, file, schema};

/// How long another program's lock is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Something that was done. None of it may be a secret.
#[derive(Clone, Debug, Default)]
pub struct NewAction {
    /// Who did it: `page`, `program`, `cli`.
    pub actor: String,
    /// What was done, such as `key.set`.
    pub action: String,
    /// The client, map or budget it was about.
    pub subject: Option<String>,
    /// What else was asked for.
    pub details: Option<JsonText>,
}

/// Something that was done, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionRow {
    /// Number of the row; later actions have larger ones.
    pub id: i64,
    /// Wall-clock time, Unix nanoseconds.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The client, map or budget it was about.
    pub subject: Option<String>,
    /// What else was asked for.
    pub details: Option<JsonText>,
}

/// Keeps an action in the ledger at `path`, which is made when it is missing. Blocks on the disk.
///
/// # Errors
/// [`LedgerError::Newer`] and [`LedgerError::Foreign`] leave the file as it is; [`LedgerError::InUse`] when it has an
/// older schema and a service runs on it; the others say what the system refused.
pub fn note_action(path: &Path, new: &NewAction) -> Result<(), LedgerError> {
    let failed = |source| LedgerError::Open { path: path.to_owned(), source };
    file::keep_private(path)?;
    let examined = connection::to_examine(path, BUSY_TIMEOUT).map_err(failed)?;
    let found = schema::writable_version(path, &examined)?;
    let mut conn = connection::to_write(path, BUSY_TIMEOUT).map_err(failed)?;
    drop(examined);
    if found < schema::KNOWN {
        let _lock = file::lock(path)?;
        schema::migrate(&mut conn, schema::MIGRATIONS).map_err(failed)?;
    }
    audit::insert(&conn, unix_nanos(SystemTime::now()), new).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ledger, LedgerReader, OpenOptions};

    fn action(name: &str) -> NewAction {
        let details = JsonText::parse("{\"models\":[\"qwen/*\"]}".to_owned()).ok();
        NewAction {
            actor: "cli".to_owned(),
            action: name.to_owned(),
            subject: Some("ci".to_owned()),
            details,
        }
    }

    #[test]
    fn actions_are_kept_with_and_without_an_open_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        note_action(&path, &action("client.add")).unwrap();
        let (ledger, report) = Ledger::open(&path, &OpenOptions::default()).unwrap();
        assert!(!report.created, "the action made it");
        note_action(&path, &action("client.rotate")).unwrap();
        note_action(&path, &action("client.revoke")).unwrap();
        let names = |before, limit| {
            let rows = ledger.reader().actions(before, limit).unwrap();
            rows.into_iter().map(|row| (row.id, row.action)).collect::<Vec<_>>()
        };
        let row = |id, name: &str| (id, name.to_owned());
        assert_eq!(names(None, 2), [row(3, "client.revoke"), row(2, "client.rotate")]);
        assert_eq!(names(Some(2), 9), [row(1, "client.add")]);
        drop(ledger);
        let rows = LedgerReader::open(&path).unwrap().actions(None, 1).unwrap();
        assert_eq!((rows[0].actor.as_str(), rows[0].subject.as_deref()), ("cli", Some("ci")));
        assert!(rows[0].at > 0 && rows[0].details.is_some());
    }

    #[test]
    fn another_programs_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.sqlite");
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(note_action(&path, &action("key.set")), Err(LedgerError::Foreign { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
