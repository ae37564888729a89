//! From a Messages request to a chat completions request.
//!
//! Large parts (texts, schemas, base64) are copied as raw JSON. The same conversation gives the same bytes
//! at every turn, so that the upstream's prompt cache hits.

mod cache;
mod content;
mod identity;
mod messages;
mod options;
mod parse;
mod place;
mod reasoning;
mod tools;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, Effort, MessagesRequest, Source};
use turnpike_wire::chat::{
    ChatContent, ChatMessage, ChatRequest, ChatTool, DataUrl, FilePart, FunctionTool, ImageUrl, Part,
    Verbosity,
};
use turnpike_wire::text::JsonStr;

use crate::failure::{Cause, Failure};
use crate::names::ToolNames;
use crate::offered::OfferedTools;
use crate::profile::ModelProfile;
use cache::Breakpoints;

pub use content::BILLING_MARK;
pub use identity::session_of;
pub(crate) use parse::{invalid, read};
pub use parse::{parse, parse_countable};

/// What the configuration adds to a request.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Instead of the client's.
    pub temperature: Option<f64>,
    /// Instead of the client's.
    pub top_p: Option<f64>,
    /// Instead of the client's.
    pub top_k: Option<u64>,
    /// At most so many tokens of answer.
    pub max_tokens: Option<u64>,
    /// The Messages API has no such parameter, nor the next six.
    pub min_p: Option<f64>,
    /// As OpenRouter names it.
    pub top_a: Option<f64>,
    /// As OpenRouter names it.
    pub frequency_penalty: Option<f64>,
    /// As OpenRouter names it.
    pub presence_penalty: Option<f64>,
    /// As OpenRouter names it.
    pub repetition_penalty: Option<f64>,
    /// As OpenRouter names it.
    pub seed: Option<i64>,
    /// As OpenRouter names it.
    pub verbosity: Option<Verbosity>,
    /// Instead of the client's.
    pub effort: Option<Effort>,
    /// Tokens of reasoning, instead of the client's effort or budget. `effort` goes before it.
    pub reasoning_max_tokens: Option<u64>,
    /// Provider preferences, JSON.
    pub provider: Option<Box<RawValue>>,
}

/// What translation is told besides the request.
#[derive(Clone, Debug)]
pub struct Target<'t> {
    /// The model.
    pub profile: &'t ModelProfile<'t>,
    /// What the configuration adds.
    pub overrides: &'t Overrides,
    /// The client's session, for sticky routing.
    pub session: Option<&'t str>,
    /// A small request beside the conversation: it is not worth reasoning about unless the client asks.
    pub quick: bool,
}

/// A translated request, and what the way back needs.
#[derive(Clone, Debug)]
pub struct Translated {
    /// JSON for `/chat/completions`.
    pub body: Vec<u8>,
    /// The answer is asked for as a stream: not every model gives one.
    pub streams: bool,
    /// Names of tools that had to be changed.
    pub names: ToolNames,
    /// The client wants signatures without the text of the reasoning.
    pub omit_thinking: bool,
    /// Name of the web search tool, when the request offers one.
    pub web_search: Option<String>,
    /// Name of the web fetch tool, when the request offers one.
    pub web_fetch: Option<String>,
    /// The only stop sequence that is sent.
    pub stop_sequence: Option<String>,
    /// Stop sequences that the upstream does not watch for, or not for all of them.
    pub local_stops: Vec<String>,
    /// The function tools that the request offers.
    pub tools: OfferedTools,
    /// What was not passed on, for the log entry.
    pub dropped: Vec<&'static str>,
}

/// Collects what the parts of the translation find out.
#[derive(Debug, Default)]
struct Notes {
    names: ToolNames,
    dropped: Vec<&'static str>,
}

// === impl Notes ===

impl Notes {
    fn drop(&mut self, what: &'static str) {
        if !self.dropped.contains(&what) {
            self.dropped.push(what);
        }
    }
}

/// Refuses the check of a tool call by Anthropic's own servers: no translated target can make it.
///
/// # Errors
/// A request that asks for `safeguards`.
pub fn refuse_safeguards(request: &MessagesRequest<'_>) -> Result<(), Failure> {
    let words = "safeguards: not supported when a request is translated for another model. Send the request without it.";
    if request.safeguards.is_some() { Err(Failure::new(Cause::Invalid, words)) } else { Ok(()) }
}

/// What only Anthropic's own servers do, and what an ordinary answer would not be.
fn refuse_what_nobody_does(request: &MessagesRequest<'_>) -> Result<(), Failure> {
    refuse_safeguards(request)?;
    if request.compaction.is_none() {
        return Ok(());
    }
    // A client puts the answer in the place of all that it summarises: an ordinary turn would lose the conversation.
    let words = "compaction: not supported when a request is translated for another model. Summarise with an ordinary request.";
    Err(Failure::new(Cause::Invalid, words))
}

