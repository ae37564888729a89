//! Recorded answers, replayed byte for byte.

use std::path::PathBuf;

use turnpike_sim::{Outcome, Sim, SimConfig, SimHandle};

use crate::client::{KEY, ask, chat, get, post, start};

fn folder() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    std::env::var_os("TURNPIKE_RECORDINGS").map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

fn with_recordings() -> SimHandle {
    let folder = folder();
    assert!(folder.is_dir(), "no recordings at {}: set TURNPIKE_RECORDINGS", folder.display());
    Sim::start(SimConfig { recordings: Some(folder), ..SimConfig::default() }).unwrap()
}

#[tokio::test]
async fn recorded_cases_come_back_as_they_were() {
    let sim = with_recordings();
    let rows = [
        ("gpt4o_refusal_stream", "gpt4o_refusal_stream.response.sse", 200, "text/event-stream"),
        ("ns_429_upstream", "ns_429_upstream.response.json", 429, "application/json"),
        ("or_anthropic_skin_stream", "or_anthropic_skin_stream.response.sse", 200, "text/event-stream"),
    ];
    for (tag, file, status, kind) in rows {
        let expected = std::fs::read(folder().join("curated").join(file)).unwrap();
        for modifiers in ["", "+slice=13", "+slice=random"] {
            let answer = chat(&sim, &ask(&format!("sim/replay={tag}{modifiers}"), true)).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{tag}");
            assert!(answer.body == expected, "{tag}{modifiers}");
        }
    }
}

#[tokio::test]
async fn recorded_rows_are_found_by_sha_and_charged_as_stated() {
    let sim = with_recordings();
    let answer = chat(&sim, &ask("sim/replay=deepseek_web_search_annotations", true)).await;
    assert_eq!(answer.usage_cost(), "0.0076509169000000005");
    let item = &sim.bill().items[0];
    assert_eq!((item.cost.as_str(), item.charged.nanos()), ("0.0076509169000000005", 7_650_917));
    let row = chat(&sim, &ask("sim/replay=30f98fcf", false)).await;
    assert_eq!(row.json()["id"], "gen-1762104937-OczUZgM511ayNwj20rWq");
    let body = serde_json::json!({"model": "sim/replay=20b9c921", "max_tokens": 9, "stream": true,
                                  "messages": [{"role": "user", "content": "x"}]});
    assert!(post(&sim, "/api/v1/messages", &body).await.text().starts_with("event: message_start\n"));
    let known = get(&sim, "/__sim/bill", Some(KEY)).await.json();
    assert_eq!(known["items"][0]["outcome"], "finished");
    assert_eq!(sim.bill().items[0].outcome, Outcome::Finished);
}

#[tokio::test]
async fn without_recordings_a_replay_says_what_is_missing() {
    let answer = chat(&start(), &ask("sim/replay=gpt4o_refusal_stream", true)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("--recordings"), "{}", answer.text());
}
