//! What the service remembers from one start to the next, apart from what the user configures.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic;

/// Small facts that outlive a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The user pressed Stop: the data plane answers that it is stopped, until Start.
    pub paused: bool,
    /// The port the control plane listened on last.
    pub control_port: Option<u16>,
    /// What the budgets must know of the runs before.
    pub budget: BudgetMemory,
    /// Comparisons of the ledger with the key's usage, one a day, the newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reconciliations: Vec<serde_json::Value>,
    /// What people were told of, the newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<serde_json::Value>,
    /// What another version wrote here, kept as it is.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// What budgets remember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BudgetMemory {
    /// The latest time that was ever seen, Unix seconds: a clock that is set back opens no window again.
    pub latest: i64,
    /// The newest row of the ledger at that time.
    pub row: i64,
    /// Caps that were raised until their window ends.
    pub raises: Vec<KeptRaise>,
}

/// A cap that was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRaise {
    /// The client whose cap it is; with `project` missing too, everybody's.
    pub client: Option<String>,
    /// The folder whose cap it is.
    pub project: Option<String>,
    /// `daily`, `weekly` or `monthly`.
    pub period: String,
    /// By how many nano-dollars.
    pub by_nanos: i64,
    /// When it ends, Unix seconds.
    pub until: i64,
}

/// `state.json` of a data folder.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

/// Why the state could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file is there but cannot be read.
    #[error("{} cannot be read ({source}): make it readable, or delete it to start afresh", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} is damaged ({source}): delete it to start afresh", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("{} cannot be written ({source}): Turnpike forgets this at its next start", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl StateFile ===

impl StateFile {
    /// The state kept at `path` ([`crate::DataDir::state`]).
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was kept; the default for a file that does not exist.
    ///
    /// # Errors
    /// When the file is unreadable or damaged. The service goes on with `State::default()` then, and says so.
    pub fn load(&self) -> Result<State, StateError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(source) => return Err(StateError::Unreadable { path: self.path.clone(), source }),
        };
        serde_json::from_slice(&text)
            .map_err(|source| StateError::Damaged { path: self.path.clone(), source })
    }

    /// Keeps the state, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, state: &State) -> Result<(), StateError> {
        let unwritable = |source| StateError::Unwritable { path: self.path.clone(), source };
        let mut text = serde_json::to_vec_pretty(state).map_err(|error| unwritable(error.into()))?;
        text.push(b'\n');
        atomic::write(&self.path, &text).map_err(unwritable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &tempfile::TempDir) -> StateFile {
        StateFile::new(dir.path().join("state.json"))
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        assert_eq!(file.load().unwrap(), State::default());
        let state = State { paused: true, control_port: Some(4118), ..State::default() };
        file.save(&state).unwrap();
        assert_eq!(file.load().unwrap(), state);
    }

    #[test]
    fn facts_of_another_version_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        std::fs::write(file.path(), r#"{"paused":true,"seen_first_run":true}"#).unwrap();
        let mut state = file.load().unwrap();
        state.paused = false;
        file.save(&state).unwrap();
        let kept: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        assert_eq!(
            kept,
            serde_json::json!({
                "paused": false, "control_port": null, "budget": {"latest": 0, "row": 0, "raises": []},
                "seen_first_run": true,
            })
        );
    }

    #[test]
    fn damage_is_told_with_the_remedy() {
        for (case, text) in [("empty", ""), ("cut", r#"{"paused":tr"#), ("another type", r#"{"paused":3}"#)] {
            let dir = tempfile::tempdir().unwrap();
            let file = file(&dir);
            std::fs::write(file.path(), text).unwrap();
            let told = file.load().unwrap_err();
            assert!(matches!(told, StateError::Damaged { .. }), "{case}");
            assert!(told.to_string().contains("delete it"), "{case}: {told}");
        }
    }
}
