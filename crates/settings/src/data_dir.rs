//! The data folder: where it is, what lies in it, and who may use it.

mod lock;
mod state;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use lock::{DataLock, LockError};
pub use state::{BudgetMemory, KeptRaise, State, StateError, StateFile};

use crate::permissions;

/// The environment variable that names the data folder.
pub const DATA_DIR_VARIABLE: &str = "TURNPIKE_DATA_DIR";
/// The keychain account of the default data folder.
const DEFAULT_ACCOUNT: &str = "openrouter";
/// Hex digits of a folder's hash in its keychain account.
const HASH_DIGITS: usize = 12;

/// An existing data folder, by its canonical path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
    is_default: bool,
}

/// Why there is no data folder to work in.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Neither a choice was made nor has the user a home folder.
    #[error("there is no home folder to keep data in: name a folder with --data-dir or {DATA_DIR_VARIABLE}")]
    NoHome,
    /// The folder cannot be made or entered.
    #[error("the data folder {} cannot be used ({source}): name another with --data-dir or {DATA_DIR_VARIABLE}", path.display())]
    Unusable {
        /// The folder as it was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Everybody may put files into the folder, so the token in it would be worth nothing.
    #[error("any user may write to the data folder {0} (mode {mode:o}): run `chmod 700 {0}` or name another with --data-dir", path.display())]
    OpenToAll {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

// === impl DataDir ===

impl DataDir {
    /// The folder to use: `flag` (`--data-dir`), else `TURNPIKE_DATA_DIR`, else the platform's own place.
    /// It is made, open to its owner only, when it is missing.
    ///
    /// # Errors
    /// [`DataDirError`] says which folder is unusable and how to name another.
    pub fn resolve(flag: Option<PathBuf>) -> Result<Self, DataDirError> {
        let chosen = choose(flag, std::env::var_os(DATA_DIR_VARIABLE));
        let path = chosen.or_else(Self::default_path).ok_or(DataDirError::NoHome)?;
        Self::open(&path)
    }

    /// The given folder, made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made or entered, or when every user of the machine may write to it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
        permissions::create_private_dir(path).map_err(unusable)?;
        let canonical = path.canonicalize().map_err(unusable)?;
        let metadata = canonical.metadata().map_err(unusable)?;
        if let Some(mode) = permissions::mode(&metadata)
            && mode & 0o002 != 0
        {
            return Err(DataDirError::OpenToAll { path: canonical, mode });
        }
        let default = Self::default_path().and_then(|default| default.canonicalize().ok());
        let is_default = default.is_some_and(|default| default == canonical);
        Ok(Self { path: canonical, is_default })
    }

    /// The platform's own place (`~/.local/share/turnpike` on Linux); `None` for a user without a home.
    #[must_use]
    pub fn default_path() -> Option<PathBuf> {
        directories::ProjectDirs::from("", "", "turnpike").map(|dirs| dirs.data_dir().to_owned())
    }

    /// Whether this is the platform's own place, however it was named.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keychain account of this folder: `openrouter`, or `openrouter@<hash of the path>` for a folder
    /// that is not the default one, so that two installations never share a key unasked.
    #[must_use]
    pub fn keychain_account(&self) -> String {
        if self.is_default {
            return DEFAULT_ACCOUNT.to_owned();
        }
        let digest = Sha256::digest(self.path.as_os_str().as_encoded_bytes());
        let mut hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        hash.truncate(HASH_DIGITS);
        format!("{DEFAULT_ACCOUNT}@{hash}")
    }

    /// `config.toml`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// `control.json`: where the control plane listens, and its secret.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.path.join("control.json")
    }

    /// `token`: the local token.
    #[must_use]
    pub fn token(&self) -> PathBuf {
        self.path.join("token")
    }

    /// `metrics-token`: what a collector of figures shows.
    #[must_use]
    pub fn metrics_token(&self) -> PathBuf {
        self.path.join("metrics-token")
    }

    /// `ledger.sqlite`.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.path.join("ledger.sqlite")
    }

    /// `logs/`; made by whoever logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// `conformance.json`: what models showed when they were probed.
    #[must_use]
    pub fn conformance(&self) -> PathBuf {
        self.path.join("conformance.json")
    }

    /// `models.json`: the catalogue of models as it was fetched last.
    #[must_use]
    pub fn catalogue(&self) -> PathBuf {
        self.path.join("models.json")
    }

    /// `state.json`: what is remembered from one start to the next.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path.join("state.json")
    }

    /// `claude.json`: which of Claude Code's settings are ours, and what was there before.
    #[must_use]
    pub fn claude(&self) -> PathBuf {
        self.path.join("claude.json")
    }

    /// Takes the folder for this process until the lock is dropped.
    ///
    /// # Errors
    /// [`LockError::Held`] names the process that has it.
    pub fn lock(&self) -> Result<DataLock, LockError> {
        DataLock::acquire(&self.path.join("lock"))
    }
}

/// The flag wins over the variable; an empty value is no choice.
fn choose(flag: Option<PathBuf>, variable: Option<OsString>) -> Option<PathBuf> {
    let variable = variable.map(PathBuf::from);
    [flag, variable].into_iter().flatten().find(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_variable() {
        for (case, flag, variable, chosen) in [
            ("both", Some("/flag"), Some("/variable"), Some("/flag")),
            ("flag", Some("/flag"), None, Some("/flag")),
            ("variable", None, Some("/variable"), Some("/variable")),
            ("empty flag", Some(""), Some("/variable"), Some("/variable")),
            ("both empty", Some(""), Some(""), None),
            ("neither", None, None, None),
        ] {
            let got = choose(flag.map(PathBuf::from), variable.map(OsString::from));
            assert_eq!(got, chosen.map(PathBuf::from), "{case}");
        }
    }

    #[test]
    fn other_folders_have_accounts_of_their_own() {
        let default = DataDir { path: PathBuf::from("/home/me/.local/share/turnpike"), is_default: true };
        assert_eq!(default.keychain_account(), "openrouter");
        // printf %s /srv/turnpike | sha256sum
        let other = DataDir { path: PathBuf::from("/srv/turnpike"), is_default: false };
        assert_eq!(other.keychain_account(), "openrouter@4fb141a81548");
    }

    #[test]
    fn one_folder_has_one_account_however_it_is_named() {
        let root = tempfile::tempdir().unwrap();
        let plain = DataDir::open(&root.path().join("data")).unwrap();
        let dotted = DataDir::open(&root.path().join("data/../data/.")).unwrap();
        assert_eq!(plain, dotted);
        assert!(!plain.is_default());
        assert_ne!(plain.keychain_account(), DEFAULT_ACCOUNT);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_private_and_an_open_one_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/data");
        DataDir::open(&path).unwrap();
        for folder in ["a", "a/b", "a/b/data"] {
            let mode = root.path().join(folder).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
        for (mode, usable) in [(0o700, true), (0o750, true), (0o755, true), (0o775, true), (0o777, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(DataDir::open(&path).is_ok(), usable, "{mode:o}");
        }
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains("chmod 700") && refused.contains("mode 777"), "{refused}");
    }

    #[test]
    fn a_file_in_the_way_is_named_with_the_remedy() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("data");
        std::fs::write(&path, "").unwrap();
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains(&path.display().to_string()) && refused.contains("--data-dir"), "{refused}");
    }
}
