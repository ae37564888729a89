//! Reasoning of an earlier turn on its way back to the model that made it.

use std::collections::HashSet;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, raw_json};
use turnpike_wire::chat::AssistantMessage;

use crate::members::Members;
use crate::profile::ModelProfile;
use crate::reasoning::{DetailHead, Envelope, ServerRun, Unpacked};
use crate::request::Notes;

const FOREIGN: &str = "reasoning of another model";
const UNSIGNED: &str = "reasoning without a signature";
/// Stands for the signature of a call that Gemini did not make itself. Source: Google's page on thought signatures, for
/// conversations that come from another model.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Reasoning of one turn.
#[derive(Default)]
pub(super) struct Replay {
    details: Vec<Box<RawValue>>,
    plain: String,
    /// Ids of the server tools' calls that the details tell.
    told: Vec<String>,
}

// === impl Replay ===

impl Replay {
    pub(super) fn thinking(
        &mut self,
        profile: &ModelProfile<'_>,
        shown: &str,
        signature: &str,
        notes: &mut Notes,
    ) {
        match Envelope::open(signature, shown) {
            Some(unpacked) => self.take(profile, unpacked, shown, notes),
            None if Envelope::is_ours(signature) || !profile.is_claude() => notes.drop(FOREIGN),
            None if signature.is_empty() => notes.drop(UNSIGNED),
            // Claude's own signature goes back to Claude only.
            None => self.add(serde_json::json!({"type": "reasoning.text", "text": shown,
                "signature": signature, "format": "anthropic-claude-v1", "index": self.details.len()})),
        }
    }

    pub(super) fn redacted(&mut self, profile: &ModelProfile<'_>, data: &str, notes: &mut Notes) {
        match Envelope::open(data, "") {
            Some(unpacked) => self.take(profile, unpacked, "", notes),
            None if Envelope::is_ours(data) || data.is_empty() || !profile.is_claude() => {
                notes.drop(FOREIGN);
            }
            None => self.add(serde_json::json!({"type": "reasoning.encrypted", "data": data,
                "format": "anthropic-claude-v1", "index": self.details.len()})),
        }
    }

    fn add(&mut self, detail: serde_json::Value) {
        self.details.push(raw_json(detail.to_string()));
    }

    fn take(&mut self, profile: &ModelProfile<'_>, unpacked: Unpacked, shown: &str, notes: &mut Notes) {
        if !unpacked.is_of(profile.slug) {
            notes.drop(FOREIGN);
            return;
        }
        if unpacked.plain {
            self.plain.push_str(unpacked.hidden.as_deref().unwrap_or(shown));
        }
        for detail in unpacked.details {
            // Thinking that was cut off has no signature, and Claude refuses it.
            let refused = profile.is_claude()
                && DetailHead::read(&detail).is_some_and(|head| head.is_text() && !head.is_signed());
            if refused {
                notes.drop(UNSIGNED);
            } else {
                self.details.push(detail);
            }
        }
    }

    /// Whether the reasoning that goes back says what the block says: it holds OpenRouter's own record of what a
    /// server tool did.
    pub(super) fn tells(&mut self, block: &Block<'_>) -> bool {
        match block {
            Block::ServerToolUse { id, name, .. } => {
                let mut runs = self.details.iter().filter_map(|detail| ServerRun::of(detail));
                let tells = runs.any(|run| run.tool() == name.as_str());
                self.told.extend(tells.then(|| id.as_str().to_owned()));
                tells
            }
            Block::ServerToolResult { tool_use_id, .. } => {
                self.told.iter().any(|id| id == tool_use_id.as_str())
            }
            _ => false,
        }
    }

    /// Lets what is bound to a call follow it to another id.
    pub(super) fn rename(&mut self, known: &str, sent: &str) {
        for detail in &mut self.details {
            let Ok(members) = serde_json::from_str::<Members<'_>>(detail.get()) else { continue };
            let is_id = |name: &str, value: &RawValue| {
                name == "id" && serde_json::from_str::<String>(value.get()).is_ok_and(|id| id == known)
            };
            if !members.0.iter().any(|(name, value)| is_id(name, value)) {
                continue;
            }
            let written: Vec<String> = members
                .0
                .iter()
                .map(|(name, value)| {
                    let name_json = serde_json::Value::from(name.as_str());
                    match is_id(name, value) {
                        true => format!("{name_json}:{}", serde_json::Value::from(sent)),
                        false => format!("{name_json}:{}", value.get()),
                    }
                })
                .collect();
            *detail = raw_json(format!("{{{}}}", written.join(",")));
            return;
        }
    }

    /// Writes the reasoning into its turn. A detail that an earlier turn has carried is left out: an id may
    /// come once in a conversation.
    pub(super) fn settle(
        self,
        profile: &ModelProfile<'_>,
        seen: &mut HashSet<(String, String)>,
        message: &mut AssistantMessage<'_>,
    ) {
        let mut details = self.details;
        details.retain(|detail| {
            DetailHead::read(detail).is_some_and(|head| match head.identity() {
                Some(identity) => seen.insert(identity),
                None => true,
            })
        });
        if let Some(call) = message.tool_calls.first()
            && profile.wants_signed_calls()
            && !details.iter().filter_map(|detail| DetailHead::read(detail)).any(|head| head.is_sealed())
        {
            // One for the turn, bound to its first call: so does the model itself where it calls several tools at once.
            let mut stand_in = serde_json::json!({"type": "reasoning.encrypted", "data": NO_SIGNATURE,
                "format": "google-gemini-v1", "index": 0});
            // Like every detail, it may have its id once in a conversation.
            if seen.insert(("reasoning.encrypted".to_owned(), call.id.to_string())) {
                stand_in["id"] = call.id.as_ref().into();
            }
            details.push(raw_json(stand_in.to_string()));
        }
        message.reasoning = (!self.plain.is_empty()).then_some(self.plain.into());
        let needed = message.reasoning.is_none() && profile.wants_empty_details();
        message.reasoning_details = (needed || !details.is_empty()).then_some(details);
    }
}
