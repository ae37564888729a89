//! The settings files that Claude Code reads, the strongest first.

use std::path::{Path, PathBuf};

use serde_json::Value;
use turnpike_api::command::{Finding, Severity};
use turnpike_settings::claude::SettingsText;
use turnpike_settings::claude::text::{is_read_by_client, value_of};

use super::finding;
use super::world::ClientWorld;

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// An administrator's.
    Policy,
    /// The project's, for this machine.
    Local,
    /// The project's, for everybody.
    Project,
    /// The user's.
    User,
}

/// One settings file.
#[derive(Clone, Debug)]
pub(super) struct SettingsFile {
    pub(super) owner: Owner,
    /// Its path as people write it.
    pub(super) shown: String,
    /// What is in it; nothing when it cannot be read.
    pub(super) value: Value,
    problem: Option<String>,
}

/// Those that exist, the strongest first.
pub(super) fn read(world: &ClientWorld) -> Vec<SettingsFile> {
    let project = |name: &str| world.project.as_ref().map(|folder| folder.join(".claude").join(name));
    let policies = policies(&world.policy).into_iter().map(|path| (Owner::Policy, path));
    let user = (Owner::User, world.config_dir.join("settings.json"));
    let own = [
        project("settings.local.json").map(|path| (Owner::Local, path)),
        project("settings.json").map(|path| (Owner::Project, path)),
    ];
    let own = own.into_iter().flatten().filter(|(_, path)| *path != user.1);
    policies.chain(own).chain([user.clone()]).filter_map(|(owner, path)| file(world, owner, &path)).collect()
}

/// Files that Claude Code does not understand.
pub(super) fn problems(files: &[SettingsFile]) -> Vec<Finding> {
    let problem = |file: &SettingsFile| {
        let problem = file.problem.as_ref()?;
        let message = format!("{}: {problem}", file.shown);
        Some(finding(
            "settings",
            Severity::Error,
            message,
            Some("correct the file; nothing of it counts until then"),
        ))
    };
    files.iter().filter_map(problem).collect()
}

fn file(world: &ClientWorld, owner: Owner, path: &Path) -> Option<SettingsFile> {
    let shown = world.shown(path);
    let read = SettingsText::read(path).map_err(|error| error.to_string());
    let value = match &read {
        Ok(text) if !is_read_by_client(text.text()?) && value_of(text.text()?).is_ok() => {
            Err("it has comments or trailing commas, which Claude Code does not read".to_owned())
        }
        Ok(text) => value_of(text.text()?).map_err(|error| error.to_string()),
        Err(error) => Err(error.clone()),
    };
    let problem = value.as_ref().err().cloned();
    Some(SettingsFile { owner, shown, value: value.unwrap_or_default(), problem })
}

/// The policy and its parts, of which later ones win.
fn policies(folder: &Path) -> Vec<PathBuf> {
    let parts = std::fs::read_dir(folder.join("managed-settings.d")).into_iter().flatten();
    let mut parts: Vec<PathBuf> = parts
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    parts.sort();
    parts.reverse();
    parts.push(folder.join("managed-settings.json"));
    parts
}
