//! The thread that writes the log.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Mirror;
use super::folder::LogFolder;

/// Bytes after which the next file begins.
const MOST_BYTES: u64 = 5 * 1024 * 1024;
/// Lines that may wait for the disk.
const MOST_WAITING: usize = 8_192;
/// How long the end waits for the disk.
const END_DEADLINE: Duration = Duration::from_secs(1);
/// How long it waits for room in a full queue before it looks again.
const PAUSE: Duration = Duration::from_millis(10);

/// Ends the log when it is dropped: what waits is written first, for at most a second.
#[derive(Debug)]
pub struct LogWriter {
    lines: SyncSender<Line>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// Takes lines from any thread, and never waits.
#[derive(Clone, Debug)]
pub(super) struct LineSink {
    lines: SyncSender<Line>,
    left_out: Arc<AtomicU64>,
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
    left_out: Arc<AtomicU64>,
}

// === impl LogWriter ===

impl LogWriter {
    pub(super) fn start(folder: LogFolder, mirror: Mirror) -> io::Result<(Self, LineSink)> {
        let left_out = Arc::new(AtomicU64::new(0));
        let output = Output::open(folder, mirror, Arc::clone(&left_out))?;
        let (lines, incoming) = mpsc::sync_channel(MOST_WAITING);
        let (end, ended) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("log-writer".to_owned()).spawn(move || {
            output.run(&incoming);
            drop(end);
        })?;
        let sink = LineSink { lines: lines.clone(), left_out };
        Ok((Self { lines, ended, thread: Some(thread) }, sink))
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let deadline = Instant::now() + END_DEADLINE;
        let mut end = Line::End;
        // A full queue empties as fast as the disk allows; a disk that hangs is not waited for.
        while let Err(TrySendError::Full(back)) = self.lines.try_send(end) {
            if Instant::now() > deadline || self.ended.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            end = back;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if self.ended.recv_timeout(left) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            drop(thread.join());
        }
    }
}

// === impl LineSink ===

impl Write for LineSink {
    /// One call is one line: that is how the formatter writes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.lines.try_send(Line::Text(bytes.to_vec())).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Output ===

impl Output {
    fn open(folder: LogFolder, mirror: Mirror, left_out: Arc<AtomicU64>) -> io::Result<Self> {
        let (number, file) = folder.open_newest()?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder, file: Some((number, file)), bytes, mirror, left_out })
    }

    fn run(mut self, lines: &Receiver<Line>) {
        while let Ok(Line::Text(line)) = lines.recv() {
            let left_out = self.left_out.swap(0, Ordering::Relaxed);
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
        let left_out = Arc::new(AtomicU64::new(0));
        let mut output = Output::open(folder.clone(), Mirror::None, left_out).unwrap();
        std::fs::remove_dir_all(folder.path()).unwrap();
        output.file = None;
        output.write(b"again\n");
        assert_eq!(folder.last_lines(1).unwrap().lines, ["again"]);
    }

    #[test]
    fn what_came_too_fast_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let left_out = Arc::new(AtomicU64::new(0));
        let (lines, incoming) = mpsc::sync_channel(1);
        let mut sink = LineSink { lines, left_out: Arc::clone(&left_out) };
        for text in ["first\n", "second\n", "third\n"] {
            sink.write_all(text.as_bytes()).unwrap();
        }
        drop(sink);
        Output::open(folder.clone(), Mirror::None, left_out).unwrap().run(&incoming);
        let lines = folder.last_lines(9).unwrap().lines;
        assert_eq!(lines, ["(2 lines were left out here: they came too fast)", "first"]);
    }
}
