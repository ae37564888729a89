//! Tools on offer, the choice among them, and calls of earlier turns.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{At, Check, Field, Kind, quoted};

/// Characters of a tool's name.
const MOST_NAME: usize = 64;
const TOOL: &[Field] = &[("type", Kind::Any), ("function", Kind::Any), ("cache_control", Kind::Any)];
const FUNCTION: &[Field] =
    &[("name", Kind::Text), ("description", Kind::Text), ("parameters", Kind::Any), ("strict", Kind::Bool)];
const SERVER_TOOL: &[Field] =
    &[("type", Kind::Any), ("parameters", Kind::Object), ("cache_control", Kind::Any)];
const SERVER_TOOLS: &[&str] = &[
    "openrouter:web_search",
    "openrouter:web_fetch",
    "openrouter:datetime",
    "openrouter:image_generation",
    "openrouter:advisor",
    "openrouter:subagent",
    "openrouter:fusion",
    "openrouter:bash",
    "openrouter:files",
    "web_search",
    "web_search_preview",
    "web_search_2025_08_26",
];
const SEARCH: &[Field] = &[
    ("engine", Kind::OneOf(&["native", "exa", "parallel", "firecrawl", "perplexity", "auto"])),
    ("max_results", Kind::Int),
    ("max_uses", Kind::Int),
    ("allowed_domains", Kind::Texts),
    ("excluded_domains", Kind::Texts),
    ("search_context_size", Kind::OneOf(&["low", "medium", "high"])),
    ("user_location", Kind::Object),
];
const CALL: &[Field] = &[
    ("id", Kind::Text),
    ("type", Kind::OneOf(&["function"])),
    ("function", Kind::Any),
    ("index", Kind::Int),
];
const CALLED: &[Field] = &[("name", Kind::Text), ("arguments", Kind::Any)];
const CHOICE: &[Field] = &[("type", Kind::Any), ("function", Kind::Any)];
const CHOSEN: &[Field] = &[("name", Kind::Text)];

/// The tools and the choice among them.
pub(super) fn check(check: &mut Check, body: &Value) {
    let root = At::Root;
    let mut names = HashSet::new();
    if let Some(tools) = body.get("tools") {
        let at = root.key("tools");
        let tools = check.list(tools, &at);
        if tools.is_empty() {
            check.fault("empty-content", &at, "an empty list of tools");
        }
        for (number, tool) in tools.iter().enumerate() {
            let place = at.index(number);
            check.cache_control(tool.get("cache_control"), &place);
            match tool["type"].as_str() {
                Some("function") => function(check, tool, &place, &mut names),
                Some(kind) if SERVER_TOOLS.contains(&kind) => server_tool(check, tool, &place, kind),
                _ => check.fault("tool-type", &place.key("type"), &quoted(&tool["type"])),
            }
        }
    }
    if let Some(choice) = body.get("tool_choice") {
        self::choice(check, choice, &names, body.get("tools").is_some());
    }
}

fn function<'v>(check: &mut Check, tool: &'v Value, at: &At<'_>, names: &mut HashSet<&'v str>) {
    check.fields(tool, at, TOOL);
    let at = at.key("function");
    let function = &tool["function"];
    check.fields(function, &at, FUNCTION);
    let tool_name = function["name"].as_str().unwrap_or_default();
    name(check, &function["name"], &at.key("name"));
    if !names.insert(tool_name) {
        check.fault("tool-name-repeated", &at.key("name"), tool_name);
    }
    if let Some(parameters) = function.get("parameters") {
        self::parameters(check, parameters, &at.key("parameters"));
    }
}

fn parameters(check: &mut Check, parameters: &Value, at: &At<'_>) {
    if parameters["type"] != "object" {
        let found = format!("a JSON Schema with type object is wanted, not {}", quoted(parameters));
        return check.fault("tool-parameters", at, &found);
    }
    if parameters.get("properties").is_some_and(|properties| !properties.is_object()) {
        check.fault("tool-parameters", &at.key("properties"), &quoted(&parameters["properties"]));
    }
    let required = parameters.get("required");
    if required.is_some_and(|list| !list.as_array().is_some_and(|list| list.iter().all(Value::is_string))) {
        check.fault("tool-parameters", &at.key("required"), &quoted(&parameters["required"]));
    }
}

fn server_tool(check: &mut Check, tool: &Value, at: &At<'_>, kind: &str) {
    check.fields(tool, at, SERVER_TOOL);
    if let Some(parameters) = tool.get("parameters").filter(|_| kind.contains("web_search")) {
        check.fields(parameters, &at.key("parameters"), SEARCH);
    }
}

fn choice(check: &mut Check, choice: &Value, names: &HashSet<&str>, tools: bool) {
    let at = At::Root.key("tool_choice");
    match choice {
        Value::String(word) if !["none", "auto", "required"].contains(&word.as_str()) => {
            check.fault("tool-choice", &at, &quoted(choice));
        }
        Value::String(_) if !tools => check.fault("tool-choice", &at, "a choice without tools"),
        Value::String(_) => {}
        _ if choice["type"] == "function" => {
            check.fields(choice, &at, CHOICE);
            check.fields(&choice["function"], &at.key("function"), CHOSEN);
            let name = choice["function"]["name"].as_str().unwrap_or_default();
            if !names.contains(name) {
                let found = format!("Required function {name} is not present in the provided tools");
                check.fault("tool-choice", &at, &found);
            }
        }
        _ if choice["type"].as_str().is_some_and(|kind| SERVER_TOOLS.contains(&kind)) => {}
        _ => check.fault("tool-choice", &at, &quoted(choice)),
    }
}

/// A call of an earlier turn.
pub(super) fn call(check: &mut Check, call: &Value, at: &At<'_>) {
    check.fields(call, at, CALL);
    for key in ["id", "type", "function"] {
        check.needs(call, at, key);
    }
    if call["id"] == "" {
        check.fault("missing-field", &at.key("id"), "\"\"");
    }
    let (function, at) = (&call["function"], at.key("function"));
    check.fields(function, &at, CALLED);
    name(check, &function["name"], &at.key("name"));
    let arguments = function["arguments"].as_str();
    let parsed = arguments.map(serde_json::from_str::<Value>);
    if !matches!(parsed, Some(Ok(Value::Object(_)))) {
        let found = format!("the JSON text of an object is wanted, not {}", quoted(&function["arguments"]));
        check.fault("tool-arguments", &at.key("arguments"), &found);
    }
}

fn name(check: &mut Check, value: &Value, at: &At<'_>) {
    let name = value.as_str().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if name.is_empty() || name.len() > MOST_NAME || !name.bytes().all(plain) {
        check.fault("tool-name", at, &format!("{} does not match ^[a-zA-Z0-9_-]{{1,64}}$", quoted(value)));
    }
}
