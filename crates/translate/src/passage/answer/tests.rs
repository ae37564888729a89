use turnpike_wire::money::NanoUsd;

use super::*;

const STREAM: &str = ": OPENROUTER PROCESSING\n\n\
data: {\"id\":\"gen-1\",\"provider\":\"P\",\"model\":\"a/b\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
data: {\"id\":\"gen-1\", \"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\u{e9}\"},  \"finish_reason\":null}]}\n\n\
data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"end_turn\"}]}\n\n\
: OPENROUTER PROCESSING\n\n\
data: {\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"cost\":0.25}}\n\n\
data: [DONE]\n\n";

fn frames() -> String {
    STREAM.split_inclusive("\n\n").filter(|frame| !frame.starts_with(':')).collect()
}

/// What passes, and how it ended.
fn run(stream: &str, size: usize) -> (String, Result<(), Failure>, Passage) {
    let (mut passage, mut out) = (Passage::new("a/b", None, 0), Vec::new());
    let mut fed = Ok(());
    for bytes in stream.as_bytes().chunks(size) {
        fed = fed.and_then(|()| passage.feed(bytes, &mut out));
    }
    let ended = fed.and_then(|()| passage.end(&mut out));
    (String::from_utf8(out).unwrap(), ended, passage)
}

#[test]
fn frames_pass_and_the_bill_is_read_at_any_split() {
    for (label, stream, expected) in [
        ("LF", STREAM.to_owned(), frames()),
        ("CR LF", STREAM.replace('\n', "\r\n"), frames().replace('\n', "\r\n")),
        ("CR", STREAM.replace('\n', "\r"), frames().replace('\n', "\r")),
    ] {
        for size in 1..stream.len() {
            let (out, ended, passage) = run(&stream, size);
            assert_eq!((out, ended), (expected.clone(), Ok(())), "{label}, reads of {size}");
            let served = passage.served();
            assert_eq!(served.generation_id.as_deref(), Some("gen-1"));
            assert_eq!((served.model.as_deref(), served.provider.as_deref()), (Some("a/b"), Some("P")));
            let usage = served.usage.unwrap();
            assert_eq!((usage.prompt_tokens, usage.cost), (8, Some(NanoUsd(250_000_000))));
            assert_eq!(passage.finish_reason(), Some("stop"));
        }
    }
}

#[test]
fn how_a_stream_ends() {
    let chunk = |choice: &str| format!("data: {{\"choices\":[{choice}]}}\n\n");
    let (text, stop) = (chunk(r#"{"delta":{"content":"a"}}"#), chunk(r#"{"finish_reason":"stop"}"#));
    let role = chunk(
        r#"{"delta":{"role":"assistant","content":"","reasoning_details":[{"type":"reasoning.text","text":""}]}}"#,
    );
    let done = "data: [DONE]\n\n";
    for (label, stream, expected) in [
        ("whole", [&text, &stop, done].concat(), Ok([&text, &stop, done].concat())),
        ("no [DONE] but a reason", [text.as_str(), &stop].concat(), Ok([&text, &stop, done].concat())),
        ("no blank line at the end", [&text, stop.trim_end()].concat(), Ok([&text, &stop, done].concat())),
        ("[DONE] alone ends it", [&text, done].concat(), Ok([&text, done].concat())),
        ("what follows is dropped", [&text, done, &text].concat(), Ok([&text, done].concat())),
        ("cut", text.clone(), Err((Cause::EndedEarly, text.clone()))),
        ("cut in a line", format!("{text}data: {{\"ch"), Err((Cause::EndedEarly, text.clone()))),
        ("nothing at all", String::new(), Err((Cause::EndedEarly, String::new()))),
        ("empty", [&role, &stop, done].concat(), Err((Cause::Empty, String::new()))),
        (
            "empty because of the limit",
            [&role, &chunk(r#"{"finish_reason":"length"}"#), done].concat(),
            Ok([&role, &chunk(r#"{"finish_reason":"length"}"#), done].concat()),
        ),
        (
            "an error before content",
            format!("{role}data: {{\"error\":{{\"code\":429,\"message\":\"m\"}}}}\n\n"),
            Err((Cause::RateLimited, String::new())),
        ),
        (
            "an error after content",
            format!("{text}data: {{\"error\":{{\"code\":502,\"message\":\"m\"}}}}\n\n{done}"),
            Err((Cause::Provider, text.clone())),
        ),
        (
            "the provider failed",
            [&text, &chunk(r#"{"finish_reason":"error"}"#), done].concat(),
            Err((Cause::Provider, [text.as_str(), &chunk(r#"{"finish_reason":"error"}"#)].concat())),
        ),
        ("no JSON", "data: <html>\n\n".to_owned(), Err((Cause::Unreadable, String::new()))),
    ] {
        let (out, ended, _) = run(&stream, 7);
        match expected {
            Ok(passed) => assert_eq!((out, ended), (passed, Ok(())), "{label}"),
            Err((cause, passed)) => {
                assert_eq!((out, ended.map_err(|failure| failure.cause)), (passed, Err(cause)), "{label}");
            }
        }
    }
}

#[test]
fn any_kind_of_content_begins_the_answer() {
    for (delta, begins) in [
        (r#"{"role":"assistant"}"#, false),
        (r#"{"content":null,"refusal":null,"tool_calls":[]}"#, false),
        (r#"{"content":"a"}"#, true),
        (r#"{"content":[{"type":"text","text":"a"}]}"#, true),
        (r#"{"reasoning":"a"}"#, true),
        (r#"{"refusal":"no"}"#, true),
        (r#"{"tool_calls":[{"index":0}]}"#, true),
        (r#"{"images":[{}]}"#, true),
        (r#"{"audio":{"data":"x"}}"#, true),
    ] {
        let mut out = Vec::new();
        let frame = format!("data: {{\"choices\":[{{\"delta\":{delta}}}]}}\n\n");
        Passage::default().feed(frame.as_bytes(), &mut out).unwrap();
        assert_eq!(!out.is_empty(), begins, "{delta}");
    }
}

#[test]
fn whole_answers_are_read_and_can_become_a_stream() {
    let body = br#"{"id":"gen-2","object":"chat.completion","model":"a/b","choices":[{"index":0,"message":{"role":"assistant",
        "content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":3,"cost":0.1}}"#;
    let (served, stop) = read_completion(body, "a/b", None, 0);
    assert_eq!(
        (served.generation_id.as_deref(), stop.unwrap().as_deref()),
        (Some("gen-2"), Some("tool_calls"))
    );
    let (out, ended, passage) = run(&String::from_utf8(write_as_stream(body).unwrap()).unwrap(), 9);
    ended.unwrap();
    assert_eq!(passage.served(), &served);
    assert!(
        out.contains(r#""delta":{"#) && out.contains(r#""index":0"#) && out.contains("chat.completion.chunk")
    );
    for (body, cause) in [
        (&br#"{"choices":[]}"#[..], Cause::Empty),
        (br#"{"error":{"code":402,"message":"m"}}"#, Cause::Credits),
        (br#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, Cause::Empty),
        (br#"{"choices":[{"message":{"content":"a"},"error":{"code":502,"message":"m"}}]}"#, Cause::Provider),
        (b"<html>", Cause::Unreadable),
    ] {
        let failure = read_completion(body, "a/b", None, 0).1.unwrap_err();
        assert_eq!(failure.cause, cause, "{}", String::from_utf8_lossy(body));
    }
}
