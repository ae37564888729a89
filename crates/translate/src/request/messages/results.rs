//! Results of tool calls.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content};
use turnpike_wire::chat::{ChatContent, ChatMessage, Part};

use super::{Call, Conversation, Heard};
use crate::failure::Failure;
use crate::ids;
use crate::request::content::{Parts, Takes};
use crate::request::place::Place;

/// A result that found its call.
#[derive(Clone, Copy)]
struct Given<'a> {
    /// Message within the turn, block within the message.
    at: (usize, usize),
    content: Option<&'a Content<'a>>,
    is_error: bool,
    cache_control: Option<&'a RawValue>,
}

// === impl Conversation ===

impl<'a> Conversation<'_, 'a> {
    /// The results of the turn's calls in the order of the calls, one `tool` message each: some providers
    /// match them by position. Media follow in a user message, since a `tool` message carries text only at
    /// most providers. Gives the places of the results that found their call.
    pub(super) fn results(
        &mut self,
        calls: &[Call<'a>],
        heard: Heard<'a>,
    ) -> Result<HashSet<(usize, usize)>, Failure> {
        let mut found = HashSet::new();
        if calls.is_empty() {
            return Ok(found);
        }
        let mut results = collect(calls, heard);
        let mut media: Vec<Part<'a>> = Vec::new();
        for call in calls {
            let given = results.get_mut(call.own).and_then(VecDeque::pop_front);
            let content = match given {
                Some(given) => {
                    found.insert(given.at);
                    self.result(call, given, heard.base, &mut media)?
                }
                None => ChatContent::Text("(no result: the call was interrupted)".into()),
            };
            self.out.push(ChatMessage::Tool { tool_call_id: call.sent.clone(), content });
        }
        if !media.is_empty() {
            self.out.push(ChatMessage::User { content: ChatContent::Parts(media) });
        }
        Ok(found)
    }

    fn result(
        &mut self,
        call: &Call<'a>,
        given: Given<'a>,
        base: usize,
        media: &mut Vec<Part<'a>>,
    ) -> Result<ChatContent<'a>, Failure> {
        let list = Place::Field("messages");
        let message = Place::At(&list, base + given.at.0);
        let message = Place::Of(&message, "content");
        let place = Place::At(&message, given.at.1);
        let mut parts = self.parts(Takes::Media);
        if let Some(content) = given.content {
            parts.content(content, &Place::Of(&place, "content"))?;
        }
        let files = take_media(&mut parts.parts);
        if !files.is_empty() {
            parts.parts.push(Part::text("(the file is in the next message)".into()));
            media.push(Part::text(format!("Output of the tool call {}:", call.sent).into()));
            media.extend(files);
        }
        if given.is_error {
            mark_error(&mut parts.parts);
        }
        parts.mark(given.cache_control);
        Ok(parts.into_content().unwrap_or_else(|| ChatContent::Text("(no output)".into())))
    }
}

/// The results for each of the calls, by the client's id.
fn collect<'a>(calls: &[Call<'a>], heard: Heard<'a>) -> HashMap<&'a str, VecDeque<Given<'a>>> {
    let mut results: HashMap<&'a str, VecDeque<Given<'a>>> =
        calls.iter().map(|call| (call.own, VecDeque::new())).collect();
    for (offset, message) in heard.messages.iter().enumerate() {
        let Content::Blocks(blocks) = &message.content else { continue };
        for (position, block) in blocks.iter().enumerate() {
            let Block::ToolResult { tool_use_id, content, is_error, cache_control } = block else { continue };
            if let Some(queue) = results.get_mut(tool_use_id.as_str()) {
                let (content, at) = (content.as_ref(), (offset, position));
                queue.push_back(Given { at, content, is_error: *is_error, cache_control: *cache_control });
            }
        }
    }
    results
}

/// A result without its call, kept as text: the model may still need it.
pub(super) fn orphan<'a>(
    parts: &mut Parts<'_, 'a>,
    block: &'a Block<'_>,
    place: &Place<'_>,
) -> Result<(), Failure> {
    let Block::ToolResult { tool_use_id, content, is_error, cache_control } = block else { return Ok(()) };
    parts.notes.drop("a tool result without its call (kept as text)");
    let what = if *is_error { "Error" } else { "Result" };
    let id = ids::to_upstream(tool_use_id);
    parts.text(format!("{what} of an earlier tool call ({id}):").into(), None);
    if let Some(content) = content {
        parts.content(content, &Place::Of(place, "content"))?;
    }
    parts.mark(*cache_control);
    Ok(())
}

/// Takes what is no text out of the parts.
fn take_media<'a>(parts: &mut Vec<Part<'a>>) -> Vec<Part<'a>> {
    parts.extract_if(.., |part| !matches!(part, Part::Text { .. })).collect()
}

/// Says that the tool failed, in the first text; chat completions has no field for it.
fn mark_error(parts: &mut Vec<Part<'_>>) {
    match parts.first_mut() {
        Some(Part::Text { text, .. }) => *text = format!("Error: {}", text.decode()).into(),
        _ => parts.insert(0, Part::text("Error: the tool failed.".into())),
    }
}
