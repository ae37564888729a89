//! Rows of texts, and any text at all: every byte that is not ours stays, and the way back leads to where it began.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn wanted() -> Vec<Wanted> {
    vec![
        Wanted::new(&["env", "ANTHROPIC_BASE_URL"], "http://127.0.0.1:4117"),
        Wanted::new(&["env", "ANTHROPIC_AUTH_TOKEN"], "tp-0123456789abcdef"),
        Wanted::new(&["env", "ANTHROPIC_API_KEY"], ""),
    ]
}

fn more() -> Vec<Wanted> {
    let mut all = wanted();
    all.push(Wanted::new(&["permissions", "defaultMode"], "default"));
    all.push(Wanted::new(&["statusLine"], json!({"type": "command", "command": "turnpike statusline"})));
    all
}

fn connected(text: &str) -> (String, Written) {
    connect(Some(text), &wanted(), None).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

#[test]
fn keys_are_added_in_the_layout_of_their_neighbours() {
    let url = "\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:4117\"";
    let rest = ["\"ANTHROPIC_AUTH_TOKEN\": \"tp-0123456789abcdef\"", "\"ANTHROPIC_API_KEY\": \"\""];
    let block = |lead: &str| format!("{url},{lead}{},{lead}{}", rest[0], rest[1]);
    let (two, four, tab) = (block("\n    "), block("\n        "), block("\n\t\t"));
    let rows = [
        ("empty object", "{}", format!("{{\n  \"env\": {{\n    {two}\n  }}\n}}")),
        ("blank", " \n", format!("{{\n  \"env\": {{\n    {two}\n  }}\n}}\n")),
        (
            "two spaces",
            "{\n  \"model\": \"opus\"\n}\n",
            format!("{{\n  \"model\": \"opus\",\n  \"env\": {{\n    {two}\n  }}\n}}\n"),
        ),
        (
            "four spaces",
            "{\n    \"env\": {\n        \"A\": \"1\"\n    },\n    \"b\": 2\n}\n",
            format!(
                "{{\n    \"env\": {{\n        \"A\": \"1\",\n        {four}\n    }},\n    \"b\": 2\n}}\n"
            ),
        ),
        (
            "tabs",
            "{\n\t\"env\": {},\n\t\"b\": 2\n}",
            format!("{{\n\t\"env\": {{\n\t\t{tab}\n\t}},\n\t\"b\": 2\n}}"),
        ),
        (
            "trailing comma and comments",
            "{\n  // mine\n  \"env\": {\n    \"A\": \"1\", // one\n  },\n}\n",
            format!("{{\n  // mine\n  \"env\": {{\n    \"A\": \"1\", // one\n    {two},\n  }},\n}}\n"),
        ),
        (
            "a comment behind the last",
            "{\n  \"env\": {\n    \"A\": \"1\" // one\n  }\n}\n",
            format!("{{\n  \"env\": {{\n    \"A\": \"1\", // one\n    {two}\n  }}\n}}\n"),
        ),
    ];
    for (name, before, after) in rows {
        assert_eq!(connected(before).0, after, "{name}");
    }
    let one_line = connected("{\"a\":1}").0;
    assert_eq!(
        one_line,
        "{\"a\":1,\"env\":{\"ANTHROPIC_BASE_URL\":\"http://127.0.0.1:4117\",\
         \"ANTHROPIC_AUTH_TOKEN\":\"tp-0123456789abcdef\",\"ANTHROPIC_API_KEY\":\"\"}}"
    );
    let crlf = connected("{\r\n  \"a\": 1\r\n}\r\n").0;
    assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
    assert!(connected("\u{feff}{}").0.starts_with("\u{feff}{\n"));
}

#[test]
fn a_value_that_was_there_comes_back_as_it_was_written() {
    let before = "{ \"env\" : { \"ANTHROPIC\\u005fBASE_URL\" :\n [1, // one\n 2] , \"B\": 1e3 } }";
    let (after, written) = connected(before);
    assert!(after.contains("\"ANTHROPIC\\u005fBASE_URL\" :\n \"http://127.0.0.1:4117\" ,"), "{after}");
    assert_eq!(restore(Some(&after), &written).unwrap().text.as_deref(), Some(before));
}

#[test]
fn what_the_client_itself_does_not_read_is_known() {
    for (text, is_read) in [
        ("{}", true),
        ("", true),
        ("\u{feff}{\"a\": 1e999}\n", true),
        ("{\"a\": 1, \"a\": 2}", true),
        ("{\"a\": 1,}", false),
        ("{ // one\n}", false),
        ("/* one */ {}", false),
    ] {
        assert_eq!(is_read_by_client(text), is_read, "{text}");
        assert!(value_of(text).is_ok(), "{text}");
    }
}

#[test]
fn of_two_keys_with_one_name_the_last_counts() {
    let before =
        r#"{"env":{"ANTHROPIC_API_KEY":"a"},"env":{"ANTHROPIC_API_KEY":"b","ANTHROPIC_API_KEY":"c"}}"#;
    let (after, written) = connected(before);
    assert!(after.starts_with(
        r#"{"env":{"ANTHROPIC_API_KEY":"a"},"env":{"ANTHROPIC_API_KEY":"b","ANTHROPIC_API_KEY":"","#
    ));
    assert_eq!(restore(Some(&after), &written).unwrap().text.as_deref(), Some(before));
}

#[test]
fn what_is_no_settings_file_is_refused() {
    for (name, text) in [
        ("cut", "{\"env\": {"),
        ("an array", "[]"),
        ("a number", "3"),
        ("single quotes", "{'a': 1}"),
        ("no quotes", "{a: 1}"),
        ("no comma", "{\"a\": 1 \"b\": 2}"),
        ("env is a text", "{\"env\": \"A=1\"}"),
        ("env is a list", "{\"env\": [\"A=1\"]}"),
        ("env is null", "{\"env\": null}"),
        ("two objects", "{} {}"),
        ("a hexadecimal number", "{\"a\": 0x10}"),
        ("half a surrogate pair", "{\"a\": \"\\ud800\"}"),
        ("very deep", &format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000))),
    ] {
        assert!(connect(Some(text), &wanted(), None).is_err(), "{name}");
    }
}

