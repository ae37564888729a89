//! Files by which the system starts the service at login: a unit of systemd, an agent of launchd, a task of Windows.
//!
//! Pure: which file, with which text, and which commands of the system follow. All of it is for the default data folder;
//! only systemd's part is run in tests, the others are written as their documentation says.

mod launchd;
mod systemd;
#[cfg(test)]
mod tests;
mod windows;

use std::path::{Path, PathBuf};

/// How our own files are known. It stands in each of them.
pub const MARK: &str = "Written by `turnpike service install`";

/// Which part of a system starts services for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervisor {
    /// `systemctl --user`.
    Systemd,
    /// `launchctl`.
    Launchd,
    /// `schtasks`.
    TaskScheduler,
}

/// Where things are for the user in question.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Our own program.
    pub program: PathBuf,
    /// The user's home folder.
    pub home: PathBuf,
    /// Where the user's programs keep their settings: `~/.config` and the like.
    pub config: PathBuf,
    /// The service's data folder.
    pub data_dir: PathBuf,
    /// The user's number or name, as the system's tools want it.
    pub user: String,
}

/// The file, and the commands around it. Each command is a program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Where the file goes.
    pub file: PathBuf,
    /// Its bytes.
    pub content: Vec<u8>,
    /// Answers well where the supervisor can be reached.
    pub probe: Vec<String>,
    /// Lets the supervisor read the file anew.
    pub reload: Vec<Vec<String>>,
    /// Has the service started at each login from now on.
    pub enable: Vec<Vec<String>>,
    /// Starts it now.
    pub start: Vec<Vec<String>>,
    /// Ends it and has it started no more. What was not there to end is no failure.
    pub disable: Vec<Vec<String>>,
    /// Has it started no more; what runs goes on.
    pub forget: Vec<Vec<String>>,
    /// Answers well while it runs.
    pub is_active: Vec<String>,
    /// How a person starts it anew.
    pub restart: &'static str,
}

// === impl Supervisor ===

impl Supervisor {
    /// That of the system this program was built for.
    pub const fn of_system() -> Self {
        if cfg!(target_os = "macos") {
            Self::Launchd
        } else if cfg!(windows) {
            Self::TaskScheduler
        } else {
            Self::Systemd
        }
    }

    /// Its file and commands. `None` where a path of ours cannot be written into such a file.
    pub fn unit(self, around: &Surroundings) -> Option<Unit> {
        match self {
            Self::Systemd => systemd::unit(around),
            Self::Launchd => launchd::unit(around),
            Self::TaskScheduler => windows::unit(around),
        }
    }
}

/// Whether a file that is there is one of ours, whatever version wrote it.
pub fn is_ours(content: &[u8]) -> bool {
    let plain: Vec<u8> = content.iter().copied().filter(|byte| *byte != 0).collect();
    plain.windows(MARK.len()).any(|part| part == MARK.as_bytes())
}

/// A command in words.
fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// A path as text without control characters.
pub(super) fn plain(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| !text.chars().any(char::is_control))
}
