//! A whole answer made of a stream's chunks, as OpenAI's own clients put them together.

use serde_json::{Map, Value, json};
use turnpike_wire::sse::{Frame, SseDecoder};

use crate::failure::Failure;

/// Members that are said once, however often they come.
const SAID_ONCE: [&str; 5] = ["role", "id", "type", "name", "format"];

/// Writes a stream that has passed to its end as one answer: for a client that asked for none.
///
/// # Errors
/// A line that is no JSON.
pub fn write_as_completion(stream: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut whole = Map::new();
    let mut choices: Vec<Value> = Vec::new();
    let mut take = |data: &[u8]| -> Result<(), Failure> {
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let chunk = serde_json::from_slice::<Map<String, Value>>(data);
        for (name, value) in chunk.map_err(|_| Failure::unreadable("a line that is no JSON object"))? {
            match (name.as_str(), value) {
                ("choices", Value::Array(more)) => {
                    more.into_iter().for_each(|choice| join(&mut choices, choice))
                }
                ("choices" | "object", _) | (_, Value::Null) => {}
                (_, value) => drop(whole.insert(name, value)),
            }
        }
        Ok(())
    };
    let mut decoder = SseDecoder::default();
    decoder.push(stream).map_err(|error| Failure::unreadable(&error.to_string()))?;
    while let Some(frame) = decoder.next_frame() {
        if let Frame::Event { data, .. } = frame {
            take(data)?;
        }
    }
    if let Some(Frame::Event { data, .. }) = decoder.finish() {
        take(data)?;
    }
    choices.sort_by_key(|choice| choice["index"].as_u64());
    choices.iter_mut().filter_map(Value::as_object_mut).for_each(finish);
    whole.insert("object".to_owned(), "chat.completion".into());
    whole.insert("choices".to_owned(), choices.into());
    serde_json::to_vec(&whole).map_err(|_| Failure::unreadable("an answer that cannot be written"))
}

/// A choice is done: what was told in pieces is its message.
fn finish(choice: &mut Map<String, Value>) {
    let mut message = match choice.remove("delta") {
        Some(Value::Object(message)) => message,
        _ => Map::new(),
    };
    message.entry("role").or_insert_with(|| "assistant".into());
    message.entry("content").or_insert(Value::Null);
    // Numbers of pieces have no meaning in a whole answer.
    for call in message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
        call.as_object_mut().map(|call| call.remove("index"));
    }
    choice.insert("message".to_owned(), message.into());
    choice.entry("finish_reason").or_insert(Value::Null);
    choice.entry("index").or_insert_with(|| json!(0));
}

/// Joins an element to a list: to the one with its number if that is of its kind, else at the end.
fn join(list: &mut Vec<Value>, mut element: Value) {
    // A choice that is told whole is a piece like any other.
    if let Some(choice) = element.as_object_mut()
        && let Some(message) = choice.remove("message")
    {
        choice.insert("delta".to_owned(), message);
    }
    let number = |value: &Value| value["index"].as_u64();
    let alike = |known: &Value| {
        let is_kind =
            known["type"] == element["type"] || known["type"].is_null() || element["type"].is_null();
        number(known) == number(&element) && is_kind
    };
    match list.iter_mut().rev().find(|known| alike(known)).filter(|_| number(&element).is_some()) {
        Some(known) => add(known, element),
        None => list.push(element),
    }
}

