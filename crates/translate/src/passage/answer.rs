//! An answer of chat completions in passing: frames go on byte for byte, the bill is read.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use turnpike_wire::chat::{UpstreamErrorField, Usage};
use turnpike_wire::sse::{Frame, SseDecoder};
use turnpike_wire::text::{Text, lenient};

use crate::failure::{self, Cause, Failure};
use crate::reasoning::Fragment;
use crate::stream::Served;

const DONE: &[u8] = b"data: [DONE]\n\n";

/// Reads a stream of chat completions and passes its frames on.
///
/// Frames before the first content are held back, so that an answer that fails there can still be had from
/// another target. Comments are left out: whoever sends the stream keeps it alive in its own way.
#[derive(Debug, Default)]
pub struct Passage {
    decoder: SseDecoder,
    reading: Reading,
    /// Frames up to the first content.
    held: Vec<u8>,
    done: bool,
}

/// What has been read of an answer.
#[derive(Debug, Default)]
struct Reading {
    served: Served,
    /// The target, for sentences.
    model: String,
    window: Option<u64>,
    estimate: u64,
    reason: Option<String>,
    native: Option<String>,
    /// Content has passed.
    said: bool,
}

/// The parts of a chunk, or of a whole answer, that matter.
#[derive(Deserialize)]
struct Passing<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    model: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    provider: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Usage>,
    #[serde(borrow, default)]
    error: Option<UpstreamErrorField<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default, deserialize_with = "lenient")]
    delta: Option<Content>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Content>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    native_finish_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    error: Option<UpstreamErrorField<'a>>,
}

/// Whether a delta or message says anything, in whichever member.
struct Content(bool);

// === impl Passage ===

impl Passage {
    /// A reader at the start of a stream. `model`, `window` and `estimate` (tokens) are for sentences.
    #[must_use]
    pub fn new(model: &str, window: Option<u64>, estimate: u64) -> Self {
        Self { reading: Reading::new(model, window, estimate), ..Self::default() }
    }

    /// What the upstream said about itself so far.
    #[must_use]
    pub const fn served(&self) -> &Served {
        &self.reading.served
    }

    /// Why the answer ended, once it has.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        self.reading.reason.as_deref()
    }

    /// Whether `[DONE]` has passed.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Takes the next bytes and passes whole frames on to `out`.
    ///
    /// # Errors
    /// An error in a chunk, an answer with nothing in it, or a stream that is none.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        self.decoder.push(bytes).map_err(|error| Failure::unreadable(&error.to_string()))?;
        while let Some(frame) = self.decoder.next_frame() {
            if self.done {
                break;
            }
            let Frame::Event { data, raw, .. } = frame else { continue };
            self.done = self.reading.frame(data)?;
            pass(&mut self.held, raw);
            if self.reading.said || self.done {
                out.append(&mut self.held);
            }
        }
        Ok(())
    }

    /// The connection has closed. An answer that gave its finish reason is whole without `[DONE]`, which is
    /// added then.
    ///
    /// # Errors
    /// The answer had not ended.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        if let Some(Frame::Event { data, raw, .. }) = self.decoder.finish() {
            // A last line that was cut is no answer's fault but the connection's.
            self.done = self.reading.frame(data).map_err(|failure| match failure.cause {
                Cause::Unreadable => Failure::ended_early(),
                _ => failure,
            })?;
            self.held.extend_from_slice(raw.trim_ascii());
            self.held.extend_from_slice(b"\n\n");
        }
        if !self.done {
            if self.reading.reason.is_none() && self.reading.native.is_none() {
                return Err(Failure::ended_early());
            }
            self.reading.conclude()?;
            self.held.extend_from_slice(DONE);
            self.done = true;
        }
        out.append(&mut self.held);
        Ok(())
    }
}

/// Passes a frame on. With CR LF the last LF of a frame comes with the next one; here each keeps its own.
fn pass(out: &mut Vec<u8>, raw: &[u8]) {
    out.extend_from_slice(raw.strip_prefix(b"\n").unwrap_or(raw));
    if raw.ends_with(b"\r\n\r") {
        out.push(b'\n');
    }
}

// === impl Reading ===

impl Reading {
    fn new(model: &str, window: Option<u64>, estimate: u64) -> Self {
        Self { model: model.to_owned(), window, estimate, ..Self::default() }
    }

