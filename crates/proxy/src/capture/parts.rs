//! An answer as people read it: from what went to the client, in either of its APIs, streamed or whole.

use serde_json::Value;

/// A part of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerPart {
    /// `text`, `thinking`, `tool_use`, `error`, or another kind of block.
    pub kind: String,
    /// Name of the tool that is called.
    pub name: Option<String>,
    /// The words; for a tool its arguments as JSON.
    pub text: String,
}

/// Reads it. What is no answer of either API gives nothing.
pub(crate) fn read(body: &[u8]) -> Vec<AnswerPart> {
    let text = String::from_utf8_lossy(body);
    let mut parts = Vec::new();
    if let Ok(whole) = serde_json::from_str::<Value>(&text) {
        of_whole(&whole, &mut parts);
    } else {
        let chunks = text.lines().filter_map(|line| line.strip_prefix("data:"));
        for chunk in chunks.filter_map(|chunk| serde_json::from_str::<Value>(chunk).ok()) {
            of_chunk(&chunk, &mut parts);
        }
    }
    parts.retain(|part| part.name.is_some() || !part.text.is_empty());
    parts
}

fn of_whole(whole: &Value, parts: &mut Vec<AnswerPart>) {
    add_error(whole, parts);
    for block in list(&whole["content"]) {
        parts.push(of_block(block));
    }
    for choice in list(&whole["choices"]) {
        of_delta(&choice["message"], parts);
    }
}

fn of_chunk(chunk: &Value, parts: &mut Vec<AnswerPart>) {
    add_error(chunk, parts);
    match chunk["type"].as_str() {
        Some("content_block_start") => parts.push(of_block(&chunk["content_block"])),
        Some("content_block_delta") => {
            let delta = &chunk["delta"];
            let more = ["text", "thinking", "partial_json"].iter().find_map(|name| delta[name].as_str());
            if let (Some(part), Some(more)) = (parts.last_mut(), more) {
                part.text.push_str(more);
            }
        }
        _ => {
            for choice in list(&chunk["choices"]) {
                of_delta(&choice["delta"], parts);
            }
        }
    }
}

/// A block of the Messages API. One that begins a stream has empty arguments, which its pieces fill.
fn of_block(block: &Value) -> AnswerPart {
    let kind = text(&block["type"]);
    let words = match kind.as_str() {
        "text" => text(&block["text"]),
        "thinking" => text(&block["thinking"]),
        _ => match block.get("input").or_else(|| block.get("content")) {
            Some(Value::Object(input)) if input.is_empty() => String::new(),
            Some(value) => value.to_string(),
            None => String::new(),
        },
    };
    AnswerPart { name: block["name"].as_str().map(str::to_owned), kind, text: words }
}

/// A piece or the whole of a chat completion's message.
fn of_delta(message: &Value, parts: &mut Vec<AnswerPart>) {
    let said = [("thinking", "reasoning"), ("text", "content"), ("text", "refusal")];
    for (kind, member) in said {
        if let Some(more) = message[member].as_str().filter(|more| !more.is_empty()) {
            match parts.last_mut().filter(|part| part.kind == kind) {
                Some(part) => part.text.push_str(more),
                None => parts.push(AnswerPart { kind: kind.to_owned(), name: None, text: more.to_owned() }),
            }
        }
    }
    for call in list(&message["tool_calls"]) {
        let function = &call["function"];
        if let Some(name) = function["name"].as_str().filter(|name| !name.is_empty()) {
            let (kind, name) = ("tool_use".to_owned(), Some(name.to_owned()));
            parts.push(AnswerPart { kind, name, text: String::new() });
        }
        if let (Some(part), Some(more)) = (parts.last_mut(), function["arguments"].as_str()) {
            part.text.push_str(more);
        }
    }
}

fn add_error(value: &Value, parts: &mut Vec<AnswerPart>) {
    if let Some(message) = value["error"]["message"].as_str() {
        parts.push(AnswerPart { kind: "error".to_owned(), name: None, text: message.to_owned() });
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_both_apis_are_read_streamed_and_whole() {
        let rows = [
            (
                "a message",
                r#"{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Hi"},
                    {"type":"tool_use","name":"run","input":{"a":1}}]}"#,
                vec![("thinking", None, "hm"), ("text", None, "Hi"), ("tool_use", Some("run"), "{\"a\":1}")],
            ),
            (
                "a stream of events",
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
                 data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"H\"}}\n\n\
                 data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"i\"}}\n\n\
                 data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"name\":\"run\",\"input\":{}}}\n\n\
                 data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n\
                 event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"It broke off.\"}}\n\n",
                vec![("text", None, "Hi"), ("tool_use", Some("run"), "{}"), ("error", None, "It broke off.")],
            ),
            (
                "a completion",
                r#"{"choices":[{"message":{"reasoning":"hm","content":"Hi","tool_calls":[{"function":{"name":"run","arguments":"{}"}}]}}]}"#,
                vec![("thinking", None, "hm"), ("text", None, "Hi"), ("tool_use", Some("run"), "{}")],
            ),
            (
                "a stream of chunks",
                "data: {\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"i\"}}]}\n\ndata: [DONE]\n\n",
                vec![("text", None, "Hi")],
            ),
            ("an error", r#"{"type":"error","error":{"message":"No."}}"#, vec![("error", None, "No.")]),
            ("nothing of the kind", "<html>", vec![]),
        ];
        for (name, body, expected) in rows {
            let read = read(body.as_bytes());
            let parts: Vec<_> = read
                .iter()
                .map(|part| (part.kind.as_str(), part.name.as_deref(), part.text.as_str()))
                .collect();
            assert_eq!(parts, expected, "{name}");
        }
    }
}
