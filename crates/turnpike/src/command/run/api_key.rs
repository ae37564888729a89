//! `ANTHROPIC_API_KEY` for clients that know no other variable: LangChain, LiteLLM, Pydantic AI, the AI SDK, `llm`.
//!
//! Claude Code gets it empty: it would ask its user about a key, or warn that two credentials are set. So does a shell,
//! since Claude Code is what people mostly start in one.

use std::ffi::OsString;
use std::path::Path;

use turnpike_api::command::Variable;

use crate::claude;

const TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
const API_KEY: &str = "ANTHROPIC_API_KEY";
/// Programs in which people start others.
const SHELLS: [&str; 13] =
    ["sh", "bash", "zsh", "fish", "nu", "pwsh", "dash", "ksh", "csh", "tcsh", "tmux", "screen", "script"];

/// Gives the token as API key too, unless the command may lead to Claude Code.
pub(super) fn give(command: &[OsString], variables: &mut [Variable]) {
    if claude::place_of_options(command).is_none() && !is_shell(command) {
        fill(variables);
    }
}

/// The token as API key.
pub(in crate::command) fn fill(variables: &mut [Variable]) {
    let value =
        |name: &str| variables.iter().find(|variable| variable.name == name).map(|it| it.value.clone());
    let Some(token) = value(TOKEN) else { return };
    for variable in variables.iter_mut().filter(|variable| variable.name == API_KEY) {
        variable.value = token.clone();
    }
}

fn is_shell(command: &[OsString]) -> bool {
    let stem = command.first().and_then(|program| Path::new(program).file_stem()?.to_str());
    stem.is_some_and(|stem| SHELLS.contains(&stem))
}
