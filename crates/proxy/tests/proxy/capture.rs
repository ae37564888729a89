//! Bodies that a person asked to keep, and another model asked the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use turnpike_proxy::{Captured, MOST_TIME, ReplayError};

use crate::client::{ask, head};
use crate::harness::{KEY, Plane, map, maps, within};

const DEVICE: &str = "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0";
const BUILD: &str = "x-anthropic-billing-header: cc_version=2.1.0.canary";
const CANARY: &str = "sk-ant-api03-canary0123456789";

/// A request full of what nobody may find in memory later.
fn full_of_secrets(token: &str, model: &str, stream: bool) -> Value {
    let mut body = ask(model, stream);
    body["system"] =
        json!([{"type": "text", "text": BUILD}, {"type": "text", "text": format!("Keys: {KEY}\n{token}")}]);
    body["metadata"] = json!({"user_id": json!({"device_id": DEVICE, "session_id": "s-1"}).to_string()});
    body["messages"] =
        json!([{"role": "user", "content": format!("Mind {CANARY}\nAPI_TOKEN=hunter22\nand go on.")}]);
    body
}

/// The captured requests once there are so many.
async fn kept(plane: &Plane, count: usize) -> Vec<Arc<Captured>> {
    let mut changes = plane.proxy.capture_changes();
    let come = async {
        while plane.proxy.captured().len() < count {
            changes.changed().await.expect("the plane lives");
        }
    };
    within("captured requests", come).await;
    plane.proxy.captured()
}

#[tokio::test]
async fn nothing_is_kept_unless_it_was_asked_for() {
    let plane = Plane::start().await;
    assert_eq!(plane.ask("sim/text", true).await.status, 200);
    plane.proxy.start_capture(Some(1), MOST_TIME);
    assert_eq!(plane.ask("sim/text", true).await.status, 200);
    let first = kept(&plane, 1).await;
    assert!(!plane.proxy.capture_standing().is_on, "it has ended by itself");
    assert_eq!(plane.ask("sim/text", false).await.status, 200);
    plane.proxy.start_capture(None, MOST_TIME);
    plane.proxy.stop_capture();
    assert_eq!(plane.ask("sim/text", false).await.status, 200);
    plane.proxy.start_capture(None, Duration::ZERO);
    assert_eq!(plane.ask("sim/text", false).await.status, 200);
    let rows = plane.rows();
    assert_eq!((rows.len(), plane.proxy.captured().len()), (5, 1));
    assert_eq!(first[0].id, rows[1].id.get());
    assert!(plane.proxy.forget_captured(None) && plane.proxy.captured().is_empty());
}

#[tokio::test]
async fn what_is_kept_is_what_was_asked_and_answered_without_its_secrets() {
    for stream in [true, false] {
        let plane = Plane::mapped(maps(vec![map("mine", &["sim/text+words=5"])])).await;
        plane.proxy.start_capture(None, MOST_TIME);
        let answer = plane.send(&full_of_secrets(&plane.token, "mine", stream)).await;
        assert_eq!(answer.status, 200);
        let captured = kept(&plane, 1).await.remove(0);
        let all = format!("{captured:?}");
        for secret in [KEY, &plane.token, CANARY, "hunter22", DEVICE, BUILD] {
            assert!(!all.contains(secret), "{secret} is in {all}");
        }
        let request: Value =
            serde_json::from_str(captured.request.as_deref().expect("a body")).expect("JSON");
        assert_eq!(request["messages"][0]["content"], "Mind [redacted]\nAPI_TOKEN=[redacted]\nand go on.");
        assert_eq!((request["model"].as_str(), captured.redacted), (Some("mine"), 4));
        let said: Vec<_> = captured.answer.iter().map(|part| (&*part.kind, &*part.text)).collect();
        assert_eq!(said, [("text", &*turnpike_sim::words(5))]);
        assert!(captured.status == 200 && !captured.is_cut);
        // A model that repeats the secrets, in as many pieces as it likes.
        assert_eq!(plane.send(&full_of_secrets(&plane.token, "sim/echo", stream)).await.status, 200);
        let echo = kept(&plane, 2).await.remove(0);
        let all = format!("{echo:?}");
        assert!(
            echo.answer[0].text.contains("[redacted]") && !all.contains(CANARY) && !all.contains(KEY),
            "{all}"
        );
    }
}

