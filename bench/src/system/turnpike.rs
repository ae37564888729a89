//! The service under test, with a data folder of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use super::front::Front;
use super::process::{Program, SERVICE_CORE, Tree, pinned};
use super::{KEY, Way};
use crate::load::connection::Connection;

/// Longest wait for the first answer.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The running service.
#[derive(Debug)]
pub struct Turnpike {
    program: Program,
    /// `127.0.0.1:PORT`.
    pub address: String,
    token: String,
    data: TempDir,
}

// === impl Turnpike ===

impl Turnpike {
    /// Starts it in front of an upstream `127.0.0.1:PORT` and waits for its address.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path, upstream: &str) -> Result<Self> {
        Self::start_with(program, &format!("http://{upstream}/api/v1"), None)
    }

    /// Starts it before an upstream that speaks HTTP/2.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_behind(program: &Path, front: &Front) -> Result<Self> {
        Self::start_with(program, &front.base_url(), Some(&front.authority()))
    }

    fn start_with(program: &Path, base_url: &str, authority: Option<&Path>) -> Result<Self> {
        let data = TempDir::new()?;
        let mut command = pinned(SERVICE_CORE, program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0"])
            .args(["--upstream", base_url, "--data-dir"])
            .arg(data.path())
            .env("OPENROUTER_API_KEY", KEY)
            .env("HOME", data.path())
            // As the command line, the tray and the unit of systemd start it.
            .env("MALLOC_ARENA_MAX", "1")
            .stdout(Stdio::piped());
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority);
        }
        let mut program = Program::start(command)?;
        let address = program.first_line(|line| {
            line.split_once("listening on http://").map(|(_, address)| address.trim().to_owned())
        })?;
        let token = std::fs::read_to_string(data.path().join("token"))?.trim().to_owned();
        Ok(Self { program, address, token, data })
    }

    /// From exec to the first answer of `/health`.
    ///
    /// # Errors
    /// When there is none in time.
    pub fn time_start(program: &Path, upstream: &str) -> Result<Duration> {
        let begun = Instant::now();
        let service = Self::start(program, upstream)?;
        let health = Way::get(&service.address, "/health");
        while begun.elapsed() < READY_WITHIN {
            let reply = Connection::new(&service.address).ask(&health);
            if reply.is_ok_and(|reply| reply.status == 200) {
                return Ok(begun.elapsed());
            }
        }
        bail!("the service gave no answer in time")
    }

    /// The way through it.
    #[must_use]
    pub fn way(&self) -> Way {
        Way::messages("Turnpike", &self.address, &self.token, Some(self.tree()))
    }

    /// Its processes.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.program.tree()
    }

    /// Asks it something on the command line, as JSON.
    ///
    /// # Errors
    /// When the command fails.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Result<serde_json::Value> {
        let output = Command::new(program)
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data.path())
            .env_clear()
            .env("HOME", self.data.path())
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).with_context(|| format!("{arguments:?} gave no JSON: {text}"))
    }
}
