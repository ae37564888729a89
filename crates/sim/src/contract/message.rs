//! The messages: roles, contents, and the order of tool calls and their results.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{At, Check, Field, Kind, quoted};
use super::{part, reasoning, tool};

const ROLES: &[&str] = &["system", "developer", "user", "assistant", "tool"];
/// `cache_control` stands in these lists only because a rule of its own speaks of it.
const SYSTEM: &[Field] =
    &[("role", Kind::Any), ("content", Kind::Any), ("name", Kind::Text), ("cache_control", Kind::Any)];
const ASSISTANT: &[Field] = &[
    ("role", Kind::Any),
    ("content", Kind::Any),
    ("tool_calls", Kind::Any),
    ("reasoning", Kind::Any),
    ("reasoning_content", Kind::Any),
    ("reasoning_details", Kind::Any),
    ("refusal", Kind::Any),
    ("images", Kind::List),
    ("audio", Kind::Any),
    ("annotations", Kind::List),
    ("name", Kind::Text),
    ("model", Kind::Text),
    ("cache_control", Kind::Any),
];
const TOOL: &[Field] = &[
    ("role", Kind::Any),
    ("tool_call_id", Kind::Text),
    ("content", Kind::Any),
    ("cache_control", Kind::Any),
];

/// Calls that wait for their results.
#[derive(Default)]
struct Pending {
    /// Where the calling turn stands.
    turn: usize,
    ids: Vec<String>,
    answered: HashSet<String>,
    seen: HashSet<String>,
}

pub(super) fn check(check: &mut Check, messages: &Value, at: &At<'_>) {
    let messages = check.list(messages, at);
    if messages.is_empty() {
        check.fault("empty-content", at, "no messages");
    }
    let mut pending = Pending::default();
    let mut details = reasoning::Seen::default();
    for (number, message) in messages.iter().enumerate() {
        let place = at.index(number);
        let role = message["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            check.fault("unknown-role", &place.key("role"), &quoted(&message["role"]));
            continue;
        }
        if message.get("cache_control").is_some() {
            let found = "a breakpoint belongs on a part of the content";
            check.fault("cache-control-on-message", &place.key("cache_control"), found);
        }
        if role == "tool" {
            result(check, message, &place, &mut pending);
            continue;
        }
        missing_results(check, at, &mut pending);
        if role == "assistant" {
            assistant(check, message, &place, &mut details);
            pending.turn = number;
            calls(check, message, &place, &mut pending);
        } else {
            check.fields(message, &place, SYSTEM);
            part::content(check, &message["content"], &place.key("content"), part::allowed(role));
        }
    }
    missing_results(check, at, &mut pending);
}

fn assistant(check: &mut Check, message: &Value, at: &At<'_>, details: &mut reasoning::Seen) {
    check.fields(message, at, ASSISTANT);
    let content = message.get("content").filter(|content| !content.is_null());
    let calls = message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
    let says_otherwise =
        ["reasoning", "reasoning_content", "reasoning_details", "refusal", "images", "audio"];
    match content {
        Some(Value::String(text)) if text.is_empty() && calls => {
            check.fault("blank-content-with-tool-calls", &at.key("content"), "\"\"; null is wanted");
        }
        Some(content) => part::content(check, content, &at.key("content"), part::allowed("assistant")),
        None if !calls && says_otherwise.iter().all(|key| message[*key].is_null()) => {
            check.fault("empty-content", &at.key("content"), "neither content nor tool calls");
        }
        None => {}
    }
    for key in ["reasoning", "reasoning_content", "refusal"] {
        if message.get(key).is_some_and(|value| !value.is_string() && !value.is_null()) {
            check.wrong(&at.key(key), "text", &message[key]);
        }
    }
    if let Some(list) = message.get("reasoning_details") {
        reasoning::check(check, list, &at.key("reasoning_details"), details);
    }
}

fn calls(check: &mut Check, message: &Value, at: &At<'_>, pending: &mut Pending) {
    let Some(calls) = message.get("tool_calls") else { return };
    let at = at.key("tool_calls");
    let calls = check.list(calls, &at);
    if calls.is_empty() {
        check.fault("empty-content", &at, "an empty list of calls");
    }
    for (number, call) in calls.iter().enumerate() {
        let place = at.index(number);
        tool::call(check, call, &place);
        let id = call["id"].as_str().unwrap_or_default().to_owned();
        if !pending.seen.insert(id.clone()) {
            check.fault("tool-call-id-repeated", &place.key("id"), &id);
        }
        pending.ids.push(id);
    }
}

fn result(check: &mut Check, message: &Value, at: &At<'_>, pending: &mut Pending) {
    check.fields(message, at, TOOL);
    check.needs(message, at, "tool_call_id");
    let id = message["tool_call_id"].as_str().unwrap_or_default();
    match pending.ids.iter().position(|waiting| waiting == id) {
        Some(position) => {
            pending.answered.insert(pending.ids.swap_remove(position));
        }
        None if pending.answered.contains(id) => {
            check.fault("tool-result-repeated", &at.key("tool_call_id"), id);
        }
        None => {
            let found = format!("{id} was not called by the turn before");
            check.fault("tool-result-orphan", &at.key("tool_call_id"), &found);
        }
    }
    match &message["content"] {
        Value::String(_) => {}
        content => part::content(check, content, &at.key("content"), part::allowed("tool")),
    }
}

fn missing_results(check: &mut Check, at: &At<'_>, pending: &mut Pending) {
    for id in pending.ids.drain(..) {
        let found = format!("{id} is not followed directly by its result");
        check.fault("tool-result-missing", &at.index(pending.turn).key("tool_calls"), &found);
    }
}
