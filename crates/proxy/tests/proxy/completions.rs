//! Clients of OpenAI's chat completions: the same guard, routes, ledger and errors, in their own words.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_ledger::{CostSource, Mode, Status};
use turnpike_proxy::Timing;
use turnpike_settings::config::{BudgetAction, Effort, Params, ProviderPreferences, Verbosity};
use turnpike_sim::words;

use crate::client::{Answer, ask, head};
use crate::harness::{Plane, Setup, at_noon, attempts, map, maps, within};

const PATH: &str = "/v1/chat/completions";

async fn send(plane: &Plane, body: &Value) -> Answer {
    plane.post(PATH, body.to_string().as_bytes()).await
}

async fn complete(plane: &Plane, model: &str, stream: bool) -> Answer {
    send(plane, &ask(model, stream)).await
}

/// The data lines of a stream; what is no data is a comment.
fn data(answer: &Answer) -> Vec<String> {
    let text = answer.text();
    assert!(text.ends_with("\n\n"), "{text}");
    let frames = text.split_terminator("\n\n").filter(|frame| !frame.starts_with(':'));
    frames.map(|frame| frame.strip_prefix("data: ").expect("a data line").to_owned()).collect()
}

/// The text of an answer, streamed or whole.
fn said(answer: &Answer) -> String {
    if answer.body.starts_with(b"{") {
        return answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
    }
    let chunks = data(answer).into_iter().filter(|data| data != "[DONE]");
    let chunks = chunks.map(|data| serde_json::from_str::<Value>(&data).expect("JSON"));
    chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
}

/// Status, type, code and message of an error.
fn error(answer: &Answer) -> (u16, String, Option<String>, String) {
    let body = answer.json();
    assert!(body.get("type").is_none(), "OpenAI's shape: {body}");
    assert_eq!(body["error"].as_object().expect("an error").len(), 4, "{body}");
    let word = |name: &str| body["error"][name].as_str().map(str::to_owned);
    (answer.status, word("type").expect("a type"), word("code"), word("message").expect("a message"))
}

#[tokio::test]
async fn answers_come_as_the_upstream_gives_them() {
    let plane = Plane::start().await;
    for stream in [true, false] {
        let answer = complete(&plane, "sim/text+words=7", stream).await;
        assert_eq!((answer.status, said(&answer)), (200, words(7)), "stream: {stream}");
        let kind = if stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        assert_eq!(answer.header("content-type"), Some(kind));
        if stream {
            assert_eq!(data(&answer).last().map(String::as_str), Some("[DONE]"));
        }
        let row = plane.rows().pop().expect("a row");
        let entry = plane.upstream_requests().pop().expect("a request");
        assert_eq!(
            (row.status, row.cost.amount, row.cost.source),
            (Status::Ok, entry.charged, CostSource::Upstream)
        );
        assert_eq!(
            (row.mode, row.stream, &row.generation_id),
            (Some(Mode::Native), stream, &entry.generation)
        );
        assert!(row.usage.input_tokens + row.usage.cache_write_tokens > 0 && row.usage.output_tokens > 0);
        assert_eq!((row.stop_reason.as_deref(), row.class.as_deref()), (Some("stop"), Some("main")));
        assert!(row.served_model.is_some() && row.provider.is_some(), "{row:?}");
        assert_eq!(entry.path, "/api/v1/chat/completions");
        assert!(entry.faults.is_empty(), "{:?}", entry.faults);
    }
}

