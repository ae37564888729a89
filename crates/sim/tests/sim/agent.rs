//! The scripted agent, driven by a client that runs its tools.

use serde_json::{Value, json};

use crate::client::{ask, chat, post, start};

fn tool(name: &str, properties: Value) -> Value {
    json!({"type": "function", "function": {"name": name, "description": name, "parameters": {
        "type": "object", "properties": properties}}})
}

fn tools() -> Vec<Value> {
    let text = json!({"type": "string"});
    vec![
        tool("Bash", json!({"command": text, "description": text})),
        tool("Read", json!({"file_path": text})),
        tool("Write", json!({"file_path": text, "content": text})),
        tool("ToolSearch", json!({"query": text, "max_results": {"type": "integer"}})),
        tool("WebSearch", json!({"query": text})),
        tool("Agent", json!({"description": text, "prompt": text, "subagent_type": text})),
    ]
}

/// Plays the loop to its end; returns the calls of each turn and the last text.
async fn play(prompt: &str, tools: Vec<Value>) -> (Vec<Vec<(String, Value)>>, String) {
    let sim = start();
    let mut body = ask("sim/agent", false);
    body["messages"][0]["content"] = json!(prompt);
    body["tools"] = json!(tools);
    let mut turns = Vec::new();
    for _ in 0..20 {
        let answer = chat(&sim, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let message = answer.json()["choices"][0]["message"].clone();
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        if calls.is_empty() {
            return (turns, message["content"].as_str().unwrap().to_owned());
        }
        let mut turn = json!({"role": "assistant", "content": message["content"]});
        for key in ["reasoning_details", "tool_calls"] {
            if let Some(value) = message.get(key) {
                turn[key] = value.clone();
            }
        }
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(turn);
        for call in &calls {
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "done"}));
        }
        let parsed = calls.iter().map(|call| {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            (call["function"]["name"].as_str().unwrap().to_owned(), serde_json::from_str(arguments).unwrap())
        });
        turns.push(parsed.collect());
    }
    panic!("the loop does not end: {turns:?}");
}

fn names(turns: &[Vec<(String, Value)>]) -> Vec<&str> {
    turns.iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn the_whole_loop_is_played() {
    let (turns, last) = play("Do it: png=/tmp/a.png pdf=/tmp/b.pdf agent=yes out=/tmp/c.txt", tools()).await;
    assert_eq!(names(&turns), ["Bash", "Bash", "Read", "Read", "ToolSearch", "WebSearch", "Agent", "Write"]);
    assert_eq!(turns[0].len(), 2, "the two commands come in one turn");
    assert_eq!(turns[1][0].1["file_path"], "/tmp/a.png");
    assert_eq!(turns[2][0].1["file_path"], "/tmp/b.pdf");
    assert_eq!(turns[6][0].1, json!({"file_path": "/tmp/c.txt", "content": "héllo \"wörld\" 你好\n"}));
    assert_eq!(last, "ALL DONE");
}

#[tokio::test]
async fn steps_without_tool_or_setting_are_left_out() {
    let (turns, last) = play("Just do it.", tools()).await;
    assert_eq!((names(&turns), last.as_str()), (vec!["Bash", "Bash", "ToolSearch", "WebSearch"], "ALL DONE"));
    let bash_only = tools().drain(..1).collect();
    let (turns, last) = play("png=/tmp/a.png out=/tmp/c", bash_only).await;
    assert_eq!((names(&turns), last.as_str()), (vec!["Bash", "Bash"], "ALL DONE"));
}

#[tokio::test]
async fn a_sub_agent_does_less() {
    let (turns, _) = play("agent=yes", tools()).await;
    let prompt = turns.last().unwrap()[0].1["prompt"].as_str().unwrap().to_owned();
    let (turns, last) = play(&prompt, tools()).await;
    assert_eq!((names(&turns), last.as_str()), (vec!["Bash"], "SUB-AGENT DONE"));
}

#[tokio::test]
async fn the_first_turn_thinks_and_interleaves() {
    let sim = start();
    let mut body = ask("sim/agent", true);
    body["tools"] = json!(tools());
    let answer = chat(&sim, &body).await;
    let chunks = answer.chunks_json();
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert!(deltas[0]["reasoning"].is_string());
    assert!(
        deltas.iter().any(|d| d["reasoning_details"][0]["signature"].is_string() && d["reasoning"].is_null())
    );
    let order: Vec<u64> = deltas.iter().filter_map(|d| d["tool_calls"][0]["index"].as_u64()).collect();
    assert_eq!(order[..4], [0, 1, 0, 1]);
}

#[tokio::test]
async fn small_requests_get_what_they_ask_for() {
    let sim = start();
    let schema =
        json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let format = json!({"type": "json_schema", "json_schema": {"name": "t", "schema": schema}});
    let search = json!([{"type": "openrouter:web_search", "parameters": {"max_uses": 8}}]);
    for model in ["sim/agent", "openai/gpt-5.6-luna"] {
        let mut body = ask(model, false);
        body["response_format"] = format.clone();
        let text = chat(&sim, &body).await.json()["choices"][0]["message"]["content"].clone();
        assert_eq!(text, "{\"title\":\"simulated\"}", "{model}");
        let mut body = ask(model, false);
        body["stop"] = json!(["</block>"]);
        let text = chat(&sim, &body).await.json()["choices"][0]["message"]["content"].clone();
        assert_eq!(text, "<block>no</block>", "{model}");
        let mut body = ask(model, true);
        body["tools"] = search.clone();
        let answer = chat(&sim, &body).await;
        let first = &answer.chunks_json()[0]["choices"][0]["delta"];
        assert_eq!(first["annotations"][0]["type"], "url_citation", "{model}: citations come first");
        assert_eq!(answer.usage()["server_tool_use_details"]["web_search_requests"], 1);
    }
}

#[tokio::test]
async fn the_agent_plays_on_the_messages_api_too() {
    let sim = start();
    let body = json!({
        "model": "sim/agent", "max_tokens": 999, "stream": false,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "go"}]}],
        "tools": [{"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}],
    });
    let message = post(&sim, "/api/v1/messages", &body).await.json();
    let kinds: Vec<&str> =
        message["content"].as_array().unwrap().iter().filter_map(|b| b["type"].as_str()).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use", "tool_use"]);
    assert_eq!(
        (&message["stop_reason"], &message["content"][3]["input"]),
        (&json!("tool_use"), &json!({"command": "echo second"}))
    );
}

#[tokio::test]
async fn an_ordinary_model_says_that_it_is_simulated() {
    let sim = start();
    let answer = chat(&sim, &ask("~anthropic/claude-opus-latest", true)).await;
    assert!(answer.content().contains("simulated") && answer.content().contains("Say something."));
    assert_eq!(
        answer.chunks_json()[0]["model"],
        "anthropic/claude-opus-5",
        "an alias is served by its target"
    );
}
