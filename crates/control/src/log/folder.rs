//! The log's files: `turnpike-<number>.log`, at most five of them, each of at most five megabytes.
//!
//! Numbers only grow and a file is never renamed, so a reader that remembers a number and an offset finds its
//! place again whatever was written meanwhile.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// How many files are kept.
const MOST_FILES: usize = 5;
/// Begin and end of a file's name.
const PREFIX: &str = "turnpike-";
const SUFFIX: &str = ".log";

/// A folder of log files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFolder {
    path: PathBuf,
}

// === impl LogFolder ===

impl LogFolder {
    /// The log in that folder ([`turnpike_settings::DataDir::logs`]).
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file with that number.
    pub(super) fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{PREFIX}{number}{SUFFIX}"))
    }

    /// Numbers of the files there are, oldest first; none for a folder that does not exist.
    pub(super) fn numbers(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut numbers: Vec<u64> =
            entries.filter_map(|entry| number_of(entry.ok()?.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Makes the folder for its owner alone, and opens its newest file for writing.
    pub(super) fn open_newest(&self) -> io::Result<(u64, File)> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)?;
        let number = self.numbers()?.last().copied().unwrap_or(1);
        Ok((number, self.open(number)?))
    }

    /// Begins the file after `number`, and removes the oldest when there are too many.
    pub(super) fn begin_next(&self, number: u64) -> io::Result<(u64, File)> {
        let next = number + 1;
        let file = self.open(next)?;
        let numbers = self.numbers()?;
        for old in &numbers[..numbers.len().saturating_sub(MOST_FILES)] {
            fs::remove_file(self.file(*old))?;
        }
        Ok((next, file))
    }

    fn open(&self, number: u64) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.file(number))
    }
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_files_are_kept_and_others_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        assert!(folder.numbers().unwrap().is_empty());
        let (mut number, _) = folder.open_newest().unwrap();
        fs::write(folder.path().join("notes.log"), "mine").unwrap();
        for _ in 0..12 {
            (number, _) = folder.begin_next(number).unwrap();
        }
        assert_eq!(folder.numbers().unwrap(), [9, 10, 11, 12, 13]);
        assert!(folder.path().join("notes.log").exists());
        assert_eq!(folder.open_newest().unwrap().0, 13);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let (number, _) = folder.open_newest().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&folder.file(number))), (0o700, 0o600));
    }
}
