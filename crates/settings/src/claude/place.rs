//! Where a user's settings are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::SettingsError;

/// The variable that names another folder than `~/.claude`.
const CONFIG_DIR: &str = "CLAUDE_CONFIG_DIR";

/// A user's settings file, which need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsPlace {
    path: PathBuf,
}

// === impl SettingsPlace ===

impl SettingsPlace {
    /// That of this process's user: `settings.json` in `CLAUDE_CONFIG_DIR`, else in `~/.claude`.
    ///
    /// # Errors
    /// [`SettingsError::NoHome`].
    pub fn of_process() -> Result<Self, SettingsError> {
        let folder = Self::folder(std::env::var_os(CONFIG_DIR), std::env::home_dir());
        folder.map(|folder| Self::new(folder.join("settings.json"))).ok_or(SettingsError::NoHome)
    }

    /// That file. A relative path is taken from this process's folder.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path: std::path::absolute(&path).unwrap_or(path) }
    }

    /// The folder of Claude Code's files: what the variable says, else `.claude` in the home folder.
    #[must_use]
    pub fn folder(variable: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
        let named = variable.filter(|folder| !folder.is_empty()).map(PathBuf::from);
        named.or_else(|| home.filter(|home| home.is_absolute()).map(|home| home.join(".claude")))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
