//! What is asked for when the configuration has changed, rather than with each look.

use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt as _;
use turnpike_api::command::{Config, ListMaps, Models};
use turnpike_tray_core::notice::Switches;

use crate::shell::Shell;

/// Asks the service for maps, the names of their models, and switches. Blocks.
pub(crate) fn fetch(shell: &Shell) {
    let fetched = shell.place.connect().and_then(|client| {
        let maps = client.call(&ListMaps::default())?.maps;
        let mut models = client.call(&Models::default()).map(|reply| reply.models).unwrap_or_default();
        models.retain(|model| {
            maps.iter().any(|map| map.target == model.slug || map.fallback.contains(&model.slug))
        });
        let config = client.call(&Config::default())?;
        Ok((maps, models, config.text))
    });
    match fetched {
        Ok((maps, models, text)) => {
            shell.set_switches(Switches::of_config(&text));
            shell.change_extras(|extras| {
                extras.maps = maps;
                extras.models = models;
                extras.refused = None;
            });
        }
        Err(error) => tracing::warn!(%error, "the configuration is not known"),
    }
}

/// Whether the tray starts at login; `None` where that cannot be chosen.
pub(crate) fn autostart(app: &AppHandle) -> Option<bool> {
    app.autolaunch().is_enabled().ok()
}
