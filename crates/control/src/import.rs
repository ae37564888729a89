//! Import: an OpenRouter key, models and fallbacks of other tools become maps and rules.
//!
//! What a file's text says (`router`, `litellm`, `variables`) and what is then written (`plan`) are found without
//! touching anything; here the files are read, and what was shown is written. The key goes into the keychain alone.

mod found;
mod litellm;
mod plan;
mod router;
mod variables;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use turnpike_api::command::{
    ApplyImport, ImportFrom, ImportKey, ImportPlace, ImportPreview, ImportSource, Imported, PreviewImport,
};
use turnpike_api::{ApiError, ErrorCode, SecretText};
use turnpike_routing::Catalogue;
use turnpike_settings::{Config, ConfigEdit, ConfigFile, Revision, Secret};

use self::found::Found;
use crate::config_edit::{api_error, edit};
use crate::core::{Core, blocking};
use crate::keys;
use crate::shell_profile::{Home, ProfileShell};

/// Whoever tells what a variable holds.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// No tool's settings are larger.
const MOST_BYTES: u64 = 1024 * 1024;
/// Names that LiteLLM's file goes by in a folder.
const LITELLM_FILES: [&str; 4] =
    ["config.yaml", "litellm_config.yaml", "litellm-config.yaml", "proxy_config.yaml"];
/// What every file of LiteLLM's holds; another tool's `config.yaml` does not.
const LITELLM_MARK: &str = "model_list";

/// A text that is not what it should be. It is not repeated: a key may stand in it.
#[derive(Debug)]
struct Malformed {
    what: &'static str,
    /// Where, in words: a line, or a part's name.
    place: Option<String>,
}

/// A place in a text, counted from 1.
fn line(line: usize, column: usize) -> String {
    format!("line {line}, column {column}")
}

/// What an import would do, and all that is needed to do it.
#[derive(Debug)]
pub struct Import {
    /// What people see of it.
    pub preview: ImportPreview,
    /// The edit of the configuration.
    pub edit: ConfigEdit,
    /// The key.
    pub key: Option<Secret>,
}

/// Reads other tools' settings and tells what they would become. Changes nothing.
///
/// # Errors
/// A file that was named is not there or malformed, or config.toml does not load. One that was not named is passed over
/// and told of.
pub fn look(file: &ConfigFile, place: &ImportPlace, catalogue: &Catalogue) -> Result<Import, ApiError> {
    let loaded = file.load().map_err(|error| api_error(&error.into()))?;
    let files = files(place)?;
    let known = known_variables(&files);
    let lookup = |name: &str| {
        let own = std::env::var(name).ok().filter(|value| !value.is_empty());
        own.or_else(|| known.get(name).cloned())
    };
    let mut found = Found::default();
    let mut sources = Vec::new();
    for (from, path) in files {
        let is_named = place.path.is_some();
        match held(from, &path, is_named, &lookup) {
            Ok(held) if held.is_empty() => {}
            Ok(held) => {
                sources.push(ImportSource { from, path: path.display().to_string() });
                found.and(held);
            }
            Err(ApiError { code, message, .. }) if is_named => {
                let message = format!("{message}. Mend the file or name another; nothing was changed");
                return Err(ApiError::new(code, message));
            }
            // The others are of use all the same.
            Err(ApiError { message, .. }) => {
                found.notice(format!("{message}, so nothing of it is taken over"));
            }
        }
    }
    Ok(Import::of(found, sources, &loaded.config, loaded.revision.as_str(), catalogue))
}

/// What the running service is asked.
pub(crate) fn preview_for(core: &Core, request: &PreviewImport) -> Result<ImportPreview, ApiError> {
    Ok(look(core.config.file(), &request.place, &core.catalogue.get())?.preview)
}

/// Writes what was shown, if it is still that.
pub(crate) async fn apply_for(
    core: &std::sync::Arc<Core>,
    request: ApplyImport,
) -> Result<Imported, ApiError> {
    let ApplyImport { revision, place, text, with_key } = request;
    let import =
        blocking(core, move |core| look(core.config.file(), &place, &core.catalogue.get())).await??;
    import.is_still(&text, &revision)?;
    let Import { preview, edit: edit_made, key } = import;
    // First of all: a keychain can refuse, and then nothing is changed.
    let key = match key.filter(|_| with_key) {
        Some(key) => {
            let report = core.keys.set(&SecretText::new(key.expose().to_owned())).await?;
            Some(keys::apply(core, report))
        }
        None => None,
    };
    let edited = blocking(core, move |core| edit(core, &revision, &edit_made)).await??;
    Ok(Imported { revision: edited.revision, maps: preview.maps, rules: preview.rules, key })
}

/// Writes it into a configuration file, for when no service runs. The key is left to the caller.
///
/// # Errors
/// The file does not take it.
pub fn apply_in(file: &ConfigFile, import: &Import) -> Result<(), ApiError> {
    let revision: Revision = serde_json::from_value(import.preview.revision.as_str().into())
        .map_err(|_| ApiError::new(ErrorCode::Invalid, "that is no revision"))?;
    file.edit(&revision, &import.edit).map_err(|error| api_error(&error))?;
    Ok(())
}

// === impl Import ===

