//! Reading the log from a place on.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use super::folder::LogFolder;

/// Bytes that one question reads at most.
const MOST_BYTES: u64 = 1024 * 1024;

/// A place in the log: which file, and how many bytes into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TailPosition {
    /// Number of the file.
    pub file: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// Whole lines, and where the next ones begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The lines, without their ends.
    pub lines: Vec<String>,
    /// Where to go on.
    pub next: TailPosition,
}

// === impl LogFolder ===

impl LogFolder {
    /// The last `count` lines there are, from the newest files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn last_lines(&self, count: usize) -> io::Result<Tail> {
        let mut tail = Tail::default();
        for (age, number) in self.numbers()?.into_iter().rev().enumerate() {
            let wanted = count.saturating_sub(tail.lines.len());
            if wanted == 0 && age > 0 {
                break;
            }
            let length = self.length(number)?;
            let (lines, end) = self.read(number, length.saturating_sub(MOST_BYTES), MOST_BYTES)?;
            if age == 0 {
                tail.next = TailPosition { file: number, offset: end };
            }
            let mut lines = lines;
            lines.drain(..lines.len().saturating_sub(wanted));
            lines.append(&mut tail.lines);
            tail.lines = lines;
        }
        Ok(tail)
    }

    /// Up to `count` lines from a place on. A place that was cut off meanwhile stands for the oldest one there is.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn lines_after(&self, place: TailPosition, count: usize) -> io::Result<Tail> {
        let mut tail = Tail { lines: Vec::new(), next: place };
        for number in self.numbers()?.into_iter().filter(|number| *number >= place.file) {
            let offset = if number == place.file { place.offset } else { 0 };
            let (mut lines, end) = self.read(number, offset, MOST_BYTES)?;
            let room = count - tail.lines.len();
            let is_cut = lines.len() > room;
            let end = if is_cut {
                lines.truncate(room);
                offset + lines.iter().map(|line| line.len() as u64 + 1).sum::<u64>()
            } else {
                end
            };
            tail.lines.append(&mut lines);
            tail.next = TailPosition { file: number, offset: end };
            if is_cut || end < self.length(number)? {
                break; // the rest of this file comes first
            }
        }
        Ok(tail)
    }

    fn length(&self, number: u64) -> io::Result<u64> {
        std::fs::metadata(self.file(number)).map(|metadata| metadata.len())
    }

    /// Whole lines from `offset` on, and where they end. From the middle of a file on, the first line may be cut.
    fn read(&self, number: u64, offset: u64, most: u64) -> io::Result<(Vec<String>, u64)> {
        let mut file = File::open(self.file(number))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let text = bytes.get(..whole).unwrap_or_default();
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        // A byte that is no UTF-8 would become three: the formatter writes none.
        let lines =
            lines.map(|line| String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned());
        Ok((lines.collect(), offset + whole as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(u64, &str)]) -> (tempfile::TempDir, LogFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().to_owned());
        for (number, text) in files {
            std::fs::write(folder.file(*number), text).unwrap();
        }
        (dir, folder)
    }

    const fn at(file: u64, offset: u64) -> TailPosition {
        TailPosition { file, offset }
    }

    #[test]
    fn the_last_lines_come_from_as_many_files_as_it_takes() {
        let (_dir, folder) = folder(&[(3, "a\nb\n"), (4, "c\nd\nhal")]);
        for (count, lines) in [(0, &[][..]), (1, &["d"]), (3, &["b", "c", "d"]), (9, &["a", "b", "c", "d"])] {
            let tail = folder.last_lines(count).unwrap();
            assert_eq!((tail.lines, tail.next), (lines.iter().map(|l| (*l).to_owned()).collect(), at(4, 4)));
        }
    }

    #[test]
    fn one_goes_on_where_one_was() {
        let (_dir, folder) = folder(&[(3, "a\nb\n"), (4, "c\nd\nhal")]);
        let rows = [
            ("from the middle", at(3, 2), 9, &["b", "c", "d"][..], at(4, 4)),
            ("cut by the count", at(3, 0), 1, &["a"], at(3, 2)),
            ("at the end of a file", at(3, 4), 1, &["c"], at(4, 2)),
            ("at the end", at(4, 4), 9, &[], at(4, 4)),
            ("a file that is gone", at(1, 77), 9, &["a", "b", "c", "d"], at(4, 4)),
        ];
        for (name, place, count, lines, next) in rows {
            let tail = folder.lines_after(place, count).unwrap();
            assert_eq!((tail.lines.as_slice(), tail.next), (lines.map_owned().as_slice(), next), "{name}");
        }
        std::fs::write(folder.file(4), "c\nd\nhalf\n").unwrap();
        assert_eq!(folder.lines_after(at(4, 4), 9).unwrap().lines, ["half"]);
    }

    #[test]
    fn without_files_there_is_nothing() {
        let (_dir, folder) = folder(&[]);
        assert_eq!(folder.last_lines(5).unwrap(), Tail::default());
        assert_eq!(folder.lines_after(at(0, 0), 5).unwrap(), Tail::default());
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }
}
