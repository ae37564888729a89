//! The conversation.
//!
//! Chat completions wants each assistant turn with calls to be followed directly by exactly its results, so
//! the conversation is cut into turns (everything the model said in a row, then everything said to it), and
//! each turn is laid out anew: results first, then what else was said, in its order.
//!
//! What a turn becomes depends on what stands before it and in it, never on what follows: the bytes of an
//! earlier request are the beginning of a later one's.

mod assistant;
mod picture;
mod replay;
mod results;
mod shape;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use turnpike_wire::anthropic::{Block, Content, MessageParam, MessagesRequest, Role};
use turnpike_wire::chat::{ChatContent, ChatMessage, Part};

use super::Notes;
use super::cache::Breakpoints;
use super::content::{Parts, Takes};
use super::place::Place;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;

/// Stands for a message in which nothing can be sent on: without it two turns of the model would meet.
const NOTHING: &str = "(empty message)";

/// What the parts of the conversation share.
struct Conversation<'c, 'a> {
    profile: &'c ModelProfile<'c>,
    breakpoints: Breakpoints,
    notes: &'c mut Notes,
    out: Vec<ChatMessage<'a>>,
    /// Ids of calls so far, and the suffix to try next when one comes again.
    ids: HashMap<Cow<'a, str>, usize>,
    /// Type and id of the reasoning details so far.
    details: HashSet<(String, String)>,
}

/// A call that waits for its result.
struct Call<'a> {
    /// The client's id.
    own: &'a str,
    /// The id that is sent.
    sent: Cow<'a, str>,
}

/// What was said to the model between two of its turns.
#[derive(Clone, Copy)]
struct Heard<'a> {
    messages: &'a [MessageParam<'a>],
    /// Position of the first message in the request.
    base: usize,
}

pub(super) fn translate<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile<'_>,
    breakpoints: Breakpoints,
    notes: &mut Notes,
) -> Result<Vec<ChatMessage<'a>>, Failure> {
    let mut conversation = Conversation {
        profile,
        breakpoints,
        notes,
        out: Vec::with_capacity(request.messages.len() + 8),
        ids: HashMap::new(),
        details: HashSet::new(),
    };
    if let Some(system) = &request.system {
        let mut parts = conversation.parts(Takes::Text);
        parts.system(system, &Place::Field("system"))?;
        if let Some(content) = parts.into_content() {
            conversation.out.push(ChatMessage::System { content });
        }
    }
    let messages = request.messages.as_slice();
    let mut at = 0;
    while at < messages.len() {
        let speaks = |role: Role| role == Role::Assistant;
        let said = messages[at..].iter().take_while(|message| speaks(message.role)).count();
        let calls = conversation.assistant(&messages[at..at + said], at)?;
        at += said;
        let count = messages[at..].iter().take_while(|message| !speaks(message.role)).count();
        let heard = Heard { messages: &messages[at..at + count], base: at };
        let given = conversation.results(&calls, heard)?;
        conversation.heard(&given, heard)?;
        at += count;
    }
    if conversation.out.iter().all(|message| matches!(message, ChatMessage::System { .. })) {
        return Err(Failure::new(Cause::Invalid, "messages: must hold something that the model can read."));
    }
    let Conversation { mut out, notes, .. } = conversation;
    let is_prefilled = messages.last().is_some_and(|message| message.role == Role::Assistant);
    shape::fit(&mut out, is_prefilled, profile, notes);
    Ok(out)
}

// === impl Conversation ===

impl<'a> Conversation<'_, 'a> {
    fn parts(&mut self, takes: Takes) -> Parts<'_, 'a> {
        Parts::new(self.profile, self.breakpoints, takes, self.notes)
    }

    /// Everything that was said to the model but the results that found their calls, in its order.
    fn heard(&mut self, given: &HashSet<(usize, usize)>, heard: Heard<'a>) -> Result<(), Failure> {
        for (offset, message) in heard.messages.iter().enumerate() {
            let list = Place::Field("messages");
            let place = Place::At(&list, heard.base + offset);
            let place = Place::Of(&place, "content");
            if message.content.is_empty() {
                return Err(Failure::new(Cause::Invalid, format!("{place}: must not be empty.")));
            }
            if message.role == Role::System {
                self.late_system(&message.content, &place)?;
                continue;
            }
            let mut answers = false;
            let mut parts = self.parts(Takes::Media);
            match &message.content {
                Content::Text(text) => parts.text(text.clone(), None),
                Content::Blocks(blocks) => {
                    for (position, block) in blocks.iter().enumerate() {
                        if given.contains(&(offset, position)) {
                            answers = true;
                        } else if let Block::ToolResult { .. } = block {
                            results::orphan(&mut parts, block, &Place::At(&place, position))?;
                        } else {
                            parts.block(block, &Place::At(&place, position))?;
                        }
                    }
                }
            }
            match parts.into_content() {
                Some(content) => self.out.push(ChatMessage::User { content }),
                None if answers => {}
                None => self.out.push(ChatMessage::User { content: ChatContent::Text(NOTHING.into()) }),
            }
        }
        Ok(())
    }

    /// System text in the middle of the conversation keeps its place.
    fn late_system(&mut self, content: &'a Content<'_>, place: &Place<'_>) -> Result<(), Failure> {
        let stays = self.out.is_empty() || self.profile.takes_late_system();
        let mut parts = self.parts(Takes::Text);
        parts.system(content, place)?;
        if !stays {
            for part in &mut parts.parts {
                if let Part::Text { text, .. } = part {
                    *text = format!("<system-reminder>\n{}\n</system-reminder>", text.decode()).into();
                }
            }
        }
        if let Some(content) = parts.into_content() {
            self.out.push(match stays {
                true => ChatMessage::System { content },
                false => ChatMessage::User { content },
            });
        }
        Ok(())
    }
}
