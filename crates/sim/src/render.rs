//! Turns a script into the bytes of an answer: chat completions or Messages API, stream or plain.

pub(crate) mod chat;
pub(crate) mod chat_plain;
pub(crate) mod messages;
pub(crate) mod messages_plain;
mod usage;

use std::io::Write as _;

use bytes::Bytes;

use crate::meter::{Meter, Produced};
use crate::slug::UsageShape;

/// One event of an answer, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) bytes: Bytes,
    pub(crate) produced: Produced,
    /// Whether a model wrote it: those are paced, counted and stalled on.
    pub(crate) content: bool,
    /// Must leave before the next event is made, since it carries the time.
    pub(crate) flush: bool,
}

/// The events of an answer, made as they are sent.
pub(crate) type Events = Box<dyn Iterator<Item = Event> + Send>;

/// What stands on every chunk of an answer, and how its tokens are counted.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The generation id; `msg_…` stands in for it on the Messages API.
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) provider: String,
    pub(crate) usage: UsageShape,
    pub(crate) meter: Meter,
}

// === impl Event ===

impl Event {
    fn content(text: impl Into<Bytes>, produced: Produced) -> Self {
        Self { bytes: text.into(), produced, content: true, flush: false }
    }

    fn plain(text: impl Into<Bytes>) -> Self {
        Self { bytes: text.into(), produced: Produced::default(), content: false, flush: false }
    }
}

/// A whole answer, compressed into one event.
pub(crate) fn gzipped(events: Events) -> Events {
    Box::new(std::iter::once_with(|| {
        let mut produced = Produced::default();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        for event in events {
            produced.completion += event.produced.completion;
            produced.reasoning += event.produced.reasoning;
            produced.searches += event.produced.searches;
            // Writing into memory does not fail.
            let _ = encoder.write_all(&event.bytes);
        }
        Event::content(encoder.finish().unwrap_or_default(), produced)
    }))
}

/// A body as it stands; an event stream is taken apart at its blank lines, so that it can be paced.
pub(crate) fn recorded(body: Vec<u8>, stream: bool) -> Events {
    let mut rest = Bytes::from(body);
    Box::new(std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memmem::find(&rest, b"\n\n").filter(|_| stream).map_or(rest.len(), |at| at + 2);
        let bytes = rest.split_to(end);
        let content = !stream || bytes.starts_with(b"data:") || bytes.starts_with(b"event:");
        let produced = Produced { completion: u64::from(content), ..Produced::default() };
        Some(Event { content, produced, ..Event::plain(bytes) })
    }))
}

/// A JSON string literal.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
