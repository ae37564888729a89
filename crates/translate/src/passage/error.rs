//! Errors in the shape of OpenAI's API.

use serde::Serialize;
use turnpike_wire::anthropic::ErrorKind;

use crate::failure::{Cause, Failure};

/// `{"error":{"message":…,"type":…,"param":…,"code":…}}`
#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Which field is wrong, as a path.
    param: Option<&'a str>,
    code: Option<&'static str>,
}

/// The status that clients of this API know a failure by: 529 is Anthropic's own.
#[must_use]
pub const fn status(failure: &Failure) -> u16 {
    match failure.status {
        529 => 503,
        status => status,
    }
}

/// The failure as the body of an answer. A type of the Messages API becomes OpenAI's nearest.
#[must_use]
pub fn error_json(failure: &Failure) -> String {
    let (kind, code) = face(failure);
    let error = Detail { message: &failure.message, kind, param: param(&failure.message), code };
    // Strings only: this cannot fail.
    serde_json::to_string(&Body { error }).unwrap_or_default()
}

/// The failure as the last frame of a stream, which no `[DONE]` follows.
pub fn write_error(failure: &Failure, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(error_json(failure).as_bytes());
    out.extend_from_slice(b"\n\n");
}

/// OpenAI's type and code.
const fn face(failure: &Failure) -> (&'static str, Option<&'static str>) {
    let code = match failure.cause {
        Cause::ContextTooLong => Some("context_length_exceeded"),
        Cause::ModelGone | Cause::NoTools | Cause::NoImages => Some("model_not_found"),
        Cause::Unsupported => Some("unsupported_parameter"),
        Cause::Refused => Some("content_policy_violation"),
        _ => None,
    };
    match failure.kind {
        ErrorKind::AuthenticationError => ("invalid_request_error", Some("invalid_api_key")),
        ErrorKind::BillingError => ("insufficient_quota", Some("insufficient_quota")),
        ErrorKind::PermissionError => ("permission_error", code),
        ErrorKind::RateLimitError => ("rate_limit_error", Some("rate_limit_exceeded")),
        ErrorKind::InvalidRequestError | ErrorKind::NotFoundError => ("invalid_request_error", code),
        ErrorKind::RequestTooLarge => ("invalid_request_error", Some("request_too_large")),
        ErrorKind::TimeoutError => ("timeout", None),
        ErrorKind::OverloadedError => ("server_error", Some("overloaded")),
        ErrorKind::NotSupported | ErrorKind::ApiError => ("server_error", None),
    }
}

/// The path at the start of a sentence such as `messages.0.role: missing`.
fn param(message: &str) -> Option<&str> {
    let (path, _) = message.split_once(": ")?;
    let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.');
    (path.starts_with(|c: char| c.is_ascii_lowercase()) && path.bytes().all(part)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_type_and_code() {
        for (cause, message, expected) in [
            (
                Cause::Invalid,
                "messages.0.role: missing.",
                r#"{"error":{"message":"messages.0.role: missing.","type":"invalid_request_error","param":"messages.0.role","code":null}}"#,
            ),
            (
                Cause::Key,
                "No \"key\".",
                r#"{"error":{"message":"No \"key\".","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            ),
            (
                Cause::ContextTooLong,
                "prompt is too long: 9 tokens > 8 maximum",
                r#"{"error":{"message":"prompt is too long: 9 tokens > 8 maximum","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#,
            ),
            (
                Cause::Credits,
                "Empty.",
                r#"{"error":{"message":"Empty.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            ),
            (
                Cause::ModelGone,
                "Gone: away.",
                r#"{"error":{"message":"Gone: away.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            ),
            (
                Cause::Provider,
                "It failed.",
                r#"{"error":{"message":"It failed.","type":"server_error","param":null,"code":null}}"#,
            ),
        ] {
            assert_eq!(error_json(&Failure::new(cause, message)), expected, "{cause:?}");
        }
        assert_eq!(status(&Failure::new(Cause::Overloaded, "")), 503);
        assert_eq!(status(&Failure::new(Cause::RateLimited, "")), 429);
    }

    #[test]
    fn an_error_in_a_stream_is_one_data_frame() {
        let mut out = Vec::new();
        write_error(&Failure::ended_early(), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("data: {\"error\":{") && text.ends_with("}}\n\n"), "{text}");
        assert_eq!(text.matches('\n').count(), 2, "{text}");
    }
}
