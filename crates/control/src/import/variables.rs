//! `.env` files and shells' profiles: lines that set variables.

use std::collections::BTreeMap;

use serde_json::json;

use super::found::{Found, What, is_openrouter};

/// What a variable of Claude Code's becomes: a map for the names of that kind. Earlier ones win, so the general one
/// comes last.
const MODELS: [(&str, &str); 6] = [
    ("ANTHROPIC_DEFAULT_OPUS_MODEL", "*opus*"),
    ("ANTHROPIC_DEFAULT_SONNET_MODEL", "*sonnet*"),
    ("ANTHROPIC_DEFAULT_HAIKU_MODEL", "*haiku*"),
    ("ANTHROPIC_DEFAULT_FABLE_MODEL", "*fable*"),
    ("ANTHROPIC_SMALL_FAST_MODEL", "*haiku*"),
    ("ANTHROPIC_MODEL", "claude-*"),
];
const SUBAGENT: &str = "CLAUDE_CODE_SUBAGENT_MODEL";
/// Where keys stand.
const KEYS: [&str; 3] = ["OPENROUTER_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"];
const BASE_URL: &str = "ANTHROPIC_BASE_URL";

/// Reads the file of that name.
pub(crate) fn read(text: &str, file: &str) -> Found {
    let mut found = Found::default();
    let set = variables(text, file, &mut found);
    let get = |name: &str| set.get(name).map(String::as_str).filter(|text| !text.is_empty());
    // Without a base URL of its own, a slug can only be meant for OpenRouter.
    let is_there = get(BASE_URL).is_none_or(is_openrouter);
    for name in KEYS {
        let is_anthropics = name != "OPENROUTER_API_KEY";
        let Some(key) = get(name) else { continue };
        if !is_anthropics || (is_there && key.starts_with("sk-or-")) {
            found.key(key, &format!("{name} in {file}"));
        }
    }
    if !is_there {
        if let Some(url) = get(BASE_URL) {
            found.notice(format!(
                "{BASE_URL} in {file} points to {url}, not to OpenRouter: its models are not taken over"
            ));
        }
        return found;
    }
    for (name, pattern) in MODELS {
        let Some(model) = get(name) else { continue };
        let what = What::Map(pattern.to_owned());
        if model.contains('/') && !found.entries.iter().any(|entry| entry.what == what) {
            found.entry(what, vec![model.to_owned()], &format!("{name} in {file}"));
        }
    }
    if let Some(model) = get(SUBAGENT).filter(|model| model.contains('/')) {
        let what = What::Rule { name: "sub-agents", when: vec![("class", json!("subagent"))] };
        found.entry(what, vec![model.to_owned()], &format!("{SUBAGENT} in {file}"));
    }
    if get(BASE_URL).is_some() {
        found.notice(format!(
            "{file} still sends Claude Code to OpenRouter itself: take {BASE_URL} and the other ANTHROPIC_… lines out, then \
             `turnpike env --install` or `turnpike run`"
        ));
    }
    found
}

/// The variables that the lines set, in the words of any shell.
pub(crate) fn variables(text: &str, file: &str, found: &mut Found) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    for line in text.lines() {
        let Some((name, written)) = assignment(line.trim()) else { continue };
        let is_ours = KEYS.contains(&name) || name == BASE_URL || name == SUBAGENT;
        match value(written, &set) {
            Some(value) => {
                set.insert(name.to_owned(), value);
            }
            None if is_ours || MODELS.iter().any(|(model, _)| *model == name) => {
                found.notice(format!("{name} in {file} is computed by the shell: it is not taken over"));
            }
            None => {}
        }
    }
    set
}

/// Name and value as they are written: `NAME=value` and `export NAME=value`; fish, Nushell and PowerShell have their own.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let (name, written) = if let Some(rest) = line.strip_prefix("set ") {
        let mut rest = rest.trim_start();
        while rest.starts_with('-') {
            rest = rest.split_once(char::is_whitespace)?.1.trim_start();
        }
        rest.split_once(char::is_whitespace)?
    } else {
        let line = ["export ", "$env.", "$env:", "declare -x "]
            .into_iter()
            .find_map(|word| line.strip_prefix(word))
            .unwrap_or(line);
        line.split_once('=')?
    };
    is_name(name.trim()).then_some((name.trim(), written.trim()))
}

/// What the value stands for; `None` when only the shell can tell.
fn value(written: &str, set: &BTreeMap<String, String>) -> Option<String> {
    if let Some(rest) = written.strip_prefix('\'') {
        return rest.split_once('\'').map(|(text, _)| text.to_owned());
    }
    let text = match written.strip_prefix('"') {
        Some(rest) => rest.split_once('"')?.0,
        None => written.split([' ', '\t', ';', '#']).next().unwrap_or_default(),
    };
    if let Some(name) = text.strip_prefix('$') {
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        return set.get(name).cloned();
    }
    (!text.contains(['$', '`', '\\'])).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_shell_are_read() {
        for (line, name, told) in [
            ("OPENROUTER_API_KEY=abc", "OPENROUTER_API_KEY", Some("abc")),
            ("export A=\"b c\" # why", "A", Some("b c")),
            ("A='x$y'", "A", Some("x$y")),
            ("A=b # why", "A", Some("b")),
            ("set -gx A \"b\"", "A", Some("b")),
            ("set -x A b", "A", Some("b")),
            ("$env.A = \"b\"", "A", Some("b")),
            ("$env:A = 'b'", "A", Some("b")),
            ("export A=$(pass show key)", "A", None),
            ("export A=\"$OTHER\"", "A", None),
            ("# A=b", "A", None),
            ("if [ a = b ]; then", "A", None),
            ("", "A", None),
        ] {
            let set = variables(line, "f", &mut Found::default());
            assert_eq!(set.get(name).map(String::as_str), told, "{line}");
        }
        let set = variables("export A=one\nexport B=\"$A\"\nC=${B}\n", "f", &mut Found::default());
        assert_eq!(set["C"], "one");
    }
}
