//! The few changes that a request needs on its way to OpenRouter's Messages endpoint.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::text::Text;

use crate::failure::{Cause, Failure};
use crate::members::{Members, ObjectWriter};
use crate::reasoning::Envelope;
use crate::request::BILLING_MARK;

/// What every envelope of ours holds.
const OURS: &str = "turnpike.1.";

/// The request for `slug`: `model` replaced; Claude Code's billing block, the device id, `tags`, `thread`
/// and `turnpike` removed; reasoning that this program packed is unpacked for Claude or left out. Every other
/// byte stays.
///
/// # Errors
/// The body is no JSON object.
pub fn rewrite(body: &[u8], slug: &str) -> Result<Vec<u8>, Failure> {
    let members: Members<'_> = serde_json::from_slice(body).map_err(|_| not_an_object())?;
    let mut out = ObjectWriter::with_capacity(body.len() + 64);
    for (name, value) in members.0 {
        let changed = match name.as_str() {
            // A thread is never continued here, so nobody needs to hold it.
            "tags" | "turnpike" | "thread" => continue,
            "model" => Some(serde_json::Value::from(slug).to_string()),
            "system" => without_billing(value),
            "metadata" => without_device(value),
            "messages" if value.get().contains(OURS) => Some(unpack_reasoning(value)?),
            _ => None,
        };
        out.member(&name, changed.as_deref().unwrap_or(value.get()));
    }
    Ok(out.finish())
}

/// The request without what names the client's machine and build: the billing block and the device id. Every other
/// byte stays.
///
/// # Errors
/// The body is no JSON object.
pub fn anonymous(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let members: Members<'_> = serde_json::from_slice(body).map_err(|_| not_an_object())?;
    let mut out = ObjectWriter::with_capacity(body.len() + 64);
    for (name, value) in members.0 {
        let changed = match name.as_str() {
            "system" => without_billing(value),
            "metadata" => without_device(value),
            _ => None,
        };
        out.member(&name, changed.as_deref().unwrap_or(value.get()));
    }
    Ok(out.finish())
}

fn not_an_object() -> Failure {
    Failure::new(Cause::Invalid, "The body is no JSON object.")
}

/// The system blocks without the one that names the client's build; `None` when there is none.
fn without_billing(system: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Block<'b> {
        #[serde(borrow, default)]
        text: Option<Text<'b>>,
    }

    let is_billing = |raw: &&RawValue| {
        let block = serde_json::from_str::<Block<'_>>(raw.get());
        block.is_ok_and(|block| block.text.is_some_and(|text| text.starts_with(BILLING_MARK)))
    };
    if serde_json::from_str::<Text<'_>>(system.get()).is_ok_and(|text| text.starts_with(BILLING_MARK)) {
        return Some("[]".to_owned());
    }
    let blocks: Vec<&RawValue> = serde_json::from_str(system.get()).ok()?;
    if !blocks.iter().any(is_billing) {
        return None;
    }
    let kept: Vec<&str> = blocks.iter().filter(|raw| !is_billing(raw)).map(|raw| raw.get()).collect();
    Some(format!("[{}]", kept.join(",")))
}

/// `metadata` with a user id that does not name the device; `None` when it does not anyway.
fn without_device(metadata: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Metadata<'m> {
        #[serde(borrow, default)]
        user_id: Option<Text<'m>>,
    }

    let user = serde_json::from_str::<Metadata<'_>>(metadata.get()).ok()?.user_id?;
    if let Ok(mut packed) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&user) {
        packed.remove("device_id")?;
        let user = serde_json::Value::Object(packed).to_string();
        return Some(serde_json::json!({ "user_id": user }).to_string());
    }
    // The older form: `user_<device>_account_<uuid>_session_<uuid>`.
    let (_, session) = user.rsplit_once("_session_")?;
    Some(serde_json::json!({ "user_id": format!("session_{session}") }).to_string())
}

/// Messages whose thinking blocks carry Claude's own signatures again; what another model thought is left
/// out, and every other block keeps its bytes.
fn unpack_reasoning(messages: &RawValue) -> Result<String, Failure> {
    let messages: Vec<&RawValue> = serde_json::from_str(messages.get()).map_err(|_| not_an_object())?;
    let kept: Vec<Cow<'_, str>> = messages.into_iter().filter_map(unpack_message).collect();
    Ok(format!("[{}]", kept.join(",")))
}

/// The message; `None` when nothing is left of it.
fn unpack_message(message: &RawValue) -> Option<Cow<'_, str>> {
    let json = message.get();
    let members = serde_json::from_str::<Members<'_>>(json).ok().filter(|_| json.contains(OURS));
    let Some(members) = members else { return Some(json.into()) };
    let mut out = Vec::with_capacity(members.0.len());
    for (name, value) in &members.0 {
        let blocks = serde_json::from_str::<Vec<&RawValue>>(value.get()).ok();
        let value = match blocks.filter(|_| name.as_str() == "content") {
            Some(blocks) => {
                let kept: Vec<Cow<'_, str>> = blocks.into_iter().filter_map(unpack_block).collect();
                if kept.is_empty() {
                    return None;
                }
                format!("[{}]", kept.join(",")).into()
            }
            None => Cow::Borrowed(value.get()),
        };
        out.push(format!("{}:{value}", serde_json::Value::from(name.as_str())));
    }
    Some(format!("{{{}}}", out.join(",")).into())
}

