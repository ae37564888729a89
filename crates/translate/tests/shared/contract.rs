//! What chat completions demands of a request: a checker of its own, so that it shares no mistake with
//! what it checks.

use std::collections::HashSet;

use serde_json::Value;

/// Fields that a body may have.
const FIELDS: [&str; 25] = [
    "model",
    "stream",
    "usage",
    "session_id",
    "user",
    "provider",
    "service_tier",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "top_a",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "seed",
    "verbosity",
    "stop",
    "reasoning",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
    "tools",
    "messages",
];

/// Everything in a body that chat completions would refuse, in words.
pub(crate) fn faults(body: &Value) -> Vec<String> {
    let mut check = Check::default();
    check.top(body);
    check.tools(body);
    for (number, message) in list(&body["messages"]).iter().enumerate() {
        check.message(message, number);
    }
    check.all_answered();
    let breakpoints = check.breakpoints;
    check.need(breakpoints <= 4, || format!("{breakpoints} cache breakpoints"));
    check.faults
}

#[derive(Default)]
struct Check {
    faults: Vec<String>,
    breakpoints: usize,
    /// Ids of all calls so far.
    ids: HashSet<String>,
    /// Calls of the last assistant turn that wait for their results.
    waiting: Vec<String>,
    /// Type and id of all reasoning details so far.
    details: HashSet<(String, String)>,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn name_fits(name: &Value) -> bool {
    let name = text(name);
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn address_fits(url: &Value) -> bool {
    let url = text(url);
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let remote = url.starts_with("https://") || url.starts_with("http://");
    remote || data.is_some_and(|(kind, data)| kind.contains('/') && !data.is_empty())
}

impl Check {
    fn need(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            let fault = fault();
            self.faults.push(fault);
        }
    }

    fn top(&mut self, body: &Value) {
        for name in body.as_object().into_iter().flat_map(|fields| fields.keys()) {
            self.need(FIELDS.contains(&name.as_str()), || format!("unknown field {name}"));
        }
        self.need(!text(&body["model"]).is_empty(), || "no model".to_owned());
        let speaks = |message: &Value| message["role"] != "system";
        self.need(list(&body["messages"]).iter().any(speaks), || "nobody says anything".to_owned());
        let stops = list(&body["stop"]);
        let sound = stops.len() <= 4 && stops.iter().all(|stop| !text(stop).is_empty());
        self.need(sound, || format!("stop {stops:?}"));
        let session = text(&body["session_id"]).chars().count();
        self.need(session <= 256, || format!("a session id of {session} characters"));
        let reasoning = &body["reasoning"];
        let both = !reasoning["effort"].is_null() && !reasoning["max_tokens"].is_null();
        self.need(!both, || "reasoning by effort and by budget".to_owned());
        if let (Some(budget), Some(most)) = (reasoning["max_tokens"].as_u64(), body["max_tokens"].as_u64()) {
            self.need((1024..most).contains(&budget), || format!("a budget of {budget} in {most} tokens"));
        }
    }

    fn tools(&mut self, body: &Value) {
        let mut names = HashSet::new();
        let tools = list(&body["tools"]);
        self.need(body["tools"].is_null() || !tools.is_empty(), || "an empty list of tools".to_owned());
        for tool in tools {
            self.breakpoint(tool);
            if tool["type"] != "function" {
                self.need(text(&tool["type"]).starts_with("openrouter:"), || format!("tool {tool}"));
                continue;
            }
            let function = &tool["function"];
            self.need(name_fits(&function["name"]), || format!("tool name {}", function["name"]));
            let new = names.insert(text(&function["name"]));
            self.need(new, || format!("two tools {}", function["name"]));
            let schema = &function["parameters"];
            let sound = schema["type"] == "object" && schema["properties"].is_object();
            self.need(sound, || format!("schema {schema}"));
        }
        let choice = &body["tool_choice"];
        let chosen = text(&choice["function"]["name"]);
        let sound = match choice {
            Value::Null => true,
            Value::String(word) => ["auto", "none", "required"].contains(&word.as_str()) && !tools.is_empty(),
            choice if choice["type"] == "function" => names.contains(chosen),
            choice => tools.iter().any(|tool| tool["type"] == choice["type"]),
        };
        self.need(sound, || format!("tool choice {choice}"));
    }

    fn breakpoint(&mut self, holder: &Value) {
        let mark = &holder["cache_control"];
        if mark.is_null() {
            return;
        }
        self.breakpoints += 1;
        let known = |(name, value): (&String, &Value)| {
            (name == "type" && value == "ephemeral") || (name == "ttl" && (value == "5m" || value == "1h"))
        };
        let sound = mark.as_object().is_some_and(|fields| fields.iter().all(known));
        self.need(sound, || format!("breakpoint {mark}"));
    }

    fn message(&mut self, message: &Value, number: usize) {
        let role = text(&message["role"]).to_owned();
        if role != "tool" {
            self.all_answered();
        }
        let content = &message["content"];
        match role.as_str() {
            "system" => self.content(content, number, &["text"]),
            "user" => self.content(content, number, &["text", "image_url", "file"]),
            "tool" => {
                self.content(content, number, &["text"]);
                let id = text(&message["tool_call_id"]);
                match self.waiting.iter().position(|waiting| waiting == id) {
                    Some(at) => {
                        self.waiting.remove(at);
                    }
                    None => self.faults.push(format!("messages.{number}: {id} was not called just before")),
                }
            }
            "assistant" => {
                let calls = list(&message["tool_calls"]);
                let pictures = list(&message["images"]);
                let says = !content.is_null() || !calls.is_empty() || !pictures.is_empty();
                self.need(says, || format!("messages.{number}: empty"));
                for picture in pictures {
                    let sound = picture["type"] == "image_url" && address_fits(&picture["image_url"]["url"]);
                    self.need(sound, || format!("messages.{number}: picture {picture}"));
                }
                self.need(message["tool_calls"] != Value::Array(Vec::new()), || "no calls".to_owned());
                if !content.is_null() {
                    self.content(content, number, &["text"]);
                }
                calls.iter().for_each(|call| self.call(call, number));
                list(&message["reasoning_details"]).iter().for_each(|detail| self.detail(detail, number));
            }
            other => self.faults.push(format!("messages.{number}: role {other}")),
        }
    }

    fn content(&mut self, content: &Value, number: usize, kinds: &[&str]) {
        let parts = match content {
            Value::String(text) => {
                return self.need(!text.is_empty(), || format!("messages.{number}: empty text"));
            }
            parts => list(parts),
        };
        self.need(!parts.is_empty(), || format!("messages.{number}: no content"));
        for part in parts {
            let kind = text(&part["type"]);
            self.need(kinds.contains(&kind), || format!("messages.{number}: a part of type {kind}"));
            self.breakpoint(part);
            let sound = match kind {
                "text" => !text(&part["text"]).is_empty(),
                "image_url" => address_fits(&part["image_url"]["url"]),
                "file" => {
                    !text(&part["file"]["filename"]).is_empty() && address_fits(&part["file"]["file_data"])
                }
                _ => false,
            };
            self.need(sound, || format!("messages.{number}: part {part}"));
        }
    }

    fn call(&mut self, call: &Value, number: usize) {
        let id = text(&call["id"]).to_owned();
        let new = !id.is_empty() && self.ids.insert(id.clone());
        self.need(new, || format!("messages.{number}: call id {id:?} is empty or was used before"));
        let function = &call["function"];
        let sound = call["type"] == "function" && name_fits(&function["name"]);
        self.need(sound, || format!("messages.{number}: call {call}"));
        let arguments = serde_json::from_str::<Value>(text(&function["arguments"]));
        let is_object = arguments.is_ok_and(|arguments| arguments.is_object());
        self.need(is_object, || format!("messages.{number}: arguments {}", function["arguments"]));
        self.waiting.push(id);
    }

    fn detail(&mut self, detail: &Value, number: usize) {
        let kind = text(&detail["type"]).to_owned();
        self.need(kind.starts_with("reasoning."), || format!("messages.{number}: detail {detail}"));
        if let Some(id) = detail["id"].as_str() {
            let new = self.details.insert((kind, id.to_owned()));
            self.need(new, || format!("messages.{number}: detail {id} for the second time"));
        }
    }

    fn all_answered(&mut self) {
        for id in std::mem::take(&mut self.waiting) {
            self.faults.push(format!("{id} is not followed directly by its result"));
        }
    }
}
