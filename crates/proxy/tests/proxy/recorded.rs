//! Recorded answers of real models, replayed through the whole data plane over real sockets.

#[path = "../../../translate/tests/recordings/corpus.rs"]
#[expect(dead_code, reason = "the tools of a request are of no interest here")]
mod corpus;
#[path = "../../../translate/tests/recordings/legal.rs"]
mod legal;
#[path = "../../../translate/tests/recordings/oracle.rs"]
mod oracle;

use std::path::PathBuf;

use corpus::Row;
use oracle::Said;
use serde_json::{Value, json};
use turnpike_ledger::{CostSource, RequestRow, Status};
use turnpike_sim::{Entry, SimConfig};

use crate::client::{Answer, ask};
use crate::harness::{Plane, Setup, maps, native};

/// Bodies up to this size also come one byte at a time.
const SLOWLY_UP_TO: usize = 4 * 1024;

async fn start() -> Plane {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    let folder = std::env::var_os("TURNPIKE_RECORDINGS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let sim = SimConfig { recordings: Some(folder), journal_body_bytes: 0, ..SimConfig::default() };
    Plane::with(Setup { sim, ..Setup::default() }).await
}

/// The key by which the simulator finds a row: the tag, or the beginning of the hash.
fn key(row: &Row) -> &str {
    row.name.split(' ').nth(1).expect("a key")
}

/// What came out, in the oracle's terms.
#[derive(Debug, Default)]
struct Got {
    text: String,
    thinking: String,
    calls: Vec<(String, Value)>,
    stop: String,
    usage: [u64; 4],
}

fn of_stream(answer: &Answer) -> Got {
    let read = legal::read(&answer.body);
    assert!(read.complete, "message_stop");
    let calls = read.calls.into_iter().map(|(name, input)| (name, arguments(&input))).collect();
    Got { text: read.text, thinking: read.thinking, calls, stop: read.stop, usage: read.usage }
}

fn of_message(message: &Value) -> Got {
    let mut got = Got::default();
    assert_eq!((&message["type"], &message["role"]), (&json!("message"), &json!("assistant")));
    for block in message["content"].as_array().expect("blocks") {
        let text = |name: &str| block[name].as_str().expect("text").to_owned();
        match block["type"].as_str() {
            Some("text") => got.text += &text("text"),
            Some("thinking") => got.thinking += &text("thinking"),
            Some("tool_use") => got.calls.push((text("name"), block["input"].clone())),
            Some("redacted_thinking") => {}
            other => panic!("a block that chat completions cannot give: {other:?}"),
        }
    }
    message["stop_reason"].as_str().expect("a stop reason").clone_into(&mut got.stop);
    let count = |name: &str| message["usage"][name].as_u64().expect("a count");
    got.usage = [
        count("input_tokens"),
        count("cache_read_input_tokens"),
        count("cache_creation_input_tokens"),
        count("output_tokens"),
    ];
    got
}

/// Arguments as a value; what is no JSON stays text.
fn arguments(json: &str) -> Value {
    match json.trim() {
        "" | "null" => json!({}),
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(json)),
    }
}

/// White space alone is no text block.
fn shown(text: &str) -> &str {
    if text.trim().is_empty() { "" } else { text }
}

fn differs(said: &Said, got: &Got) -> Option<String> {
    let same_call = |(said, got): (&(String, String), &(String, Value))| {
        // Arguments that were cut are closed in a whole message; in a stream they come as they were.
        let value = arguments(&said.1);
        said.0 == got.0 && (value == got.1 || value.is_string() && (got.1.is_object() || got.1.is_string()))
    };
    let calls = said.calls.len() == got.calls.len() && said.calls.iter().zip(&got.calls).all(same_call);
    let found = [
        ("text", shown(&said.text) == shown(&got.text)),
        ("thinking", said.thinking == got.thinking || said.thinking == "[REDACTED]"),
        ("calls", calls),
        ("stop", said.stop == got.stop),
        ("usage", said.usage == got.usage),
    ];
    let wrong: Vec<&str> = found.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    (!wrong.is_empty()).then(|| format!("{wrong:?}\n  recorded {said:?}\n  answered {got:?}"))
}

/// What is wrong with the answer to a replayed row.
fn check(row: &Row, said: &Said, answer: &Answer, stream: bool) -> Option<String> {
    if row.status != 200 || said.failed {
        let late = stream && answer.status == 200 && answer.last().0 == "error";
        let early = answer.status >= 400 && !answer.error().2.is_empty();
        return (!late && !early).then(|| format!("a failure was answered with {}", answer.status));
    }
    if answer.status != 200 {
        return Some(format!("{:?}", answer.error()));
    }
    let got = if stream { of_stream(answer) } else { of_message(&answer.json()) };
    differs(said, &got)
}

