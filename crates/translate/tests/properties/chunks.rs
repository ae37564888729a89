//! Chunks as upstreams might send them, in any order and with any piece missing.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A fragment of a call: index, id, name and arguments each there or not.
fn call() -> impl Strategy<Value = Value> {
    let arguments =
        select(vec!["", "{", "}", "{}", "\"a\":", "1", "\"x", "\"", "null", " ", "ls", "{\"a\":1}{\"a\":2}"]);
    let ids = select(vec!["", "c1", "c2", "functions.A:0"]);
    let names = select(vec!["", "A", "B"]);
    (weighted(0.8, 0..3_u8), weighted(0.4, ids), weighted(0.5, names), weighted(0.9, arguments)).prop_map(
        |(index, id, name, arguments)| {
            json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
        },
    )
}

fn detail() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"type": "reasoning.text", "text": "hm", "index": 0}),
        json!({"type": "reasoning.text", "text": "", "index": 0}),
        json!({"type": "reasoning.text", "signature": "S", "index": 0}),
        json!({"type": "reasoning.encrypted", "data": "E", "id": "rs_1", "index": 0}),
        json!({"type": "reasoning.summary", "summary": "so"}),
        json!([1]),
        json!(null),
    ])
}

fn delta() -> impl Strategy<Value = Value> {
    let text = || select(vec![Value::Null, json!(""), json!("word"), json!(" \n"), json!("é\u{1}\"")]);
    prop_oneof![
        3 => text().prop_map(|text| json!({"role": "assistant", "content": text})),
        2 => (text(), vec(detail(), 0..3)).prop_map(|(text, details)| {
            json!({"content": "", "reasoning": text, "reasoning_details": details})
        }),
        4 => vec(call(), 1..3).prop_map(|calls| json!({"content": null, "tool_calls": calls})),
        1 => text().prop_map(|text| json!({"content": text, "refusal": "no"})),
        1 => Just(json!({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}]})),
        1 => text().prop_map(|text| json!({"content": [{"type": "text", "text": text}]})),
    ]
}

/// The bytes of a stream: chunks, a reason to finish, the end.
pub(crate) fn stream() -> impl Strategy<Value = String> {
    let finish = select(vec!["null", "\"stop\"", "\"tool_calls\"", "\"length\"", "\"content_filter\""]);
    (vec(delta(), 0..12), finish, any::<bool>()).prop_map(|(deltas, finish, done)| {
        let mut stream = String::new();
        for delta in deltas {
            stream.push_str(&format!("data: {{\"choices\":[{{\"delta\":{delta}}}]}}\n\n"));
        }
        stream
            .push_str(&format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":{finish}}}]}}\n\n"));
        stream + if done { "data: [DONE]\n\n" } else { "" }
    })
}