fn unpack_block(block: &RawValue) -> Option<Cow<'_, str>> {
    let json = block.get();
    let parsed = serde_json::from_str::<serde_json::Value>(json).ok().filter(|_| json.contains(OURS));
    let Some(parsed) = parsed else { return Some(json.into()) };
    let mut unpacked = parsed.clone();
    match keep_block(&mut unpacked) {
        false => None,
        true if unpacked == parsed => Some(json.into()),
        true => Some(unpacked.to_string().into()),
    }
}

/// Whether a block may go on; a packed signature is replaced by the one inside it.
fn keep_block(block: &mut serde_json::Value) -> bool {
    let field = match block["type"].as_str() {
        Some("thinking") => "signature",
        Some("redacted_thinking") => "data",
        _ => return true,
    };
    let Some(sealed) = block[field].as_str().filter(|text| Envelope::is_ours(text)) else { return true };
    let shown = block["thinking"].as_str().unwrap_or_default();
    let Some(unpacked) = Envelope::open(sealed, shown) else { return false };
    let details =
        unpacked.details.iter().filter_map(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok());
    let Some(detail) = details.into_iter().find(|detail| detail["format"] == "anthropic-claude-v1") else {
        return false;
    };
    match detail["signature"].as_str().or_else(|| detail["data"].as_str()) {
        Some(own) => {
            if field == "signature"
                && let Some(text) = detail["text"].as_str()
            {
                block["thinking"] = text.into();
            }
            block[field] = own.into();
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(body: &str) -> String {
        String::from_utf8(rewrite(body.as_bytes(), "anthropic/claude-opus-5").unwrap()).unwrap()
    }

    #[test]
    fn only_what_must_change_changes() {
        for (label, body, expected) in [
            (
                "the model, and the spacing of every value is kept",
                r#"{"model":"claude-opus-5", "messages": [ {"role":"user" , "content":"h\u00e9"} ],"new":{"x": 1.50}}"#,
                r#"{"model":"anthropic/claude-opus-5","messages":[ {"role":"user" , "content":"h\u00e9"} ],"new":{"x": 1.50}}"#,
            ),
            (
                "the billing block",
                r#"{"model":"m","system":[{"type":"text","text":"x-anthropic-billing-header: v"},{"type":"text", "text":"be good"}]}"#,
                r#"{"model":"anthropic/claude-opus-5","system":[{"type":"text", "text":"be good"}]}"#,
            ),
            (
                "nothing that only Anthropic can honour",
                r#"{"model":"m","context_management":{"edits":[{"type":"clear_thinking_20251015", "keep":"all"}]},"safeguards":{},"thinking":{"type":"adaptive"},"service_tier":"auto","mcp_servers":[ ],"tools":[{"type":"code_execution_20250825","name":"x"}],"messages":[{"role":"assistant","content":[{"type":"compaction","content":"s"}]}]}"#,
                r#"{"model":"anthropic/claude-opus-5","context_management":{"edits":[{"type":"clear_thinking_20251015", "keep":"all"}]},"safeguards":{},"thinking":{"type":"adaptive"},"service_tier":"auto","mcp_servers":[ ],"tools":[{"type":"code_execution_20250825","name":"x"}],"messages":[{"role":"assistant","content":[{"type":"compaction","content":"s"}]}]}"#,
            ),
            (
                "a thread",
                r#"{"thread":{"type":"create"},"model":"m"}"#,
                r#"{"model":"anthropic/claude-opus-5"}"#,
            ),
            ("tags", r#"{"tags":["a"],"model":"m"}"#, r#"{"model":"anthropic/claude-opus-5"}"#),
            (
                "the device id",
                r#"{"model":"m","metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"s\"}"}}"#,
                r#"{"model":"anthropic/claude-opus-5","metadata":{"user_id":"{\"session_id\":\"s\"}"}}"#,
            ),
            (
                "the older form of the device id",
                r#"{"model":"m","metadata":{"user_id":"user_abc_account_d_session_s"}}"#,
                r#"{"model":"anthropic/claude-opus-5","metadata":{"user_id":"session_s"}}"#,
            ),
            (
                "Claude's own signature",
                r#"{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EqQB"}]}]}"#,
                r#"{"model":"anthropic/claude-opus-5","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EqQB"}]}]}"#,
            ),
        ] {
            assert_eq!(rewritten(body), expected, "{label}");
        }
        assert!(rewrite(b"[]", "a/b").is_err());
    }

    #[test]
    fn packed_reasoning_is_unpacked_for_claude_and_dropped_for_others() {
        let detail = |format: &str| {
            turnpike_wire::anthropic::raw_json(
                serde_json::json!({"type": "reasoning.text", "text": "t", "signature": "Sig", "format": format}).to_string(),
            )
        };
        let body = |format: &str| {
            let signature = Envelope::pack("anthropic/claude-opus-5", vec![detail(format)], "t");
            serde_json::json!({"model": "m", "messages": [{"role": "assistant", "content": [
                {"type": "thinking", "thinking": "t", "signature": signature}, {"type": "text", "text": "x"}]}]})
            .to_string()
        };
        let call = r#"{"type":"tool_use","id":"a","name":"n","input":{"z":1.50,"a": "turnpike.1."}}"#;
        let beside = body("unknown").replace(r#"{"text":"x","type":"text"}"#, call);
        assert!(rewritten(&beside).contains(call), "the bytes of a call stay: {}", rewritten(&beside));
        let claude: serde_json::Value =
            serde_json::from_str(&rewritten(&body("anthropic-claude-v1"))).unwrap();
        assert_eq!(claude["messages"][0]["content"][0]["signature"], "Sig");
        let other: serde_json::Value = serde_json::from_str(&rewritten(&body("unknown"))).unwrap();
        assert_eq!(other["messages"][0]["content"], serde_json::json!([{"type": "text", "text": "x"}]));
    }
}
