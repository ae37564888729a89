//! Rows of command lines, before and after.

use serde_json::json;
use turnpike_api::SecretText;

use super::*;

fn command(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn variables() -> Vec<Variable> {
    let variable = |(name, value): (&str, &str)| Variable {
        name: name.to_owned(),
        value: SecretText::new(value.to_owned()),
    };
    [
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:4117"),
        ("ANTHROPIC_AUTH_TOKEN", "tp-secret"),
        ("ANTHROPIC_API_KEY", ""),
    ]
    .map(variable)
    .into()
}

/// The command with settings, split into its words and the settings' JSON.
fn merged(words: &[&str], token_command: Option<&str>) -> (Vec<String>, Value) {
    let command = command(words);
    let place = place_of_options(&command).expect("it is Claude Code");
    let ours = Ours { variables: &variables(), token_command: token_command.map(str::to_owned) };
    let command = with_settings(&command, place, &ours).unwrap();
    let mut words: Vec<String> = command.into_iter().map(|word| word.into_string().unwrap()).collect();
    let at = words.iter().position(|word| word == OPTION).unwrap();
    let settings = serde_json::from_str(&words[at + 1]).unwrap();
    words[at + 1] = "…".to_owned();
    (words, settings)
}

#[test]
fn claude_code_is_recognised_however_it_is_started() {
    let rows: [(&[&str], Option<usize>); 16] = [
        (&["claude"], Some(1)),
        (&["/home/me/.local/bin/claude", "-p", "x"], Some(1)),
        (&["claude.exe"], Some(1)),
        (&["claude.cmd"], Some(1)),
        (&["node", "/opt/claude.js"], Some(2)),
        (
            &[
                "node",
                "--max-old-space-size=4096",
                "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js",
                "-p",
            ],
            Some(3),
        ),
        (&["npx", "-y", "@anthropic-ai/claude-code", "-p"], Some(3)),
        (&["npx", "@anthropic-ai/claude-code@2.1.329"], Some(2)),
        (&["npx", "claude"], Some(2)),
        (&["bun", "node_modules\\@anthropic-ai\\claude-code\\cli.js"], Some(2)),
        (&["node", "server.js"], None),
        (&["node"], None),
        (&["npx", "@anthropic-ai/claude-agent-sdk"], None),
        (&["python", "claude"], None),
        (&["claude-monitor"], None),
        (&[], None),
    ];
    for (words, place) in rows {
        assert_eq!(place_of_options(&command(words)), place, "{words:?}");
    }
}

#[test]
fn our_settings_stand_before_all_else_and_hold_no_token() {
    let (words, settings) = merged(&["claude", "-p", "say --settings", "--", "--settings"], None);
    assert_eq!(words, ["claude", "--settings", "…", "-p", "say --settings", "--", "--settings"]);
    let expected = json!({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4117", "ANTHROPIC_API_KEY": ""}});
    assert_eq!(settings, expected);
    let (words, _) = merged(&["node", "--inspect", "claude.js", "--resume"], None);
    assert_eq!(words, ["node", "--inspect", "claude.js", "--settings", "…", "--resume"]);
}

#[test]
fn what_the_user_set_is_kept_and_ours_wins() {
    let own =
        r#"{"model":"opus","env":{"FOO":"1","ANTHROPIC_BASE_URL":"http://x","ANTHROPIC_AUTH_TOKEN":"y"}}"#;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.json");
    std::fs::write(&file, own).unwrap();
    let joined = format!("--settings={own}");
    let expected = json!({
        "model": "opus",
        "env": {"FOO": "1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:4117", "ANTHROPIC_API_KEY": ""},
    });
    let rows: [(&str, Vec<&str>); 3] = [
        ("as JSON", vec!["claude", "-c", "--settings", own, "-p"]),
        ("joined", vec!["claude", "-c", &joined, "-p"]),
        ("as a file", vec!["claude", "-c", "--settings", file.to_str().unwrap(), "-p"]),
    ];
    for (name, words) in rows {
        let (words, settings) = merged(&words, None);
        assert_eq!(words, ["claude", "--settings", "…", "-c", "-p"], "{name}");
        assert_eq!(settings, expected, "{name}");
    }
}

#[test]
fn where_a_file_names_another_token_a_command_brings_ours() {
    let (_, settings) = merged(&["claude"], Some("'/usr/bin/turnpike' token"));
    assert_eq!(settings["apiKeyHelper"], "'/usr/bin/turnpike' token");
    assert!(!settings.to_string().contains("tp-secret"));
    let (_, settings) = merged(&["claude", "--settings", r#"{"apiKeyHelper":"theirs"}"#], None);
    assert_eq!(settings.get("apiKeyHelper"), None, "a foreign credential has no business with us");
}

#[test]
fn settings_that_cannot_be_kept_are_told() {
    let rows: [(&[&str], &str); 5] = [
        (&["claude", "--settings"], "needs a value"),
        (&["claude", "--settings", "/no-such/file.json"], "/no-such/file.json"),
        (&["claude", "--settings", "{\"a\":"], "no JSON"),
        (&["claude", "--settings={\"env\":3}"], "`env` of --settings"),
        (&["claude", "--settings", "Cargo.toml"], "no JSON"),
    ];
    for (words, says) in rows {
        let ours = Ours { variables: &variables(), token_command: None };
        let told = with_settings(&command(words), 1, &ours).unwrap_err().to_string();
        assert!(told.contains(says), "{words:?}: {told}");
    }
}
