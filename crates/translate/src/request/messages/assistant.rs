//! What the model said in earlier turns.

use std::borrow::Cow;

use turnpike_wire::anthropic::{Block, Content, MessageParam};
use turnpike_wire::chat::{AssistantMessage, ChatContent, ChatMessage, ToolCall};

use super::Conversation;
use crate::failure::Failure;
use crate::ids;
use crate::reasoning::{Envelope, Unpacked};
use turnpike_wire::anthropic::raw_json;

/// Reasoning of one turn on its way back to its maker.
#[derive(Default)]
struct Replay {
    details: Vec<Box<serde_json::value::RawValue>>,
    plain: String,
}

// === impl Conversation ===

impl<'a> Conversation<'_, 'a> {
    /// Everything the model said in a row becomes one message. Gives the client's ids of its calls.
    pub(super) fn assistant(&mut self, said: &'a [MessageParam<'_>]) -> Result<Vec<&'a str>, Failure> {
        let mut calls = Vec::new();
        let mut message = AssistantMessage::default();
        let mut replay = Replay::default();
        let slug = self.profile.slug.clone();
        let mut parts = self.parts();
        for turn in said {
            match &turn.content {
                Content::Text(text) => parts.text(text.clone(), None),
                Content::Blocks(blocks) => {
                    for block in blocks {
                        match block {
                            Block::Thinking { thinking, signature } => {
                                replay.thinking(&slug, &thinking.decode(), signature, parts.notes);
                            }
                            Block::RedactedThinking { data } => replay.redacted(&slug, data, parts.notes),
                            Block::ToolUse { id, name, input, cache_control } => {
                                parts.breakpoints.keep(*cache_control);
                                if calls.contains(&id.as_str()) {
                                    parts.notes.drop("a tool call with an id that was used before");
                                    continue;
                                }
                                calls.push(id.as_str());
                                let name = parts.notes.names.to_upstream(name).into_owned();
                                let arguments =
                                    input.map_or(Cow::Borrowed("{}"), |input| Cow::Borrowed(input.get()));
                                message.tool_calls.push(ToolCall::new(
                                    ids::to_upstream(id),
                                    name.into(),
                                    arguments,
                                ));
                            }
                            Block::ServerToolResult { .. } => parts.block(block, "")?,
                            Block::ServerToolUse { name, .. } => {
                                parts.text(format!("[{name} was used; its results follow]").into(), None);
                            }
                            block => parts.block(block, "")?,
                        }
                    }
                }
            }
        }
        message.content = parts.into_content().filter(|content| !is_empty(content));
        message.reasoning_details = (!replay.details.is_empty()).then_some(replay.details);
        message.reasoning = (!replay.plain.is_empty()).then_some(replay.plain.into());
        if message.content.is_some() || !message.tool_calls.is_empty() {
            self.out.push(ChatMessage::Assistant(message));
        }
        Ok(calls)
    }
}

fn is_empty(content: &ChatContent<'_>) -> bool {
    match content {
        ChatContent::Text(text) => text.is_empty(),
        ChatContent::Parts(parts) => parts.is_empty(),
    }
}

// === impl Replay ===

impl Replay {
    fn thinking(&mut self, slug: &str, shown: &str, signature: &str, notes: &mut super::Notes) {
        match Envelope::open(signature, shown) {
            Some(unpacked) => self.take(slug, unpacked, shown, notes),
            // Claude's own signature goes back to Claude only.
            None if is_claude(slug) && !signature.is_empty() && !Envelope::is_ours(signature) => {
                let detail = serde_json::json!({"type": "reasoning.text", "text": shown, "signature": signature,
                    "format": "anthropic-claude-v1", "index": 0});
                self.details.push(raw_json(detail.to_string()));
            }
            None => notes.drop("reasoning of another model"),
        }
    }

    fn redacted(&mut self, slug: &str, data: &str, notes: &mut super::Notes) {
        match Envelope::open(data, "") {
            Some(unpacked) => self.take(slug, unpacked, "", notes),
            None if is_claude(slug) && !Envelope::is_ours(data) => {
                let detail = serde_json::json!({"type": "reasoning.encrypted", "data": data,
                    "format": "anthropic-claude-v1", "index": 0});
                self.details.push(raw_json(detail.to_string()));
            }
            None => notes.drop("reasoning of another model"),
        }
    }

    fn take(&mut self, slug: &str, unpacked: Unpacked, shown: &str, notes: &mut super::Notes) {
        if !unpacked.is_of(slug) {
            notes.drop("reasoning of another model");
            return;
        }
        if unpacked.plain {
            self.plain.push_str(unpacked.hidden.as_deref().unwrap_or(shown));
        }
        self.details.extend(unpacked.details);
    }
}

fn is_claude(slug: &str) -> bool {
    slug.trim_start_matches('~').starts_with("anthropic/")
}
