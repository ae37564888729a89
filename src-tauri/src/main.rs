//! `turnpike-tray`: Turnpike as its users meet it. It supervises the service, and shows menu, window and notifications.
//!
//! What is decided is decided in `turnpike-tray-core`; here it is drawn. Killing this program cuts no stream.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod clicks;
mod desktop;
mod extras;
mod icons;
mod notifications;
mod shell;
mod tray;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tauri::{Manager as _, RunEvent};
use turnpike_tray_core::driver::Place;

use shell::Shell;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TURNPIKE_TRAY_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| "turnpike_tray=info,warn".into()))
        .with_writer(std::io::stderr)
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "Tauri's own macro ends the process where its context is broken"
)]
fn run() -> Result<(), Box<dyn std::error::Error>> {
    // Panels show it where the pointer rests on the icon; the tray's library names the program otherwise.
    #[cfg(target_os = "linux")]
    glib::set_application_name("Turnpike");
    let place = Place::resolve(data_dir())?;
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::open(app, "")))
        .plugin(tauri_plugin_autostart::Builder::new().app_name("Turnpike").build())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_window_state::Builder::new().build())
        .setup(move |app| {
            let shell = Shell::start(app.handle(), place)?;
            app.manage(Arc::clone(&shell));
            let handle = app.handle().clone();
            // A panel may still be starting; nobody waits for it.
            std::thread::spawn(move || {
                if !desktop::has_tray_host() {
                    tracing::warn!("this desktop has no tray");
                    window::open_without_tray(&handle);
                }
            });
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|_, event| {
        // The last window is closed: the tray lives on. An exit that was asked for has a code.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}

/// What stands behind `--data-dir`.
fn data_dir() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--data-dir" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(folder) = argument.to_str().and_then(|argument| argument.strip_prefix("--data-dir=")) {
            return Some(PathBuf::from(folder));
        }
    }
    None
}
