//! Requests in the shape of Claude Code's: a long system text, two dozen tools, and a conversation of calls and results.

use serde_json::{Value, json};

/// Words and marks as they come, always the same.
pub(super) struct Babble(u64);

const WORDS: [&str; 24] = [
    "the",
    "function",
    "returns",
    "a",
    "request",
    "to",
    "file",
    "and",
    "when",
    "user",
    "should",
    "not",
    "path",
    "error",
    "of",
    "value",
    "is",
    "in",
    "configuration",
    "\"quoted\"",
    "async",
    "for",
    "each",
    "implementation",
];

// === impl Babble ===

impl Babble {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 40).unwrap_or_default() % below
    }

    pub(super) fn word(&mut self) -> &'static str {
        let at = self.next(WORDS.len());
        WORDS[at]
    }

    /// Prose of at least so many bytes, in lines.
    fn prose(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        while text.len() < bytes {
            text.push_str(self.word());
            text.push_str(if self.next(14) == 0 { ".\n\n" } else { " " });
        }
        text
    }

    /// Program text with numbered lines, as the client's tools give it.
    fn code(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 80);
        let mut line = 1;
        while text.len() < bytes {
            let (name, value) = (self.word(), self.next(10_000));
            text.push_str(&format!("{line:6}\t    let {name} = call(\"{value}\", &self.{name})?;\n"));
            line += 1;
        }
        text
    }
}

/// A request of about so many bytes: what the system text and the tools leave is conversation.
pub(super) fn like_claude_code(bytes: usize) -> Vec<u8> {
    let mut babble = Babble::new(7);
    let mut messages = vec![json!({"role": "user", "content": [
        {"type": "text", "text": format!("<system-reminder>\n{}\n</system-reminder>", babble.prose(2_000))},
        {"type": "text", "text": babble.prose(300)}
    ]})];
    let tools: Vec<Value> = (0..24).map(|number| tool(&mut babble, number)).collect();
    let system = json!([
        {"type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude."},
        {"type": "text", "text": babble.prose(14_000), "cache_control": {"type": "ephemeral"}}
    ]);
    let mut size = 14_000 + tools.iter().map(|tool| tool.to_string().len()).sum::<usize>();
    for turn in 0.. {
        if size >= bytes {
            break;
        }
        let pair = turn_of(&mut babble, turn);
        size += pair.iter().map(|message| message.to_string().len()).sum::<usize>();
        messages.extend(pair);
    }
    let body = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 32_000, "stream": true, "system": system, "tools": tools,
        "messages": messages, "temperature": 1, "thinking": {"type": "enabled", "budget_tokens": 31_999},
        "metadata": {"user_id": "user_0123456789abcdef_account__session_00000000-0000-4000-8000-000000000000"}
    });
    body.to_string().into_bytes()
}

fn tool(babble: &mut Babble, number: usize) -> Value {
    let property = |babble: &mut Babble| json!({"type": "string", "description": babble.prose(80)});
    let [first, second, third] = [0; 3].map(|_| property(babble));
    json!({
        "name": format!("Tool{number}"),
        "description": babble.prose(if number.is_multiple_of(4) { 2_500 } else { 400 }),
        "input_schema": {
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
            "required": ["path", "mode"],
            "properties": {
                "path": first, "pattern": second, "mode": {"type": "string", "enum": ["fast", "exact", "all"]},
                "edits": {"type": "array", "items": {"type": "object", "properties": {"old": third, "count": {"type": "integer"}}}}
            }
        }
    })
}

/// A call with what led to it, and its result.
fn turn_of(babble: &mut Babble, turn: usize) -> [Value; 2] {
    let id = format!("toolu_{turn:024}");
    let said = json!({"role": "assistant", "content": [
        {"type": "text", "text": babble.prose(160)},
        {"type": "tool_use", "id": id, "name": format!("Tool{}", turn % 24), "input": {"path": "/home/user/src/main.rs", "mode": "exact"}}
    ]});
    let text = if turn.is_multiple_of(3) { babble.prose(1_500) } else { babble.code(2_500) };
    let heard =
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]});
    [said, heard]
}