#[test]
fn what_somebody_changed_since_stays() {
    let before = "{\n  \"env\": {\n    \"A\": \"1\"\n  }\n}\n";
    let (after, written) = connected(before);
    let edited = after.replace("http://127.0.0.1:4117", "http://mine").replace("\"1\"", "\"2\"");
    let restored = restore(Some(&edited), &written).unwrap();
    assert_eq!(restored.left, [["env", "ANTHROPIC_BASE_URL"]]);
    assert_eq!(
        restored.text.unwrap(),
        "{\n  \"env\": {\n    \"A\": \"2\",\n    \"ANTHROPIC_BASE_URL\": \"http://mine\"\n  }\n}\n"
    );
}

#[test]
fn a_model_of_ours_goes_and_a_model_of_theirs_stays() {
    let rows = [
        ("picked of ours", Some("opus"), "claude-via-openrouter/z-ai/glm-5.2", Some("opus")),
        ("picked of ours, none before", None, "z-ai/glm-5.2", None),
        ("picked of Claude's", Some("opus"), "sonnet", Some("sonnet")),
        ("was a slug before", Some("a/b"), "a/b", Some("a/b")),
    ];
    for (name, was, picked, is) in rows {
        let text = |model: Option<&str>| match model {
            Some(model) => json!({"a": 1, "model": model}),
            None => json!({"a": 1}),
        };
        let (after, written) = connected(&text(was).to_string());
        let mut now = value_of(&after).unwrap();
        now["model"] = picked.into();
        let restored = restore(Some(&now.to_string()), &written).unwrap().text.unwrap();
        assert_eq!(value_of(&restored).unwrap(), text(is), "{name}");
    }
}

