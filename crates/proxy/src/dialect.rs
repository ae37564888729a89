//! The two APIs that clients speak, where what goes to the client differs.

use http::HeaderMap;
use http::header::USER_AGENT;
use turnpike_translate::failure::Failure;
use turnpike_translate::passage;

use crate::ids::RequestId;

/// An API that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Anthropic's Messages API.
    #[default]
    Messages,
    /// The same, spoken by Claude Code, which does not show the words of every answer.
    ClaudeCode,
    /// OpenAI's chat completions.
    Chat,
}

// === impl Dialect ===

impl Dialect {
    /// The Messages API, as the client speaks it that names itself.
    pub(crate) fn of_messages(headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        if agent.starts_with("claude-cli/") { Self::ClaudeCode } else { Self::Messages }
    }

    /// What a silent stream is kept alive with.
    pub(crate) const fn ping(self) -> &'static [u8] {
        match self {
            Self::Messages | Self::ClaudeCode => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
            Self::Chat => b": keep-alive\n\n",
        }
    }

    /// The HTTP status of a failure.
    pub(crate) const fn status(self, failure: &Failure) -> u16 {
        match self {
            Self::Messages => failure.status,
            Self::ClaudeCode => failure.status_for_claude_code(),
            Self::Chat => passage::status(failure),
        }
    }

    /// The body of an error.
    pub(crate) fn error_json(self, failure: &Failure) -> String {
        match self {
            Self::Messages | Self::ClaudeCode => failure.to_json(None),
            Self::Chat => passage::error_json(failure),
        }
    }

    /// The error that ends a stream, with the id that the answer's head has told.
    pub(crate) fn write_error(self, failure: &Failure, out: &mut Vec<u8>, id: RequestId) {
        match self {
            Self::Messages | Self::ClaudeCode => failure.write_event(out, Some(&id.to_string())),
            Self::Chat => passage::write_error(failure, out),
        }
    }

    /// Where a client of this API keeps the token, for sentences.
    pub(crate) const fn token_remedy(self) -> &'static str {
        match self {
            Self::Messages | Self::ClaudeCode => {
                "Set ANTHROPIC_AUTH_TOKEN (some clients read ANTHROPIC_API_KEY instead) to the output of `turnpike token`, or \
                 start the client with: turnpike run -- claude"
            }
            Self::Chat => "Set the client's API key (OPENAI_API_KEY) to the output of `turnpike token`.",
        }
    }
}
