//! Connecting and disconnecting: the file and the record, one after the other.

use std::path::{Path, PathBuf};

use super::file::SettingsText;
use super::record::{ConnectOptions, Connection, Record};
use super::text::{self, DiffLine, Path as KeyPath, TextError, Wanted};
use super::{SettingsError, SettingsPlace};
use crate::DataDir;

/// Permission bits of a file that holds the token.
const CLOSED: u32 = 0o600;

/// The connections of a data folder.
#[derive(Clone, Debug)]
pub struct Connections {
    record: Record,
}

/// How a settings file stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The file.
    pub file: SettingsText,
    /// Its connection, when it has one.
    pub connection: Option<Connection>,
}

/// What a change would make of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The difference, secrets hidden; empty when nothing would change.
    pub lines: Vec<DiffLine>,
    /// Keys of ours that somebody has changed since: disconnecting leaves them.
    pub left: Vec<KeyPath>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whether the file was written.
    pub has_changed: bool,
    /// Keys of ours that somebody has changed since, and which were left.
    pub left: Vec<KeyPath>,
}

/// Settings that were taken back until the next start.
#[derive(Debug)]
pub struct Suspended {
    /// The settings file.
    pub settings: PathBuf,
    /// Whether that went well.
    pub done: Result<Done, SettingsError>,
}

// === impl Connections ===

impl Connections {
    /// Those of a data folder.
    #[must_use]
    pub fn new(data_dir: &DataDir) -> Self {
        Self { record: Record::new(data_dir.claude()) }
    }

    /// All of them. Blocks on the disk.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn all(&self) -> Result<Vec<Connection>, SettingsError> {
        self.record.load()
    }

    /// How a settings file stands. Blocks on the disk.
    ///
    /// # Errors
    /// When the file or the record cannot be read.
    pub fn look(&self, place: &SettingsPlace) -> Result<Standing, SettingsError> {
        let connection = self.all()?.into_iter().find(|known| known.settings == place.path());
        Ok(Standing { file: SettingsText::read(place.path())?, connection })
    }

    /// Writes the wanted keys. `wanted` is asked with what is there, under the lock. With `revision`, only into the text
    /// of that name. Blocks on the disk.
    ///
    /// # Errors
    /// [`SettingsError`]; the settings are as they were then.
    pub fn connect(
        &self,
        place: &SettingsPlace,
        options: ConnectOptions,
        revision: Option<&str>,
        wanted: impl FnOnce(&Standing) -> Vec<Wanted>,
    ) -> Result<Done, SettingsError> {
        let _lock = self.record.lock()?;
        let standing = self.look(place)?;
        standing.check_revision(revision)?;
        self.write(&standing, options, &wanted(&standing))
    }

    fn write(
        &self,
        standing: &Standing,
        options: ConnectOptions,
        wanted: &[Wanted],
    ) -> Result<Done, SettingsError> {
        standing.file.check_writable()?;
        let (after, written) = standing.connected(wanted)?;
        let before = standing.connection.as_ref();
        let is_private = !options.token_by_command;
        let mode = standing.file.mode().filter(|mode| is_private && mode & 0o077 != 0);
        let mut connection = Connection {
            settings: standing.file.path().to_owned(),
            options,
            written: Some(written),
            mode: before.and_then(|before| before.mode).or(mode),
            made_folder: before.is_some_and(|before| before.made_folder),
        };
        if before != Some(&connection) {
            self.record.keep(&connection)?;
        }
        let has_changed = standing.file.text() != Some(after.as_str());
        if has_changed || mode.is_some() {
            let made_folder = standing.file.write(&after, is_private)?;
            if made_folder {
                connection.made_folder = true;
                self.record.keep(&connection)?;
            }
        }
        Ok(Done { has_changed, left: Vec::new() })
    }

    /// Writes the wanted keys again where they are connected; with `resumes`, also where that was taken back until the
    /// next start. Blocks on the disk.
    ///
    /// # Errors
    /// [`SettingsError`]; the settings are as they were then.
    pub fn refresh(
        &self,
        place: &SettingsPlace,
        resumes: bool,
        wanted: impl FnOnce(&Standing, ConnectOptions) -> Vec<Wanted>,
    ) -> Result<Done, SettingsError> {
        let _lock = self.record.lock()?;
        let standing = self.look(place)?;
        let options = standing.connection.as_ref().map(|known| known.options);
        match options.filter(|_| resumes || standing.is_connected()) {
            Some(options) => self.write(&standing, options, &wanted(&standing, options)),
            None => Ok(Done { has_changed: false, left: Vec::new() }),
        }
    }

    /// Takes our keys back, and forgets the connection. Blocks on the disk.
    ///
    /// # Errors
    /// [`SettingsError`]; what could not be taken back is still remembered then.
    pub fn disconnect(&self, place: &SettingsPlace, revision: Option<&str>) -> Result<Done, SettingsError> {
        let _lock = self.record.lock()?;
        let standing = self.look(place)?;
        standing.check_revision(revision)?;
        let done = standing.take_back()?;
        self.record.forget(place.path())?;
        Ok(done)
    }

    /// Takes the keys of all connections back until the next start. Gives the files that were restored, and what went
    /// wrong with the others. Blocks on the disk.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn suspend(&self) -> Result<Vec<Suspended>, SettingsError> {
        if self.all()?.is_empty() {
            return Ok(Vec::new());
        }
        let _lock = self.record.lock()?;
        let connections = self.all()?.into_iter().filter(|known| known.written.is_some());
        Ok(connections
            .map(|known| Suspended { done: self.suspend_one(&known.settings), settings: known.settings })
            .collect())
    }

    fn suspend_one(&self, settings: &Path) -> Result<Done, SettingsError> {
        let standing = self.look(&SettingsPlace::new(settings.to_owned()))?;
        let done = standing.take_back()?;
        if let Some(connection) = standing.connection {
            let suspended = Connection { written: None, mode: None, made_folder: false, ..connection };
            self.record.keep(&suspended)?;
        }
        Ok(done)
    }
}

