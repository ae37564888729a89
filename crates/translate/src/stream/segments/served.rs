//! What OpenRouter tells of the server tools that it ran: a record of each run among the details of the reasoning.
//!
//! OpenRouter's API description has the record (`reasoning.server_tool_call`: tool, arguments, result, both as
//! JSON text), its page on web fetch the result of a fetch (`url`, `title`, `content`, `status`, `error`,
//! `retrieved_at`). What is told otherwise is no record that can be shown.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use turnpike_wire::anthropic::raw_json;

use super::search::Source;
use crate::reasoning::ServerRun;

/// Types of errors of a fetch, each by a mark in the upstream's words.
const FETCH_ERRORS: [(&str, &str); 6] = [
    ("429", "too_many_requests"),
    ("max", "max_uses_exceeded"),
    ("domain", "url_not_allowed"),
    ("not allowed", "url_not_allowed"),
    ("content type", "unsupported_content_type"),
    ("invalid url", "invalid_tool_input"),
];

/// What a run was, where the Messages API has blocks for it.
pub(super) enum Ran {
    Fetch(Fetched),
    Search { query: String, pages: Vec<Source> },
}

/// A page that was fetched, or was to be.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Arguments of the fetch, JSON.
    pub(super) input: String,
    /// Content of its result block.
    pub(super) content: Box<RawValue>,
}

// === impl Ran ===

impl Ran {
    /// What a record tells, if that can be shown.
    pub(super) fn of(record: &ServerRun<'_>) -> Option<Self> {
        let arguments = within(record.arguments)?;
        match record.tool() {
            "web_fetch" => fetched(&arguments, &within(record.result)?).map(Self::Fetch),
            "web_search" => {
                let query = arguments["query"].as_str()?.to_owned();
                Some(Self::Search { query, pages: pages(&within(record.result).unwrap_or_default()) })
            }
            _ => None,
        }
    }
}

/// JSON, or JSON within a string.
fn within(raw: &RawValue) -> Option<Value> {
    match serde_json::from_str(raw.get()).ok()? {
        Value::String(text) => serde_json::from_str(&text).ok(),
        value => Some(value),
    }
}

fn fetched(arguments: &Value, result: &Value) -> Option<Fetched> {
    let url = result["url"].as_str().or(arguments["url"].as_str()).filter(|url| !url.is_empty())?;
    let content = match (result["content"].as_str(), result["error"].as_str()) {
        (Some(text), None) => {
            let document = json!({"type": "document", "title": result["title"].as_str(), "citations": null,
                "source": {"type": "text", "media_type": "text/plain", "data": text}});
            json!({"type": "web_fetch_result", "url": url, "retrieved_at": result["retrieved_at"].as_str(),
                "content": document})
        }
        (_, Some(error)) => {
            let error = error.to_lowercase();
            let known = FETCH_ERRORS.iter().find(|(mark, _)| error.contains(mark));
            let code = known.map_or("url_not_accessible", |(_, code)| code);
            json!({"type": "web_fetch_tool_result_error", "error_code": code})
        }
        (None, None) => return None,
    };
    let input = json!({"url": arguments["url"].as_str().unwrap_or(url)}).to_string();
    Some(Fetched { input, content: raw_json(content.to_string()) })
}

/// The pages of a search: a list of them, or a list named `results`.
fn pages(result: &Value) -> Vec<Source> {
    let list = result.as_array().or_else(|| result["results"].as_array());
    let page = |page: &Value| {
        let url = page["url"].as_str().filter(|url| !url.is_empty())?.to_owned();
        Some(Source { url, title: page["title"].as_str().unwrap_or_default().to_owned() })
    };
    list.into_iter().flatten().filter_map(page).collect()
}

/// Whether two texts of arguments mean the same; none at all means none.
pub(super) fn are_same(first: &str, second: &str) -> bool {
    let read = |text: &str| match text.trim() {
        "" => Some(json!({})),
        text => serde_json::from_str::<Value>(text).ok(),
    };
    read(first).is_some_and(|value| Some(value) == read(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(arguments: &str, result: &str) -> Option<Value> {
        let detail = json!({"type": "reasoning.server_tool_call", "tool_name": "openrouter:web_fetch",
            "arguments": arguments, "result": result});
        let raw = raw_json(detail.to_string());
        match Ran::of(&ServerRun::of(&raw)?)? {
            Ran::Fetch(fetched) => serde_json::from_str(fetched.content.get()).ok(),
            Ran::Search { .. } => None,
        }
    }

    #[test]
    fn a_failed_fetch_has_one_of_the_apis_codes() {
        for (error, code) in [
            ("HTTP 404: Page not found", "url_not_accessible"),
            ("HTTP 429: Too many requests", "too_many_requests"),
            ("Maximum number of fetches exceeded", "max_uses_exceeded"),
            ("Domain a.example is blocked", "url_not_allowed"),
            ("Unsupported content type image/png", "unsupported_content_type"),
            ("Invalid URL", "invalid_tool_input"),
        ] {
            let result = json!({"url": "https://a.example", "status": "failed", "error": error}).to_string();
            let told = content("{}", &result).unwrap();
            assert_eq!(told, json!({"type": "web_fetch_tool_result_error", "error_code": code}), "{error}");
        }
    }

    #[test]
    fn a_record_without_a_page_is_not_shown() {
        for (arguments, result) in [
            ("{}", "page"),
            ("{}", r#"{"content":"text of nobody knows what"}"#),
            ("{}", r#"{"url":"https://a.example","status":"completed"}"#),
            ("{", r#"{"url":"https://a.example","content":"x"}"#),
        ] {
            assert_eq!(content(arguments, result), None, "{arguments} {result}");
        }
    }
}
