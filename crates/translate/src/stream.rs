//! The stream machine: chunks of chat completions in, events of the Messages API out.
//!
//! ```text
//!            first text, reasoning or call            finish()
//!   Silent ────────────────────────────────▶ Speaking ────────▶ Ended
//!      │            (message_start)             │  ▲
//!      │ finish(): nothing came                 └──┘ blocks open and close, one at a time
//!      ▼
//!    Failure
//! ```
//!
//! The machine does no I/O, knows no clock and never fails half-way: [`StreamMachine::handle`] either adds
//! events or says what failed, and the caller decides whether that becomes an HTTP status, another target
//! or an `error` event. The order of blocks is kept by `segments`, which call a fragment belongs to by
//! `calls`, why an answer ended by `finish`.

mod calls;
mod finish;
mod segments;

use turnpike_wire::anthropic::{Event, MessageUsage};
use turnpike_wire::chat::{Choice, Chunk, ChunkContent, Delta, ToolCallDelta, Usage};
use turnpike_wire::text::{JsonStr, Text};

use crate::failure::{self, Failure};
use crate::names::ToolNames;
use crate::reasoning::Fragment;
use crate::usage::message_usage;
use finish::Finish;
use segments::Segments;

pub use finish::Ending;

/// What the machine must know about the request.
#[derive(Clone, Debug, Default)]
pub struct AnswerContext {
    /// `msg_…`, the id of the message.
    pub message_id: String,
    /// The model's name as the client asked for it.
    pub model: String,
    /// Slug of the target: reasoning is bound to it.
    pub target: String,
    /// Names of tools that had to be changed.
    pub names: ToolNames,
    /// The client wants signatures without the text of the reasoning.
    pub omit_thinking: bool,
    /// Name of the web search tool, when the request offered one.
    pub web_search: Option<String>,
    /// The request's only stop sequence, so that a match can be named.
    pub stop_sequence: Option<String>,
    /// The model's context window in tokens, where known.
    pub window: Option<u64>,
    /// Tokens of the request, estimated.
    pub estimate: u64,
}

/// What the upstream said about itself, for the bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// `gen-…`
    pub generation_id: Option<String>,
    /// The model that served.
    pub model: Option<String>,
    /// Who ran it.
    pub provider: Option<String>,
    /// Token counts and cost; the last ones reported count.
    pub usage: Option<Usage>,
}

/// Turns the chunks of one answer into events.
#[derive(Debug)]
pub struct StreamMachine {
    context: AnswerContext,
    phase: Phase,
    served: Served,
    repairs: Vec<&'static str>,
}

#[derive(Debug)]
enum Phase {
    /// Nothing has been said yet.
    Silent(Speech),
    /// `message_start` is out.
    Speaking(Speech),
    /// `message_stop` is out, or the answer failed.
    Ended,
}

/// What is known of the answer so far.
#[derive(Debug, Default)]
struct Speech {
    segments: Segments,
    finish: Finish,
}

// === impl StreamMachine ===

impl StreamMachine {
    /// A machine for one answer.
    #[must_use]
    pub fn new(context: AnswerContext) -> Self {
        let speech = Speech { segments: Segments::new(&context), finish: Finish::default() };
        Self { context, phase: Phase::Silent(speech), served: Served::default(), repairs: Vec::new() }
    }

    /// What the upstream said about itself so far.
    #[must_use]
    pub const fn served(&self) -> &Served {
        &self.served
    }

    /// What had to be mended in the answer, for the log entry; complete once the answer has ended.
    #[must_use]
    pub fn repairs(&self) -> &[&'static str] {
        &self.repairs
    }

