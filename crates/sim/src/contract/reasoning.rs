//! Reasoning that is sent back: known types, whole signatures, no id twice.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{At, Check, Field, Kind, quoted};
use crate::signature;

const TEXT: &[Field] = &[("text", Kind::Text), ("signature", Kind::Any)];
const SUMMARY: &[Field] = &[("summary", Kind::Text)];
const ENCRYPTED: &[Field] = &[("data", Kind::Text)];
const SERVER_TOOL: &[Field] = &[
    ("tool_name", Kind::Text),
    ("arguments", Kind::Any),
    ("result", Kind::Any),
    ("tool_call_id", Kind::Text),
];
const COMMON: &[Field] =
    &[("type", Kind::Any), ("id", Kind::Any), ("format", Kind::Any), ("index", Kind::Int)];
/// Claude's format: the only one whose text must be signed.
const CLAUDE: &str = "anthropic-claude-v1";

/// Gemini's format.
const GEMINI: &str = "google-gemini-v1";

/// Ids of OpenAI's items in the whole conversation: the maker refuses one that comes twice.
#[derive(Default)]
pub(super) struct Seen(HashSet<(String, String)>);

/// Checks the details of one turn.
pub(super) fn check(check: &mut Check, details: &Value, at: &At<'_>, seen: &mut Seen) {
    let details = check.list(details, at);
    for (number, detail) in details.iter().enumerate() {
        one(check, detail, &at.index(number), seen);
    }
    signed(check, details, at);
}

/// Gemini from version 3 on refuses a turn whose first call has no signature, also where another model made the call.
pub(super) fn calls_are_signed(check: &mut Check, model: &str, messages: &Value, at: &At<'_>) {
    let model = model.trim_start_matches('~');
    if !model.starts_with("google/gemini") || ["-1", "-2"].iter().any(|old| model.contains(old)) {
        return;
    }
    for (number, message) in messages.as_array().into_iter().flatten().enumerate() {
        let first = &message["tool_calls"][0]["id"];
        let says = |detail: &Value, key: &str| detail[key].as_str().is_some_and(|text| !text.is_empty());
        let signs = |detail: &Value| {
            let of_call = detail["id"].is_null() || detail["id"] == *first;
            detail["format"] == GEMINI && of_call && (says(detail, "data") || says(detail, "signature"))
        };
        let signed = message["reasoning_details"].as_array().is_some_and(|details| details.iter().any(signs));
        if !first.is_null() && !signed {
            let found = "Function call is missing a thought_signature";
            check.fault("call-unsigned", &at.index(number).key("tool_calls"), found);
        }
    }
}

fn one(check: &mut Check, detail: &Value, at: &At<'_>, seen: &mut Seen) {
    let kind = detail["type"].as_str().unwrap_or_default();
    let own = match kind {
        "reasoning.text" => TEXT,
        "reasoning.summary" => SUMMARY,
        "reasoning.encrypted" => ENCRYPTED,
        "reasoning.server_tool_call" => SERVER_TOOL,
        _ => return check.fault("reasoning-detail", &at.key("type"), &quoted(&detail["type"])),
    };
    check.fields(detail, at, &[COMMON, own].concat());
    if kind == "reasoning.encrypted" && detail["data"].as_str().is_none_or(str::is_empty) {
        check.fault("reasoning-detail", &at.key("data"), "encrypted reasoning without data");
    }
    if let Some(id) = detail["id"].as_str().filter(|id| id.starts_with("rs_"))
        && !seen.0.insert((kind.to_owned(), id.to_owned()))
    {
        check.fault("reasoning-id-repeated", &at.key("id"), id);
    }
}

/// Claude's thinking must carry its signature, and one that was made here must fit the text. Text and
/// signature may be details of their own, one behind the other.
fn signed(check: &mut Check, details: &[Value], at: &At<'_>) {
    let mut text = String::new();
    for (number, detail) in details.iter().enumerate() {
        let claude = detail["type"] == "reasoning.text" && detail["format"] == CLAUDE;
        if !claude {
            continue;
        }
        text.push_str(detail["text"].as_str().unwrap_or_default());
        let place = at.index(number);
        if let Some(signature) = detail["signature"].as_str().filter(|signature| !signature.is_empty()) {
            if signature::verify(&text, signature) == Some(false) {
                let found = "Invalid signature in thinking block: the thinking was changed";
                check.fault("reasoning-signature", &place.key("signature"), found);
            }
            text.clear();
        }
    }
    if !text.is_empty() {
        check.fault("reasoning-unsigned", at, "Claude's thinking without its signature");
    }
}
