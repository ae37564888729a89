//! Reading and writing the settings file: whole, in one step, with who may read it kept.

use std::fs::{self, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::SettingsError;
use crate::{atomic, permissions};

/// No settings file is larger; what is, is none.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// Hex digits of a revision.
const REVISION_DIGITS: usize = 16;

/// A settings file as it was read.
#[derive(Clone, Debug)]
pub struct SettingsText {
    path: PathBuf,
    /// Where it really lies.
    target: PathBuf,
    text: Option<String>,
    permissions: Option<Permissions>,
}

// === impl SettingsText ===

impl SettingsText {
    /// Reads the file; that there is none is no error. Blocks on the disk.
    ///
    /// # Errors
    /// [`SettingsError::Unusable`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let unusable = |source| SettingsError::Unusable { path: path.to_owned(), source };
        let target = atomic::behind_links(path).map_err(unusable)?;
        let metadata = match fs::metadata(&target) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), target, text: None, permissions: None });
            }
            Err(source) => return Err(unusable(source)),
        };
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(unusable(io::Error::other("it is no settings file")));
        }
        let text = String::from_utf8(fs::read(&target).map_err(unusable)?)
            .map_err(|_| unusable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
        let permissions = Some(metadata.permissions());
        Ok(Self { path: path.to_owned(), target, text: Some(text), permissions })
    }

    /// Its path as it was asked for.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it really lies, when the path is a link.
    #[must_use]
    pub fn link_to(&self) -> Option<&Path> {
        (self.target != self.path).then_some(self.target.as_path())
    }

    /// Its text; `None` when there is no file.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// A name for this very text.
    #[must_use]
    pub fn revision(&self) -> String {
        let Some(text) = &self.text else { return "none".to_owned() };
        let mut digits: String =
            Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        digits.truncate(REVISION_DIGITS);
        digits
    }

    /// Permission bits, where the platform has them and the file exists.
    pub(super) fn mode(&self) -> Option<u32> {
        fs::metadata(&self.target).ok().as_ref().and_then(permissions::mode)
    }

    /// Why it cannot be written, as far as that can be told without trying.
    ///
    /// # Errors
    /// [`SettingsError::Unusable`].
    pub fn check_writable(&self) -> Result<(), SettingsError> {
        let unusable = |source| Err(SettingsError::Unusable { path: self.path.clone(), source });
        let denied = |what| io::Error::new(io::ErrorKind::PermissionDenied, what);
        if self.permissions.as_ref().is_some_and(Permissions::readonly) {
            return unusable(denied("it is read-only"));
        }
        match fs::metadata(atomic::parent(&self.target)) {
            Ok(folder) if !folder.is_dir() => {
                unusable(io::Error::new(io::ErrorKind::NotADirectory, "its folder is a file"))
            }
            Ok(folder) if folder.permissions().readonly() => unusable(denied("its folder is read-only")),
            Ok(_) => Ok(()),
            // A link says where the file is to be; making folders there is not ours.
            Err(source) if self.link_to().is_some() => unusable(source),
            Err(_) => Ok(()),
        }
    }

    /// Writes another text, unless somebody else has done so since this one was read. Who may read the file stays as it
    /// was, except that `is_private` closes it to all but its owner. Says whether the folder was made for it.
    pub(super) fn write(&self, text: &str, is_private: bool) -> Result<bool, SettingsError> {
        self.check_writable()?;
        let unusable = |source| SettingsError::Unusable { path: self.path.clone(), source };
        let folder = atomic::parent(&self.target);
        let is_new_folder = !folder.exists();
        if is_new_folder {
            permissions::create_private_dir(folder).map_err(unusable)?;
        }
        self.check_unchanged()?;
        atomic::write(&self.target, text.as_bytes()).map_err(unusable)?;
        // What was just written is the owner's alone.
        if let Some(permissions) = self.permissions.clone().filter(|_| !is_private) {
            fs::set_permissions(&self.target, permissions).map_err(unusable)?;
        }
        Ok(is_new_folder)
    }

    /// Removes the file, unless somebody else has written it since.
    pub(super) fn remove(&self) -> Result<(), SettingsError> {
        self.check_writable()?;
        self.check_unchanged()?;
        fs::remove_file(&self.target)
            .map_err(|source| SettingsError::Unusable { path: self.path.clone(), source })
    }

    /// Gives the file those permission bits.
    pub(super) fn set_mode(&self, mode: u32) -> Result<(), SettingsError> {
        permissions::set_mode(&self.target, mode)
            .map_err(|source| SettingsError::Unusable { path: self.path.clone(), source })
    }

    /// Removes the file's folder, if nothing is in it.
    pub(super) fn remove_folder(&self) {
        // That something is in it is the reason to leave it.
        let _ = fs::remove_dir(atomic::parent(&self.target));
    }

    fn check_unchanged(&self) -> Result<(), SettingsError> {
        let now = Self::read(&self.path)?;
        if now.text == self.text && now.target == self.target {
            return Ok(());
        }
        Err(SettingsError::Changed { path: self.path.clone() })
    }
}
