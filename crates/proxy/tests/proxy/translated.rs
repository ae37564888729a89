//! What the upstream is asked for, where that is not what the client asked for.

use serde_json::{Value, json};
use turnpike_ledger::Status;
use turnpike_settings::config::{Effort, Verbosity};
use turnpike_sim::words;

use crate::client::ask;
use crate::harness::{Plane, map, maps};

/// Plays text, whatever its slug.
const TEXT: &str = "openai/o1-pro";

async fn plane(targets: &[&str]) -> Plane {
    let mut setup = crate::harness::Setup { config: maps(vec![map("mine", targets)]), ..Default::default() };
    setup.sim.assistant = "text".to_owned();
    let plane = Plane::with(setup).await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    plane
}

/// The body that the upstream got last.
fn sent(plane: &Plane) -> Value {
    let entry = plane.upstream_requests().pop().expect("a request came");
    assert!(entry.faults.is_empty(), "{:?}", entry.faults);
    serde_json::from_str(entry.body.as_deref().expect("a body")).expect("JSON")
}

#[tokio::test]
async fn a_stream_is_made_of_the_answer_of_a_model_that_gives_none() {
    let plane = plane(&[TEXT]).await;
    let answer = plane.ask("mine", true).await;
    assert_eq!((answer.status, answer.said()), (200, words(12)));
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!((answer.events()[0].0.as_str(), answer.last().0.as_str()), ("message_start", "message_stop"));
    assert_eq!(sent(&plane)["stream"], false);
    let row = plane.row();
    let dropped = row.dropped.as_ref().map(serde_json::to_string).expect("something was").expect("JSON");
    assert!(row.status == Status::Ok && dropped.contains("stream"), "{dropped}");
}

#[tokio::test]
async fn a_model_without_tools_is_passed_over_when_some_are_offered() {
    let mut body = ask("mine", true);
    body["tools"] = json!([{"name": "Bash", "input_schema": {"type": "object", "properties": {}}}]);
    let alone = plane(&[TEXT]).await;
    let (status, _, says) = alone.send(&body).await.error();
    assert!((400..500).contains(&status) && says.contains("turnpike map add"), "{status} {says}");
    assert!(alone.upstream_requests().is_empty());
    let second = "sim/text+words=5";
    let plane = plane(&[TEXT, second]).await;
    assert_eq!(plane.send(&body).await.said(), words(5));
    assert_eq!(plane.row().target.as_deref(), Some(second));
    assert_eq!(plane.upstream_requests().len(), 1);
}

/// Clients ask for the check of Anthropic's own servers once, to know whether it can be had.
#[tokio::test]
async fn safeguards_are_refused_and_that_is_no_failed_request() {
    let second = "sim/text+words=5";
    let plane = plane(&[TEXT, second]).await;
    let mut body = ask("mine", true);
    body["safeguards"] = json!({"type": "auto"});
    let answer = plane.send(&body).await;
    let (status, kind, says) = answer.error();
    assert_eq!((status, kind.as_str()), (400, "invalid_request_error"), "{says}");
    assert!(says.starts_with("safeguards: not supported"), "{says}");
    assert_eq!((plane.rows().len(), plane.upstream_requests().len()), (0, 0));
    // Natively it is Anthropic's to answer.
    body["model"] = "anthropic/claude-opus-5".into();
    assert_eq!(plane.send(&body).await.status, 200);
    assert_eq!(plane.row().status, Status::Ok);
}

#[tokio::test]
async fn parameters_of_a_map_are_sent() {
    let mut mine = map("mine", &["sim/text"]);
    let params = &mut mine.to.params;
    params.min_p = Some(0.05);
    params.top_a = Some(0.25);
    params.frequency_penalty = Some(0.5);
    params.presence_penalty = Some(-0.5);
    params.repetition_penalty = Some(1.5);
    params.seed = Some(7);
    params.verbosity = Some(Verbosity::Xhigh);
    params.reasoning_max_tokens = Some(2_000);
    let mut other = map("other", &["sim/text"]);
    other.to.params.effort = Some(Effort::Xhigh);
    let plane = Plane::mapped(maps(vec![mine, other])).await;
    let mut body = ask("mine", false);
    body["max_tokens"] = 4096.into();
    assert_eq!(plane.send(&body).await.status, 200);
    let got = sent(&plane);
    for (name, value) in [
        ("min_p", json!(0.05)),
        ("top_a", json!(0.25)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(-0.5)),
        ("repetition_penalty", json!(1.5)),
        ("seed", json!(7)),
        ("verbosity", json!("xhigh")),
        ("reasoning", json!({"max_tokens": 2000})),
    ] {
        assert_eq!(got[name], value, "{name}");
    }
    body["model"] = "other".into();
    assert_eq!(plane.send(&body).await.status, 200);
    assert_eq!(sent(&plane)["reasoning"], json!({"effort": "xhigh"}));
}
