//! The head of a request as it stands on the wire, looked at before hyper reads it.
//!
//! Hyper reads some heads one way that another parser reads differently, and does not tell: a length beside chunks, a
//! length that stands twice, lines that end in LF alone. Whoever stands between the client and this program may have read
//! them the other way, so such a request is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use memchr::memchr;

/// The longest line that is put together from several reads; hyper refuses such a head anyway.
const MAX_LINE: usize = 64 * 1024;

/// What is known of the head of the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It was not seen: it came before the answer to the one before.
    Unseen,
    /// It can be read in one way only.
    Plain,
    /// Two parsers could read two different requests.
    Ambiguous,
}

/// What the socket saw, for whoever answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings(Arc<AtomicU8>);

/// Looks through the bytes of a connection for heads.
#[derive(Debug)]
pub(crate) struct HeadScan {
    readings: Readings,
    place: Place,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// Lines that say where the body ends.
    framings: usize,
    bare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The first line of a head has not come.
    Before,
    /// Among its lines.
    Within,
    /// Behind it: what comes is a body, or what nobody has asked for yet.
    Behind,
}

// === impl Readings ===

impl Readings {
    /// What is known of the head that hyper has just read; it is told once.
    pub(crate) fn take(&self) -> Reading {
        match self.0.swap(0, Ordering::AcqRel) {
            1 => Reading::Plain,
            2 => Reading::Ambiguous,
            _ => Reading::Unseen,
        }
    }

    fn put(&self, is_ambiguous: bool) {
        self.0.store(1 + u8::from(is_ambiguous), Ordering::Release);
    }

    fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

// === impl HeadScan ===

impl HeadScan {
    /// A scan at the beginning of a connection, and where it tells what it saw.
    pub(crate) fn new() -> (Self, Readings) {
        let readings = Readings::default();
        let scan = Self {
            readings: readings.clone(),
            place: Place::Before,
            line: Vec::new(),
            framings: 0,
            bare: false,
        };
        (scan, readings)
    }

    /// Bytes came from the client.
    pub(crate) fn heard(&mut self, mut bytes: &[u8]) {
        while self.place != Place::Behind
            && let Some(end) = memchr(b'\n', bytes)
        {
            let (line, rest) = bytes.split_at(end + 1);
            if self.line.is_empty() {
                self.read(line);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.read(&whole);
            }
            bytes = rest;
        }
        if self.place != Place::Behind && self.line.len() + bytes.len() <= MAX_LINE {
            self.line.extend_from_slice(bytes);
        }
    }

    /// An answer goes to the client: what comes after it is the next head.
    pub(crate) fn answered(&mut self) {
        if self.place == Place::Behind && self.readings.is_taken() {
            self.place = Place::Before;
        }
    }

    /// Takes one line, its end included.
    fn read(&mut self, line: &[u8]) {
        let bare = !line.ends_with(b"\r\n");
        let text = line.trim_ascii_end();
        match self.place {
            Place::Behind => {}
            // What is left of an earlier body may stand before the first line; no line of JSON ends like one.
            Place::Before => {
                let version = text.len().checked_sub(1).and_then(|last| text.get(..last));
                if version.is_some_and(|text| text.ends_with(b" HTTP/1.")) {
                    (self.place, self.framings, self.bare) = (Place::Within, 0, bare);
                }
            }
            Place::Within if text.is_empty() => {
                self.bare |= bare;
                self.place = Place::Behind;
                self.readings.put(self.bare || self.framings > 1);
            }
            Place::Within => {
                self.bare |= bare;
                let is = |name: &[u8]| text.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name));
                self.framings += usize::from(is(b"content-length:") || is(b"transfer-encoding:"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &str = "POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 4\r\n\r\n";

    /// What is told of a request's bytes in reads of every size.
    fn told(bytes: &str) -> Reading {
        let told: Vec<Reading> = (1..=bytes.len())
            .map(|size| {
                let (mut scan, readings) = HeadScan::new();
                bytes.as_bytes().chunks(size).for_each(|read| scan.heard(read));
                readings.take()
            })
            .collect();
        assert!(told.iter().all(|reading| *reading == told[0]), "{bytes:?}: {told:?}");
        told[0]
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_seen_at_any_split() {
        use Reading::{Ambiguous, Plain, Unseen};
        for (bytes, reading) in [
            (LENGTH, Plain),
            ("\r\nGET / HTTP/1.0\r\nhost: a\r\n\r\n", Plain),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", Plain),
            ("POST / HTTP/1.1\r\nx: content-length: 4\r\ncontent-length: 4\r\n\r\n", Plain),
            ("POST / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n", Ambiguous),
            ("POST / HTTP/1.1\r\nTRANSFER-ENCODING:chunked\r\nx: y\r\ncontent-LENGTH:4\r\n\r\n", Ambiguous),
            ("POST / HTTP/1.1\r\ntransfer-encoding: x\r\ntransfer-encoding: chunked\r\n\r\n", Ambiguous),
            ("POST / HTTP/1.1\r\ncontent-length: 4\r\ncontent-length: 4\r\n\r\nabcd", Ambiguous),
            ("POST / HTTP/1.1\ncontent-length: 4\n\nabcd", Ambiguous),
            ("POST / HTTP/1.1\r\ncontent-length: 4\n\r\nabcd", Ambiguous),
            ("POST / HTTP/1.1\r\ncontent-length: 4\r\n", Unseen),
        ] {
            assert_eq!(told(bytes), reading, "{bytes:?}");
        }
    }

    #[test]
    fn each_request_of_a_connection_has_its_own() {
        let (mut scan, readings) = HeadScan::new();
        scan.heard(LENGTH.as_bytes());
        assert_eq!(readings.take(), Reading::Plain);
        scan.heard(b"{\n");
        // The answer begins before the body has come, as where a token is wrong.
        scan.answered();
        scan.heard(b" \"a\": 1\n\n}");
        scan.answered();
        scan.heard(b"POST / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n");
        assert_eq!(readings.take(), Reading::Ambiguous);
        assert_eq!(readings.take(), Reading::Unseen);
    }

    #[test]
    fn what_comes_before_its_turn_is_not_seen() {
        let (mut scan, readings) = HeadScan::new();
        scan.heard([LENGTH, "abcd", LENGTH, "abcd"].concat().as_bytes());
        assert_eq!((readings.take(), readings.take()), (Reading::Plain, Reading::Unseen));
        scan.answered();
        scan.heard(LENGTH.as_bytes());
        scan.answered();
        assert_eq!(readings.take(), Reading::Plain, "an answer's further bytes lose nothing");
    }
}