#[test]
fn a_second_time_updates_and_the_way_back_is_the_same() {
    let before = "{\n  \"env\": {\"ANTHROPIC_AUTH_TOKEN\": \"sk-ant\"}\n}\n";
    let (first, written) = connect(Some(before), &more(), None).unwrap();
    assert_eq!(connect(Some(&first), &more(), Some(&written)).unwrap(), (first.clone(), written.clone()));
    let mut other = wanted();
    other[1].value = "tp-another-token".into();
    let (second, rewritten) = connect(Some(&first), &other, Some(&written)).unwrap();
    assert!(second.contains("tp-another-token") && !second.contains("defaultMode"), "{second}");
    assert_eq!(restore(Some(&second), &rewritten).unwrap().text.as_deref(), Some(before));
    // The record was written, the file was not.
    assert_eq!(restore(Some(&first), &rewritten).unwrap().text.as_deref(), Some(before));
    let (again, record) = connect(Some(&first), &other, Some(&rewritten)).unwrap();
    assert_eq!(again, second);
    assert_eq!(restore(Some(&again), &record).unwrap().text.as_deref(), Some(before));
}

#[test]
fn the_difference_shows_lines_and_no_secret() {
    let before = "{\n  \"a\": 1,\n  \"b\": 1,\n  \"c\": 1,\n  \"d\": 1,\n  \"env\": {\n    \"MY_SECRET\": \"correct horse battery\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant-0123456789\"\n  },\n  \"apiKeyHelper\": \"/bin/helper\",\n  \"e\": 1,\n  \"f\": 1\n}\n";
    let after = connected(before).0;
    let lines: Vec<String> = diff(Some(before), Some(&after))
        .into_iter()
        .map(|line| {
            let sign = match line.kind {
                DiffKind::Same => ' ',
                DiffKind::Removed => '-',
                DiffKind::Added => '+',
                DiffKind::Gap => '…',
            };
            format!("{sign}{}", line.text)
        })
        .collect();
    let expected = [
        "…",
        "   \"d\": 1,",
        "   \"env\": {",
        "     \"MY_SECRET\": \"••••tery\",",
        "-    \"ANTHROPIC_API_KEY\": \"••••6789\"",
        "+    \"ANTHROPIC_API_KEY\": \"\",",
        "+    \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:4117\",",
        "+    \"ANTHROPIC_AUTH_TOKEN\": \"••••cdef\"",
        "   },",
        "   \"apiKeyHelper\": \"/bin/helper\",",
        "   \"e\": 1,",
        "…",
    ];
    assert_eq!(lines, expected);
    assert!(diff(Some(before), Some(before)).is_empty());
    assert!(diff(None, Some(&after)).iter().all(|line| line.kind == DiffKind::Added));
}

#[test]
fn only_what_is_secret_is_dots() {
    let rows = [
        ("CLAUDE_CODE_GATEWAY_HINT_HEADERS", "1", "1"),
        ("MAX_THINKING_TOKENS", "32000", "32000"),
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "64000", "64000"),
        ("CLAUDE_CODE_API_KEY_HELPER_TTL_MS", "60000", "60000"),
        ("apiKeyHelper", "/bin/helper", "/bin/helper"),
        ("ANTHROPIC_CUSTOM_HEADERS", "X-Pass: 1", "••••"),
        ("ANTHROPIC_AUTH_TOKEN", "1234", "••••"),
        ("MY_TOKENS", "abc 123", "••••"),
        ("db_password", "123456", "••••"),
    ];
    for (name, value, shown) in rows {
        let text = format!("{{\"env\": {{\"{name}\": \"{value}\"}}}}");
        let lines = diff(None, Some(&text));
        assert_eq!(lines[0].text, format!("{{\"env\": {{\"{name}\": \"{shown}\"}}}}"), "{name}");
    }
}

/// White space and comments as they may stand between any two tokens.
fn trivia() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        2 => Just(" ".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\n\n    ".to_owned()),
        1 => Just("\t".to_owned()),
        1 => Just(" // a, \"b\": } \n".to_owned()),
        1 => Just("//x  \r\n ".to_owned()),
        1 => Just("/* c, } */".to_owned()),
        1 => Just(" /* c\n d */ ".to_owned()),
        1 => Just("//1\n//2\n".to_owned()),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("\"a\""),
        Just("\"env\""),
        Just("\"\""),
        Just("\"model\""),
        Just("\"ANTHROPIC_BASE_URL\""),
        Just("\"ANTHROPIC\\u005fAPI_KEY\""),
        Just("\"statusLine\""),
        Just("\"ünïcode \\\" } , // \\\\\""),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1e3".to_owned()),
        Just("null".to_owned()),
        Just("\"\\ud83d\\ude00 // x /* y */\"".to_owned()),
        Just("[1, /* two */ 2,]".to_owned()),
        Just("\"tp-0123456789abcdef\"".to_owned()),
        Just("\"\"".to_owned()),
    ]
}

