//! Reading an answer in any of the three ways, behind one face.

use turnpike_translate::answer::{ChatStream, Sink};
use turnpike_translate::failure::Failure;
use turnpike_translate::native::NativeStream;
use turnpike_translate::passage::Passage;
use turnpike_translate::stream::Served;
use turnpike_wire::anthropic::{Event, StopReason};

/// Events as bytes, and the stop reason when it passes by.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    pub(crate) bytes: Vec<u8>,
    stop: Option<StopReason>,
}

/// A stream being read; what it gives goes into its own buffer.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) tap: Tap,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Chat(Box<ChatStream>),
    Native(Box<NativeStream>),
    Passed(Box<Passage>),
}

impl Sink for Tap {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::MessageDelta { stop_reason, .. } = event {
            self.stop = Some(*stop_reason);
        }
        event.write_to(&mut self.bytes);
    }
}

// === impl Tap ===

impl Tap {
    pub(crate) fn stop_word(&self) -> Option<&'static str> {
        self.stop.map(StopReason::as_str)
    }
}

// === impl Reader ===

impl Reader {
    pub(crate) fn chat(stream: ChatStream) -> Self {
        Self { tap: Tap::default(), kind: Kind::Chat(Box::new(stream)) }
    }

    pub(crate) fn native() -> Self {
        Self { tap: Tap::default(), kind: Kind::Native(Box::default()) }
    }

    pub(crate) fn passage(passage: Passage) -> Self {
        Self { tap: Tap::default(), kind: Kind::Passed(Box::new(passage)) }
    }

    /// Takes the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.kind {
            Kind::Chat(stream) => stream.feed(bytes, &mut self.tap),
            Kind::Native(stream) => stream.feed(bytes, &mut self.tap.bytes),
            Kind::Passed(passage) => passage.feed(bytes, &mut self.tap.bytes),
        }
    }

    /// The connection has closed.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        match &mut self.kind {
            Kind::Chat(stream) => stream.end(&mut self.tap),
            Kind::Native(stream) => stream.end(&mut self.tap.bytes),
            Kind::Passed(passage) => passage.end(&mut self.tap.bytes),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        match &self.kind {
            Kind::Chat(stream) => stream.is_done(),
            Kind::Native(stream) => stream.is_done(),
            Kind::Passed(passage) => passage.is_done(),
        }
    }

    /// Whether the answer was ended here while the upstream goes on.
    pub(crate) fn is_cut(&self) -> bool {
        match &self.kind {
            Kind::Chat(stream) => stream.is_cut(),
            Kind::Native(_) | Kind::Passed(_) => false,
        }
    }

    pub(crate) fn served(&self) -> &Served {
        match &self.kind {
            Kind::Chat(stream) => stream.machine().served(),
            Kind::Native(stream) => stream.served(),
            Kind::Passed(passage) => passage.served(),
        }
    }

    pub(crate) fn repairs(&self) -> &[&'static str] {
        match &self.kind {
            Kind::Chat(stream) => stream.machine().repairs(),
            Kind::Native(_) | Kind::Passed(_) => &[],
        }
    }

    pub(crate) fn stop_word(&self) -> Option<String> {
        match &self.kind {
            Kind::Chat(_) => self.tap.stop_word().map(str::to_owned),
            Kind::Native(stream) => stream.stop_reason().map(str::to_owned),
            Kind::Passed(passage) => passage.finish_reason().map(str::to_owned),
        }
    }

    /// The upstream's own `message_start`, in native mode.
    pub(crate) fn take_start(&mut self) -> Option<Vec<u8>> {
        match &mut self.kind {
            Kind::Chat(_) | Kind::Passed(_) => None,
            Kind::Native(stream) => Some(stream.take_start()).filter(|start| !start.is_empty()),
        }
    }
}
