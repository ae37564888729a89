//! One block of reasoning.

use turnpike_wire::anthropic::{Delta, Event, OutBlock};
use turnpike_wire::text::JsonStr;

use crate::reasoning::{DetailLog, Envelope, Fragment};

/// Reasoning while it comes in.
///
/// Its block opens with the first readable text. Reasoning without any (encrypted data alone) becomes one
/// whole `redacted_thinking` block.
#[derive(Debug)]
pub(super) struct Thought {
    target: String,
    omit: bool,
    details: DetailLog,
    /// All readable text: the envelope needs it to leave out what the block itself holds.
    text: String,
    /// How much of the text has been sent; `None` while the block is not open.
    sent: Option<usize>,
}

// === impl Thought ===

impl Thought {
    pub(super) fn new(target: &str, omit: bool) -> Self {
        Self {
            target: target.to_owned(),
            omit,
            details: DetailLog::default(),
            text: String::new(),
            sent: None,
        }
    }

    /// Takes more reasoning; `live` is the index when this segment is the open one. Tells whether that
    /// opened the block.
    pub(super) fn add<'a>(
        &mut self,
        plain: Option<JsonStr<'a>>,
        details: &[Fragment<'a>],
        live: Option<usize>,
        out: &mut Vec<Event<'a>>,
    ) -> bool {
        let mut opened = false;
        for detail in details {
            // The details repeat what the plain string says.
            if let Some(text) = self.details.add(detail)
                && plain.is_none()
            {
                opened |= self.say(text, live, out);
            }
        }
        plain.is_some_and(|text| self.say(text, live, out)) || opened
    }

    /// Takes text, and sends it as it came where the block is open and nothing waits before it.
    fn say<'a>(&mut self, text: JsonStr<'a>, live: Option<usize>, out: &mut Vec<Event<'a>>) -> bool {
        let is_next = !self.omit && self.sent == Some(self.text.len());
        self.text.push_str(&text.decode());
        match live {
            Some(index) if is_next => {
                self.sent = Some(self.text.len());
                out.push(Event::BlockDelta { index, delta: Delta::ThinkingDelta { thinking: text } });
                false
            }
            Some(index) => self.begin(index, out),
            None => false,
        }
    }

    /// Opens the block if there is text, and sends what has not been sent. Tells whether it opened now.
    pub(super) fn begin<'a>(&mut self, index: usize, out: &mut Vec<Event<'a>>) -> bool {
        if self.text.is_empty() {
            return false;
        }
        let opens = self.sent.is_none();
        if opens {
            let block = OutBlock::Thinking { thinking: "".into(), signature: "".into() };
            out.push(Event::BlockStart { index, block });
        }
        let sent = self.sent.unwrap_or(0);
        if !self.omit && sent < self.text.len() {
            let thinking = self.text[sent..].to_owned().into();
            out.push(Event::BlockDelta { index, delta: Delta::ThinkingDelta { thinking } });
        }
        self.sent = Some(self.text.len());
        opens
    }

    /// Signs and closes the block. Tells whether a block was made only now.
    pub(super) fn close<'a>(self, index: usize, out: &mut Vec<Event<'a>>) -> bool {
        let shown = if self.omit { "" } else { self.text.as_str() };
        if self.sent.is_some() {
            let signature = if self.details.is_empty() {
                Envelope::pack_plain(&self.target, self.omit.then_some(self.text.as_str()))
            } else {
                Envelope::pack(&self.target, self.details.to_raw(), shown)
            };
            let delta = Delta::SignatureDelta { signature: signature.into() };
            out.push(Event::BlockDelta { index, delta });
            out.push(Event::BlockStop { index });
            return false;
        }
        if self.details.is_empty() {
            return false;
        }
        let data = Envelope::pack(&self.target, self.details.to_raw(), "");
        out.push(Event::BlockStart { index, block: OutBlock::RedactedThinking { data: data.into() } });
        out.push(Event::BlockStop { index });
        true
    }
}
