//! The service's log: numbered files in the data folder, a level that can be changed while running.
//!
//! Lines never hold prompt text or a key: whoever logs hands in facts, not bodies. A thread of its own writes
//! them, so a slow disk slows no request; when lines come faster than the disk takes them, they are counted
//! and left out, and the log says how many.

mod folder;
mod tail;
mod writer;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Registry, fmt, reload};
use turnpike_api::command::{LogPosition, LogTail, LogTailReply};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_settings::config::LogLevel;

pub use folder::LogFolder;
pub use tail::{Tail, TailPosition};
use writer::LineSink;
pub use writer::LogWriter;

/// Where the log also goes while it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// To standard error, for a terminal, systemd or a container.
    StandardError,
    /// Nowhere: standard error is a file already.
    None,
}

/// A running log: its level, its folder. Clones share it.
#[derive(Clone, Debug)]
pub struct Log {
    folder: LogFolder,
    level: Arc<Mutex<LogLevel>>,
    filter: reload::Handle<Targets, Registry>,
}

/// Lines that one question brings at most.
const MOST_LINES: usize = 1_000;
/// Lines that it brings when it says nothing.
const LINES: usize = 100;

/// The level that a command asks for.
pub(crate) fn wanted_level(text: &str) -> Result<LogLevel, ApiError> {
    parse_level(text).ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        let message = format!("`{text}` is no level: choose error, warn, info, debug or trace");
        ApiError::new(ErrorCode::Invalid, message)
    })
}

/// Lines from a place on, or the last ones. Blocks on the disk.
pub(crate) fn lines(folder: &LogFolder, asked: &LogTail) -> Result<LogTailReply, ApiError> {
    let count = asked.lines.unwrap_or(LINES).min(MOST_LINES);
    let tail = match &asked.after {
        Some(place) => folder.lines_after(TailPosition { file: place.file, offset: place.offset }, count),
        None => folder.last_lines(count),
    };
    let tail = tail.map_err(|error| {
        let message = format!("the log cannot be read ({error}): check the data folder");
        ApiError::new(ErrorCode::Unavailable, message)
    })?;
    let next = LogPosition { file: tail.next.file, offset: tail.next.offset };
    Ok(LogTailReply { lines: tail.lines, next })
}

// === impl Log ===

impl Log {
    /// A log in that folder, which is made when it is missing. The subscriber is the caller's to install; the
    /// writer is to be kept until the end, when it writes what still waits.
    ///
    /// # Errors
    /// When the folder or its newest file cannot be made or written.
    pub fn open(
        folder: LogFolder,
        level: LogLevel,
        mirror: Mirror,
    ) -> io::Result<(Self, impl Subscriber + Send + Sync + 'static, LogWriter)> {
        let (writer, sink) = LogWriter::start(folder.clone(), mirror)?;
        let (filter, handle) = reload::Layer::new(targets(level));
        let lines = fmt::layer().with_ansi(false).with_writer(move || LineSink::clone(&sink));
        let subscriber = Registry::default().with(filter).with(lines);
        let log = Self { folder, level: Arc::new(Mutex::new(level)), filter: handle };
        Ok((log, subscriber, writer))
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &LogFolder {
        &self.folder
    }

    /// The level now.
    #[must_use]
    pub fn level(&self) -> LogLevel {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the level for all lines from here on, and gives the one before.
    pub fn set_level(&self, level: LogLevel) -> LogLevel {
        let mut current = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        // It fails only when the subscriber is gone: then there is nothing to filter either.
        drop(self.filter.reload(targets(level)));
        std::mem::replace(&mut current, level)
    }
}

/// Reads a level as people write it.
#[must_use]
pub fn parse_level(text: &str) -> Option<LogLevel> {
    use LogLevel::{Debug, Error, Info, Trace, Warn};
    let text = text.trim().to_ascii_lowercase();
    [Error, Warn, Info, Debug, Trace].into_iter().find(|level| level.as_str() == text)
}

/// Our own lines at that level; those of libraries only where something is wrong, since theirs may hold what was
/// sent.
fn targets(level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target("turnpike", ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_can_be_changed_while_lines_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let folder = LogFolder::new(dir.path().join("logs"));
        let (log, subscriber, writer) = Log::open(folder.clone(), LogLevel::Info, Mirror::None).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "turnpike_test", "before");
            assert_eq!(log.set_level(LogLevel::Debug), LogLevel::Info);
            tracing::debug!(target: "turnpike_test", "during");
            tracing::info!(target: "hyper", "a library talks");
            log.set_level(LogLevel::Error);
            tracing::warn!(target: "turnpike_test", "after");
            tracing::error!(target: "turnpike_test", "failure");
        });
        drop(writer);
        let lines = folder.last_lines(10).unwrap().lines;
        let texts: Vec<&str> = lines.iter().filter_map(|line| line.split("turnpike_test: ").nth(1)).collect();
        assert_eq!(texts, ["during", "failure"], "{lines:?}");
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    #[test]
    fn levels_are_read_by_their_words() {
        assert_eq!(parse_level(" Debug "), Some(LogLevel::Debug));
        assert_eq!(parse_level("loud"), None);
    }
}