fn object(depth: u32) -> BoxedStrategy<String> {
    let value = if depth == 0 { scalar().boxed() } else { prop_oneof![scalar(), object(depth - 1)].boxed() };
    let member = (trivia(), name(), trivia(), trivia(), value, trivia()).prop_map(
        move |(before, name, left, right, value, after)| {
            // What connecting goes into must be an object.
            let value = if name == "\"env\"" && !value.starts_with('{') { "{}" } else { &value };
            format!("{before}{name}{left}:{right}{value}{after}")
        },
    );
    (proptest::collection::vec(member, 0..5), trivia(), any::<bool>())
        .prop_map(|(members, last, has_comma)| {
            let comma = if has_comma && !members.is_empty() { "," } else { "" };
            format!("{{{}{comma}{last}}}", members.join(","))
        })
        .boxed()
}

fn document() -> impl Strategy<Value = String> {
    (any::<bool>(), trivia(), object(2), trivia()).prop_map(|(bom, before, object, after)| {
        format!("{}{before}{object}{after}", if bom { "\u{feff}" } else { "" })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn there_and_back_is_where_it_began(text in document()) {
        let (after, written) = connect(Some(&text), &more(), None).unwrap();
        let all = value_of(&after).unwrap();
        for one in more() {
            let at = one.path.iter().fold(&all, |at, name| &at[name]);
            prop_assert_eq!(at, &one.value, "{}", after);
        }
        let kept = serde_json::from_str(&serde_json::to_string(&written).unwrap()).unwrap();
        let restored = restore(Some(&after), &kept).unwrap();
        prop_assert!(restored.left.is_empty());
        prop_assert_eq!(restored.text.as_deref(), Some(text.as_str()), "by way of {}", after);
    }

    #[test]
    fn nothing_that_is_not_ours_is_touched(text in document()) {
        let (after, written) = connect(Some(&text), &more(), None).unwrap();
        // Taking our values and the text between away, in order, leaves the old text: it is a subsequence.
        let mut left = after.chars();
        let replaced: Vec<&str> = written.keys.iter().filter_map(|key| key.before.as_deref()).collect();
        if replaced.is_empty() {
            for sign in text.chars().filter(|sign| !sign.is_whitespace()) {
                prop_assert!(left.any(|other| other == sign), "{:?} is lost in {:?}", text, after);
            }
        }
    }

    #[test]
    fn what_is_added_later_outlives_the_way_back(text in document(), at_end in any::<bool>()) {
        let (after, written) = connect(Some(&text), &more(), None).unwrap();
        let later = [Wanted::new(if at_end { &["zz"] } else { &["env", "zz"] }, "theirs")];
        let (edited, _) = connect(Some(&after), &later, None).unwrap();
        let restored = restore(Some(&edited), &written).unwrap().text.unwrap();
        let (direct, _) = connect(Some(&text), &later, None).unwrap();
        prop_assert_eq!(value_of(&restored).unwrap(), value_of(&direct).unwrap(), "by way of {}", edited);
    }

    #[test]
    fn a_second_time_changes_nothing(text in document()) {
        let (after, written) = connect(Some(&text), &more(), None).unwrap();
        let (again, rewritten) = connect(Some(&after), &more(), Some(&written)).unwrap();
        prop_assert_eq!(&again, &after);
        let restored = restore(Some(&again), &rewritten).unwrap();
        prop_assert_eq!(restored.text.as_deref(), Some(text.as_str()));
    }

    #[test]
    fn back_twice_is_back_once(text in document()) {
        let (after, written) = connect(Some(&text), &more(), None).unwrap();
        let once = restore(Some(&after), &written).unwrap().text.unwrap();
        prop_assert_eq!(restore(Some(&once), &written).unwrap().text, Some(once));
    }
}
