//! Every quirk of real models that the stream machine knows, each as a small fixture of our own: what the
//! upstream sends, and what the client is told.
//!
//! A fixture is a list of pieces: `+DELTA` is a chunk with that delta, `=REASON NATIVE` one that finishes,
//! `{…}` a whole chunk, `.` is `[DONE]`, and anything else stands as it is.

#![cfg(test)]

#[path = "quirks/calls.rs"]
mod calls;
#[path = "quirks/errors.rs"]
mod errors;
#[path = "quirks/framing.rs"]
mod framing;
#[path = "recordings/legal.rs"]
mod legal;
#[path = "quirks/media.rs"]
mod media;
#[path = "quirks/order.rs"]
mod order;
#[path = "quirks/stops.rs"]
mod stops;
#[path = "quirks/usage.rs"]
mod usage;
#[path = "quirks/whole.rs"]
mod whole;
#[path = "quirks/written.rs"]
mod written;

use serde_json::Value;
use serde_json::value::RawValue;
use turnpike_translate::answer::{Assembler, ChatStream, read_whole};
use turnpike_translate::failure::Failure;
use turnpike_translate::names::ToolNames;
use turnpike_translate::offered::OfferedTools;
use turnpike_translate::stream::{AnswerContext, Repairs, StreamMachine};

/// One quirk.
struct Row {
    /// What the upstream does.
    name: &'static str,
    /// What it sends.
    sent: &'static [&'static str],
    /// What the client is told, a line for each block, then how it ended.
    told: &'static [&'static str],
}

/// The request that most rows answer.
fn usual() -> AnswerContext {
    AnswerContext {
        message_id: "msg_1".to_owned(),
        model: "asked".to_owned(),
        target: "author/slug".to_owned(),
        web_search: Some("web_search".to_owned()),
        web_fetch: Some("web_fetch".to_owned()),
        stop_sequence: Some("</block>".to_owned()),
        window: Some(1000),
        estimate: 10,
        ..AnswerContext::default()
    }
}

/// One whose stop sequences the upstream does not watch for.
fn stopping() -> AnswerContext {
    AnswerContext { local_stops: vec!["</block>".to_owned(), "STOP".to_owned()], ..usual() }
}

/// One that offers tools.
fn offering() -> AnswerContext {
    let schema =
        r#"{"type":"object","properties":{"command":{"type":"string"},"timeout":{"type":"integer"}}}"#;
    let schema: &RawValue = serde_json::from_str(schema).unwrap();
    let mut names = ToolNames::default();
    let long = names.to_upstream("mcp__a.b").into_owned();
    let tools = OfferedTools::new([("Bash", schema), (long.as_str(), schema)].into_iter());
    AnswerContext { tools, names, ..stopping() }
}

/// One for which nothing is to be mended.
fn unmended() -> AnswerContext {
    AnswerContext { repairs: Repairs { arguments: false, written_calls: false }, ..offering() }
}

/// The bytes of a fixture.
fn bytes(sent: &[&str]) -> String {
    let mut body = String::new();
    for piece in sent {
        let data = match piece.split_at_checked(1) {
            Some(("+", delta)) => {
                format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
            }
            Some(("=", reasons)) => {
                let (reason, native) = reasons.split_once(' ').unwrap_or((reasons, "null"));
                let json = |word: &str| if word == "null" { word.to_owned() } else { format!("\"{word}\"") };
                let (reason, native) = (json(reason), json(native));
                format!(
                    r#"{{"choices":[{{"index":0,"delta":{{"role":"assistant","content":""}},"finish_reason":{reason},"native_finish_reason":{native}}}]}}"#
                )
            }
            Some((".", "")) => "[DONE]".to_owned(),
            Some(("{", _)) => (*piece).to_owned(),
            _ => {
                body.push_str(piece);
                continue;
            }
        };
        body.push_str(&format!("data: {data}\n\n"));
    }
    body
}

