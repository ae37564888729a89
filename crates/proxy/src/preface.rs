//! Clients that speak HTTP/2 at once, without asking whether it is spoken here.
//!
//! They read nothing but HTTP/2, so an answer in HTTP/1.1 would reach nobody: the one that they get, to the first request
//! of their connection, is a 505 in frames of theirs, and then the farewell that says `HTTP_1_1_REQUIRED` (RFC 9113, 7).

/// How a connection of theirs begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// As much of it as a first line of HTTP/1.1 would be.
const FIRST_LINE: usize = 16;
const WORDS: &str =
    "This port speaks HTTP/1.1. Have the client speak that (curl: without --http2-prior-knowledge).";

/// How far a connection has begun as one of HTTP/2.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preface {
    /// So many bytes are as they would be.
    Begun(usize),
    /// It is no such connection, or was answered.
    Over,
}

/// What is sent.
#[derive(Clone, Copy)]
enum Frame {
    Data = 0,
    Headers = 1,
    Settings = 4,
    GoAway = 7,
}

// === impl Preface ===

impl Preface {
    /// Bytes came from the client.
    pub(crate) fn heard(&mut self, bytes: &[u8]) {
        let Self::Begun(seen) = *self else { return };
        let due = PREFACE.get(seen..).unwrap_or_default();
        let compared = due.len().min(bytes.len());
        match due.get(..compared) == bytes.get(..compared) {
            true => *self = Self::Begun(seen + compared),
            false => *self = Self::Over,
        }
    }

    /// The answer, once, to a client that has begun so.
    pub(crate) fn take_answer(&mut self) -> Option<Vec<u8>> {
        let is_begun = matches!(*self, Self::Begun(seen) if seen >= FIRST_LINE);
        is_begun.then(|| {
            *self = Self::Over;
            answer()
        })
    }
}

fn answer() -> Vec<u8> {
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    const HTTP_1_1_REQUIRED: u32 = 13;
    let body =
        format!(r#"{{"type":"error","error":{{"type":"invalid_request_error","message":"{WORDS}"}}}}"#);
    // Fields that enter no table: by the number of the name in the static one (8 and 31), or by the name itself.
    let mut fields = vec![8];
    text(&mut fields, "505");
    fields.extend([0x0f, 31 - 15]);
    text(&mut fields, "application/json");
    fields.push(0);
    text(&mut fields, "x-should-retry");
    text(&mut fields, "false");
    let first = 1_u32.to_be_bytes();
    let farewell = [&first, &HTTP_1_1_REQUIRED.to_be_bytes(), WORDS.as_bytes()].concat();
    let mut out = Vec::with_capacity(512);
    frame(&mut out, Frame::Settings, 0, [0; 4], &[]);
    frame(&mut out, Frame::Headers, END_HEADERS, first, &fields);
    frame(&mut out, Frame::Data, END_STREAM, first, body.as_bytes());
    frame(&mut out, Frame::GoAway, 0, [0; 4], &farewell);
    out
}

/// A text of fewer than 127 bytes, as HPACK writes it (RFC 7541, 5.2).
fn text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or_default());
    out.extend_from_slice(text.as_bytes());
}

fn frame(out: &mut Vec<u8>, kind: Frame, flags: u8, stream: [u8; 4], payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    out.extend(length.into_iter().skip(1));
    out.extend([kind as u8, flags]);
    out.extend(stream);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_of_http_2_is_seen_at_any_split() {
        for (bytes, is_one) in [
            (&[PREFACE, b"\0\0\0\x04\0\0\0\0\0"].concat()[..], true),
            (b"PRI * HTTP/1.1\r\nhost: a\r\n\r\n", false),
            (b"POST /v1/messages HTTP/1.1\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false),
            (b"PRI * HTTP/2.0", false),
        ] {
            for size in 1..=bytes.len() {
                let mut preface = Preface::Begun(0);
                bytes.chunks(size).for_each(|read| preface.heard(read));
                assert_eq!(preface.take_answer().is_some(), is_one, "{bytes:?} by {size}");
                assert!(preface.take_answer().is_none(), "once");
            }
        }
    }
}
