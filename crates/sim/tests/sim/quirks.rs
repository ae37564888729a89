//! The oddities: every scenario answers, and each famous one is odd in its own way.

use serde_json::{Value, json};

use crate::client::{Answer, ask, chat, post, start};

/// A scenario, and what is odd about its tool call fragments or its last chunk.
type Oddity<T> = (&'static str, fn(&T) -> bool);

fn with_tool(model: &str, stream: bool) -> Value {
    let mut body = ask(model, stream);
    body["tools"] = json!([{"type": "function", "function": {"name": "Bash", "parameters": {
        "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}}]);
    body
}

fn calls(answer: &Answer) -> Vec<Value> {
    let chunks = answer.chunks_json();
    let all = chunks
        .iter()
        .flat_map(|c| c["choices"][0]["delta"]["tool_calls"].as_array().cloned().unwrap_or_default());
    all.collect()
}

#[tokio::test]
async fn every_scenario_answers_on_both_endpoints() {
    let sim = start();
    let no_answer =
        ["close", "reset", "head-only", "half-head", "not-http", "huge-line", "big-head", "replay"];
    for (name, _) in turnpike_sim::scenarios().filter(|(name, _)| !no_answer.contains(name)) {
        for stream in [true, false] {
            let answer = chat(&sim, &with_tool(&format!("sim/{name}"), stream)).await;
            let error = name.strip_prefix("error-").and_then(|rest| rest.get(..3)?.parse().ok());
            let expected = error.unwrap_or(if name == "redirect" { 307 } else { 200 });
            assert_eq!(answer.status, expected, "{name}, stream {stream}: {}", answer.text());
            if expected == 200 && stream && answer.header("content-type") == Some("text/event-stream") {
                assert!(answer.text().contains("data: {"), "{name}");
            }
        }
        let body = json!({"model": format!("sim/{name}"), "max_tokens": 64, "stream": true,
                          "messages": [{"role": "user", "content": "Hi"}]});
        let answer = post(&sim, "/api/v1/messages", &body).await;
        assert!(answer.status >= 200, "{name}");
    }
    assert!(sim.journal().iter().all(|entry| entry.faults.is_empty()));
}

#[tokio::test]
async fn tool_call_oddities_are_odd() {
    let sim = start();
    let checks: [Oddity<[Value]>; 12] = [
        ("whole-args", |calls| {
            calls.len() == 1 && calls[0]["function"]["arguments"] == "{\"command\":\"echo call 1\"}"
        }),
        ("empty-id", |calls| calls[1]["id"] == "" && calls[1]["type"] == ""),
        ("null-id", |calls| {
            calls[1]["id"].is_null() && calls[1]["function"].as_object().unwrap().contains_key("name")
        }),
        ("reused-index", |calls| {
            calls.len() == 3 && calls.iter().all(|c| c["index"] == 0) && calls[0]["id"] != calls[1]["id"]
        }),
        ("glued-args", |calls| calls[0]["function"]["arguments"].as_str().unwrap().contains("}{")),
        ("truncated-args", |calls| {
            serde_json::from_str::<Value>(calls[1]["function"]["arguments"].as_str().unwrap()).is_err()
        }),
        ("no-arguments", |calls| calls[0]["function"].get("arguments").is_none()),
        ("missing-index", |calls| calls.iter().all(|call| call.get("index").is_none())),
        ("missing-id", |calls| calls.iter().all(|call| call.get("id").is_none())),
        ("split-index", |calls| calls[2]["index"] == 1 && calls[2]["id"] == calls[1]["id"]),
        ("same-id-twice", |calls| calls[0]["id"] == calls[1]["id"] && calls[0]["index"] != calls[1]["index"]),
        ("odd-id", |calls| calls[0]["id"] == "functions.Bash:0"),
    ];
    for (name, check) in checks {
        let answer = chat(&sim, &with_tool(&format!("sim/{name}"), true)).await;
        let calls = calls(&answer);
        assert!(check(&calls), "{name}: {calls:?}");
    }
}

#[tokio::test]
async fn plain_answers_join_odd_fragments() {
    let sim = start();
    let rows = [
        ("empty-id", 1),
        ("null-id", 1),
        ("id-repeated", 1),
        ("missing-index", 1),
        ("name-late", 1),
        ("split-index", 2),
        ("same-id-twice", 2),
        ("reused-index", 3),
        ("index-gap", 2),
        ("trailing-whitespace", 1),
    ];
    for (name, count) in rows {
        let body = chat(&sim, &with_tool(&format!("sim/{name}"), false)).await.json();
        let calls = body["choices"][0]["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
        assert_eq!(calls.len(), count, "{name}: {calls:?}");
        for call in calls {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            assert_eq!(
                serde_json::from_str::<Value>(arguments).unwrap(),
                json!({"command": "echo call 1"}),
                "{name}"
            );
            assert_eq!(call["function"]["name"], "Bash", "{name}");
        }
    }
}

#[tokio::test]
async fn usage_chunks_have_the_shapes_of_their_time() {
    let sim = start();
    let rows: [Oddity<Value>; 6] = [
        ("usage-2026", |c| c["choices"][0]["finish_reason"] == "stop" && c.get("service_tier").is_some()),
        ("usage-shape-2025", |c| {
            c["choices"][0]["finish_reason"].is_null()
                && c["usage"]["cost_details"]["upstream_inference_cost"].is_null()
        }),
        ("usage-empty-choices", |c| c["choices"] == json!([])),
        ("usage-bare", |c| c["usage"].as_object().unwrap().len() == 3),
        ("usage-cost-string", |c| c["usage"]["cost"].is_string()),
        ("usage-overlap", |c| {
            c["usage"]["prompt_tokens_details"]["cached_tokens"]
                == c["usage"]["prompt_tokens_details"]["cache_write_tokens"]
        }),
    ];
    for (name, check) in rows {
        let answer = chat(&sim, &ask(&format!("sim/{name}"), true)).await;
        let chunks = answer.chunks_json();
        let last = chunks.last().unwrap();
        assert!(last.get("usage").is_some() && check(last), "{name}: {last}");
    }
    let none = chat(&sim, &ask("sim/usage-none", true)).await;
    assert!(
        none.usage().is_null() && sim.journal().last().unwrap().charged.nanos() > 0,
        "charged all the same"
    );
}

#[tokio::test]
async fn errors_in_a_stream_have_their_shapes() {
    let sim = start();
    let chunk = |answer: &Answer| answer.chunks_json().into_iter().find(|chunk| chunk.get("error").is_some());
    let answer = chat(&sim, &ask("sim/error-midstream", true)).await;
    let error = chunk(&answer).unwrap();
    assert_eq!(
        (&error["error"]["code"], &error["choices"][0]["finish_reason"]),
        (&json!(502), &json!("error"))
    );
    let answer = chat(&sim, &ask("sim/error-token-limit", true)).await;
    let error = chunk(&answer).unwrap();
    assert!(error["choices"][0]["finish_reason"].is_null() && error.get("usage").is_some());
    let answer = chat(&sim, &ask("sim/malformed-function-call", true)).await;
    let error = chunk(&answer).unwrap();
    assert_eq!(error["choices"][0]["native_finish_reason"], "MALFORMED_FUNCTION_CALL");
    assert!(!answer.text().contains("[DONE]"));
    let answer = chat(&sim, &ask("sim/malformed-function-call", false)).await;
    assert_eq!(answer.json()["choices"][0]["error"]["code"], 502);
}

#[tokio::test]
async fn a_failed_answer_is_free() {
    let sim = start();
    for model in ["sim/error-midstream", "sim/empty-answer", "sim/finish-error", "sim/error-500"] {
        chat(&sim, &ask(model, true)).await;
    }
    assert_eq!(sim.total().nanos(), 0);
}

#[tokio::test]
async fn gemini_refuses_a_turn_that_lost_its_signature() {
    let sim = start();
    let first = chat(&sim, &with_tool("sim/gemini", true)).await;
    let call = calls(&first).remove(0);
    let detail = first.chunks_json().into_iter().find_map(|chunk| {
        let details = chunk["choices"][0]["delta"]["reasoning_details"].as_array().cloned()?;
        details.into_iter().find(|detail| detail["type"] == "reasoning.encrypted")
    });
    let detail = detail.unwrap();
    assert_eq!(detail["id"], call["id"], "the signature belongs to the call");
    let mut next = with_tool("sim/gemini", true);
    let turn = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let result = json!({"role": "tool", "tool_call_id": turn["tool_calls"][0]["id"], "content": "done"});
    next["messages"] = json!([next["messages"][0], turn, result]);
    let refused = chat(&sim, &next).await;
    assert!(refused.status == 400 && refused.text().contains("thought_signature"));
    next["messages"][1]["reasoning_details"] = json!([detail]);
    assert_eq!(chat(&sim, &next).await.status, 200);
}

#[tokio::test]
async fn errors_keep_their_real_bodies() {
    let sim = start();
    let rows = [
        ("error-400-context", "maximum context length is 200000 tokens"),
        ("error-402-max-tokens", "can only afford 27342"),
        ("error-404-privacy", "https://openrouter.ai/settings/privacy"),
        ("error-429-free-day", "free-models-per-day"),
        ("error-502-html", "<h1>502 Bad Gateway</h1>"),
        ("error-200-html", "<title>"),
    ];
    for (name, part) in rows {
        let answer = chat(&sim, &ask(&format!("sim/{name}"), true)).await;
        assert!(answer.text().contains(part), "{name}: {}", answer.text());
    }
    let day = chat(&sim, &ask("sim/error-429-free-day", true)).await;
    assert_eq!(day.header("x-ratelimit-remaining"), Some("0"), "its own limit carries the headers");
    let upstream = chat(&sim, &ask("sim/error-429-upstream", true)).await;
    assert_eq!(upstream.header("x-ratelimit-remaining"), None);
    let body =
        json!({"model": "sim/error-402", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]});
    let skin = post(&sim, "/api/v1/messages", &body).await.json();
    assert_eq!((&skin["type"], &skin["error"]["type"]), (&json!("error"), &json!("billing_error")));
}
