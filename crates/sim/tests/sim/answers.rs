//! What the answers say, in the shapes of real ones.

use serde_json::{Value, json};
use turnpike_sim::NanoUsd;

use crate::client::{KEY, ask, chat, get, post, start};

#[tokio::test]
async fn streamed_text_has_the_recent_shape() {
    let sim = start();
    let answer = chat(&sim, &ask("sim/text+words=20", true)).await;
    assert_eq!((answer.status, answer.broken), (200, None));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = answer.text();
    assert!(text.starts_with(": OPENROUTER PROCESSING\n\n") && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(answer.content(), turnpike_sim::words(20));
    let chunks = answer.chunks_json();
    assert!(
        chunks.iter().all(|c| c["choices"][0]["delta"]["role"] == "assistant"),
        "role stands in every delta"
    );
    assert!(chunks.iter().all(|c| c["provider"] == "Simulator" && c["object"] == "chat.completion.chunk"));
    assert!(chunks.iter().all(|c| c["id"] == answer.header("x-generation-id").unwrap()));
    let [.., finish, last] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!((&finish["choices"][0]["finish_reason"], finish.get("usage")), (&json!("stop"), None));
    assert_eq!(last["choices"][0]["finish_reason"], "stop", "the usage chunk repeats it");
    assert_eq!(last["usage"]["completion_tokens"], 20);
}

#[tokio::test]
async fn a_plain_answer_is_the_sum_of_the_stream() {
    let sim = start();
    let answer = chat(&sim, &ask("sim/text+words=20", false)).await;
    let body = answer.json();
    assert_eq!(body["choices"][0]["message"]["content"], turnpike_sim::words(20));
    assert_eq!(
        (&body["object"], &body["usage"]["completion_tokens"]),
        (&json!("chat.completion"), &json!(20))
    );
    assert!(body["choices"][0]["message"].get("tool_calls").is_none());
}

#[tokio::test]
async fn interleaved_calls_join_to_two_valid_ones() {
    let sim = start();
    let tools = json!([{"type": "function", "function": {"name": "Bash", "parameters": {
        "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}}]);
    let mut body = ask("sim/parallel", true);
    body["tools"] = tools;
    let answer = chat(&sim, &body).await;
    let mut arguments = [String::new(), String::new()];
    let mut order = Vec::new();
    for chunk in answer.chunks_json() {
        for call in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            order.push(index);
            arguments[index].push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    assert!(order.windows(2).filter(|pair| pair[0] != pair[1]).count() > 2, "fragments alternate: {order:?}");
    let parsed: Vec<Value> = arguments.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(parsed, [json!({"command": "echo call 1"}), json!({"command": "echo call 2"})]);
    body["stream"] = json!(false);
    let plain = chat(&sim, &body).await.json();
    assert_eq!(plain["choices"][0]["message"]["tool_calls"][1]["function"]["arguments"], arguments[1]);
}

#[tokio::test]
async fn the_skin_streams_messages_with_zero_usage_first_and_cost_last() {
    let sim = start();
    let body = json!({"model": "sim/thinking", "max_tokens": 100, "stream": true,
                      "messages": [{"role": "user", "content": "Hello"}]});
    let answer = post(&sim, "/api/v1/messages", &body).await;
    let text = answer.text();
    let events: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(events.first(), Some(&"message_start"));
    assert_eq!(events[events.len() - 3..], ["message_delta", "message_stop", "data"]);
    assert!(text.ends_with("event: data\ndata: [DONE]\n\n"));
    let json = answer.chunks_json();
    assert_eq!(json[0]["message"]["usage"]["input_tokens"], 0);
    let delta = json.iter().find(|event| event["type"] == "message_delta").unwrap();
    assert_eq!(delta["delta"]["stop_reason"], "end_turn");
    assert!(
        delta["usage"]["cost"].as_f64().unwrap() > 0.0
            && delta["usage"]["input_tokens"].as_u64().unwrap() > 0
    );
    let signed = json.iter().any(|event| event["delta"]["type"] == "signature_delta");
    assert!(signed, "thinking ends with its signature");
}

#[tokio::test]
async fn the_bill_is_the_sum_of_the_costs_sent() {
    let sim = start();
    let mut sum = NanoUsd::ZERO;
    for model in
        ["sim/text", "sim/thinking", "openai/gpt-5.6-luna", "sim/text+cost=0.0000000035", "openrouter/free"]
    {
        let answer = chat(&sim, &ask(model, true)).await;
        sum += NanoUsd::parse(&answer.usage_cost()).unwrap();
    }
    assert_eq!(sim.total(), sum);
    assert_eq!(sim.bill().items.iter().map(|item| item.charged).sum::<NanoUsd>(), sum);
    assert!(sum > NanoUsd::ZERO);
}

#[tokio::test]
async fn a_generation_is_known_after_the_lag() {
    let sim = start();
    let answer = chat(&sim, &ask("sim/text", true)).await;
    let id = answer.header("x-generation-id").unwrap().to_owned();
    let path = format!("/api/v1/generation?id={id}");
    assert_eq!(get(&sim, &path, Some(KEY)).await.status, 404);
    let row = get(&sim, &path, Some(KEY)).await.text();
    assert!(row.contains(&format!("\"total_cost\":{}", answer.usage_cost())), "{row}");
    assert_eq!(get(&sim, &path, None).await.status, 401);
}

#[tokio::test]
async fn the_catalogue_is_public_and_holds_what_presets_name() {
    let sim = start();
    let body = get(&sim, "/api/v1/models", None).await.json();
    let ids: Vec<&str> = body["data"].as_array().unwrap().iter().filter_map(|m| m["id"].as_str()).collect();
    for id in [
        "openai/gpt-5.6-terra",
        "openrouter/free",
        "poolside/laguna-s-2.1:free",
        "sim/agent",
        "~openai/gpt-latest",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    let model = |id: &str| body["data"].as_array().unwrap().iter().find(|m| m["id"] == id).cloned().unwrap();
    assert_eq!(model("openrouter/auto")["pricing"]["prompt"], "-1");
    assert_eq!(model("openai/gpt-5.6-sol")["pricing"]["overrides"][0]["min_prompt_tokens"], 272_000);
    assert_eq!(model("anthropic/claude-fable-5")["reasoning"]["mandatory"], true);
}

#[tokio::test]
async fn an_unknown_model_is_named() {
    let sim = start();
    let answer = chat(&sim, &ask("nobody/nothing", true)).await;
    assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/json")));
    assert_eq!(answer.json()["error"]["message"], "nobody/nothing is not a valid model ID");
}
