//! The processes under test, each on its own core, ended with the run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::client::{Connection, Way};

/// Core of the simulator and of the load.
const LOAD_CORE: &str = "0";
/// Core of the service.
const SERVICE_CORE: &str = "1";
/// Longest wait for a process to be ready.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The bare simulator.
pub(crate) struct Simulator {
    child: Child,
    pub(crate) address: String,
}

/// A running service with a data folder of its own.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: String,
    pub(crate) token: String,
    _data: TempDir,
}

/// A command pinned to a core.
fn pinned(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core).arg(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// The first line of a child's output that `find` makes something of.
fn first_line(child: &mut Child, find: impl Fn(&str) -> Option<String>) -> Result<String> {
    let output = child.stdout.take().context("the output is not piped")?;
    for line in BufReader::new(output).lines() {
        if let Some(found) = find(&line?) {
            return Ok(found);
        }
    }
    bail!("a process ended before it was ready")
}

// === impl Simulator ===

impl Simulator {
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut child = pinned(LOAD_CORE, program)
            .args(["--listen", "127.0.0.1:0", "--fast"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let address = first_line(&mut child, |line| {
            let json: serde_json::Value = serde_json::from_str(line).ok()?;
            json["address"].as_str().map(str::to_owned)
        })?;
        Ok(Self { child, address })
    }

    /// Connections that inference requests came in by.
    pub(crate) fn connections(&self) -> Result<usize> {
        let way = Way::get(&self.address, "/__sim/connections");
        let answer: serde_json::Value = serde_json::from_slice(&Connection::open(&way)?.ask(&way)?)?;
        let list = answer
            .as_array()
            .or_else(|| answer["connections"].as_array())
            .context("no list of connections")?;
        Ok(list.len())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// === impl Service ===

impl Service {
    pub(crate) fn start(program: &Path, sim: &Simulator) -> Result<Self> {
        let (mut child, data) = Self::spawn(program, sim, Stdio::piped())?;
        let address = first_line(&mut child, |line| {
            line.split_once("listening on http://").map(|(_, address)| address.trim().to_owned())
        })?;
        let token = std::fs::read_to_string(data.path().join("token"))?.trim().to_owned();
        Ok(Self { child, address, token, _data: data })
    }

    fn spawn(program: &Path, sim: &Simulator, stdout: Stdio) -> Result<(Child, TempDir)> {
        let data = TempDir::new()?;
        let child = pinned(SERVICE_CORE, program)
            .args(["serve", "--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--upstream"])
            .arg(format!("http://{}/api/v1", sim.address))
            .arg("--data-dir")
            .arg(data.path())
            .env("OPENROUTER_API_KEY", "sk-or-v1-bench")
            .env("HOME", data.path())
            .stdout(stdout)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        Ok((child, data))
    }

    /// Starts a service and measures the time from exec to its first answer of `/health`.
    pub(crate) fn time_start(program: &Path, sim: &Simulator) -> Result<Duration> {
        let begun = Instant::now();
        let (mut child, data) = Self::spawn(program, sim, Stdio::piped())?;
        let address = first_line(&mut child, |line| {
            line.split_once("listening on http://").map(|(_, address)| address.trim().to_owned())
        })?;
        let way = Way::get(&address, "/health");
        while begun.elapsed() < READY_WITHIN {
            if Connection::open(&way).and_then(|mut connection| connection.ask(&way)).is_ok() {
                let took = begun.elapsed();
                drop(Self { child, address, token: String::new(), _data: data });
                return Ok(took);
            }
        }
        bail!("the service gave no answer in time")
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
