//! The order of blocks: one is open at a time, what comes too early waits.
//!
//! A stream may interleave the fragments of several calls, or go on with text while a call is unfinished.
//! The Messages API has one block after another. So the answer is a queue of segments: the first is open
//! and streams, the others collect. Text and reasoning are done as soon as something else begins; a call
//! is done when its arguments are whole, or at the end.

mod close;
mod pages;
mod search;
mod served;
mod thought;

use std::collections::{HashSet, VecDeque};

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Delta, Event, OutBlock};
use turnpike_wire::text::JsonStr;

use super::AnswerContext;
use super::calls::{Call, CallBook, How, Piece, Place, Serial};
use super::written::WrittenCall;
use crate::names::ToolNames;
use crate::reasoning::Fragment;
use search::{Search, Sources};
use served::Fetched;
use thought::Thought;

/// Most calls that are cut out of glued arguments in one answer.
const MAX_GLUED: usize = 64;

/// What an answer consisted of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Blocks of any kind.
    pub(super) blocks: usize,
    /// Calls of the client's tools.
    pub(super) calls: usize,
    /// A call's arguments broke off.
    pub(super) open_arguments: bool,
    /// Web searches whose results were shown.
    pub(super) searches: u64,
    /// Fetched pages that were shown.
    pub(super) fetches: u64,
}

#[derive(Debug, Default)]
pub(super) struct Segments {
    open: Option<Open>,
    waiting: VecDeque<Segment>,
    calls: CallBook,
    /// White space that stands before the next text, or before nothing.
    blank: String,
    tally: Tally,
    repairs: Vec<&'static str>,
    message_id: String,
    target: String,
    names: ToolNames,
    omit_thinking: bool,
    search: Search,
    /// Name of the client's tool that fetches pages.
    fetch: Option<String>,
    /// Runs of server tools that were shown.
    ran: HashSet<String>,
    /// How arguments are treated.
    how: How,
    /// Name and arguments of the calls so far, where they are kept.
    made: Vec<(String, String)>,
    /// Ids handed out in this answer, to keep them apart.
    used_ids: HashSet<String>,
    /// Calls cut out of others' arguments so far.
    glued: usize,
}

/// The segment whose block is open.
#[derive(Debug)]
struct Open {
    index: usize,
    segment: Segment,
}

#[derive(Debug)]
enum Segment {
    Text(String),
    Thought(Thought),
    Call(Call),
    Sources(Sources),
    Fetched(Fetched),
    /// Text that cites pages, whole.
    Cited(String, Vec<Box<RawValue>>),
    Image(String),
}

// === impl Segments ===

impl Segments {
    pub(super) fn new(context: &AnswerContext) -> Self {
        Self {
            message_id: context.message_id.clone(),
            target: context.target.clone(),
            names: context.names.clone(),
            omit_thinking: context.omit_thinking,
            search: Search::new(context.web_search.clone()),
            fetch: context.web_fetch.clone(),
            how: How {
                mends: context.repairs.arguments,
                keeps: context.repairs.written_calls && !context.tools.is_empty(),
            },
            ..Self::default()
        }
    }

    pub(super) fn repairs(&self) -> &[&'static str] {
        &self.repairs
    }

    pub(super) fn note_repair(&mut self, repair: &'static str) {
        self.repairs.push(repair);
    }

    pub(super) fn note_repair_once(&mut self, repair: &'static str) {
        if !self.repairs.contains(&repair) {
            self.repairs.push(repair);
        }
    }

