//! `config.toml` on the disk: loading it, keeping a good copy, and falling back to that copy.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::{ConfigError, Fault};
use super::{Config, read};
use crate::{atomic, permissions};

/// Which text of the file somebody saw: its SHA-256. A missing file counts as an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(String);

/// A configuration, the text it came from, and what to tell about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// Which text it was.
    pub revision: Revision,
    /// The text itself, for showing and for diffs.
    pub text: String,
    /// What people should know although it loaded.
    pub warnings: Vec<ConfigWarning>,
}

/// What the service starts with.
#[derive(Debug)]
pub struct Started {
    /// The configuration in force.
    pub loaded: Loaded,
    /// Why it is the last good copy and not the file itself.
    pub instead_of: Option<ConfigError>,
}

/// Something that does not keep a configuration from loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigWarning {
    /// Other users can change where requests go.
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The good copy could not be kept.
    NoGoodCopy {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// `config.toml` of a data folder, and `config.toml.last-good` beside it.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    /// What was lately written through this handle and its clones, so that it is told from what others write.
    written: Arc<Mutex<VecDeque<Revision>>>,
}

/// Revisions of our own that are known: more than are written between two looks at the file.
const KNOWN_WRITTEN: usize = 32;

// === impl Revision ===

impl Revision {
    /// The revision that a command names. A text that is none names no text of any file.
    #[must_use]
    pub fn told(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Config ===

impl Config {
    /// Reads the file; a missing one gives the defaults. See [`ConfigFile::load`].
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and key.
    pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
        ConfigFile::new(path.to_owned()).load()
    }
}

// === impl ConfigFile ===

impl ConfigFile {
    /// The configuration at `path` ([`crate::DataDir::config`]).
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, written: Arc::default() }
    }

    /// Whether a text of that revision was lately written through this handle or a clone of it.
    #[must_use]
    pub fn wrote(&self, revision: &Revision) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(revision)
    }

    /// Notes what is about to be written: before that, so that whoever reads it knows whose it is.
    pub(super) fn note_written(&self, revision: Revision) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.push_back(revision);
        let beyond = written.len().saturating_sub(KNOWN_WRITTEN);
        written.drain(..beyond);
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the copy of the last text that loaded is kept.
    #[must_use]
    pub fn last_good_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".last-good");
        name.into()
    }

    /// Reads and checks the file, and keeps a copy of it when it is good. A missing file gives the defaults.
    ///
    /// # Errors
    /// When the file cannot be read, is wrong, or lost all its text since it was last good.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        self.loaded(self.bytes()?)
    }

    /// [`ConfigFile::load`] of what was read already.
    pub(super) fn loaded(&self, bytes: Vec<u8>) -> Result<Loaded, ConfigError> {
        let mut loaded = self.check(bytes)?;
        loaded.warnings.extend(self.open_to_others());
        self.keep_good(&mut loaded);
        Ok(loaded)
    }

    /// What the service starts with: the file, or when that is damaged the last copy that was good.
    ///
    /// # Errors
    /// When neither is usable; the error is the file's own.
    pub fn load_or_last_good(&self) -> Result<Started, ConfigError> {
        let error = match self.load() {
            Ok(loaded) => return Ok(Started { loaded, instead_of: None }),
            Err(error) => error,
        };
        let Ok(copy) = fs::read(self.last_good_path()) else { return Err(error) };
        match self.check(copy) {
            Ok(mut loaded) => {
                // The revision is the damaged file's: an edit made for the copy must not overwrite it unseen.
                loaded.revision = Revision::of(&self.bytes().unwrap_or_default());
                Ok(Started { loaded, instead_of: Some(error) })
            }
            Err(_) => Err(error),
        }
    }

    /// The text that a service had in force last, as far as it is kept and can be read. Edits through [`ConfigFile::edit`]
    /// count as known, so whatever else differs was changed by hand.
    #[must_use]
    pub fn last_in_force(&self) -> Option<Config> {
        let text = fs::read_to_string(self.in_force_path()).ok()?;
        read::config(&text).ok()
    }

    /// Keeps the text that is in force now. Only a service does that.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep_in_force(&self, text: &str) -> io::Result<()> {
        let path = self.in_force_path();
        if matches!(fs::read(&path), Ok(kept) if kept == text.as_bytes()) {
            return Ok(());
        }
        atomic::write(&path, text.as_bytes())
    }

    /// After an edit of ours: what a hand had changed before it stays to be told.
    pub(super) fn edited(&self, before: &str, after: &str) -> io::Result<()> {
        match fs::read(self.in_force_path()) {
            Ok(kept) if kept == before.as_bytes() => self.keep_in_force(after),
            _ => Ok(()),
        }
    }

    fn in_force_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".in-force");
        name.into()
    }

    /// What is in the file; nothing for a missing file.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, ConfigError> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(ConfigError::Unreadable { path: self.path.clone(), source }),
        }
    }

    fn check(&self, bytes: Vec<u8>) -> Result<Loaded, ConfigError> {
        let revision = Revision::of(&bytes);
        let text = self.text(bytes)?;
        let config = read::config(&text).map_err(|fault| self.invalid(fault))?;
        Ok(Loaded { config, revision, text, warnings: Vec::new() })
    }

    /// What was read, as text; refused when the text was lost.
    pub(super) fn text(&self, bytes: Vec<u8>) -> Result<String, ConfigError> {
        if is_blank(&bytes) && self.path.exists() && self.had_text() {
            return Err(ConfigError::Emptied { path: self.path.clone() });
        }
        String::from_utf8(bytes).map_err(|error| self.invalid(read::not_utf8(error.as_bytes())))
    }

    pub(super) fn invalid(&self, fault: Fault) -> ConfigError {
        ConfigError::Invalid { path: self.path.clone(), fault: Box::new(fault) }
    }

    fn had_text(&self) -> bool {
        fs::read(self.last_good_path()).is_ok_and(|copy| !is_blank(&copy))
    }

    fn open_to_others(&self) -> Option<ConfigWarning> {
        let mode = permissions::mode(&fs::metadata(&self.path).ok()?)?;
        (mode & 0o022 != 0).then(|| ConfigWarning::OpenToOthers { path: self.path.clone(), mode })
    }

    /// Keeps a copy of what just loaded, unless it is kept already.
    pub(super) fn keep_good(&self, loaded: &mut Loaded) {
        let path = self.last_good_path();
        if matches!(fs::read(&path), Ok(kept) if kept == loaded.text.as_bytes()) {
            return;
        }
        // Nothing was ever configured: nothing to keep.
        if loaded.text.is_empty() && !path.exists() {
            return;
        }
        if let Err(error) = atomic::write(&path, loaded.text.as_bytes()) {
            let reason = error.to_string();
            loaded.warnings.push(ConfigWarning::NoGoodCopy { path, reason });
        }
    }
}

/// Nothing in it: no text, or the zeros that a crash can leave.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0)
}

// === impl ConfigWarning ===

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenToOthers { path, mode } => {
                write!(f, "other users may change {0} (mode {mode:o}): run `chmod 600 {0}`", path.display())
            }
            Self::NoGoodCopy { path, reason } => write!(
                f,
                "no copy of the configuration could be kept at {} ({reason}): make the folder writable",
                path.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests;
