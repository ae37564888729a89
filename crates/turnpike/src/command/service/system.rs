//! The system's own tools, and what it means when they refuse.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::exit::Failure;
use crate::place::Place;
use crate::unit::{Supervisor, Surroundings, Unit};

/// Whether a user's services outlive the logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lingering {
    On,
    Off,
    Unknown,
}

/// Why a tool did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not there.
    Missing,
    /// It failed, with these words.
    Failed(String),
}

/// The unit of this user.
pub(super) fn unit(place: &Place) -> Result<Unit, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::plain(format!("the path of this program is not known: {error}")))?;
    let home = variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let home = home.map(PathBuf::from).ok_or_else(|| Failure::plain("there is no home folder: set HOME"))?;
    let config = if cfg!(windows) {
        place.data_dir.path().to_owned()
    } else {
        let chosen = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        chosen.unwrap_or_else(|| home.join(".config"))
    };
    let around =
        Surroundings { program, home, config, data_dir: place.data_dir.path().to_owned(), user: user() };
    Supervisor::of_system().unit(&around).ok_or_else(|| {
        Failure::plain(format!(
            "the path of this program, {}, cannot stand in a unit: install Turnpike elsewhere",
            around.program.display()
        ))
    })
}

#[cfg(unix)]
fn user() -> String {
    rustix::process::getuid().as_raw().to_string()
}

#[cfg(windows)]
fn user() -> String {
    let part = |name| variable(name).unwrap_or_default();
    format!("{}\\{}", part("USERDOMAIN"), part("USERNAME"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs a command of the system to its end; what it printed.
pub(super) fn ask(words: &[String]) -> Result<String, Refusal> {
    let Some((tool, arguments)) = words.split_first() else { return Ok(String::new()) };
    match Command::new(tool).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Refusal::Failed(if said.is_empty() { output.status.to_string() } else { said }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::Missing),
        Err(error) => Err(Refusal::Failed(error.to_string())),
    }
}

/// Runs commands one after another, up to the first that fails.
pub(super) fn do_all(commands: &[Vec<String>]) -> Result<(), Failure> {
    for words in commands {
        ask(words).map_err(|refusal| {
            let why = match refusal {
                Refusal::Missing => "it is not there".to_owned(),
                Refusal::Failed(said) => said,
            };
            Failure::plain(format!("`{}` failed: {why}", words.join(" ")))
        })?;
    }
    Ok(())
}

/// Whether the supervisor can be reached; else a sentence that says what to do.
pub(super) fn reach(unit: &Unit) -> Result<(), Failure> {
    let Err(refusal) = ask(&unit.probe) else { return Ok(()) };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Err(Failure::plain(unreachable(Supervisor::of_system(), &refusal, &kernel)))
}

/// Why there is nobody to give a unit to. `kernel`: the name of its release, which tells WSL.
fn unreachable(supervisor: Supervisor, refusal: &Refusal, kernel: &str) -> String {
    let (is_missing, said) = match refusal {
        Refusal::Missing => (true, ""),
        Refusal::Failed(said) => (said.contains("not been booted with systemd"), said.as_str()),
    };
    match supervisor {
        Supervisor::Systemd if is_missing && kernel.to_lowercase().contains("microsoft") => {
            "this WSL runs without systemd: write `[boot]` and `systemd=true` into /etc/wsl.conf, run `wsl --shutdown` in \
             Windows, and try again; or run `turnpike serve` yourself"
                .to_owned()
        }
        Supervisor::Systemd if is_missing => {
            "there is no systemd here, as in most containers: let what starts programs here run `turnpike serve`".to_owned()
        }
        Supervisor::Systemd => format!(
            "your systemd cannot be reached ({said}): log in as this user itself, at the screen or over SSH, not by su or \
             sudo, and try again"
        ),
        Supervisor::Launchd => format!("launchd cannot be reached ({said}): log in at the screen, and try again"),
        Supervisor::TaskScheduler => {
            format!("the Task Scheduler cannot be reached ({said}): start its service, and try again")
        }
    }
}

/// Whether this user's services outlive the logout.
pub(super) fn lingering() -> Lingering {
    let words = ["loginctl", "show-user", &user(), "--property=Linger", "--value"].map(str::to_owned);
    match ask(&words).as_deref() {
        Ok("yes") => Lingering::On,
        Ok("no") => Lingering::Off,
        _ => Lingering::Unknown,
    }
}

/// Removes what is left around the file: links to it, and folders that are empty now.
pub(super) fn remove_traces(unit: &Unit) {
    let Some(folder) = unit.file.parent() else { return };
    if let Some(name) = unit.file.file_name() {
        let wants = folder.join("default.target.wants");
        let link = wants.join(name);
        if link.is_symlink() {
            drop(fs::remove_file(&link));
        }
        // A folder that is not empty stays.
        drop(fs::remove_dir(&wants));
    }
    if Supervisor::of_system() == Supervisor::Systemd && fs::remove_dir(folder).is_ok() {
        drop(folder.parent().map(fs::remove_dir));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_without_a_supervisor_has_its_sentence() {
        let failed = |said: &str| Refusal::Failed(said.to_owned());
        let not_booted = "System has not been booted with systemd as init system (PID 1). Can't operate.";
        let rows = [
            ("a container", Supervisor::Systemd, Refusal::Missing, "6.8.0-generic", "containers"),
            ("another init", Supervisor::Systemd, failed(not_booted), "6.8.0", "run `turnpike serve`"),
            (
                "WSL",
                Supervisor::Systemd,
                failed(not_booted),
                "5.15.0-microsoft-standard-WSL2",
                "/etc/wsl.conf",
            ),
            (
                "su",
                Supervisor::Systemd,
                failed("Failed to connect to bus: No medium found"),
                "6.8.0",
                "not by su or sudo",
            ),
            (
                "no screen",
                Supervisor::Launchd,
                failed("Domain does not support specified action"),
                "",
                "at the screen",
            ),
            ("stopped", Supervisor::TaskScheduler, failed("ERROR"), "", "Task Scheduler"),
        ];
        for (name, supervisor, refusal, kernel, says) in rows {
            let told = unreachable(supervisor, &refusal, kernel);
            assert!(told.contains(says), "{name}: {told}");
        }
    }
}
