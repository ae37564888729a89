//! The two APIs that clients speak, where what goes to the client differs.

use turnpike_translate::failure::Failure;
use turnpike_translate::passage;

use crate::ids::RequestId;

/// An API that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Anthropic's Messages API.
    #[default]
    Messages,
    /// OpenAI's chat completions.
    Chat,
}

// === impl Dialect ===

impl Dialect {
    /// What a silent stream is kept alive with.
    pub(crate) const fn ping(self) -> &'static [u8] {
        match self {
            Self::Messages => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
            Self::Chat => b": keep-alive\n\n",
        }
    }

    /// The HTTP status of a failure.
    pub(crate) const fn status(self, failure: &Failure) -> u16 {
        match self {
            Self::Messages => failure.status,
            Self::Chat => passage::status(failure),
        }
    }

    /// The body of an error.
    pub(crate) fn error_json(self, failure: &Failure) -> String {
        match self {
            Self::Messages => failure.to_json(None),
            Self::Chat => passage::error_json(failure),
        }
    }

    /// The error that ends a stream, with the id that the answer's head has told.
    pub(crate) fn write_error(self, failure: &Failure, out: &mut Vec<u8>, id: RequestId) {
        match self {
            Self::Messages => failure.write_event(out, Some(&id.to_string())),
            Self::Chat => passage::write_error(failure, out),
        }
    }

    /// Where a client of this API keeps the token, for sentences.
    pub(crate) const fn token_remedy(self) -> &'static str {
        match self {
            Self::Messages => {
                "Set ANTHROPIC_AUTH_TOKEN (some clients read ANTHROPIC_API_KEY instead) to the output of `turnpike token`, or \
                 start the client with: turnpike run -- claude"
            }
            Self::Chat => "Set the client's API key (OPENAI_API_KEY) to the output of `turnpike token`.",
        }
    }
}
