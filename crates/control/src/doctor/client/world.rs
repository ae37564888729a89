//! Where everything is that decides what Claude Code does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use turnpike_settings::claude::SettingsPlace;

use crate::shell_profile::{Home, ProfileShell};

/// Where everything is that decides what Claude Code does.
#[derive(Clone, Debug, Default)]
pub struct ClientWorld {
    /// The home folder.
    pub home: PathBuf,
    /// Claude Code's own folder, mostly `~/.claude`.
    pub config_dir: PathBuf,
    /// The folder that a session would start in, where that is known.
    pub project: Option<PathBuf>,
    /// The folder of an administrator's policy.
    pub policy: PathBuf,
    /// Exported variables; `None` where those of a terminal are not known.
    pub environment: Option<BTreeMap<String, String>>,
    /// Folders in which programs are looked for.
    pub programs: Vec<PathBuf>,
    /// Profiles of shells.
    pub profiles: Vec<PathBuf>,
}

// === impl ClientWorld ===

impl ClientWorld {
    /// This process's user's. In a terminal its folder and its variables count; a service knows neither.
    #[must_use]
    pub fn of_process(is_terminal: bool) -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        let folder = SettingsPlace::folder(std::env::var_os("CLAUDE_CONFIG_DIR"), Some(home.clone()));
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let profiles = Home::of_process().map(|home| profiles(&home)).unwrap_or_default();
        Self {
            config_dir: folder.unwrap_or_default(),
            project: is_terminal.then(|| std::env::current_dir().ok()).flatten(),
            policy: policy(),
            environment: is_terminal.then(|| std::env::vars_os().filter_map(text).collect()),
            programs: programs(&home),
            profiles,
            home,
        }
    }

    /// A path as people write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if !self.home.as_os_str().is_empty() => format!("~/{}", rest.display()),
            _ => path.display().to_string(),
        }
    }
}

/// Where Claude Code is looked for: `PATH`, and where its own installers put it.
fn programs(home: &Path) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = [home.join(".local/bin"), home.join(".claude/local")];
    std::env::split_paths(&path).filter(|folder| folder.is_absolute()).chain(own).collect()
}

/// The files that shells read at their start.
fn profiles(home: &Home) -> Vec<PathBuf> {
    let more = [".profile", ".bash_profile", ".zshenv", ".zprofile"];
    let mut all: Vec<PathBuf> = ProfileShell::ALL.into_iter().map(|shell| shell.profile(home)).collect();
    all.extend(more.map(|name| home.folder.join(name)));
    all.dedup();
    all
}

/// Where an administrator puts a policy.
fn policy() -> PathBuf {
    PathBuf::from(if cfg!(target_os = "macos") {
        "/Library/Application Support/ClaudeCode"
    } else if cfg!(windows) {
        "C:\\ProgramData\\ClaudeCode"
    } else {
        "/etc/claude-code"
    })
}
