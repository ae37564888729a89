//! The id of a request: on every answer, told apart from all others, and the way to its row.

use std::collections::HashSet;

use turnpike_proxy::row_of_request_id;

use crate::client::{Answer, ask};
use crate::harness::Plane;

fn id(answer: &Answer) -> &str {
    let id = answer.header("request-id").unwrap_or_else(|| panic!("no id: {answer:?}"));
    assert!(id.starts_with("req_") && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{id}");
    id
}

/// Number of the row that the answer's id names.
fn row_of(answer: &Answer) -> Option<i64> {
    row_of_request_id(id(answer)).map(|named| named.row)
}

#[tokio::test]
async fn the_id_of_each_answer_leads_to_its_row() {
    let plane = Plane::start().await;
    let mut ids = HashSet::new();
    for (model, stream) in [
        ("sim/text", false),
        ("sim/text", true),
        ("anthropic/claude-opus-5", false),
        ("anthropic/claude-opus-5", true),
        ("sim/error-400-provider", false),
        ("sim/error-429", true),
        ("sim/error-midstream", true),
    ] {
        let answer = plane.ask(model, stream).await;
        let row = plane.rows().last().unwrap().id.get();
        assert_eq!(row_of(&answer), Some(row), "{model} {stream}");
        if answer.status != 200 {
            assert_eq!(answer.json()["request_id"], id(&answer), "{model}");
        }
        ids.insert(id(&answer).to_owned());
    }
    assert_eq!(ids.len(), 7, "{ids:?}");
}

#[tokio::test]
async fn an_error_within_a_stream_names_the_id_of_its_head() {
    let plane = Plane::start().await;
    let answer = plane.ask("sim/error-midstream", true).await;
    let (event, data) = answer.last();
    assert_eq!(event, "error");
    assert_eq!(data["request_id"], id(&answer));
}

#[tokio::test]
async fn a_request_that_nobody_can_take_is_found_by_its_id_too() {
    let plane = Plane::start().await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    let mut body = ask("deepseek/deepseek-v4-pro", false);
    let source = serde_json::json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="});
    body["messages"][0]["content"] = serde_json::json!([{"type": "image", "source": source}]);
    let answer = plane.send(&body).await;
    assert_eq!((answer.status, plane.upstream_requests().len()), (404, 0), "{}", answer.text());
    assert_eq!(row_of(&answer), Some(plane.row().id.get()));
    assert_eq!(answer.json()["request_id"], id(&answer));
}

#[tokio::test]
async fn what_has_no_row_has_an_id_of_its_own() {
    let plane = Plane::start().await;
    let token = plane.token.clone();
    let counted = ask("sim/text", false).to_string();
    let answers = [
        plane.post("/v1/messages/count_tokens", counted.as_bytes()).await,
        plane.post("/v1/messages", b"{").await,
        plane.call("GET", "/v1/models", Some(&token)).await,
        plane.call("GET", "/v1/models/sim%2Ftext", Some(&token)).await,
        plane.call("GET", "/v1/nothing", Some(&token)).await,
        plane.call("PUT", "/v1/messages", Some(&token)).await,
        plane.call("GET", "/v1/models", None).await,
        plane.call("GET", "/health", None).await,
    ];
    let ids: HashSet<&str> = answers.iter().map(id).collect();
    assert_eq!(ids.len(), answers.len(), "{ids:?}");
    for answer in &answers {
        assert_eq!(row_of(answer), None);
        if answer.status != 200 {
            assert_eq!(answer.json()["request_id"], id(answer), "{}", answer.text());
        }
    }
    assert!(plane.rows().is_empty());
}

#[tokio::test]
async fn openais_clients_find_it_where_they_look() {
    let plane = Plane::start().await;
    for (model, status) in [("sim/text", 200), ("sim/error-402", 402)] {
        let answer = plane.post("/v1/chat/completions", ask(model, false).to_string().as_bytes()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("x-request-id"), Some(id(&answer)));
        assert_eq!(row_of(&answer), Some(plane.rows().last().unwrap().id.get()));
        assert!(answer.json().get("request_id").is_none(), "OpenAI's errors have no such field");
    }
}