fn replay<'a>(
    context: AnswerContext,
    reads: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, ChatStream, Result<(), Failure>) {
    let mut out = Vec::new();
    let mut stream = ChatStream::new(StreamMachine::new(context));
    for read in reads {
        if let Err(failure) = stream.feed(read, &mut out) {
            return (out, stream, Err(failure));
        }
    }
    let ended = stream.end(&mut out);
    (out, stream, ended)
}

/// A block as it begins, as the start of its line.
fn begun(block: &Value) -> String {
    match block["type"].as_str().unwrap() {
        "tool_use" => format!("tool_use {} {} ", text(&block["id"]), text(&block["name"])),
        "redacted_thinking" => "redacted_thinking".to_owned(),
        "server_tool_use" => format!("server_tool_use {} ", text(&block["name"])),
        "web_fetch_tool_result" => {
            let (content, document) = (&block["content"], &block["content"]["content"]);
            let told =
                [&content["url"], &document["title"], &document["source"]["data"], &content["error_code"]];
            format!(
                "web_fetch_tool_result{}",
                told.map(|value| format!(" {}", text(value))).concat().trim_end()
            )
        }
        "web_search_tool_result" => {
            let hits = block["content"].as_array().unwrap().iter();
            format!(
                "web_search_tool_result {}",
                hits.map(|hit| text(&hit["url"])).collect::<Vec<_>>().join(" ")
            )
        }
        kind => format!("{kind}: "),
    }
}

