//! From a Messages request to a chat completions request.
//!
//! Large parts (texts, schemas, base64) are copied as raw JSON. The same conversation gives the same bytes
//! at every turn, so that the upstream's prompt cache hits.

mod cache;
mod content;
mod messages;
mod parse;
mod reasoning;
mod tools;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Content, Effort, MessagesRequest, OutputConfig};
use turnpike_wire::chat::{ChatRequest, JsonSchema, ResponseFormat};

use crate::failure::{Cause, Failure};
use crate::names::ToolNames;
use crate::profile::ModelProfile;
use cache::Breakpoints;

pub use content::BILLING_MARK;
pub use parse::{parse, parse_countable};

/// Most stop sequences that chat completions takes.
const MAX_STOPS: usize = 4;
/// Longest `session_id`.
const MAX_SESSION: usize = 256;

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
    /// Instead of the client's.
    pub effort: Option<Effort>,
    /// Provider preferences, JSON.
    pub provider: Option<Box<RawValue>>,
}

/// What translation is told besides the request.
#[derive(Clone, Debug)]
pub struct Target<'t> {
    /// The model.
    pub profile: &'t ModelProfile,
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
    /// Names of tools that had to be changed.
    pub names: ToolNames,
    /// The client wants signatures without the text of the reasoning.
    pub omit_thinking: bool,
    /// Name of the web search tool, when the request offers one.
    pub web_search: Option<String>,
    /// The request's only stop sequence.
    pub stop_sequence: Option<String>,
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

/// Translates a request for one target.
///
/// # Errors
/// A request that the target cannot take (tools, images), or that no target can (`safeguards`, an empty
/// message): with the path of what is wrong.
pub fn to_chat(request: &MessagesRequest<'_>, target: &Target<'_>) -> Result<Translated, Failure> {
    if request.safeguards.is_some() {
        return Err(Failure::new(
            Cause::Invalid,
            "safeguards: not supported when a request is translated for another model. Send the request without it.",
        ));
    }
    let profile = target.profile;
    let mut notes = Notes::default();
    note_ignored(request, &mut notes);
    let mut breakpoints = Breakpoints::choose(request, profile.cache_breakpoints(), &mut notes);
    let offer = tools::translate(request, profile, &mut breakpoints, &mut notes)?;
    let messages = messages::translate(request, profile, &mut breakpoints, &mut notes)?;
    let chat = ChatRequest {
        model: profile.slug.as_str().into(),
        stream: request.stream,
        session_id: session(request, target.session).map(Into::into),
        user: user(request).map(Into::into),
        provider: target.overrides.provider.clone(),
        service_tier: service_tier(request).map(Into::into),
        max_tokens: max_tokens(request, target, &mut notes),
        temperature: supported(
            "temperature",
            target.overrides.temperature.or(request.temperature),
            profile,
            &mut notes,
        ),
        top_p: supported("top_p", target.overrides.top_p.or(request.top_p), profile, &mut notes),
        top_k: supported("top_k", target.overrides.top_k.or(request.top_k), profile, &mut notes),
        stop: stops(request, profile, &mut notes),
        reasoning: reasoning::translate(request, target, &mut notes),
        response_format: response_format(request, profile, &mut notes),
        tool_choice: offer.choice,
        parallel_tool_calls: offer.parallel,
        tools: offer.tools,
        messages,
        ..ChatRequest::default()
    };
    let body = serde_json::to_vec(&chat).map_err(|error| {
        Failure::new(Cause::Internal, format!("The request could not be written: {error}."))
    })?;
    Ok(Translated {
        body,
        names: notes.names,
        omit_thinking: request.thinking.as_ref().and_then(|t| t.display.as_deref()) == Some("omitted"),
        web_search: offer.web_search,
        stop_sequence: match request.stop_sequences.as_slice() {
            [only] => Some(only.as_str().to_owned()),
            _ => None,
        },
        dropped: notes.dropped,
    })
}

/// Fields that only Anthropic's own servers can honour.
fn note_ignored(request: &MessagesRequest<'_>, notes: &mut Notes) {
    for (present, name) in [
        (request.context_management.is_some(), "context_management"),
        (request.mcp_servers.is_some(), "mcp_servers"),
        (request.container.is_some(), "container"),
    ] {
        if present {
            notes.drop(name);
        }
    }
}

