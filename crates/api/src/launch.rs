//! Starting the service for somebody who finds none: in a session of its own, its words to a file, never to a pipe
//! that could close.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// What the service prints before its log begins: why it did not start, mostly. Lies in the data folder.
const OUTPUT: &str = "service.out";
/// Bytes after which that file is begun afresh.
const MOST_BYTES: u64 = 64 * 1024;

/// A service that was started. Dropping this leaves it running.
#[derive(Debug)]
pub struct Launched {
    child: Child,
    output: PathBuf,
    /// Where its own words begin in that file.
    begin: u64,
}

/// What the service is started with, so that glibc keeps one heap for all of its threads instead of one for each, with free
/// room in each. Two threads of it work, and seldom at once; 0.7 MiB of an idle service are saved.
pub const ARENAS: (&str, &str) = ("MALLOC_ARENA_MAX", "1");

// === impl Launched ===

impl Launched {
    /// Starts `program`, a `turnpike`, as the service of that data folder.
    ///
    /// # Errors
    /// When the program is missing or the data folder cannot be written to.
    pub fn start(program: &Path, data_dir: &Path) -> io::Result<Self> {
        let output = data_dir.join(OUTPUT);
        let (file, begin) = open(&output).map_err(|error| {
            let words = format!(
                "{} cannot be written ({error}): make it writable for you, or name another folder with --data-dir",
                output.display()
            );
            io::Error::new(error.kind(), words)
        })?;
        let mut command = Command::new(program);
        command
            .arg("--data-dir")
            .arg(data_dir)
            .args(["serve", "--detached"])
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        if std::env::var_os(ARENAS.0).is_none() {
            command.env(ARENAS.0, ARENAS.1);
        }
        apart(&mut command);
        Ok(Self { child: command.spawn()?, output, begin })
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, once it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// The last sentence that it said.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let mut file = File::open(&self.output).ok()?;
        file.seek(SeekFrom::Start(self.begin)).ok()?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        text.lines().rev().find_map(|line| line.strip_prefix("turnpike: ")).map(str::to_owned)
    }

    /// The file that holds what it said.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output
    }
}

/// Opens the file for adding to it, and tells where that will be. It is begun afresh when it has grown.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    if file.metadata()?.len() > MOST_BYTES {
        file.set_len(0)?;
    }
    let begin = file.metadata()?.len();
    Ok((file, begin))
}

/// On Unix the service itself takes a session of its own (`--detached`).
#[cfg(not(windows))]
fn apart(_: &mut Command) {}

/// Without a console, in a group of its own, and outliving the job that it was started in.
#[cfg(windows)]
fn apart(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_BREAKAWAY_FROM_JOB);
}