/// Adds a piece to what is known: texts follow each other, lists and objects are joined, else the newer one counts.
fn add(known: &mut Value, piece: Value) {
    match (known, piece) {
        (_, Value::Null) => {}
        (Value::String(text), Value::String(more)) => text.push_str(&more),
        (Value::Array(list), Value::Array(more)) => more.into_iter().for_each(|element| join(list, element)),
        (Value::Object(members), Value::Object(more)) => {
            for (name, value) in more {
                match members.get_mut(&name) {
                    Some(known) if SAID_ONCE.contains(&name.as_str()) => {
                        if known.as_str().is_none_or(str::is_empty) && !value.is_null() {
                            *known = value;
                        }
                    }
                    // Why it ended is told once, and repeated by some.
                    Some(known) if name.ends_with("finish_reason") => {
                        if !value.is_null() {
                            *known = value;
                        }
                    }
                    Some(known) => add(known, value),
                    None => drop(members.insert(name, value)),
                }
            }
        }
        (known, piece) => *known = piece,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(chunks: &[Value]) -> Value {
        let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
        let body = write_as_completion(format!(": hello\n\n{stream}data: [DONE]\n\n").as_bytes()).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn choice(delta: Value) -> Value {
        json!({"id": "gen-1", "object": "chat.completion.chunk", "model": "a/b", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    #[test]
    fn pieces_become_a_message() {
        let end = json!({"id": "gen-1", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop", "native_finish_reason": "end_turn"}]});
        let bill = json!({"id": "gen-1", "choices": [], "usage": {"prompt_tokens": 8, "cost": 0.25}});
        for (label, deltas, message) in [
            (
                "text",
                vec![
                    json!({"role": "assistant", "content": "h"}),
                    json!({"role": "assistant", "content": "é"}),
                ],
                json!({"role": "assistant", "content": "hé"}),
            ),
            (
                "calls whose pieces alternate and repeat their names",
                vec![
                    json!({"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": "c0", "type": "function", "function": {"name": "f", "arguments": ""}}]}),
                    json!({"tool_calls": [{"index": 1, "id": "c1", "type": "function", "function": {"name": "g", "arguments": "{"}}]}),
                    json!({"tool_calls": [{"index": 0, "id": "c0", "type": "function", "function": {"name": "f", "arguments": "{\"a\":"}}]}),
                    json!({"tool_calls": [{"index": 1, "function": {"arguments": "}"}}, {"index": 0, "id": null, "function": {"arguments": "1}"}}]}),
                ],
                json!({"role": "assistant", "content": "", "tool_calls": [
                    {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                    {"id": "c1", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ]}),
            ),
            (
                "thoughts with their signature, and two kinds under one number",
                vec![
                    json!({"reasoning": "a", "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "a", "format": "x-v1"}]}),
                    json!({"reasoning": "b", "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "b", "format": "x-v1"}]}),
                    json!({"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s"}]}),
                    json!({"reasoning_details": [{"type": "reasoning.encrypted", "index": 0, "data": "d"}]}),
                ],
                json!({"role": "assistant", "content": "", "reasoning": "ab", "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "ab", "format": "x-v1", "signature": "s"},
                    {"type": "reasoning.encrypted", "index": 0, "data": "d"},
                ]}),
            ),
            (
                "lists without numbers",
                vec![
                    json!({"content": "x", "annotations": [{"type": "a"}]}),
                    json!({"annotations": [{"type": "a"}]}),
                ],
                json!({"role": "assistant", "content": "x", "annotations": [{"type": "a"}, {"type": "a"}]}),
            ),
        ] {
            let chunks: Vec<Value> =
                deltas.into_iter().map(choice).chain([end.clone(), bill.clone()]).collect();
            let expected = json!({"id": "gen-1", "object": "chat.completion", "model": "a/b", "usage": {"prompt_tokens": 8, "cost": 0.25},
                "choices": [{"index": 0, "message": message, "finish_reason": "stop", "native_finish_reason": "end_turn"}]});
            assert_eq!(whole(&chunks), expected, "{label}");
        }
    }

    #[test]
    fn several_choices_and_whole_ones_stand_in_order() {
        let chunk = |index: u64, name: &str, text: &str| json!({"choices": [{"index": index, name: {"content": text}}]});
        let body = whole(&[chunk(1, "delta", "b"), chunk(0, "message", "a"), chunk(1, "delta", "c")]);
        let said: Vec<&Value> =
            body["choices"].as_array().unwrap().iter().map(|choice| &choice["message"]["content"]).collect();
        assert_eq!(said, ["a", "bc"]);
        assert!(
            write_as_completion(b"data: [1]\n\n").is_err() && write_as_completion(b"data: {\n\n").is_err()
        );
    }
}
