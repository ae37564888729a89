//! Noticing that `config.toml` was changed, by whomever.

use std::fs::{self, Metadata};
use std::io;
use std::time::{Duration, SystemTime};

use super::error::ConfigError;
use super::file::{ConfigFile, Loaded, Revision};

/// For so long after a change the look of a file proves nothing: clocks of file systems are coarse, and a second
/// change of the same length within one tick would go unseen.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// Looks at `config.toml` again and again; cheap while nothing changes, for only the file's metadata is read then.
///
/// The first look always reports what is there.
#[derive(Debug)]
pub struct ConfigWatch {
    file: ConfigFile,
    stamp: Option<Stamp>,
    reported: Option<Text>,
}

/// What tells two states of a file apart without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stamp {
    /// There is no file.
    Missing,
    /// There is one.
    Of { length: u64, modified: SystemTime, inode: Inode },
}

/// The text that was last reported.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// By its hash; good or bad.
    Of(Revision),
    /// It could not be read, and why.
    Unreadable(String),
}

/// Which file it is and when anything about it changed last (inode, then seconds and nanoseconds): so a file is seen
/// to be another one even where its time was set back by hand. Zeros where the platform has none.
type Inode = (u64, i64, i64);

// === impl ConfigWatch ===

impl ConfigWatch {
    /// Watches that file.
    #[must_use]
    pub fn new(file: ConfigFile) -> Self {
        Self { file, stamp: None, reported: None }
    }

    /// What the file says, if that is not what was reported last: a text that loads, or why it does not. Reads only
    /// the metadata unless something about the file changed.
    pub fn poll(&mut self) -> Option<Result<Loaded, ConfigError>> {
        let stamp = stamp(&self.file);
        if stamp.is_some() && stamp == self.stamp {
            return None;
        }
        // Taken before the text is read: what changes in between is then seen at the next look.
        self.stamp = stamp.filter(|stamp| stamp.is_settled(SystemTime::now()));
        let read = self.file.bytes();
        let text = match &read {
            Ok(bytes) => Text::Of(Revision::of(bytes)),
            Err(error) => Text::Unreadable(error.to_string()),
        };
        if self.reported.as_ref() == Some(&text) {
            return None;
        }
        self.reported = Some(text);
        Some(read.and_then(|bytes| self.file.loaded(bytes)))
    }
}

// === impl Stamp ===

impl Stamp {
    /// Whether the next change is sure to change the stamp.
    fn is_settled(&self, now: SystemTime) -> bool {
        match self {
            Self::Missing => true,
            Self::Of { modified, .. } => {
                // A time in the future tells nothing about when the file was written.
                now.duration_since(*modified).is_ok_and(|age| age > COARSEST_CLOCK)
            }
        }
    }
}

/// `None` when the file cannot even be looked at.
fn stamp(file: &ConfigFile) -> Option<Stamp> {
    match fs::metadata(file.path()) {
        Ok(metadata) => {
            let modified = metadata.modified().ok()?;
            Some(Stamp::Of { length: metadata.len(), modified, inode: inode(&metadata) })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Stamp::Missing),
        Err(_) => None,
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Inode {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Inode {
    (0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(dir: &tempfile::TempDir) -> ConfigWatch {
        ConfigWatch::new(ConfigFile::new(dir.path().join("config.toml")))
    }

    fn write(watch: &ConfigWatch, text: &str) {
        fs::write(watch.file.path(), text).unwrap();
    }

    /// Sets the time of the last change as if the file had been written long ago.
    fn age(watch: &ConfigWatch, seconds: u64) {
        let file = fs::File::options().write(true).open(watch.file.path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    }

    fn look(watch: &mut ConfigWatch) -> String {
        match watch.poll() {
            None => "nothing".to_owned(),
            Some(Ok(loaded)) => loaded.text,
            Some(Err(error)) => format!("error: {error}"),
        }
    }

    #[test]
    fn each_change_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(&dir);
        assert_eq!(look(&mut watch), "", "the first look tells what is there");
        assert_eq!(look(&mut watch), "nothing");
        for text in ["[log]\nlevel = \"info\"\n", "[log]\nlevel = \"warn\"\n", "# x\n"] {
            write(&watch, text);
            assert_eq!(look(&mut watch), text);
            assert_eq!(look(&mut watch), "nothing");
        }
        write(&watch, "[log]\nlevl = 1\n");
        assert!(look(&mut watch).contains("line 2: unknown key `levl`"));
        assert_eq!(look(&mut watch), "nothing");
        fs::remove_file(watch.file.path()).unwrap();
        assert_eq!(look(&mut watch), "", "without a file the defaults are in force");
        assert_eq!(look(&mut watch), "nothing");
    }

    #[test]
    fn a_change_within_one_tick_of_the_clock_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(&dir);
        let now = SystemTime::now();
        for text in ["# a\n", "# b\n", "# c\n"] {
            write(&watch, text);
            let file = fs::File::options().write(true).open(watch.file.path()).unwrap();
            file.set_modified(now).unwrap();
            assert_eq!(look(&mut watch), text);
        }
    }

    #[test]
    fn an_old_file_is_not_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(&dir);
        write(&watch, "# a\n");
        age(&watch, 60);
        assert_eq!(look(&mut watch), "# a\n");
        assert_eq!(watch.stamp, stamp(&watch.file), "the next look compares stamps only");
        assert_eq!(look(&mut watch), "nothing");
    }

    #[test]
    fn another_file_of_the_same_length_and_time_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(&dir);
        let time = SystemTime::now() - Duration::from_secs(3_600);
        for text in ["# a\n", "# b\n"] {
            let other = dir.path().join("other");
            fs::write(&other, text).unwrap();
            fs::File::options().write(true).open(&other).unwrap().set_modified(time).unwrap();
            fs::rename(&other, watch.file.path()).unwrap();
            assert_eq!(look(&mut watch), text);
        }
    }

    #[test]
    fn a_touch_is_no_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(&dir);
        write(&watch, "# a\n");
        assert_eq!(look(&mut watch), "# a\n");
        age(&watch, 60);
        assert_eq!(look(&mut watch), "nothing");
        age(&watch, 30);
        assert_eq!(look(&mut watch), "nothing");
    }
}
