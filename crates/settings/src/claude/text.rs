//! The text of a settings file: JSON, or JSON with comments. Pure.
//!
//! Keys are set one by one, each by splices into the text as it stands, in the layout of its neighbours; what was there
//! before is recorded. Taking them back goes through the same keys: one that still has our value becomes what it was,
//! one that somebody has changed since is theirs.

mod connect;
mod diff;
mod document;
mod layout;
mod member;
mod restore;
#[cfg(test)]
mod tests;
mod trivia;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use connect::connect;
pub use diff::{DiffKind, DiffLine, diff};
pub use document::{TextError, is_read_by_client, value_of};
pub use restore::{Restored, restore};

/// Where a key stands: names from the root on, two at most.
pub type Path = Vec<String>;

/// A key that is to have a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Where it stands.
    pub path: Path,
    /// What it is to be.
    pub value: Value,
}

/// What was written, and what was there before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// What the whole file was.
    pub file: FileBefore,
    /// Objects that were made or filled, in that order.
    pub objects: Vec<ObjectBefore>,
    /// The keys that are ours.
    pub keys: Vec<KeyBefore>,
    /// `model` as it was, its very text: Claude Code writes our names there when they are picked.
    pub model: Option<String>,
}

/// What the whole file was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileBefore {
    /// There was none.
    Missing,
    /// It held white space only: this.
    Blank(String),
    /// It held an object.
    Settings,
}

/// An object into which keys of ours were put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectBefore {
    /// Where it stands; empty for the root.
    pub path: Path,
    /// The white space between its braces, when it had no members; `None` when there was no such object.
    pub inside: Option<String>,
}

/// A key of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyBefore {
    /// Where it stands.
    pub path: Path,
    /// The very text of its value before; `None` when there was no such key.
    pub before: Option<String>,
    /// What we have written there: the newest last. An older one is kept until the newer surely is in the file.
    pub ours: Vec<Value>,
}

// === impl Wanted ===

impl Wanted {
    /// A key by its names.
    #[must_use]
    pub fn new(path: &[&str], value: impl Into<Value>) -> Self {
        Self { path: path.iter().map(|name| (*name).to_owned()).collect(), value: value.into() }
    }
}
