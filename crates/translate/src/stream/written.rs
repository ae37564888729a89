//! Calls that a model wrote as text, because it or the server that runs it missed its own form.
//!
//! ```text
//!            a form's opener, outside of code          its closer: calls
//!   Passing ───────────────────────────────▶ Holding ─────────────────▶ Passing
//!      ▲                                        │
//!      └─ it is no call after all: the text, unchanged
//! ```
//!
//! A call counts only if the request offered its tool and all of it can be read; else the text is given as it
//! was written. Every decision hangs on places in the text, never on how it was cut into pieces.

mod cursor;
mod fence;
mod forms;

use turnpike_wire::text::JsonStr;

use crate::offered::OfferedTools;
use cursor::{Cursor, Miss};
use fence::Fence;
use forms::{FORMS, Form};

pub(super) use forms::WrittenCall;

/// Bytes within which it shows whether a call has begun: its tool's name stands there.
const HEAD: usize = 1024;
/// Most bytes of one call.
const MOST: usize = 1024 * 1024;
/// Most closers that are tried for one call: arguments may hold the closer as text.
const MOST_CLOSERS: usize = 32;
/// Most beginnings of calls that come to nothing before calls are no longer looked for.
const MOST_FAILURES: usize = 32;

/// Opens a call that needs no outer tag.
const BARE: &str = "<function=";
/// Closes the outer tag.
const STRAY: &str = "</tool_call>";

/// What the text consists of.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(JsonStr<'a>),
    Call(WrittenCall),
}

/// Which text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What the client is shown.
    Answer,
    /// Reasoning: there only tokens that no model writes but to call are meant so.
    Reasoning,
}

/// Reads text and takes the calls out of it.
#[derive(Debug)]
pub(super) struct WrittenCalls {
    tools: OfferedTools,
    place: Place,
    fence: Fence,
    /// The text from the place where a call may begin.
    held: String,
    holding: Option<Holding>,
    /// A call without an outer tag has just ended; some models close the tag that they never opened.
    bare: bool,
    failures: usize,
}

/// A call that has begun where the held text begins.
#[derive(Clone, Copy, Debug)]
struct Holding {
    form: &'static Form,
    /// Its head has been looked at.
    begun: bool,
    /// Closers are looked for from here on.
    searched: usize,
    closers: usize,
}

/// What has become of the held text.
enum Outcome {
    /// What follows decides.
    Open,
    /// Calls, which take so many bytes.
    Calls(Vec<WrittenCall>, usize),
    /// So many bytes are text.
    Text(usize),
}

// === impl WrittenCalls ===

impl WrittenCalls {
    pub(super) fn new(tools: OfferedTools, place: Place) -> Self {
        Self {
            tools,
            place,
            fence: Fence::default(),
            held: String::new(),
            holding: None,
            bare: false,
            failures: 0,
        }
    }

    /// Whether the next piece of text is nothing but text, as most are. Then it has been taken.
    pub(super) fn passes(&mut self, text: &JsonStr<'_>) -> bool {
        if !self.held.is_empty() || self.bare {
            return false;
        }
        let decoded = text.decode();
        let passes = self.failures == MOST_FAILURES || !decoded.contains('<');
        if passes {
            self.fence.pass(&decoded);
        }
        passes
    }