#[tokio::test]
async fn the_request_goes_on_byte_for_byte_but_for_the_model() {
    let mut mapped = map("gpt-mine", &["sim/text"]);
    mapped.to.params.effort = Some(Effort::Low);
    mapped.to.params.max_tokens = Some(100);
    mapped.to.provider = ProviderPreferences { zdr: Some(true), ..ProviderPreferences::default() };
    let mut full = map("gpt-full", &["sim/text"]);
    full.to.params = Params {
        temperature: Some(0.3),
        top_p: Some(0.9),
        top_k: Some(40),
        min_p: Some(0.05),
        top_a: Some(0.1),
        frequency_penalty: Some(0.2),
        presence_penalty: Some(-0.2),
        repetition_penalty: Some(1.1),
        seed: Some(11),
        verbosity: Some(Verbosity::Low),
        reasoning_max_tokens: Some(2_000),
        ..Params::default()
    };
    let plane = Plane::mapped(maps(vec![mapped, full])).await;
    for (label, body, expected) in [
        (
            "each parameter of a map, in the place of the client's",
            r#"{"temperature":1,"model":"gpt-full","seed":3,"stop":["x"],"messages":[{"role":"user","content":"x"}],"reasoning_effort":"high"}"#,
            r#"{"temperature":0.3,"model":"sim/text","seed":11,"stop":["x"],"messages":[{"role":"user","content":"x"}],"frequency_penalty":0.2,"min_p":0.05,"presence_penalty":-0.2,"reasoning":{"max_tokens":2000},"repetition_penalty":1.1,"top_a":0.1,"top_k":40,"top_p":0.9,"verbosity":"low"}"#,
        ),
        (
            "a slug",
            r#"{ "model": "sim/text", "user":"u-1","messages" : [ {"role":"user","content":"h\u00e9 \ud83d\ude00"} ], "seed": 7,"new_one":{"x": 1.50 , "y":[ ]} }"#,
            r#"{"model":"sim/text","user":"u-1","messages":[ {"role":"user","content":"h\u00e9 \ud83d\ude00"} ],"seed":7,"new_one":{"x": 1.50 , "y":[ ]}}"#,
        ),
        (
            "a map",
            r#"{"model":"gpt-mine","max_completion_tokens":900,"messages":[{"role":"user","content":"x"}]}"#,
            r#"{"model":"sim/text","max_completion_tokens":100,"messages":[{"role":"user","content":"x"}],"provider":{"zdr":true},"reasoning":{"effort":"low"}}"#,
        ),
    ] {
        // What is new to the simulator it refuses; that is the upstream's to say.
        plane.post(PATH, body.as_bytes()).await;
        let sent = plane.upstream_requests().pop().expect("a request").body.expect("a body");
        assert_eq!(sent, expected, "{label}");
    }
}

#[tokio::test]
async fn names_are_resolved_as_for_messages() {
    let plane =
        Plane::mapped(maps(vec![map("mine", &["sim/text"]), map("claude-*", &["sim/text+words=2"])])).await;
    for (name, target) in [
        ("mine", "sim/text"),
        ("claude-opus-5", "sim/text+words=2"),
        ("sim/thinking", "sim/thinking"),
        ("claude-via-openrouter/sim/thinking", "sim/thinking"),
        ("glm", "z-ai/glm-5.2"),
        ("anthropic/claude-sonnet-5", "anthropic/claude-sonnet-5"),
    ] {
        assert_eq!(complete(&plane, name, true).await.status, 200, "{name}");
        let row = plane.rows().pop().expect("a row");
        assert_eq!((row.requested_model.as_str(), row.target.as_deref()), (name, Some(target)));
        assert_eq!(plane.upstream_requests().pop().expect("a request").path, "/api/v1/chat/completions");
    }
    let unknown = complete(&plane, "gpt-9", false).await;
    let (status, kind, code, message) = error(&unknown);
    assert_eq!(
        (status, kind.as_str(), code.as_deref()),
        (404, "invalid_request_error", Some("model_not_found"))
    );
    assert!(message.contains("gpt-9"), "{message}");
}

