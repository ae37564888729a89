//! What a scripted model reads in a request: the offered tools, the calls made so far, the user's words.

use serde_json::Value;

use crate::request::{Api, Request};

/// A request, read the same way on both endpoints.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) tools: Vec<Tool>,
    /// Calls of earlier turns, in order.
    pub(crate) calls: Vec<PastCall>,
    /// Every text of every user turn, in order.
    pub(crate) user_texts: Vec<String>,
    /// A server-side web search is offered.
    pub(crate) web_search: bool,
    /// A server-side fetch of pages is offered.
    pub(crate) web_fetch: bool,
    pub(crate) stops: Vec<String>,
    /// The JSON Schema the answer must conform to.
    pub(crate) schema: Option<Value>,
    /// The answer must be a JSON object of any shape.
    pub(crate) json_object: bool,
    /// The tool the answer must call.
    pub(crate) forced_tool: Option<String>,
    /// Tool results came, and no assistant turn after them.
    pub(crate) has_new_results: bool,
}

/// A tool on offer.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) schema: Value,
}

/// A tool call of an earlier turn.
#[derive(Debug)]
pub(crate) struct PastCall {
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

// === impl Conversation ===

impl Conversation {
    pub(crate) fn read(request: &Request) -> Self {
        let Some(json) = request.json() else { return Self::default() };
        let mut conversation = Self::default();
        for tool in list(&json["tools"]) {
            conversation.tool(tool);
        }
        for message in list(&json["messages"]) {
            conversation.message(message);
        }
        let stops = if request.api == Api::Chat { &json["stop"] } else { &json["stop_sequences"] };
        conversation.stops = match stops {
            Value::String(stop) => vec![stop.clone()],
            _ => list(stops).iter().filter_map(|stop| stop.as_str().map(str::to_owned)).collect(),
        };
        let format = if request.api == Api::Chat {
            &json["response_format"]
        } else {
            &json["output_config"]["format"]
        };
        let choice = &json["tool_choice"];
        let forced = choice["function"]["name"].as_str().or_else(|| choice["name"].as_str());
        conversation.forced_tool = forced.map(str::to_owned);
        conversation.json_object = format["type"] == "json_object";
        if format["type"] == "json_schema" {
            let schema = format.get("schema").or_else(|| format["json_schema"].get("schema"));
            conversation.schema = schema.cloned();
        }
        conversation
    }

    /// The tool of that name, if it is offered.
    pub(crate) fn offers(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Whether a tool of that name was called, with an argument of that value when one is given.
    pub(crate) fn called(&self, name: &str, argument: Option<(&str, &str)>) -> bool {
        self.calls
            .iter()
            .any(|call| call.name == name && argument.is_none_or(|(key, value)| call.arguments[key] == value))
    }

    /// The value of `key=value` in the user's words; the value ends at white space.
    pub(crate) fn setting(&self, key: &str) -> Option<&str> {
        self.user_texts.iter().find_map(|text| {
            text.split_whitespace().find_map(|word| {
                let value = word.strip_prefix(key)?.strip_prefix('=')?;
                let value = value.trim_matches(['"', '\'', ',', ';', '`']);
                (!value.is_empty()).then_some(value)
            })
        })
    }

    /// The last thing the user said.
    pub(crate) fn last_words(&self) -> &str {
        self.user_texts.last().map(String::as_str).unwrap_or_default()
    }

    fn tool(&mut self, tool: &Value) {
        let kind = tool["type"].as_str().unwrap_or_default();
        let server = kind.trim_start_matches("openrouter:");
        if server.starts_with("web_search") {
            self.web_search = true;
            return;
        }
        if server.starts_with("web_fetch") {
            self.web_fetch = true;
            return;
        }
        let (name, schema) = match tool.get("function") {
            Some(function) => (&function["name"], &function["parameters"]),
            None => (&tool["name"], &tool["input_schema"]),
        };
        if let Some(name) = name.as_str() {
            self.tools.push(Tool { name: name.to_owned(), schema: schema.clone() });
        }
    }

    fn message(&mut self, message: &Value) {
        for call in list(&message["tool_calls"]) {
            let function = &call["function"];
            let arguments = function["arguments"].as_str().unwrap_or_default();
            let arguments = serde_json::from_str(arguments).unwrap_or_default();
            let name = function["name"].as_str().unwrap_or_default().to_owned();
            self.calls.push(PastCall { name, arguments });
        }
        match message["role"].as_str() {
            Some("assistant") => self.has_new_results = false,
            Some("tool") => self.has_new_results = true,
            _ => {}
        }
        let user = message["role"] == "user";
        if let Some(text) = message["content"].as_str().filter(|_| user) {
            self.user_texts.push(text.to_owned());
        }
        for part in list(&message["content"]) {
            self.has_new_results |= part["type"] == "tool_result";
            if part["type"] == "tool_use" {
                let name = part["name"].as_str().unwrap_or_default().to_owned();
                self.calls.push(PastCall { name, arguments: part["input"].clone() });
            }
            if let Some(text) = part["text"].as_str().filter(|_| user && part["type"] == "text") {
                self.user_texts.push(text.to_owned());
            }
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn read(api: Api, body: &Value) -> Conversation {
        Conversation::read(&Request::new(api, Bytes::from(body.to_string())))
    }

    #[test]
    fn both_endpoints_read_the_same() {
        let chat = json!({
            "stop": "</block>",
            "tools": [{"type": "function", "function": {"name": "Bash", "parameters": {"type": "object"}}}, {"type": "openrouter:web_search"}, {"type": "openrouter:web_fetch"}],
            "messages": [
                {"role": "user", "content": "please png=/tmp/a.png now"},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "Bash", "arguments": "{\"command\":\"ls\"}"}}]},
                {"role": "tool", "tool_call_id": "1", "content": "pdf=/not/the/user"},
            ],
        });
        let messages = json!({
            "stop_sequences": ["</block>"],
            "tools": [{"name": "Bash", "input_schema": {"type": "object"}}, {"type": "web_search_20250305", "name": "web_search"}, {"type": "web_fetch_20250910", "name": "web_fetch"}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "please png=/tmp/a.png now"}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "Bash", "input": {"command": "ls"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "pdf=/not/the/user"}]},
            ],
        });
        for (api, body) in [(Api::Chat, chat), (Api::Messages, messages)] {
            let read = read(api, &body);
            assert!(read.web_search && read.web_fetch && read.offers("Bash").is_some());
            assert!(read.offers("web_search").is_none() && read.offers("web_fetch").is_none());
            assert!(
                read.called("Bash", Some(("command", "ls")))
                    && !read.called("Bash", Some(("command", "pwd")))
            );
            assert_eq!((read.setting("png"), read.setting("pdf")), (Some("/tmp/a.png"), None));
            assert!(read.has_new_results);
            assert_eq!(read.stops, ["</block>"]);
        }
    }
}