    /// Takes the next piece of text.
    pub(super) fn feed<'a>(&mut self, text: JsonStr<'a>, out: &mut Vec<Piece<'a>>) {
        if self.passes(&text) {
            out.push(Piece::Text(text));
            return;
        }
        self.held.push_str(&text.decode());
        while !self.held.is_empty() {
            if self.bare && self.stray_closer() {
                return;
            }
            let Some(mut holding) = self.holding else {
                let (at, form) = self.opener();
                self.release(at, out);
                let Some(form) = form else { return };
                self.holding = Some(Holding { form, begun: false, searched: form.opener.len(), closers: 0 });
                continue;
            };
            match self.look(&mut holding) {
                Outcome::Open => {
                    self.holding = Some(holding);
                    return;
                }
                Outcome::Calls(calls, size) => {
                    self.holding = None;
                    self.held.drain(..size);
                    self.bare = holding.form.opener == BARE;
                    out.extend(calls.into_iter().map(Piece::Call));
                }
                Outcome::Text(size) => {
                    self.holding = None;
                    self.failures += 1;
                    self.release(size, out);
                }
            }
        }
    }

    /// Leaves out a closer behind a call that had no opener. Tells whether one may still come.
    fn stray_closer(&mut self) -> bool {
        let next = self.held.trim_start();
        if let Some(rest) = next.strip_prefix(STRAY) {
            self.held = rest.to_owned();
        } else if STRAY.starts_with(next) {
            return true;
        }
        self.bare = false;
        false
    }

    /// Something else than text follows, or nothing: what is held becomes what it is. Only the end of a whole
    /// answer may stand for a missing closer.
    pub(super) fn end<'a>(&mut self, is_whole: bool, out: &mut Vec<Piece<'a>>) {
        if let Some(holding) = self.holding.take()
            && is_whole
            && let Ok((calls, size)) = self.read(holding.form, self.held.len(), true)
        {
            self.held.drain(..size);
            out.extend(calls.into_iter().map(Piece::Call));
        }
        self.bare = false;
        self.release(self.held.len(), out);
    }

    fn release<'a>(&mut self, size: usize, out: &mut Vec<Piece<'a>>) {
        if size == 0 {
            return;
        }
        let rest = self.held.split_off(size);
        let text = std::mem::replace(&mut self.held, rest);
        self.fence.pass(&text);
        out.push(Piece::Text(text.into()));
    }

    /// Where a call begins or may begin; the text before it is text.
    fn opener(&self) -> (usize, Option<&'static Form>) {
        if self.failures == MOST_FAILURES {
            return (self.held.len(), None);
        }
        let (mut fence, mut from) = (self.fence, 0);
        for (at, _) in self.held.match_indices('<') {
            fence.pass(&self.held[from..at]);
            from = at;
            if fence.holds() {
                continue;
            }
            let here = &self.held[at..];
            let mut forms = FORMS.iter().filter(|form| form.special || self.place == Place::Answer);
            if let Some(form) = forms.clone().find(|form| here.starts_with(form.opener)) {
                return (at, Some(form));
            }
            if forms.any(|form| form.opener.starts_with(here)) {
                return (at, None);
            }
        }
        (self.held.len(), None)
    }

    /// Looks at the head once, and at the whole at each closer.
    fn look(&self, holding: &mut Holding) -> Outcome {
        let no_call = Outcome::Text(1);
        if !holding.begun {
            let head = floor(&self.held, HEAD);
            match self.read(holding.form, head, false) {
                Ok((calls, size)) => return Outcome::Calls(calls, size),
                Err(Miss::Never) => return no_call,
                Err(Miss::More) if self.held.len() < HEAD => return Outcome::Open,
                Err(Miss::More) => holding.begun = true,
            }
        }
        let closer = holding.form.closer;
        let most = floor(&self.held, MOST);
        while let Some(at) = self.held[holding.searched..most].find(closer) {
            let end = holding.searched + at + closer.len();
            match self.read(holding.form, end, false) {
                Ok((calls, size)) => return Outcome::Calls(calls, size),
                Err(Miss::Never) => return no_call,
                Err(Miss::More) if holding.closers == MOST_CLOSERS => return no_call,
                Err(Miss::More) => {
                    holding.closers += 1;
                    holding.searched = end;
                }
            }
        }
        if self.held.len() >= MOST {
            return Outcome::Text(most);
        }
        // The closer may be cut at the end of what is there.
        holding.searched =
            holding.searched.max(floor(&self.held, self.held.len().saturating_sub(closer.len())));
        Outcome::Open
    }

    /// Reads the calls at the beginning of the held text, of which so many bytes count.
    fn read(&self, form: &Form, size: usize, ended: bool) -> Result<(Vec<WrittenCall>, usize), Miss> {
        let rest = self.held[..size].strip_prefix(form.opener).ok_or(Miss::Never)?;
        let mut cursor = Cursor { rest, ended };
        let calls = (form.read)(&mut cursor, &self.tools)?;
        Ok((calls, size - cursor.rest.len()))
    }
}

/// The largest end of a prefix of at most so many bytes.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
