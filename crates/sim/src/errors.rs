//! Error answers, in the upstream's shape on chat completions and in its Anthropic envelope on messages.

use serde_json::{Value, json};

/// An error that becomes the whole answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorAnswer {
    pub(crate) status: u16,
    /// The object under `error`.
    pub(crate) error: Value,
    pub(crate) retry_after: Option<String>,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

// === impl ErrorAnswer ===

impl ErrorAnswer {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        let error = json!({"code": status, "message": message.into()});
        Self { status, error, retry_after: None, headers: Vec::new() }
    }

    pub(crate) fn with_metadata(mut self, metadata: Value) -> Self {
        self.error["metadata"] = metadata;
        self
    }

    pub(crate) fn with_retry_after(mut self, seconds: &str) -> Self {
        self.retry_after = Some(seconds.to_owned());
        self
    }

    /// The body of a chat completions answer.
    pub(crate) fn chat_body(&self) -> Value {
        let mut body = json!({"error": self.error});
        if self.status != 401 && self.status != 404 {
            body["user_id"] = json!("user_simulated");
        }
        body
    }

    /// The body of a Messages API answer.
    pub(crate) fn messages_body(&self, generation: &str) -> Value {
        messages_envelope(&self.error, Some(generation))
    }
}

/// An error object of chat completions in the Messages API's envelope.
pub(crate) fn messages_envelope(error: &Value, generation: Option<&str>) -> Value {
    let code = error["code"].as_u64().unwrap_or(500);
    let given = error["metadata"]["error_type"].as_str();
    let error_type = given.unwrap_or_else(|| error_type(code, error["message"].as_str().unwrap_or_default()));
    json!({
        "type": "error",
        "error": {
            "type": anthropic_type(error_type),
            "message": error["message"].as_str().unwrap_or("the simulated upstream failed"),
            "error_type": error_type,
        },
        "request_id": generation,
    })
}

/// The upstream's own word for a status.
pub(crate) fn error_type(status: u64, message: &str) -> &'static str {
    match status {
        400 if message.contains("maximum context length") => "context_length_exceeded",
        400 => "invalid_request",
        401 => "authentication",
        402 => "payment_required",
        403 => "permission_denied",
        404 => "not_found",
        408 | 504 | 524 => "timeout",
        413 => "payload_too_large",
        422 => "unprocessable",
        429 => "rate_limit_exceeded",
        502 => "provider_unavailable",
        503 | 529 => "provider_overloaded",
        500 => "server",
        _ => "unmapped",
    }
}

fn anthropic_type(error_type: &str) -> &'static str {
    match error_type {
        "authentication" => "authentication_error",
        "permission_denied" => "permission_error",
        "payment_required" => "billing_error",
        "not_found" => "not_found_error",
        "rate_limit_exceeded" => "rate_limit_error",
        "provider_overloaded" => "overloaded_error",
        "timeout" => "timeout_error",
        "provider_unavailable" | "server" | "unmapped" => "api_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skin_names_errors_as_the_messages_api_does() {
        let rows = [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (402, "billing_error"),
            (404, "not_found_error"),
            (429, "rate_limit_error"),
            (502, "api_error"),
            (504, "timeout_error"),
            (529, "overloaded_error"),
        ];
        for (status, expected) in rows {
            let body = ErrorAnswer::new(status, "no").messages_body("gen-1-x");
            assert_eq!(body["error"]["type"], expected, "{status}");
            assert_eq!(body["request_id"], "gen-1-x");
        }
    }
}
