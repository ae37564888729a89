//! The thread that writes the log.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Mirror;
use super::folder::LogFolder;

/// Bytes after which the next file begins.
const MOST_BYTES: u64 = 5 * 1024 * 1024;
/// Lines that may wait for the disk.
const MOST_WAITING: usize = 8_192;
/// How long the end waits for the disk.
const END_DEADLINE: Duration = Duration::from_secs(1);

/// Ends the log when it is dropped: what waits is written first, for at most a second.
#[derive(Debug)]
pub struct LogWriter {
    lines: Sender<Line>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// Takes lines from any thread, and never waits.
#[derive(Clone, Debug)]
pub(super) struct LineSink {
    lines: Sender<Line>,
    waiting: Arc<Waiting>,
}

/// What waits for the disk. The channel itself has no bound: one that has takes the room for all of its places at once.
#[derive(Debug)]
struct Waiting {
    lines: AtomicUsize,
    most: usize,
    left_out: AtomicU64,
}

/// What the thread is told.
enum Line {
    Text(Vec<u8>),
    End,
}

/// What the thread owns.
struct Output {
    folder: LogFolder,
    file: Option<(u64, File)>,
    bytes: u64,
    mirror: Mirror,
    waiting: Arc<Waiting>,
}

// === impl LogWriter ===

impl LogWriter {
    pub(super) fn start(folder: LogFolder, mirror: Mirror) -> io::Result<(Self, LineSink)> {
        let waiting = Arc::new(Waiting::up_to(MOST_WAITING));
        let output = Output::open(folder, mirror, Arc::clone(&waiting))?;
        let (lines, incoming) = mpsc::channel();
        let (end, ended) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("log-writer".to_owned()).spawn(move || {
            output.run(&incoming);
            drop(end);
        })?;
        let sink = LineSink { lines: lines.clone(), waiting };
        Ok((Self { lines, ended, thread: Some(thread) }, sink))
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        // What waits comes before it; a disk that hangs is not waited for.
        let _the_thread_may_have_died = self.lines.send(Line::End);
        if self.ended.recv_timeout(END_DEADLINE) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            drop(thread.join());
        }
    }
}

// === impl Waiting ===

impl Waiting {
    const fn up_to(most: usize) -> Self {
        Self { lines: AtomicUsize::new(0), most, left_out: AtomicU64::new(0) }
    }

    /// Whether there was a place for a line more; it is counted either way.
    fn enter(&self) -> bool {
        let more = |lines| (lines < self.most).then_some(lines + 1);
        let is_in = self.lines.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !is_in {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        is_in
    }

    fn leave(&self) {
        self.lines.fetch_sub(1, Ordering::Relaxed);
    }
}

// === impl LineSink ===

impl Write for LineSink {
    /// One call is one line: that is how the formatter writes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.enter() {
            let _the_thread_may_have_died = self.lines.send(Line::Text(bytes.to_vec()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Output ===

impl Output {
    fn open(folder: LogFolder, mirror: Mirror, waiting: Arc<Waiting>) -> io::Result<Self> {
        let (number, file) = folder.open_newest()?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder, file: Some((number, file)), bytes, mirror, waiting })
    }

    fn run(mut self, lines: &Receiver<Line>) {
        while let Ok(Line::Text(line)) = lines.recv() {
            self.waiting.leave();
            let left_out = self.waiting.left_out.swap(0, Ordering::Relaxed);
            if left_out > 0 {
                self.write(format!("({left_out} lines were left out here: they came too fast)\n").as_bytes());
            }
            self.write(&line);
        }
    }

    fn write(&mut self, line: &[u8]) {
        if self.mirror == Mirror::StandardError {
            // A closed standard error is no reason to stop logging to the file.
            drop(io::stderr().write_all(line));
        }
        if self.write_to_file(line).is_err() {
            // Tried afresh with the next line: the disk may be full, or the folder gone, only for now.
            self.file = None;
        }
    }

    fn write_to_file(&mut self, line: &[u8]) -> io::Result<()> {
        let (mut number, mut file) = match self.file.take() {
            Some(open) => open,
            None => {
                let (number, file) = self.folder.open_newest()?;
                self.bytes = file.metadata()?.len();
                (number, file)
            }
        };
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes + length > MOST_BYTES {
            (number, file) = self.folder.begin_next(number)?;
            self.bytes = 0;
        }
        file.write_all(line)?;
        self.bytes += length;
        self.file = Some((number, file));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_cut_between_lines() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let (writer, mut sink) = LogWriter::start(folder.clone(), Mirror::None).unwrap();
        let line = [&[b'x'; 1024 * 1024 - 1][..], b"\n"].concat();
        for _ in 0..7 {
            sink.write_all(&line).unwrap();
        }
        drop(writer);
        let sizes: Vec<u64> = folder
            .numbers()
            .unwrap()
            .into_iter()
            .map(|number| std::fs::metadata(folder.file(number)).unwrap().len() / (1024 * 1024))
            .collect();
        assert_eq!(sizes, [5, 2]);
    }

    #[test]
    fn a_folder_that_was_removed_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let waiting = Arc::new(Waiting::up_to(1));
        let mut output = Output::open(folder.clone(), Mirror::None, waiting).unwrap();
        std::fs::remove_dir_all(folder.path()).unwrap();
        output.file = None;
        output.write(b"again\n");
        assert_eq!(folder.last_lines(1).unwrap().lines, ["again"]);
    }

    #[test]
    fn what_came_too_fast_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let waiting = Arc::new(Waiting::up_to(1));
        let (lines, incoming) = mpsc::channel();
        let mut sink = LineSink { lines, waiting: Arc::clone(&waiting) };
        for text in ["first\n", "second\n", "third\n"] {
            sink.write_all(text.as_bytes()).unwrap();
        }
        drop(sink);
        Output::open(folder.clone(), Mirror::None, Arc::clone(&waiting)).unwrap().run(&incoming);
        assert!(waiting.enter(), "what was written makes room");
        let lines = folder.last_lines(9).unwrap().lines;
        assert_eq!(lines, ["(2 lines were left out here: they came too fast)", "first"]);
    }
}
