//! Edits of the configuration: each names the revision it was made for, keeps the user's comments, and is in force
//! when its command has answered. The command line makes the same edits itself when no service runs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use turnpike_api::command::{
    AddMap, ConfigReply, Edited, MapEntry, MapsReply, MoveMap, RemoveMap, RuleEntry, SetConfig, UndoEdit,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_settings::config::{MapPlace, NewMap, RequestClass, Value, When};
use turnpike_settings::{ConfigEdit, ConfigError, ConfigFile, EditError, Loaded, Revision};

use crate::config_in_force;
use crate::core::Core;
use crate::probe;

/// Edits that can be taken back.
const REMEMBERED: usize = 20;

/// The texts before the last edits, by the revision that each led to.
#[derive(Debug, Default)]
pub(crate) struct Undo(Mutex<VecDeque<(Revision, String)>>);

// === impl Undo ===

impl Undo {
    fn note(&self, after: &Revision, before: String) {
        let mut edits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        edits.retain(|(revision, _)| revision != after);
        edits.push_back((after.clone(), before));
        if edits.len() > REMEMBERED {
            edits.pop_front();
        }
    }

    fn before(&self, after: &Revision) -> Option<String> {
        let edits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        edits.iter().find(|(revision, _)| revision == after).map(|(_, before)| before.clone())
    }
}
/// The key that holds a client's token: whoever could write it could let anybody in.
const TOKEN_HASH: &str = "token_sha256";

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
    let showed = |target: &str| probed.get(turnpike_routing::resolve(target)).map(probe::summary);
    let maps = loaded.config.maps.iter().map(|map| MapEntry {
        name: map.name.clone(),
        target: map.to.target.clone(),
        fallback: map.to.fallback.clone(),
        conformance: showed(&map.to.target),
    });
    let rules = loaded.config.rules.iter().map(|rule| RuleEntry {
        name: rule.name.clone(),
        when: conditions(&rule.when),
        target: rule.to.target.clone(),
        fallback: rule.to.fallback.clone(),
        conformance: showed(&rule.to.target),
    });
    let revision = loaded.revision.as_str().to_owned();
    Ok(MapsReply { revision, maps: maps.collect(), rules: rules.collect() })
}

const fn class_name(class: RequestClass) -> &'static str {
    match class {
        RequestClass::Main => "main",
        RequestClass::Subagent => "subagent",
        RequestClass::Workflow => "workflow",
        RequestClass::Compaction => "compaction",
        RequestClass::Auxiliary => "auxiliary",
        RequestClass::SideReply => "side_reply",
        RequestClass::SafetyCheck => "safety_check",
    }
}

/// A rule's conditions in one line, in the file's own names.
fn conditions(when: &When) -> String {
    let class = when.class.map(class_name);
    let texts = [
        ("class", class),
        ("agent_type", when.agent_type.as_deref()),
        ("project", when.project.as_deref()),
        ("model", when.model.as_deref()),
        ("client", when.client.as_deref()),
    ];
    let switches =
        [("has_image", when.has_image), ("thinking", when.thinking), ("web_search", when.web_search)];
    let texts = texts.into_iter().filter_map(|(name, is)| Some(format!("{name} {}", is?)));
    let switches = switches.into_iter().filter_map(|(name, is)| {
        let not = if is? { "" } else { "no " };
        Some(format!("{not}{name}"))
    });
    let length = when.min_tokens.map(|tokens| format!("min_tokens {tokens}"));
    texts.chain(switches).chain(length).collect::<Vec<_>>().join(", ")
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
    let value = request.value.as_deref().map(value).transpose()?;
    if path.ends_with(TOKEN_HASH) || value.as_ref().is_some_and(holds_token_hash) {
        let message = "tokens of clients are made by `turnpike client add` and `turnpike client rotate`, and taken \
                       back by `turnpike client revoke`";
        return Err(ApiError::new(ErrorCode::Invalid, message));
    }
    let edit_made = match value {
        None => ConfigEdit::Unset { path },
        Some(value) => ConfigEdit::Set { path, value },
    };
    edit(core, &request.revision, &edit_made)
}

/// Remembers an edit that was made elsewhere, so that it can be taken back like others.
pub(crate) fn note_undo(core: &Core, before: Option<Loaded>, edited: &Edited) {
    if let Some(before) = before.filter(|before| before.revision.as_str() != edited.revision) {
        core.undo.note(&Revision::told(&edited.revision), before.text);
    }
}

/// Takes an edit back, byte for byte.
pub(crate) fn undo(core: &Core, request: &UndoEdit) -> Result<Edited, ApiError> {
    let text = core.undo.before(&Revision::told(&request.revision)).ok_or_else(|| {
        let message = "that edit cannot be taken back any more: the service remembers its last ones only";
        ApiError::new(ErrorCode::NotFound, message)
    })?;
    edit(core, &request.revision, &ConfigEdit::Text(text))
}

fn value(text: &str) -> Result<Value, ApiError> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(100).collect();
        let message = format!("`{shown}` is no value as config.toml writes it: text stands in quotes");
        ApiError::new(ErrorCode::Invalid, message)
    })
}

fn holds_token_hash(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(holds_token_hash),
        Value::InlineTable(table) => {
            table.iter().any(|(key, value)| key == TOKEN_HASH || holds_token_hash(value))
        }
        _ => false,
    }
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
    edit_file(core, revision, edit_made).map_err(|error| api_error(&error))
}

/// The same, with the error as the file told it.
pub(crate) fn edit_file(core: &Core, revision: &str, edit_made: &ConfigEdit) -> Result<Edited, EditError> {
    let file = core.config.file();
    let revision = Revision::told(revision);
    let before = file.load().ok().filter(|before| before.revision == revision);
    let loaded = file.edit(&revision, edit_made)?;
    // What is taken back stays taken back: the edit before it can still be undone.
    let is_undo = matches!(edit_made, ConfigEdit::Text(_));
    if let Some(before) = before.filter(|before| !is_undo && before.text != loaded.text) {
        core.undo.note(&loaded.revision, before.text);
    }
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
