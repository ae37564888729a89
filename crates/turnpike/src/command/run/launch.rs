//! Starting the service for a command that finds none: from our own executable, in a session of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use turnpike_api::{Client, ClientError};

use crate::exit::{Exit, Failure};
use crate::place::Place;

/// How long the service may take until it answers. A large ledger is checked first.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(20);
/// What it prints before its log begins: why it did not start, mostly.
const OUTPUT: &str = "service.out";
/// Bytes after which that file is begun afresh.
const MOST_BYTES: u64 = 64 * 1024;

/// A service that is being started.
struct Starting {
    /// `None` once it has left the field to another one that was started at the same time.
    child: Option<Child>,
    output: PathBuf,
    /// Where its own words begin in that file.
    begin: u64,
}

/// Starts the service of that data folder and waits until it answers.
pub(super) async fn service(place: &Place) -> Result<Client, Failure> {
    let mut starting =
        start(place).map_err(|error| Failure::plain(format!("the service cannot be started: {error}")))?;
    let deadline = Instant::now() + DEADLINE;
    loop {
        match place.service() {
            Ok(client) => return Ok(client),
            // While it starts, an old control.json may lead nowhere, or to somebody else.
            Err(ClientError::NotRunning(_) | ClientError::Impostor { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        starting.look()?;
        if Instant::now() > deadline {
            let seconds = DEADLINE.as_secs();
            let output = starting.output.display();
            return Err(Failure::plain(format!(
                "the service does not answer after {seconds} seconds: look at `turnpike logs` and at {output}"
            )));
        }
        sleep(PERIOD).await;
    }
}

/// The program that is running now, to be started again.
pub(super) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::plain(format!("the path of this program is not known: {error}")))
}

// === impl Starting ===

impl Starting {
    /// Whether there is still something to wait for; else its own words and its own code.
    fn look(&mut self) -> Result<(), Failure> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let Ok(Some(status)) = child.try_wait() else { return Ok(()) };
        let exit = match status.code() {
            // Two commands at once: the other's service has the folder, and will answer.
            Some(code) if code == Exit::InUse as i32 => {
                self.child = None;
                return Ok(());
            }
            Some(code) if code == Exit::Config as i32 => Exit::Config,
            Some(code) if code == Exit::Key as i32 => Exit::Key,
            _ => Exit::Failure,
        };
        let words =
            self.words().unwrap_or_else(|| format!("it ended at once; look at {}", self.output.display()));
        Err(Failure::of(exit, format!("the service did not start: {words}")))
    }

    /// The last sentence that it said.
    fn words(&self) -> Option<String> {
        let mut file = File::open(&self.output).ok()?;
        file.seek(SeekFrom::Start(self.begin)).ok()?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        text.lines().rev().find_map(|line| line.strip_prefix("turnpike: ")).map(str::to_owned)
    }
}

fn start(place: &Place) -> io::Result<Starting> {
    let output = place.data_dir.path().join(OUTPUT);
    let (file, begin) = open(&output)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("--data-dir")
        .arg(place.data_dir.path())
        .args(["serve", "--detached"])
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    apart(&mut command);
    Ok(Starting { child: Some(command.spawn()?), output, begin })
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
