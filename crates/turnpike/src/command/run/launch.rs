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

/// How long somebody else who has the data folder is waited for, until a service is started again: it may be one that
/// starts as ours did, or one that is just ending.
const AGAIN: Duration = Duration::from_millis(500);

/// A service that is being started.
struct Starting<'a> {
    place: &'a Place,
    launched: Launched,
    /// When it found the data folder in somebody else's hands, and what it said of that.
    has_left: Option<(Instant, String)>,
}

/// Starts the service of that data folder and waits until it answers.
pub(in crate::command) async fn service(place: &Place) -> Result<Client, Failure> {
    let mut starting = Starting { place, launched: launch(place)?, has_left: None };
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
            return Err(starting.too_late());
        }
        sleep(PERIOD).await;
    }
}

fn launch(place: &Place) -> Result<Launched, Failure> {
    let launched =
        std::env::current_exe().and_then(|program| Launched::start(&program, place.data_dir.path()));
    launched.map_err(|error| Failure::plain(format!("the service cannot be started: {error}")))
}

/// The program that is running now, to be started again.
pub(super) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::plain(format!("the path of this program is not known: {error}")))
}

// === impl Starting ===

impl Starting<'_> {
    /// Whether there is still something to wait for; else its own words and its own code.
    fn look(&mut self) -> Result<(), Failure> {
        if let Some((since, _)) = self.has_left {
            if since.elapsed() < AGAIN {
                return Ok(());
            }
            self.launched = launch(self.place)?;
            self.has_left = None;
        }
        let Ok(Some(status)) = self.launched.try_wait() else { return Ok(()) };
        let output = self.launched.output().display();
        let words = self.launched.words().unwrap_or_else(|| format!("it ended at once; look at {output}"));
        let exit = match status.code() {
            Some(code) if code == Exit::InUse as i32 => {
                self.has_left = Some((Instant::now(), words));
                return Ok(());
            }
            Some(code) if code == Exit::Config as i32 => Exit::Config,
            Some(code) if code == Exit::Key as i32 => Exit::Key,
            _ => Exit::Failure,
        };
        Err(not_started(exit, &words))
    }

    /// Nobody has answered in all that time.
    fn too_late(&self) -> Failure {
        if let Some((_, words)) = &self.has_left {
            return not_started(Exit::InUse, words);
        }
        let seconds = DEADLINE.as_secs();
        let output = self.launched.output().display();
        Failure::plain(format!(
            "the service does not answer after {seconds} seconds: look at `turnpike logs` and at {output}"
        ))
    }
}

fn not_started(exit: Exit, words: &str) -> Failure {
    Failure::of(exit, format!("the service did not start: {words}"))
}
