//! The ledger's file as the file system sees it: who may read it, whether it is still the same one, and
//! the lock that keeps a second writer out. What differs between platforms is in `platform`, below.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::LedgerError;

pub(crate) use platform::{Identity, identity};

/// `path` with `suffix` appended to its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes the file if it is not there, empty and for its owner alone, and takes others' access away if it is.
pub(crate) fn keep_private(path: &Path) -> Result<(), LedgerError> {
    let refused = |doing| move |source| LedgerError::File { doing, path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match platform::owner_only(&mut options).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            platform::restrict(path).map_err(refused("restrict access to"))
        }
        Err(error) => Err(refused("create")(error)),
    }
}

/// Takes the lock beside the file. It lasts as long as the returned handle and ends with the process,
/// however that ends. (The database itself must not be opened for that: closing any handle on it would
/// drop SQLite's own locks.)
pub(crate) fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock = beside(path, ".lock");
    let refused = |source| LedgerError::File { doing: "lock", path: lock.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = platform::owner_only(&mut options).open(&lock).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Length in bytes, or `None` where there is no file.
pub(crate) fn length(path: &Path) -> Result<Option<u64>, LedgerError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LedgerError::File { doing: "look at", path: path.to_owned(), source }),
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::{OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Read and write for the owner, nothing for others.
    const OWNER_ONLY: u32 = 0o600;

    /// Device and inode: a file that was deleted and made anew has another one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
        std::fs::metadata(path).map(|found| Identity(found.dev(), found.ino()))
    }

    pub(super) fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
        options.mode(OWNER_ONLY)
    }

    pub(super) fn restrict(path: &Path) -> io::Result<()> {
        let mode = std::fs::metadata(path)?.permissions().mode();
        if mode & 0o7777 & !OWNER_ONLY == 0 {
            return Ok(());
        }
        std::fs::set_permissions(path, Permissions::from_mode(mode & OWNER_ONLY))
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::OpenOptions;
    use std::io;
    use std::path::Path;

    /// A file that is open cannot be deleted here, so that it is there says enough.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Identity;

    pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
        std::fs::metadata(path).map(|_| Identity)
    }

    /// The data folder's access list is inherited and already names its owner alone.
    pub(super) fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn restrict(_path: &Path) -> io::Result<()> {
        Ok(())
    }
}
