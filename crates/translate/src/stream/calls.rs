//! Tool calls: which call a fragment belongs to, and its arguments on their way.

use turnpike_wire::anthropic::{Delta, Event, OutBlock, empty_object};
use turnpike_wire::text::JsonStr;

use crate::json::JsonProgress;

/// A fragment of a call, fillers (`""`, `null`) already taken for absent.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) index: Option<u32>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) arguments: JsonStr<'a>,
}

/// Number of a call within the answer, in the order in which calls began.
pub(super) type Serial = usize;

/// What tells the calls of an answer apart.
#[derive(Debug, Default)]
pub(super) struct CallBook {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    index: Option<u32>,
    id: Option<String>,
    whole: bool,
    /// The call that was cut out of this one's arguments: what still comes belongs to it.
    heir: Option<Serial>,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    New(Serial),
    Known(Serial),
}

/// How arguments are treated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// They are mended where that is certain.
    pub(super) mends: bool,
    /// They are kept after they were sent.
    pub(super) keeps: bool,
}

/// One call while its arguments come in.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) serial: Serial,
    /// The upstream's id, if it gave one.
    pub(super) id: Option<String>,
    pub(super) name: String,
    progress: JsonProgress,
    /// Arguments that are not sent yet.
    pending: String,
    /// They are mended where that is certain.
    mends: bool,
    /// Bare control characters were escaped.
    escaped: bool,
    /// All of the arguments, where somebody asks for them later.
    said: Option<String>,
}

// === impl CallBook ===

impl CallBook {
    /// Finds the call of a fragment.
    ///
    /// A known id wins over the index. An unknown id is a new call, whatever its index: some models number
    /// all their calls 0. Without an id the index decides, and a name where the call at that index is
    /// already whole begins another. Without either, the fragment belongs to the last call.
    pub(super) fn place(&mut self, piece: &Piece<'_>) -> Place {
        let by_id = |id: &String| self.known.iter().rposition(|known| known.id.as_ref() == Some(id));
        if let Some(id) = &piece.id {
            return match by_id(id) {
                Some(serial) => Place::Known(self.heir_of(serial)),
                None => self.adopt_or_add(piece),
            };
        }
        let at_index =
            piece.index.and_then(|index| self.known.iter().rposition(|known| known.index == Some(index)));
        let names = piece.name.is_some();
        let candidate = match (piece.index, at_index) {
            (Some(_), Some(serial)) => Some(self.heir_of(serial)),
            (_, None) if names => None,
            _ => self.known.len().checked_sub(1),
        };
        match candidate {
            Some(serial) if !(names && self.known[serial].whole) => Place::Known(serial),
            _ => self.add(piece),
        }
    }

    /// The last of the calls that were cut out of one.
    fn heir_of(&self, mut serial: Serial) -> Serial {
        while let Some(heir) = self.known[serial].heir {
            serial = heir;
        }
        serial
    }

    /// An id that comes late belongs to the call that has none at its index.
    fn adopt_or_add(&mut self, piece: &Piece<'_>) -> Place {
        let nameless = |known: &Known| known.id.is_none() && known.index == piece.index && !known.whole;
        match self.known.iter().rposition(nameless) {
            Some(serial) if piece.index.is_some() => {
                self.known[serial].id.clone_from(&piece.id);
                Place::Known(serial)
            }
            _ => self.add(piece),
        }
    }

    fn add(&mut self, piece: &Piece<'_>) -> Place {
        self.known.push(Known { index: piece.index, id: piece.id.clone(), whole: false, heir: None });
        Place::New(self.known.len() - 1)
    }

    /// A call that was cut out of another's arguments.
    pub(super) fn add_derived(&mut self, from: Serial) -> Serial {
        self.known.push(Known { index: None, id: None, whole: false, heir: None });
        let heir = self.known.len() - 1;
        self.known[from].heir = Some(heir);
        heir
    }

    /// The call's arguments are whole.
    pub(super) fn mark_whole(&mut self, serial: Serial) {
        self.known[serial].whole = true;
    }
}

// === impl Call ===

