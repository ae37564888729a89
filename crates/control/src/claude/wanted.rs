//! Which keys connecting writes, and what to know of those that are there already.

use serde_json::{Value, json};
use turnpike_api::command::Variable;
use turnpike_settings::claude::text::{Wanted, is_read_by_client, value_of};
use turnpike_settings::claude::{ConnectOptions, Standing};

use crate::shell_profile::Program;

const TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
/// Variables that lead Claude Code past its base URL. Where they are set, they are emptied.
const BYPASSES: [&str; 3] = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];
/// Variables that name models, and that other tools set.
const MODELS: [&str; 7] = [
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_FABLE_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL",
];

/// The keys, in the order in which they are written.
pub(super) fn keys(
    standing: &Standing,
    options: ConnectOptions,
    program: &Program,
    variables: &[Variable],
) -> Vec<Wanted> {
    let call = |command: &str| program.call(command);
    let token_command = options.token_by_command.then(|| call("token")).flatten();
    let mut keys = Vec::new();
    for variable in variables {
        let path = ["env", variable.name.as_str()];
        if token_command.is_none() || variable.name != TOKEN {
            keys.push(Wanted::new(&path, variable.value.expose()));
        } else if is_there(standing, TOKEN) {
            // Another's token would be sent beside ours.
            keys.push(Wanted::new(&path, ""));
        }
    }
    keys.extend(
        BYPASSES.iter().filter(|name| is_there(standing, name)).map(|name| Wanted::new(&["env", name], "")),
    );
    keys.extend(token_command.map(|command| Wanted::new(&["apiKeyHelper"], command)));
    if options.default_mode {
        keys.push(Wanted::new(&["permissions", "defaultMode"], "default"));
    }
    if options.status_line
        && let Some(command) = call("statusline")
    {
        keys.push(Wanted::new(&["statusLine"], json!({"type": "command", "command": command})));
    }
    keys
}

/// What to know of what is in the file.
pub(super) fn notes(standing: &Standing, options: ConnectOptions) -> Vec<String> {
    let settings = value_of(standing.file.text().unwrap_or_default()).unwrap_or_default();
    let mut notes = Vec::new();
    if !is_read_by_client(standing.file.text().unwrap_or_default()) {
        notes.push(
            "the file has comments or trailing commas, which Claude Code does not read: as long as they are there, \
             nothing in it counts, and connecting has no effect"
                .to_owned(),
        );
    }
    if let Some(helper) = settings.get("apiKeyHelper").and_then(Value::as_str)
        && !options.token_by_command
        && !standing.is_connected()
    {
        notes.push(format!(
            "`apiKeyHelper` ({helper}) stays; what it prints is not used while Claude Code is connected"
        ));
    }
    for name in MODELS {
        if let Some(model) = settings["env"][name].as_str().filter(|model| !model.is_empty()) {
            notes.push(format!(
                "`env.{name}` stays: Claude Code will ask for {model}, so map that name or remove the line"
            ));
        }
    }
    if let Some(model) = settings.get("model").and_then(Value::as_str).filter(|model| !is_claudes(model))
        && !standing.is_connected()
    {
        notes.push(format!("`model` is {model}: map that name, or choose another with /model"));
    }
    notes
}

/// Whether that is a name of Claude's own, which is always mapped.
fn is_claudes(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    let short = model.split('[').next().unwrap_or_default();
    model.contains("claude")
        || ["default", "best", "opus", "sonnet", "haiku", "fable", "opusplan"].contains(&short)
}

/// Whether the variable is set in the file, or was before it became ours.
fn is_there(standing: &Standing, name: &str) -> bool {
    let settings = value_of(standing.file.text().unwrap_or_default()).unwrap_or_default();
    let is_set = match &settings["env"][name] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    let written = standing.connection.as_ref().and_then(|known| known.written.as_ref());
    let key = written.and_then(|written| written.keys.iter().find(|key| key.path == ["env", name]));
    match key {
        // A key that we have made ourselves stands for nothing of theirs.
        Some(key) => key.before.is_some(),
        None => is_set,
    }
}
