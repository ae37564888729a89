//! The decoder of server-sent events against a slow and simple reading of the same grammar.

use turnpike_wire::sse::{Frame, SseDecoder};

use crate::cut::{pieces, seeded};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Event { name: Vec<u8>, data: Vec<u8> },
    KeepAlive,
}

/// The first byte makes the cuts, the rest is the stream.
pub fn sse_decoder(input: &[u8]) {
    let (seed, stream) = seeded(input);
    let (seen, raws) = decode(pieces(seed, stream));
    assert_eq!(seen, expected(stream), "the grammar");
    assert_eq!((&seen, &raws), (&decode([stream]).0, &decode([stream]).1), "any cuts give the same");
    let events = seen.iter().filter(|seen| matches!(seen, Seen::Event { .. }));
    for (event, raw) in events.zip(&raws) {
        // A blank line first ends nothing; without it a byte-order mark of the frame's would begin the stream.
        let alone = decode([b"\n".as_slice(), raw]).0;
        assert_eq!(alone, std::slice::from_ref(event), "a frame's own bytes mean that frame");
    }
}

fn own(frame: Frame<'_>, raws: &mut Vec<Vec<u8>>) -> Seen {
    match frame {
        Frame::Event { name, data, raw } => {
            raws.push(raw.to_vec());
            Seen::Event { name: name.to_vec(), data: data.to_vec() }
        }
        Frame::KeepAlive => Seen::KeepAlive,
    }
}

fn decode<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, Vec<Vec<u8>>) {
    let mut decoder = SseDecoder::new();
    let (mut seen, mut raws) = (Vec::new(), Vec::new());
    for read in reads {
        decoder.push(read).expect("inputs are far below the limit");
        while let Some(frame) = decoder.next_frame() {
            seen.push(own(frame, &mut raws));
        }
    }
    seen.extend(decoder.finish().map(|frame| own(frame, &mut raws)));
    (seen, raws)
}

/// The lines of a stream, their ends taken off.
fn lines(stream: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        lines.push(&rest[..at]);
        let width = if rest[at..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[at + width..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn expected(stream: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let (mut name, mut data, mut is_blank) = (Vec::new(), None::<Vec<u8>>, true);
    for line in lines(stream) {
        if line.is_empty() {
            let event = data.take().map(|data| Seen::Event { name: std::mem::take(&mut name), data });
            name.clear();
            if !std::mem::replace(&mut is_blank, true) {
                seen.push(event.unwrap_or(Seen::KeepAlive));
            }
            continue;
        }
        is_blank = false;
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match (&line[..colon], &mut data) {
            (b"data", Some(data)) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            (b"data", None) => data = Some(value.to_vec()),
            (b"event", _) => name = value.to_vec(),
            _ => {}
        }
    }
    // What the end cuts off before its blank line is handed out all the same, if it holds data.
    seen.extend(data.map(|data| Seen::Event { name, data }));
    seen
}
