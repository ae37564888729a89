//! What is remembered of connected settings: `claude.json` in the data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::SettingsError;
use super::text::Written;
use crate::atomic;

/// How long another process may take for its change.
const LOCK_DEADLINE: Duration = Duration::from_secs(10);
/// How often the lock is tried.
const LOCK_STEP: Duration = Duration::from_millis(20);

/// What connecting writes besides the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectOptions {
    /// The token comes from a command, `apiKeyHelper`.
    pub token_by_command: bool,
    /// `permissions.defaultMode` is `default`.
    pub default_mode: bool,
    /// `statusLine` is ours.
    pub status_line: bool,
}

/// Settings that are connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The settings file.
    pub settings: PathBuf,
    /// What was chosen.
    pub options: ConnectOptions,
    /// What was written, and what was there before; `None` while it is suspended: taken back until the next start.
    pub written: Option<Written>,
    /// Permission bits of the file before it was closed to others.
    pub mode: Option<u32>,
    /// Whether the file's folder was made for it.
    pub made_folder: bool,
}

/// The record's file.
#[derive(Clone, Debug)]
pub(super) struct Record {
    path: PathBuf,
}

/// All that is in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    connections: Vec<Connection>,
}

// === impl Record ===

impl Record {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// All connections.
    pub(super) fn load(&self) -> Result<Vec<Connection>, SettingsError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(self.unusable(source)),
        };
        let kept: Kept = serde_json::from_slice(&text)
            .map_err(|source| SettingsError::Damaged { path: self.path.clone(), source })?;
        Ok(kept.connections)
    }

    /// Keeps a connection, in the place of an earlier one for the same file.
    pub(super) fn keep(&self, connection: &Connection) -> Result<(), SettingsError> {
        let mut connections = self.load()?;
        connections.retain(|other| other.settings != connection.settings);
        connections.push(connection.clone());
        self.save(connections)
    }

    /// Forgets the connection of that file.
    pub(super) fn forget(&self, settings: &Path) -> Result<(), SettingsError> {
        let mut connections = self.load()?;
        connections.retain(|other| other.settings != settings);
        self.save(connections)
    }

    fn save(&self, connections: Vec<Connection>) -> Result<(), SettingsError> {
        if connections.is_empty() {
            return match std::fs::remove_file(&self.path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.unusable(source)),
                _ => Ok(()),
            };
        }
        let mut text =
            serde_json::to_vec_pretty(&Kept { connections }).map_err(|error| self.unusable(error.into()))?;
        text.push(b'\n');
        atomic::write(&self.path, &text).map_err(|source| self.unusable(source))
    }

    /// Keeps other processes from changing record and settings until the file is dropped.
    #[expect(clippy::disallowed_methods, reason = "a file's lock cannot be waited for with a deadline")]
    pub(super) fn lock(&self) -> Result<File, SettingsError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(self.path.with_extension("lock")).map_err(|source| self.unusable(source))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(source)) => return Err(self.unusable(source)),
                Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_DEADLINE => {
                    return Err(SettingsError::Busy);
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_STEP),
            }
        }
    }

    fn unusable(&self, source: io::Error) -> SettingsError {
        SettingsError::Record { path: self.path.clone(), source }
    }
}