/// The stream as a person would tell it.
fn tell(out: &[u8], machine: &StreamMachine, ended: &Result<(), Failure>) -> Vec<String> {
    let answer = legal::read(out);
    let mut lines = Vec::new();
    for event in std::str::from_utf8(out).unwrap().lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event: Value = serde_json::from_str(event).unwrap();
        let (block, delta) = (&event["content_block"], &event["delta"]);
        match event["type"].as_str().unwrap() {
            "content_block_start" => lines.push(begun(block)),
            "content_block_delta" => {
                let line = lines.last_mut().unwrap();
                for field in ["text", "thinking", "partial_json"] {
                    line.push_str(text(&delta[field]));
                }
                let citation = &delta["citation"];
                if citation.is_object() {
                    line.push_str(&format!(
                        " [{} {:?}]",
                        text(&citation["url"]),
                        text(&citation["cited_text"])
                    ));
                }
            }
            "message_delta" => {
                let stopped =
                    format!("stop: {} {}", text(&delta["stop_reason"]), text(&delta["stop_sequence"]));
                lines.push(stopped.trim_end().to_owned());
            }
            _ => {}
        }
    }
    if answer.complete && answer.usage != [0; 4] {
        let [input, read, write, output] = answer.usage;
        lines.push(format!("usage: input {input}, read {read}, written {write}, output {output}"));
    }
    if !machine.repairs().is_empty() {
        lines.push(format!("repaired: {}", machine.repairs().join(", ")));
    }
    if let Err(failure) = ended {
        lines.push(format!("{} {}: {}", failure.status, failure.cause.as_str(), failure.message));
    }
    lines
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Replays all rows of a table, each however its bytes are cut; a row that differs is shown.
fn check_streams(context: fn() -> AnswerContext, rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let body = bytes(row.sent);
        let (out, stream, ended) = replay(context(), std::iter::once(body.as_bytes()));
        let told = tell(&out, stream.machine(), &ended);
        if told != row.told {
            wrong.push(format!("{}\n  expected {:#?}\n  told {told:#?}", row.name, row.told));
        }
        let (cut, _, cut_end) = replay(context(), body.as_bytes().chunks(1));
        assert!(cut == out && cut_end == ended, "{}: single bytes give another answer", row.name);
        for at in 1..body.len() {
            let halves = [&body.as_bytes()[..at], &body.as_bytes()[at..]];
            let (cut, _, cut_end) = replay(context(), halves.into_iter());
            assert!(cut == out && cut_end == ended, "{}: split at byte {at}", row.name);
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Reads all rows as whole answers: as the events of a stream, and as one message.
fn check_whole(context: fn() -> AnswerContext, rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let body = row.sent.concat();
        let (mut out, mut reader) = (Vec::new(), StreamMachine::new(context()));
        let ended = read_whole(&mut reader, body.as_bytes(), &mut out);
        let told = tell(&out, &reader, &ended);
        if told != row.told {
            wrong.push(format!("{}\n  expected {:#?}\n  told {told:#?}", row.name, row.told));
        }
        let mut assembler = Assembler::default();
        let assembled = read_whole(&mut StreamMachine::new(context()), body.as_bytes(), &mut assembler);
        assert_eq!(assembled, ended, "{}: the whole message fails otherwise", row.name);
        assert_eq!(assembler.into_message().is_some(), ended.is_ok(), "{}: a message or a failure", row.name);
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn framing_of_the_stream_and_its_end() {
    check_streams(usual, framing::ROWS);
}

#[test]
fn order_of_text_reasoning_and_calls() {
    check_streams(usual, order::ROWS);
}

#[test]
fn fragments_of_tool_calls() {
    check_streams(usual, calls::ROWS);
}

#[test]
fn errors_in_a_stream_and_reasons_to_finish() {
    check_streams(usual, errors::ROWS);
}

#[test]
fn usage_in_all_its_shapes() {
    check_streams(usual, usage::ROWS);
}

#[test]
fn answers_that_are_no_stream() {
    check_whole(usual, whole::ROWS);
}

#[test]
fn stop_sequences_that_are_met_here() {
    check_streams(stopping, stops::ROWS);
    check_whole(stopping, stops::WHOLE);
}

#[test]
fn calls_that_were_written_as_text() {
    check_streams(offering, written::ROWS);
    check_whole(offering, written::WHOLE);
}

#[test]
fn repairs_that_are_turned_off_change_nothing() {
    check_streams(unmended, written::UNMENDED);
}

#[test]
fn pictures_citations_and_speech() {
    check_streams(usual, media::ROWS);
    check_whole(usual, media::WHOLE);
}

#[test]
fn nesting_without_end_is_no_answer() {
    let deep = r#"[{"thinking":"#.repeat(100_000) + "0" + &"}]".repeat(100_000);
    let chunk = format!(r#"{{"choices":[{{"delta":{{"content":{deep}}}}}]}}"#);
    let (out, _, ended) = replay(usual(), std::iter::once(bytes(&[&chunk]).as_bytes()));
    let whole = chunk.replace("delta", "message");
    let read = read_whole(&mut StreamMachine::new(usual()), whole.as_bytes(), &mut Vec::new());
    assert!(out.is_empty());
    assert!(ended.unwrap_err().message.contains("nested too deeply"));
    assert!(read.unwrap_err().message.contains("nested too deeply"));
}

#[test]
fn glued_arguments_without_end_are_cut_off() {
    let glued = "{}".repeat(10_000);
    let head = format!(
        r#"+{{"tool_calls":[{{"index":0,"id":"c1","function":{{"name":"A","arguments":"{glued}"}}}}]}}"#
    );
    let body = bytes(&[&head, "=tool_calls", "."]);
    let (out, stream, ended) = replay(usual(), std::iter::once(body.as_bytes()));
    assert_eq!(ended, Ok(()));
    assert_eq!(legal::read(&out).calls.len(), 65);
    assert_eq!(stream.machine().repairs().last(), Some(&"trailing_arguments_dropped"));
}

#[test]
fn each_quirk_has_a_name_of_its_own() {
    let tables = [
        framing::ROWS,
        order::ROWS,
        calls::ROWS,
        errors::ROWS,
        usage::ROWS,
        whole::ROWS,
        stops::ROWS,
        stops::WHOLE,
        media::ROWS,
        media::WHOLE,
        written::ROWS,
        written::WHOLE,
        written::UNMENDED,
    ];
    let mut names: Vec<&str> = tables.iter().flat_map(|rows| rows.iter().map(|row| row.name)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
