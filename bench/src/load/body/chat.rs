//! The same conversation as a chat completion request, as plainly as it can be said.

use serde_json::{Value, json};

pub(super) fn from_messages(request: &Value) -> Value {
    let mut messages = Vec::new();
    let system = parts(&request["system"]);
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    for message in request["messages"].as_array().into_iter().flatten() {
        match message["role"].as_str() {
            Some("assistant") => messages.push(assistant(&message["content"])),
            _ => user(&message["content"], &mut messages),
        }
    }
    let mut chat = json!({"max_tokens": request["max_tokens"], "messages": messages});
    if let Some(tools) = request["tools"].as_array() {
        chat["tools"] = tools.iter().map(function).collect();
        chat["reasoning"] = json!({"effort": "medium"});
    }
    chat
}

fn function(tool: &Value) -> Value {
    let function = json!({
        "name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"],
    });
    json!({"type": "function", "function": function})
}

fn assistant(content: &Value) -> Value {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let calls: Vec<Value> = blocks
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .map(|call| {
            let function = json!({"name": call["name"], "arguments": call["input"].to_string()});
            json!({"id": call["id"], "type": "function", "function": function})
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": parts(content)});
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    message
}

fn user(content: &Value, messages: &mut Vec<Value>) {
    for block in content.as_array().into_iter().flatten().filter(|block| block["type"] == "tool_result") {
        messages
            .push(json!({"role": "tool", "tool_call_id": block["tool_use_id"], "content": block["content"]}));
    }
    if content.is_string() {
        messages.push(json!({"role": "user", "content": content}));
    }
    let rest = parts(content);
    if !rest.is_empty() {
        messages.push(json!({"role": "user", "content": rest}));
    }
}

/// Texts and pictures of a content, in their order.
fn parts(content: &Value) -> Vec<Value> {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let part = |block: &Value| match block["type"].as_str() {
        Some("text") => Some(json!({"type": "text", "text": block["text"]})),
        Some("image") => {
            let data = block["source"]["data"].as_str().unwrap_or_default();
            Some(json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}}))
        }
        _ => None,
    };
    blocks.iter().filter_map(part).collect()
}
