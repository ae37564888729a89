//! The small endpoints: probes, models, counting, and what is not there.

use serde_json::{Value, json};

use crate::client::{ask, head};
use crate::harness::{Plane, map, maps};

#[tokio::test]
async fn probes_need_no_token_and_tell_nothing() {
    let plane = Plane::start().await;
    for path in ["/health", "/", "/api/hello", "/anthropic/", "/anthropic/health"] {
        let answer = plane.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.len() < 60 && !answer.text().contains("127.0.0.1"), "{path}: {}", answer.text());
    }
    assert_eq!(plane.call("GET", "/health", None).await.json(), json!({"status": "healthy"}));
    for path in ["/", "/api/hello", "/v1/messages", "/anything"] {
        let answer = plane.call("HEAD", path, None).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_what_is() {
    let plane = Plane::start().await;
    for (method, path, status, says) in [
        ("GET", "/v1/messages", 405, "POST"),
        ("PUT", "/v1/messages", 405, "POST"),
        ("OPTIONS", "/v1/messages", 405, "POST"),
        ("GET", "/v1/messages/count_tokens", 405, "POST"),
        ("POST", "/v1/models", 405, "GET"),
        ("DELETE", "/v1/models/x", 405, "GET"),
        ("POST", "/health", 405, "GET"),
        ("POST", "/", 405, "GET"),
        ("POST", "/v1/v1/messages", 404, "without /v1"),
        ("POST", "//v1/messages", 404, "/v1/messages"),
        ("POST", "/v1/messages/", 404, "/v1/messages"),
        ("GET", "/v1/models/%2e%2e/%2e%2e/health", 404, "/v1/models"),
        ("GET", "/v1/models/%ff", 404, "no such path"),
        ("GET", "/v1/complete", 404, "/v1/messages"),
        ("GET", "/anthropicx/v1/models", 404, "/v1/messages"),
        ("GET", "/favicon.ico", 404, "/v1/messages"),
        ("POST", "/v1/messages/batches", 404, "by itself"),
        ("GET", "/v1/messages/batches/b/results", 404, "by itself"),
        ("POST", "/v1/files?beta=true", 404, "into the message"),
        ("POST", "/v1/complete", 404, "Send messages"),
        ("POST", "/v1/filesystem", 404, "no such path"),
    ] {
        let answer = plane.call(method, path, Some(&plane.token)).await;
        let (got, kind, message) = answer.error();
        assert_eq!(got, status, "{method} {path}");
        assert_eq!(kind, if status == 404 { "not_found_error" } else { "invalid_request_error" }, "{path}");
        assert!(message.contains(says), "{method} {path}: {message}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {path}");
        assert_eq!(plane.call(method, path, None).await.status, 401, "{method} {path} without a token");
    }
    assert!(plane.rows().is_empty());
}

#[tokio::test]
async fn the_anthropic_prefix_is_understood() {
    let plane = Plane::start().await;
    let body = ask("sim/text", false).to_string();
    for path in ["/anthropic/v1/messages", "/v1/messages?beta=true", "/anthropic/v1/messages?beta=true"] {
        assert_eq!(plane.post(path, body.as_bytes()).await.status, 200, "{path}");
    }
    assert_eq!(plane.call("GET", "/anthropic/v1/models", Some(&plane.token)).await.status, 200);
}

#[tokio::test]
async fn the_version_may_be_left_out() {
    let plane = Plane::start().await;
    let body = ask("sim/text", false).to_string();
    for path in ["/messages", "/anthropic/messages", "/messages/count_tokens", "/chat/completions"] {
        assert_eq!(plane.post(path, body.as_bytes()).await.status, 200, "{path}");
    }
    assert_eq!(plane.call("GET", "/models", Some(&plane.token)).await.status, 200);
}

#[tokio::test]
async fn what_openai_serves_elsewhere_is_refused_in_its_own_shape() {
    let plane = Plane::start().await;
    let answer = plane.post("/v1/responses", b"{}").await;
    let error = answer.json()["error"].clone();
    assert_eq!(answer.status, 404);
    assert!(error["message"].as_str().unwrap().contains("/v1/chat/completions"), "{error}");
    assert!(error.get("code").is_some() && answer.json().get("type").is_none(), "{}", answer.text());
}

#[tokio::test]
async fn a_conversation_that_is_not_held_here_is_sent_whole_again() {
    let plane = Plane::start().await;
    let thread = |thread: Value, model: &str| {
        let mut body = ask(model, false);
        body["thread"] = thread;
        body.to_string()
    };
    for model in ["sim/text", "anthropic/claude-opus-5"] {
        let begun = plane.post("/v1/messages", thread(json!({"type": "create"}), model).as_bytes()).await;
        assert_eq!(begun.status, 200, "{model}: {}", begun.text());
        let sent = plane.upstream_requests().last().unwrap().body.clone().unwrap();
        assert!(!sent.contains("\"thread\""), "{model}: {sent}");
        let asked = plane.upstream_requests().len();
        let on = json!({"type": "continue", "previous_message_id": begun.json()["id"]});
        let refused = plane.post("/v1/messages", thread(on, model).as_bytes()).await;
        let (status, kind, message) = refused.error();
        assert_eq!((status, kind.as_str()), (404, "not_found_error"), "{model}");
        assert_eq!(refused.json()["error"]["details"]["error_code"], "thread_not_found", "{model}");
        assert!(message.contains("whole conversation"), "{message}");
        assert_eq!(refused.header("x-should-retry"), Some("false"));
        assert_eq!(plane.upstream_requests().len(), asked, "{model}: nothing was asked upstream");
    }
}

#[tokio::test]
async fn a_compressed_body_is_called_one() {
    let plane = Plane::start().await;
    let gzip: [u8; 8] = [0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00];
    let plain = ask("sim/text", false).to_string();
    for (encoding, body, status) in
        [("gzip", &gzip[..], 400), ("gzip", plain.as_bytes(), 200), ("identity", plain.as_bytes(), 200)]
    {
        let named = format!("content-encoding: {encoding}\r\n\r\n");
        let head = head("POST", "/v1/messages", Some(&plane.token), body.len());
        let mut client = plane.connect().await;
        client.send([head.trim_end(), "\r\n", &named].concat().as_bytes()).await;
        client.send(body).await;
        let answer = client.answer().await.unwrap();
        assert_eq!(answer.status, status, "{encoding}: {}", answer.text());
        assert!(status == 200 || answer.error().2.contains("compressed"), "{}", answer.text());
    }
}

#[tokio::test]
async fn models_are_listed_and_found_by_each_of_their_names() {
    let config =
        maps(vec![map("mine", &["z-ai/glm-5.2"]), map("*opus*", &["openai/gpt-5.6-terra", "z-ai/glm-5.2"])]);
    let plane = Plane::mapped(config).await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    let list = plane.call("GET", "/v1/models?limit=1000", Some(&plane.token)).await.json();
    let ids: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    let alias = "claude-via-openrouter/z-ai/glm-5.2";
    assert!(ids.contains(&"mine") && ids.contains(&alias), "{ids:?}");
    assert!(!ids.iter().any(|id| id.contains('*')), "{ids:?}");
    assert!(ids.iter().filter(|id| **id == alias).count() == 1, "each target once: {ids:?}");
    assert_eq!((&list["has_more"], list["first_id"].as_str()), (&json!(false), Some(ids[0])));
    for entry in list["data"].as_array().unwrap() {
        assert_eq!(entry["type"], "model");
        for field in ["display_name", "description", "created_at"] {
            assert!(entry[field].as_str().is_some_and(|text| !text.is_empty()), "{entry}");
        }
    }
    for name in [alias, "claude-via-openrouter%2Fz-ai%2Fglm-5.2", "z-ai/glm-5.2", "z-ai%2fglm-5.2", "mine"] {
        let model = plane.call("GET", &format!("/v1/models/{name}"), Some(&plane.token)).await;
        assert_eq!(model.status, 200, "{name}");
        assert!([alias, "mine"].contains(&model.json()["id"].as_str().unwrap()), "{name}");
    }
    assert_eq!(plane.call("GET", "/v1/models/gpt-9", Some(&plane.token)).await.error().0, 404);
}

#[tokio::test]
async fn a_model_tells_its_window_and_its_longest_answer() {
    let maps_wanted = vec![map("mine", &["openai/gpt-5.6-terra"]), map("other", &["a/not-in-the-catalogue"])];
    let plane = Plane::mapped(maps(maps_wanted)).await;
    let catalogue = plane.sim_catalogue().await;
    let terra = catalogue.find("openai/gpt-5.6-terra").expect("the simulator has it");
    let (window, answer) = (terra.context_length, terra.top_provider.max_completion_tokens);
    assert!(window.is_some() && answer.is_some(), "{terra:?}");
    plane.proxy.set_catalogue(std::sync::Arc::clone(&catalogue));
    let list = plane.call("GET", "/v1/models?limit=1000", Some(&plane.token)).await.json();
    for (id, window, answer) in [("mine", window, answer), ("other", None, None)] {
        let listed = list["data"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap();
        let one = plane.call("GET", &format!("/v1/models/{id}"), Some(&plane.token)).await.json();
        assert_eq!(&one, listed);
        assert_eq!((&one["max_input_tokens"], &one["max_tokens"]), (&json!(window), &json!(answer)), "{id}");
    }
    let slug = plane.call("GET", "/v1/models/openai/gpt-5.6-terra", Some(&plane.token)).await.json();
    assert_eq!(slug["max_input_tokens"], json!(window));
}

#[tokio::test]
async fn tokens_are_counted_here() {
    let plane = Plane::start().await;
    let count = async |text: String| {
        let body = json!({"model": "x", "messages": [{"role": "user", "content": text}]}).to_string();
        let answer = plane.post("/v1/messages/count_tokens", body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["input_tokens"].as_u64().unwrap()
    };
    let (short, long) = (count("hi".to_owned()).await, count("word ".repeat(1000)).await);
    assert!(short >= 1 && (800..3000).contains(&long), "{short} {long}");
    for wrong in [&b"{"[..], b"", br#"{"model":"x","messages":[]}"#] {
        assert_eq!(plane.post("/v1/messages/count_tokens", wrong).await.error().0, 400);
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn the_count_is_that_of_the_model_behind_the_name_and_learns_from_the_bill() {
    let words = "Please read the file and say what it does. ".repeat(200);
    let plane = Plane::mapped(maps(vec![
        map("*opus*", &["qwen/qwen3-coder-next"]),
        map("*haiku*", &["mistralai/codestral-2508"]),
    ]))
    .await;
    let body = |model: &str| json!({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": words}]});
    let count = async |model: &str| {
        let answer = plane.post("/v1/messages/count_tokens", body(model).to_string().as_bytes()).await;
        answer.json()["input_tokens"].as_u64().unwrap()
    };
    let (qwen, mistral) = (count("claude-opus-5").await, count("claude-haiku-4-5").await);
    assert_eq!(qwen, count("qwen/qwen3-coder-next").await);
    assert_ne!(qwen, mistral, "families count differently");
    // The simulator's tokenizer is none of the vendors': the estimate moves towards it.
    let counted = plane.send(&body("claude-opus-5")).await.json()["usage"]["input_tokens"].as_u64().unwrap();
    assert!(counted.abs_diff(qwen) > 20, "{counted} {qwen}");
    for _ in 0..20 {
        assert_eq!(plane.send(&body("claude-opus-5")).await.status, 200);
    }
    let learned = count("claude-opus-5").await;
    assert!(learned.abs_diff(counted) * 2 < qwen.abs_diff(counted), "{qwen} -> {learned}, counted {counted}");
    assert_eq!(mistral, count("claude-haiku-4-5").await, "another family learned nothing");
}

#[tokio::test]
async fn a_row_keeps_our_own_count_where_it_says_something_about_others() {
    let mut plane = Plane::start().await;
    let words = "Please read the file and say what it does. ".repeat(100);
    let mut ask = async |model: &str, tools: Value| {
        let content = json!([{"role": "user", "content": words}]);
        let body = json!({"model": model, "max_tokens": 64, "messages": content, "tools": tools});
        plane.send(&body).await;
        plane.settled().await.estimated_tokens
    };
    let first = ask("sim/text", json!([])).await;
    assert!(first.is_some_and(|tokens| (900..1_300).contains(&tokens)), "{first:?}");
    let search = json!([{"type": "web_search_20250305", "name": "web_search", "max_uses": 1}]);
    let fetch = json!([{"type": "web_fetch_20250910", "name": "web_fetch"}]);
    for (label, model, tools, expected) in [
        ("what was learned meanwhile is left out", "sim/text", json!([]), first),
        ("pages that a search found are in the upstream's count", "sim/web-search", search, None),
        ("so are pages that were fetched", "sim/web-fetch", fetch, None),
        ("nothing was counted upstream", "sim/error-400", json!([]), None),
    ] {
        assert_eq!(ask(model, tools).await, expected, "{label}");
    }
}

#[tokio::test]
async fn every_name_that_a_request_may_have_is_a_model() {
    let plane = Plane::mapped(maps(vec![map("*opus*", &["openai/gpt-5.6-sol"])])).await;
    let catalogue = ["openai/gpt-5.6-sol", "z-ai/glm-5.2"]
        .map(|id| serde_json::from_value(serde_json::json!({"id": id, "name": id})).expect("a model"));
    plane.proxy.set_catalogue(std::sync::Arc::new(turnpike_routing::Catalogue::new(catalogue.to_vec())));
    for (asked, id, target) in [
        ("claude-opus-4-8", "claude-opus-4-8", Some("openai/gpt-5.6-sol")),
        ("z-ai/glm-5.2", "claude-via-openrouter/z-ai/glm-5.2", Some("z-ai/glm-5.2")),
        ("claude-via-openrouter/z-ai/glm-5.2", "claude-via-openrouter/z-ai/glm-5.2", Some("z-ai/glm-5.2")),
        ("nobody/knows", "", None),
        ("gpt-9", "", None),
    ] {
        let answer = plane.call("GET", &format!("/anthropic/v1/models/{asked}"), Some(&plane.token)).await;
        let Some(target) = target else {
            assert_eq!(answer.status, 404, "{asked}: {}", answer.text());
            continue;
        };
        let model = answer.json();
        assert_eq!((&model["type"], &model["id"]), (&"model".into(), &id.into()), "{asked}");
        assert_eq!(model["description"], format!("{target} through Turnpike"), "{asked}");
    }
}
