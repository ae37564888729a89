//! Profiles of shells: the marked block that sets the environment of clients.

use serde::{Deserialize, Serialize};

/// Asks for the profiles of all shells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ListShells {}

/// Puts the block into a shell's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InstallShell {
    /// `bash`, `zsh`, `fish`, `nu` or `pwsh`.
    pub shell: String,
}

/// Takes the block out of a shell's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RemoveShell {
    /// `bash`, `zsh`, `fish`, `nu` or `pwsh`.
    pub shell: String,
}

/// The profiles of all shells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShellsReply {
    /// One for each shell.
    pub shells: Vec<ShellProfile>,
}

/// A shell's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShellProfile {
    /// `bash`, `zsh`, `fish`, `nu` or `pwsh`.
    pub shell: String,
    /// The file that each session of the shell reads.
    pub path: String,
    /// Whether that file is there.
    pub exists: bool,
    /// Whether the block is in it.
    pub is_installed: bool,
    /// The line that the block holds, or would hold.
    pub line: String,
    /// Why the file is left alone, where it is.
    pub problem: Option<String>,
}
