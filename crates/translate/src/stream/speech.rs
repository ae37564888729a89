//! What one answer says: the parts of each delta, handed on in the order in which the delta means them.

use turnpike_wire::anthropic::Event;
use turnpike_wire::chat::{AudioOut, Choice, ChunkContent, Delta, ToolCallDelta};
use turnpike_wire::text::{JsonStr, Text};

use super::AnswerContext;
use super::calls;
use super::finish::Finish;
use super::segments::{Segments, Tally};
use super::stops::{StopWatch, Watched};
use super::written::{self, Piece, WrittenCall, WrittenCalls};
use crate::reasoning::{Fragment, ServerRun};

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub(super) struct Speech {
    segments: Segments,
    pub(super) finish: Finish,
    /// Looks for calls in the text, where tools were offered.
    written: Option<WrittenCalls>,
    /// The same in the reasoning, whose text stays as it is.
    thought: Option<WrittenCalls>,
    /// Calls found in the text: some models write a call and make it too, so they are shown at the end.
    text_calls: Vec<WrittenCall>,
    /// Calls found in the reasoning: they count if the answer holds nothing else.
    thought_calls: Vec<WrittenCall>,
    /// The answer holds text or a call.
    answered: bool,
    stops: StopWatch,
    /// The stop sequence that ended the text here.
    met: Option<String>,
    /// Bytes of text, reasoning and arguments so far.
    said: usize,
}

// === impl Speech ===

impl Speech {
    pub(super) fn new(context: &AnswerContext) -> Self {
        let looks = context.repairs.written_calls && !context.tools.is_empty();
        let look = |place| looks.then(|| WrittenCalls::new(context.tools.clone(), place));
        Self {
            segments: Segments::new(context),
            written: look(written::Place::Answer),
            thought: look(written::Place::Reasoning),
            stops: StopWatch::new(&context.local_stops),
            ..Self::default()
        }
    }

    /// The stop sequence that ended the answer here: nothing that comes after it counts.
    pub(super) fn met(&self) -> Option<&str> {
        self.met.as_deref()
    }

    /// Bytes of text, reasoning and arguments so far.
    pub(super) const fn said(&self) -> usize {
        self.said
    }

    pub(super) fn repairs(&self) -> &[&'static str] {
        self.segments.repairs()
    }

