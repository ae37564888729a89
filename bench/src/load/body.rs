//! What is asked: a small question, and requests as Claude Code makes them in the first and in later turns.
//!
//! They are built here, never copied: the shapes are the client's (system blocks, tools with schemas, thinking,
//! tool calls and their results, reminders, cache marks), the words are made of a seed. The chat form is the
//! same conversation, for ways that pass bytes through.

mod chat;

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::Dialect;
use super::prose::Dice;

/// The sizes of request that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// One sentence.
    Small,
    /// One sentence, with two tools to call.
    Tools,
    /// A first turn of Claude Code.
    First,
    /// A later turn, with a long history.
    Later,
    /// A later turn with pictures in it.
    Pictures,
}

/// Bytes of each, as JSON text; the real client sends 50 to 90 KB first, and grows.
const FIRST: usize = 57 * 1024;
const LATER: usize = 150 * 1024;
const PICTURES: usize = 2_500 * 1024;

/// Names of the tools, as many as the client brings by itself.
const TOOLS: &[&str] = &[
    "Agent",
    "Bash",
    "BashOutput",
    "Edit",
    "EnterPlanMode",
    "ExitPlanMode",
    "Glob",
    "Grep",
    "KillShell",
    "ListMcpResources",
    "NotebookEdit",
    "AskUserQuestion",
    "Read",
    "ReadMcpResource",
    "SendMessage",
    "Skill",
    "SlashCommand",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskUpdate",
    "ToolSearch",
    "WebFetch",
    "Write",
];

/// A request's body without model and stream.
#[must_use]
pub fn of(body: Body, dialect: Dialect) -> &'static Value {
    static MADE: [OnceLock<[Value; 2]>; 5] = [const { OnceLock::new() }; 5];
    let at = match body {
        Body::Small => 0,
        Body::First => 1,
        Body::Later => 2,
        Body::Pictures => 3,
        Body::Tools => 4,
    };
    let [messages, chat] = MADE[at].get_or_init(|| {
        let messages = make(body);
        let chat = chat::from_messages(&messages);
        [messages, chat]
    });
    match dialect {
        Dialect::Messages => messages,
        Dialect::Chat => chat,
    }
}

fn make(body: Body) -> Value {
    match body {
        Body::Small => {
            json!({"max_tokens": 256, "messages": [{"role": "user", "content": "Say something."}]})
        }
        Body::Tools => {
            let mut dice = Dice::new(2);
            let tools = ["Read", "Grep"].map(|name| tool(name, &mut dice));
            json!({"max_tokens": 256, "tools": tools, "messages": [{"role": "user", "content": "Look."}]})
        }
        Body::First => claude_code(FIRST),
        Body::Later => claude_code(LATER),
        Body::Pictures => with_pictures(claude_code(LATER), PICTURES),
    }
}

/// A request of Claude Code whose JSON text has about so many bytes.
fn claude_code(bytes: usize) -> Value {
    let mut dice = Dice::new(4117);
    let mut messages = vec![first_message(&mut dice)];
    let mut request = json!({
        "max_tokens": 32000,
        "system": system(&mut dice),
        "tools": TOOLS.iter().map(|name| tool(name, &mut dice)).collect::<Vec<_>>(),
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": "{\"device_id\":\"b0e5\",\"account_uuid\":\"\",\"session_id\":\"7d0c5e0e-4b6f-4a59-9d0b-2f4a1c3e5a77\"}"},
    });
    let mut size = request.to_string().len() + messages[0].to_string().len();
    let mut turn = 0;
    while size < bytes {
        let room = (bytes - size).clamp(900, 5000) - 800;
        for message in exchange(turn, room, &mut dice) {
            size += message.to_string().len() + 1;
            messages.push(message);
        }
        turn += 1;
    }
    if let Some(last) = messages.last_mut().and_then(|last| last["content"].as_array_mut()?.last_mut()) {
        last["cache_control"] = json!({"type": "ephemeral"});
    }
    request["messages"] = Value::Array(messages);
    request
}

fn system(dice: &mut Dice) -> Value {
    let instructions = format!(
        "{}\n# Environment\nPrimary working directory: /srv/project\nPlatform: linux\n{}",
        dice.prose(9000),
        dice.prose(1500)
    );
    json!([
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.329.000; cc_entrypoint=cli;"},
        {"type": "text", "text": "You are a coding agent at a command line.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": instructions, "cache_control": {"type": "ephemeral"}},
    ])
}

