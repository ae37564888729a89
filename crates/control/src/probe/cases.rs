//! The probes: what is asked, and what a good answer looks like.

use serde_json::{Value, json};
use turnpike_routing::Class;

use crate::core::Core;

/// One probe.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What is added to a plain request.
    ask: fn() -> Value,
    /// Whether the body of the answer is as it should be, and what was seen.
    pub(super) judge: fn(&str) -> (bool, String),
}

/// A square of eight by eight red pixels, PNG.
const RED: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC";
/// How many lines a long argument has.
const LINES: usize = 120;

pub(super) const ALL: &[Case] = &[
    Case {
        name: "tools",
        ask: || json!({"tools": [tool("get_weather", "city")], "messages": user("What is the weather in Paris? Call the tool.")}),
        judge: |text| called(text, 1),
    },
    Case {
        name: "parallel_tools",
        ask: || {
            json!({"tools": [tool("get_weather", "city")], "messages":
            user("What is the weather in Paris and in Rome? Call the tool for both cities at once.")})
        },
        judge: |text| called(text, 2),
    },
    Case {
        name: "streaming",
        ask: || json!({"stream": true, "messages": user("Count from one to ten in words.")}),
        judge: |text| {
            let deltas = text.matches("text_delta").count();
            let is_whole = text.contains("event: message_stop") && !text.contains("event: error");
            (
                is_whole && deltas > 1,
                format!("{deltas} pieces of text, {}", if is_whole { "whole" } else { "broken off" }),
            )
        },
    },
    Case {
        name: "thinking",
        ask: || json!({"thinking": {"type": "enabled", "budget_tokens": 1024}, "messages": user("What is 17 times 23?")}),
        judge: |text| {
            let thought = blocks(text, "thinking").len() + blocks(text, "redacted_thinking").len();
            (thought > 0, format!("{thought} blocks of thinking"))
        },
    },
    Case {
        name: "long_arguments",
        ask: || {
            let wish = format!(
                "Call write_file with the numbers from 1 to {LINES}, one on each line, and nothing else."
            );
            json!({"tools": [tool("write_file", "content")], "messages": user(&wish)})
        },
        judge: |text| {
            let calls = blocks(text, "tool_use");
            let content =
                calls.first().and_then(|call| call["input"]["content"].as_str()).unwrap_or_default();
            let lines = content.lines().filter(|line| !line.trim().is_empty()).count();
            (lines >= LINES, format!("{lines} of {LINES} lines"))
        },
    },
    Case {
        name: "images",
        ask: || {
            json!({"messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": RED}},
            {"type": "text", "text": "Which colour is this square? One word."}]}]})
        },
        judge: |text| {
            let said = said(text);
            (said.to_lowercase().contains("red"), format!("it said {:?}", short(&said)))
        },
    },
    Case {
        name: "stop",
        ask: || json!({"stop_sequences": ["HALT"], "messages": user("Write exactly: one HALT two")}),
        judge: |text| {
            let said = said(text);
            (!said.contains("HALT") && !said.contains("two"), format!("it said {:?}", short(&said)))
        },
    },
];

// === impl Case ===

impl Case {
    /// The request.
    pub(super) fn body(&self, model: &str) -> String {
        let mut body = json!({"model": model, "max_tokens": 2048});
        if let (Value::Object(body), Value::Object(ask)) = (&mut body, (self.ask)()) {
            body.extend(ask);
        }
        body.to_string()
    }
}

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn tool(name: &str, argument: &str) -> Value {
    json!({"name": name, "description": "See the name.", "input_schema": {
        "type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}})
}

/// The blocks of a kind in a whole message.
fn blocks(text: &str, kind: &str) -> Vec<Value> {
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    let content = message["content"].as_array().cloned().unwrap_or_default();
    content.into_iter().filter(|block| block["type"] == kind).collect()
}

fn said(text: &str) -> String {
    blocks(text, "text").iter().filter_map(|block| block["text"].as_str()).collect()
}

fn called(text: &str, wanted: usize) -> (bool, String) {
    let calls = blocks(text, "tool_use");
    let good =
        calls.iter().filter(|call| call["input"].as_object().is_some_and(|input| !input.is_empty())).count();
    (good >= wanted, format!("{good} calls with arguments"))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The sentence of an error body.
pub(super) fn message_of(text: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    body["error"]["message"].as_str().unwrap_or("no reason given").chars().take(200).collect()
}

/// The slug that a request for this name is sent to first.
pub(super) fn slug_asked_first(core: &Core, name: &str) -> String {
    let plan = core.proxy.plan(name, Class::Main);
    let first = plan.and_then(|plan| plan.targets.into_iter().next());
    first.map_or_else(|| name.to_owned(), |target| target.slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged() {
        let call = |inputs: &[Value]| {
            let calls: Vec<Value> =
                inputs.iter().map(|input| json!({"type": "tool_use", "input": input})).collect();
            json!({"content": calls}).to_string()
        };
        let text = |text: &str| json!({"content": [{"type": "text", "text": text}]}).to_string();
        let numbers: String = (1..=LINES).map(|number| format!("{number}\n")).collect();
        for (probe, answer, passed) in [
            ("tools", call(&[json!({"city": "Paris"})]), true),
            ("tools", call(&[json!({})]), false),
            ("tools", text("It is sunny."), false),
            ("parallel_tools", call(&[json!({"city": "Paris"})]), false),
            ("parallel_tools", call(&[json!({"city": "Paris"}), json!({"city": "Rome"})]), true),
            (
                "streaming",
                "event: x\ndata: text_delta\n\ntext_delta\n\nevent: message_stop\n".to_owned(),
                true,
            ),
            ("streaming", "text_delta text_delta event: error event: message_stop".to_owned(), false),
            ("thinking", json!({"content": [{"type": "thinking"}]}).to_string(), true),
            ("thinking", text("391"), false),
            ("long_arguments", call(&[json!({"content": numbers})]), true),
            ("long_arguments", call(&[json!({"content": "1\n2\n..."})]), false),
            ("images", text("Red."), true),
            ("images", text("I see no image."), false),
            ("stop", text("one "), true),
            ("stop", text("one HALT two"), false),
        ] {
            let case = ALL.iter().find(|case| case.name == probe).unwrap();
            assert_eq!((case.judge)(&answer).0, passed, "{probe}: {answer}");
        }
    }
}