impl Call {
    pub(super) fn new(serial: Serial, id: Option<String>, name: String, how: How) -> Self {
        let (progress, pending) = (JsonProgress::Before, String::new());
        let said = how.keeps.then(String::new);
        Self { serial, id, name, progress, pending, mends: how.mends, escaped: false, said }
    }

    /// All of the arguments, if they were to be kept.
    pub(super) fn take_said(&mut self) -> Option<String> {
        self.said.take()
    }

    /// Takes a piece of the arguments; `live` is the block's index when the block is open. Gives what lies
    /// beyond the end of the arguments.
    pub(super) fn feed<'a>(
        &mut self,
        arguments: JsonStr<'a>,
        live: Option<usize>,
        out: &mut Vec<Event<'a>>,
    ) -> Option<String> {
        let mut text = arguments.decode();
        if self.mends
            && let Some(escaped) = escape_controls(self.progress, &text)
        {
            self.escaped = true;
            text = escaped.into();
        }
        let taken = match self.progress.feed(&text) {
            _ if !self.mends => text.len(),
            taken => taken,
        };
        if let Some(said) = &mut self.said {
            said.push_str(&text[..taken]);
        }
        let beyond = text[taken..].trim_start();
        let beyond = (!beyond.is_empty()).then(|| beyond.to_owned());
        match live {
            Some(index) if self.pending.is_empty() && self.streams() => {
                if taken == text.len() && taken > 0 {
                    out.push(arguments_delta(index, JsonStr::Decoded(text)));
                } else if taken > 0 {
                    out.push(arguments_delta(index, JsonStr::from(text[..taken].to_owned())));
                }
            }
            Some(index) => {
                self.pending.push_str(&text[..taken]);
                self.send_pending(index, out);
            }
            None => self.pending.push_str(&text[..taken]),
        }
        beyond
    }

    /// Whether pieces can go out as they come: an object can, anything else may need mending first.
    const fn streams(&self) -> bool {
        !matches!(self.progress, JsonProgress::Before | JsonProgress::Scalar)
    }

    /// Whether the arguments are a whole object or array.
    pub(super) fn is_whole(&self) -> bool {
        self.progress == JsonProgress::Complete
    }

    /// Whether arguments began and did not come to their end.
    pub(super) fn is_cut(&self) -> bool {
        !matches!(self.progress, JsonProgress::Before | JsonProgress::Scalar | JsonProgress::Complete)
    }

    /// Opens the block.
    pub(super) fn open<'a>(&mut self, index: usize, id: &str, name: &str, out: &mut Vec<Event<'a>>) {
        out.push(Event::BlockStart {
            index,
            block: OutBlock::ToolUse {
                id: id.to_owned().into(),
                name: name.to_owned().into(),
                input: empty_object(),
            },
        });
        self.send_pending(index, out);
    }

    fn send_pending<'a>(&mut self, index: usize, out: &mut Vec<Event<'a>>) {
        if self.streams() && !self.pending.is_empty() {
            out.push(arguments_delta(index, std::mem::take(&mut self.pending).into()));
        }
    }

    /// Sends what was held back, mended where the mending is certain. Gives the names of the repairs.
    pub(super) fn close<'a>(
        &mut self,
        index: usize,
        out: &mut Vec<Event<'a>>,
    ) -> impl Iterator<Item = &'static str> {
        let mut repair = None;
        let held = std::mem::take(&mut self.pending);
        if !held.trim().is_empty() {
            let arguments = match mend(held.trim()).filter(|_| self.mends) {
                Some(mended) => {
                    repair = Some("arguments_unwrapped");
                    mended
                }
                None => held,
            };
            if arguments != "{}" {
                out.push(arguments_delta(index, arguments.into()));
            }
        }
        out.push(Event::BlockStop { index });
        repair.into_iter().chain(self.escaped.then_some("control_characters_escaped"))
    }
}

fn arguments_delta<'a>(index: usize, partial_json: JsonStr<'a>) -> Event<'a> {
    Event::BlockDelta { index, delta: Delta::InputJsonDelta { partial_json } }
}

