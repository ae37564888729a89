//! What one answer says: the parts of each delta, handed on in the order in which the delta means them.

use turnpike_wire::anthropic::Event;
use turnpike_wire::chat::{Choice, ChunkContent, Delta, ToolCallDelta};
use turnpike_wire::text::{JsonStr, Text};

use super::AnswerContext;
use super::calls;
use super::finish::Finish;
use super::segments::{Segments, Tally};
use super::stops::{StopWatch, Watched};
use crate::reasoning::Fragment;

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub(super) struct Speech {
    segments: Segments,
    pub(super) finish: Finish,
    stops: StopWatch,
    /// The stop sequence that ended the text here.
    met: Option<String>,
    /// Bytes of text, reasoning and arguments so far.
    said: usize,
}

// === impl Speech ===

impl Speech {
    pub(super) fn new(context: &AnswerContext) -> Self {
        Self {
            segments: Segments::new(context),
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
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_ref()) {
            self.take_delta(delta, out);
        }
        self.finish.note(choice);
    }

    /// Closes everything and counts it.
    pub(super) fn close<'a>(&mut self, out: &mut Vec<Event<'a>>) -> Tally {
        self.release(out);
        self.segments.close_all(out)
    }

    /// Reasoning first, then sources, text and calls: the order in which one delta means them.
    fn take_delta<'a>(&mut self, delta: &Delta<'a>, out: &mut Vec<Event<'a>>) {
        self.take_reasoning(delta, out);
        if let Some(annotations) = &delta.annotations {
            self.segments.sources(annotations, out);
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
                }
            }
            None => {}
        }
        if let Some(refusal) = delta.refusal.as_ref().filter(|refusal| !refusal.is_empty()) {
            self.finish.refused = true;
            self.text(refusal.clone(), out);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.take_call(call, out);
        }
    }

    /// Text, up to a stop sequence that is watched for here.
    fn text<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        if self.met.is_some() {
            return;
        }
        self.said += text.size();
        if self.stops.is_idle() {
            return self.segments.text(text, out);
        }
        let Watched { visible, met } = self.stops.feed(text);
        self.segments.text(visible, out);
        self.met = met;
    }

    /// Shows what was held back: something else follows, so it became no stop sequence.
    fn release<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        if let Some(text) = self.stops.release() {
            self.segments.text(text.into(), out);
        }
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
        self.release(out);
        self.said += plain.as_ref().map_or(0, JsonStr::size);
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
    }

    fn take_call<'a>(&mut self, call: &ToolCallDelta<'a>, out: &mut Vec<Event<'a>>) {
        if self.met.is_some() {
            return;
        }
        self.release(out);
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
