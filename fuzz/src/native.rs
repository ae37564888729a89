//! Native mode: requests that are rewritten, streams that pass.

use serde_json::Value;
use turnpike_translate::failure::Failure;
use turnpike_translate::native::{NativeStream, read_message, rewrite};
use turnpike_translate::request::{BILLING_MARK, parse};
use turnpike_translate::stream::Served;
use turnpike_wire::sse::{Frame, SseDecoder};

use crate::cut::{pieces, seeded};

const SLUG: &str = "anthropic/claude-opus-5";

/// The first byte makes the cuts; the rest is read as a request, as a stream and as a whole message.
pub fn native_mode(input: &[u8]) {
    let (seed, bytes) = seeded(input);
    judge_rewriting(bytes);
    judge_stream(seed, bytes);
    let _ = read_message(bytes);
}

/// What must not leave is gone, and nothing is left to rewrite.
fn judge_rewriting(body: &[u8]) {
    // The service reads a request before it routes it.
    if parse(body).is_err() {
        return;
    }
    let Ok(rewritten) = rewrite(body, SLUG) else { return };
    let json: Value = serde_json::from_slice(&rewritten).expect("a rewritten body is JSON");
    assert_eq!(json["model"], SLUG);
    assert!(json.get("tags").is_none() && json.get("turnpike").is_none());
    let system = &json["system"];
    let blocks = system.as_array().into_iter().flatten().map(|block| &block["text"]);
    for text in blocks.chain([system]).filter_map(Value::as_str) {
        assert!(!text.starts_with(BILLING_MARK), "the billing block has left: {text}");
    }
    let user = json["metadata"]["user_id"].as_str().unwrap_or_default();
    let packed: Value = serde_json::from_str(user).unwrap_or_default();
    assert!(packed.get("device_id").is_none(), "the device id has left: {user}");
    let again = rewrite(&rewritten, SLUG).expect("what was rewritten can be");
    assert_eq!(again, rewritten, "nothing is left to rewrite");
}

/// What a stream came to.
#[derive(Debug, PartialEq)]
struct Passed {
    start: Vec<u8>,
    out: Vec<u8>,
    served: Served,
    stop_reason: Option<String>,
    end: Result<(), Failure>,
}

fn pass<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Passed {
    let (mut native, mut out) = (NativeStream::new(), Vec::new());
    let mut end = reads.into_iter().try_for_each(|bytes| native.feed(bytes, &mut out));
    if end.is_ok() {
        end = native.end(&mut out);
    }
    let stop_reason = native.stop_reason().map(str::to_owned);
    Passed { start: native.take_start(), out, served: native.served().clone(), stop_reason, end }
}

fn judge_stream(seed: u8, stream: &[u8]) {
    let passed = pass(pieces(seed, stream));
    assert_eq!(passed, pass([stream]), "any cuts give the same");
    let most = stream.len() + b"\n\n".len();
    assert!(passed.start.len() + passed.out.len() <= most, "nothing is added but a blank line at the end");
    let mut frames = SseDecoder::new();
    frames.push(&passed.out).expect("inputs are far below the limit");
    while let Some(frame) = frames.next_frame() {
        let is_stray = matches!(frame, Frame::Event { data, .. } if data.trim_ascii() == b"[DONE]");
        assert!(!is_stray, "the stray end is dropped");
    }
}
