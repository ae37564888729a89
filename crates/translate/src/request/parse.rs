//! Reading a request's body, with errors that name the place.

use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::scan::scan;

use crate::failure::{Cause, Failure};

/// Most tools in one request.
const MAX_TOOLS: usize = 10_000;
/// Most messages in one request.
const MAX_MESSAGES: usize = 100_000;

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
    if body.trim_ascii().is_empty() {
        return Err(invalid("The body is empty. Send a JSON object."));
    }
    let text = scan(body).map_err(|error| invalid(&format!("The body cannot be read: {error}.")))?;
    let request: MessagesRequest<'_> = serde_json::from_str(text).map_err(|error| located(text, &error))?;
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

/// Reads once more, slowly, for the path of the fault.
fn located(text: &str, error: &serde_json::Error) -> Failure {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let path = match serde_path_to_error::deserialize::<_, MessagesRequest<'_>>(&mut deserializer) {
        Err(error) if !error.inner().is_syntax() && !error.inner().is_eof() => error.path().to_string(),
        _ => String::new(),
    };
    let what = error.to_string();
    let (what, _) = what.rsplit_once(" at line ").unwrap_or((what.as_str(), ""));
    if error.is_syntax() || error.is_eof() {
        let offset = offset(text, error.line(), error.column());
        return invalid(&format!("The body is no valid JSON: {what} at byte {offset}."));
    }
    if path.is_empty() || path == "." {
        return invalid(&format!("{what}."));
    }
    invalid(&format!("{}: {what}.", path.replace('[', ".").replace(']', "")))
}

/// The byte at which the parser stood; it counts lines and columns from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start + column.saturating_sub(1)
}

fn invalid(message: &str) -> Failure {
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
            ("[]", "invalid length 0, expected struct MessagesRequest with 23 elements."),
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
                "messages.0.content: a `text` block needs `text`.",
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
    fn unknown_fields_and_blocks_pass() {
        let body = r#"{"model":"m","max_tokens":9,"new_field":{"a":[1]},"tags":["x"],
            "messages":[{"role":"user","content":[{"type":"hologram","x":1},{"type":"text","text":"hi","new":true}]}]}"#;
        assert_eq!(parse(body.as_bytes()).unwrap().messages.len(), 1);
    }
}
