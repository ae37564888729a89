//! What a client is answered: the events of a stream, and the whole message.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::sse;
use crate::text::JsonStr;

/// Most bytes of an event besides its text, as a rule.
const MOST_FRAME: usize = 192;

/// One event of the Messages stream.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Begins the answer.
    MessageStart {
        /// `msg_…`
        id: Cow<'a, str>,
        /// The model named to the client.
        model: Cow<'a, str>,
    },
    /// Opens a block.
    BlockStart {
        /// Position of the block in the message, from 0.
        index: usize,
        /// The block as it begins.
        block: OutBlock<'a>,
    },
    /// Adds to the open block.
    BlockDelta {
        /// Position of the block.
        index: usize,
        /// What is added.
        delta: Delta<'a>,
    },
    /// Closes the block.
    BlockStop {
        /// Position of the block.
        index: usize,
    },
    /// Tells how the answer ended.
    MessageDelta {
        /// Why it ended.
        stop_reason: StopReason,
        /// The stop sequence that was met, where it can be known.
        stop_sequence: Option<Cow<'a, str>>,
        /// What it took.
        usage: MessageUsage,
    },
    /// The end.
    MessageStop,
}

/// A block of an answer; in a stream, as it begins.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutBlock<'a> {
    /// Text.
    Text {
        /// The text.
        text: Cow<'a, str>,
        /// Sources of the text, raw.
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Vec<Box<RawValue>>>,
    },
    /// Reasoning.
    Thinking {
        /// The text.
        thinking: Cow<'a, str>,
        /// What lets its maker have it back.
        signature: Cow<'a, str>,
    },
    /// Reasoning without text.
    RedactedThinking {
        /// The opaque data.
        data: Cow<'a, str>,
    },
    /// A call of a client's tool.
    ToolUse {
        /// The call's id.
        id: Cow<'a, str>,
        /// The tool's name.
        name: Cow<'a, str>,
        /// Arguments: `{}` where the block begins.
        input: Box<RawValue>,
    },
    /// A call that the upstream ran itself.
    ServerToolUse {
        /// The call's id.
        id: Cow<'a, str>,
        /// The tool's name.
        name: Cow<'a, str>,
        /// Arguments.
        input: Box<RawValue>,
    },
    /// What a web search found.
    WebSearchToolResult {
        /// The call it belongs to.
        tool_use_id: Cow<'a, str>,
        /// `web_search_result` objects.
        content: Box<RawValue>,
    },
    /// A page that was fetched.
    WebFetchToolResult {
        /// The call it belongs to.
        tool_use_id: Cow<'a, str>,
        /// A `web_fetch_result`, or a `web_fetch_tool_result_error`.
        content: Box<RawValue>,
    },
}

/// An addition to the open block.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delta<'a> {
    /// More text.
    TextDelta {
        /// The text.
        text: JsonStr<'a>,
    },
    /// More reasoning.
    ThinkingDelta {
        /// The text.
        thinking: JsonStr<'a>,
    },
    /// The signature of the reasoning.
    SignatureDelta {
        /// The signature, whole.
        signature: Cow<'a, str>,
    },
    /// More of a call's arguments, as JSON text.
    InputJsonDelta {
        /// A piece of the JSON text.
        partial_json: JsonStr<'a>,
    },
    /// A source of the text.
    CitationsDelta {
        /// The citation object.
        citation: Box<RawValue>,
    },
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model was done.
    EndTurn,
    /// The limit of tokens was reached.
    MaxTokens,
    /// One of the request's stop sequences came up.
    StopSequence,
    /// The model waits for tool results.
    ToolUse,
    /// A server tool took too long; the client may go on.
    PauseTurn,
    /// The model, or a filter, refused.
    Refusal,
    /// The context window was full.
    ModelContextWindowExceeded,
}

/// Token counts of one answer. `input`, `cache_creation` and `cache_read` are disjoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessageUsage {
    /// Prompt tokens that no cache had anything to do with.
    pub input_tokens: u64,
    /// Prompt tokens written to the cache.
    pub cache_creation_input_tokens: u64,
    /// Prompt tokens read from the cache.
    pub cache_read_input_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Uses of server tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_tool_use: Option<ServerToolUse>,
}

