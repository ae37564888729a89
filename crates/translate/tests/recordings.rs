//! Recorded answers of real models, replayed however their bytes are cut.
//!
//! What comes out is held against an oracle that reads each recording in the plainest way (whole lines, no
//! state machine), and against the grammar of the Messages stream.

#![cfg(test)]

#[path = "recordings/corpus.rs"]
mod corpus;
#[path = "recordings/legal.rs"]
mod legal;
#[path = "recordings/oracle.rs"]
mod oracle;

use corpus::Row;
use legal::Answer;
use oracle::Said;
use serde_json::value::RawValue;
use turnpike_translate::answer::{Assembler, ChatStream, read_whole};
use turnpike_translate::failure::{Failure, Received, from_body};
use turnpike_translate::offered::OfferedTools;
use turnpike_translate::stream::{AnswerContext, StreamMachine};

/// Bodies up to this size are cut in two at every byte.
const EVERY_SPLIT_UP_TO: usize = 16 * 1024;

fn context() -> AnswerContext {
    AnswerContext {
        message_id: "msg_test".to_owned(),
        model: "asked".to_owned(),
        target: "author/slug".to_owned(),
        ..AnswerContext::default()
    }
}

fn machine() -> StreamMachine {
    StreamMachine::new(context())
}

/// One that looks for written calls and for stop sequences. Neither is in any recording.
fn watchful(row: &Row, said: &Said) -> StreamMachine {
    let mut names: Vec<&str> = row.tools.iter().map(String::as_str).collect();
    names.extend(said.calls.iter().map(|(name, _)| name.as_str()));
    names.push("Bash");
    let tools = OfferedTools::new(names.into_iter().map(|name| (name, RawValue::NULL)));
    let local_stops = vec!["</block>".to_owned(), "\n\nHuman:".to_owned(), "the end of all".to_owned()];
    StreamMachine::new(AnswerContext { tools, local_stops, ..context() })
}

fn replay<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Result<(), Failure>) {
    replay_with(machine(), reads)
}

fn replay_with<'a>(
    machine: StreamMachine,
    reads: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<(), Failure>) {
    let mut out = Vec::new();
    let mut stream = ChatStream::new(machine);
    for read in reads {
        if let Err(failure) = stream.feed(read, &mut out) {
            return (out, Err(failure));
        }
    }
    let ended = stream.end(&mut out);
    (out, ended)
}

/// Reads of random sizes, the same ones at each run.
fn random_reads(body: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut reads = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let size = usize::try_from(state % 97).unwrap().clamp(1, rest.len());
        let (read, tail) = rest.split_at(size);
        reads.push(read);
        rest = tail;
    }
    reads
}

/// Arguments as JSON values: an absent object, also one written `null`, is an empty one.
fn inputs(calls: &[(String, String)]) -> Vec<(String, serde_json::Value)> {
    let value = |json: &str| match json.trim() {
        "" | "null" => serde_json::json!({}),
        text => serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::from(json)),
    };
    calls.iter().map(|(name, arguments)| (name.clone(), value(arguments))).collect()
}

/// White space alone is no text block, so an answer of nothing else beside calls has no text.
fn shown(text: &str) -> &str {
    if text.trim().is_empty() { "" } else { text }
}

fn differs(said: &Said, answer: &Answer) -> Option<String> {
    let same_calls = said.calls.len() != answer.calls.len() || inputs(&said.calls) != inputs(&answer.calls);
    let found = [
        ("text", shown(&said.text) != shown(&answer.text)),
        ("thinking", said.thinking != answer.thinking && said.thinking != "[REDACTED]"),
        ("calls", same_calls),
        ("stop", said.stop != answer.stop),
        ("usage", said.usage != answer.usage),
    ];
    let names: Vec<&str> = found.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| format!("{names:?}\n  recorded {said:?}\n  answered {answer:?}"))
}

