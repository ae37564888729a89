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
mod speech;
mod stops;
mod written;

use turnpike_wire::anthropic::{Event, MessageUsage, ServerToolUse, StopReason};
use turnpike_wire::chat::{Choice, Chunk, Usage};
use turnpike_wire::text::Text;

use crate::failure::{self, Failure};
use crate::names::ToolNames;
use crate::offered::OfferedTools;
use crate::usage::message_usage;
use finish::Conclusion;
use segments::Tally;
use speech::Speech;

pub use finish::Ending;

/// Bytes that stand for one token where an answer is cut before its count comes.
const BYTES_PER_TOKEN: u64 = 4;

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
    /// Name of the web fetch tool, when the request offered one.
    pub web_fetch: Option<String>,
    /// The only stop sequence that was sent, so that a match can be named.
    pub stop_sequence: Option<String>,
    /// Stop sequences that the upstream does not watch for, or not for all of them: they are met here.
    pub local_stops: Vec<String>,
    /// Tools that the request offered.
    pub tools: OfferedTools,
    /// What is mended.
    pub repairs: Repairs,
    /// The model's context window in tokens, where known.
    pub window: Option<u64>,
    /// Tokens of the request, estimated.
    pub estimate: u64,
}

/// What is mended in an answer; each mending is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repairs {
    /// Arguments that are no JSON object, where it is certain which object they mean.
    pub arguments: bool,
    /// Calls that were written as text.
    pub written_calls: bool,
}

impl Default for Repairs {
    fn default() -> Self {
        Self { arguments: true, written_calls: true }
    }
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
    /// Index of the choice that is the answer.
    choice: Option<u32>,
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

// === impl StreamMachine ===

impl StreamMachine {
    /// A machine for one answer.
    #[must_use]
    pub fn new(context: AnswerContext) -> Self {
        let speech = Speech::new(&context);
        Self {
            context,
            phase: Phase::Silent(speech),
            choice: None,
            served: Served::default(),
            repairs: Vec::new(),
        }
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

    /// Whether the answer has ended: `message_stop` is out, nothing more is needed from the upstream.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
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

    /// Takes one chunk. A stop sequence that is watched for here ends the answer at once.
    ///
    /// # Errors
    /// The failure that the chunk carries. What the chunk held besides (usage above all) has been taken.
    pub fn handle<'a>(&mut self, chunk: &Chunk<'a>, out: &mut Vec<Event<'a>>) -> Result<(), Failure> {
        self.note_served(chunk);
        // Chat completions are asked for one choice; of several, the one that begins first is the answer.
        self.choice = self.choice.or_else(|| chunk.choices.first().and_then(|choice| choice.index));
        let is_ours = |choice: &&Choice<'_>| choice.index.is_none_or(|index| Some(index) == self.choice);
        let choice = chunk.choices.iter().find(is_ours);
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
        if let Phase::Silent(speech) | Phase::Speaking(speech) = &self.phase
            && speech.met().is_some()
        {
            return self.finish(Ending::Done, out);
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
        let tally = speech.close(&mut events);
        self.repairs = speech.repairs().to_vec();
        let (stop_reason, stop_sequence) = match self.conclude(&speech, ending, tally) {
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
        let usage = self.final_usage(&speech, tally);
        out.push(Event::MessageDelta { stop_reason, stop_sequence, usage });
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

    fn conclude(&self, speech: &Speech, ending: Ending, tally: Tally) -> Result<Conclusion, Failure> {
        if let Some(met) = speech.met() {
            return Ok((StopReason::StopSequence, Some(met.to_owned())));
        }
        let model = self.served.model.as_deref().unwrap_or(&self.context.target);
        let known = self.context.stop_sequence.as_deref();
        let (stop, sequence) = speech.finish.conclude(ending, tally, model, known)?;
        let is_full = stop == StopReason::MaxTokens && self.fills_window();
        Ok((if is_full { StopReason::ModelContextWindowExceeded } else { stop }, sequence))
    }

    /// Prompt and answer are together as long as the window is: it was the window that cut the answer, which a larger
    /// `max_tokens` would not mend.
    fn fills_window(&self) -> bool {
        let Some((window, usage)) = self.context.window.zip(self.served.usage.as_ref()) else { return false };
        usage.prompt_tokens.saturating_add(usage.completion_tokens) >= window
    }

    /// The upstream's counts. An answer that was cut here ends before they come: then it is an estimate.
    fn final_usage(&self, speech: &Speech, tally: Tally) -> MessageUsage {
        let mut usage = match &self.served.usage {
            None if speech.met().is_some() => MessageUsage {
                input_tokens: self.context.estimate,
                output_tokens: (speech.said() as u64).div_ceil(BYTES_PER_TOKEN),
                ..MessageUsage::default()
            },
            known => message_usage(&known.unwrap_or_default()),
        };
        // The upstream counts its searches; what it does not count is counted by what it has shown.
        let counted = usage.server_tool_use.map_or(0, |uses| uses.web_search_requests);
        let uses = ServerToolUse {
            web_search_requests: if counted > 0 { counted } else { tally.searches },
            web_fetch_requests: tally.fetches,
        };
        usage.server_tool_use = (uses != ServerToolUse::default()).then_some(uses);
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
            let known = self.served.usage.unwrap_or_default();
            self.served.usage = Some(known.followed_by(usage));
        }
    }
}
