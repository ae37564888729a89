//! `control.json`: where the control plane listens, and how to be sure of it.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::SecretText;

/// What the service writes into its data folder, readable by its owner alone, once it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlFile {
    /// `127.0.0.1:4118`.
    pub address: String,
    /// The service's process.
    pub pid: u32,
    /// Random name of this run of the service.
    pub instance: String,
    /// Number of the API it speaks, [`crate::API_VERSION`].
    pub api_version: u32,
    /// Proves the server to the client, and then the client to the server.
    pub secret: SecretText,
}

/// Why `control.json` is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ControlFileError {
    /// There is none: no service was started on this data folder, or it ended in order.
    #[error("no service is running on {}: start it with `turnpike serve`", folder(path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("{} cannot be read ({source}): make it readable for you, and start the service again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users could have read or written it, so its secret proves nothing.
    #[error(
        "other users may read or write {} (mode {mode:o}): end the service, delete the file, and start it again",
        path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("{} is damaged ({source}): start the service again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
}

// === impl ControlFile ===

impl ControlFile {
    /// Whether the process that wrote it is still there, or another one that has its number since. On Windows nobody is asked.
    #[must_use]
    pub fn is_writer_alive(&self) -> bool {
        #[cfg(unix)]
        {
            let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
            // Another user's process may not be signalled, but is there.
            pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
        }
        #[cfg(not(unix))]
        true
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ControlFileError::Missing`] when no service runs; the others say what is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, ControlFileError> {
        let unreadable = |source| ControlFileError::Unreadable { path: path.to_owned(), source };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ControlFileError::Missing { path: path.to_owned() });
            }
            Err(source) => return Err(unreadable(source)),
        };
        if let Some(mode) = open_to_others(path).map_err(unreadable)? {
            return Err(ControlFileError::OpenToOthers { path: path.to_owned(), mode });
        }
        serde_json::from_slice(&text)
            .map_err(|source| ControlFileError::Damaged { path: path.to_owned(), source })
    }

    /// Its text as it is written to the disk; the writer sees to mode 0600.
    ///
    /// # Errors
    /// None that can happen with these fields; serde_json says otherwise.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

/// The permission bits of a file that not only its owner can use.
#[cfg(unix)]
fn open_to_others(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// The permission bits of a file that not only its owner can use. Windows keeps it private by its folder.
#[cfg(not(unix))]
fn open_to_others(_: &Path) -> io::Result<Option<u32>> {
    Ok(None)
}

fn folder(path: &Path) -> std::path::Display<'_> {
    path.parent().unwrap_or(path).display()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> ControlFile {
        ControlFile {
            address: "127.0.0.1:4118".to_owned(),
            pid: 7,
            instance: "abc".to_owned(),
            api_version: 1,
            secret: SecretText::new("s3cret".to_owned()),
        }
    }

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.json");
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        (dir, path)
    }

    #[test]
    fn what_is_written_is_read() {
        let (_dir, path) = written(&file().to_json().unwrap(), 0o600);
        assert_eq!(ControlFile::read(&path).unwrap(), file());
        assert!(!format!("{:?}", file()).contains("s3cret"));
    }

    #[test]
    fn a_file_that_is_not_there_says_how_to_start() {
        let told = ControlFile::read(Path::new("/no-such-folder/control.json")).unwrap_err();
        assert!(matches!(told, ControlFileError::Missing { .. }));
        let told = told.to_string();
        assert!(told.contains("/no-such-folder:") && told.contains("turnpike serve"), "{told}");
    }

    #[test]
    fn damage_is_told() {
        let (_dir, path) = written("{\"address\":\"127", 0o600);
        assert!(matches!(ControlFile::read(&path), Err(ControlFileError::Damaged { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_use_proves_nothing() {
        for mode in [0o640, 0o604, 0o660, 0o644] {
            let (_dir, path) = written(&file().to_json().unwrap(), mode);
            let told = ControlFile::read(&path).unwrap_err();
            assert!(matches!(told, ControlFileError::OpenToOthers { .. }), "{mode:o}: {told}");
        }
    }
}
