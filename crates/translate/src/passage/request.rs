//! Reading a request, as far as routing and the bill need it.

use std::borrow::Cow;

use turnpike_wire::chat::{ChatQuery, QueryContent, QueryMessage};

use crate::failure::Failure;
use crate::request::{invalid, read};

/// Reads the body of `POST /v1/chat/completions`.
///
/// # Errors
/// A sentence with the path or the byte offset of what is wrong.
pub fn read_request(body: &[u8]) -> Result<ChatQuery<'_>, Failure> {
    let query: ChatQuery<'_> = read(body)?;
    if query.model.trim().is_empty() {
        return Err(invalid("model: must not be empty."));
    }
    if query.messages.is_empty() {
        return Err(invalid("messages: must hold at least one message."));
    }
    Ok(query)
}

/// Whether any message holds an image.
#[must_use]
pub fn has_image(query: &ChatQuery<'_>) -> bool {
    query.messages.iter().any(|message| match &message.content {
        Some(QueryContent::Parts(parts)) => parts.iter().any(|part| part.image_url.is_some()),
        _ => false,
    })
}

/// Whether reasoning is asked for.
#[must_use]
pub fn thinks(query: &ChatQuery<'_>) -> bool {
    let asked = query.reasoning.as_ref().is_some_and(|reasoning| {
        reasoning.enabled != Some(false) && reasoning.effort.as_deref() != Some("none")
    });
    asked || query.reasoning_effort.as_deref().is_some_and(|effort| effort != "none")
}

/// Whether web search is offered, in any of the forms that OpenRouter takes.
#[must_use]
pub fn web_search(query: &ChatQuery<'_>) -> bool {
    let plugin = || query.plugins.iter().flatten().any(|plugin| plugin.id.as_deref() == Some("web"));
    let tool = || query.tools.iter().flatten().any(|tool| tool.get().contains("openrouter:web_search"));
    query.web_search_options.is_some() || query.model.ends_with(":online") || plugin() || tool()
}

/// Whether the upstream may fetch pages, in either of the forms that OpenRouter takes.
#[must_use]
pub fn web_fetch(query: &ChatQuery<'_>) -> bool {
    let plugin = || query.plugins.iter().flatten().any(|plugin| plugin.id.as_deref() == Some("web-fetch"));
    let tool = || query.tools.iter().flatten().any(|tool| tool.get().contains("openrouter:web_fetch"));
    plugin() || tool()
}

/// The text of a message from the client's program, not its user; `None` for the others.
#[must_use]
pub fn program_text<'m>(message: &'m QueryMessage<'_>) -> Option<Cow<'m, str>> {
    if !matches!(message.role.as_deref(), Some("system" | "developer")) {
        return None;
    }
    match message.content.as_ref()? {
        QueryContent::Text(text) => Some(text.decode()),
        QueryContent::Parts(parts) => {
            let texts = parts.iter().filter_map(|part| part.text.as_ref().map(|text| text.decode()));
            Some(Cow::Owned(texts.collect::<Vec<_>>().join("\n")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_place() {
        for (body, expected) in [
            ("", "The body is empty. Send a JSON object."),
            ("[]", "The body must be a JSON object."),
            (r#"{"model":"m",}"#, "The body is no valid JSON: trailing comma at byte 13."),
            (r#"{"model":"m"}"#, "missing field `messages`."),
            (r#"{"model":"m","messages":[]}"#, "messages: must hold at least one message."),
            (r#"{"model":" ","messages":[{"role":"user"}]}"#, "model: must not be empty."),
            (r#"{"model":7,"messages":[{}]}"#, "model: invalid type: integer `7`, expected a string."),
            (r#"{"model":"m","model":"n","messages":[{}]}"#, "duplicate field `model`."),
            (
                r#"{"model":"m","messages":[{"content":"\ud800"}]}"#,
                "The body cannot be read: a \\u escape is half of a surrogate pair at byte 37.",
            ),
        ] {
            let failure = read_request(body.as_bytes()).unwrap_err();
            assert_eq!((failure.status, failure.message.as_str()), (400, expected), "{body}");
        }
    }

    #[test]
    fn what_routing_asks_is_seen() {
        for (label, fields, expected) in [
            ("nothing", r#""model":"m""#, (false, false)),
            ("an effort", r#""model":"m","reasoning_effort":"low""#, (true, false)),
            ("no effort", r#""model":"m","reasoning_effort":"none""#, (false, false)),
            ("OpenRouter's form", r#""model":"m","reasoning":{"max_tokens":9}"#, (true, false)),
            ("off", r#""model":"m","reasoning":{"enabled":false}"#, (false, false)),
            ("the online variant", r#""model":"a/m:online""#, (false, true)),
            ("the plug-in", r#""model":"m","plugins":[{"id":"web"}]"#, (false, true)),
            ("another plug-in", r#""model":"m","plugins":[{"id":"file-parser"}]"#, (false, false)),
            ("OpenAI's search", r#""model":"m","web_search_options":{}"#, (false, true)),
            ("the tool", r#""model":"m","tools":[{"type":"openrouter:web_search"}]"#, (false, true)),
        ] {
            let body = format!(r#"{{{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
            let query = read_request(body.as_bytes()).unwrap();
            assert_eq!((thinks(&query), web_search(&query)), expected, "{label}");
            assert!(!has_image(&query), "{label}");
        }
    }
}
