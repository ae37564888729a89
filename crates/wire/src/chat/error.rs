//! Errors as OpenRouter words them, in a body or in a chunk.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::{Text, lenient};

/// A body that holds nothing but an error.
#[derive(Clone, Debug, Deserialize)]
pub struct UpstreamErrorBody<'a> {
    /// The error.
    #[serde(borrow)]
    pub error: UpstreamError<'a>,
}

/// `{code, message, metadata}`; the code may be a number, a string, or absent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct UpstreamError<'a> {
    /// HTTP-like number, or a word such as `server_error`.
    #[serde(borrow, default)]
    pub code: Option<&'a RawValue>,
    /// Newer bodies put the number here.
    #[serde(default, deserialize_with = "lenient")]
    pub http_status: Option<u16>,
    /// Newer bodies put the stable type here; older ones, if at all, into the metadata.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub error_type: Option<Text<'a>>,
    /// The Messages API's own name for it, such as `overloaded_error`: all that a native stream's error says of its kind.
    #[serde(borrow, default, rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text<'a>>,
    /// OpenRouter's words; often only `Provider returned error`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub message: Option<Text<'a>>,
    /// The details.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub metadata: Option<ErrorMetadata<'a>>,
    /// Whether trying again makes sense.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub availability: Option<Availability<'a>>,
}

/// The details of an error. `user_id` stands beside them and is never read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ErrorMetadata<'a> {
    /// The provider's own words: text, or JSON in text, in any vendor's shape.
    #[serde(borrow, default)]
    pub raw: Option<&'a RawValue>,
    /// Who failed.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub provider_name: Option<Text<'a>>,
    /// The stable type.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub error_type: Option<Text<'a>>,
    /// Which limit was met.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub limit_source: Option<Text<'a>>,
    /// Why moderation refused.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasons: Option<Vec<Text<'a>>>,
    /// Rate-limit headers, when OpenRouter itself limits.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub headers: Option<LimitHeaders<'a>>,
}

/// The headers that OpenRouter puts into the body of its own 429.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LimitHeaders<'a> {
    /// Unix milliseconds.
    #[serde(borrow, rename = "X-RateLimit-Reset", default)]
    pub reset: Option<&'a RawValue>,
}

/// Whether trying again makes sense.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Availability<'a> {
    /// Such as `capacity_exhausted`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub code: Option<Text<'a>>,
    /// Another try may succeed.
    #[serde(default, deserialize_with = "lenient")]
    pub retryable: Option<bool>,
    /// Seconds to wait.
    #[serde(default, deserialize_with = "lenient")]
    pub retry_after: Option<f64>,
}

// === impl UpstreamError ===

impl UpstreamError<'_> {
    /// The error's number, from the code or from `http_status`.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.code
            .and_then(|code| code.get().trim_matches('"').parse::<u16>().ok())
            .filter(|code| (100..600).contains(code))
            .or(self.http_status)
    }

    /// The stable type, wherever it stands.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        let metadata = self.metadata.as_ref().and_then(|metadata| metadata.error_type.as_ref());
        self.error_type.as_ref().or(metadata).map(Text::as_str)
    }
}

// === impl LimitHeaders ===

impl LimitHeaders<'_> {
    /// When the limit ends, Unix milliseconds.
    #[must_use]
    pub fn reset_millis(&self) -> Option<u64> {
        self.reset.and_then(|raw| raw.get().trim_matches('"').parse().ok())
    }
}
