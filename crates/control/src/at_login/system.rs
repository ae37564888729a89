//! The system's own tools: what they are asked for, and what it means when they refuse.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use turnpike_settings::{DataDir, atomic};

use super::AtLoginError;
use super::unit::{Supervisor, Surroundings, Unit, is_ours};

/// How long a tool may take.
const PATIENCE: Duration = Duration::from_secs(60);
const PERIOD: Duration = Duration::from_millis(5);

/// Whether a user's services outlive the logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lingering {
    /// They do.
    On,
    /// They end.
    Off,
    /// The system does not tell.
    Unknown,
}

/// What becomes of a service that runs by a unit which is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// It ends.
    Ends,
    /// It goes on until somebody ends it.
    GoesOn,
}

/// Why a tool did not do what it was asked for.
#[derive(Debug)]
enum Refusal {
    /// It is not there.
    Missing,
    /// It failed, with these words.
    Failed(String),
}

/// The unit of this user for that data folder.
///
/// # Errors
/// For another than the default data folder, without a home, or for a program whose path cannot stand in a unit.
pub fn unit_of(data_dir: &DataDir) -> Result<Unit, AtLoginError> {
    if !data_dir.is_default() {
        return Err(AtLoginError::OtherFolder);
    }
    let program = std::env::current_exe().map_err(AtLoginError::NoProgram)?;
    let home = variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let home = home.map(PathBuf::from).ok_or(AtLoginError::NoHome)?;
    let config = if cfg!(windows) {
        data_dir.path().to_owned()
    } else {
        let chosen = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        chosen.unwrap_or_else(|| home.join(".config"))
    };
    let around = Surroundings { program, home, config, data_dir: data_dir.path().to_owned(), user: user() };
    Supervisor::of_system().unit(&around).ok_or(AtLoginError::Unwritable(around.program))
}

/// What our file holds; `None` where there is none.
///
/// # Errors
/// For a file of somebody else's, and one that cannot be read.
pub fn content_if_ours(unit: &Unit) -> Result<Option<Vec<u8>>, AtLoginError> {
    match fs::read(&unit.file) {
        Ok(content) if is_ours(&content) => Ok(Some(content)),
        Ok(_) => Err(AtLoginError::Foreign(unit.file.clone())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(unit, "read", error)),
    }
}

/// Has the system start the service at each login; whether the file is new or other than before. All is as it was when it
/// fails. Nothing is started now. Blocks.
///
/// # Errors
/// Where there is nobody to give a unit to, or the file or a tool refuses.
pub fn install(unit: &Unit) -> Result<bool, AtLoginError> {
    let before = content_if_ours(unit)?;
    reach(unit)?;
    let is_new = before.as_deref() != Some(&unit.content[..]);
    if is_new {
        write(unit)?;
    }
    let reloaded = if is_new { do_all(&unit.reload) } else { Ok(()) };
    if let Err(refused) = reloaded.and_then(|()| do_all(&unit.enable)) {
        put_back(unit, before.as_deref());
        return Err(refused);
    }
    Ok(is_new)
}

/// Takes the unit away; whether there was one. Blocks.
///
/// # Errors
/// For a file of somebody else's, one that cannot be removed, and a service that does not end although it is to.
pub fn remove(unit: &Unit, running: Running) -> Result<bool, AtLoginError> {
    if content_if_ours(unit)?.is_none() {
        return Ok(false);
    }
    match running {
        Running::Ends => {
            // What is not known any more need not be disabled; whether it runs on is asked for below.
            let disabled = do_all(&unit.disable);
            if is_active(unit) {
                disabled?;
            }
        }
        // The link that starts it at login goes with the file, too.
        Running::GoesOn => drop(do_all(&unit.forget)),
    }
    fs::remove_file(&unit.file).map_err(|error| unusable(unit, "removed", error))?;
    remove_traces(unit);
    // Without a supervisor there is nothing that would have to know.
    drop(do_all(&unit.reload));
    Ok(true)
}

/// Starts the service by its unit. Blocks.
///
/// # Errors
/// When the supervisor refuses.
pub fn start(unit: &Unit) -> Result<(), AtLoginError> {
    do_all(&unit.start)
}

/// Whether the service runs by its unit. Blocks.
#[must_use]
pub fn is_active(unit: &Unit) -> bool {
    ask(&unit.is_active).is_ok()
}

fn unusable(unit: &Unit, done: &'static str, source: io::Error) -> AtLoginError {
    AtLoginError::Unusable { file: unit.file.clone(), done, source }
}

fn write(unit: &Unit) -> Result<(), AtLoginError> {
    if let Some(folder) = unit.file.parent() {
        fs::create_dir_all(folder).map_err(|error| unusable(unit, "written", error))?;
    }
    atomic::write(&unit.file, &unit.content).map_err(|error| unusable(unit, "written", error))
}

/// As it was before a try that failed.
fn put_back(unit: &Unit, before: Option<&[u8]>) {
    let done = match before {
        Some(content) => atomic::write(&unit.file, content),
        None => fs::remove_file(&unit.file),
    };
    if done.is_ok() && before.is_none() {
        remove_traces(unit);
    }
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
fn ask(words: &[String]) -> Result<String, Refusal> {
    let Some((tool, arguments)) = words.split_first() else { return Ok(String::new()) };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::Missing,
        _ => Refusal::Failed(error.to_string()),
    };
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    // What these tools say fits into a pipe, so that nobody has to read while they run.
    let status = loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                drop(child.kill().and_then(|()| child.wait()));
                return Err(Refusal::Failed(format!("it has not ended within {} s", PATIENCE.as_secs())));
            }
            None => std::thread::park_timeout(PERIOD),
        }
    };
    let mut said = String::new();
    let read = if status.success() {
        child.stdout.take().map(|mut out| out.read_to_string(&mut said))
    } else {
        child.stderr.take().map(|mut errors| errors.read_to_string(&mut said))
    };
    drop(read);
    let said = said.trim();
    match (status.success(), said.is_empty()) {
        (true, _) => Ok(said.to_owned()),
        (false, true) => Err(Refusal::Failed(status.to_string())),
        (false, false) => Err(Refusal::Failed(said.to_owned())),
    }
}

/// Runs commands one after another, up to the first that fails.
fn do_all(commands: &[Vec<String>]) -> Result<(), AtLoginError> {
    for words in commands {
        ask(words).map_err(|refusal| {
            let why = match refusal {
                Refusal::Missing => "it is not there".to_owned(),
                Refusal::Failed(said) => said,
            };
            AtLoginError::Refused { command: words.join(" "), why }
        })?;
    }
    Ok(())
}

/// Whether the supervisor can be reached. Blocks.
///
/// # Errors
/// A sentence that says what to do.
pub fn reach(unit: &Unit) -> Result<(), AtLoginError> {
    let Err(refusal) = ask(&unit.probe) else { return Ok(()) };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Err(AtLoginError::Unreachable(unreachable(Supervisor::of_system(), &refusal, &kernel)))
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

/// Whether this user's services outlive the logout. Blocks.
#[must_use]
pub fn lingering() -> Lingering {
    let words = ["loginctl", "show-user", &user(), "--property=Linger", "--value"].map(str::to_owned);
    match ask(&words).as_deref() {
        Ok("yes") => Lingering::On,
        Ok("no") => Lingering::Off,
        _ => Lingering::Unknown,
    }
}

/// Removes what is left around the file: links to it, and folders that are empty now.
fn remove_traces(unit: &Unit) {
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