/// What is wrong with the rows: the cost is the recorded one, to the nano-dollar.
fn check_bill(rows: &[RequestRow], entries: &[Entry]) -> Vec<String> {
    assert_eq!(rows.len(), entries.len(), "one row for each request");
    let wrong = |row: &RequestRow, entry: &Entry| {
        let told = row.cost.source == CostSource::Upstream;
        let same = if told { row.cost.amount == entry.charged } else { entry.charged.nanos() == 0 };
        row.status == Status::Ok && !same
    };
    let pairs = rows.iter().zip(entries).filter(|(row, entry)| wrong(row, entry));
    pairs
        .map(|(row, entry)| format!("{:?}: {:?} is not {:?}", entry.model, row.cost, entry.charged))
        .collect()
}

async fn replay(rows: Vec<Row>) {
    let plane = start().await;
    let mut wrong = Vec::new();
    let mut answered = 0;
    for row in &rows {
        let is_stream = row.stream && !row.body.trim_start().starts_with('{');
        let said = if is_stream { oracle::of_stream(&row.body) } else { oracle::of_whole(&row.body) };
        let mut ways = vec!["", "+slice=random"];
        if row.body.len() <= SLOWLY_UP_TO {
            ways.push("+slice=1");
        }
        for way in ways {
            for stream in [true, false] {
                let answer = plane.send(&ask(&format!("sim/replay={}{way}", key(row)), stream)).await;
                answered += usize::from(answer.status == 200);
                if let Some(why) = check(row, &said, &answer, stream) {
                    wrong.push(format!("{}{way} stream: {stream}: {why}", row.name));
                }
            }
        }
    }
    assert!(
        answered > rows.len() * 3,
        "{answered} answers of {} rows, each asked for in four ways",
        rows.len()
    );
    wrong.extend(check_bill(&plane.rows(), &plane.upstream_requests()));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn recorded_openrouter_answers_come_through() {
    let rows = corpus::lines("openrouter.jsonl", &["openrouter-chat"]);
    assert!(rows.len() > 400, "{} rows", rows.len());
    replay(rows).await;
}

#[tokio::test]
async fn recorded_curated_answers_come_through() {
    let rows = corpus::curated();
    assert!(rows.len() > 60, "{} rows", rows.len());
    replay(rows).await;
}

/// The frames of a Messages stream that are its own: no pings, no `[DONE]`.
fn legal_frames(body: &str) -> String {
    let own = |frame: &&str| !frame.contains("event: ping") && !frame.contains("data: [DONE]");
    body.split_inclusive("\n\n").filter(own).collect()
}

#[tokio::test]
async fn recorded_messages_streams_pass_byte_for_byte() {
    let plane = start().await;
    let rows = corpus::lines("anthropic-streams.jsonl", &["anthropic-messages"]);
    assert!(rows.len() > 50, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows.iter().filter(|row| row.stream) {
        for way in ["", "+slice=random"] {
            let target = format!("sim/replay={}{way}", key(row));
            plane.proxy.set_config(&maps(vec![native("mine", &[&target])]));
            let answer = plane.ask("mine", true).await;
            let whole = row.status == 200 && row.body.contains("event: message_stop");
            let same = answer.body == legal_frames(&row.body).as_bytes();
            let failed =
                answer.status >= 400 || answer.events().last().is_some_and(|(name, _)| name == "error");
            if whole && !same || !whole && !failed {
                wrong.push(format!("{}{way}: {} {}", row.name, answer.status, answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What goes to a client of chat completions: all frames but comments, to `[DONE]`, which is added where the
/// answer ended without.
fn passed(body: &str) -> String {
    let mut frames: String =
        body.split_inclusive("\n\n").map(str::trim_start).filter(|frame| !frame.starts_with(':')).collect();
    if let Some(done) = frames.find("data: [DONE]") {
        frames.truncate(done);
    }
    format!("{}\n\ndata: [DONE]\n\n", frames.trim_end())
}

#[tokio::test]
async fn recorded_chat_streams_pass_byte_for_byte() {
    let plane = start().await;
    let rows = corpus::lines("openrouter.jsonl", &["openrouter-chat"]);
    let streams =
        rows.iter().filter(|row| row.stream && row.status == 200 && row.body.starts_with([':', 'd']));
    let (mut wrong, mut passed_whole) = (Vec::new(), 0);
    for row in streams {
        let said = oracle::of_stream(&row.body);
        for way in ["", "+slice=random"] {
            let body = ask(&format!("sim/replay={}{way}", key(row)), true).to_string();
            let answer = plane.post("/v1/chat/completions", body.as_bytes()).await;
            let failed = answer.status != 200 || answer.text().contains("data: {\"error\":{\"message\"");
            let same = answer.body == passed(&row.body).as_bytes();
            passed_whole += usize::from(same);
            if failed != said.failed || !failed && !same {
                wrong.push(format!("{}{way}: {} {}", row.name, answer.status, answer.text()));
            }
        }
    }
    wrong.extend(check_bill(&plane.rows(), &plane.upstream_requests()));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed_whole > 200, "{passed_whole}");
}
