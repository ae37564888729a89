//! Server-sent events: a decoder that takes bytes as they come, and the encoder for our own frames.
//!
//! The decoder follows the WHATWG event-stream grammar where a model API can meet it: lines end in LF,
//! CRLF or CR, a byte-order mark may stand first, `data` lines of one event are joined by LF, one space
//! after the colon is dropped, comments keep a connection alive. It is lenient in one point: an event
//! that the end of the stream cuts off before its blank line is still handed out by [`SseDecoder::finish`],
//! since some upstreams leave that line out.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// The longest event accepted, in bytes. A line without an end must not eat the memory.
pub const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// One event, borrowed from the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// An event that carries data.
    Event {
        /// The `event:` field; empty when there was none.
        name: &'a [u8],
        /// The data lines, joined by LF.
        data: &'a [u8],
        /// Every byte of the frame as it came, its blank line included.
        raw: &'a [u8],
    },
    /// A block of comments or of fields without data: a sign of life.
    KeepAlive,
}

/// The event has grown beyond [`MAX_EVENT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {} MiB", MAX_EVENT_BYTES / 1024 / 1024)]
pub struct EventTooLong;

/// Cuts a byte stream into frames, whatever the sizes of the reads.
#[derive(Debug, Default)]
pub struct SseDecoder {
    buf: Vec<u8>,
    /// Where the current frame begins.
    frame: usize,
    /// Where the current line begins.
    line: usize,
    /// How far the current line has been searched for its end.
    scanned: usize,
    /// The line before ended in CR: a LF that comes first belongs to it.
    after_cr: bool,
    /// The byte-order mark has been dealt with.
    started: bool,
    fields: Fields,
    /// Joined data of the frame handed out last, kept so that the frame can borrow it.
    handed: Vec<u8>,
}

/// What has been read of the current frame; positions in the buffer.
#[derive(Debug, Default)]
struct Fields {
    name: Range<usize>,
    data: Data,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    One(Range<usize>),
    Joined(Vec<u8>),
}

// === impl SseDecoder ===

impl SseDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream. Call [`Self::next_frame`] until it gives nothing.
    ///
    /// # Errors
    /// [`EventTooLong`] when one event outgrows the limit; the stream is of no use after that.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), EventTooLong> {
        self.discard_consumed();
        if self.buf.len() > MAX_EVENT_BYTES {
            return Err(EventTooLong);
        }
        self.buf.extend_from_slice(bytes);
        if !self.started {
            self.skip_byte_order_mark();
        }
        Ok(())
    }

    /// The next whole frame, if the bytes so far hold one.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        if !self.started {
            return None;
        }
        loop {
            let end = match memchr2(b'\n', b'\r', self.buf.get(self.scanned..)?) {
                Some(offset) => self.scanned + offset,
                None => {
                    self.scanned = self.buf.len();
                    return None;
                }
            };
            let is_lf = self.buf[end] == b'\n';
            let ends_crlf = is_lf && self.after_cr && end == self.line;
            self.after_cr = !is_lf;
            let line = std::mem::replace(&mut self.line, end + 1)..end;
            self.scanned = end + 1;
            if ends_crlf {
                continue;
            }
            if line.is_empty() {
                if let Some(whole) = self.close_frame() {
                    return Some(self.borrow(whole));
                }
            } else {
                self.read_field(line);
            }
        }
    }

    /// The last frame, when the stream ended without its blank line.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.started = true;
        if self.line < self.buf.len() {
            let line = std::mem::replace(&mut self.line, self.buf.len())..self.buf.len();
            self.scanned = self.buf.len();
            self.read_field(line);
        }
        let whole = self.close_frame()?;
        match self.borrow(whole) {
            Frame::KeepAlive => None,
            event @ Frame::Event { .. } => Some(event),
        }
    }

    /// Bytes held back because their frame is not whole yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buf.len() - self.frame
    }

    fn skip_byte_order_mark(&mut self) {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if MARK.starts_with(&self.buf) && self.buf.len() < MARK.len() {
            return;
        }
        self.started = true;
        if self.buf.starts_with(MARK) {
            self.line = MARK.len();
            self.scanned = MARK.len();
            self.frame = MARK.len();
        }
    }

    /// Gives up the bytes of frames that were handed out.
    fn discard_consumed(&mut self) {
        let gone = self.frame;
        if gone == 0 {
            return;
        }
        self.buf.drain(..gone);
        self.frame = 0;
        self.line -= gone;
        self.scanned -= gone;
        let shift = |range: &mut Range<usize>| {
            *range = range.start.saturating_sub(gone)..range.end.saturating_sub(gone);
        };
        shift(&mut self.fields.name);
        if let Data::One(range) = &mut self.fields.data {
            shift(range);
        }
    }

    fn read_field(&mut self, line: Range<usize>) {
        let bytes = &self.buf[line.clone()];
        let (name_len, value_start) = match memchr(b':', bytes) {
            Some(0) => return,
            Some(colon) => (colon, colon + 1 + usize::from(bytes.get(colon + 1) == Some(&b' '))),
            None => (bytes.len(), bytes.len()),
        };
        let value = line.start + value_start..line.end;
        match &bytes[..name_len] {
            b"data" => {
                let data = std::mem::take(&mut self.fields.data);
                self.fields.data = match data {
                    Data::None => Data::One(value),
                    Data::One(first) => {
                        let mut joined = self.buf[first].to_vec();
                        joined.push(b'\n');
                        joined.extend_from_slice(&self.buf[value]);
                        Data::Joined(joined)
                    }
                    Data::Joined(mut joined) => {
                        joined.push(b'\n');
                        joined.extend_from_slice(&self.buf[value]);
                        Data::Joined(joined)
                    }
                };
            }
            b"event" => self.fields.name = value,
            _ => {}
        }
    }

    /// Ends the frame at the current line; `None` for a blank line that ends nothing.
    fn close_frame(&mut self) -> Option<(Range<usize>, Fields)> {
        let raw = std::mem::replace(&mut self.frame, self.line)..self.line;
        let fields = std::mem::take(&mut self.fields);
        let blank = self.buf[raw.clone()].iter().all(|b| matches!(b, b'\r' | b'\n'));
        (!blank).then_some((raw, fields))
    }

    fn borrow(&mut self, (raw, fields): (Range<usize>, Fields)) -> Frame<'_> {
        let data = match fields.data {
            Data::None => return Frame::KeepAlive,
            Data::One(range) => &self.buf[range],
            Data::Joined(joined) => {
                self.handed = joined;
                self.handed.as_slice()
            }
        };
        Frame::Event { name: &self.buf[fields.name], data, raw: &self.buf[raw] }
    }
}

/// Writes one event in the form that Anthropic's API uses: `event: NAME`, `data: JSON`, a blank line.
pub fn write_event(out: &mut Vec<u8>, name: &str, json: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    json(out);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests;
