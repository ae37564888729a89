//! What is mended in answers, counted in the log entry, and left alone where `[repair]` says so.

use serde_json::{Value, json};
use turnpike_ledger::{Mode, RequestRow};
use turnpike_routing::{Showing, Showings, Shown};
use turnpike_settings::Config;
use turnpike_settings::config::Repair;

use crate::client::{Answer, ask};
use crate::harness::{Plane, Setup};

/// A plane that mends, or that does not.
async fn plane(mends: bool) -> Plane {
    let repair = Repair { tool_arguments: mends, text_tool_calls: mends };
    let config = Config { repair, ..Config::default() };
    Plane::with(Setup { config, ..Setup::default() }).await
}

fn with_tool(model: &str, stream: bool) -> Value {
    let mut body = ask(model, stream);
    body["tools"] = json!([{"name": "Bash", "input_schema": {
        "type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}]);
    body
}

fn repairs(row: &RequestRow) -> Vec<String> {
    row.repairs.as_ref().map_or_else(Vec::new, |json| serde_json::from_str(json.as_str()).expect("a list"))
}

/// Name of the only call, in either kind of answer.
fn call_of(answer: &Answer, stream: bool) -> Option<String> {
    let blocks: Vec<Value> = match stream {
        true => answer.events().into_iter().map(|(_, event)| event["content_block"].clone()).collect(),
        false => answer.json()["content"].as_array().expect("content").clone(),
    };
    let call = blocks.into_iter().find(|block| block["type"] == "tool_use")?;
    call["name"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn calls_that_were_written_as_text_are_calls_unless_turned_off() {
    for mends in [true, false] {
        let plane = plane(mends).await;
        for model in ["sim/tool-as-text", "sim/tool-as-text-kimi"] {
            for stream in [true, false] {
                let label = format!("{model} stream: {stream} mends: {mends}");
                let answer = plane.send(&with_tool(model, stream)).await;
                assert_eq!(answer.status, 200, "{label}");
                assert_eq!(call_of(&answer, stream).is_some(), mends, "{label}: {}", answer.text());
                assert_eq!(answer.said().is_empty(), mends, "{label}: {}", answer.text());
            }
        }
        for row in plane.rows() {
            let (stop, counted): (_, &[&str]) =
                if mends { ("tool_use", &["written_call"]) } else { ("end_turn", &[]) };
            assert_eq!(row.stop_reason.as_deref(), Some(stop));
            assert_eq!(repairs(&row), counted);
        }
    }
}

#[tokio::test]
async fn glued_arguments_are_taken_apart_unless_turned_off() {
    for mends in [true, false] {
        let plane = plane(mends).await;
        let answer = plane.send(&with_tool("sim/glued-args", true)).await;
        let calls =
            answer.events().iter().filter(|(_, event)| event["content_block"]["type"] == "tool_use").count();
        assert_eq!(calls > 1, mends, "{}", answer.text());
        assert_eq!(!repairs(&plane.row()).is_empty(), mends);
    }
}

/// What a model shows whose calls are all as they should be.
const GOOD: Showing = Showing {
    failed_natively: false,
    tools: Shown::Passed,
    parallel_tools: Shown::Passed,
    long_arguments: Shown::Passed,
    mended_arguments: false,
    wrote_calls: false,
};

fn probed(row: &RequestRow) -> Value {
    let decision = row.decision.as_ref().expect("a decision");
    serde_json::from_str::<Value>(decision.as_str()).expect("JSON")["probed"].clone()
}

#[tokio::test]
async fn what_a_probe_showed_decides_what_is_mended_and_stands_in_the_decision() {
    const WRITES: &str = "sim/tool-as-text";
    const CLAUDE: &str = "anthropic/claude-opus-5";
    type Row = (&'static str, bool, Option<Showing>, bool, Value);
    let rows: [Row; 4] = [
        ("not probed", true, None, true, Value::Null),
        (
            "it calls well",
            true,
            Some(GOOD),
            false,
            json!([{"target": WRITES, "mode": "translate", "mends": []}]),
        ),
        (
            "it writes calls",
            true,
            Some(Showing { wrote_calls: true, ..GOOD }),
            true,
            json!([{"target": WRITES, "mode": "translate", "mends": ["written_calls"]}]),
        ),
        (
            "it writes calls, and nothing may be mended",
            false,
            Some(Showing { wrote_calls: true, ..GOOD }),
            false,
            json!([{"target": WRITES, "mode": "translate", "mends": ["written_calls"]}]),
        ),
    ];
    for (label, mends, showing, is_call, said) in rows {
        let plane = plane(mends).await;
        plane.proxy.set_showings(Showings::new(showing.map(|showing| (WRITES.to_owned(), showing))));
        let answer = plane.send(&with_tool(WRITES, false)).await;
        assert_eq!(call_of(&answer, false).is_some(), is_call, "{label}: {}", answer.text());
        assert_eq!(probed(&plane.row()), said, "{label}");
    }
    for (failed_natively, mode) in [(false, Mode::Native), (true, Mode::Translate)] {
        let plane = plane(true).await;
        plane.proxy.set_showings(Showings::new([(CLAUDE.to_owned(), Showing { failed_natively, ..GOOD })]));
        assert_eq!(plane.send(&ask(CLAUDE, false)).await.status, 200);
        assert_eq!(plane.row().mode, Some(mode));
    }
}
