//! There and back, for one text after the other.

use super::*;

/// Claude Code as it writes its settings itself.
const PLAIN: &str = "{\n  \"permissions\": {\n    \"allow\": [\n      \"Bash(ls:*)\"\n    ],\n    \"defaultMode\": \"plan\"\n  },\n  \"model\": \"opus\",\n  \"statusLine\": {\n    \"type\": \"command\",\n    \"command\": \"~/line.sh\"\n  }\n}\n";
const COMMENTS: &str = "// top\n{ // first\n  /* one */ \"env\": { // env\n    // ANTHROPIC_BASE_URL goes here\n    \"EDITOR\": \"vi\" /* vi, \"x\" } */ // last\n    // end\n  }, // after\n  // \"model\": \"x\"\n} // bottom\n";
const ROUTER: &str = "{\n  \"env\": {\n    \"ANTHROPIC_AUTH_TOKEN\": \"test\",\n    \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:3456\",\n    \"NO_PROXY\": \"127.0.0.1\",\n    \"DISABLE_TELEMETRY\": \"true\",\n    \"API_TIMEOUT_MS\": \"600000\"\n  }\n}";
const SWITCH: &str = "{\n  \"env\": {\n    \"ANTHROPIC_AUTH_TOKEN\": \"sk-other-0123456789\",\n    \"ANTHROPIC_BASE_URL\": \"https://api.example.com/anthropic\",\n    \"ANTHROPIC_MODEL\": \"deepseek-chat\",\n    \"ANTHROPIC_SMALL_FAST_MODEL\": \"deepseek-chat\"\n  },\n  \"includeCoAuthoredBy\": false\n}\n";
const LITELLM: &str = "{\"env\": {\"ANTHROPIC_BASE_URL\": \"http://0.0.0.0:4000\", \"ANTHROPIC_AUTH_TOKEN\": \"sk-1234\"}, \"apiKeyHelper\": \"~/key.sh\"}\n";

/// Names and texts.
const ROWS: [(&str, &str); 33] = [
    ("empty", ""),
    ("blank", " \r\n\r\n"),
    ("only a byte-order mark", "\u{feff}"),
    ("an empty object", "{}"),
    ("an empty object and a line's end", "{}\n"),
    ("white space inside", "{ \n\n }\n"),
    ("only a comment inside", "{\n  // nothing yet\n}\n"),
    ("only a comment in one line", "{ /* nothing yet */ }"),
    ("no env", "{\n  \"model\": \"opus\"\n}\n"),
    ("an empty env", "{\n  \"env\": {},\n  \"model\": \"opus\"\n}\n"),
    ("an env with a comment only", "{\n  \"env\": {\n    // none\n  }\n}\n"),
    ("as Claude Code writes it", PLAIN),
    ("comments everywhere", COMMENTS),
    ("trailing commas", "{\n  \"env\": {\n    \"A\": \"1\",\n  },\n  \"b\": [1, 2,],\n}\n"),
    ("a trailing comma on a line of its own", "{\n  \"env\": { \"A\": \"1\"\n  , }\n  ,\n}"),
    ("commas first", "{ \"a\": 1\n, \"env\": { \"A\": \"1\"\n, \"B\": \"2\" }\n}\n"),
    ("one line", "{\"env\":{\"A\":\"1\"},\"b\":2}"),
    ("one line with spaces", "{ \"env\": { \"A\": \"1\" }, \"b\": 2 }\n"),
    ("tabs", "{\n\t\"env\": {\n\t\t\"A\": \"1\"\n\t}\n}\n"),
    ("four spaces", "{\n    \"env\": {\n        \"A\": \"1\"\n    }\n}\n"),
    ("lines that end in CR LF", "{\r\n  \"env\": {\r\n    \"A\": \"1\" // one\r\n  }\r\n}\r\n"),
    ("a byte-order mark", "\u{feff}{\r\n  \"a\": 1\r\n}\r\n"),
    ("no line's end", "{\n  \"a\": 1\n}"),
    ("many lines' ends", "\n\n{\n\n\n  \"a\": 1\n\n\n}\n\n\n"),
    (
        "our key written with escapes",
        "{\"env\": {\"ANTHROPIC\\u005fBASE\\u005fURL\": \"\\u0068ttp:\\/\\/x\"}}",
    ),
    (
        "letters of the world",
        "{\n  \"ключ\": \"значение 🗝 \\ud83d\\udd11\",\n  \"env\": {\"ÄÖÜ\": \"ß\"}\n}\n",
    ),
    ("two objects called env", "{\"env\": {\"A\": \"1\"}, \"env\": {\"ANTHROPIC_API_KEY\": \"k\"}}"),
    ("one key twice", "{\"env\": {\"ANTHROPIC_API_KEY\": \"k\", \"ANTHROPIC_API_KEY\": \"l\"}}"),
    ("claude-code-router", ROUTER),
    ("cc-switch", SWITCH),
    ("LiteLLM with a helper", LITELLM),
    ("values of other kinds", "{\"env\": {\"ANTHROPIC_API_KEY\": null, \"ANTHROPIC_BASE_URL\": [1,\n2]}}"),
    (
        "connected by hand",
        "{\"env\": {\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:4117\", \"ANTHROPIC_API_KEY\": \"\"}}",
    ),
];

