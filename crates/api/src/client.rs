//! A blocking client for the command line and the tray.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use crate::commands::Command;
use crate::control_file::{ControlFile, ControlFileError};
use crate::error::ApiError;
use crate::event::Event;
use crate::proof::{Challenge, NoRandom, Proof};
use crate::{API_VERSION, CALLER_HEADER, COMMAND_PATH, EVENT_PATH, PROOF_PATH};

/// How long the server may take to prove itself. It computes one digest.
const PROOF_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const MOST_BYTES: u64 = 64 << 20;

/// A connection to a running service that has proved itself.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    file: ControlFile,
    /// What the audit is to call this program.
    name: Option<&'static str>,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No service runs on this data folder.
    #[error("{0}")]
    NotRunning(String),
    /// `control.json` is of no use.
    #[error(transparent)]
    File(ControlFileError),
    /// Whoever listens on that port does not know the secret of `control.json`.
    #[error(
        "{address} is held by a program that is not the service of this data folder, so nothing was sent to it: start \
         the service again with `turnpike serve`"
    )]
    Impostor {
        /// Where it listens.
        address: String,
    },
    /// Client and service are of different versions.
    #[error(
        "the running service (process {pid}) is of another version (API {found}, this is {API_VERSION}): end it with \
         `kill {pid}`, which lets its streams finish, then do this again"
    )]
    Version {
        /// The service's number.
        found: u32,
        /// Its process: its own commands cannot be trusted to end it.
        pid: u32,
    },
    /// The service answered with an error.
    #[error("{0}")]
    Refused(#[from] ApiError),
    /// The connection broke, or the answer made no sense.
    #[error("the service at {address} did not answer as it should ({detail}): look at `turnpike logs`")]
    Broken {
        /// Where it listens.
        address: String,
        /// What went wrong.
        detail: String,
    },
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
}

/// What happens in the service, as it happens. Ends when the connection does; a service that hangs is silent.
pub struct Happenings {
    lines: Lines<BufReader<ureq::BodyReader<'static>>>,
}

fn agent(timeout: Duration) -> Agent {
    Agent::config_builder()
        .proxy(None) // a proxy of the environment has no business with loopback
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(timeout))
        .build()
        .new_agent()
}

// === impl Client ===

impl Client {
    /// Connects to the service that wrote this `control.json`, and lets it prove itself. Blocks.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] when there is no such service; the others say what stands in the way.
    pub fn connect(control_file: &Path) -> Result<Self, ClientError> {
        let file = ControlFile::read(control_file).map_err(|error| match error {
            ControlFileError::Missing { .. } => ClientError::NotRunning(error.to_string()),
            other => ClientError::File(other),
        })?;
        if file.api_version != API_VERSION {
            // What a dead service of another version has left behind stands in nobody's way.
            return Err(if file.is_writer_alive() {
                ClientError::Version { found: file.api_version, pid: file.pid }
            } else {
                gone(file.pid)
            });
        }
        let client = Self { agent: agent(COMMAND_TIMEOUT), file, name: None };
        client.demand_proof()?;
        Ok(client)
    }

    /// What the service wrote down about itself.
    #[must_use]
    pub fn control_file(&self) -> &ControlFile {
        &self.file
    }

    /// The same connection by the name that the audit is to have: `cli` or `tray`.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The same connection with more patience, for a command that works for long.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { agent: agent(timeout), ..self }
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the service's own code and sentence, or what broke on the way.
    pub fn call<C: Command>(&self, command: &C) -> Result<C::Reply, ClientError> {
        let body = serde_json::to_vec(command).map_err(|error| self.broken(error))?;
        let url = format!("http://{}{COMMAND_PATH}{}", self.file.address, C::NAME);
        let answer = self
            .agent
            .post(url)
            .header("authorization", format!("Bearer {}", self.file.secret.expose()))
            .header(CALLER_HEADER, self.name.unwrap_or_default())
            .content_type("application/json")
            .send(&body[..])
            .map_err(|error| self.broken(error))?;
        let is_ok = answer.status().is_success();
        let text = self.read(answer)?;
        if is_ok {
            return serde_json::from_slice(&text).map_err(|error| self.broken(error));
        }
        match serde_json::from_slice::<ApiError>(&text) {
            Ok(refused) => Err(ClientError::Refused(refused)),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Listens to what happens in the service, from now on.
    ///
    /// # Errors
    /// [`ClientError`] when the stream does not begin.
    pub fn events(&self) -> Result<Happenings, ClientError> {
        let answer = self
            .agent
            .get(format!("http://{}{EVENT_PATH}", self.file.address))
            .config()
            .timeout_global(None)
            .build()
            .header("authorization", format!("Bearer {}", self.file.secret.expose()))
            .call()
            .map_err(|error| self.broken(error))?;
        if !answer.status().is_success() {
            return Err(self.broken(answer.status()));
        }
        Ok(Happenings { lines: BufReader::new(answer.into_body().into_reader()).lines() })
    }

    fn demand_proof(&self) -> Result<(), ClientError> {
        let address = &self.file.address;
        let challenge = Challenge::new()?;
        let body = serde_json::to_vec(&challenge).map_err(|error| self.broken(error))?;
        let answer = self
            .agent
            .post(format!("http://{address}{PROOF_PATH}"))
            .config()
            .timeout_global(Some(PROOF_TIMEOUT))
            .build()
            .content_type("application/json")
            .send(&body[..]);
        let answer = match answer {
            Ok(answer) => answer,
            Err(ureq::Error::Io(error)) if is_gone(error.kind()) => {
                return Err(gone(self.file.pid));
            }
            // It speaks something else than HTTP, or does not answer at all.
            Err(_) => return Err(self.impostor()),
        };
        let proof = self.read(answer).ok().and_then(|text| serde_json::from_slice::<Proof>(&text).ok());
        let is_proved =
            proof.is_some_and(|proof| challenge.is_answered_by(&proof, self.file.secret.expose(), address));
        if is_proved { Ok(()) } else { Err(self.impostor()) }
    }

    /// Somebody else has the port. After a crash that is no news: the service is gone, and its port was free to take.
    fn impostor(&self) -> ClientError {
        if self.file.is_writer_alive() {
            ClientError::Impostor { address: self.file.address.clone() }
        } else {
            gone(self.file.pid)
        }
    }

    fn read(&self, answer: ureq::http::Response<ureq::Body>) -> Result<Vec<u8>, ClientError> {
        let mut body = answer.into_body();
        body.with_config().limit(MOST_BYTES).read_to_vec().map_err(|error| self.broken(error))
    }

    fn broken(&self, detail: impl ToString) -> ClientError {
        ClientError::Broken { address: self.file.address.clone(), detail: detail.to_string() }
    }
}

fn gone(pid: u32) -> ClientError {
    ClientError::NotRunning(format!("the service (process {pid}) is gone: start it with `turnpike serve`"))
}

/// Nobody listens any more. A process that is being killed resets what its port still accepts.
const fn is_gone(kind: std::io::ErrorKind) -> bool {
    matches!(kind, std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::ConnectionReset)
}

// === impl Happenings ===

impl Iterator for Happenings {
    type Item = Event;

    /// The next event that this version knows; waits for it.
    fn next(&mut self) -> Option<Event> {
        loop {
            let line = self.lines.next()?.ok()?;
            let data = line.strip_prefix("data:").map(str::trim_start);
            if let Some(event) = data.and_then(|data| serde_json::from_str(data).ok()) {
                return Some(event);
            }
        }
    }
}

impl std::fmt::Debug for Happenings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Happenings")
    }
}
