//! Work whose instructions are counted: `counted CASE REPEATS`, run by `tests/counts` under callgrind.
//!
//! Everything in [`measured`] counts, and nothing outside of it: bodies are made before. What was done is printed in
//! bytes, so that a case that does nothing is seen. Bodies look like Claude Code's and OpenRouter's, but are made
//! up; the same bytes in each run.

#[path = "counted/answers.rs"]
mod answers;
#[path = "counted/requests.rs"]
mod requests;

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;

use serde_json::value::RawValue;
use turnpike_translate::answer::{Assembler, ChatStream, read_whole};
use turnpike_translate::count::of_messages;
use turnpike_translate::failure::Failure;
use turnpike_translate::offered::OfferedTools;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{Overrides, Target, has_image, parse, to_chat};
use turnpike_translate::stream::{AnswerContext, StreamMachine};

/// Bytes of a request of a young conversation, and of an older one.
const YOUNG: usize = 57_000;
const OLD: usize = 150_000;
/// Chunks of a stream.
const CHUNKS: usize = 500;

/// What is worked on.
enum Work {
    /// Read once, for its facts.
    Facts(Vec<u8>),
    /// Read, and made a chat completion request.
    Translate(Vec<u8>),
    /// A stream of chunks, each read on its own.
    Stream(Vec<Vec<u8>>),
    /// An answer without a stream.
    Whole(Vec<u8>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, repeats] = arguments.as_slice() else { return Err("usage: counted CASE REPEATS".into()) };
    let work = prepare(case).ok_or("no such case")?;
    let (repeats, mut made) = (repeats.parse::<usize>()?, 0);
    for _ in 0..repeats {
        made += measured(black_box(&work)).map_err(|failure| failure.message)?;
    }
    writeln!(std::io::stdout(), r#"{{"given":{},"made":{made}}}"#, given(&work))?;
    Ok(())
}

fn prepare(case: &str) -> Option<Work> {
    Some(match case {
        "facts-57k" => Work::Facts(requests::like_claude_code(YOUNG)),
        "facts-150k" => Work::Facts(requests::like_claude_code(OLD)),
        "translate-57k" => Work::Translate(requests::like_claude_code(YOUNG)),
        "translate-150k" => Work::Translate(requests::like_claude_code(OLD)),
        "stream-text" => Work::Stream(answers::text(CHUNKS)),
        "stream-reasoning" => Work::Stream(answers::reasoning(CHUNKS)),
        "stream-call" => Work::Stream(answers::call(CHUNKS)),
        "whole" => Work::Whole(answers::whole(CHUNKS)),
        _ => return None,
    })
}

fn given(work: &Work) -> usize {
    match work {
        Work::Facts(body) | Work::Translate(body) | Work::Whole(body) => body.len(),
        Work::Stream(chunks) => chunks.iter().map(Vec::len).sum(),
    }
}

/// The region that is counted. Gives how much came of it.
#[inline(never)]
fn measured(work: &Work) -> Result<usize, Failure> {
    match work {
        Work::Facts(body) => {
            let request = parse(body)?;
            let tokens = of_messages(&request).tokens(turnpike_translate::count::Family::Claude);
            Ok(usize::try_from(tokens).unwrap_or_default() + usize::from(has_image(&request)))
        }
        Work::Translate(body) => {
            let profile = ModelProfile::new("openai/gpt-oss-120b", None);
            let overrides = Overrides::default();
            let target =
                Target { profile: &profile, overrides: &overrides, session: Some("s"), quick: false };
            Ok(to_chat(&parse(body)?, &target)?.body.len())
        }
        Work::Stream(chunks) => {
            let mut stream = ChatStream::new(machine());
            let mut made = 0;
            for chunk in chunks {
                let mut out = Vec::new();
                stream.feed(chunk, &mut out)?;
                made += black_box(out).len();
            }
            Ok(made)
        }
        Work::Whole(body) => {
            let mut assembler = Assembler::default();
            read_whole(&mut machine(), body, &mut assembler)?;
            let message = assembler.into_message().ok_or_else(Failure::ended_early)?;
            Ok(serde_json::to_vec(&message).map_or(0, |body| body.len()))
        }
    }
}

/// One that looks for written calls, as for any request that offers tools.
fn machine() -> StreamMachine {
    let tools = ["Bash", "Read", "Edit", "Grep"].map(|name| (name, RawValue::NULL));
    StreamMachine::new(AnswerContext {
        message_id: "msg_counted".to_owned(),
        model: "claude-sonnet-4-5".to_owned(),
        target: "openai/gpt-oss-120b".to_owned(),
        tools: OfferedTools::new(tools.into_iter()),
        ..AnswerContext::default()
    })
}
