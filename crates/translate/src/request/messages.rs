//! The conversation.
//!
//! Chat completions wants each assistant turn with calls to be followed directly by exactly its results, so
//! the conversation is cut into turns (everything the model said in a row, then everything said to it), and
//! each turn is laid out anew: results first, then what else was said, in its order.

mod assistant;

use std::collections::HashSet;

use turnpike_wire::anthropic::{Block, Content, MessageParam, MessagesRequest, Role};
use turnpike_wire::chat::{ChatContent, ChatMessage, Part};
use turnpike_wire::text::JsonStr;

use super::Notes;
use super::cache::Breakpoints;
use super::content::Parts;
use crate::failure::{Cause, Failure};
use crate::ids;
use crate::profile::ModelProfile;

/// What the parts of the conversation share.
struct Conversation<'c, 'a> {
    profile: &'c ModelProfile,
    breakpoints: &'c mut Breakpoints,
    notes: &'c mut Notes,
    out: Vec<ChatMessage<'a>>,
}

pub(super) fn translate<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile,
    breakpoints: &mut Breakpoints,
    notes: &mut Notes,
) -> Result<Vec<ChatMessage<'a>>, Failure> {
    let out = Vec::with_capacity(request.messages.len() + 8);
    let mut conversation = Conversation { profile, breakpoints, notes, out };
    if let Some(system) = &request.system {
        let mut parts = conversation.parts();
        parts.content(system, "system")?;
        if let Some(content) = parts.into_content() {
            conversation.out.push(ChatMessage::System { content });
        }
    }
    let messages = &request.messages;
    let mut at = 0;
    while at < messages.len() {
        let speaks = |role: Role| role == Role::Assistant;
        let said = messages[at..].iter().take_while(|message| speaks(message.role)).count();
        let heard = messages[at + said..].iter().take_while(|message| !speaks(message.role)).count();
        let is_last = at + said + heard == messages.len();
        let calls = conversation.assistant(&messages[at..at + said])?;
        // A conversation that ends with the model's own words is a prefill: nothing is missing then.
        let awaits = if heard == 0 && is_last { Vec::new() } else { calls };
        conversation.results(&awaits, &messages[at + said..at + said + heard], at + said)?;
        conversation.heard(&awaits, &messages[at + said..at + said + heard], at + said)?;
        at += said + heard;
    }
    Ok(conversation.out)
}

// === impl Conversation ===

