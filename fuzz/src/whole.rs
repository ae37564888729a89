//! Native answers of the other kind: a message that becomes events, and events that become a message.

use serde_json::{Value, json};
use turnpike_translate::native::{read_message, write_as_message, write_as_stream};
use turnpike_wire::sse::{Frame, SseDecoder};

/// The input is read as a message and as a stream. What comes of it keeps all that clients read.
pub fn native_whole(bytes: &[u8]) {
    judge_message(bytes);
    let Ok(joined) = write_as_message(bytes) else { return };
    let message: Value = serde_json::from_slice(&joined).expect("a message is JSON");
    assert!(message["content"].is_array(), "a message has content");
    judge_message(&joined);
}

fn judge_message(bytes: &[u8]) {
    // The service hands on only what it could read.
    if read_message(bytes).is_err() {
        return;
    }
    let Ok(events) = write_as_stream(bytes) else { return };
    let message: Value = serde_json::from_slice(bytes).expect("what became events is JSON");
    judge_order(&events, message["content"].as_array().expect("it was written").len());
    let mut start = json!({"type": "message_start", "message": message.clone()});
    start["message"]["content"] = json!([]);
    let stream = [b"event: message_start\ndata: ", start.to_string().as_bytes(), b"\n\n", &events].concat();
    let back = write_as_message(&stream).expect("our own events are read");
    let back: Value = serde_json::from_slice(&back).expect("a message is JSON");
    for (index, (before, after)) in blocks(&message).iter().zip(blocks(&back)).enumerate() {
        assert!(!is_well_formed(before) || before == after, "block {index}: {before} became {after}");
    }
    assert_eq!(blocks(&message).len(), blocks(&back).len(), "each block comes back");
    for field in ["stop_reason", "stop_sequence", "usage", "id", "model", "role"] {
        assert_eq!(
            message.get(field).unwrap_or(&Value::Null),
            back.get(field).unwrap_or(&Value::Null),
            "{field}"
        );
    }
}

fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map_or(&[], Vec::as_slice)
}

/// Whether a block's fields have their own kinds: only those are promised to come back.
fn is_well_formed(block: &Value) -> bool {
    let is = |field: &str, kind: fn(&Value) -> bool| block.get(field).is_none_or(kind);
    block.is_object()
        && is("input", Value::is_object)
        && is("citations", |value| value.is_array() || value.is_null())
        && ["text", "thinking", "signature"].into_iter().all(|field| is(field, Value::is_string))
}

/// Blocks one after the other, each opened and closed once, then the end, and nothing behind it.
fn judge_order(events: &[u8], blocks: usize) {
    let (mut at, mut is_open, mut told) = (0, false, Vec::new());
    let mut decoder = SseDecoder::new();
    decoder.push(events).expect("inputs are far below the limit");
    while let Some(frame) = decoder.next_frame() {
        let Frame::Event { name, data, .. } = frame else { panic!("only events are written") };
        let event: Value = serde_json::from_slice(data).expect("each event is JSON");
        let name = std::str::from_utf8(name).expect("names are ours");
        assert_eq!(event["type"], name, "the name is the type");
        match name {
            "content_block_start" | "content_block_delta" | "content_block_stop" => {
                assert!(told.is_empty(), "a block behind the end");
                assert_eq!(event["index"], at, "blocks are numbered in order");
                assert_eq!(
                    is_open,
                    name != "content_block_start",
                    "a block is opened once, and before it is added to"
                );
                is_open = name != "content_block_stop";
                at += usize::from(!is_open);
            }
            _ => told.push(name.to_owned()),
        }
    }
    assert!(!is_open && at == blocks, "every block is closed");
    assert_eq!(told, ["message_delta", "message_stop"], "the end is told once");
}