#[test]
fn every_text_comes_back_to_the_byte() {
    let long = format!(
        "{{\n  \"permissions\": {{\"allow\": [{}]}},\n  \"env\": {{\"A\": \"1\"}}\n}}\n",
        (0..20_000).map(|i| format!("\"Bash(command number {i}:*)\"")).collect::<Vec<_>>().join(",\n    ")
    );
    for (name, text) in ROWS.into_iter().chain([("very long", long.as_str())]) {
        for all_boxes in [false, true] {
            let mut world = World::with(text);
            world.options =
                ConnectOptions { default_mode: all_boxes, status_line: all_boxes, ..world.options };
            assert!(world.connect().has_changed, "{name}");
            world.assert_connected(name);
            let connected = world.text();
            assert!(!world.connect().has_changed, "{name}: twice is once");
            assert_eq!(world.text(), connected, "{name}");
            let done = world.disconnect();
            assert!(done.has_changed && done.left.is_empty(), "{name}: {done:?}");
            assert_eq!(world.text().as_deref(), Some(text), "{name}");
            assert!(!world.disconnect().has_changed, "{name}: twice is once");
            assert_eq!(world.text().as_deref(), Some(text), "{name}");
            assert!(!world.record().exists(), "{name}: nothing is remembered");
        }
    }
}

#[test]
fn what_was_not_there_is_not_there_again() {
    let world = World::new();
    world.connect();
    world.assert_connected("no folder");
    assert!(world.text().unwrap().ends_with("}\n"));
    world.disconnect();
    assert!(!world.home(".claude").exists(), "neither file nor folder");
    fs::create_dir(world.home(".claude")).unwrap();
    fs::write(world.home(".claude/history.jsonl"), "x").unwrap();
    world.connect();
    world.disconnect();
    assert!(!world.settings().exists() && world.home(".claude/history.jsonl").exists());
    world.connect();
    world.edit("{\n", "{\n  \"model\": \"opus\",\n");
    world.disconnect();
    assert_eq!(world.text().as_deref(), Some("{\n  \"model\": \"opus\"\n}\n"), "somebody else's file by now");
}

#[cfg(unix)]
#[test]
fn who_may_read_the_file_is_as_before() {
    for mode in [0o644, 0o600, 0o640, 0o664] {
        let world = World::with("{}");
        world.set_mode(mode);
        world.connect();
        assert_eq!(world.mode(), Some(0o600), "the token is nobody else's business");
        world.connect();
        world.disconnect();
        assert_eq!(world.mode(), Some(mode));
    }
    let mut world = World::with("{}");
    world.set_mode(0o644);
    world.options.token_by_command = true;
    world.connect();
    assert_eq!(world.mode(), Some(0o644), "no token is in it");
    world.disconnect();
    assert_eq!(world.mode(), Some(0o644));
    let world = World::with("{}");
    world.set_mode(0o644);
    world.connect();
    world.set_mode(0o640);
    world.disconnect();
    assert_eq!(world.mode(), Some(0o640), "chosen since");
}

#[cfg(unix)]
#[test]
fn links_stay_links() {
    use std::os::unix::fs::symlink;
    for (name, text) in [("to a file", Some("{\n  \"a\": 1\n}\n")), ("to nothing", None)] {
        let world = World::new();
        fs::create_dir_all(world.home("dotfiles/claude")).unwrap();
        fs::create_dir(world.home(".claude")).unwrap();
        let real = world.home("dotfiles/claude/settings.json");
        if let Some(text) = text {
            fs::write(&real, text).unwrap();
        }
        symlink("../dotfiles/second", world.settings()).unwrap();
        symlink("claude/settings.json", world.home("dotfiles/second")).unwrap();
        assert!(world.look().file.link_to().is_some(), "{name}");
        world.connect();
        world.assert_connected(name);
        assert!(fs::symlink_metadata(world.settings()).unwrap().is_symlink(), "{name}");
        assert!(!fs::symlink_metadata(&real).unwrap().is_symlink(), "{name}");
        world.disconnect();
        assert!(fs::symlink_metadata(world.settings()).unwrap().is_symlink(), "{name}");
        assert_eq!(fs::read_to_string(&real).ok().as_deref(), text, "{name}");
    }
}
