//! What is asked for when the configuration has changed, rather than with each look.

use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt as _;
use turnpike_api::command::{
    Limits, LimitsReply, ListMaps, ListPresets, ListRoutes, MapEntry, Model, Models, Notices, NoticesReply,
    Preset, RoleAnswer,
};
use turnpike_api::{Client, ClientError};
use turnpike_tray_core::notice::Switches;

use crate::shell::Shell;

/// What one question brings.
struct Fetched {
    maps: Vec<MapEntry>,
    answers: Vec<RoleAnswer>,
    models: Vec<Model>,
    limits: LimitsReply,
    presets: Vec<Preset>,
    told: NoticesReply,
}

/// Asks the service for maps, limits, presets, the names of models, and switches. Blocks.
pub(crate) fn fetch(shell: &Shell) {
    match shell.place.connect().and_then(|client| ask(&client)) {
        Ok(fetched) => {
            shell.set_switches(Switches::of(&fetched.told.kinds));
            shell.noticed(&fetched.told.notices);
            shell.change_extras(|extras| {
                extras.autostart = autostart(&shell.app);
                extras.maps = fetched.maps;
                extras.answers = fetched.answers;
                extras.models = fetched.models;
                extras.left_out = fetched.limits.left_out;
                extras.free = Some(fetched.limits.free).filter(|free| free.used_today > 0);
                extras.presets = fetched.presets;
                extras.refused = None;
            });
        }
        Err(error) => tracing::warn!(%error, "the configuration is not known"),
    }
}

fn ask(client: &Client) -> Result<Fetched, ClientError> {
    let maps = client.call(&ListMaps::default())?.maps;
    let answers = client.call(&ListRoutes::default())?.roles;
    let limits = client.call(&Limits::default())?;
    let presets = client.call(&ListPresets::default())?.presets;
    let told = client.call(&Notices::default())?;
    // A catalogue that is not there yet names nothing; slugs do as well.
    let mut models = client.call(&Models::default()).map(|reply| reply.models).unwrap_or_default();
    models.retain(|model| {
        let slug = &model.slug;
        maps.iter().any(|map| map.target == *slug || map.fallback.contains(slug))
            || answers.iter().any(|answer| answer.slug == *slug)
            || limits.left_out.iter().any(|left| left.slug == *slug)
            || presets.iter().flat_map(|preset| &preset.roles).any(|of| of.slug == *slug)
    });
    Ok(Fetched { maps, answers, models, limits, presets, told })
}

/// Whether the tray starts at login; `None` where that cannot be chosen.
pub(crate) fn autostart(app: &AppHandle) -> Option<bool> {
    app.autolaunch().is_enabled().ok()
}