impl<'a> Conversation<'_, 'a> {
    fn parts(&mut self) -> Parts<'_, 'a> {
        Parts::new(self.profile, self.breakpoints, self.notes)
    }

    /// The results of the turn's calls, one `tool` message each; media follow in a user message, since a
    /// `tool` message carries text only at most providers.
    fn results(
        &mut self,
        calls: &[&'a str],
        heard: &'a [MessageParam<'_>],
        base: usize,
    ) -> Result<(), Failure> {
        let mut answered: HashSet<&str> = HashSet::new();
        let mut media: Vec<Part<'a>> = Vec::new();
        for (offset, message) in heard.iter().enumerate() {
            let Content::Blocks(blocks) = &message.content else { continue };
            for (position, block) in blocks.iter().enumerate() {
                let Block::ToolResult { tool_use_id, content, is_error, cache_control } = block else {
                    continue;
                };
                let id = tool_use_id.as_str();
                if !calls.contains(&id) || !answered.insert(id) {
                    continue;
                }
                let path = format!("messages.{}.content.{position}", base + offset);
                let mut parts = self.result_parts(content.as_ref(), *is_error, *cache_control, &path)?;
                let found = take_media(&mut parts);
                if !found.is_empty() {
                    parts.push(Part::text("(the file is in the next message)".into()));
                    media.push(Part::text(format!("Output of the tool call {id}:").into()));
                    media.extend(found);
                }
                let content = result_content(parts);
                self.out.push(ChatMessage::Tool { tool_call_id: ids::to_upstream(id), content });
            }
        }
        for call in calls.iter().filter(|call| !answered.contains(*call)) {
            let content = ChatContent::Text("(no result: the call was interrupted)".into());
            self.out.push(ChatMessage::Tool { tool_call_id: ids::to_upstream(call), content });
        }
        if !media.is_empty() {
            self.out.push(ChatMessage::User { content: ChatContent::Parts(media) });
        }
        Ok(())
    }

    fn result_parts(
        &mut self,
        content: Option<&'a Content<'_>>,
        is_error: bool,
        cache_control: Option<&'a serde_json::value::RawValue>,
        path: &str,
    ) -> Result<Vec<Part<'a>>, Failure> {
        let mut parts = self.parts();
        if let Some(content) = content {
            parts.content(content, path)?;
        }
        let kept = parts.breakpoints.keep(cache_control);
        let mut parts = parts.parts;
        if let (Some(kept), Some(Part::Text { cache_control, .. })) = (kept, parts.last_mut()) {
            *cache_control = Some(kept);
        }
        if is_error {
            mark_error(&mut parts);
        }
        Ok(parts)
    }

    /// Everything else that was said to the model, in its order.
    fn heard(
        &mut self,
        calls: &[&'a str],
        heard: &'a [MessageParam<'_>],
        base: usize,
    ) -> Result<(), Failure> {
        let mut answered: HashSet<&str> = HashSet::new();
        for (offset, message) in heard.iter().enumerate() {
            let path = format!("messages.{}", base + offset);
            if message.content.is_empty() {
                let empty = format!("{path}.content: must not be empty.");
                return Err(Failure::new(Cause::Invalid, empty));
            }
            if message.role == Role::System {
                self.late_system(&message.content, &path)?;
                continue;
            }
            let mut parts = self.parts();
            match &message.content {
                Content::Text(text) => parts.text(text.clone(), None),
                Content::Blocks(blocks) => {
                    for (position, block) in blocks.iter().enumerate() {
                        let path = format!("{path}.content.{position}");
                        match block {
                            Block::ToolResult { tool_use_id, content, .. } => {
                                let id = tool_use_id.as_str();
                                if !calls.contains(&id) || !answered.insert(id) {
                                    orphan(&mut parts, id, content.as_ref(), &path)?;
                                }
                            }
                            block => parts.block(block, &path)?,
                        }
                    }
                }
            }
            if let Some(content) = parts.into_content() {
                self.out.push(ChatMessage::User { content });
            }
        }
        Ok(())
    }

    /// System text in the middle of the conversation keeps its place.
    fn late_system(&mut self, content: &'a Content<'_>, path: &str) -> Result<(), Failure> {
        let may_stay = self.profile.takes_late_system();
        let mut parts = self.parts();
        parts.content(content, path)?;
        if may_stay {
            if let Some(content) = parts.into_content() {
                self.out.push(ChatMessage::System { content });
            }
            return Ok(());
        }
        for part in &mut parts.parts {
            if let Part::Text { text, .. } = part {
                *text = format!("<system-reminder>\n{}\n</system-reminder>", text.decode()).into();
            }
        }
        if let Some(content) = parts.into_content() {
            self.out.push(ChatMessage::User { content });
        }
        Ok(())
    }
}

/// A result without its call, kept as text: the model may still need it.
fn orphan<'a>(
    parts: &mut Parts<'_, 'a>,
    id: &str,
    content: Option<&'a Content<'_>>,
    path: &str,
) -> Result<(), Failure> {
    parts.notes.drop("a tool result without its call (kept as text)");
    parts.text(format!("Result of an earlier tool call ({id}):").into(), None);
    match content {
        Some(content) => parts.content(content, path),
        None => Ok(()),
    }
}

/// Takes what is no text out of the parts.
fn take_media<'a>(parts: &mut Vec<Part<'a>>) -> Vec<Part<'a>> {
    let (texts, media): (Vec<_>, Vec<_>) =
        std::mem::take(parts).into_iter().partition(|part| matches!(part, Part::Text { .. }));
    *parts = texts;
    media
}

fn result_content(mut parts: Vec<Part<'_>>) -> ChatContent<'_> {
    match parts.as_mut_slice() {
        [] => ChatContent::Text("(no output)".into()),
        [Part::Text { text, cache_control: None }] => ChatContent::Text(std::mem::take(text)),
        _ => ChatContent::Parts(parts),
    }
}

/// Says that the tool failed, in the first text; chat completions has no field for it.
fn mark_error(parts: &mut Vec<Part<'_>>) {
    match parts.first_mut() {
        Some(Part::Text { text, .. }) => {
            let said: JsonStr<'_> = format!("Error: {}", text.decode()).into();
            *text = said;
        }
        _ => parts.insert(0, Part::text("Error: the tool failed.".into())),
    }
}
