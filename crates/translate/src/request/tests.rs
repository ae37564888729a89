//! What is asked of a request besides its translation.

use super::*;

fn request(json: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":{json}}}]}}"#)
}

#[test]
fn images_are_found_wherever_they_are() {
    let image = r#"{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}"#;
    for (label, content, found) in [
        ("a string", r#""an image""#.to_owned(), false),
        ("text", r#"[{"type":"text","text":"image"}]"#.to_owned(), false),
        ("an image", format!("[{image}]"), true),
        ("in a result", format!(r#"[{{"type":"tool_result","tool_use_id":"a","content":[{image}]}}]"#), true),
        (
            "in a document",
            format!(r#"[{{"type":"document","source":{{"type":"content","content":[{image}]}}}}]"#),
            true,
        ),
        ("an empty result", r#"[{"type":"tool_result","tool_use_id":"a"}]"#.to_owned(), false),
    ] {
        assert_eq!(has_image(&parse(request(&content).as_bytes()).unwrap()), found, "{label}");
    }
}

#[test]
fn the_session_is_found_in_both_forms() {
    for (user_id, session) in [
        (r#"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s-1\"}"#, Some("s-1")),
        (r#"{\"session_id\":\"\"}"#, None),
        (r#"{\"session_id\":null}"#, None),
        (r#"{\"device_id\":\"d_session_x\""#, None),
        ("user_d_account_a_session_s-2", Some("s-2")),
        ("user_d_session_", None),
        ("user-42", None),
        ("", None),
    ] {
        let body = format!(
            r#"{{"model":"m","max_tokens":9,"metadata":{{"user_id":"{user_id}"}},"messages":[{{"role":"user","content":"x"}}]}}"#
        );
        assert_eq!(session_of(&parse(body.as_bytes()).unwrap()).as_deref(), session, "{user_id}");
    }
}
