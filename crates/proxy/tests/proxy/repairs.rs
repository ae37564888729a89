//! What is mended in answers, counted in the log entry, and left alone where `[repair]` says so.

use serde_json::{Value, json};
use turnpike_ledger::RequestRow;
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
