//! Reasoning on its way through the client and back: the model that made it gets its own bytes again, and
//! no other model gets any of them.

#![cfg(test)]

#[path = "shared/client.rs"]
mod client;
#[path = "round_trip/rows.rs"]
mod rows;

use proptest::prelude::*;
use rows::{CLAUDE, GEMINI, GPT, QWEN, ROWS};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use turnpike_translate::answer::{Assembler, ChatStream};
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{Overrides, Target, Translated, parse, to_chat};
use turnpike_translate::stream::{AnswerContext, StreamMachine};

/// What one turn of the model carries on its way back.
#[derive(Debug, Default, PartialEq, Eq)]
struct Carried {
    details: Vec<String>,
    plain: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    reasoning_details: Vec<Box<RawValue>>,
}

fn machine(slug: &str, omit: bool) -> StreamMachine {
    let (message_id, model, target) = ("msg_1".to_owned(), "asked".to_owned(), slug.to_owned());
    StreamMachine::new(AnswerContext {
        message_id,
        model,
        target,
        omit_thinking: omit,
        web_search: Some("web_search".to_owned()),
        web_fetch: Some("web_fetch".to_owned()),
        ..AnswerContext::default()
    })
}

/// The bytes of a stream that consists of these deltas.
fn stream_of(deltas: &[&str]) -> String {
    let mut stream = String::new();
    for delta in deltas {
        stream.push_str(&format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n"));
    }
    stream + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
}

/// The blocks that the client keeps, as it reads them from a stream and from a whole message.
fn answer(slug: &str, deltas: &[&str], omit: bool) -> Vec<Value> {
    let stream = stream_of(deltas);
    let mut events = Vec::new();
    let mut chat = ChatStream::new(machine(slug, omit));
    chat.feed(stream.as_bytes(), &mut events).unwrap();
    let mut assembler = Assembler::default();
    ChatStream::new(machine(slug, omit)).feed(stream.as_bytes(), &mut assembler).unwrap();
    let message = serde_json::to_value(assembler.into_message().unwrap()).unwrap();
    let blocks = client::blocks(&events);
    assert_eq!(message["content"], Value::from(blocks.clone()), "the whole message and the stream differ");
    blocks
}

fn translate(slug: &str, blocks: &[Value]) -> Translated {
    let request = client::next_request(blocks).to_string();
    let (profile, overrides) = (ModelProfile::new(slug, None), Overrides::default());
    let target = Target { profile: &profile, overrides: &overrides, session: None, quick: false };
    to_chat(&parse(request.as_bytes()).unwrap(), &target).unwrap()
}

fn carried(slug: &str, blocks: &[Value]) -> Carried {
    let body: Body = serde_json::from_slice(&translate(slug, blocks).body).unwrap();
    let turn = body.messages.into_iter().find(|message| message.role == "assistant");
    turn.map_or_else(Carried::default, |turn| Carried {
        details: turn.reasoning_details.iter().map(|detail| detail.get().to_owned()).collect(),
        plain: turn.reasoning,
    })
}

#[test]
fn reasoning_comes_back_as_its_maker_made_it() {
    for (label, slug, deltas, details, plain) in ROWS {
        for omit in [false, true] {
            let blocks = answer(slug, deltas, omit);
            if omit {
                let shown = blocks.iter().filter_map(|block| block["thinking"].as_str()).collect::<String>();
                assert_eq!(shown, "", "{label}: the text was not to be shown");
            }
            let details: Vec<String> = details.iter().map(|detail| (*detail).to_owned()).collect();
            let expected = Carried { details, plain: plain.map(str::to_owned) };
            assert_eq!(carried(slug, &blocks), expected, "{label}, omitted: {omit}");
            assert_eq!(carried(&format!("{slug}:nitro"), &blocks), expected, "{label}: another variant");
        }
    }
}

#[test]
fn reasoning_is_left_out_after_a_switch_of_model() {
    for (label, slug, deltas, ..) in ROWS {
        for other in [CLAUDE, GPT, GEMINI, QWEN, "anthropic/claude-opus-5-fast"] {
            let blocks = answer(slug, deltas, false);
            if other != *slug {
                assert_eq!(carried(other, &blocks), Carried::default(), "{label}, switched to {other}");
                assert_eq!(translate(other, &blocks).dropped, ["reasoning of another model"], "{label}");
            }
        }
    }
}

/// OpenRouter takes its own record of a fetch back; the page must not stand there twice. Another model gets it
/// as text.
#[test]
fn what_a_server_tool_gave_comes_back_once() {
    let record = r#"{"type":"reasoning.server_tool_call","tool_name":"openrouter:web_fetch","arguments":"{\"url\":\"https://a.example\"}","result":"{\"url\":\"https://a.example\",\"title\":\"A\",\"content\":\"All of it.\"}","tool_call_id":"f1"}"#;
    let fetched = format!(r#"{{"reasoning_details":[{record}]}}"#);
    let blocks = answer(QWEN, &[&fetched, r#"{"content":"Read."}"#], false);
    let kinds: Vec<&str> = blocks.iter().filter_map(|block| block["type"].as_str()).collect();
    assert_eq!(kinds, ["redacted_thinking", "server_tool_use", "web_fetch_tool_result", "text"]);
    assert_eq!(blocks[1]["input"], json!({"url": "https://a.example"}));
    assert_eq!(blocks[1]["id"], blocks[2]["tool_use_id"]);
    for (slug, own) in [(QWEN, true), (GPT, false)] {
        assert_eq!(carried(slug, &blocks).details, if own { vec![record.to_owned()] } else { Vec::new() });
        let body: Value = serde_json::from_slice(&translate(slug, &blocks).body).unwrap();
        let said = body["messages"][1]["content"].to_string();
        assert_eq!(said.contains("All of it."), !own, "{slug}: {said}");
    }
}

#[test]
fn thinking_that_was_cut_off_is_not_sent_to_claude() {
    let blocks = answer(
        CLAUDE,
        &[
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"I thi","index":0}]}"#,
            r#"{"content":"-"}"#,
        ],
        false,
    );
    assert_eq!(carried(CLAUDE, &blocks), Carried::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_however_it_was_cut_comes_back(
        pieces in proptest::collection::vec("\\PC{1,12}|[\"\\\\\n\u{1}/]{1,3}", 1..6),
        signed in any::<bool>(),
        omit in any::<bool>(),
    ) {
        let mut deltas: Vec<String> = pieces
            .iter()
            .map(|text| json!({"reasoning": text, "reasoning_details": [{"type": "reasoning.text", "text": text, "index": 0}]}).to_string())
            .collect();
        let mut expected = json!({"index": 0, "text": pieces.concat(), "type": "reasoning.text"});
        if signed {
            deltas.push(json!({"reasoning_details": [{"index": 0, "signature": "S", "type": "reasoning.text"}]}).to_string());
            expected["signature"] = "S".into();
        }
        deltas.push(json!({"content": "Yes."}).to_string());
        let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
        let details = carried(QWEN, &answer(QWEN, &deltas, omit)).details;
        prop_assert_eq!(details.len(), 1);
        let detail: Value = serde_json::from_str(&details[0]).unwrap();
        prop_assert_eq!(detail, expected);
    }
}