/// Translates a request for one target.
///
/// # Errors
/// A request that the target cannot take (tools, images), or that no target can (`safeguards`,
/// `compaction`, an empty message): with the path of what is wrong.
pub fn to_chat(request: &MessagesRequest<'_>, target: &Target<'_>) -> Result<Translated, Failure> {
    refuse_what_nobody_does(request)?;
    let profile = target.profile;
    let mut notes = Notes::default();
    note_ignored(request, &mut notes);
    let breakpoints = Breakpoints::of(profile);
    let mut offer = tools::translate(request, profile, breakpoints, &mut notes)?;
    let mut messages = messages::translate(request, profile, breakpoints, &mut notes)?;
    breakpoints.settle(request, &mut offer.tools, &mut messages, &mut notes);
    let max_tokens = options::max_tokens(request, target, &mut notes);
    let stops = options::stops(request, profile, &mut notes);
    let mut chat = ChatRequest {
        model: profile.slug.into(),
        stream: request.stream && profile.streams(),
        session_id: identity::session(request, target.session).map(Into::into),
        user: identity::user(request).map(Into::into),
        provider: target.overrides.provider.clone(),
        service_tier: options::service_tier(request).map(Into::into),
        max_tokens,
        stop: stops.sent,
        reasoning: reasoning::translate(request, target, max_tokens, &mut notes),
        response_format: options::response_format(request, profile, &mut notes),
        tool_choice: offer.choice,
        parallel_tool_calls: offer.parallel,
        tools: offer.tools,
        messages,
        ..ChatRequest::default()
    };
    options::sampling(request, target, &mut chat, &mut notes);
    if chat.stream != request.stream {
        notes.drop("stream");
    }
    let mut body = Vec::with_capacity(room_for(&chat));
    serde_json::to_writer(&mut body, &chat).map_err(|error| {
        Failure::new(Cause::Internal, format!("The request could not be written: {error}."))
    })?;
    let stop_sequence = match chat.stop.as_slice() {
        [only] => Some(only.as_ref().to_owned()),
        _ => None,
    };
    Ok(Translated {
        body,
        streams: chat.stream,
        names: notes.names,
        omit_thinking: request.thinking.as_ref().and_then(|t| t.display.as_deref()) == Some("omitted"),
        web_search: offer.web_search,
        web_fetch: offer.web_fetch,
        stop_sequence,
        local_stops: stops.local,
        tools: offered(&chat.tools),
        dropped: notes.dropped,
    })
}

/// About how many bytes the request will have: growing step by step would copy it as often.
fn room_for(chat: &ChatRequest<'_>) -> usize {
    let of_content = |content: &ChatContent<'_>| match content {
        ChatContent::Text(text) => text.size(),
        ChatContent::Parts(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => text.size() + 64,
                Part::ImageUrl { image_url: ImageUrl { url: DataUrl::Data { data, .. } } }
                | Part::File { file: FilePart { file_data: DataUrl::Data { data, .. }, .. } } => {
                    data.size() + 128
                }
                Part::ImageUrl { .. } | Part::File { .. } => 256,
            })
            .sum(),
    };
    let of_message = |message: &ChatMessage<'_>| match message {
        ChatMessage::System { content }
        | ChatMessage::User { content }
        | ChatMessage::Tool { content, .. } => of_content(content),
        ChatMessage::Assistant(said) => {
            said.content.as_ref().map_or(0, of_content) + 256 * said.tool_calls.len()
        }
    };
    let of_tool = |tool: &ChatTool<'_>| match tool {
        ChatTool::Function(FunctionTool { function, .. }) => {
            function.parameters.get().len() + function.description.as_ref().map_or(0, JsonStr::size)
        }
        ChatTool::Server { parameters, .. } => parameters.get().len(),
    };
    let messages: usize = chat.messages.iter().map(|message| of_message(message) + 64).sum();
    let tools: usize = chat.tools.iter().map(|tool| of_tool(tool) + 128).sum();
    // Text that was decoded gets its escapes again.
    (messages + tools) / 16 * 17 + 1024
}

fn offered(tools: &[ChatTool<'_>]) -> OfferedTools {
    OfferedTools::new(tools.iter().filter_map(|tool| match tool {
        ChatTool::Function(tool) => Some((tool.function.name.as_ref(), tool.function.parameters.as_ref())),
        ChatTool::Server { .. } => None,
    }))
}

/// Fields that only Anthropic's own servers can honour.
fn note_ignored(request: &MessagesRequest<'_>, notes: &mut Notes) {
    for (present, name) in [
        (request.context_management.is_some(), "context_management"),
        (request.mcp_servers.is_some(), "mcp_servers"),
        (request.container.is_some(), "container"),
        (request.thread.is_some(), "thread"),
    ] {
        if present {
            notes.drop(name);
        }
    }
}

/// Whether any tool result or message holds an image.
#[must_use]
pub fn has_image(request: &MessagesRequest<'_>) -> bool {
    fn any(content: &Content<'_>) -> bool {
        match content {
            Content::Text(_) => false,
            Content::Blocks(blocks) => blocks.iter().any(|block| match block {
                Block::Image { .. } => true,
                Block::ToolResult { content: Some(content), .. }
                | Block::Document { source: Source::Content(content), .. } => any(content),
                _ => false,
            }),
        }
    }
    request.messages.iter().any(|message| any(&message.content))
}

#[cfg(test)]
mod tests;
