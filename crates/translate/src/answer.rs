//! From an upstream's bytes to an answer: as events while they come, or as one whole message.

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Delta, Event, Message, OutBlock, raw_json};
use turnpike_wire::chat::Chunk;
use turnpike_wire::halves::Halves;
use turnpike_wire::scan::MAX_DEPTH;
use turnpike_wire::sse::{Frame, SseDecoder};

use crate::failure::Failure;
use crate::json::{close_partial, is_nested_deeper};
use crate::stream::{Ending, StreamMachine};

/// Text up to this size, in bytes, is read without a look at its nesting.
const SHORT: usize = 8 * 1024;

/// Takes the events of an answer in order.
pub trait Sink {
    /// The next event.
    fn event(&mut self, event: &Event<'_>);
}

/// Server-sent events for the client, as bytes.
impl Sink for Vec<u8> {
    fn event(&mut self, event: &Event<'_>) {
        event.write_to(self);
    }
}

/// Reads a stream of chat completions and drives the machine with it.
#[derive(Debug)]
pub struct ChatStream {
    decoder: SseDecoder,
    halves: Halves,
    machine: StreamMachine,
    progress: Progress,
}

/// How far the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Reading,
    /// The upstream has said all.
    Whole,
    /// A stop sequence was met here; the upstream goes on and nobody needs it.
    Cut,
}

/// Collects events into the whole message.
#[derive(Debug, Default)]
pub struct Assembler {
    message: Option<Message<'static>>,
    /// JSON text of the open call's arguments.
    arguments: String,
}

// === impl ChatStream ===

impl ChatStream {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new(machine: StreamMachine) -> Self {
        Self { decoder: SseDecoder::new(), halves: Halves::default(), machine, progress: Progress::Reading }
    }

    /// The machine that it drives.
    #[must_use]
    pub const fn machine(&self) -> &StreamMachine {
        &self.machine
    }

    /// Whether the answer is complete: nothing more is needed from the upstream.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.progress != Progress::Reading
    }

    /// Whether the upstream is still at work on an answer that was cut here: its connection should be closed.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.progress == Progress::Cut
    }

    /// Sends `message_start` if it is not out yet.
    pub fn begin(&mut self, sink: &mut dyn Sink) {
        let mut events = Vec::new();
        self.machine.begin(&mut events);
        events.iter().for_each(|event| sink.event(event));
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// What the stream failed with. Events before the failure have gone to the sink.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Failure> {
        self.decoder.push(bytes).map_err(|e| Failure::unreadable(&e.to_string()))?;
        while let Some(frame) = self.decoder.next_frame() {
            if self.progress != Progress::Reading {
                break;
            }
            self.progress = Self::take(&mut self.machine, &mut self.halves, frame, sink)?;
        }
        Ok(())
    }

    /// The connection has closed.
    ///
    /// # Errors
    /// The answer was not finished.
    pub fn end(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        if self.is_done() {
            return Ok(());
        }
        if let Some(frame) = self.decoder.finish() {
            // A last line that was cut is no answer's fault but the connection's.
            let taken = Self::take(&mut self.machine, &mut self.halves, frame, sink);
            self.progress = taken.map_err(|failure| match failure.cause {
                crate::failure::Cause::Unreadable => Failure::ended_early(),
                _ => failure,
            })?;
        }
        if !self.is_done() {
            self.progress = Progress::Whole;
            finish(&mut self.machine, Ending::Eof, sink)?;
        }
        Ok(())
    }

    fn take(
        machine: &mut StreamMachine,
        halves: &mut Halves,
        frame: Frame<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Progress, Failure> {
        let Frame::Event { data, .. } = frame else { return Ok(Progress::Reading) };
        let text = data.trim_ascii();
        if text.is_empty() {
            return Ok(Progress::Reading);
        }
        if text == b"[DONE]" {
            return finish(machine, Ending::Done, sink).map(|()| Progress::Whole);
        }
        if is_too_deep(text) {
            return Err(Failure::unreadable("a line of JSON that is nested too deeply"));
        }
        // Checked once here, not again for each string.
        let text = halves.mend(text);
        let text = std::str::from_utf8(&text).map_err(|_| Failure::unreadable("a line that is no text"))?;
        let chunk: Chunk<'_> =
            serde_json::from_str(text).map_err(|_| Failure::unreadable("a line that is no JSON"))?;
        let mut events = Vec::new();
        let taken = machine.handle(&chunk, &mut events);
        events.iter().for_each(|event| sink.event(event));
        taken.map(|()| if machine.has_ended() { Progress::Cut } else { Progress::Reading })
    }
}

fn finish(machine: &mut StreamMachine, ending: Ending, sink: &mut dyn Sink) -> Result<(), Failure> {
    let mut events = Vec::new();
    let finished = machine.finish(ending, &mut events);
    events.iter().for_each(|event| sink.event(event));
    finished
}

/// Reads a whole answer (no stream) and gives its events to the sink.
///
/// # Errors
/// The body holds an error, nothing, or no answer at all.
pub fn read_whole(machine: &mut StreamMachine, body: &[u8], sink: &mut dyn Sink) -> Result<(), Failure> {
    if is_too_deep(body) {
        return Err(Failure::unreadable("JSON that is nested too deeply"));
    }
    let whole = Halves::default().mend(body);
    let mut chunk: Chunk<'_> = serde_json::from_slice(&whole).map_err(|_| unreadable(body))?;
    for choice in chunk.choices.iter_mut().filter(|choice| choice.message.is_some()) {
        // Some vendors send an empty `delta` beside the whole `message`.
        choice.delta = None;
    }
    if chunk.choices.is_empty() && chunk.error.is_none() {
        return Err(Failure::unreadable("JSON without an answer in it"));
    }
    let mut events = Vec::new();
    let taken = machine.handle(&chunk, &mut events);
    events.iter().for_each(|event| sink.event(event));
    taken?;
    finish(machine, Ending::Done, sink)
}

