//! Starting the service for a command that finds none: from our own executable, in a session of its own.

use std::fs::{File, OpenOptions};
use std::io;
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

/// Starts the service of that data folder and waits until it answers.
pub(super) async fn service(place: &Place) -> Result<Client, Failure> {
    let output = place.data_dir.path().join(OUTPUT);
    let mut child = start(place, &output)
        .map_err(|error| Failure::plain(format!("the service cannot be started: {error}")))?;
    let deadline = Instant::now() + DEADLINE;
    loop {
        match place.service() {
            Ok(client) => return Ok(client),
            Err(ClientError::NotRunning(_)) => {}
            // While it starts, an old control.json may lead to somebody else.
            Err(ClientError::Impostor { .. }) if Instant::now() < deadline => {}
            Err(error) => return Err(error.into()),
        }
        if let Ok(Some(status)) = child.try_wait() {
            // Two commands at once: the other's service has the folder.
            if let Ok(client) = place.service() {
                return Ok(client);
            }
            return Err(ended(status.code(), &output));
        }
        if Instant::now() > deadline {
            let sentence = format!(
                "the service (process {}) does not answer after {} seconds: look at `turnpike logs` and at {}",
                child.id(),
                DEADLINE.as_secs(),
                output.display(),
            );
            return Err(Failure::plain(sentence));
        }
        sleep(PERIOD).await;
    }
}

/// The program that is running now, to be started again.
pub(super) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::plain(format!("the path of this program is not known: {error}")))
}

fn start(place: &Place, output: &Path) -> io::Result<Child> {
    let program = std::env::current_exe()?;
    let file = open(output)?;
    let mut command = Command::new(program);
    command
        .arg("--data-dir")
        .arg(place.data_dir.path())
        .args(["serve", "--detached"])
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    apart(&mut command);
    command.spawn()
}

/// Begun afresh each time: it holds a few lines, and only the last start matters.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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

/// Its own words and its own code.
fn ended(code: Option<i32>, output: &Path) -> Failure {
    let text = std::fs::read_to_string(output).unwrap_or_default();
    let words = text.lines().rev().find_map(|line| line.strip_prefix("turnpike: ")).map(str::to_owned);
    let words = words.unwrap_or_else(|| format!("it ended at once; look at {}", output.display()));
    let exit = match code {
        Some(4) => Exit::Config,
        Some(5) => Exit::Key,
        _ => Exit::Failure,
    };
    Failure::of(exit, format!("the service did not start: {words}"))
}