    /// Whether `message_start` is out.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        !matches!(self.phase, Phase::Silent(_))
    }

    /// Sends `message_start` now: the client has waited long enough.
    pub fn begin<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Silent(speech) => {
                out.push(self.message_start());
                Phase::Speaking(speech)
            }
            phase => phase,
        };
    }

    /// Takes one chunk.
    ///
    /// # Errors
    /// The failure that the chunk carries. What the chunk held besides (usage above all) has been taken.
    pub fn handle<'a>(&mut self, chunk: &Chunk<'a>, out: &mut Vec<Event<'a>>) -> Result<(), Failure> {
        self.note_served(chunk);
        // Chat completions are asked for one choice.
        let choice = chunk.choices.first();
        match &mut self.phase {
            Phase::Speaking(speech) => choice.into_iter().for_each(|choice| speech.take(choice, out)),
            Phase::Silent(speech) => {
                let mut events = Vec::new();
                choice.into_iter().for_each(|choice| speech.take(choice, &mut events));
                if !events.is_empty() {
                    self.begin(out);
                    out.append(&mut events);
                }
            }
            Phase::Ended => return Ok(()),
        }
        let of_choice = || chunk.choices.iter().find_map(|choice| choice.error.as_ref());
        let error = chunk.error.as_ref().or_else(of_choice);
        match error {
            Some(error) => Err(failure::from_chunk(&error.0, self.context.window, self.context.estimate)),
            None => Ok(()),
        }
    }

    /// Ends the answer: closes what is open, then `message_delta` and `message_stop`.
    ///
    /// # Errors
    /// The stream broke off, the provider reported an error, or nothing came at all.
    pub fn finish<'a>(&mut self, ending: Ending, out: &mut Vec<Event<'a>>) -> Result<(), Failure> {
        let (mut speech, begun) = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Silent(speech) => (speech, false),
            Phase::Speaking(speech) => (speech, true),
            Phase::Ended => return Ok(()),
        };
        let mut events = Vec::new();
        let tally = speech.segments.close_all(&mut events);
        self.repairs = speech.segments.repairs().to_vec();
        let model = self.served.model.as_deref().unwrap_or(&self.context.target);
        let reason = speech.finish.conclude(ending, tally, model, self.context.stop_sequence.as_deref());
        let (stop_reason, stop_sequence) = match reason {
            Ok(reason) => reason,
            Err(failure) => {
                self.phase = if begun { Phase::Speaking(speech) } else { Phase::Silent(speech) };
                return Err(failure);
            }
        };
        if !begun {
            out.push(self.message_start());
        }
        out.append(&mut events);
        let stop_sequence = stop_sequence.map(Into::into);
        out.push(Event::MessageDelta { stop_reason, stop_sequence, usage: self.final_usage(tally.searches) });
        out.push(Event::MessageStop);
        self.phase = Phase::Ended;
        Ok(())
    }

    fn message_start<'a>(&self) -> Event<'a> {
        Event::MessageStart {
            id: self.context.message_id.clone().into(),
            model: self.context.model.clone().into(),
        }
    }

    fn final_usage(&self, searches: u64) -> MessageUsage {
        let mut usage = message_usage(&self.served.usage.unwrap_or_default());
        if searches > 0 && usage.server_tool_use.is_none() {
            usage.server_tool_use =
                Some(turnpike_wire::anthropic::ServerToolUse { web_search_requests: searches });
        }
        usage
    }

    fn note_served(&mut self, chunk: &Chunk<'_>) {
        let keep = |slot: &mut Option<String>, text: &Option<Text<'_>>| {
            if let Some(text) = text.as_ref().filter(|text| !text.is_empty() && slot.as_deref() != Some(text))
            {
                *slot = Some(text.as_str().to_owned());
            }
        };
        keep(&mut self.served.generation_id, &chunk.id);
        keep(&mut self.served.model, &chunk.model);
        keep(&mut self.served.provider, &chunk.provider);
        if let Some(usage) = chunk.usage {
            let known = self.served.usage.get_or_insert_with(Usage::default);
            // A usage that comes twice may come as zeros the second time.
            if usage.prompt_tokens > 0 || usage.completion_tokens > 0 || usage.cost.is_some() {
                *known = usage;
            }
        }
    }
}

// === impl Speech ===

impl Speech {
    fn take<'a>(&mut self, choice: &Choice<'a>, out: &mut Vec<Event<'a>>) {
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_ref()) {
            self.take_delta(delta, out);
        }
        self.finish.note(choice);
    }

    /// Reasoning first, then sources, text and calls: the order in which one delta means them.
    fn take_delta<'a>(&mut self, delta: &Delta<'a>, out: &mut Vec<Event<'a>>) {
        self.take_reasoning(delta, out);
        if let Some(annotations) = &delta.annotations {
            self.segments.sources(annotations, out);
        }
        match &delta.content {
            Some(ChunkContent::Text(text)) => self.segments.text(text.clone(), out),
            Some(ChunkContent::Parts(parts)) => {
                for part in parts {
                    for thought in part.thinking.iter().flatten().filter_map(|thought| thought.text.clone()) {
                        self.segments.thinking(Some(thought), &[], out);
                    }
                    if let Some(text) = part.text.clone() {
                        self.segments.text(text, out);
                    }
                }
            }
            None => {}
        }
        if let Some(refusal) = delta.refusal.as_ref().filter(|refusal| !refusal.is_empty()) {
            self.finish.refused = true;
            self.segments.text(refusal.clone(), out);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.take_call(call, out);
        }
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
            self.segments.thinking(plain.cloned(), &details, out);
        }
    }

    fn take_call<'a>(&mut self, call: &ToolCallDelta<'a>, out: &mut Vec<Event<'a>>) {
        let function = call.function.as_ref();
        let text = |text: Option<&Text<'a>>| {
            text.map(Text::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let piece = calls::Piece {
            index: call.index,
            id: text(call.id.as_ref()),
            name: text(function.and_then(|function| function.name.as_ref())),
            arguments: function
                .and_then(|function| function.arguments.as_ref())
                .map(|arguments| JsonStr::Decoded(arguments.0.clone()))
                .unwrap_or_default(),
        };
        self.segments.call(piece, out);
    }
}
