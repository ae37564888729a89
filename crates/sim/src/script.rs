//! What an answer says, before it is rendered for one of the two endpoints.

use serde_json::Value;

use crate::meter::Produced;

/// One thing that the played model produces.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Text(String),
    /// A text delta `<sequence>:<monotonic nanoseconds> `, read from the clock when it is rendered.
    Stamp(u64),
    /// Reasoning text, with the `format` of its detail.
    Think(String, &'static str),
    /// The signature of the reasoning before it, in a chunk of its own.
    Sign(String),
    /// Reasoning that only its maker can read: Claude's redacted thinking.
    Redacted(String),
    /// The head of a tool call.
    Call {
        index: u64,
        id: String,
        name: String,
    },
    /// A fragment of a tool call's arguments.
    Args {
        index: u64,
        fragment: String,
    },
    /// A finished web search.
    Search(Search),
    /// A page that was fetched, or was to be.
    Fetch(Fetch),
    /// A chat completions delta as it stands.
    Delta(Value),
    /// A chat completions chunk with finish reasons or an error of its own.
    Chunk(Chunk),
    /// Bytes of the stream as they stand.
    Line(String),
}

/// A chunk that does not follow the common pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) delta: Value,
    pub(crate) finish: Option<&'static str>,
    pub(crate) native: Option<&'static str>,
    /// Top-level `error`.
    pub(crate) error: Option<Value>,
    /// Carries the usage too.
    pub(crate) usage: bool,
}

/// A web search and what it found.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) query: String,
    pub(crate) hits: Vec<Hit>,
}

/// One result of a search.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) url: &'static str,
    pub(crate) title: &'static str,
    pub(crate) content: &'static str,
}

/// A fetch of a page and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) url: String,
    pub(crate) title: &'static str,
    /// The page's text, or why there is none.
    pub(crate) content: Result<&'static str, &'static str>,
}

/// A whole answer.
pub(crate) struct Script {
    pub(crate) acts: Box<dyn Iterator<Item = Act> + Send>,
    pub(crate) ending: Ending,
    /// The `choices[0]` of a plain answer where it is not simply the sum of the deltas.
    pub(crate) plain_choice: Option<Value>,
}

/// How an answer ends.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// `None` is null.
    pub(crate) finish: Option<&'static str>,
    pub(crate) native: Option<&'static str>,
    /// Send a chunk with the finish reasons before the usage chunk.
    pub(crate) finish_chunk: bool,
    pub(crate) usage_chunk: bool,
    pub(crate) done: bool,
    pub(crate) billed: bool,
    /// Bytes behind the end.
    pub(crate) after: &'static str,
}

// === impl Act ===

impl Act {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn call(index: u64, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Call { index, id: id.into(), name: name.into() }
    }

    pub(crate) fn args(index: u64, fragment: impl Into<String>) -> Self {
        Self::Args { index, fragment: fragment.into() }
    }

    /// What it adds to the bill: a token for whatever a model had to write.
    pub(crate) fn produced(&self) -> Produced {
        let (completion, reasoning, searches) = match self {
            Self::Text(_) | Self::Stamp(_) | Self::Call { .. } | Self::Args { .. } | Self::Delta(_) => {
                (1, 0, 0)
            }
            Self::Think(..) | Self::Redacted(_) => (1, 1, 0),
            Self::Search(_) => (0, 0, 1),
            Self::Chunk(chunk) => (u64::from(!chunk.delta.is_null()), 0, 0),
            Self::Sign(_) | Self::Fetch(_) | Self::Line(_) => (0, 0, 0),
        };
        Produced { completion, reasoning, searches }
    }
}

// === impl Script ===

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act, IntoIter: Send + 'static>, ending: Ending) -> Self {
        Self { acts: Box::new(acts.into_iter()), ending, plain_choice: None }
    }

    /// A finished text answer.
    pub(crate) fn text(text: &str) -> Self {
        let words: Vec<Act> = text.split_inclusive(' ').map(Act::text).collect();
        Self::new(words, Ending::stop())
    }

    pub(crate) fn with_plain(mut self, choice: Value) -> Self {
        self.plain_choice = Some(choice);
        self
    }
}

// === impl Ending ===

impl Ending {
    pub(crate) const fn new(finish: Option<&'static str>, native: Option<&'static str>) -> Self {
        Self { finish, native, finish_chunk: true, usage_chunk: true, done: true, billed: true, after: "" }
    }

    pub(crate) const fn stop() -> Self {
        Self::new(Some("stop"), Some("stop"))
    }

    pub(crate) const fn tool_calls() -> Self {
        Self::new(Some("tool_calls"), Some("tool_calls"))
    }

    /// The acts said it all: nothing follows but `[DONE]`.
    pub(crate) const fn said() -> Self {
        Self { finish_chunk: false, usage_chunk: false, ..Self::stop() }
    }
}
