//! Reading a request's body, with errors that name the place.

mod path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::scan::scan;

use crate::failure::{Cause, Failure};
use path::path_at;

/// Most tools in one request.
const MAX_TOOLS: usize = 10_000;
/// Most messages in one request.
const MAX_MESSAGES: usize = 100_000;
/// The kind of a thread of which only what is new is sent.
const CONTINUE: &str = "continue";
const NO_THREAD: &str = "thread_not_found: conversations are not held here between turns. Send the whole conversation in \
    `messages`, without `thread`; the SDKs' threads and tool runners do that by themselves.";
/// Longest sentence of the parser that is passed on, in characters.
const MAX_WORDS: usize = 200;

/// Reads the body of `POST /v1/messages`.
///
/// # Errors
/// A sentence with the path (`messages.0.content.1: a `text` block needs `text``) or the byte offset.
pub fn parse(body: &[u8]) -> Result<MessagesRequest<'_>, Failure> {
    let request = parse_countable(body)?;
    match request.max_tokens {
        None => {
            Err(invalid("max_tokens: required. Set the most tokens that the answer may have, such as 4096."))
        }
        Some(0) => Err(invalid("max_tokens: must be at least 1.")),
        Some(_) => Ok(request),
    }
}

/// Reads the body of `POST /v1/messages/count_tokens`, which needs no `max_tokens`.
///
/// # Errors
/// As [`parse`].
pub fn parse_countable(body: &[u8]) -> Result<MessagesRequest<'_>, Failure> {
    let request: MessagesRequest<'_> = read(body)?;
    if request.thread.as_ref().is_some_and(|thread| thread.kind.as_str() == CONTINUE) {
        return Err(Failure::new(Cause::NoThread, NO_THREAD));
    }
    if request.model.trim().is_empty() {
        return Err(invalid("model: must not be empty."));
    }
    if request.messages.is_empty() {
        return Err(invalid("messages: must hold at least one message."));
    }
    if request.tools.len() > MAX_TOOLS || request.messages.len() > MAX_MESSAGES {
        return Err(invalid("The request holds more than 10,000 tools or 100,000 messages."));
    }
    Ok(request)
}

/// Reads a body of any kind of request.
///
/// # Errors
/// What is wrong with it, with its path or byte offset.
pub(crate) fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Failure> {
    if body.trim_ascii().is_empty() {
        return Err(invalid("The body is empty. Send a JSON object."));
    }
    let text = scan(body).map_err(|error| invalid(&format!("The body cannot be read: {error}.")))?;
    serde_json::from_str(text).map_err(|error| located(text, &error))
}

/// Looks once more for the kind and the path of the fault.
fn located(text: &str, error: &serde_json::Error) -> Failure {
    if !error.is_data() {
        return no_json(text, error);
    }
    // A field may be missed before the parser meets what is no JSON at all.
    if let Err(syntax) = serde_json::from_str::<IgnoredAny>(text) {
        return no_json(text, &syntax);
    }
    if !text.trim_start().starts_with('{') {
        return invalid("The body must be a JSON object.");
    }
    let path = path_at(text, offset(text, error.line(), error.column()) + 1);
    if path.is_empty() {
        return invalid(&format!("{}.", what(error)));
    }
    invalid(&format!("{path}: {}.", what(error)))
}

fn no_json(text: &str, error: &serde_json::Error) -> Failure {
    let offset = offset(text, error.line(), error.column());
    invalid(&format!("The body is no valid JSON: {} at byte {offset}.", what(error)))
}

/// The parser's words, within bounds since they quote the body, without the place, which it counts in lines.
fn what(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let (what, _) = said.rsplit_once(" at line ").unwrap_or((said.as_str(), ""));
    match what.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &what[..end]),
        None => what.to_owned(),
    }
}

/// The byte at which the parser stood; it counts lines and columns from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start + column.saturating_sub(1)
}

pub(crate) fn invalid(message: &str) -> Failure {
    Failure::new(Cause::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_place() {
        for (body, expected) in [
            ("", "The body is empty. Send a JSON object."),
            ("{", "The body is no valid JSON: EOF while parsing an object at byte 0."),
            (r#"{"model":"m",}"#, "The body is no valid JSON: trailing comma at byte 13."),
            (r#"{"model":"m"} x"#, "The body is no valid JSON: trailing characters at byte 14."),
            ("[]", "The body must be a JSON object."),
            (" 7", "The body must be a JSON object."),
            (r#"{"model":"m"}"#, "missing field `messages`."),
            (r#"{"messages":[]}"#, "missing field `model`."),
            (r#"{"model":"m","messages":[]}"#, "messages: must hold at least one message."),
            (r#"{"model":"","messages":[{"role":"user","content":"x"}]}"#, "model: must not be empty."),
            (
                r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
                "max_tokens: required. Set the most tokens that the answer may have, such as 4096.",
            ),
            (
                r#"{"model":"m","max_tokens":"9","messages":[{"role":"user","content":"x"}]}"#,
                "max_tokens: invalid type: string \"9\", expected u64.",
            ),
            (
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text"}]}]}"#,
                "messages.0.content.0: a `text` block needs `text`.",
            ),
            (
                "{\"model\":\"m\",\n\"messages\":[{\"role\":\"user\",\n\"content\":[{\"type\":\"text\",\"text\":\"x\"},\n{\"text\":\"x\"}]}]}",
                "messages.0.content.1: missing field `type`.",
            ),
            (
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","content":[{"type":"image"},{"type":"text","text":"x"}]}]}]}"#,
                "messages.0.content.0.content.0: an `image` block needs `source`, an object.",
            ),
            (
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"x"},{"name":["x"]}]}"#,
                "tools.1.name: invalid type: sequence, expected a string.",
            ),
            (
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"robot","content":"x"}]}"#,
                "messages.0.role: unknown variant `robot`, expected one of `user`, `assistant`, `system`.",
            ),
            (r#"{"model":"m","model":"m"}"#, "duplicate field `model`."),
            (
                r#"{"model":"\ud800"}"#,
                "The body cannot be read: a \\u escape is half of a surrogate pair at byte 10.",
            ),
        ] {
            let failure = parse(body.as_bytes()).unwrap_err();
            assert_eq!((failure.status, failure.message.as_str()), (400, expected), "{body}");
        }
    }

    #[test]
    fn a_fault_that_quotes_the_body_is_cut() {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"{}"}}]}}"#, "é".repeat(5000));
        assert!(parse(body.as_bytes()).unwrap_err().message.chars().count() < 260);
    }

    #[test]
    fn counting_needs_no_limit_of_the_answer() {
        let body = br#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
        assert!(parse_countable(body).is_ok() && parse(body).is_err());
    }

    #[test]
    fn unknown_fields_and_blocks_pass() {
        let body = r#"{"model":"m","max_tokens":9,"new_field":{"a":[1]},"tags":["x"],
            "messages":[{"role":"user","content":[{"type":"hologram","x":1},{"type":"text","text":"hi","new":true}]}]}"#;
        assert_eq!(parse(body.as_bytes()).unwrap().messages.len(), 1);
    }
}