/// Replays a stream in one read and in every other way; returns what is wrong.
fn check_stream(row: &Row) -> Result<(), String> {
    let said = oracle::of_stream(&row.body);
    let body = row.body.as_bytes();
    let (out, ended) = replay([body]);
    let answer = legal::read(&out);
    if said.failed != ended.is_err() {
        return Err(format!("failed: recorded {}, answered {ended:?}", said.failed));
    }
    if !said.failed {
        if let Some(difference) = differs(&said, &answer) {
            return Err(difference);
        }
        assert!(answer.complete, "{}: no message_stop", row.name);
        let (watched, ended) = replay_with(watchful(row, &said), [body]);
        if let Some(difference) =
            ended.err().map(|failure| failure.message).or_else(|| differs(&said, &legal::read(&watched)))
        {
            return Err(format!("watched for calls and stops: {difference}"));
        }
    }
    let mut ways: Vec<Vec<&[u8]>> = vec![body.chunks(1).collect()];
    ways.extend((1..=4).map(|seed| random_reads(body, seed)));
    for reads in ways {
        // The pieces of a delta may be cut elsewhere, the answer and its frames may not.
        let (cut, cut_end) = replay(reads);
        if cut != out || cut_end != ended {
            return Err("another split gives another answer".to_owned());
        }
    }
    if body.len() <= EVERY_SPLIT_UP_TO {
        for at in 1..body.len() {
            if replay([&body[..at], &body[at..]]) != (out.clone(), ended.clone()) {
                return Err(format!("split at byte {at} gives another answer"));
            }
        }
    }
    Ok(())
}

fn check_whole(row: &Row) -> Result<(), String> {
    let said = oracle::of_whole(&row.body);
    let mut out = Vec::new();
    let ended = read_whole(&mut machine(), row.body.as_bytes(), &mut out);
    if said.failed != ended.is_err() {
        return Err(format!("failed: recorded {}, answered {ended:?}", said.failed));
    }
    if said.failed {
        return Ok(());
    }
    let answer = legal::read(&out);
    if let Some(difference) = differs(&said, &answer) {
        return Err(difference);
    }
    let mut watched = Vec::new();
    let read = read_whole(&mut watchful(row, &said), row.body.as_bytes(), &mut watched);
    if let Some(difference) =
        read.err().map(|failure| failure.message).or_else(|| differs(&said, &legal::read(&watched)))
    {
        return Err(format!("watched for calls and stops: {difference}"));
    }
    let mut assembler = Assembler::default();
    read_whole(&mut machine(), row.body.as_bytes(), &mut assembler).map_err(|failure| failure.message)?;
    let message = serde_json::to_value(assembler.into_message().ok_or("no whole message")?).unwrap();
    let texts: String =
        message["content"].as_array().unwrap().iter().filter_map(|b| b["text"].as_str()).collect();
    if texts != answer.text || message["stop_reason"] != answer.stop {
        return Err(format!("the whole message differs from its stream: {message}"));
    }
    Ok(())
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let outcome = match (row.status, row.stream) {
            (200, true) if row.body.trim_start().starts_with('{') => check_whole(row),
            (200, true) => check_stream(row),
            (200, false) => check_whole(row),
            (status, _) => {
                let failure =
                    from_body(&Received { status, body: row.body.as_bytes(), ..Received::default() });
                if failure.status >= 400 && !failure.message.is_empty() {
                    Ok(())
                } else {
                    Err(format!("{failure:?}"))
                }
            }
        };
        if let Err(difference) = outcome {
            wrong.push(format!("{}: {difference}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn recorded_openrouter_answers_come_out_right() {
    let rows = corpus::lines("openrouter.jsonl", &["openrouter-chat"]);
    assert!(rows.len() > 400, "{} rows", rows.len());
    check(&rows);
}

#[test]
fn recorded_curated_answers_come_out_right() {
    let rows = corpus::curated();
    assert!(rows.len() > 60, "{} rows", rows.len());
    check(&rows);
}

#[test]
fn recorded_answers_of_other_vendors_come_out_right() {
    let rows = corpus::lines("other-vendors.jsonl", &["openai-chat-compat", "vercel-gateway-chat-via-cline"]);
    assert!(rows.len() > 300, "{} rows", rows.len());
    check(&rows);
}
