//! Recorded chat completions pass byte for byte, however their bytes are cut.
#![expect(clippy::unwrap_used, reason = "a broken corpus ends the test")]

#[path = "recordings/corpus.rs"]
#[expect(dead_code, reason = "the tools of a request are of no interest here")]
mod corpus;

use turnpike_translate::passage::Passage;

/// Bodies up to this size are cut at every place.
const EVERYWHERE_UP_TO: usize = 16 * 1024;

/// What passes of a body that comes in these pieces, and whether it ended well.
fn run<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Vec<u8>, bool) {
    let (mut passage, mut out) = (Passage::new("a/b", None, 0), Vec::new());
    let fed = pieces.into_iter().try_for_each(|piece| passage.feed(piece, &mut out));
    let ended = fed.and_then(|()| passage.end(&mut out));
    (out, ended.is_ok())
}

/// All frames but comments.
fn frames(body: &str) -> String {
    body.split_inclusive("\n\n").map(str::trim_start).filter(|frame| !frame.starts_with(':')).collect()
}

#[test]
fn recorded_streams_pass_byte_for_byte_at_every_split() {
    let mut rows = corpus::lines("openrouter.jsonl", &["openrouter-chat"]);
    rows.extend(corpus::curated());
    let (mut whole, mut splits) = (0, 0);
    for row in rows.iter().filter(|row| row.stream && row.status == 200 && row.body.contains("data: ")) {
        let body = row.body.as_bytes();
        let (out, ended) = run([body]);
        if ended && row.body.ends_with("data: [DONE]\n\n") {
            assert_eq!(std::str::from_utf8(&out).unwrap(), frames(&row.body), "{}", row.name);
            whole += 1;
        }
        assert!(run(body.chunks(1)) == (out.clone(), ended), "{}: one byte at a time", row.name);
        let step = if body.len() <= EVERYWHERE_UP_TO { 1 } else { body.len() / 97 };
        for at in (1..body.len()).step_by(step) {
            let (left, right) = body.split_at(at);
            assert!(run([left, right]) == (out.clone(), ended), "{}: cut at {at}", row.name);
            splits += 1;
        }
    }
    assert!(whole > 100 && splits > 100_000, "{whole} whole streams, {splits} splits");
}