fn tool(name: &str, dice: &mut Dice) -> Value {
    let text = |dice: &mut Dice| json!({"type": "string", "description": dice.prose(90)});
    json!({
        "name": name,
        "description": dice.prose(900),
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "file_path": text(dice),
                "pattern": text(dice),
                "model": {"type": "string", "enum": ["sonnet", "opus", "haiku"], "description": dice.prose(60)},
                "limit": {"type": "number", "exclusiveMinimum": 0, "description": dice.prose(60)},
                "items": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"content": text(dice), "status": {"type": "string", "enum": ["pending", "done"]}},
                        "required": ["content", "status"],
                        "additionalProperties": false,
                    },
                },
            },
            "required": ["file_path"],
            "additionalProperties": false,
        },
    })
}

fn first_message(dice: &mut Dice) -> Value {
    json!({"role": "user", "content": [
        {"type": "text", "text": format!("<system-reminder>\n{}\n</system-reminder>", dice.prose(1200))},
        {"type": "text", "text": "Find why the totals differ, and mend it."},
    ]})
}

/// The model calls one or two tools, the client answers with what they gave.
fn exchange(turn: usize, bytes: usize, dice: &mut Dice) -> [Value; 2] {
    let id = |call: usize| format!("toolu_01{turn:04}x{call}");
    let path = format!("/srv/project/src/part_{turn}.rs");
    let calls = 1 + turn % 2;
    let mut said = vec![json!({"type": "text", "text": dice.prose(120)})];
    let mut results = Vec::new();
    for call in 0..calls {
        let (name, input) = match (turn + call) % 3 {
            0 => ("Read", json!({"file_path": path, "limit": 200})),
            1 => ("Bash", json!({"command": format!("cargo test -p part_{turn} 2>&1 | tail -n 20")})),
            _ => ("Grep", json!({"pattern": "fn \\w+\\(", "file_path": path})),
        };
        said.push(json!({"type": "tool_use", "id": id(call), "name": name, "input": input}));
        let shown = dice.code(bytes / calls);
        results.push(json!({"type": "tool_result", "tool_use_id": id(call), "content": shown}));
    }
    if turn % 5 == 4 {
        let reminder = format!("<system-reminder>\n{}\n</system-reminder>", dice.prose(200));
        results.push(json!({"type": "text", "text": reminder}));
    }
    [json!({"role": "assistant", "content": said}), json!({"role": "user", "content": results})]
}

/// Adds four pictures, so that the whole has about so many bytes.
fn with_pictures(mut request: Value, bytes: usize) -> Value {
    let mut dice = Dice::new(44);
    let each = bytes.saturating_sub(request.to_string().len()) / 4;
    let mut parts: Vec<Value> = (0..4)
        .map(|_| {
            let source = json!({"type": "base64", "media_type": "image/png", "data": dice.picture(each)});
            json!({"type": "image", "source": source})
        })
        .collect();
    parts.push(json!({"type": "text", "text": "Compare these."}));
    if let Some(messages) = request["messages"].as_array_mut() {
        messages.push(json!({"role": "assistant", "content": [{"type": "text", "text": "Show me."}]}));
        messages.push(json!({"role": "user", "content": parts}));
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_their_sizes_in_both_dialects() {
        let rows = [(Body::First, FIRST), (Body::Later, LATER), (Body::Pictures, PICTURES)];
        for (body, wanted) in rows {
            for dialect in [Dialect::Messages, Dialect::Chat] {
                let size = of(body, dialect).to_string().len();
                let near = size * 100 / wanted;
                assert!((95..=110).contains(&near), "{body:?} {dialect:?}: {size} of {wanted} bytes");
            }
        }
    }

    #[test]
    fn every_call_has_its_result_and_every_result_its_call() {
        let request = of(Body::Later, Dialect::Messages);
        let text = request.to_string();
        let messages = request["messages"].as_array().expect("messages");
        let ids = |kind: &str, key: &str| -> Vec<String> {
            let blocks = messages.iter().flat_map(|m| m["content"].as_array().cloned().unwrap_or_default());
            blocks
                .filter(|b| b["type"] == kind)
                .map(|b| b[key].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let calls = ids("tool_use", "id");
        assert!(calls.len() > 10, "a long history");
        assert_eq!(calls, ids("tool_result", "tool_use_id"));
        assert!(TOOLS.len() > 20 && text.contains("x-anthropic-billing-header"));
    }
}
