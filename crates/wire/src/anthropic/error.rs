//! Errors in the Messages API's shape.

use serde::{Deserialize, Serialize};

/// The `error.type` values of the Messages API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 400: the request is wrong.
    InvalidRequestError,
    /// 401: no right credential.
    AuthenticationError,
    /// 402, and 429 on a budget's cap: no money.
    BillingError,
    /// 403: not allowed.
    PermissionError,
    /// 404: no such thing.
    NotFoundError,
    /// 413: too large.
    RequestTooLarge,
    /// 429: too many.
    RateLimitError,
    /// 504: took too long.
    TimeoutError,
    /// 529: no room at the moment.
    OverloadedError,
    /// 501: this gateway does not do that.
    NotSupported,
    /// 5xx: anything else.
    ApiError,
}

/// `{"type":"error","error":{"type":…,"message":…}}`, also the data of an `error` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorBody<'a> {
    /// Always `error`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What happened.
    pub error: ErrorDetail<'a>,
    /// The generation or request it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
}

/// The inner object of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorDetail<'a> {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ErrorKind,
    /// A sentence for people: what happened and what to do.
    pub message: &'a str,
    /// What programs decide by, for the few errors that clients mend by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ErrorDetails>,
}

/// What programs decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorDetails {
    /// The API's own word, such as `thread_not_found`.
    pub error_code: &'static str,
}

// === impl ErrorBody ===

impl<'a> ErrorBody<'a> {
    /// The body for one error.
    #[must_use]
    pub const fn new(kind: ErrorKind, message: &'a str, request_id: Option<&'a str>) -> Self {
        Self { kind: "error", error: ErrorDetail { kind, message, details: None }, request_id }
    }

    /// With the word that programs decide by.
    #[must_use]
    pub const fn coded(mut self, error_code: Option<&'static str>) -> Self {
        if let Some(error_code) = error_code {
            self.error.details = Some(ErrorDetails { error_code });
        }
        self
    }

    /// The body as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and unit variants only: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ErrorKind {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequestError => "invalid_request_error",
            Self::AuthenticationError => "authentication_error",
            Self::BillingError => "billing_error",
            Self::PermissionError => "permission_error",
            Self::NotFoundError => "not_found_error",
            Self::RequestTooLarge => "request_too_large",
            Self::RateLimitError => "rate_limit_error",
            Self::TimeoutError => "timeout_error",
            Self::OverloadedError => "overloaded_error",
            Self::NotSupported => "not_supported",
            Self::ApiError => "api_error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_the_apis() {
        assert_eq!(
            ErrorBody::new(ErrorKind::RequestTooLarge, "too \"large\"", None).to_json(),
            r#"{"type":"error","error":{"type":"request_too_large","message":"too \"large\""}}"#
        );
        assert_eq!(
            ErrorBody::new(ErrorKind::NotFoundError, "m", None).coded(Some("thread_not_found")).to_json(),
            r#"{"type":"error","error":{"type":"not_found_error","message":"m","details":{"error_code":"thread_not_found"}}}"#
        );
    }
}
