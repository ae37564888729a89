//! Measures Turnpike, nginx and other proxies side by side against one simulated upstream.
//!
//! Absolute times on a shared machine mean little; what counts is the difference and the ratio between ways
//! that took turns in the same minutes. The simulator and the load run on one core, whatever is measured on
//! another. [`load`] asks and notes when each byte came, [`system`] starts what is measured, [`measure`] is
//! one file for each kind of scenario, [`result`] makes tables and verdicts of it. Every wait has a deadline,
//! and a peer that does not install, start or answer rightly is listed with the reason.

#![cfg(unix)]

pub mod load;
pub mod measure;
pub mod options;
pub mod result;
pub mod run;
mod soak;
pub mod system;

use std::process::ExitCode;

use clap::Parser as _;
use options::{Command, Options};

/// Runs the program with the arguments of this process. Anything but success means that a figure was missed
/// or that the run did not come to its end.
#[must_use]
pub fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Command::Run(run) => run::run(&options, run),
        Command::Soak(soak) => soak::run(&options, soak),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            options::say(&format!("turnpike-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