/// Uses of server tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerToolUse {
    /// Web searches run.
    pub web_search_requests: u64,
    /// Pages fetched.
    pub web_fetch_requests: u64,
}

/// A whole message: the answer to a request without `stream`.
#[derive(Clone, Debug, Serialize)]
pub struct Message<'a> {
    /// `msg_…`
    pub id: Cow<'a, str>,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Always `assistant`.
    pub role: &'static str,
    /// The model named to the client.
    pub model: Cow<'a, str>,
    /// The blocks.
    pub content: Vec<OutBlock<'a>>,
    /// Why it ended; absent in `message_start`.
    pub stop_reason: Option<StopReason>,
    /// The stop sequence met.
    pub stop_sequence: Option<Cow<'a, str>>,
    /// What it took.
    pub usage: MessageUsage,
}

// === impl StopReason ===

impl StopReason {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndTurn => "end_turn",
            Self::MaxTokens => "max_tokens",
            Self::StopSequence => "stop_sequence",
            Self::ToolUse => "tool_use",
            Self::PauseTurn => "pause_turn",
            Self::Refusal => "refusal",
            Self::ModelContextWindowExceeded => "model_context_window_exceeded",
        }
    }
}

// === impl Event ===

impl Event<'_> {
    /// The event's name, which is also its `type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::BlockStart { .. } => "content_block_start",
            Self::BlockDelta { .. } => "content_block_delta",
            Self::BlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }

    /// Appends the event as a server-sent event.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        // Most events stand alone in their buffer: it is taken once, and not grown by halves.
        out.reserve(MOST_FRAME + self.delta_size());
        sse::write_event(out, self.name(), |out| {
            // Writing into memory, with string keys only: this cannot fail.
            let _ = serde_json::to_writer(out, self);
        });
    }

    /// Bytes of the text that the event adds.
    fn delta_size(&self) -> usize {
        match self {
            Self::BlockDelta { delta: Delta::TextDelta { text }, .. } => text.size(),
            Self::BlockDelta { delta: Delta::ThinkingDelta { thinking }, .. } => thinking.size(),
            Self::BlockDelta { delta: Delta::InputJsonDelta { partial_json }, .. } => partial_json.size(),
            _ => 0,
        }
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Stop<'s> {
            stop_reason: StopReason,
            stop_sequence: Option<&'s str>,
        }

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.name())?;
        match self {
            Self::MessageStart { id, model } => {
                map.serialize_entry("message", &Message::begin(id.as_ref(), model.as_ref()))?;
            }
            Self::BlockStart { index, block } => {
                map.serialize_entry("index", index)?;
                map.serialize_entry("content_block", block)?;
            }
            Self::BlockDelta { index, delta } => {
                map.serialize_entry("index", index)?;
                map.serialize_entry("delta", delta)?;
            }
            Self::BlockStop { index } => map.serialize_entry("index", index)?,
            Self::MessageDelta { stop_reason, stop_sequence, usage } => {
                let stop = Stop { stop_reason: *stop_reason, stop_sequence: stop_sequence.as_deref() };
                map.serialize_entry("delta", &stop)?;
                map.serialize_entry("usage", usage)?;
            }
            Self::MessageStop => {}
        }
        map.end()
    }
}

// === impl Message ===

impl<'a> Message<'a> {
    /// A message that has only begun.
    #[must_use]
    pub fn begin(id: impl Into<Cow<'a, str>>, model: impl Into<Cow<'a, str>>) -> Self {
        Self {
            id: id.into(),
            kind: "message",
            role: "assistant",
            model: model.into(),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: MessageUsage::default(),
        }
    }

    /// The message as a body.
    ///
    /// # Errors
    /// Raw JSON in it is none.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(1024);
        serde_json::to_writer(&mut body, self)?;
        Ok(body)
    }
}

/// The raw JSON text `{}`.
#[must_use]
pub fn empty_object() -> Box<RawValue> {
    raw_json("{}".to_owned())
}

/// Text that is known to be JSON, as a raw value; `null` should it not be.
#[must_use]
pub fn raw_json(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
