//! Stop sequences that the upstream does not watch for: they end the answer here, and the upstream's work.

use serde_json::{Value, json};
use turnpike_ledger::{CostSource, Status};
use turnpike_sim::Outcome;

use crate::client::ask;
use crate::harness::{Plane, within};

/// One sequence more than the upstream takes; the last is in the text.
fn stopping(model: &str, stream: bool) -> Value {
    let mut body = ask(model, stream);
    body["stop_sequences"] = json!(["1", "2", "3", "4", "«naïve» or"]);
    body
}

#[tokio::test]
async fn a_sequence_that_is_met_here_ends_the_upstreams_request_at_once() {
    let mut plane = Plane::start().await;
    let answer = plane.send(&stopping("sim/text+words=5000+delay=5ms", true)).await;
    assert_eq!(answer.said(), "The simulated model answers with plain wörds, some of them like ");
    assert_eq!(answer.last().0, "message_stop");
    let (name, ended) = answer.events().into_iter().rev().nth(1).expect("an event before the last");
    assert_eq!(name, "message_delta");
    assert_eq!(ended["delta"], json!({"stop_reason": "stop_sequence", "stop_sequence": "«naïve» or"}));
    for count in ["input_tokens", "output_tokens"] {
        assert!(ended["usage"][count].as_u64() > Some(0), "an estimate of {count}: {ended}");
    }
    let aborted =
        plane.sim.wait_for(|entries| entries.iter().find(|e| e.outcome == Outcome::Aborted).cloned());
    let entry = within("the upstream's request is aborted", aborted).await;
    let row = plane.settled().await;
    assert_eq!((row.status, row.stop_reason.as_deref()), (Status::Ok, Some("stop_sequence")));
    // Flagged, and looked up by this id.
    assert_eq!((row.cost.source, &row.generation_id), (CostSource::Estimate, &entry.generation));
    assert!(row.generation_id.is_some());
}

#[tokio::test]
async fn a_whole_answer_ends_at_the_sequence_too() {
    let plane = Plane::start().await;
    let answer = plane.send(&stopping("sim/text+words=40", false)).await.json();
    assert_eq!(
        answer["content"][0]["text"],
        "The simulated model answers with plain wörds, some of them like "
    );
    assert_eq!(
        (&answer["stop_reason"], &answer["stop_sequence"]),
        (&json!("stop_sequence"), &json!("«naïve» or"))
    );
    let row = plane.row();
    assert_eq!((row.status, row.cost.source), (Status::Ok, CostSource::Upstream));
}
