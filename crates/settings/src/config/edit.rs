//! Changes of `config.toml` that keep the user's comments, order and spacing.

#[expect(dead_code, reason = "x")]
mod tables;

use toml_edit::Value;

use super::error::EditError;
use super::file::{ConfigFile, Loaded, Revision};

/// One change.
#[derive(Clone, Debug)]
pub enum ConfigEdit {
    /// Adds a map.
    AddMap {
        /// The map.
        map: NewMap,
        /// Where it goes.
        place: MapPlace,
    },
    /// Removes a map.
    RemoveMap {
        /// Its name.
        name: String,
    },
    /// Moves a map: the first that fits wins, so order matters.
    MoveMap {
        /// Its name.
        name: String,
        /// Where it goes, counted without it.
        to: MapPlace,
    },
    /// Writes a value, in the place of the old one if there is one.
    Set {
        /// Its path, as `budget.daily_usd` or `map[0].target`.
        path: String,
        /// The value; money keeps the text it is written in.
        value: Value,
    },
    /// Removes a value, a whole table or one of a list of tables; what is not there stays away.
    Unset {
        /// Its path, as `budget.daily_usd` or `map[0]`.
        path: String,
    },
}

/// A map to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMap {
    /// A model name as clients send it; `*` stands for any signs.
    pub name: String,
    /// Slug or short name of the model.
    pub target: String,
    /// Models to go on with when that one fails.
    pub fallback: Vec<String>,
}

/// A place among the maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapPlace {
    /// Before all others.
    First,
    /// At this position, from 0; behind the last it is the last.
    At(usize),
    /// After all others.
    Last,
}

impl ConfigFile {
    /// Makes the change.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn edit(&self, expected: &Revision, edit: &ConfigEdit) -> Result<Loaded, EditError> {
        let _ = (expected, edit);
        Err(EditError::NoSuchPlace(String::new()))
    }
}
