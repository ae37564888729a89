//! What can keep the ledger from being opened or asked.

use std::io;
use std::path::PathBuf;

/// Why the ledger could not be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process, or another part of this one, has it open for writing.
    #[error(
        "the ledger {} is in use by another running Turnpike; stop that one, or give this one a data folder of its own with --data-dir",
        path.display()
    )]
    InUse {
        /// The ledger's file.
        path: PathBuf,
    },
    /// A newer program wrote it. It was not touched.
    #[error(
        "the ledger {} was written by a newer Turnpike (schema {found}, this one knows {known}) and was left as it is; update Turnpike, or use another data folder",
        path.display()
    )]
    Newer {
        /// The ledger's file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The newest number this program knows.
        known: i64,
    },
    /// It has an older schema, and a reader may not change it.
    #[error(
        "the ledger {} has the older schema {found} (this Turnpike uses {known}); start the service once to bring it up to date",
        path.display()
    )]
    Older {
        /// The ledger's file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The number this program uses.
        known: i64,
    },
    /// A sound database, but not a ledger. It was not touched.
    #[error(
        "{} is a database of another program and was left as it is; move it away, or use another data folder",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is no sound database. It was not touched.
    #[error("{} is damaged ({why}) and was left as it is; choose another backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no ledger to read.
    #[error("there is no ledger at {}; it is made when the service first starts", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file system refused something.
    #[error("cannot {doing} {}: {source}; check that the folder exists, has room and is writable", path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite refused something while the ledger was being opened.
    #[error("cannot open the ledger {}: {source}", path.display())]
    Open {
        /// The ledger's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the ledger's writer: {0}")]
    Thread(io::Error),
    /// A question could not be answered.
    #[error("the ledger cannot answer: {0}")]
    Query(#[from] rusqlite::Error),
    /// A sum does not fit into 64 bits.
    #[error("the sum is larger than can be counted; ask for a shorter time")]
    Overflow,
    /// The time asked for ends before it begins.
    #[error("the time asked for ends ({until}) before it begins ({since}); swap --since and --until")]
    Reversed {
        /// Begin, RFC 3339.
        since: String,
        /// End, RFC 3339.
        until: String,
    },
}

/// Rows were still waiting when the deadline came. They stay queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{queued} rows of the ledger are not on disk yet")]
pub struct FlushTimeout {
    /// Rows that wait.
    pub queued: usize,
}

// === impl LedgerError ===

/// SQLite's words for a sum that does not fit.
pub(crate) const OVERFLOW: &str = "integer overflow";

impl LedgerError {
    /// Sorts an error of a query: a sum too large has a sentence of its own.
    pub(crate) fn from_query(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(_, Some(words)) if words.contains(OVERFLOW) => Self::Overflow,
            _ => Self::Query(error),
        }
    }
}
