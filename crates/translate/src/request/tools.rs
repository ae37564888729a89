//! Tools and `tool_choice`.

mod builtin;
mod choice;
mod clean;
mod schema;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, MessagesRequest, Tool, ToolType, raw_json};
use turnpike_wire::chat::{ChatTool, ChatToolChoice, FunctionTool, NamedFunction};
use turnpike_wire::text::Text;

use super::Notes;
use super::cache::Breakpoints;
use super::place::Place;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;

/// Claude Code's stand-in while all of its deferred tools are unloaded; it is no tool.
const PLACEHOLDER: &str = "DeferredToolPlaceholder";

/// What a tool of the request is for the upstream.
enum Kind {
    /// The client runs it and says how it is called.
    Function,
    /// The client runs it, and Claude knows by heart how it is called.
    Builtin(&'static builtin::Builtin),
    /// The upstream runs it.
    Server(Server),
    /// Nobody but Anthropic can run it.
    Foreign,
}

/// A tool that OpenRouter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    WebSearch,
    WebFetch,
}

/// The tools of the request.
#[derive(Debug, Default)]
pub(super) struct Offer<'a> {
    pub(super) tools: Vec<ChatTool<'a>>,
    pub(super) choice: Option<ChatToolChoice<'a>>,
    pub(super) parallel: Option<bool>,
    /// Name of the web search tool.
    pub(super) web_search: Option<String>,
    /// Name of the web fetch tool.
    pub(super) web_fetch: Option<String>,
    /// The client's names of the tools above.
    named: HashSet<&'a str>,
    /// Those of them that OpenRouter runs.
    servers: Vec<(&'a str, Server)>,
}

pub(super) fn translate<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile<'_>,
    breakpoints: Breakpoints,
    notes: &mut Notes,
) -> Result<Offer<'a>, Failure> {
    let mut offer = Offer::default();
    if request.tools.is_empty() {
        return Ok(offer);
    }
    if !profile.takes_tools() {
        return Err(no_tools(profile.slug));
    }
    let loaded = Loaded::of(request);
    let list = Place::Field("tools");
    for (position, tool) in loaded.in_order(&request.tools) {
        let name = tool.name.as_str();
        let kind = Kind::of(tool);
        if matches!(kind, Kind::Foreign) {
            notes.drop("a server tool that only Anthropic runs");
            continue;
        }
        let place = Place::At(&list, position);
        if name.is_empty() {
            return Err(Failure::new(Cause::Invalid, format!("{place}.name: must not be empty.")));
        }
        if !offer.named.insert(name) {
            notes.drop("a tool with the name of another");
            continue;
        }
        let cache_control = breakpoints.keep(tool.cache_control);
        offer.tools.push(match kind {
            Kind::Server(server) => {
                offer.servers.push((name, server));
                ChatTool::Server { kind: server.as_str(), parameters: server.parameters(tool) }
            }
            Kind::Builtin(builtin) => {
                let parameters = Cow::Owned(raw_json(builtin.parameters.to_owned()));
                let name = notes.names.to_upstream(name);
                function(name, Some(builtin.description.into()), parameters, None, cache_control)
            }
            Kind::Function | Kind::Foreign => {
                let parameters = schema::parameters(tool, profile.slug, &place, notes)?;
                let description = tool.description.clone().filter(|text| !text.is_empty());
                let strict = tool.strict.filter(|strict| *strict);
                function(notes.names.to_upstream(name), description, parameters, strict, cache_control)
            }
        });
    }
    let named = |wanted| {
        offer.servers.iter().find(|(_, server)| *server == wanted).map(|(name, _)| (*name).to_owned())
    };
    (offer.web_search, offer.web_fetch) = (named(Server::WebSearch), named(Server::WebFetch));
    choice::choose(request, profile, &mut offer, notes)?;
    Ok(offer)
}

fn no_tools(slug: &str) -> Failure {
    Failure::new(
        Cause::NoTools,
        format!(
            "{slug} does not take tools, and the request offers some. Map this name to a model that does: `turnpike map add`."
        ),
    )
}

fn function<'a>(
    name: Cow<'a, str>,
    description: Option<turnpike_wire::text::JsonStr<'a>>,
    parameters: Cow<'a, RawValue>,
    strict: Option<bool>,
    cache_control: Option<&'a RawValue>,
) -> ChatTool<'a> {
    let function = NamedFunction { name, description, parameters, strict };
    ChatTool::Function(FunctionTool { kind: "function", function, cache_control })
}

// === impl Kind ===

impl Kind {
    fn of(tool: &Tool<'_>) -> Self {
        match ToolType::read(tool.kind.as_deref()) {
            Some(ToolType::Custom) => Self::Function,
            Some(ToolType::Bash) => Self::Builtin(&builtin::BASH),
            Some(ToolType::TextEditor) => Self::Builtin(&builtin::TEXT_EDITOR),
            Some(ToolType::Computer) => Self::Builtin(&builtin::COMPUTER),
            Some(ToolType::Memory) => Self::Builtin(&builtin::MEMORY),
            Some(ToolType::WebSearch) => Self::Server(Server::WebSearch),
            Some(ToolType::WebFetch) => Self::Server(Server::WebFetch),
            Some(
                ToolType::ToolSearchRegex
                | ToolType::ToolSearchBm25
                | ToolType::CodeExecution
                | ToolType::McpToolset,
            )
            | None => Self::Foreign,
        }
    }
}