#[tokio::test]
async fn failures_and_answers_of_the_other_api_are_kept_too() {
    let plane = Plane::start().await;
    plane.proxy.start_capture(None, MOST_TIME);
    assert_eq!(plane.ask("sim/no-such-scenario", true).await.status, 404);
    let failed = kept(&plane, 1).await.remove(0);
    assert_eq!((failed.status, failed.answer[0].kind.as_str()), (404, "error"));
    let body =
        json!({"model": "sim/text+words=3", "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    assert_eq!(plane.post("/v1/chat/completions", body.to_string().as_bytes()).await.status, 200);
    let chat = kept(&plane, 2).await.remove(0);
    assert_eq!(chat.answer[0].text, turnpike_sim::words(3));
    // A client that goes away has been answered as far as it listened.
    let mut client = plane.connect().await;
    client.send(plane.request(&ask("sim/text+words=1000+delay=10ms", true))).await;
    assert_eq!(within("a head", client.head()).await.expect("a head came").status, 200);
    within("text", client.chunks_until("text_delta")).await;
    drop(client);
    let left = kept(&plane, 3).await.remove(0);
    assert!(left.answer[0].text.len() < turnpike_sim::words(1000).len());
}

#[tokio::test]
async fn a_replay_asks_the_other_model_alone_and_has_a_row_of_its_own() {
    let plane = Plane::mapped(maps(vec![map("*", &["sim/text+words=5+cost=0.25"])])).await;
    plane.proxy.start_capture(Some(1), MOST_TIME);
    let body = full_of_secrets(&plane.token, "claude-opus-5", true).to_string();
    let mut client = plane.connect().await;
    let head = head("POST", "/v1/messages", Some(&plane.token), body.len());
    let head = head.replacen(
        "\r\n",
        "\r\nx-claude-code-request-class: main\r\nx-claude-code-session-id: s-1\r\n",
        1,
    );
    client.send([head, body].concat()).await;
    assert_eq!(within("an answer", client.answer()).await.expect("a head came").status, 200);
    let captured = kept(&plane, 1).await.remove(0);
    // Also while everything is captured: a replay is nobody's request.
    plane.proxy.start_capture(None, MOST_TIME);
    let replayed = plane.proxy.replay(captured.id, "sim/text+words=2+cost=0.5").await.expect("it was asked");
    assert_eq!((replayed.status, &*replayed.answer[0].text), (200, &*turnpike_sim::words(2)));
    let rows = plane.rows();
    assert_eq!(rows.len(), 2);
    let (first, second) = (&rows[0], &rows[1]);
    assert_eq!(replayed.row, Some(second.id.get()));
    assert_eq!((first.cost.amount.nanos(), second.cost.amount.nanos()), (250_000_000, 500_000_000));
    assert_eq!(second.target.as_deref(), Some("sim/text+words=2+cost=0.5"));
    assert_eq!((second.requested_model.as_str(), second.class.as_deref()), ("claude-opus-5", Some("main")));
    assert_eq!((first.agent_type.as_deref(), second.agent_type.as_deref()), (None, Some("replay")));
    assert_eq!(second.session.as_deref(), Some(&*format!("replay-of-{}", first.id.get())));
    let decision: Value =
        serde_json::from_str(second.decision.as_ref().expect("why").as_str()).expect("JSON");
    assert_eq!((decision["by"].as_str(), decision["of"].as_i64()), (Some("replay"), Some(first.id.get())));
    assert_eq!(plane.proxy.captured().len(), 1);
    let sent = plane.upstream_requests();
    assert!(sent.iter().all(|entry| entry.faults.is_empty()), "{:?}", sent[1].faults);
    assert!(!sent[1].body.as_deref().unwrap_or_default().contains(CANARY));
}

#[tokio::test]
async fn a_replay_that_cannot_be_says_why_and_asks_nobody() {
    let plane = Plane::start().await;
    assert_eq!(plane.proxy.replay(7, "sim/text").await, Err(ReplayError::NotKept));
    plane.proxy.start_capture(None, MOST_TIME);
    assert_eq!(plane.ask("sim/text", false).await.status, 200);
    let captured = kept(&plane, 1).await.remove(0);
    plane.proxy.pause();
    assert_eq!(plane.proxy.replay(captured.id, "sim/text").await, Err(ReplayError::Stopped));
    plane.proxy.resume();
    assert_eq!(plane.upstream_requests().len(), 1);
    // A model that refuses is an answer like any other.
    let refused = plane.proxy.replay(captured.id, "sim/no-such-scenario").await.expect("it was asked");
    assert_eq!((refused.status, refused.answer[0].kind.as_str()), (404, "error"));
    assert_eq!(plane.rows().len(), 2);
}
