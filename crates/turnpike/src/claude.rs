//! Claude Code's command line: is it the command, and how do our settings get into it?
//!
//! The `env` of its settings files wins over the environment of the process, and `--settings` wins over both. So what
//! the environment says is said again there, merged with what the user passed. All but the token: the arguments of a
//! process can be read by every user of the machine, its environment cannot. Where a settings file names another
//! token, `apiKeyHelper` brings ours along, as a second credential of which one has to be right.

mod settings_files;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use turnpike_api::command::Variable;

pub(crate) use settings_files::SettingsFiles;

/// The variable that holds the token.
const TOKEN_VARIABLE: &str = "ANTHROPIC_AUTH_TOKEN";
/// The option.
const OPTION: &str = "--settings";
/// Programs that run a script, which may be Claude Code.
const INTERPRETERS: [&str; 6] = ["node", "bun", "deno", "npx", "bunx", "pnpx"];
/// How the package is called.
const PACKAGE: &str = "@anthropic-ai/claude-code";

/// Why the user's own `--settings` cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The option stands last.
    #[error("--settings needs a value: JSON, or the path of a file")]
    NoValue,
    /// The value is no text.
    #[error("the value of --settings is no UTF-8: write it in UTF-8")]
    NotText,
    /// The file cannot be read.
    #[error("the file {} of --settings cannot be read ({source}): correct the path", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no JSON.
    #[error("the value of --settings is no JSON ({0}): correct it")]
    NotJson(#[from] serde_json::Error),
    /// It is JSON of another kind, or its `env` is.
    #[error("{0} of --settings must be a JSON object: correct it")]
    NotObject(&'static str),
}

/// What goes into `--settings`.
#[derive(Clone, Debug)]
pub(crate) struct Ours<'a> {
    /// The client's environment.
    pub(crate) variables: &'a [Variable],
    /// A command that prints the token, where a settings file names another one.
    pub(crate) token_command: Option<String>,
}

/// Where in the command our option goes: behind the program, or behind the script that it runs. `None` when the
/// command is not Claude Code.
pub(crate) fn place_of_options(command: &[OsString]) -> Option<usize> {
    let program = stem(command.first()?);
    if program == "claude" {
        return Some(1);
    }
    if !INTERPRETERS.contains(&program.as_str()) {
        return None;
    }
    let script = command.iter().skip(1).position(|argument| !starts_with_dash(argument))? + 1;
    is_script(command.get(script)?).then_some(script + 1)
}

/// The command with our settings in it, merged with the user's own.
pub(crate) fn with_settings(
    command: &[OsString],
    place: usize,
    ours: &Ours<'_>,
) -> Result<Vec<OsString>, SettingsError> {
    let (mut kept, mut settings) = (Vec::with_capacity(command.len() + 2), Map::new());
    let mut arguments = command.iter().enumerate();
    while let Some((index, argument)) = arguments.next() {
        let is_ours = index >= place;
        let value = match is_ours.then(|| argument.to_str()).flatten() {
            // What follows is a prompt, not an option.
            Some("--") => {
                kept.push(argument.clone());
                kept.extend(arguments.by_ref().map(|(_, argument)| argument.clone()));
                break;
            }
            Some(OPTION) => {
                let (_, value) = arguments.next().ok_or(SettingsError::NoValue)?;
                Some(value.to_str().ok_or(SettingsError::NotText)?)
            }
            Some(text) => text.strip_prefix(OPTION).and_then(|rest| rest.strip_prefix('=')),
            None => None,
        };
        match value {
            Some(value) => settings = read(value)?,
            None => kept.push(argument.clone()),
        }
    }
    merge(&mut settings, ours)?;
    let text = Value::Object(settings).to_string();
    kept.splice(place..place, [OPTION.into(), text.into()]);
    Ok(kept)
}

/// The user's settings: JSON as it stands, or a file, as Claude Code itself tells them apart.
fn read(value: &str) -> Result<Map<String, Value>, SettingsError> {
    let text = if value.trim_start().starts_with('{') {
        value.to_owned()
    } else {
        let path = PathBuf::from(value);
        std::fs::read_to_string(&path).map_err(|source| SettingsError::Unreadable { path, source })?
    };
    match serde_json::from_str(&text)? {
        Value::Object(settings) => Ok(settings),
        _ => Err(SettingsError::NotObject("the value")),
    }
}

fn merge(settings: &mut Map<String, Value>, ours: &Ours<'_>) -> Result<(), SettingsError> {
    let env = settings.entry("env").or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(env) = env else { return Err(SettingsError::NotObject("`env`")) };
    env.remove(TOKEN_VARIABLE);
    for variable in ours.variables.iter().filter(|variable| variable.name != TOKEN_VARIABLE) {
        env.insert(variable.name.clone(), variable.value.expose().into());
    }
    match &ours.token_command {
        Some(command) => settings.insert("apiKeyHelper".to_owned(), command.as_str().into()),
        None => settings.remove("apiKeyHelper"),
    };
    Ok(())
}

/// Whether an argument names Claude Code: its package, or the program. `CLAUDE.md` is neither.
pub(crate) fn is_named(argument: &OsStr) -> bool {
    const PROGRAMS: [&str; 7] = ["exe", "cmd", "ps1", "bat", "js", "mjs", "cjs"];
    let extension =
        Path::new(argument).extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let is_program = extension.is_none_or(|extension| PROGRAMS.contains(&extension.as_str()));
    is_script(argument) && (is_program || stem(argument) != "claude")
}

/// How a program is called, without folder and extension.
pub(crate) fn stem(program: &OsStr) -> String {
    Path::new(program).file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn is_script(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy().replace('\\', "/");
    text.contains(&format!("{PACKAGE}/")) || text.starts_with(PACKAGE) || stem(argument) == "claude"
}

fn starts_with_dash(argument: &OsStr) -> bool {
    argument.to_string_lossy().starts_with('-')
}

#[cfg(test)]
mod tests;
