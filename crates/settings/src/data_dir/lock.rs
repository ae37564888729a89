//! One service per data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The data folder is this process's until this is dropped or the process ends, however it ends.
///
/// It is the operating system's advisory lock on the file `lock`, which holds the process id for people.
#[derive(Debug)]
pub struct DataLock {
    file: File,
}

/// Why the data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by {}: stop that one first, or name another folder with --data-dir", folder.display(), holder(*pid))]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// The process that has it, where it can be told.
        pid: Option<u32>,
    },
    /// The lock file cannot be written.
    #[error("{} cannot be locked ({source}): make the folder writable, or name another with --data-dir", path.display())]
    Unusable {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl DataLock ===

impl DataLock {
    pub(super) fn acquire(path: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = path.parent().unwrap_or(path).to_owned();
                return Err(LockError::Held { folder, pid: read_pid(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        write_pid(&mut file).map_err(unusable)?;
        Ok(Self { file })
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // An empty file names nobody; the lock itself goes with the handle.
        let _ = self.file.set_len(0);
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The process id in the file; `None` when the holder has not written it yet or nobody else may read it.
fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = DataLock::acquire(&path).unwrap();
        let refused = DataLock::acquire(&path).unwrap_err();
        assert!(
            matches!(&refused, LockError::Held { folder, pid } if folder == dir.path() && *pid == Some(std::process::id()))
        );
        let told = refused.to_string();
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
        drop(first);
        DataLock::acquire(&path).unwrap();
    }

    #[test]
    fn what_a_killed_process_left_is_no_hindrance() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        std::fs::write(&path, "4194304000 and more\n").unwrap();
        let lock = DataLock::acquire(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        drop(lock);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_holder_that_is_not_known_is_still_a_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let _first = DataLock::acquire(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        let told = DataLock::acquire(&path).unwrap_err().to_string();
        assert!(told.contains("in use by another process"), "{told}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let told = DataLock::acquire(Path::new("/no-such-folder/lock")).unwrap_err().to_string();
        assert!(told.contains("/no-such-folder/lock") && told.contains("--data-dir"), "{told}");
    }
}