impl Import {
    fn of(
        found: Found,
        sources: Vec<ImportSource>,
        config: &Config,
        revision: &str,
        catalogue: &Catalogue,
    ) -> Self {
        let plan = plan::plan(found, config, catalogue);
        let key = plan.key.as_ref();
        let preview = ImportPreview {
            revision: revision.to_owned(),
            sources,
            text: plan.text(),
            maps: plan.count(false),
            rules: plan.count(true),
            key: key.map(|it| ImportKey { masked: it.key.masked(), found_in: it.place.clone() }),
            conflicts: plan.conflicts.clone(),
            notices: plan.notices.clone(),
        };
        Self { preview, edit: plan.edit(), key: plan.key.map(|found| found.key) }
    }

    /// What somebody was shown is what would be written now.
    fn is_still(&self, text: &str, revision: &str) -> Result<(), ApiError> {
        if self.preview.text == text && self.preview.revision == revision {
            return Ok(());
        }
        let message =
            "the settings or the configuration were changed in the meantime: look at the preview again";
        Err(ApiError::new(ErrorCode::Conflict, message))
    }
}

/// The files to look at.
fn files(place: &ImportPlace) -> Result<Vec<(ImportFrom, PathBuf)>, ApiError> {
    let home =
        Home::of_process().map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    if let Some(path) = &place.path {
        let path = match path.strip_prefix("~/") {
            Some(rest) => home.folder.join(rest),
            None => PathBuf::from(path),
        };
        return Ok(vec![(place.from.unwrap_or_else(|| guess(&path)), path)]);
    }
    let mut files = vec![(ImportFrom::Ccr, home.folder.join(".claude-code-router/config.json"))];
    for folder in place.folder.iter().map(PathBuf::from).chain([home.folder.join(".litellm")]) {
        files.extend(LITELLM_FILES.map(|name| (ImportFrom::Litellm, folder.join(name))));
    }
    files.extend(place.folder.iter().map(|folder| (ImportFrom::Env, Path::new(folder).join(".env"))));
    files.extend(profiles(&home).into_iter().map(|path| (ImportFrom::Shell, path)));
    files.retain(|(from, _)| place.from.is_none_or(|wanted| wanted == *from));
    Ok(files)
}

fn profiles(home: &Home) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = ProfileShell::ALL.iter().map(|shell| shell.profile(home)).collect();
    for name in [".bash_profile", ".profile", ".zshenv", ".zprofile"] {
        let path = home.folder.join(name);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// Whose file it is, by its name.
fn guess(path: &Path) -> ImportFrom {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    match name.rsplit('.').next() {
        Some("json" | "json5") => ImportFrom::Ccr,
        Some("yaml" | "yml") => ImportFrom::Litellm,
        _ if name.contains(".env") => ImportFrom::Env,
        _ => ImportFrom::Shell,
    }
}

/// What `.env` files beside the settings and shells' profiles set: keys are often named, not written, in settings.
fn known_variables(files: &[(ImportFrom, PathBuf)]) -> BTreeMap<String, String> {
    let profiles = Home::of_process().map(|home| profiles(&home)).unwrap_or_default();
    let beside = files.iter().filter_map(|(_, path)| Some(path.parent()?.join(".env")));
    let mut known = BTreeMap::new();
    for path in beside.chain(profiles) {
        let Ok(Some(text)) = text(&path, false) else { continue };
        for (name, value) in variables::variables(&text, "", &mut Found::default()) {
            known.entry(name).or_insert(value);
        }
    }
    known
}

/// What one file holds.
fn held(from: ImportFrom, path: &Path, is_named: bool, lookup: Variables<'_>) -> Result<Found, ApiError> {
    let Some(text) = text(path, is_named)? else { return Ok(Found::default()) };
    if !is_named && from == ImportFrom::Litellm && !text.contains(LITELLM_MARK) {
        return Ok(Found::default());
    }
    read(from, path, &text, lookup)
}

/// The file's text; `None` when it is not there and need not be.
fn text(path: &Path, is_wanted: bool) -> Result<Option<String>, ApiError> {
    let refused = |code, why: String| Err(ApiError::new(code, format!("{} {why}", path.display())));
    let file = match std::fs::File::open(path) {
        Ok(file) if file.metadata().is_ok_and(|about| about.is_file()) => file,
        Ok(_) if !is_wanted => return Ok(None),
        Ok(_) => return refused(ErrorCode::Invalid, "is no file".to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return if is_wanted {
                refused(ErrorCode::NotFound, "is not there".to_owned())
            } else {
                Ok(None)
            };
        }
        Err(error) => return refused(ErrorCode::Unavailable, format!("cannot be read ({error})")),
    };
    let mut bytes = Vec::new();
    if let Err(error) = file.take(MOST_BYTES + 1).read_to_end(&mut bytes) {
        return refused(ErrorCode::Unavailable, format!("cannot be read ({error})"));
    }
    if bytes.len() as u64 > MOST_BYTES {
        return refused(ErrorCode::Invalid, "is too large for a tool's settings (over 1 MiB)".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => refused(ErrorCode::Invalid, "is no text (UTF-8)".to_owned()),
    }
}

fn read(from: ImportFrom, path: &Path, text: &str, lookup: Variables<'_>) -> Result<Found, ApiError> {
    let shown = path.display().to_string();
    let read = match from {
        ImportFrom::Ccr => router::read(text, lookup),
        ImportFrom::Litellm => litellm::read(text, lookup),
        ImportFrom::Env | ImportFrom::Shell => Ok(variables::read(text, &shown)),
    };
    read.map_err(|Malformed { what, place }| {
        let place = place.map(|place| format!(", {place}")).unwrap_or_default();
        ApiError::new(ErrorCode::Invalid, format!("{shown}{place}: these are {what}"))
    })
}

#[cfg(test)]
mod tests;
