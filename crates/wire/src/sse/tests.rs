use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Event(String, String),
    KeepAlive,
}

fn own(frame: Frame<'_>) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match frame {
        Frame::Event { name, data, .. } => Seen::Event(text(name), text(data)),
        Frame::KeepAlive => Seen::KeepAlive,
    }
}

fn decode<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, Vec<u8>) {
    let mut decoder = SseDecoder::new();
    let (mut seen, mut raws) = (Vec::new(), Vec::new());
    for read in reads {
        decoder.push(read).unwrap();
        while let Some(frame) = decoder.next_frame() {
            if let Frame::Event { raw, .. } = frame {
                raws.extend_from_slice(raw);
            }
            seen.push(own(frame));
        }
    }
    seen.extend(decoder.finish().map(own));
    (seen, raws)
}

fn event(name: &str, data: &str) -> Seen {
    Seen::Event(name.to_owned(), data.to_owned())
}

#[test]
fn the_grammar_in_rows() {
    for (label, bytes, expected) in [
        ("one event", "data: a\n\n", vec![event("", "a")]),
        ("named", "event: ping\ndata: {}\n\n", vec![event("ping", "{}")]),
        ("CRLF", "event: x\r\ndata: a\r\n\r\n", vec![event("x", "a")]),
        ("CR", "data: a\r\rdata: b\r\r", vec![event("", "a"), event("", "b")]),
        ("no space after the colon", "data:a\n\n", vec![event("", "a")]),
        ("two spaces: one belongs to the data", "data:  a\n\n", vec![event("", " a")]),
        ("several data lines", "data: a\ndata: b\ndata\n\n", vec![event("", "a\nb\n")]),
        ("byte-order mark", "\u{feff}data: a\n\n", vec![event("", "a")]),
        ("comment alone", ": OPENROUTER PROCESSING\n\ndata: a\n\n", vec![Seen::KeepAlive, event("", "a")]),
        ("comment inside an event", "data: a\n: b\n\n", vec![event("", "a")]),
        ("id and retry are no data", "id: 1\nretry: 5\n\n", vec![Seen::KeepAlive]),
        ("unknown field", "foo: bar\ndata: a\n\n", vec![event("", "a")]),
        ("field without a colon", "data\n\n", vec![event("", "")]),
        ("surplus blank lines", "\n\n\ndata: a\n\n\n\n", vec![event("", "a")]),
        ("no blank line at the end", "data: a\n\ndata: [DONE]", vec![event("", "a"), event("", "[DONE]")]),
        ("nothing", "", vec![]),
        ("mixed ends", "data: a\r\ndata: b\n\r\ndata: c\r\r\n", vec![event("", "a\nb"), event("", "c")]),
    ] {
        assert_eq!(decode([bytes.as_bytes()]).0, expected, "{label}, in one read");
        assert_eq!(decode(bytes.as_bytes().chunks(1)).0, expected, "{label}, byte by byte");
    }
}

#[test]
fn raw_frames_add_up_to_the_stream() {
    let stream = b"event: a\ndata: 1\n\nevent: b\r\ndata: 2\r\n\r\ndata: 3\n\n";
    for size in 1..stream.len() {
        assert_eq!(decode(stream.chunks(size)).1, stream, "reads of {size}");
    }
}

#[test]
fn an_event_without_an_end_is_refused_in_bounded_memory() {
    let mut decoder = SseDecoder::new();
    let read = vec![b'x'; 1024 * 1024];
    let mut taken = 0;
    while decoder.push(&read).is_ok() {
        assert!(decoder.next_frame().is_none());
        taken += read.len();
        assert!(taken <= MAX_EVENT_BYTES + read.len(), "the limit must end this");
    }
    assert!(taken >= MAX_EVENT_BYTES - read.len());
    assert!(decoder.pending() <= MAX_EVENT_BYTES + read.len());
}

proptest! {
    #[test]
    fn every_split_gives_the_same_frames(
        lines in prop::collection::vec("(data: ?|event: ?|: ?|id:|)[a-zé\u{2028}]{0,5}(\n|\r\n|\r)", 0..24),
        cuts in prop::collection::vec(0usize..400, 0..12),
    ) {
        let stream = lines.concat();
        let bytes = stream.as_bytes();
        let mut at: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
        prop_assert_eq!(decode(pieces), decode([bytes]));
        prop_assert_eq!(decode(bytes.chunks(1)), decode([bytes]));
    }
}