// === impl Standing ===

impl Standing {
    /// Whether the settings send Claude Code here; not while it is suspended.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|known| known.written.is_some())
    }

    /// What connecting would change.
    ///
    /// # Errors
    /// [`SettingsError::Text`].
    pub fn connect(&self, wanted: &[Wanted]) -> Result<Change, SettingsError> {
        let (after, _) = self.connected(wanted)?;
        Ok(Change { lines: text::diff(self.file.text(), Some(&after)), left: Vec::new() })
    }

    /// What disconnecting would change.
    ///
    /// # Errors
    /// [`SettingsError::Text`].
    pub fn disconnect(&self) -> Result<Change, SettingsError> {
        let restored = self.restored()?;
        Ok(Change { lines: text::diff(self.file.text(), restored.text.as_deref()), left: restored.left })
    }

    fn connected(&self, wanted: &[Wanted]) -> Result<(String, text::Written), SettingsError> {
        let earlier = self.connection.as_ref().and_then(|known| known.written.as_ref());
        text::connect(self.file.text(), wanted, earlier).map_err(|error| self.refused(error))
    }

    fn restored(&self) -> Result<text::Restored, SettingsError> {
        match self.connection.as_ref().and_then(|known| known.written.as_ref()) {
            Some(written) => text::restore(self.file.text(), written).map_err(|error| self.refused(error)),
            None => Ok(text::Restored { text: self.file.text().map(str::to_owned), left: Vec::new() }),
        }
    }

    fn take_back(&self) -> Result<Done, SettingsError> {
        let restored = self.restored()?;
        let has_changed = restored.text.as_deref() != self.file.text();
        let known = self.connection.as_ref();
        match &restored.text {
            Some(text) if has_changed => drop(self.file.write(text, false)?),
            None if has_changed => {
                self.file.remove()?;
                if known.is_some_and(|known| known.made_folder) {
                    self.file.remove_folder();
                }
            }
            Some(_) | None => {}
        }
        // Whoever has changed the mode since means it.
        let is_closed = self.file.mode() == Some(CLOSED);
        if let Some(mode) = known.and_then(|known| known.mode).filter(|_| is_closed) {
            self.file.set_mode(mode)?;
        }
        Ok(Done { has_changed, left: restored.left })
    }

    fn check_revision(&self, revision: Option<&str>) -> Result<(), SettingsError> {
        match revision {
            Some(revision) if revision != self.file.revision() => {
                Err(SettingsError::Changed { path: self.file.path().to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, source: TextError) -> SettingsError {
        SettingsError::Text { path: self.file.path().to_owned(), source }
    }
}
