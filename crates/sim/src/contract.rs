//! The upstream's contract: what a request must look like, checked strictly.
//!
//! The real upstream ignores much of what it does not know. The simulator does not: whatever a client
//! sends must be meant, so each rule that is broken is a fault that names the rule, the place and the find.

mod check;
mod message;
mod options;
mod part;
mod reasoning;
#[cfg(test)]
mod tests;
mod tool;
mod top;

use memchr::memmem;
use serde_json::Value;

use crate::journal::Fault;
use crate::signature;
use check::{At, Check};

/// The client's own block that must never leave the machine.
const BILLING_HEADER: &str = "x-anthropic-billing-header";

/// The faults of a chat completions request.
pub(crate) fn chat(body: &Value, raw: &[u8]) -> Vec<Fault> {
    let mut check = Check::default();
    private_data(&mut check, body, raw);
    top::check(&mut check, body);
    check.faults
}

/// The faults of a Messages API request. Its body is the client's own, so only what must never be sent on
/// and what the upstream verifies is checked.
pub(crate) fn messages(body: &Value, raw: &[u8]) -> Vec<Fault> {
    let mut check = Check::default();
    let root = At::Root;
    private_data(&mut check, body, raw);
    if body.get("tags").is_some() {
        check.fault("unknown-field", &root.key("tags"), "request tags are the client's own business");
    }
    if !body["model"].is_string() {
        check.fault("missing-field", &root.key("model"), "a model name is needed");
    }
    if body["messages"].as_array().is_none_or(Vec::is_empty) {
        check.fault("missing-field", &root.key("messages"), "at least one message is needed");
    }
    let list = root.key("messages");
    for (number, message) in body["messages"].as_array().into_iter().flatten().enumerate() {
        let (at_message, blocks) = (list.index(number), message["content"].as_array());
        let at_content = at_message.key("content");
        for (number, block) in blocks.into_iter().flatten().enumerate() {
            let (thinking, signature) = (block["thinking"].as_str(), block["signature"].as_str());
            if let (Some(thinking), Some(signature)) = (thinking, signature)
                && signature::verify(thinking, signature) == Some(false)
            {
                let found = "Invalid signature in thinking block: the thinking was changed";
                check.fault("reasoning-signature", &at_content.index(number).key("signature"), found);
            }
        }
    }
    check.faults
}

/// What identifies the client's build or machine must not be in the body at all.
fn private_data(check: &mut Check, body: &Value, raw: &[u8]) {
    if let Some(at) = memmem::find(raw, BILLING_HEADER.as_bytes()) {
        check.fault("billing-header", &At::Root, &format!("{BILLING_HEADER} at byte {at}"));
    }
    let metadata = At::Root.key("metadata");
    for (field, at) in [("user", At::Root.key("user")), ("session_id", At::Root.key("session_id"))] {
        device(check, &body[field], &at);
    }
    device(check, &body["metadata"], &metadata);
    device(check, &body["trace"], &At::Root.key("trace"));
}

fn device(check: &mut Check, value: &Value, at: &At<'_>) {
    if value.is_null() {
        return;
    }
    if value.to_string().contains("device_id") {
        check.fault("device-id", at, "a device id is the client's own business");
    }
}