/// A parameter, if the target takes it.
fn supported<T>(
    name: &'static str,
    value: Option<T>,
    profile: &ModelProfile,
    notes: &mut Notes,
) -> Option<T> {
    if value.is_some() && !profile.takes(name) {
        notes.drop(name);
        return None;
    }
    value
}

fn max_tokens(request: &MessagesRequest<'_>, target: &Target<'_>, notes: &mut Notes) -> Option<u64> {
    let asked = request.max_tokens?;
    let limits = [target.overrides.max_tokens, target.profile.max_output];
    let clamped = limits.into_iter().flatten().fold(asked, u64::min).max(target.profile.min_output());
    if clamped != asked {
        notes.drop("max_tokens (clamped)");
    }
    Some(clamped)
}

fn stops<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile,
    notes: &mut Notes,
) -> Vec<std::borrow::Cow<'a, str>> {
    let asked = &request.stop_sequences;
    if !asked.is_empty() && !profile.takes("stop") {
        notes.drop("stop_sequences");
        return Vec::new();
    }
    if asked.len() > MAX_STOPS {
        notes.drop("stop_sequences beyond the fourth");
    }
    asked.iter().filter(|stop| !stop.is_empty()).take(MAX_STOPS).map(|stop| stop.as_str().into()).collect()
}

fn service_tier(request: &MessagesRequest<'_>) -> Option<&'static str> {
    (request.service_tier.as_deref() == Some("standard_only")).then_some("default")
}

fn response_format<'a>(
    request: &MessagesRequest<'a>,
    profile: &ModelProfile,
    notes: &mut Notes,
) -> Option<ResponseFormat<'a>> {
    let format =
        request.output_config.as_ref().and_then(|config: &OutputConfig<'_>| config.format.as_ref())?;
    let schema = format.schema?;
    if format.kind.as_str() != "json_schema"
        || !(profile.takes("structured_outputs") || profile.takes("response_format"))
    {
        notes.drop("output_config.format");
        return None;
    }
    Some(ResponseFormat::JsonSchema { json_schema: JsonSchema { name: "answer", strict: true, schema } })
}

/// What Claude Code packs into `metadata.user_id`.
#[derive(serde::Deserialize)]
struct PackedUser<'a> {
    #[serde(borrow, default)]
    session_id: Option<turnpike_wire::text::Text<'a>>,
}

/// The session: the client's header, else what stands in `metadata.user_id`.
fn session(request: &MessagesRequest<'_>, header: Option<&str>) -> Option<String> {
    let bounded = |text: &str| text.chars().take(MAX_SESSION).collect::<String>();
    if let Some(session) = header.filter(|session| !session.is_empty()) {
        return Some(bounded(session));
    }
    session_of(request).map(|session| bounded(&session))
}

/// The session id that stands in `metadata.user_id`, as JSON or as `…_session_ID`.
#[must_use]
pub fn session_of(request: &MessagesRequest<'_>) -> Option<String> {
    let user = request.metadata.as_ref()?.user_id.as_ref()?;
    match serde_json::from_str::<PackedUser<'_>>(user) {
        Ok(packed) => packed.session_id.map(turnpike_wire::text::Text::into_owned),
        Err(_) => user.rsplit_once("_session_").map(|(_, session)| session.to_owned()),
    }
}

/// The end user. What holds a device id stays on this machine.
fn user<'a>(request: &'a MessagesRequest<'_>) -> Option<&'a str> {
    let user = request.metadata.as_ref()?.user_id.as_ref()?.as_str();
    let tells_device = user.starts_with('{') || user.contains("_session_");
    (!tells_device && !user.is_empty()).then_some(user)
}

/// Whether any tool result or message holds an image.
#[must_use]
pub fn has_image(request: &MessagesRequest<'_>) -> bool {
    fn any(content: &Content<'_>) -> bool {
        use turnpike_wire::anthropic::Block;
        match content {
            Content::Text(_) => false,
            Content::Blocks(blocks) => blocks.iter().any(|block| match block {
                Block::Image { .. } => true,
                Block::ToolResult { content: Some(content), .. } => any(content),
                _ => false,
            }),
        }
    }
    request.messages.iter().any(|message| any(&message.content))
}

#[cfg(test)]
mod tests;
