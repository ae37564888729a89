//! `turnpike run`: one command through Turnpike, and its receipt.

pub(super) mod api_key;
mod child;
pub(super) mod launch;
mod receipt;

use std::ffi::OsString;
use std::io::{self, Write as _};

use jiff::Timestamp;
use turnpike_api::Client;
use turnpike_api::command::{
    Environment, EnvironmentReply, KeyReport, KeyState, KeyStatus, ProxyState, Shutdown, Status, StatusReply,
    Variable,
};
use turnpike_settings::keys::{KEY_FILE_VARIABLE, KEY_VARIABLE};

use crate::claude::{self, Ours, SettingsFiles};
use crate::cli::RunArgs;
use crate::exit::{Exit, Failure};
use crate::place::Place;
use crate::runtime;
use crate::shell::Shell;

/// Variables that would lead Claude Code past its base URL.
const BYPASSES: [&str; 3] = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];

pub(crate) fn run(place: &Place, args: RunArgs) -> Result<(), Failure> {
    let runtime = runtime::start()?;
    let (client, is_ours) = match place.service_if_running()? {
        Some(client) => (client, false),
        None => (runtime.block_on(launch::service(place))?, true),
    };
    let mut status = client.call(&Status::default())?;
    if status.key.awaited {
        // A service that has just started has waited for the keychain a moment only.
        status.key = client.call(&KeyStatus::default())?;
    }
    if let Err(failure) = ready(&status) {
        return Err(not_ready(&client, &status, is_ours, failure));
    }
    let EnvironmentReply { mut variables, warnings } = client.call(&Environment { model: args.model })?;
    api_key::give(&args.command, &mut variables);
    for warning in warnings {
        let _ = writeln!(io::stderr(), "turnpike: {warning}.");
    }
    let command = command(place, args.command, &variables)?;
    let started = Timestamp::now();
    let ended = runtime.block_on(child::run(&command, &variables, &BYPASSES))?;
    print_receipt(&client, started);
    match ended {
        0 => Ok(()),
        code => Err(Failure::Child(code)),
    }
}

/// Told before the command starts, not by its first request.
fn ready(status: &StatusReply) -> Result<(), Failure> {
    if !has_key(&status.key) {
        let goes_on =
            if status.key.awaited { "; the service goes on asking it: try again in a moment" } else { "" };
        return Err(Failure::of(Exit::Key, format!("{}{goes_on}", status.key.message)));
    }
    match status.state {
        ProxyState::Running => Ok(()),
        ProxyState::Stopped => Err(Failure::plain(
            "Turnpike is stopped, so every request would be refused: run `turnpike start` first",
        )),
        ProxyState::ShuttingDown => Err(Failure::plain("the service is ending: try again in a moment")),
    }
}

/// A key that was refused may be taken again by now; the command is told if not.
fn has_key(key: &KeyReport) -> bool {
    matches!(key.state, KeyState::Ready | KeyState::Refused)
}

/// A key that comes by the environment reaches a service only as it starts: one that lacks it must not stay. All else
/// that is amiss is mended while the service runs: it is started by `turnpike start`, and a slow keychain answers.
fn not_ready(client: &Client, status: &StatusReply, is_ours: bool, failure: Failure) -> Failure {
    if has_key(&status.key) {
        return failure;
    }
    if is_ours && !status.key.awaited {
        // Where that fails, the next attempt finds it running, and is told below.
        let _ = client.call(&Shutdown::default());
        return failure;
    }
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match [KEY_VARIABLE, KEY_FILE_VARIABLE].iter().find(|name| is_set(name)) {
        Some(name) => Failure::of(
            Exit::Key,
            format!(
                "{name} is set here, but the service that runs was started without it: end that with `turnpike stop \
                 --service`, then run this again"
            ),
        ),
        None => failure,
    }
}

/// The command as it is started: Claude Code gets our settings too.
fn command(place: &Place, command: Vec<OsString>, variables: &[Variable]) -> Result<Vec<OsString>, Failure> {
    let Some(options) = claude::place_of_options(&command) else { return Ok(command) };
    let token_command = match SettingsFiles::of_process().with_token() {
        Some(_) => Some(token_command(place)?),
        None => None,
    };
    let ours = Ours { variables, token_command };
    claude::with_settings(&command, options, &ours)
        .map_err(|error| Failure::of(Exit::Usage, error.to_string()))
}

/// A command for a shell that prints the token of this data folder.
fn token_command(place: &Place) -> Result<String, Failure> {
    let program = launch::own_program()?;
    let words =
        [program.as_os_str(), "--data-dir".as_ref(), place.data_dir.path().as_os_str(), "token".as_ref()];
    let quoted: Option<Vec<String>> =
        words.iter().map(|word| word.to_str().and_then(|word| Shell::Sh.quote(word))).collect();
    quoted.map(|words| words.join(" ")).ok_or_else(|| Failure::plain("a path of Turnpike's own is no UTF-8"))
}

/// What ran meanwhile, on standard error: standard output is the command's own.
fn print_receipt(client: &Client, started: Timestamp) {
    let line = receipt::of(client, started);
    let line = line.unwrap_or_else(|error| format!("no receipt: {error}"));
    let _ = writeln!(io::stderr(), "turnpike: {line}");
}