    /// Adds text. White space alone opens no block: it waits for the text that follows it.
    pub(super) fn text<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        if text.is_empty() {
            return;
        }
        if let Some(pieces) = self.search.cut(&text) {
            for (piece, citations) in pieces {
                match citations.is_empty() {
                    true => self.uncited(piece.into(), out),
                    false => {
                        let whole = std::mem::take(&mut self.blank) + &piece;
                        self.push(Segment::Cited(whole, citations), out);
                    }
                }
            }
            return;
        }
        self.uncited(text, out);
    }

    fn uncited<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        let can_open = self.can_open();
        match (&mut self.open, self.waiting.back_mut()) {
            (_, Some(Segment::Text(collected))) => collected.push_str(&text.decode()),
            (Some(Open { index, segment: Segment::Text(_) }), None) => out.push(text_delta(*index, text)),
            _ if text.is_blank() => self.blank.push_str(&text.decode()),
            _ if self.blank.is_empty() && can_open => {
                self.close_open(out);
                let index = self.begin_text(out);
                out.push(text_delta(index, text));
            }
            _ => {
                let whole = std::mem::take(&mut self.blank) + &text.decode();
                self.push(Segment::Text(whole), out);
            }
        }
    }

    /// Adds reasoning: its text, and the details in its maker's form.
    pub(super) fn thinking<'a>(
        &mut self,
        plain: Option<JsonStr<'a>>,
        details: &[Fragment<'a>],
        out: &mut Vec<Event<'a>>,
    ) {
        let last = self.waiting.back().or(self.open.as_ref().map(|open| &open.segment));
        if !matches!(last, Some(Segment::Thought(_))) {
            let thought = Thought::new(&self.target, self.omit_thinking);
            self.push(Segment::Thought(thought), out);
        }
        let next_index = &mut self.tally.blocks;
        match (self.waiting.back_mut(), &mut self.open) {
            (Some(Segment::Thought(thought)), _) => {
                thought.add(plain, details, None, out);
            }
            (None, Some(Open { index, segment: Segment::Thought(thought) })) => {
                let opened = thought.add(plain, details, Some(*index), out);
                *next_index += usize::from(opened);
            }
            _ => {}
        }
    }

    /// Text that follows is another block: something stood between that is shown later. Positions in the text
    /// are no longer those of what is shown.
    pub(super) fn break_text<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        self.search.lose_places();
        if self.waiting.is_empty() && matches!(&self.open, Some(Open { segment: Segment::Text(_), .. })) {
            self.close_open(out);
        }
    }

    /// Adds an image: a block of its own, in words that the way back knows.
    pub(super) fn image<'a>(&mut self, url: &str, out: &mut Vec<Event<'a>>) {
        self.push(Segment::Image(format!("![image]({url})")), out);
    }

    /// Adds a fragment of a call.
    pub(super) fn call<'a>(&mut self, piece: Piece<'a>, out: &mut Vec<Event<'a>>) {
        let (serial, is_new) = match self.calls.place(&piece) {
            Place::New(serial) => (serial, true),
            Place::Known(serial) => (serial, false),
        };
        if is_new {
            let name = piece.name.clone().unwrap_or_default();
            self.waiting.push_back(Segment::Call(Call::new(serial, piece.id, name, self.how)));
        } else if let Some(name) = piece.name
            && let Some((call, _)) = self.find(serial)
            && call.name.is_empty()
        {
            call.name = name;
        }
        self.advance(out);
        self.feed(serial, piece.arguments, out);
        self.advance(out);
    }

    /// Hands a piece of the arguments to its call. Several calls glued into one are taken apart: each object
    /// is a call of the same tool.
    fn feed<'a>(&mut self, mut serial: Serial, arguments: JsonStr<'a>, out: &mut Vec<Event<'a>>) {
        let mut rest = Some(arguments);
        while let Some(arguments) = rest.take() {
            let Some((call, live)) = self.find(serial) else {
                if !arguments.is_blank() {
                    self.repairs.push("trailing_arguments_dropped");
                }
                return;
            };
            let Some(beyond) = call.feed(arguments, live, out) else {
                if call.is_whole() {
                    self.calls.mark_whole(serial);
                }
                return;
            };
            let name = call.name.clone();
            self.calls.mark_whole(serial);
            if !beyond.starts_with('{') || self.glued == MAX_GLUED {
                self.repairs.push("trailing_arguments_dropped");
                return;
            }
            self.repairs.push("glued_arguments_split");
            self.glued += 1;
            serial = self.calls.add_derived(serial);
            self.waiting.push_back(Segment::Call(Call::new(serial, None, name, self.how)));
            self.advance(out);
            rest = Some(beyond.into());
        }
    }

    /// The call, and the index of its block when that is open.
    fn find(&mut self, serial: Serial) -> Option<(&mut Call, Option<usize>)> {
        let open = self.open.as_mut().and_then(|open| match &mut open.segment {
            Segment::Call(call) if call.serial == serial => Some((call, Some(open.index))),
            _ => None,
        });
        open.or_else(|| {
            self.waiting.iter_mut().find_map(|segment| match segment {
                Segment::Call(call) if call.serial == serial => Some((call, None)),
                _ => None,
            })
        })
    }

    fn push<'a>(&mut self, segment: Segment, out: &mut Vec<Event<'a>>) {
        self.waiting.push_back(segment);
        self.advance(out);
    }

    /// Whether a new segment would become the open one at once.
    fn can_open(&self) -> bool {
        self.waiting.is_empty() && self.open.as_ref().is_none_or(|open| open.segment.is_done())
    }

    /// Closes and opens blocks as long as the queue allows it.
    fn advance<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        while self.open.as_ref().is_none_or(|open| open.segment.is_done()) {
            if !self.waiting.front().is_some_and(Segment::can_begin) {
                break;
            }
            self.close_open(out);
            if let Some(segment) = self.waiting.pop_front() {
                self.begin(segment, out);
            }
        }
    }

    fn begin_text<'a>(&mut self, out: &mut Vec<Event<'a>>) -> usize {
        let index = self.tally.blocks;
        self.tally.blocks += 1;
        out.push(Event::BlockStart { index, block: OutBlock::Text { text: "".into(), citations: None } });
        self.open = Some(Open { index, segment: Segment::Text(String::new()) });
        index
    }

    fn begin<'a>(&mut self, segment: Segment, out: &mut Vec<Event<'a>>) {
        match segment {
            Segment::Text(text) => {
                let index = self.begin_text(out);
                out.push(text_delta(index, text.into()));
            }
            Segment::Thought(mut thought) => {
                let index = self.tally.blocks;
                let opened = thought.begin(index, out);
                self.tally.blocks += usize::from(opened);
                self.open = Some(Open { index, segment: Segment::Thought(thought) });
            }
            Segment::Call(mut call) => {
                let index = self.tally.blocks;
                self.tally.blocks += 1;
                self.tally.calls += 1;
                let id = self.unique_id(&call);
                let name = self.names.to_client(&call.name).to_owned();
                call.open(index, &id, &name, out);
                self.open = Some(Open { index, segment: Segment::Call(call) });
            }
            Segment::Image(text) => {
                let index = self.begin_text(out);
                out.push(text_delta(index, text.into()));
                // What follows is another block.
                self.open = Some(Open { index, segment: Segment::Image(String::new()) });
            }
            Segment::Cited(text, citations) => {
                let index = self.begin_text(out);
                out.push(text_delta(index, text.into()));
                self.open = Some(Open { index, segment: Segment::Cited(String::new(), citations) });
            }
            ran @ (Segment::Sources(_) | Segment::Fetched(_)) => {
                self.open = Some(Open { index: self.tally.blocks, segment: ran });
            }
        }
    }

    fn close_open<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        let Some(Open { index, segment }) = self.open.take() else { return };
        match segment {
            Segment::Text(_) => {
                self.search.cite(index, out);
                out.push(Event::BlockStop { index });
            }
            Segment::Image(_) => out.push(Event::BlockStop { index }),
            Segment::Thought(thought) => self.tally.blocks += usize::from(thought.close(index, out)),
            Segment::Call(mut call) => {
                self.tally.open_arguments |= call.is_cut();
                if let Some(said) = call.take_said() {
                    self.made.push((call.name.clone(), said));
                }
                self.repairs.extend(call.close(index, out));
            }
            Segment::Cited(_, citations) => {
                out.extend(
                    citations.into_iter().map(|citation| Event::BlockDelta {
                        index,
                        delta: Delta::CitationsDelta { citation },
                    }),
                );
                out.push(Event::BlockStop { index });
            }
            Segment::Sources(sources) => self.show_sources(&sources, out),
            Segment::Fetched(fetched) => self.show_fetched(fetched, out),
        }
    }
}

// === impl Segment ===

impl Segment {
    /// Whether it may be closed as soon as another segment waits.
    fn is_done(&self) -> bool {
        match self {
            Self::Call(call) => call.is_whole(),
            _ => true,
        }
    }

    /// Whether its block can be opened: a call needs its name.
    fn can_begin(&self) -> bool {
        !matches!(self, Self::Call(call) if call.name.is_empty())
    }
}

fn text_delta(index: usize, text: JsonStr<'_>) -> Event<'_> {
    Event::BlockDelta { index, delta: Delta::TextDelta { text } }
}
