//! Tools and `tool_choice`.

mod builtin;

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, MessagesRequest, Tool, raw_json};
use turnpike_wire::chat::{ChatTool, ChatToolChoice, FunctionTool, NamedFunction};
use turnpike_wire::text::Text;

use super::Notes;
use super::cache::Breakpoints;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;

/// Claude Code's stand-in while all of its deferred tools are unloaded; it is no tool.
const PLACEHOLDER: &str = "DeferredToolPlaceholder";
const WEB_SEARCH: &str = "openrouter:web_search";
const WEB_FETCH: &str = "openrouter:web_fetch";

/// The tools of the request.
#[derive(Debug, Default)]
pub(super) struct Offer<'a> {
    pub(super) tools: Vec<ChatTool<'a>>,
    pub(super) choice: Option<ChatToolChoice<'a>>,
    pub(super) parallel: Option<bool>,
    pub(super) web_search: Option<String>,
}

pub(super) fn translate<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile,
    breakpoints: &mut Breakpoints,
    notes: &mut Notes,
) -> Result<Offer<'a>, Failure> {
    let mut offer = Offer::default();
    if request.tools.is_empty() {
        return Ok(offer);
    }
    if !profile.takes_tools() {
        return Err(no_tools(&profile.slug));
    }
    let loaded = loaded_tools(request);
    for (position, tool) in request.tools.iter().enumerate() {
        let cache_control = breakpoints.keep(tool.cache_control);
        let deferred = tool.defer_loading && !loaded.contains(tool.name.as_str());
        if deferred || tool.name.as_str() == PLACEHOLDER {
            continue;
        }
        let kind = tool.kind.as_deref().unwrap_or("custom");
        if kind == "custom" || kind == "function" {
            let parameters = parameters(tool, position)?;
            offer.tools.push(function(tool, parameters, cache_control, notes));
        } else if kind.starts_with("web_search_") {
            offer.web_search = Some(tool.name.as_str().to_owned());
            offer.tools.push(ChatTool::Server { kind: WEB_SEARCH, parameters: search_parameters(tool) });
        } else if kind.starts_with("web_fetch_") {
            offer.tools.push(ChatTool::Server { kind: WEB_FETCH, parameters: search_parameters(tool) });
        } else if let Some(builtin) = builtin::find(kind) {
            offer.tools.push(ChatTool::Function(FunctionTool {
                kind: "function",
                function: NamedFunction {
                    name: notes.names.to_upstream(&tool.name).into_owned().into(),
                    description: Some(builtin.description.into()),
                    parameters: Cow::Owned(raw_json(builtin.parameters.to_owned())),
                    strict: None,
                },
                cache_control,
            }));
        } else {
            notes.drop("a server tool that only Anthropic runs");
        }
    }
    choose(request, &mut offer, notes);
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

fn choose<'a>(request: &'a MessagesRequest<'_>, offer: &mut Offer<'a>, notes: &mut Notes) {
    if offer.tools.is_empty() {
        return;
    }
    let Some(choice) = &request.tool_choice else { return };
    if choice.disable_parallel_tool_use {
        offer.parallel = Some(false);
    }
    offer.choice = match choice.kind.as_str() {
        "any" => Some(ChatToolChoice::Mode("required")),
        "none" => Some(ChatToolChoice::Mode("none")),
        "tool" => choice.name.as_deref().map(|name| {
            if offer.web_search.as_deref() == Some(name) {
                ChatToolChoice::Server(WEB_SEARCH)
            } else {
                ChatToolChoice::Function(notes.names.to_upstream(name).into_owned().into())
            }
        }),
        _ => Some(ChatToolChoice::Mode("auto")),
    };
}

/// Names of the tools that some `tool_reference` has loaded.
fn loaded_tools<'r>(request: &'r MessagesRequest<'_>) -> HashSet<&'r str> {
    fn collect<'r>(content: &'r Content<'_>, names: &mut HashSet<&'r str>) {
        let Content::Blocks(blocks) = content else { return };
        for block in blocks {
            match block {
                Block::ToolReference { tool_name } => {
                    names.insert(tool_name.as_str());
                }
                Block::ToolResult { content: Some(content), .. } => collect(content, names),
                Block::ServerToolResult { content: Some(content), .. } => collect(content, names),
                _ => {}
            }
        }
    }
    let mut names = HashSet::new();
    if request.tools.iter().any(|tool| tool.defer_loading) {
        request.messages.iter().for_each(|message| collect(&message.content, &mut names));
    }
    names
}

fn function<'a>(
    tool: &'a Tool<'_>,
    parameters: Cow<'a, RawValue>,
    cache_control: Option<&'a RawValue>,
    notes: &mut Notes,
) -> ChatTool<'a> {
    ChatTool::Function(FunctionTool {
        kind: "function",
        function: NamedFunction {
            name: notes.names.to_upstream(&tool.name).into_owned().into(),
            description: tool.description.clone().filter(|text| !text.is_empty()),
            parameters,
            strict: tool.strict.filter(|strict| *strict),
        },
        cache_control,
    })
}

/// The schema as it came, or with `type: object` where that was left out.
fn parameters<'a>(tool: &Tool<'a>, position: usize) -> Result<Cow<'a, RawValue>, Failure> {
    #[derive(Deserialize)]
    struct Top<'t> {
        #[serde(borrow, rename = "type", default)]
        kind: Option<Text<'t>>,
    }

    let wrong = |what: &str| Failure::new(Cause::Invalid, format!("tools.{position}.input_schema: {what}."));
    if tool.name.is_empty() {
        return Err(Failure::new(Cause::Invalid, format!("tools.{position}.name: must not be empty.")));
    }
    let Some(schema) = tool.input_schema else {
        return Ok(Cow::Owned(raw_json(r#"{"type":"object","properties":{}}"#.to_owned())));
    };
    let json = schema.get().trim_start();
    let Some(inner) = json.strip_prefix('{') else {
        return Err(wrong("must be a JSON Schema object"));
    };
    let top: Top<'_> = serde_json::from_str(json).map_err(|_| wrong("`type` must be \"object\""))?;
    match top.kind.as_deref() {
        Some("object") => Ok(Cow::Borrowed(schema)),
        Some(other) => Err(wrong(&format!("`type` must be \"object\", not \"{other}\""))),
        None => {
            let comma = if inner.trim_start().starts_with('}') { "" } else { "," };
            Ok(Cow::Owned(raw_json(format!("{{\"type\":\"object\"{comma}{inner}"))))
        }
    }
}

/// Anthropic's options of a server tool in OpenRouter's names.
fn search_parameters(tool: &Tool<'_>) -> Box<RawValue> {
    let domains = |list: &Option<Vec<Text<'_>>>| {
        list.as_ref().map(|list| list.iter().map(|domain| domain.as_str().to_owned()).collect::<Vec<_>>())
    };
    let mut parameters = serde_json::Map::new();
    if let Some(uses) = tool.max_uses {
        parameters.insert("max_uses".to_owned(), uses.into());
    }
    if let Some(allowed) = domains(&tool.allowed_domains).filter(|list| !list.is_empty()) {
        parameters.insert("allowed_domains".to_owned(), allowed.into());
    }
    if let Some(blocked) = domains(&tool.blocked_domains).filter(|list| !list.is_empty()) {
        parameters.insert("excluded_domains".to_owned(), blocked.into());
    }
    if let Some(location) = tool.user_location.and_then(|raw| serde_json::from_str(raw.get()).ok()) {
        parameters.insert("user_location".to_owned(), location);
    }
    raw_json(serde_json::Value::Object(parameters).to_string())
}