#[tokio::test]
async fn failures_before_the_first_content_have_their_status() {
    let plane = Plane::start().await;
    for (scenario, status, kind, code) in [
        ("error-401", 401, "invalid_request_error", Some("invalid_api_key")),
        ("error-402", 402, "insufficient_quota", Some("insufficient_quota")),
        ("error-400-context", 400, "invalid_request_error", Some("context_length_exceeded")),
        ("error-429", 429, "rate_limit_error", Some("rate_limit_exceeded")),
        ("error-529", 503, "server_error", Some("overloaded")),
        ("error-first-chunk", 502, "server_error", None),
        ("error-200-json", 502, "server_error", None),
        ("empty-answer", 502, "server_error", None),
        ("close", 502, "server_error", None),
    ] {
        for stream in [true, false] {
            let answer = complete(&plane, &format!("sim/{scenario}"), stream).await;
            let (got, word, said, message) = error(&answer);
            assert_eq!((got, word.as_str(), said.as_deref()), (status, kind, code), "{scenario}: {message}");
            let row = plane.rows().pop().expect("a row");
            assert_eq!((row.status, row.http_status), (Status::Error, Some(status)), "{scenario}");
        }
    }
}

#[tokio::test]
async fn another_target_is_tried_before_the_first_content_only() {
    for (scenario, cause) in
        [("error-429", "rate_limited"), ("empty-answer", "empty"), ("error-first-chunk", "provider")]
    {
        let first = format!("sim/{scenario}");
        let plane = Plane::mapped(maps(vec![map("mine", &[&first, "sim/text+words=5"])])).await;
        let answer = complete(&plane, "mine", true).await;
        assert_eq!((answer.status, said(&answer)), (200, words(5)), "{scenario}");
        let tried = attempts(&plane.row());
        assert_eq!(tried[0], (first, cause.to_owned()));
        assert_eq!(tried[1].1, "ok");
    }
    for (scenario, status) in [("error-midstream", Status::Error), ("no-finish", Status::Truncated)] {
        let plane = Plane::mapped(maps(vec![map("mine", &[&format!("sim/{scenario}"), "sim/text"])])).await;
        let answer = complete(&plane, "mine", true).await;
        let frames = data(&answer);
        let last: Value = serde_json::from_str(frames.last().expect("a frame")).expect("JSON, not [DONE]");
        assert!(answer.status == 200 && last["error"]["message"].is_string(), "{scenario}: {last}");
        assert!(!frames.iter().any(|frame| frame == "[DONE]"), "{scenario}");
        assert_eq!((plane.row().status, plane.upstream_requests().len()), (status, 1), "{scenario}");
    }
}

