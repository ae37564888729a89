//! What the model said in earlier turns.

use std::borrow::Cow;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, MessageParam};
use turnpike_wire::chat::{AssistantMessage, ChatMessage, ToolCall};

use super::replay::Replay;
use super::{Call, Conversation, picture};
use crate::failure::Failure;
use crate::ids;
use crate::request::content::Takes;
use crate::request::place::Place;

/// One call of the turn, before it has the id that is sent.
struct Called<'a> {
    own: &'a str,
    name: Cow<'a, str>,
    arguments: Cow<'a, str>,
}

// === impl Conversation ===

impl<'a> Conversation<'_, 'a> {
    /// Everything the model said in a row becomes one message. Gives the calls in it.
    pub(super) fn assistant(
        &mut self,
        said: &'a [MessageParam<'_>],
        base: usize,
    ) -> Result<Vec<Call<'a>>, Failure> {
        let mut called = Vec::new();
        let mut replay = Replay::default();
        let mut pictures = Vec::new();
        let profile = self.profile;
        let mut parts = self.parts(Takes::Text);
        for (offset, turn) in said.iter().enumerate() {
            let list = Place::Field("messages");
            let place = Place::At(&list, base + offset);
            let place = Place::Of(&place, "content");
            let blocks = match &turn.content {
                Content::Text(text) => {
                    parts.text(text.clone(), None);
                    continue;
                }
                Content::Blocks(blocks) => blocks,
            };
            for (position, block) in blocks.iter().enumerate() {
                match block {
                    Block::Thinking { thinking, signature } => {
                        replay.thinking(profile, &thinking.decode(), signature, parts.notes);
                    }
                    Block::RedactedThinking { data } => replay.redacted(profile, data, parts.notes),
                    Block::ToolUse { id, name, input, cache_control } => {
                        parts.mark(*cache_control);
                        let name = parts.notes.names.to_upstream(name);
                        called.push(Called { own: id.as_str(), name, arguments: arguments(*input) });
                    }
                    Block::Text { text, cache_control, .. } if let Some(made) = picture::read(text) => {
                        if profile.makes_images() {
                            pictures.push(made);
                        } else {
                            parts.notes.drop("a picture of an earlier answer");
                            parts.text(picture::NO_PICTURE.into(), None);
                        }
                        parts.mark(*cache_control);
                    }
                    block if replay.tells(block) => {}
                    Block::ToolReference { .. } => parts.misplaced(),
                    block => parts.block(block, &Place::At(&place, position))?,
                }
            }
        }
        let content = parts.into_content();
        let mut message = AssistantMessage { content, images: pictures, ..AssistantMessage::default() };
        let mut calls = Vec::with_capacity(called.len());
        for Called { own, name, arguments } in called {
            let sent = self.unique_id(own);
            let known = ids::to_upstream(own);
            if known != sent && !known.is_empty() {
                replay.rename(&known, &sent);
            }
            message.tool_calls.push(ToolCall::new(sent.clone(), name, arguments));
            calls.push(Call { own, sent });
        }
        if message.content.is_some() || !calls.is_empty() || !message.images.is_empty() {
            replay.settle(profile, &mut self.details, &mut message);
            self.out.push(ChatMessage::Assistant(message));
        }
        Ok(calls)
    }

    /// The upstream's own id; some models count their calls anew in each turn, so one that comes again gets
    /// a suffix.
    fn unique_id(&mut self, own: &'a str) -> Cow<'a, str> {
        let mut id = ids::to_upstream(own);
        if id.is_empty() {
            id = Cow::Borrowed("call");
        }
        let Some(next) = self.ids.get(&id) else {
            self.ids.insert(id.clone(), 2);
            return id;
        };
        let mut suffix = *next;
        let mut renamed = format!("{id}_{suffix}");
        while self.ids.contains_key(renamed.as_str()) {
            suffix += 1;
            renamed = format!("{id}_{suffix}");
        }
        self.ids.insert(id, suffix + 1);
        self.ids.insert(Cow::Owned(renamed.clone()), 2);
        Cow::Owned(renamed)
    }
}

/// The JSON text of an object: upstreams take nothing else. What is none goes on under a name of its own.
fn arguments(input: Option<&RawValue>) -> Cow<'_, str> {
    match input.map(RawValue::get) {
        None | Some("null") => Cow::Borrowed("{}"),
        Some(json) if json.starts_with('{') => Cow::Borrowed(json),
        Some(json) => Cow::Owned(format!("{{\"invalid_arguments\":{json}}}")),
    }
}