// === impl Server ===

impl Server {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WebSearch => "openrouter:web_search",
            Self::WebFetch => "openrouter:web_fetch",
        }
    }

    /// Anthropic's options in OpenRouter's names.
    fn parameters(self, tool: &Tool<'_>) -> Box<RawValue> {
        let mut parameters = serde_json::Map::new();
        if let Some(uses) = tool.max_uses {
            parameters.insert("max_uses".to_owned(), uses.into());
        }
        if let (Some(tokens), Self::WebFetch) = (tool.max_content_tokens, self) {
            parameters.insert("max_content_tokens".to_owned(), tokens.into());
        }
        let blocked = match self {
            Self::WebSearch => "excluded_domains",
            Self::WebFetch => "blocked_domains",
        };
        for (name, domains) in [("allowed_domains", &tool.allowed_domains), (blocked, &tool.blocked_domains)]
        {
            let domains: Vec<&str> = domains.iter().flatten().map(Text::as_str).collect();
            if !domains.is_empty() {
                parameters.insert(name.to_owned(), domains.into());
            }
        }
        if let Some(location) = tool.user_location.and_then(|raw| serde_json::from_str(raw.get()).ok())
            && self == Self::WebSearch
        {
            parameters.insert("user_location".to_owned(), location);
        }
        raw_json(serde_json::Value::Object(parameters).to_string())
    }
}

/// Which of the deferred tools are loaded.
enum Loaded<'r> {
    /// All: the search by which the model would find them runs only at Anthropic.
    All,
    /// Those that some `tool_reference` or the choice of the request names, with their places in the order of
    /// loading.
    Named(HashMap<&'r str, usize>),
}

// === impl Loaded ===

impl<'r> Loaded<'r> {
    fn of(request: &'r MessagesRequest<'_>) -> Self {
        // Anthropic's own search among deferred tools.
        let searches = |tool: &Tool<'_>| {
            let kind = ToolType::read(tool.kind.as_deref());
            matches!(kind, Some(ToolType::ToolSearchRegex | ToolType::ToolSearchBm25))
        };
        if request.tools.iter().any(searches) {
            return Self::All;
        }
        let mut places = HashMap::new();
        if request.tools.iter().any(|tool| tool.defer_loading) {
            request.messages.iter().for_each(|message| collect(&message.content, &mut places));
            let chosen = request.tool_choice.as_ref().and_then(|choice| choice.name.as_deref());
            chosen.into_iter().for_each(|name| load(name, &mut places));
        }
        Self::Named(places)
    }

    /// The tools that are sent, with their positions in the request: first those that were there from the
    /// start, then the loaded ones in the order of their loading. So a tool that is loaded moves none that
    /// was there before, and the upstream's prompt stays the same up to the end of its tools.
    fn in_order<'t, 'a>(&self, tools: &'t [Tool<'a>]) -> Vec<(usize, &'t Tool<'a>)> {
        let placed = tools.iter().enumerate().filter(|(_, tool)| tool.name.as_str() != PLACEHOLDER);
        let mut placed: Vec<_> =
            placed.filter_map(|(position, tool)| Some((self.place(tool)?, position, tool))).collect();
        placed.sort_by_key(|(place, ..)| *place);
        placed.into_iter().map(|(_, position, tool)| (position, tool)).collect()
    }

    /// Where the tool stands among those that are sent: 0 from the start, then by loading.
    fn place(&self, tool: &Tool<'_>) -> Option<usize> {
        match self {
            Self::Named(places) if tool.defer_loading => {
                places.get(tool.name.as_str()).map(|place| place + 1)
            }
            Self::All | Self::Named(_) => Some(0),
        }
    }
}

fn load<'r>(name: &'r str, places: &mut HashMap<&'r str, usize>) {
    let next = places.len();
    places.entry(name).or_insert(next);
}

/// Names of the tools that some `tool_reference` has loaded.
fn collect<'r>(content: &'r Content<'_>, places: &mut HashMap<&'r str, usize>) {
    let Content::Blocks(blocks) = content else { return };
    collect_blocks(blocks, places);
}

fn collect_blocks<'r>(blocks: &'r [Block<'_>], places: &mut HashMap<&'r str, usize>) {
    for block in blocks {
        match block {
            Block::ToolReference { tool_name } => load(tool_name.as_str(), places),
            Block::ToolSearchResult { tool_references } => collect_blocks(tool_references, places),
            Block::ToolResult { content: Some(content), .. }
            | Block::ServerToolResult { content: Some(content), .. } => collect(content, places),
            _ => {}
        }
    }
}
