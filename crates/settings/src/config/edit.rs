//! Changes of `config.toml` that keep the user's comments, order and spacing.
//!
//! A change is spliced into the text at the places that the parser names, so whatever it does not touch stays as it
//! is, byte for byte. The whole result is then read and checked like any configuration before it is written.

mod blocks;
mod draft;
mod inline;
mod presets;
mod routes;
mod values;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;

use toml_edit::{InlineTable, Value};

use self::draft::Draft;
pub use self::routes::{RouteList, RouteValue};
use super::error::EditError;
use super::file::{ConfigFile, Loaded, Revision};
use super::locate::Step;
use super::read;
use crate::atomic;

/// The lists of maps and rules in the file.
const MAPS: &str = "map";
const RULES: &str = "rule";

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
    ///
    /// A whole table is written as `{ key = value }`; one at the position behind the last of its list
    /// (`client[2]` where there are two) is added to the list.
    Set {
        /// Its path, as `budget.daily_usd` or `map[0].target`.
        path: String,
        /// The value; a number keeps the digits it is written in.
        value: Value,
    },
    /// Takes away what a preset wrote, and writes another one's entries behind the user's own.
    UsePreset {
        /// What each of them is marked with.
        preset: String,
        /// Its entries, in order.
        entries: Vec<NewEntry>,
    },
    /// Adds maps and rules behind those there are.
    Add {
        /// They, in order.
        tables: Vec<NewTable>,
    },
    /// Makes a map or a rule hold these values and no others. What it holds already is not touched.
    PutRoute {
        /// Which list.
        list: RouteList,
        /// Its position; `None` adds one.
        at: Option<usize>,
        /// Position of the one before which a new one goes; `None` or beyond the end: last.
        before: Option<usize>,
        /// The values.
        values: Vec<RouteValue>,
    },
    /// Moves a map or a rule.
    MoveRoute {
        /// Which list.
        list: RouteList,
        /// Its position.
        at: usize,
        /// Its new position, counted without it; one beyond the end is the end.
        to: usize,
    },
    /// Replaces the whole text, as when an edit is taken back.
    Text(String),
    /// Removes a value, a section, or one table of a list. What is not there stays away.
    Unset {
        /// Its path, as `budget.daily_usd`, `budget` or `map[0]`.
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
    /// Models to go on with when that one fails, in this order.
    pub fallback: Vec<String>,
}

/// A map or a rule to add, with all its keys.
#[derive(Clone, Debug)]
pub struct NewTable {
    /// Whether it is a rule; else a map.
    pub is_rule: bool,
    /// Its keys, in the order in which they are written.
    pub table: InlineTable,
}

/// An entry of a preset: a map, or a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// What it is for.
    pub when: EntryFor,
    /// Slug of the model.
    pub target: String,
    /// Models to go on with when that one fails, in this order.
    pub fallback: Vec<String>,
}

/// What an entry of a preset is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFor {
    /// A model name, with wildcards: a map.
    Name(String),
    /// A class of requests, by its word in the file: a rule.
    Class(&'static str),
    /// Requests with images: a rule.
    Images,
}

/// A place among the maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapPlace {
    /// Before all others.
    First,
    /// At this position, from 0; one beyond the end is the end.
    At(usize),
    /// After all others.
    Last,
}

// === impl ConfigFile ===

impl ConfigFile {
    /// Makes a change for whoever saw the text `expected` ([`Loaded::revision`]), and gives what then is in the file.
    ///
    /// # Errors
    /// [`EditError::Conflict`] when the file holds another text by now or is being changed at this moment. After
    /// [`EditError::Unwritable`] the file holds the old text or the new one, whole; after all other errors the old one.
    pub fn edit(&self, expected: &Revision, edit: &ConfigEdit) -> Result<Loaded, EditError> {
        let unwritable = |source| EditError::Unwritable { path: self.path().to_owned(), source };
        let lock = self.lock().map_err(unwritable)?;
        let bytes = self.bytes()?;
        let found = Revision::of(&bytes);
        if lock.is_none() || found != *expected {
            return Err(EditError::Conflict { expected: expected.clone(), found });
        }
        let text = self.text(bytes)?;
        read::syntax(&text).map_err(|fault| self.invalid(fault))?;
        let edited = applied(&text, edit)?;
        let config = read::config(&edited).map_err(|fault| EditError::Invalid(Box::new(fault)))?;
        let revision = Revision::of(edited.as_bytes());
        if edited != text {
            self.note_written(revision.clone());
            atomic::write(self.path(), edited.as_bytes()).map_err(unwritable)?;
            // What is not noted will be taken for an edit by hand, no more.
            let _is_noted = self.edited(&text, &edited);
        }
        let mut loaded = Loaded { config, revision, text: edited, warnings: Vec::new() };
        self.keep_good(&mut loaded);
        Ok(loaded)
    }

