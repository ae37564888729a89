//! The Messages API as one JSON body.

use serde_json::{Value, json};

use super::messages::{fetch_blocks, message_id, search_blocks, stop_reason};
use super::{Event, Identity, usage};
use crate::clock;
use crate::meter::Produced;
use crate::script::{Act, Script};

/// The body of a plain answer, as one event.
pub(crate) fn body(mut identity: Identity, script: Script) -> Event {
    let mut blocks: Vec<Value> = Vec::new();
    let mut inputs: Vec<(u64, usize, String)> = Vec::new();
    let mut produced = Produced::default();
    for act in script.acts {
        let one = act.produced();
        identity.meter.add(one);
        produced.completion += one.completion;
        produced.reasoning += one.reasoning;
        produced.searches += one.searches;
        match act {
            Act::Text(text) => append(&mut blocks, "text", "text", &text),
            Act::Stamp(sequence) => {
                append(&mut blocks, "text", "text", &format!("{sequence}:{} ", clock::monotonic_nanos()));
            }
            Act::Think(text, _) => append(&mut blocks, "thinking", "thinking", &text),
            Act::Sign(signature) => append(&mut blocks, "thinking", "signature", &signature),
            Act::Redacted(data) => blocks.push(json!({"type": "redacted_thinking", "data": data})),
            Act::Call { index, id, name } => {
                inputs.push((index, blocks.len(), String::new()));
                blocks.push(json!({"type": "tool_use", "id": id, "name": name, "input": {}}));
            }
            Act::Args { index, fragment } => {
                if let Some(input) = inputs.iter_mut().rfind(|input| input.0 == index) {
                    input.2.push_str(&fragment);
                }
            }
            Act::Search(search) => blocks.extend(search_blocks(&search, &identity.id)),
            Act::Fetch(fetch) => blocks.extend(fetch_blocks(&fetch, &identity.id)),
            Act::Delta(delta) => {
                append(&mut blocks, "text", "text", delta["content"].as_str().unwrap_or_default());
            }
            Act::Chunk(_) | Act::Line(_) => {}
        }
    }
    for (_, position, input) in inputs {
        blocks[position]["input"] = serde_json::from_str(&input).unwrap_or_else(|_| json!({}));
    }
    if !script.ending.billed {
        identity.meter = identity.meter.unbilled();
    }
    let head = json!({
        "id": message_id(&identity.id), "type": "message", "role": "assistant", "model": identity.model,
        "provider": identity.provider, "content": blocks, "container": null, "stop_details": null,
        "stop_reason": stop_reason(script.ending.finish), "stop_sequence": null,
    })
    .to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    Event::content(format!("{head},\"usage\":{}}}", usage::messages(&identity.meter)), produced)
}

/// Appends to the field of the last block of that type, or starts such a block.
fn append(blocks: &mut Vec<Value>, kind: &str, field: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    if blocks.last().is_none_or(|last| last["type"] != kind) {
        blocks.push(match kind {
            "thinking" => json!({"type": "thinking", "thinking": "", "signature": ""}),
            _ => json!({"type": "text", "text": "", "citations": null}),
        });
    }
    if let Some(Value::String(whole)) = blocks.last_mut().map(|last| &mut last[field]) {
        whole.push_str(text);
    }
}
