//! The command as a child: its environment, the signals that are meant for it, its end.

use std::ffi::OsString;
use std::io;
use std::process::ExitStatus;

use tokio::process::{Child, Command};
use turnpike_api::command::Variable;

use crate::exit::Failure;

/// As shells tell it: the command was not found, or may not be run.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// Runs it to its end, and gives its exit code: its own, or 128 and the signal that ended it.
pub(super) async fn run(
    command: &[OsString],
    variables: &[Variable],
    removed: &[&str],
) -> Result<u8, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::plain("there is no command to run: write it after `--`"));
    };
    // Before the child exists: Ctrl-C is the child's, and must not end us before our receipt.
    let mut signals = Signals::listen()?;
    let mut child = Command::new(program);
    child.args(arguments);
    child.envs(variables.iter().map(|variable| (&variable.name, variable.value.expose())));
    for name in removed {
        child.env_remove(name);
    }
    let mut child = match child.spawn() {
        Ok(child) => child,
        Err(error) => return Err(not_started(program, &error)),
    };
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended,
            signal = signals.next() => signals.pass_on(signal, &child),
        }
    };
    let status = ended.map_err(|error| Failure::plain(format!("the command's end is not known: {error}")))?;
    Ok(code(status))
}

fn not_started(program: &OsString, error: &io::Error) -> Failure {
    use std::io::Write as _;
    let name = program.to_string_lossy();
    let (code, why) = match error.kind() {
        io::ErrorKind::NotFound => {
            (NOT_FOUND, "there is no such program; is it installed and in PATH?".to_owned())
        }
        _ => (NOT_EXECUTABLE, error.to_string()),
    };
    let _ = writeln!(io::stderr(), "turnpike: `{name}` cannot be run: {why}");
    Failure::Child(code)
}

#[cfg(unix)]
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code & 0xff).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> u8 {
    // Larger codes of Windows do not fit; what matters is that they are no success.
    status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1))
}

/// Signals that come to us while the child runs.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    /// A terminal sends Ctrl-C to the child itself.
    is_terminal: bool,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use std::io::IsTerminal as _;
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            is_terminal: io::stdin().is_terminal(),
        })
    }

    async fn next(&mut self) -> rustix::process::Signal {
        use rustix::process::Signal;
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
            _ = self.quit.recv() => Signal::QUIT,
        }
    }

    fn pass_on(&self, signal: rustix::process::Signal, child: &Child) {
        use rustix::process::{Pid, Signal, kill_process};
        let is_the_terminals = self.is_terminal && (signal == Signal::INT || signal == Signal::QUIT);
        let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(pid) = pid.filter(|_| !is_the_terminals) {
            // A child that has just ended needs no signal.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Ctrl-C goes to the child by itself; here it is only kept from ending us.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn pass_on(&self, _: (), _: &Child) {}
}
