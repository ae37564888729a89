//! The demo, started by a click: a service of its own on a simulated OpenRouter, whose page opens in the browser.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The demo that runs, if one does. It ends with the tray, whose end closes its standard input.
#[derive(Debug, Default)]
pub(crate) struct Demo {
    running: Mutex<Option<Child>>,
}

// === impl Demo ===

impl Demo {
    /// Starts the demo; one that runs already ends first, so that its page opens anew.
    ///
    /// # Errors
    /// A sentence, when the program cannot be started.
    pub(crate) fn start(&self, program: &Path) -> Result<(), String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut before) = running.take() {
            drop(before.stdin.take());
            drop(before.wait());
        }
        let demo = Command::new(program)
            .args(["demo", "--open", "--until-closed"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        *running = Some(demo.map_err(|error| format!("the demo cannot be started: {error}"))?);
        Ok(())
    }
}
