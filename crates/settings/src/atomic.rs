//! Writing a small file so that a reader, or a crash, sees the old text or the new one and nothing between.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// How many links are followed before they are taken for a circle.
const MOST_LINKS: usize = 16;

/// Replaces the file at `path` by `bytes`, readable by the owner only (0600).
///
/// The bytes go to a new file in the same folder, are flushed to the disk, and take the old file's name in
/// one step; then the folder is flushed. A symbolic link stays a link: what it points to is replaced.
///
/// # Errors
/// When any of these steps fails. The old file is then untouched, unless the last step (flushing the folder)
/// failed: then the new text is in place but may not outlive a power cut.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = behind_links(path)?;
    let staged = stage(&target, bytes)?;
    staged.persist(&target).map_err(|failed| failed.error)?;
    flush_dir(parent(&target))
}

/// Like [`write()`], but leaves an existing file alone and says whether this call made the file.
///
/// # Errors
/// When the file can be neither found nor made.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let target = behind_links(path)?;
    match stage(&target, bytes)?.persist_noclobber(&target) {
        Ok(()) => flush_dir(parent(&target)).map(|()| true),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(failed.error),
    }
}

/// Writes the bytes to a nameless neighbour of `target`; dropping it removes it.
fn stage(target: &Path, bytes: &[u8]) -> io::Result<TempPath> {
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder is in the way"));
    }
    // The crate makes the file 0600 whatever the umask is.
    let mut staged = NamedTempFile::with_prefix_in(".turnpike-", parent(target))?;
    staged.write_all(bytes)?;
    staged.as_file().sync_all()?;
    Ok(staged.into_temp_path())
}

/// Where `path` ends up when its links are followed; the last file need not exist.
pub(crate) fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&at) {
            Ok(next) => at = parent(&at).join(next),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
            // No link: a file, or nothing yet.
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::other("the symbolic links lead in a circle"))
}

pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn flush_dir(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn flush_dir(_: &Path) -> io::Result<()> {
    // Windows has no handle of a folder that could be flushed.
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_private_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(dir.path()), ["f"]);
    }

    #[test]
    fn an_open_file_becomes_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn links_stay_links_and_their_target_is_replaced() {
        for (case, target_exists, relative) in
            [("absolute", true, false), ("relative", true, true), ("dangling", false, true)]
        {
            let dir = tempfile::tempdir().unwrap();
            let dotfiles = dir.path().join("dotfiles");
            fs::create_dir(&dotfiles).unwrap();
            let target = dotfiles.join("real.toml");
            if target_exists {
                fs::write(&target, "old").unwrap();
            }
            let link = dir.path().join("config.toml");
            symlink(if relative { Path::new("dotfiles/real.toml") } else { &target }, &link).unwrap();
            write(&link, b"new").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{case}");
            assert_eq!(fs::read(&target).unwrap(), b"new", "{case}");
            assert_eq!(names(&dotfiles), ["real.toml"], "{case}");
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_text_and_no_litter() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        fs::write(dir.path().join("file"), "old").unwrap();
        for (case, path) in [
            ("a folder is there", folder),
            ("links in a circle", dir.path().join("a")),
            ("no such folder", dir.path().join("none/file")),
            ("a file where a folder should be", dir.path().join("file/x")),
        ] {
            assert!(write(&path, b"new").is_err(), "{case}");
        }
        assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["a", "b", "file", "folder"]);
    }

    #[test]
    fn creating_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        assert!(create(&path, b"first").unwrap());
        assert!(!create(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(dir.path()), ["f"]);
    }
}
