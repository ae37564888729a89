//! A message for a stream and a stream for a message, where the upstream sent what was not asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use turnpike_wire::sse::{Frame, SseDecoder, write_event};

use crate::answer::whole_arguments;
use crate::failure::Failure;

/// A block whose deltas come one by one.
struct Block {
    block: Value,
    /// JSON text of a call's arguments.
    arguments: String,
}

/// Writes a stream that has passed to its end as one message: for a client that asked for none.
///
/// # Errors
/// An event that is no JSON.
pub fn write_as_message(stream: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut message = Value::Null;
    let mut blocks: BTreeMap<u64, Block> = BTreeMap::new();
    let mut decoder = SseDecoder::new();
    decoder.push(stream).map_err(|error| Failure::unreadable(&error.to_string()))?;
    while let Some(frame) = decoder.next_frame() {
        let Frame::Event { name, data, .. } = frame else { continue };
        let mut event: Map<String, Value> =
            serde_json::from_slice(data).map_err(|_| Failure::unreadable("a line that is no JSON"))?;
        let index = event.get("index").and_then(Value::as_u64).unwrap_or_default();
        let mut take = |field: &str| event.remove(field).unwrap_or_default();
        match name {
            b"message_start" => message = take("message"),
            b"content_block_start" => {
                let block = Block { block: take("content_block"), arguments: String::new() };
                blocks.insert(index, block);
            }
            b"content_block_delta" => {
                if let (Some(block), Value::Object(delta)) = (blocks.get_mut(&index), take("delta")) {
                    block.add(delta);
                }
            }
            b"message_delta" => {
                update(&mut message, take("delta"));
                for field in ["usage", "context_management"] {
                    update(&mut message, json!({ field: take(field) }));
                }
            }
            _ => {}
        }
    }
    let Value::Object(mut message) = message else {
        return Err(Failure::unreadable("a stream without message_start"));
    };
    message.insert("content".to_owned(), blocks.into_values().map(Block::whole).collect());
    Ok(Value::from(message).to_string().into_bytes())
}

/// Writes a message as the events that follow `message_start`: for a client that asked for a stream.
///
/// # Errors
/// The message is no JSON.
pub fn write_as_stream(message: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut message: Map<String, Value> =
        serde_json::from_slice(message).map_err(|_| Failure::unreadable("a text that is no JSON"))?;
    let mut take = |field: &str| message.remove(field).unwrap_or_default();
    let mut out = Vec::new();
    let Value::Array(blocks) = take("content") else {
        return Err(Failure::unreadable("a message without content"));
    };
    for (index, mut block) in blocks.into_iter().enumerate() {
        let deltas = deltas(&mut block);
        write(&mut out, "content_block_start", json!({"index": index, "content_block": block}));
        for delta in deltas {
            write(&mut out, "content_block_delta", json!({"index": index, "delta": delta}));
        }
        write(&mut out, "content_block_stop", json!({"index": index}));
    }
    let mut delta = Map::new();
    for field in ["stop_reason", "stop_sequence", "stop_details", "container"] {
        delta.insert(field.to_owned(), take(field));
    }
    let (usage, context) = (take("usage"), take("context_management"));
    write(&mut out, "message_delta", json!({"delta": delta, "usage": usage, "context_management": context}));
    write(&mut out, "message_stop", json!({}));
    Ok(out)
}

/// Takes what clients read from deltas alone out of a block.
fn deltas(block: &mut Value) -> Vec<Value> {
    let Some(members) = block.as_object_mut() else { return Vec::new() };
    let mut empty = |field: &str, left: Value| {
        members.get_mut(field).filter(|value| !value.is_null()).map(|value| std::mem::replace(value, left))
    };
    let mut text = |field: &str, kind: &str| {
        empty(field, json!("")).filter(|text| *text != "").map(|text| json!({"type": kind, field: text}))
    };
    let texts = [
        text("text", "text_delta"),
        text("thinking", "thinking_delta"),
        text("signature", "signature_delta"),
    ];
    // Clients read arguments here alone, also when there are none.
    let input = empty("input", json!({}))
        .map(|input| json!({"type": "input_json_delta", "partial_json": input.to_string()}));
    let citations =
        empty("citations", json!([])).and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let cited =
        citations.into_iter().map(|citation| json!({"type": "citations_delta", "citation": citation}));
    texts.into_iter().flatten().chain(input).chain(cited).collect()
}

fn write(out: &mut Vec<u8>, name: &str, mut event: Value) {
    event["type"] = name.into();
    write_event(out, name, |out| out.extend_from_slice(event.to_string().as_bytes()));
}

/// What is told later counts, unless it is nothing.
fn update(known: &mut Value, later: Value) {
    match (known, later) {
        (_, Value::Null) => {}
        (Value::Object(known), Value::Object(later)) => {
            for (name, value) in later {
                update(known.entry(name).or_insert(Value::Null), value);
            }
        }
        (known, later) => *known = later,
    }
}

// === impl Block ===