#[tokio::test]
async fn json_for_a_stream_becomes_one_and_the_reverse() {
    let plane = Plane::start().await;
    let answer = complete(&plane, "sim/text+words=4+flip", true).await;
    assert_eq!((answer.status, said(&answer), data(&answer).len()), (200, words(4), 2));
    let tools = json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}]);
    for (scenario, calls_made) in [("text+words=4", 0), ("thinking", 0), ("tool", 1), ("parallel", 2)] {
        let offered = async |model: &str| {
            let content = json!([{"role": "user", "content": "Look."}]);
            send(&plane, &json!({"model": model, "max_tokens": 100, "messages": content, "tools": tools}))
                .await
        };
        let model = format!("sim/{scenario}");
        let (plain, flipped) = (offered(&model).await, offered(&format!("{model}+flip")).await);
        assert_eq!((flipped.status, flipped.header("content-type")), (200, Some("application/json")));
        let [plain, flipped] = [plain, flipped].map(|answer| answer.json());
        assert_eq!(flipped["object"], "chat.completion", "{scenario}");
        for member in ["content", "reasoning"] {
            let [a, b] = [&plain, &flipped].map(|body| body["choices"][0]["message"][member].as_str());
            assert_eq!(a.unwrap_or_default(), b.unwrap_or_default(), "{scenario}: {member}");
        }
        let calls = |body: &Value| {
            let calls = body["choices"][0]["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
            calls.into_iter().map(|call| call["function"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(calls(&plain), calls(&flipped), "{scenario}");
        assert_eq!(calls(&flipped).len(), calls_made, "{scenario}");
        assert_eq!(
            plain["choices"][0]["finish_reason"], flipped["choices"][0]["finish_reason"],
            "{scenario}"
        );
        let row = plane.rows().pop().expect("a row");
        let entry = plane.upstream_requests().pop().expect("a request");
        assert_eq!((row.status, row.cost.amount), (Status::Ok, entry.charged), "{scenario}");
        assert!(!row.stream && row.generation_id == entry.generation, "{scenario}");
    }
    for (scenario, status) in [("error-midstream", 502), ("no-finish", 502)] {
        let answer = complete(&plane, &format!("sim/{scenario}+flip"), false).await;
        assert_eq!(error(&answer).0, status, "{scenario}");
    }
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_by_comments() {
    let timing = Timing {
        commit_within: Duration::from_millis(60),
        ping_after: Duration::from_millis(40),
        ..Timing::default()
    };
    let plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    for scenario in ["sim/text+words=3+silence=400ms", "sim/text+words=3+delay=200ms"] {
        let answer = complete(&plane, scenario, true).await;
        let comments = answer.text().matches(": keep-alive\n\n").count();
        assert_eq!((answer.status, said(&answer)), (200, words(3)), "{scenario}");
        assert!(comments >= 2, "{scenario}: {}", answer.text());
        assert_eq!(data(&answer).last().map(String::as_str), Some("[DONE]"));
    }
    let late = complete(&plane, "sim/error-429+silence=300ms", true).await;
    let last: Value = serde_json::from_str(data(&late).last().expect("a frame")).expect("JSON");
    assert_eq!((late.status, &last["error"]["code"]), (200, &json!("rate_limit_exceeded")));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_upstreams_request() {
    let mut plane = Plane::start().await;
    let body = ask("sim/text+words=5000+delay=5ms", true).to_string();
    let mut client = plane.connect().await;
    client.send([head("POST", PATH, Some(&plane.token), body.len()), body].concat()).await;
    assert_eq!(within("a head", client.head()).await.expect("a head came").status, 200);
    within("text", client.chunks_until("\"content\":")).await;
    drop(client);
    let row = plane.settled().await;
    assert_eq!((row.status, row.cost.source), (Status::Cancelled, CostSource::Estimate));
    assert!(row.generation_id.is_some());
    let ended =
        plane.sim.wait_for(|entries| entries.last().and_then(|entry| entry.ended.map(|_| entry.outcome)));
    assert_eq!(within("the end upstream", ended).await, turnpike_sim::Outcome::Aborted);
}

#[tokio::test]
async fn the_guard_is_the_same_in_other_words() {
    let plane = Plane::start().await;
    let body = ask("sim/text", false).to_string();
    let (length, token) = (body.len(), &plane.token);
    for (label, lines, status, says) in [
        ("no token", "host: 127.0.0.1".to_owned(), 401, "OPENAI_API_KEY"),
        ("a wrong token", "host: 127.0.0.1\r\nauthorization: Bearer sk-proj-x".to_owned(), 401, "is wrong"),
        ("a foreign host", format!("host: evil.example\r\nauthorization: Bearer {token}"), 403, "127.0.0.1"),
        (
            "a web page",
            format!("host: 127.0.0.1\r\norigin: https://evil.example\r\nauthorization: Bearer {token}"),
            403,
            "Web pages",
        ),
        ("no host", format!("authorization: Bearer {token}"), 400, "Host"),
    ] {
        let mut client = plane.connect().await;
        client
            .send(format!("POST {PATH} HTTP/1.1\r\n{lines}\r\ncontent-length: {length}\r\n\r\n{body}"))
            .await;
        let answer = within("an answer", client.answer()).await.expect("a head came");
        let (got, _, _, message) = error(&answer);
        assert_eq!(got, status, "{label}");
        assert!(message.contains(says), "{label}: {message}");
        assert_eq!(answer.header("x-should-retry"), Some("false"), "{label}");
    }
    assert_eq!(error(&plane.call("GET", PATH, Some(token)).await).0, 405);
    plane.proxy.pause();
    assert_eq!(error(&complete(&plane, "sim/text", true).await).0, 503);
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn bad_bodies_are_refused_with_their_place() {
    let plane = Plane::start().await;
    let deep =
        format!(r#"{{"model":"sim/text","messages":[{{"x":{}{}}}]}}"#, "[".repeat(200), "]".repeat(200));
    for (body, says) in [
        (&b""[..], "empty"),
        (b"{", "at byte"),
        (b"[1]", "JSON object"),
        (br#"{"model":"sim/text","messages":[]}"#, "messages: must hold"),
        (br#"{"messages":[{"role":"user","content":"x"}]}"#, "missing field `model`"),
        (br#"{"model":"a/b","model":"c/d","messages":[{}]}"#, "duplicate field `model`"),
        (b"{\"model\":\"\xff\",\"messages\":[{}]}", "not UTF-8 at byte 10"),
        (br#"{"model":"m","messages":[{"content":"\ud800"}]}"#, "surrogate pair at byte 37"),
        (deep.as_bytes(), "levels deep"),
    ] {
        let answer = plane.post(PATH, body).await;
        let (status, kind, _, message) = error(&answer);
        assert_eq!((status, kind.as_str()), (400, "invalid_request_error"), "{message}");
        assert!(message.contains(says), "{says}: {message}");
    }
    let large = vec![b' '; 33 * 1024 * 1024];
    let answer = plane.post(PATH, &large).await;
    assert_eq!(error(&answer).2.as_deref(), Some("request_too_large"));
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn models_are_listed_in_openais_shape_for_openais_clients() {
    let plane = Plane::mapped(maps(vec![map("mine", &["z-ai/glm-5.2"])])).await;
    let get = async |path: &str| {
        let mut client = plane.connect().await;
        let token = &plane.token;
        client
            .send(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n"))
            .await;
        within("an answer", client.answer()).await.expect("a head came")
    };
    let list = get("/v1/models").await.json();
    assert_eq!(list["object"], "list");
    let ids: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"mine") && ids.contains(&"z-ai/glm-5.2"), "{ids:?}");
    for entry in list["data"].as_array().unwrap() {
        assert_eq!((&entry["object"], &entry["created"]), (&json!("model"), &json!(0)), "{entry}");
        assert!(entry["owned_by"].as_str().is_some_and(|owner| !owner.is_empty()), "{entry}");
    }
    for path in [
        "/v1/models/z-ai/glm-5.2",
        "/v1/models/z-ai%2Fglm-5.2",
        "/v1/models/claude-via-openrouter/z-ai/glm-5.2",
    ] {
        assert_eq!(get(path).await.json()["id"], "z-ai/glm-5.2", "{path}");
    }
    assert_eq!(error(&get("/v1/models/gpt-9").await).0, 404);
    assert_eq!(get("/v1/models?limit=2").await.json()["has_more"], true, "a page is Anthropic's");
    assert_eq!(get("/anthropic/v1/models/mine").await.json()["type"], "model");
}

#[tokio::test]
async fn a_budget_that_is_used_up_refuses_in_the_same_shape() {
    let mut config = maps(vec![]);
    config.general = at_noon();
    config.budget.daily_usd = Some(turnpike_sim::NanoUsd(1_000_000));
    config.budget.action = BudgetAction::Stop;
    let plane = Plane::mapped(config).await;
    assert_eq!(complete(&plane, "sim/text+cost=0.01", false).await.status, 200);
    let refused = complete(&plane, "sim/text", true).await;
    let (status, kind, _, message) = error(&refused);
    assert_eq!((status, kind.as_str()), (429, "insufficient_quota"), "{message}");
    assert!(refused.header("retry-after").is_some() && message.contains("daily budget"), "{message}");
    assert_eq!(plane.rows().len(), 1);
}
