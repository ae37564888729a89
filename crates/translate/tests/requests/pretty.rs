//! JSON laid out for people. Only white space between tokens is added: every string and number stays as
//! its bytes are, so that two texts are equal only if the bodies were.

/// Lays out compact JSON text.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut tokens = json.chars().peekable();
    while let Some(token) = tokens.next() {
        if in_string {
            out.push(token);
            in_string = escaped || token != '"';
            escaped = token == '\\' && !escaped;
            continue;
        }
        match token {
            '{' | '[' => {
                out.push(token);
                if tokens.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    continue;
                }
                depth += 1;
                line(&mut out, depth);
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth -= 1;
                    line(&mut out, depth);
                }
                out.push(token);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            token => {
                in_string = token == '"';
                out.push(token);
            }
        }
    }
    out.push('\n');
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[test]
fn only_space_between_tokens_is_added() {
    for (label, json, expected) in [
        (
            "nested",
            r#"{"a":[1,{"b":null}]}"#,
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ]\n}\n",
        ),
        ("empty", r#"{"a":{},"b":[]}"#, "{\n  \"a\": {},\n  \"b\": []\n}\n"),
        ("in a string", r#"["a,\"{b:\\"]"#, "[\n  \"a,\\\"{b:\\\\\"\n]\n"),
    ] {
        assert_eq!(pretty(json), expected, "{label}");
    }
}