/// Whether reading the text could take more stack than there is. A short one cannot.
fn is_too_deep(text: &[u8]) -> bool {
    text.len() > SHORT && is_nested_deeper(text, MAX_DEPTH)
}

fn unreadable(body: &[u8]) -> Failure {
    match body.trim_ascii().first() {
        None => Failure::unreadable("an empty body"),
        Some(b'<') => Failure::unreadable("a web page (a proxy's or a login page?)"),
        Some(_) => Failure::unreadable("a text that is no JSON"),
    }
}

// === impl Assembler ===

impl Assembler {
    /// The message, once its last event has come.
    #[must_use]
    pub fn into_message(self) -> Option<Message<'static>> {
        self.message.filter(|message| message.stop_reason.is_some())
    }

    fn close_block(&mut self) {
        let arguments = std::mem::take(&mut self.arguments);
        let last = self.message.as_mut().and_then(|message| message.content.last_mut());
        if let Some(OutBlock::ToolUse { input, .. } | OutBlock::ServerToolUse { input, .. }) = last
            && !arguments.trim().is_empty()
        {
            *input = whole_arguments(arguments);
        }
    }
}

impl Sink for Assembler {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::MessageStart { id, model } = event {
            self.message = Some(Message::begin(id.clone().into_owned(), model.clone().into_owned()));
            return;
        }
        if matches!(event, Event::BlockStop { .. }) {
            self.close_block();
            return;
        }
        let Some(message) = &mut self.message else { return };
        match event {
            Event::BlockStart { block, .. } => message.content.push(owned(block)),
            Event::BlockDelta { delta, .. } => match (delta, message.content.last_mut()) {
                (Delta::TextDelta { text }, Some(OutBlock::Text { text: all, .. })) => {
                    all.to_mut().push_str(&text.decode());
                }
                (Delta::ThinkingDelta { thinking }, Some(OutBlock::Thinking { thinking: all, .. })) => {
                    all.to_mut().push_str(&thinking.decode());
                }
                (Delta::SignatureDelta { signature }, Some(OutBlock::Thinking { signature: all, .. })) => {
                    *all = signature.clone().into_owned().into();
                }
                (Delta::InputJsonDelta { partial_json }, _) => {
                    self.arguments.push_str(&partial_json.decode())
                }
                (Delta::CitationsDelta { citation }, Some(OutBlock::Text { citations, .. })) => {
                    citations.get_or_insert_default().push(citation.clone());
                }
                _ => {}
            },
            Event::MessageDelta { stop_reason, stop_sequence, usage } => {
                message.stop_reason = Some(*stop_reason);
                message.stop_sequence = stop_sequence.as_ref().map(|text| text.clone().into_owned().into());
                message.usage = *usage;
            }
            Event::MessageStart { .. } | Event::BlockStop { .. } | Event::MessageStop => {}
        }
    }
}

fn owned(block: &OutBlock<'_>) -> OutBlock<'static> {
    let own = |text: &std::borrow::Cow<'_, str>| text.clone().into_owned().into();
    match block {
        OutBlock::Text { text, citations } => {
            OutBlock::Text { text: own(text), citations: citations.clone() }
        }
        OutBlock::Thinking { thinking, signature } => {
            OutBlock::Thinking { thinking: own(thinking), signature: own(signature) }
        }
        OutBlock::RedactedThinking { data } => OutBlock::RedactedThinking { data: own(data) },
        OutBlock::ToolUse { id, name, input } => {
            OutBlock::ToolUse { id: own(id), name: own(name), input: input.clone() }
        }
        OutBlock::ServerToolUse { id, name, input } => {
            OutBlock::ServerToolUse { id: own(id), name: own(name), input: input.clone() }
        }
        OutBlock::WebSearchToolResult { tool_use_id, content } => {
            OutBlock::WebSearchToolResult { tool_use_id: own(tool_use_id), content: content.clone() }
        }
        OutBlock::WebFetchToolResult { tool_use_id, content } => {
            OutBlock::WebFetchToolResult { tool_use_id: own(tool_use_id), content: content.clone() }
        }
    }
}

/// Arguments as the JSON object that a whole message holds.
///
/// Cut arguments are closed where they were whole, as the SDKs do with a stream; text that is no object at
/// all is handed on under a name that tells the client what happened.
pub(crate) fn whole_arguments(text: String) -> Box<RawValue> {
    let is_object = |json: &str| json.trim_start().starts_with('{');
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(value) if is_object(value.get()) => return value.to_owned(),
        _ => {}
    }
    match close_partial(&text).filter(|closed| is_object(closed)) {
        Some(closed) => raw_json(closed),
        None => raw_json(serde_json::json!({ "invalid_arguments": text }).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_a_whole_message_are_an_object() {
        for (text, input) in [
            (r#"{"a": 1.50}"#, r#"{"a": 1.50}"#),
            (r#"{"a":1,"b":"x"#, r#"{"a":1}"#),
            ("ls -la", r#"{"invalid_arguments":"ls -la"}"#),
            ("7", r#"{"invalid_arguments":"7"}"#),
            ("[1]", r#"{"invalid_arguments":"[1]"}"#),
            (r#""a":"#, r#"{"invalid_arguments":"\"a\":"}"#),
        ] {
            assert_eq!(whole_arguments(text.to_owned()).get(), input, "{text}");
        }
    }
}
