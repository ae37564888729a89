//! What a click does. Whatever may take long has a thread of its own.

use std::sync::Arc;
use std::thread;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_autostart::ManagerExt as _;
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use turnpike_api::command::{
    Budgets, CancelRequest, ListPresets, ListRoutes, RaiseBudget, Start, Stop, UndoClaude, UsePreset,
};
use turnpike_api::notice::Notice;
use turnpike_api::{Client, ClientError};
use turnpike_tray_core::menu::{Action, EnvironmentShell};
use turnpike_tray_core::roles::choose;

use crate::shell::Shell;
use crate::{extras, window};

/// An entry of the menu was clicked.
pub(crate) fn clicked(app: &AppHandle, id: &str) {
    let Some(shell) = app.try_state::<Arc<Shell>>() else { return };
    let shell = Arc::clone(&shell);
    shell.redraw(id);
    if let Some(action) = shell.action(id) {
        begin(shell, action);
    }
}

/// A notification was clicked.
pub(crate) fn asked(app: &AppHandle, action: Action) {
    if let Some(shell) = app.try_state::<Arc<Shell>>() {
        begin(Arc::clone(&shell), action);
    }
}

fn begin(shell: Arc<Shell>, action: Action) {
    tracing::debug!(?action, "clicked");
    thread::spawn(move || {
        if let Err(sentence) = carry_out(&shell, action) {
            tracing::warn!("{sentence}");
            shell.change_extras(|extras| extras.refused = Some(sentence));
        }
    });
}

/// Does what was asked for; a sentence where it could not be done.
fn carry_out(shell: &Arc<Shell>, action: Action) -> Result<(), String> {
    match action {
        Action::Start => call(shell, |client| client.call(&Start::default()).map(drop)),
        Action::Stop => call(shell, |client| client.call(&Stop::default()).map(drop)),
        Action::Cancel { id } => call(shell, |client| client.call(&CancelRequest { id }).map(drop)),
        Action::SetTarget { role, target } => call(shell, |client| set_target(client, &role, &target)),
        Action::StartService => {
            shell.driver().into_iter().for_each(|driver| driver.retry());
            Ok(())
        }
        Action::Quit => {
            shell.driver().into_iter().for_each(|driver| driver.quit());
            Ok(())
        }
        Action::Open { view } => {
            window::open(&shell.app, view);
            Ok(())
        }
        Action::DisconnectClaude => call(shell, |client| client.call(&UndoClaude::default()).map(drop)),
        // The page shows what would change before anything does.
        Action::ConnectClaude => {
            window::open(&shell.app, "setup?open=connect");
            Ok(())
        }
        Action::TryDemo => call(shell, |client| window::open_demo(shell, client)),
        Action::SetPreset { name } => call(shell, |client| {
            let revision = client.call(&ListPresets::default())?.revision;
            client.call(&UsePreset { revision, name }).map(drop)
        }),
        Action::RaiseBudget { subject } => raise_budget(shell, &subject),
        Action::CopyEnvironment(words) => copy_environment(shell, words),
        Action::SetAutostart(is_on) => set_autostart(shell, is_on),
    }
}

fn call(shell: &Shell, command: impl FnOnce(&Client) -> Result<(), ClientError>) -> Result<(), String> {
    let done = shell.place.connect().and_then(|client| command(&client)).map_err(|error| error.to_string());
    shell.driver().into_iter().for_each(|driver| driver.look());
    if done.is_ok() {
        shell.change_extras(|extras| extras.refused = None);
    }
    done
}

/// Doubles the budget of that notice until its period ends.
fn raise_budget(shell: &Shell, subject: &str) -> Result<(), String> {
    let mut is_over = false;
    call(shell, |client| {
        let budgets = client.call(&Budgets::default())?.budgets;
        let Some(budget) = Notice::budget_of(subject, &budgets) else {
            is_over = true;
            return Ok(());
        };
        let by_nanos = budget.cap_nanos.unwrap_or_default() - budget.raised_nanos;
        let (of, period) = (budget.of.clone(), budget.period.clone());
        client.call(&RaiseBudget { of, period, by_nanos }).map(drop)
    })?;
    if is_over { Err("that budget has begun anew, and is not raised".to_owned()) } else { Ok(()) }
}

fn set_target(client: &Client, role: &str, target: &str) -> Result<(), ClientError> {
    let routes = client.call(&ListRoutes::default())?;
    choose(role, target, &routes).map_or(Ok(()), |edit| client.call(&edit).map(drop))
}

/// The clipboard gets a line that asks for the environment; the token is never on it.
fn copy_environment(shell: &Shell, words: EnvironmentShell) -> Result<(), String> {
    let place = &shell.place;
    let folder = (!place.is_default()).then(|| place.data_dir().display().to_string());
    let line = words.line(&place.program().display().to_string(), folder.as_deref());
    shell
        .app
        .clipboard()
        .write_text(line)
        .map_err(|error| format!("the clipboard cannot be written to: {error}"))
}

fn set_autostart(shell: &Shell, is_on: bool) -> Result<(), String> {
    let items = shell.app.autolaunch();
    let done = if is_on { items.enable() } else { items.disable() };
    shell.change_extras(|known| known.autostart = extras::autostart(&shell.app));
    done.map_err(|error| format!("what starts at login cannot be changed: {error}"))
}
