//! Edits of the configuration: each names the revision it was made for, keeps the user's comments, and is in force
//! when its command has answered. The command line makes the same edits itself when no service runs.

use turnpike_api::command::{
    AddMap, ConfigReply, Edited, MapEntry, MapsReply, MoveMap, RemoveMap, SetConfig,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_settings::config::{MapPlace, NewMap, Value};
use turnpike_settings::{ConfigEdit, ConfigError, ConfigFile, EditError, Revision};

use crate::config_in_force;
use crate::core::Core;
use crate::probe;

/// The text in the file, whether it is in force or not.
pub(crate) fn text(core: &Core) -> Result<ConfigReply, ApiError> {
    let path = core.config.path();
    let now = core.config.now();
    let (text, revision) = match core.config.file().load() {
        Ok(loaded) => (loaded.text, loaded.revision),
        // It does not load: shown as it is, so that it can be corrected.
        Err(ConfigError::Unreadable { source, .. }) => {
            let message = format!("{} cannot be read ({source}): make it readable", path.display());
            return Err(ApiError::new(ErrorCode::Config, message));
        }
        Err(_) => (std::fs::read_to_string(path).unwrap_or_default(), now.revision),
    };
    let (path, revision) = (path.display().to_string(), revision.as_str().to_owned());
    Ok(ConfigReply { path, text, revision, refused: now.refused })
}

/// All maps of the file.
pub(crate) fn maps(core: &Core) -> Result<MapsReply, ApiError> {
    maps_in(core.config.file()).map_err(|error| api_error(&error.into()))
}

/// All maps of a configuration file.
///
/// # Errors
/// When the file does not load.
pub fn maps_in(file: &ConfigFile) -> Result<MapsReply, ConfigError> {
    let loaded = file.load()?;
    let probed =
        file.path().parent().map(|folder| probe::all(&folder.join("conformance.json"))).unwrap_or_default();
    let maps = loaded.config.maps.iter().map(|map| MapEntry {
        name: map.name.clone(),
        target: map.to.target.clone(),
        fallback: map.to.fallback.clone(),
        conformance: probed.get(turnpike_routing::resolve(&map.to.target)).map(probe::summary),
    });
    Ok(MapsReply { revision: loaded.revision.as_str().to_owned(), maps: maps.collect() })
}

pub(crate) fn add_map(core: &Core, request: &AddMap) -> Result<Edited, ApiError> {
    edit(core, &request.revision, &adding(request))
}

pub(crate) fn remove_map(core: &Core, request: &RemoveMap) -> Result<Edited, ApiError> {
    edit(core, &request.revision, &removing(&request.name))
}

pub(crate) fn move_map(core: &Core, request: &MoveMap) -> Result<Edited, ApiError> {
    let edit_made = ConfigEdit::MoveMap { name: request.name.clone(), to: MapPlace::At(request.to) };
    edit(core, &request.revision, &edit_made)
}

pub(crate) fn set(core: &Core, request: &SetConfig) -> Result<Edited, ApiError> {
    let path = request.path.clone();
    let edit_made = match &request.value {
        None => ConfigEdit::Unset { path },
        Some(text) => {
            let value: Value = text.parse().map_err(|_| {
                let shown: String = text.chars().take(100).collect();
                let message =
                    format!("`{shown}` is no value as config.toml writes it: text stands in quotes");
                ApiError::new(ErrorCode::Invalid, message)
            })?;
            ConfigEdit::Set { path, value }
        }
    };
    edit(core, &request.revision, &edit_made)
}

/// The edit that adds this map.
#[must_use]
pub fn adding(request: &AddMap) -> ConfigEdit {
    let MapEntry { name, target, fallback, .. } = request.map.clone();
    let place = request.at.map_or(MapPlace::Last, MapPlace::At);
    ConfigEdit::AddMap { map: NewMap { name, target, fallback }, place }
}

/// The edit that removes the map of that name.
#[must_use]
pub fn removing(name: &str) -> ConfigEdit {
    ConfigEdit::RemoveMap { name: name.to_owned() }
}

pub(crate) fn edit(core: &Core, revision: &str, edit_made: &ConfigEdit) -> Result<Edited, ApiError> {
    let file = core.config.file();
    let revision: Revision = serde_json::from_value(revision.into())
        .map_err(|_| ApiError::new(ErrorCode::Invalid, "that is no revision"))?;
    let loaded = file.edit(&revision, edit_made).map_err(|error| api_error(&error))?;
    config_in_force::look_now(core);
    tracing::info!(revision = loaded.revision.as_str(), "the configuration was edited");
    Ok(Edited { revision: loaded.revision.as_str().to_owned() })
}

pub(crate) fn api_error(error: &EditError) -> ApiError {
    let code = match error {
        EditError::Conflict { .. } | EditError::MapExists(_) => ErrorCode::Conflict,
        EditError::NoSuchMap(_) | EditError::NoSuchPlace(_) => ErrorCode::NotFound,
        EditError::Config(_) | EditError::Invalid(_) => ErrorCode::Config,
        EditError::Unwritable { .. } => ErrorCode::Unavailable,
    };
    ApiError::new(code, error.to_string())
}