    pub(super) fn take<'a>(&mut self, choice: &Choice<'a>, out: &mut Vec<Event<'a>>) {
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_deref()) {
            self.take_delta(delta, out);
        }
        self.finish.note(choice);
    }

    /// Closes everything and counts it.
    pub(super) fn close<'a>(&mut self, out: &mut Vec<Event<'a>>) -> Tally {
        // A call whose end is missing because the answer was cut off is no call.
        let is_whole = !self.finish.is_cut();
        self.release(is_whole, out);
        if !self.answered && self.met.is_none() {
            let mut pieces = Vec::new();
            self.thought.iter_mut().for_each(|thought| thought.end(is_whole, &mut pieces));
            self.note_thought(pieces);
            self.text_calls.append(&mut self.thought_calls);
        }
        self.segments.drain(out);
        for call in self.calls_not_made() {
            self.written_call(call, out);
        }
        self.segments.close_all(out)
    }

    /// The written calls but those that the model has made as well.
    fn calls_not_made(&mut self) -> Vec<WrittenCall> {
        let (made, calls) = std::mem::take(&mut self.text_calls)
            .into_iter()
            .partition::<Vec<_>, _>(|call| self.segments.has_made(call));
        made.iter().for_each(|_| self.segments.note_repair("written_call_made_too"));
        calls
    }

    /// Reasoning first, then sources, text and calls: the order in which one delta means them.
    fn take_delta<'a>(&mut self, delta: &Delta<'a>, out: &mut Vec<Event<'a>>) {
        self.take_reasoning(delta, out);
        if let Some(annotations) = &delta.annotations {
            let coming = match &delta.content {
                Some(ChunkContent::Text(text)) => Some(text),
                _ => None,
            };
            self.segments.sources(annotations, coming, out);
        }
        match &delta.content {
            Some(ChunkContent::Text(text)) => self.text(text.clone(), out),
            Some(ChunkContent::Parts(parts)) => {
                for part in parts {
                    for thought in part.thinking.iter().flatten().filter_map(|thought| thought.text.clone()) {
                        self.thinking(Some(thought), &[], out);
                    }
                    if let Some(text) = part.text.clone() {
                        self.text(text, out);
                    }
                    part.image_url.iter().for_each(|image| self.image(&image.url, out));
                }
            }
            None => {}
        }
        if let Some(refusal) = delta.refusal.as_ref().filter(|refusal| !refusal.is_empty()) {
            self.finish.refused = true;
            self.text(refusal.clone(), out);
        }
        for image in delta.images.iter().flatten().filter_map(|image| image.image_url.as_ref()) {
            self.image(&image.url, out);
        }
        if let Some(audio) = &delta.audio {
            self.audio(audio, out);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.take_call(call, out);
        }
    }

    /// Text: calls are taken out of it, and a stop sequence that is watched for here ends it.
    fn text<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        if self.met.is_some() {
            return;
        }
        self.said += text.size();
        let Some(written) = &mut self.written else { return self.visible(text, out) };
        if written.passes(&text) {
            return self.visible(text, out);
        }
        let mut pieces = Vec::new();
        written.feed(text, &mut pieces);
        self.show(pieces, out);
    }

    fn show<'a>(&mut self, pieces: Vec<Piece<'a>>, out: &mut Vec<Event<'a>>) {
        for piece in pieces {
            match piece {
                _ if self.met.is_some() => return,
                Piece::Text(text) => self.visible(text, out),
                Piece::Call(call) => {
                    self.release_stops(out);
                    self.segments.break_text(out);
                    self.answered = true;
                    self.text_calls.push(call);
                }
            }
        }
    }

    fn image<'a>(&mut self, url: &str, out: &mut Vec<Event<'a>>) {
        if self.met.is_none() && !url.is_empty() {
            self.release(false, out);
            self.answered = true;
            self.segments.image(url, out);
        }
    }

    /// Speech is given in words; no block of the Messages API holds its sound.
    fn audio<'a>(&mut self, audio: &AudioOut<'a>, out: &mut Vec<Event<'a>>) {
        if audio.data.is_some() {
            self.segments.note_repair_once("audio_dropped");
        }
        if let Some(words) = audio.transcript.as_ref().filter(|words| !words.is_empty()) {
            self.text(words.clone(), out);
        }
    }

    /// Text that the client is shown, up to a stop sequence.
    fn visible<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        self.answered = self.answered || !text.is_blank();
        if self.stops.is_idle() {
            return self.segments.text(text, out);
        }
        let Watched { visible, met } = self.stops.feed(text);
        self.segments.text(visible, out);
        self.met = met;
    }

    fn written_call<'a>(&mut self, call: WrittenCall, out: &mut Vec<Event<'a>>) {
        self.answered = true;
        let arguments = call.arguments.into();
        self.segments.call(calls::Piece { index: None, id: None, name: Some(call.name), arguments }, out);
        self.segments.note_repair("written_call");
    }

    /// Shows what was held back: something else follows, or nothing.
    fn release<'a>(&mut self, is_whole: bool, out: &mut Vec<Event<'a>>) {
        if let Some(written) = &mut self.written {
            let mut pieces = Vec::new();
            written.end(is_whole, &mut pieces);
            self.show(pieces, out);
        }
        self.release_stops(out);
    }

    fn release_stops<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        if let Some(text) = self.stops.release() {
            self.segments.text(text.into(), out);
        }
    }

    fn note_thought(&mut self, pieces: Vec<Piece<'_>>) {
        self.thought_calls.extend(pieces.into_iter().filter_map(|piece| match piece {
            Piece::Call(call) => Some(call),
            Piece::Text(_) => None,
        }));
    }

    fn thinking<'a>(
        &mut self,
        plain: Option<JsonStr<'a>>,
        details: &[Fragment<'a>],
        out: &mut Vec<Event<'a>>,
    ) {
        if self.met.is_some() {
            return;
        }
        self.release(false, out);
        // The details repeat what the plain string says; without one they speak for themselves.
        let texts = match &plain {
            Some(text) => vec![text.clone()],
            None => details.iter().filter_map(Fragment::text).collect(),
        };
        for text in texts {
            self.said += text.size();
            if let Some(thought) = &mut self.thought {
                let mut pieces = Vec::new();
                thought.feed(text, &mut pieces);
                self.note_thought(pieces);
            }
        }
        self.segments.thinking(plain, details, out);
    }

    /// The plain string and the details say the same: the string is shown, the details are kept.
    fn take_reasoning<'a>(&mut self, delta: &Delta<'a>, out: &mut Vec<Event<'a>>) {
        let plain = [&delta.reasoning, &delta.reasoning_content]
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .filter(|text| text.size() > 12 || text.decode() != "[REDACTED]");
        let fragments = delta.reasoning_details.iter().flatten();
        // Fillers stand beside the text of many models; they must not end the text's block, nor be kept.
        let details: Vec<Fragment<'a>> =
            fragments.filter_map(|raw| Fragment::read(raw)).filter(|detail| !detail.is_filler()).collect();
        if plain.is_some() || !details.is_empty() {
            self.thinking(plain.cloned(), &details, out);
        }
        if self.met.is_none() {
            let records = delta.reasoning_details.iter().flatten().filter_map(|raw| ServerRun::of(raw));
            records.for_each(|record| self.segments.ran(&record, out));
        }
    }

    fn take_call<'a>(&mut self, call: &ToolCallDelta<'a>, out: &mut Vec<Event<'a>>) {
        if self.met.is_some() {
            return;
        }
        self.release(false, out);
        self.answered = true;
        let function = call.function.as_ref();
        let text = |text: Option<&Text<'a>>| {
            text.map(Text::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let arguments = function.and_then(|function| function.arguments.as_ref());
        let piece = calls::Piece {
            index: call.index,
            id: text(call.id.as_ref()),
            name: text(function.and_then(|function| function.name.as_ref())),
            arguments: arguments.map(|arguments| JsonStr::Decoded(arguments.0.clone())).unwrap_or_default(),
        };
        self.said += piece.arguments.size();
        self.segments.call(piece, out);
    }
}