    /// Reads a frame's data; whether it was the last.
    fn frame(&mut self, data: &[u8]) -> Result<bool, Failure> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            return self.conclude().map(|()| true);
        }
        if !data.is_empty() {
            let passing = serde_json::from_slice(data);
            self.take(&passing.map_err(|_| Failure::unreadable("a line that is no JSON"))?)?;
        }
        Ok(false)
    }

    fn take(&mut self, passing: &Passing<'_>) -> Result<(), Failure> {
        keep(&mut self.served.generation_id, passing.id.as_ref());
        keep(&mut self.served.model, passing.model.as_ref());
        keep(&mut self.served.provider, passing.provider.as_ref());
        if let Some(usage) = passing.usage {
            let known = self.served.usage.unwrap_or_default();
            self.served.usage = Some(known.followed_by(usage));
        }
        let choices = passing.choices.as_deref().unwrap_or_default();
        for choice in choices {
            keep(&mut self.reason, choice.finish_reason.as_ref());
            keep(&mut self.native, choice.native_finish_reason.as_ref());
        }
        let error =
            passing.error.as_ref().or_else(|| choices.iter().find_map(|choice| choice.error.as_ref()));
        if let Some(error) = error {
            return Err(failure::from_chunk(&error.0, self.window, self.estimate));
        }
        let says = |content: &Option<Content>| content.as_ref().is_some_and(|content| content.0);
        self.said |= choices.iter().any(|choice| says(&choice.delta) || says(&choice.message));
        Ok(())
    }

    /// The answer has ended: whether it is one.
    fn conclude(&self) -> Result<(), Failure> {
        let model = self.served.model.as_deref().unwrap_or(&self.model);
        let (reason, native) =
            (self.reason.as_deref().unwrap_or_default(), self.native.as_deref().unwrap_or_default());
        if reason == "error" || (native == "MALFORMED_FUNCTION_CALL" && !self.said) {
            let message = format!("The provider of {model} failed while it answered. Try again.");
            return Err(Failure::new(Cause::Provider, message));
        }
        let may_be_empty =
            matches!(reason, "length" | "content_filter") || matches!(native, "length" | "refusal");
        if self.said || may_be_empty { Ok(()) } else { Err(Failure::empty(model)) }
    }
}

fn keep(slot: &mut Option<String>, text: Option<&Text<'_>>) {
    if let Some(text) = text.filter(|text| !text.is_empty() && slot.as_deref() != Some(text.as_str())) {
        *slot = Some(text.as_str().to_owned());
    }
}

/// Reads a whole answer in passing: what it says about the bill, and why it ended or how it failed. The
/// arguments are those of [`Passage::new`].
pub fn read_completion(
    body: &[u8],
    model: &str,
    window: Option<u64>,
    estimate: u64,
) -> (Served, Result<Option<String>, Failure>) {
    let mut reading = Reading::new(model, window, estimate);
    let Ok(passing) = serde_json::from_slice::<Passing<'_>>(body) else {
        return (Served::default(), Err(Failure::unreadable("a text that is no JSON")));
    };
    let read = reading.take(&passing).and_then(|()| match passing.choices.as_deref() {
        None | Some([]) => Err(Failure::empty(model)),
        Some(_) => reading.conclude(),
    });
    (reading.served, read.map(|()| reading.reason))
}

/// Writes a whole answer as a stream of one chunk: for a client that asked for a stream and whose upstream
/// did not send one.
///
/// # Errors
/// The body is no JSON object.
pub fn write_as_stream(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut chunk: Value =
        serde_json::from_slice(body).map_err(|_| Failure::unreadable("a text that is no JSON"))?;
    chunk["object"] = "chat.completion.chunk".into();
    for choice in chunk["choices"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(mut message) = choice.remove("message") else { continue };
        for (index, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
            if let Some(call) = call.as_object_mut() {
                call.entry("index").or_insert_with(|| index.into());
            }
        }
        choice.insert("delta".to_owned(), message);
    }
    let mut out = b"data: ".to_vec();
    out.extend_from_slice(chunk.to_string().as_bytes());
    out.extend_from_slice(b"\n\n");
    out.extend_from_slice(DONE);
    Ok(out)
}

// === impl Content ===

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;

        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message or a piece of one")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut says = false;
                while let Some((name, value)) = map.next_entry::<Text<'de>, &RawValue>()? {
                    says |= is_content(&name, value.get());
                }
                Ok(Content(says))
            }
        }

        deserializer.deserialize_map(ContentVisitor)
    }
}

/// Whether a member of a delta says anything. Reasoning details have fillers that do not.
fn is_content(name: &str, json: &str) -> bool {
    match (name, json) {
        ("role", _) | (_, "null" | "\"\"" | "[]" | "{}") => false,
        ("reasoning_details", _) => {
            let details: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            details.into_iter().filter_map(Fragment::read).any(|detail| !detail.is_filler())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
