//! The client's half of a conversation: it keeps the blocks of an answer and sends them back.

use serde_json::{Value, json};

/// The content blocks that a client reads from a stream, whole as it sends them back later.
pub(crate) fn blocks(stream: &[u8]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut arguments = String::new();
    for line in std::str::from_utf8(stream).unwrap().lines() {
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        match event["type"].as_str().unwrap() {
            "content_block_start" => blocks.push(event["content_block"].clone()),
            "content_block_delta" => {
                let block = blocks.last_mut().unwrap();
                let delta = &event["delta"];
                for (kind, field) in
                    [("text_delta", "text"), ("thinking_delta", "thinking"), ("signature_delta", "signature")]
                {
                    if delta["type"] == kind {
                        let whole =
                            block[field].as_str().unwrap().to_owned() + delta[field].as_str().unwrap();
                        block[field] = Value::from(whole);
                    }
                }
                arguments.push_str(delta["partial_json"].as_str().unwrap_or_default());
            }
            "content_block_stop" if !arguments.is_empty() => {
                blocks.last_mut().unwrap()["input"] = serde_json::from_str(&arguments).unwrap();
                arguments.clear();
            }
            _ => {}
        }
    }
    blocks
}

/// The next request of the conversation: what the model said, and the results of its calls or a word.
pub(crate) fn next_request(blocks: &[Value]) -> Value {
    let results = blocks.iter().filter(|block| block["type"] == "tool_use");
    let mut heard: Vec<Value> = results
        .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "done"}))
        .collect();
    if heard.is_empty() {
        heard.push(json!({"type": "text", "text": "go on"}));
    }
    json!({"model": "m", "max_tokens": 4096, "messages": [
        {"role": "user", "content": "begin"},
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": heard},
    ]})
}
