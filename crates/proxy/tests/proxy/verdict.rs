//! The safety check: its answer lets a command run unasked, so nothing but a clear verdict is passed on.

use serde_json::{Value, json};
use turnpike_ledger::Status;

use crate::client::ask;
use crate::harness::{Plane, attempts, map, maps, native};

/// The client's own safety check.
fn check(model: &str, stream: bool) -> Value {
    let mut body = ask(model, stream);
    body["max_tokens"] = json!(64);
    body["stop_sequences"] = json!(["</block>"]);
    body
}

#[tokio::test]
async fn a_verdict_passes_and_anything_else_is_an_error() {
    let plane = Plane::start().await;
    for (scenario, verdict) in [
        ("verdict", Some("no")),
        ("verdict=yes", Some("yes")),
        ("verdict=cut", Some("no")),
        ("verdict=none", None),
        ("text", None),
        ("tool", None),
        ("reasoning-only", None),
    ] {
        for stream in [true, false] {
            let answer = plane.send(&check(&format!("sim/{scenario}"), stream)).await;
            let Some(verdict) = verdict else {
                let (status, kind, message) = answer.error();
                assert_eq!((status, kind.as_str()), (502, "api_error"), "{scenario} stream: {stream}");
                assert!(message.contains("no verdict"), "{scenario} stream: {stream}: {message}");
                continue;
            };
            assert_eq!(answer.status, 200, "{scenario} stream: {stream}: {}", answer.text());
            assert!(answer.said().starts_with(&format!("<block>{verdict}")), "{}", answer.text());
            if stream {
                assert_eq!(answer.outline()[0], "message_start");
                assert_eq!(answer.last().0, "message_stop");
            }
        }
    }
    let rows = plane.rows();
    assert!(rows.iter().all(|row| row.class.as_deref() == Some("safety_check")));
    assert_eq!(rows.iter().filter(|row| row.status == Status::Ok).count(), 6);
}

/// The second stage, as the client asks it: room to think aloud, no stop sequence; it is known by the session and
/// by the verdict's form in the instructions.
#[tokio::test]
async fn the_second_stage_is_a_check_too_and_its_verdict_is_guarded() {
    let plane = Plane::start().await;
    let scenarios = [
        ("verdict=aloud", Some("no")),
        ("verdict=yes", Some("yes")),
        ("verdict=undecided", None),
        ("verdict=none", None),
        ("text", None),
    ];
    for (scenario, verdict) in scenarios {
        let mut body = ask(&format!("sim/{scenario}"), false);
        body["max_tokens"] = json!(8192);
        body["thinking"] = json!({"type": "disabled"});
        body["system"] = json!([{"type": "text", "text": "Think in <thinking>, then answer <block>yes</block> or <block>no</block>."}]);
        let body = body.to_string();
        let mut client = plane.connect().await;
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             x-claude-code-session-id: s\r\nx-claude-code-request-class: auxiliary\r\ncontent-length: {}\r\n\r\n",
            plane.token,
            body.len()
        );
        client.send(head + &body).await;
        let answer = crate::harness::within("an answer", client.answer()).await.expect("an answer");
        match verdict {
            Some(verdict) => {
                assert_eq!(answer.status, 200, "{scenario}: {}", answer.text());
                assert!(answer.said().contains(&format!("<block>{verdict}</block>")), "{}", answer.text());
            }
            None => assert_eq!(answer.error().0, 502, "{scenario}: {}", answer.text()),
        }
    }
    let rows = plane.rows();
    assert_eq!(rows.len(), scenarios.len());
    assert!(rows.iter().all(|row| row.class.as_deref() == Some("safety_check")));
    for request in plane.upstream_requests().iter().filter(|request| request.method == "POST") {
        let sent: Value = serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON");
        assert_eq!(sent["reasoning"], json!({"enabled": false}), "no thinking: {sent}");
        assert_eq!((&sent["stop"], &sent["max_tokens"]), (&Value::Null, &json!(8192)), "{sent}");
    }
}

#[tokio::test]
async fn a_native_verdict_is_looked_at_too() {
    for (target, status) in [("sim/verdict", 200), ("sim/verdict=none", 502)] {
        let plane = Plane::mapped(maps(vec![native("*", &[target])])).await;
        for stream in [true, false] {
            let answer = plane.send(&check("claude-opus-5", stream)).await;
            assert_eq!(answer.status, status, "{target} stream: {stream}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_check_goes_to_the_strong_model_and_to_no_other() {
    let config = maps(vec![
        map("*opus*", &["sim/verdict=none+words=1", "sim/verdict"]),
        map("*haiku*", &["sim/verdict=yes"]),
    ]);
    let plane = Plane::mapped(config).await;
    assert_eq!(plane.send(&check("claude-haiku-4-5", true)).await.status, 502);
    let tried = attempts(&plane.row());
    assert_eq!(tried, [("sim/verdict=none+words=1".to_owned(), "unreadable".to_owned())]);
}
