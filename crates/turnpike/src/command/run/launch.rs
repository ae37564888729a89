//! Starting the service for a command that finds none: from our own executable, in a session of its own.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use turnpike_api::{Client, ClientError, Launched};

use crate::exit::{Exit, Failure};
use crate::place::Place;

/// How long the service may take until it answers. A large ledger is checked first.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(20);

/// A service that is being started.
struct Starting {
    launched: Launched,
    /// It has left the field to another one that was started at the same time.
    has_left: bool,
}

/// Starts the service of that data folder and waits until it answers.
pub(in crate::command) async fn service(place: &Place) -> Result<Client, Failure> {
    let launched =
        std::env::current_exe().and_then(|program| Launched::start(&program, place.data_dir.path()));
    let launched =
        launched.map_err(|error| Failure::plain(format!("the service cannot be started: {error}")))?;
    let mut starting = Starting { launched, has_left: false };
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
            let output = starting.launched.output().display();
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
        if self.has_left {
            return Ok(());
        }
        let Ok(Some(status)) = self.launched.try_wait() else { return Ok(()) };
        let exit = match status.code() {
            // Two commands at once: the other's service has the folder, and will answer.
            Some(code) if code == Exit::InUse as i32 => {
                self.has_left = true;
                return Ok(());
            }
            Some(code) if code == Exit::Config as i32 => Exit::Config,
            Some(code) if code == Exit::Key as i32 => Exit::Key,
            _ => Exit::Failure,
        };
        let output = self.launched.output().display();
        let words = self.launched.words().unwrap_or_else(|| format!("it ended at once; look at {output}"));
        Err(Failure::of(exit, format!("the service did not start: {words}")))
    }
}
