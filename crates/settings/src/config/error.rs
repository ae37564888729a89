//! What can be wrong with `config.toml`, in words that name the line, the key and the remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use turnpike_routing::Unsafe;

use super::CONFIG_VERSION;
use super::file::Revision;

/// Why a configuration could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there but cannot be read.
    #[error("{} cannot be read ({source}): make it readable for you", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is empty although it was not: most likely it was cut off while it was written.
    #[error("{} is empty but was not before: put it back, or write a comment line into it to start afresh", path.display())]
    Emptied {
        /// The file.
        path: PathBuf,
    },
    /// The text is wrong in one place.
    #[error("{}, {fault}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and what.
        fault: Box<Fault>,
    },
}

/// Why an edit was not made, or may not outlive a power cut ([`EditError::Unwritable`]).
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is no longer the one the edit was meant for.
    #[error(
        "the configuration was changed by somebody else in the meantime: look at it again, then repeat the change"
    )]
    Conflict {
        /// What the edit was made for.
        expected: Revision,
        /// What is in the file.
        found: Revision,
    },
    /// The file could not be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file would not load after the edit.
    #[error("this change was not made: {0}")]
    Invalid(Box<Fault>),
    /// There is no map of that name.
    #[error("there is no map named `{0}`: `turnpike map list` shows those there are")]
    NoSuchMap(String),
    /// There is a map of that name already.
    #[error("there is a map named `{0}` already: remove it first, or change its target")]
    MapExists(String),
    /// The path leads nowhere.
    #[error("`{0}` is no place in the configuration: write a path like budget.daily_usd or map[0].target")]
    NoSuchPlace(String),
    /// The new text could not be written.
    #[error("{} cannot be written ({source}): make its folder writable and see that the disk has room, then look at it again", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// One thing that is wrong, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The key, as `map[0].target`; `None` when the text is no TOML.
    pub key: Option<String>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is no TOML.
    Syntax(String),
    /// The file was written by a newer Turnpike.
    NewerVersion(i64),
    /// A key that means nothing.
    UnknownKey {
        /// The key.
        name: String,
        /// The table it stands in, as `map[]`.
        table: String,
        /// What it was probably meant to be.
        meant: Option<String>,
    },
    /// A key that must be there.
    MissingKey {
        /// The key.
        name: String,
        /// The table it belongs into.
        table: String,
        /// What to write.
        what: &'static str,
    },
    /// A value where a table must be.
    NotTable {
        /// How the table is written.
        header: String,
    },
    /// A value of another kind or out of its range.
    WrongValue {
        /// What it must be.
        what: &'static str,
        /// What is written; empty where it is not for showing.
        found: String,
    },
    /// The same name a second time.
    Twice {
        /// The name.
        name: String,
        /// The line of the first.
        first: usize,
    },
    /// A rule without a condition.
    NoCondition,
    /// `action = "stop"` without any cap.
    NothingToStopAt,
    /// Both ways to say how long the model thinks.
    TwoEfforts,
    /// A safety check sent to a model that must not give its verdict.
    UnsafeSafetyCheck {
        /// The target.
        target: String,
        /// Why not that one.
        why: Unsafe,
    },
}

// === impl Fault ===

impl Fault {
    /// What is wrong, without the line: for beside a field.
    #[must_use]
    pub fn words(&self) -> String {
        let words = self.to_string();
        words.strip_prefix(&format!("line {}: ", self.line)).unwrap_or(&words).to_owned()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_deref().unwrap_or_default();
        write!(f, "line {}: ", self.line)?;
        match &self.problem {
            Problem::Syntax(message) => write!(f, "this is no TOML, column {}: {message}", self.column),
            Problem::NewerVersion(found) => write!(
                f,
                "version {found} was written by a newer Turnpike, this one reads up to {CONFIG_VERSION}: update \
                 Turnpike, or move the file aside"
            ),
            Problem::UnknownKey { name, table, meant } => {
                write!(f, "unknown key `{name}` in {}", header(table))?;
                match meant {
                    Some(meant) => write!(f, "; did you mean `{meant}`?"),
                    None => write!(f, "; remove it"),
                }
            }
            Problem::MissingKey { name, table, what } => {
                write!(f, "{} needs `{name}`: {what}", header(table))
            }
            Problem::NotTable { header } => write!(f, "`{key}` is a section of its own: write {header}"),
            Problem::WrongValue { what, found } if found.is_empty() => write!(f, "`{key}` must be {what}"),
            Problem::WrongValue { what, found } => write!(f, "`{key}` must be {what}, not {found}"),
            Problem::Twice { name, first } => {
                write!(f, "`{name}` stands already in line {first}: only the first counts, remove one")
            }
            Problem::NoCondition => {
                write!(f, "a rule without a condition takes every request: add one to `when`, or use [[map]]")
            }
            Problem::NothingToStopAt => write!(
                f,
                "`{key}` has no cap to stop at: add daily_usd, weekly_usd or monthly_usd, or write \"warn\""
            ),
            Problem::TwoEfforts => {
                write!(f, "`effort` and `reasoning_max_tokens` exclude each other: remove one")
            }
            Problem::UnsafeSafetyCheck { target, why } => {
                let what = match why {
                    Unsafe::Free => "a free model",
                    Unsafe::Router => "a router, which picks any model",
                    Unsafe::SmallWork => "the model that a rule names for small work",
                };
                write!(
                    f,
                    "`{target}` is {what}, and a safety check lets commands run unasked: name a strong model"
                )
            }
        }
    }
}

/// A table as it is written in the file.
pub(super) fn header(table: &str) -> String {
    match table.split_once("[]") {
        None if table.is_empty() => "the file's top level".to_owned(),
        None => format!("[{table}]"),
        Some((list, "")) => format!("[[{list}]]"),
        Some((list, rest)) => format!("`{}` of [[{list}]]", rest.trim_start_matches('.')),
    }
}
