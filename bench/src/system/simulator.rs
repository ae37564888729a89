//! The simulated upstream, on the load's core.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Way;
use super::process::{LOAD_CORE, Program, pinned};
use crate::load::connection::Connection;

/// The running simulator.
#[derive(Debug)]
pub struct Simulator {
    _program: Program,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

// === impl Simulator ===

impl Simulator {
    /// Starts it: it reads each request to its end, finds the model, and checks nothing.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path) -> Result<Self> {
        let mut command = pinned(LOAD_CORE, program);
        command.args(["--listen", "127.0.0.1:0", "--fast"]).stdout(Stdio::piped());
        let mut program = Program::start(command)?;
        let address = program.first_line(|line| {
            let json: Value = serde_json::from_str(line).ok()?;
            json["address"].as_str().map(str::to_owned)
        })?;
        Ok(Self { _program: program, address })
    }

    /// What it tells of itself: `bill`, `connections`, `requests`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn tells(&self, what: &str) -> Result<Value> {
        let request = Way::get(&self.address, &format!("/__sim/{what}"));
        let reply = Connection::new(&self.address).ask(&request)?;
        serde_json::from_slice(&reply.body).context("the simulator's answer is no JSON")
    }

    /// The requests for a model that are still in its journal.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn requests(&self, model: &str) -> Result<Vec<Value>> {
        // A plus sign would be read as a blank.
        let list = self.tells(&format!("requests?model={}", model.replace('+', "%2B")))?;
        list.as_array().cloned().context("no list of requests")
    }
}
