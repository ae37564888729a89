//! What differs from system to system: signals, and units that run the service.
//!
//! Only Linux is tested; macOS and Windows are written as their documentation says.

#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The unit's name.
#[cfg(target_os = "linux")]
const UNIT: &str = "turnpike.service";
#[cfg(target_os = "macos")]
const UNIT: &str = "turnpike";

/// Asks a process to end; a second time it does so at once.
#[cfg(unix)]
pub(super) fn end_process(pid: u32) {
    if let Some(pid) = process(pid) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// Ends a process. Windows knows no request to end for a program without windows.
#[cfg(windows)]
pub(super) fn end_process(pid: u32) {
    drop(run(Command::new("taskkill").args(["/F", "/PID", &pid.to_string()])));
}

#[cfg(unix)]
fn process(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}

/// Asks the user's systemd for the service, where it was installed as a unit; `None` where it was not.
#[cfg(target_os = "linux")]
pub(super) fn start_unit() -> Option<Result<(), String>> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let config = config.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    let unit = config.join("systemd/user").join(UNIT);
    unit.is_file().then(|| run(Command::new("systemctl").args(["--user", "start", UNIT])))
}

/// Asks launchd for the service, where it was installed as an agent; `None` where it was not.
#[cfg(target_os = "macos")]
pub(super) fn start_unit() -> Option<Result<(), String>> {
    let home = std::path::PathBuf::from(std::env::var_os("HOME")?);
    let agent = home.join("Library/LaunchAgents").join(format!("{UNIT}.plist"));
    agent.is_file().then(|| run(Command::new("launchctl").args(["start", UNIT])))
}

/// Windows has no unit that could be asked.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn start_unit() -> Option<Result<(), String>> {
    None
}

/// Runs a program of the system to its end; its own words when it fails.
#[cfg_attr(
    not(any(target_os = "linux", target_os = "macos", windows)),
    expect(dead_code, reason = "nothing to ask")
)]
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{name} cannot be run ({error})")),
    }
}