impl Block {
    /// Adds a delta: texts follow each other, citations are listed, arguments wait for their end.
    fn add(&mut self, delta: Map<String, Value>) {
        let Some(members) = self.block.as_object_mut() else { return };
        for (name, value) in delta {
            match (name.as_str(), value) {
                ("type", _) => {}
                ("partial_json", value) => self.arguments.push_str(value.as_str().unwrap_or_default()),
                ("citation", citation) => match members.get_mut("citations") {
                    Some(Value::Array(list)) => list.push(citation),
                    _ => drop(members.insert("citations".to_owned(), json!([citation]))),
                },
                (_, Value::String(more)) => match members.get_mut(&name) {
                    Some(Value::String(known)) => known.push_str(&more),
                    _ => drop(members.insert(name, more.into())),
                },
                (_, value) => drop(members.insert(name, value)),
            }
        }
    }

    fn whole(mut self) -> Value {
        if let Some(members) = self.block.as_object_mut()
            && !self.arguments.trim().is_empty()
        {
            let arguments = whole_arguments(self.arguments);
            members.insert("input".to_owned(), serde_json::from_str(arguments.get()).unwrap_or_default());
        }
        self.block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Value {
        let page = json!({"type": "web_search_result", "url": "https://a.example", "title": "A"});
        let cited =
            json!({"type": "web_search_result_location", "url": "https://a.example", "cited_text": "é"});
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [
                {"type": "thinking", "thinking": "First.\n", "signature": "sig"},
                {"type": "redacted_thinking", "data": "sealed"},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]},
                {"type": "text", "text": "Said: \"é\"", "citations": [cited]},
                {"type": "text", "text": "and", "citations": []},
                {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls", "n": 1}},
                {"type": "tool_use", "id": "toolu_2", "name": "Now", "input": {}},
            ],
            "stop_reason": "tool_use", "stop_sequence": null,
            "usage": {"input_tokens": 5, "output_tokens": 2, "cost": 0.25},
        })
    }

    /// A stream's beginning, as OpenRouter sends it, for the message.
    fn with_start(events: &[u8]) -> Vec<u8> {
        let start = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0}});
        let mut stream = Vec::new();
        write(&mut stream, "message_start", json!({"message": start}));
        stream.extend_from_slice(b": keep-alive\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n");
        stream.extend_from_slice(events);
        stream
    }

    #[test]
    fn a_message_comes_back_from_its_events() {
        let events = write_as_stream(message().to_string().as_bytes()).unwrap();
        let mut back: Value =
            serde_json::from_slice(&write_as_message(&with_start(&events)).unwrap()).unwrap();
        // Told at the end of a stream, whatever they are.
        for field in ["stop_details", "container", "context_management"] {
            assert_eq!(back.as_object_mut().unwrap().remove(field).unwrap_or_default(), Value::Null);
        }
        assert_eq!(back, message());
    }

    #[test]
    fn what_clients_read_from_deltas_stands_in_deltas() {
        let events = String::from_utf8(write_as_stream(message().to_string().as_bytes()).unwrap()).unwrap();
        let starts: String =
            events.split("\n\n").filter(|frame| frame.contains("content_block_start")).collect();
        for told in ["First.", "sig\"", "Said", "cited_text", "command"] {
            assert!(events.contains(told) && !starts.contains(told), "{told}");
        }
        for whole in ["sealed", "web_search_result\""] {
            assert!(starts.contains(whole), "{whole}");
        }
    }

    #[test]
    fn pieces_are_joined_and_cut_arguments_closed() {
        let event = |name: &str, event: Value| {
            let mut out = Vec::new();
            write(&mut out, name, event);
            out
        };
        let delta = |delta: Value| event("content_block_delta", json!({"index": 0, "delta": delta}));
        let start = |block: Value| event("content_block_start", json!({"index": 0, "content_block": block}));
        for (label, events, block) in [
            (
                "a text in pieces",
                [
                    start(json!({"type": "text", "text": "", "citations": null})),
                    delta(json!({"type": "text_delta", "text": "a"})),
                    delta(json!({"type": "text_delta", "text": "b"})),
                ],
                json!({"type": "text", "text": "ab", "citations": null}),
            ),
            (
                "arguments that were cut off",
                [
                    start(json!({"type": "tool_use", "id": "t", "name": "f", "input": {}})),
                    delta(json!({"type": "input_json_delta", "partial_json": "{\"a\":1,"})),
                    delta(json!({"type": "input_json_delta", "partial_json": "\"b\":\"x"})),
                ],
                json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}),
            ),
        ] {
            let body = write_as_message(&with_start(&events.concat())).unwrap();
            let message: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(message["content"], json!([block]), "{label}");
        }
    }

    #[test]
    fn what_is_no_answer_is_a_failure() {
        assert!(write_as_message(b"event: message_stop\ndata: {}\n\n").is_err());
        assert!(write_as_message(b"event: message_start\ndata: {\n\n").is_err());
        assert!(write_as_stream(b"[]").is_err() && write_as_stream(br#"{"content":"x"}"#).is_err());
    }
}