/// The text with the control characters escaped that stand bare within its strings, where JSON allows none.
fn escape_controls(mut progress: JsonProgress, text: &str) -> Option<String> {
    if !text.bytes().any(|byte| byte < b' ') {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut any = false;
    for letter in text.chars() {
        let within = matches!(progress, JsonProgress::InString(_));
        progress.feed(letter.encode_utf8(&mut [0; 4]));
        if within && letter < ' ' {
            any = true;
            let quoted = serde_json::Value::from(letter.to_string()).to_string();
            escaped.push_str(quoted.trim_matches('"'));
        } else {
            escaped.push(letter);
        }
    }
    any.then_some(escaped)
}

/// The object that a scalar stands for: `null` for none, an object within a string or within a code fence.
fn mend(scalar: &str) -> Option<String> {
    if scalar == "null" {
        return Some("{}".to_owned());
    }
    if let Some(fenced) = scalar.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) {
        let inner = fenced.strip_prefix("json").unwrap_or(fenced).trim();
        return is_object(inner).then(|| inner.to_owned());
    }
    let inner: String = serde_json::from_str(scalar).ok()?;
    let inner = inner.trim();
    if inner.is_empty() {
        return Some("{}".to_owned());
    }
    is_object(inner).then(|| inner.to_owned())
}

fn is_object(text: &str) -> bool {
    text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(index: Option<u32>, id: Option<&str>, name: Option<&str>) -> Piece<'static> {
        Piece {
            index,
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            arguments: JsonStr::default(),
        }
    }

    #[test]
    fn fragments_find_their_call() {
        use Place::*;
        let (a, b, bash) = (Some("a"), Some("b"), Some("Bash"));
        for (label, pieces, places) in [
            (
                "by index",
                vec![(Some(0), a, bash), (Some(0), None, None), (Some(1), b, bash), (Some(0), None, None)],
                vec![New(0), Known(0), New(1), Known(0)],
            ),
            (
                "all at index 0, each with an id of its own",
                vec![(Some(0), a, bash), (Some(0), b, bash)],
                vec![New(0), New(1)],
            ),
            (
                "a known id wins over the index",
                vec![(Some(0), a, bash), (Some(0), b, bash), (Some(1), b, None)],
                vec![New(0), New(1), Known(1)],
            ),
            (
                "a tail at an index nobody has",
                vec![(Some(0), a, bash), (Some(1), None, None)],
                vec![New(0), Known(0)],
            ),
            (
                "no index",
                vec![(None, a, bash), (None, a, None), (None, b, bash)],
                vec![New(0), Known(0), New(1)],
            ),
            (
                "neither index nor id",
                vec![(None, None, bash), (None, None, None), (None, None, bash)],
                vec![New(0), Known(0), New(1)],
            ),
            (
                "a gap in the indices",
                vec![(Some(0), a, bash), (Some(3), b, bash), (Some(3), None, None)],
                vec![New(0), New(1), Known(1)],
            ),
            ("a late id", vec![(Some(0), None, bash), (Some(0), a, None)], vec![New(0), Known(0)]),
            ("name repeated", vec![(Some(0), a, bash), (Some(0), None, bash)], vec![New(0), Known(0)]),
        ] {
            let mut book = CallBook::default();
            let got: Vec<Place> =
                pieces.into_iter().map(|(i, id, name)| book.place(&piece(i, id, name))).collect();
            assert_eq!(got, places, "{label}");
        }
    }

    #[test]
    fn a_name_after_a_whole_call_begins_another() {
        let mut book = CallBook::default();
        assert_eq!(book.place(&piece(Some(0), None, Some("Bash"))), Place::New(0));
        book.mark_whole(0);
        assert_eq!(book.place(&piece(Some(0), None, Some("Bash"))), Place::New(1));
    }

    #[test]
    fn mending_is_certain_or_left_out() {
        for (scalar, mended) in [
            ("null", Some("{}")),
            (r#""{\"a\":1}""#, Some(r#"{"a":1}"#)),
            (r#""""#, Some("{}")),
            (r#""plain""#, None),
            ("42", None),
            ("ls -la", None),
            ("```json\n{\"a\":1}\n```", Some(r#"{"a":1}"#)),
            ("```\n{}```", Some("{}")),
            ("```sh\nls\n```", None),
        ] {
            assert_eq!(mend(scalar).as_deref(), mended, "{scalar}");
        }
    }
}
