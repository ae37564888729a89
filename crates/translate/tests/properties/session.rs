//! A session of Claude Code, grown turn by turn as the client grows it.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use serde_json::{Value, json};
use turnpike_translate::reasoning::Envelope;
use turnpike_wire::anthropic::raw_json;

/// Tools that are there from the start stand between deferred ones, as in the real client.
const TOOLS: [(&str, bool); 9] = [
    ("Agent", false),
    ("WebFetch", true),
    ("Bash", false),
    ("mcp__a_server_with_a_rather_long_name__and_a_tool_with_an_even_longer_name", true),
    ("DeferredToolPlaceholder", true),
    ("Read", false),
    ("NotebookEdit", true),
    ("ToolSearch", false),
    ("WebSearch", true),
];

/// What a call gave.
#[derive(Clone, Debug)]
enum Gave {
    Text(String),
    Nothing,
    Failure(String),
    Picture,
    Pdf,
    /// `ToolSearch` loads deferred tools.
    Loads(Vec<usize>),
}

/// One turn: what the model answered, and what the client sends then.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    thought: Option<u8>,
    text: Option<String>,
    calls: Vec<Gave>,
    /// The user's words, or a reminder that follows the results.
    said: Option<String>,
    /// A system message in the midst of the conversation.
    reminder: Option<String>,
}

fn words() -> impl Strategy<Value = String> {
    "[a-z]{1,8}( [a-zü\"\\\\]{1,8}){0,3}"
}

fn gave() -> impl Strategy<Value = Gave> {
    prop_oneof![
        6 => words().prop_map(Gave::Text),
        1 => Just(Gave::Nothing),
        1 => words().prop_map(Gave::Failure),
        1 => Just(Gave::Picture),
        1 => Just(Gave::Pdf),
        2 => vec(0..TOOLS.len(), 1..3).prop_map(Gave::Loads),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    (
        weighted(0.5, 0..3_u8),
        weighted(0.7, words()),
        vec(gave(), 0..4),
        weighted(0.3, words()),
        weighted(0.2, words()),
    )
        .prop_map(|(thought, text, calls, said, reminder)| Turn { thought, text, calls, said, reminder })
}

/// Turns of a session.
pub(crate) fn turns() -> impl Strategy<Value = Vec<Turn>> {
    vec(turn(), 1..7)
}

/// Tools that a turn loads, by their names.
pub(crate) fn loads(turn: &Turn) -> bool {
    turn.calls.iter().any(|gave| matches!(gave, Gave::Loads(_)))
}

fn thought(kind: u8, slug: &str) -> Value {
    let signed = json!({"type": "reasoning.text", "text": "hm", "signature": "S", "index": 0});
    match kind {
        0 => json!({"type": "thinking", "thinking": "hm",
            "signature": Envelope::pack(slug, vec![raw_json(signed.to_string())], "hm")}),
        1 => json!({"type": "thinking", "thinking": "hm", "signature": Envelope::pack_plain(slug, None)}),
        _ => json!({"type": "thinking", "thinking": "from another model", "signature": "EqQBCkYI"}),
    }
}

impl Gave {
    fn call(&self, id: &str) -> Value {
        let (name, input) = match self {
            Self::Loads(_) => ("ToolSearch", json!({"query": "select:x", "max_results": 5})),
            Self::Picture | Self::Pdf => ("Read", json!({"file_path": "/a.png"})),
            _ => ("Bash", json!({"command": "ls", "timeout": 1.50})),
        };
        json!({"type": "tool_use", "id": id, "name": name, "input": input})
    }

    fn result(&self, id: &str) -> Value {
        let content = match self {
            Self::Text(text) | Self::Failure(text) => json!(text),
            Self::Nothing => Value::Null,
            Self::Picture => json!([{"type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}}]),
            Self::Pdf => json!([{"type": "text", "text": "one page"}, {"type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}]),
            Self::Loads(tools) => {
                tools.iter().map(|at| json!({"type": "tool_reference", "tool_name": TOOLS[*at].0})).collect()
            }
        };
        let mut result = json!({"type": "tool_result", "tool_use_id": id, "content": content});
        if matches!(self, Self::Failure(_)) {
            result["is_error"] = json!(true);
        }
        result
    }
}

/// The messages of a turn: the model's, then the client's.
fn messages(turn: &Turn, number: usize, slug: &str) -> Vec<Value> {
    let id = |at: usize| format!("toolu_{number}_{at}");
    let thoughts = turn.thought.map(|kind| thought(kind, slug));
    let texts = turn.text.as_ref().map(|text| json!({"type": "text", "text": text}));
    let calls = turn.calls.iter().enumerate().map(|(at, gave)| gave.call(&id(at)));
    let mut answer: Vec<Value> = thoughts.into_iter().chain(texts).chain(calls).collect();
    if answer.iter().all(|block| block["type"] == "thinking") {
        answer.push(json!({"type": "text", "text": "(done)"}));
    }
    let mut heard: Vec<Value> =
        turn.calls.iter().enumerate().map(|(at, gave)| gave.result(&id(at))).collect();
    if let Some(said) = &turn.said {
        heard.push(
            json!({"type": "text", "text": format!("<system-reminder>\n{said}\n</system-reminder>\n")}),
        );
    }
    if heard.is_empty() {
        heard.push(json!({"type": "text", "text": "go on"}));
    }
    let mut messages =
        vec![json!({"role": "assistant", "content": answer}), json!({"role": "user", "content": heard})];
    if let Some(reminder) = &turn.reminder {
        messages.push(json!({"role": "system", "content": [{"type": "text", "text": reminder}]}));
    }
    messages
}

/// The client marks the last blocks of its last two messages, so the marks move with each turn.
fn mark(messages: &mut [Value]) {
    for message in messages.iter_mut().rev().filter(|message| message["role"] != "assistant").take(2) {
        if let Some(last) = message["content"].as_array_mut().and_then(|blocks| blocks.last_mut()) {
            last["cache_control"] = json!({"type": "ephemeral"});
        }
    }
}

/// The requests of the session, one for each turn and one before the first.
pub(crate) fn requests(turns: &[Turn], slug: &str) -> Vec<Vec<u8>> {
    let tools: Vec<Value> = TOOLS
        .iter()
        .map(|(name, deferred)| match deferred {
            true => json!({"name": name, "input_schema": {"type": "object", "properties": {}}, "defer_loading": true}),
            false => json!({"name": name, "description": "A tool.", "input_schema": {"type": "object", "properties": {}}}),
        })
        .collect();
    let mut said = vec![json!({"role": "user", "content": [
        {"type": "text", "text": "<system-reminder>\nToday.\n</system-reminder>\n"}, {"type": "text", "text": "begin"},
    ]})];
    let mut requests = Vec::new();
    for number in 0..=turns.len() {
        let mut marked = said.clone();
        mark(&mut marked);
        let request = json!({
            "model": "claude-opus-5", "max_tokens": 32000, "stream": true, "tools": tools, "messages": marked,
            "system": [
                {"type": "text", "text": format!("x-anthropic-billing-header: cc_version=2; cch={number}")},
                {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "Primary working directory: /p", "cache_control": {"type": "ephemeral"}},
            ],
            "thinking": {"type": "adaptive"},
            "metadata": {"user_id": r#"{"device_id":"d","session_id":"s"}"#},
        });
        requests.push(request.to_string().into_bytes());
        if let Some(turn) = turns.get(number) {
            said.extend(messages(turn, number, slug));
        }
    }
    requests
}
