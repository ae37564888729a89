//! What a command answers when it is not carried out.

use serde::{Deserialize, Serialize};

/// A refusal or a failure: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[error("{message}")]
pub struct ApiError {
    /// What kind of failure it is.
    pub code: ErrorCode,
    /// What happened and what to do.
    pub message: String,
    /// The field of the request that is wrong, where it is one: `minutes`, or a value's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Kinds of failure that a program can branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not what the command takes.
    Invalid,
    /// No or a wrong bearer token.
    Unauthorized,
    /// A foreign host or origin.
    Forbidden,
    /// What is named does not exist.
    NotFound,
    /// Somebody else changed it in the meantime, or it is there already.
    Conflict,
    /// The request is larger than any command needs.
    TooLarge,
    /// The configuration would not load afterwards.
    Config,
    /// The OpenRouter key cannot be read, kept or removed, or is no key.
    Key,
    /// It cannot be done now; later it may.
    Unavailable,
    /// The service itself failed.
    Internal,
    /// A code of a newer service.
    #[serde(other)]
    Unknown,
}

// === impl ApiError ===

impl ApiError {
    /// An error of that kind with a sentence that says what happened and what to do.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None }
    }

    /// The same error, of that field.
    #[must_use]
    pub fn of_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

// === impl ErrorCode ===

impl ErrorCode {
    /// The HTTP status of an answer with this code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid | Self::Config | Self::Key => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Unavailable => 503,
            Self::Internal | Self::Unknown => 500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_service_is_read_as_unknown() {
        let error: ApiError = serde_json::from_str(r#"{"code":"on_fire","message":"Run."}"#).unwrap();
        assert_eq!(error, ApiError::new(ErrorCode::Unknown, "Run."));
    }

    #[test]
    fn a_conflict_is_409() {
        assert_eq!(ErrorCode::Conflict.status(), 409);
        assert_eq!(serde_json::to_string(&ErrorCode::Conflict).unwrap(), "\"conflict\"");
    }
}
