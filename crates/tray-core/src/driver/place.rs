//! Where the service's data lies, and which program it is.

use std::path::{Path, PathBuf};

use turnpike_api::{Client, ClientError, ControlFile};

/// The process that a tray has started last; a later tray knows by it that the service is its own to end.
const STARTED: &str = "tray-started.pid";
/// The service's program, which lies beside the tray's own.
const PROGRAM: &str = if cfg!(windows) { "turnpike.exe" } else { "turnpike" };
const DATA_DIR_VARIABLE: &str = "TURNPIKE_DATA_DIR";

/// A data folder and the program that serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    data_dir: PathBuf,
    program: PathBuf,
    is_default: bool,
}

/// Why there is no place to work in; each a sentence.
#[derive(Debug, PartialEq, Eq)]
pub enum PlaceError {
    /// The user has no home folder.
    NoHome,
    /// The tray's own path is not known.
    NoProgram,
}

// === impl Place ===

impl Place {
    /// That folder, served by that program.
    #[must_use]
    pub fn new(data_dir: PathBuf, program: PathBuf) -> Self {
        Self { data_dir, program, is_default: false }
    }

    /// The folder of `--data-dir`, of `TURNPIKE_DATA_DIR`, or the platform's own, as the service chooses it; served by
    /// the program beside the running one, never by one of `PATH`.
    ///
    /// # Errors
    /// [`PlaceError`] for a user without a home, or a program that has lost its own file.
    pub fn resolve(flag: Option<PathBuf>) -> Result<Self, PlaceError> {
        let variable =
            std::env::var_os(DATA_DIR_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let default =
            || directories::ProjectDirs::from("", "", "turnpike").map(|dirs| dirs.data_dir().to_owned());
        let own = std::env::current_exe().map_err(|_| PlaceError::NoProgram)?;
        let chosen = flag.or(variable);
        let is_default = chosen.is_none();
        let data_dir = chosen.or_else(default).ok_or(PlaceError::NoHome)?;
        // What is told to others must not depend on the folder that this program was started in.
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        Ok(Self { data_dir, program: own.with_file_name(PROGRAM), is_default })
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The service's program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Whether it is the folder that the service takes when nobody names one; only for that one are there units.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// A connection to the service that runs here. Blocks.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect(&self) -> Result<Client, ClientError> {
        Client::connect(&self.control_file()).map(|client| client.named("tray"))
    }

    /// Where the control plane of the service that runs here listens.
    #[must_use]
    pub fn control_address(&self) -> Option<String> {
        ControlFile::read(&self.control_file()).ok().map(|file| file.address)
    }

    pub(super) fn control_file(&self) -> PathBuf {
        self.data_dir.join("control.json")
    }

    /// The process that a tray has started.
    pub(super) fn started_pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.data_dir.join(STARTED)).ok()?.trim().parse().ok()
    }

    /// Remembers the process that was started. Where that fails, quitting leaves the service running.
    pub(super) fn remember_started(&self, pid: u32) {
        drop(std::fs::write(self.data_dir.join(STARTED), format!("{pid}\n")));
    }
}

impl std::fmt::Display for PlaceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoHome => "there is no home folder to keep data in: name a folder with --data-dir",
            Self::NoProgram => "the tray does not find its own program file: install Turnpike again",
        })
    }
}

impl std::error::Error for PlaceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_one_beside_the_running_one() {
        let place = Place::resolve(Some(PathBuf::from("/somewhere"))).unwrap();
        let own = std::env::current_exe().unwrap();
        assert_eq!(place.program().parent(), own.parent());
        assert_eq!((place.data_dir(), place.is_default()), (Path::new("/somewhere"), false));
    }

    #[test]
    fn a_process_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path().to_owned(), PathBuf::from("turnpike"));
        assert_eq!(place.started_pid(), None);
        place.remember_started(4711);
        assert_eq!(place.started_pid(), Some(4711));
    }
}
