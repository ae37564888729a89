//! The load: what is asked, how it is sent, when each byte of the answer came, and what the answer says.

pub mod answer;
pub mod body;
pub mod clock;
pub mod connection;
pub(crate) mod prose;
pub mod stream;

use serde_json::Value;

/// Which API a way speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenRouter's chat completions: direct, and what passes bytes through.
    Chat,
    /// Anthropic's Messages API: what translates.
    Messages,
}

/// A question to one way: the scenario's model name, a body in the way's dialect, a stream or not.
#[derive(Clone, Debug)]
pub struct Question {
    /// The scenario, as the simulator reads it from the model name.
    pub model: String,
    /// What is asked.
    pub body: body::Body,
    /// Whether the answer is to be an event stream.
    pub stream: bool,
}

// === impl Question ===

impl Question {
    /// A question with a plain answer.
    #[must_use]
    pub fn plain(model: &str, body: body::Body) -> Self {
        Self { model: model.to_owned(), body, stream: false }
    }

    /// A question with a streamed answer.
    #[must_use]
    pub fn streamed(model: &str, body: body::Body) -> Self {
        Self { model: model.to_owned(), body, stream: true }
    }

    /// The body as JSON text.
    #[must_use]
    pub fn json(&self, dialect: Dialect) -> String {
        let rest = body::of(self.body, dialect).to_string();
        // The simulator, and some proxies, find the model soonest when it stands first.
        let rest = rest.trim_start_matches('{');
        format!("{{\"model\":{},\"stream\":{},{rest}", Value::from(self.model.as_str()), self.stream)
    }
}
