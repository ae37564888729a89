//! Presets: their models against the catalogue, and their entries in the configuration.

use turnpike_api::command::{Preset as Told, PresetRole, PresetsReply, UsePreset, UsedPreset};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_routing::{Casting, Catalogue, PRESETS, PRESETS_OF, Preset, PresetEntry};
use turnpike_settings::config::{EntryFor, NewEntry};
use turnpike_settings::{Config, ConfigEdit, ConfigFile, Revision};
use turnpike_wire::money::NanoUsd;

use crate::config_edit::{api_error, edit};
use crate::core::Core;

/// The name that takes the entries of whatever preset away.
const NONE: &str = "none";

/// All presets, as they would be used now.
pub(crate) fn list(core: &Core) -> Result<PresetsReply, ApiError> {
    let checked = core.catalogue.fetched().map(jiff::Timestamp::as_second);
    list_in(core.config.file(), &core.catalogue.get(), checked)
}

/// All presets against a catalogue, and which of them a configuration file holds.
///
/// # Errors
/// When the file does not load.
pub fn list_in(
    file: &ConfigFile,
    catalogue: &Catalogue,
    checked: Option<i64>,
) -> Result<PresetsReply, ApiError> {
    let loaded = file.load().map_err(|error| api_error(&error.into()))?;
    let in_use = in_use(&loaded.config);
    let presets = PRESETS.iter().map(|preset| told(preset, catalogue, in_use)).collect();
    let revision = loaded.revision.as_str().to_owned();
    Ok(PresetsReply { revision, table_of: PRESETS_OF.to_owned(), checked, presets })
}

/// The preset whose entries a configuration holds.
fn in_use(config: &Config) -> Option<&str> {
    let maps = config.maps.iter().map(|map| &map.to);
    maps.chain(config.rules.iter().map(|rule| &rule.to)).find_map(|to| to.preset.as_deref())
}

fn told(preset: &Preset, catalogue: &Catalogue, in_use: Option<&str>) -> Told {
    let resolved = preset.resolve(catalogue);
    Told {
        name: preset.name.to_owned(),
        about: preset.about.to_owned(),
        is_in_use: in_use == Some(preset.name),
        roles: resolved.castings.iter().map(role).collect(),
        notices: resolved.notices,
    }
}

fn role(casting: &Casting) -> PresetRole {
    let nanos = |price: Option<NanoUsd>| price.map(NanoUsd::nanos);
    let claude = casting.claude.unwrap_or_default();
    PresetRole {
        role: casting.role.as_str().to_owned(),
        slug: casting.slug.clone(),
        input_nanos_per_million: nanos(casting.pricing.prompt),
        output_nanos_per_million: nanos(casting.pricing.completion),
        claude_input_nanos_per_million: nanos(claude.prompt),
        claude_output_nanos_per_million: nanos(claude.completion),
    }
}

/// Puts a preset in force.
pub(crate) fn put_to_use(core: &Core, request: &UsePreset) -> Result<UsedPreset, ApiError> {
    let (edit_made, notices) = using(core.config.file(), &request.name, &core.catalogue.get())?;
    let edited = edit(core, &request.revision, &edit_made)?;
    notices.iter().for_each(|notice| tracing::warn!("preset {}: {notice}", request.name));
    Ok(UsedPreset { revision: edited.revision, notices })
}

/// Puts a preset into a configuration file, for when no service runs.
///
/// # Errors
/// There is no such preset, or the file does not take it.
pub fn use_in(file: &ConfigFile, name: &str, catalogue: &Catalogue) -> Result<UsedPreset, ApiError> {
    let revision: Revision = file.load().map_err(|error| api_error(&error.into()))?.revision;
    let (edit_made, notices) = using(file, name, catalogue)?;
    let loaded = file.edit(&revision, &edit_made).map_err(|error| api_error(&error))?;
    Ok(UsedPreset { revision: loaded.revision.as_str().to_owned(), notices })
}

/// The edit that puts a preset in force, and what is to be said about it.
fn using(
    file: &ConfigFile,
    name: &str,
    catalogue: &Catalogue,
) -> Result<(ConfigEdit, Vec<String>), ApiError> {
    if name == NONE {
        return Ok((ConfigEdit::UsePreset { preset: NONE.to_owned(), entries: Vec::new() }, Vec::new()));
    }
    let preset = Preset::find(name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        let shown: String = name.chars().take(40).collect();
        ApiError::new(
            ErrorCode::NotFound,
            format!("there is no preset `{shown}`; there are {} and none", names.join(", ")),
        )
    })?;
    let config = file.load().map_err(|error| api_error(&error.into()))?.config;
    let resolved = preset.resolve(catalogue);
    let mut notices = resolved.notices.clone();
    let own = |name: &str| config.maps.iter().any(|map| map.name == name && map.to.preset.is_none());
    let mut entries = Vec::new();
    for entry in resolved.entries() {
        match entry.name.filter(|name| own(name)) {
            Some(name) => {
                notices.push(format!("your own map for {name} stays, and comes before the preset's"))
            }
            None => entries.extend(new_entry(&entry)),
        }
    }
    Ok((ConfigEdit::UsePreset { preset: preset.name.to_owned(), entries }, notices))
}

fn new_entry(entry: &PresetEntry) -> Option<NewEntry> {
    let when = match (entry.name, entry.class) {
        (Some(name), _) => EntryFor::Name(name.to_owned()),
        (None, Some(class)) => EntryFor::Class(class.as_str()),
        (None, None) if entry.has_image => EntryFor::Images,
        (None, None) => return None,
    };
    Some(NewEntry { when, target: entry.target.clone(), fallback: entry.fallback.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_loads_and_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let own = "# mine\n[[map]]\nname = \"*opus*\"\ntarget = \"a/b\"\n";
        std::fs::write(&path, own).unwrap();
        let file = ConfigFile::new(path.clone());
        let catalogue = Catalogue::built_in();
        for preset in PRESETS {
            let used = use_in(&file, preset.name, &catalogue).unwrap();
            assert!(used.notices.iter().any(|notice| notice.contains("*opus*")), "{:?}", used.notices);
            let config = file.load().unwrap().config;
            assert_eq!(in_use(&config), Some(preset.name));
            assert_eq!(config.maps[0].to.target, "a/b", "the user's own comes first");
            let marks = config.maps.iter().map(|map| &map.to).chain(config.rules.iter().map(|rule| &rule.to));
            assert!(marks.filter_map(|to| to.preset.as_deref()).all(|mark| mark == preset.name));
            let told = list_in(&file, &catalogue, None).unwrap();
            assert_eq!(told.presets.iter().filter(|told| told.is_in_use).count(), 1);
        }
        use_in(&file, NONE, &catalogue).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().trim_end(), own.trim_end());
        let error = use_in(&file, "golden", &catalogue).unwrap_err();
        assert!(error.code == ErrorCode::NotFound && error.message.contains("balanced"), "{}", error.message);
    }
}