    /// Keeps other editors of ours out, in this process and in others, until the handle is dropped; `None` while one
    /// of them is at work. Without it two edits for the same revision could both pass the comparison.
    fn lock(&self) -> io::Result<Option<File>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut name = self.path().to_owned().into_os_string();
        name.push(".lock");
        let file = options.open(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The text after the change.
fn applied(text: &str, edit: &ConfigEdit) -> Result<String, EditError> {
    let mut draft = Draft::new(text);
    match edit {
        ConfigEdit::AddMap { map, place } => {
            if draft.named(MAPS, &map.name).is_some() {
                return Err(EditError::MapExists(map.name.clone()));
            }
            draft.put(MAPS, place.index(draft.count(MAPS)), &map.to_value());
        }
        ConfigEdit::RemoveMap { name } => {
            let index = map_named(&draft, name)?;
            draft.take(&in_list(MAPS, index));
        }
        ConfigEdit::MoveMap { name, to } => {
            let index = map_named(&draft, name)?;
            let to = to.index(draft.count(MAPS).saturating_sub(1));
            draft.shift(MAPS, index, to);
        }
        ConfigEdit::Set { path, value } => {
            let steps = values::path(path)?;
            values::set(&mut draft, &steps, value).ok_or_else(|| EditError::NoSuchPlace(path.clone()))?;
        }
        ConfigEdit::PutRoute { list, at, before, values } => {
            let count = draft.count(list.as_str());
            let put = match at {
                Some(at) => routes::put(&mut draft, *list, *at, values),
                None => routes::add(&mut draft, *list, before.unwrap_or(count).min(count), values),
            };
            put.ok_or_else(|| no_route(*list, at.unwrap_or(count)))?;
        }
        ConfigEdit::MoveRoute { list, at, to } => {
            let count = draft.count(list.as_str());
            if *at >= count {
                return Err(no_route(*list, *at));
            }
            draft.shift(list.as_str(), *at, (*to).min(count - 1));
        }
        ConfigEdit::Text(text) => return Ok(text.clone()),
        ConfigEdit::UsePreset { preset, entries } => presets::replace(&mut draft, preset, entries),
        ConfigEdit::Add { tables } => {
            for new in tables {
                draft.put(new.list(), draft.count(new.list()), &new.table);
            }
        }
        ConfigEdit::Unset { path } => {
            let steps = values::path(path)?;
            values::unset(&mut draft, &steps).ok_or_else(|| EditError::NoSuchPlace(path.clone()))?;
        }
    }
    Ok(draft.into_text())
}

fn no_route(list: RouteList, at: usize) -> EditError {
    EditError::NoSuchPlace(format!("{}[{at}]", list.as_str()))
}

fn map_named(draft: &Draft, name: &str) -> Result<usize, EditError> {
    draft.named(MAPS, name).ok_or_else(|| EditError::NoSuchMap(name.to_owned()))
}

fn in_list(list: &str, index: usize) -> Vec<Step> {
    vec![Step::Name(list.to_owned()), Step::Index(index)]
}

// === impl NewMap ===

impl NewMap {
    fn to_value(&self) -> InlineTable {
        let mut table = InlineTable::new();
        table.insert("name", self.name.as_str().into());
        table.insert("target", self.target.as_str().into());
        if !self.fallback.is_empty() {
            table.insert("fallback", Value::from_iter(self.fallback.iter().map(String::as_str)));
        }
        table
    }
}

// === impl NewTable ===

impl NewTable {
    /// How it stands in the file.
    #[must_use]
    pub fn text(&self) -> String {
        Draft::new("").block(&format!("[[{}]]", self.list()), &self.table)
    }

    const fn list(&self) -> &'static str {
        if self.is_rule { RULES } else { MAPS }
    }
}

// === impl MapPlace ===

impl MapPlace {
    /// The position among `count` others.
    fn index(self, count: usize) -> usize {
        match self {
            Self::First => 0,
            Self::At(index) => index.min(count),
            Self::Last => count,
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
