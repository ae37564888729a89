//! How answers travel: pace, cuts, resets, silence, and what the journal and the bill say of them.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use turnpike_sim::{Entry, NanoUsd, Outcome, Sim, SimConfig};

use crate::client::{Client, KEY, ask, chat, start};

const CHAT: &str = "/api/v1/chat/completions";

/// The only entry, once it is closed.
fn closed(entries: &[Entry]) -> Option<Entry> {
    entries.first().filter(|entry| entry.outcome != Outcome::Open).cloned()
}

#[tokio::test]
async fn a_slice_is_a_write() {
    let sim = start();
    let whole = chat(&sim, &ask("sim/text+words=3", true)).await;
    let sliced = chat(&sim, &ask("sim/text+words=3+slice=7", true)).await;
    assert!(sliced.chunks.iter().all(|size| *size <= 7), "{:?}", sliced.chunks);
    assert_eq!(sliced.content(), whole.content());
    let random = chat(&sim, &ask("sim/text+words=30+slice=random", true)).await;
    assert!(random.chunks.iter().any(|size| *size != random.chunks[0]));
}

#[tokio::test]
async fn a_cut_comes_after_exactly_so_many_bytes() {
    let rows = [
        ("sim/cut=1000", Some(ErrorKind::UnexpectedEof)),
        ("sim/rst=1000", Some(ErrorKind::ConnectionReset)),
        ("sim/end=1000", None),
    ];
    for (model, broken) in rows {
        let sim = start();
        let whole = chat(&sim, &ask("sim/text", true)).await;
        let answer = chat(&sim, &ask(model, true)).await;
        assert_eq!((answer.status, answer.body.len(), answer.broken), (200, 1000, broken), "{model}");
        assert_eq!(answer.text()[..27], whole.text()[..27], "{model}");
        let charged = sim.journal()[1].charged;
        assert!(
            charged > NanoUsd::ZERO && charged < sim.journal()[0].charged,
            "{model}: only what was produced"
        );
        assert_eq!(sim.journal()[1].outcome, Outcome::Cut, "{model}");
        assert_eq!(sim.total(), sim.journal().iter().map(|entry| entry.charged).sum(), "{model}");
    }
}

#[tokio::test]
async fn broken_answers_are_broken_in_their_own_way() {
    let sim = start();
    for (model, expected) in
        [("sim/close", ErrorKind::UnexpectedEof), ("sim/reset", ErrorKind::ConnectionReset)]
    {
        let mut client = Client::connect(&sim).await;
        client.send("POST", CHAT, Some(KEY), ask(model, true).to_string().as_bytes()).await;
        assert_eq!(client.answer().await.unwrap_err().kind(), expected, "{model}");
    }
    let rows = [
        ("sim/bad-chunk", Some(ErrorKind::InvalidData)),
        ("sim/length-long", Some(ErrorKind::UnexpectedEof)),
        ("sim/length-short", None),
        ("sim/big-head", None),
    ];
    for (model, broken) in rows {
        let answer = chat(&sim, &ask(model, true)).await;
        assert_eq!((answer.status, answer.broken), (200, broken), "{model}");
    }
    assert_eq!(sim.total(), NanoUsd::ZERO);
}

#[tokio::test]
async fn an_abort_is_noticed_at_once_even_in_silence() {
    for model in [
        "sim/silence=1m",
        "sim/silence=1m+keepalive=20s",
        "sim/text+delay=1m",
        "sim/stall-after=2",
        "sim/head-only",
    ] {
        let sim = start();
        let mut client = Client::connect(&sim).await;
        client.send("POST", CHAT, Some(KEY), ask(model, true).to_string().as_bytes()).await;
        sim.wait_for(|entries| entries.first()?.status).await;
        drop(client);
        let entry = timeout(Duration::from_secs(5), sim.wait_for(closed)).await.expect("noticed");
        assert_eq!(entry.outcome, Outcome::Aborted, "{model}");
        assert!(entry.aborted_after.is_some(), "{model}");
    }
}

#[tokio::test]
async fn closing_only_the_sending_side_is_hanging_up() {
    let sim = start();
    let mut client = Client::connect(&sim).await;
    client.send("POST", CHAT, Some(KEY), ask("sim/stall-after=1", true).to_string().as_bytes()).await;
    client.head().await.unwrap();
    client.stream.shutdown().await.unwrap();
    let entry = timeout(Duration::from_secs(5), sim.wait_for(closed)).await.expect("noticed");
    assert_eq!(entry.outcome, Outcome::Aborted);
}

#[tokio::test]
async fn an_aborted_stream_is_charged_for_what_was_sent() {
    let sim = start();
    let mut client = Client::connect(&sim).await;
    client.send("POST", CHAT, Some(KEY), ask("sim/stall-after=5", true).to_string().as_bytes()).await;
    client.head().await.unwrap();
    let mut body = Vec::new();
    while String::from_utf8_lossy(&body).matches("data: ").count() < 5 {
        client.chunk(&mut body).await.unwrap();
    }
    drop(client);
    let entry = sim.wait_for(closed).await;
    let item = &sim.bill().items[0];
    assert_eq!(
        (entry.outcome, item.outcome, entry.charged),
        (Outcome::Aborted, Outcome::Aborted, item.charged)
    );
    assert!(item.charged > NanoUsd::ZERO);
    assert_eq!(Some(&item.generation), entry.generation.as_ref());
}

#[tokio::test]
async fn comments_keep_a_silent_stream_alive() {
    let sim = start();
    let answer = chat(&sim, &ask("sim/text+words=1+comments=3+silence=40ms+keepalive=10ms", true)).await;
    let before = answer.text().split("data: ").next().unwrap().to_owned();
    assert_eq!(before, ": OPENROUTER PROCESSING\n\n".repeat(6));
}

#[tokio::test]
async fn misbehaviour_ends_after_so_many_times_per_session() {
    let sim = start();
    let mut body = ask("sim/error-429+retry-after=7+times=2", true);
    let mut statuses = Vec::new();
    for session in ["a", "a", "b", "a"] {
        body["session_id"] = json!(session);
        let answer = chat(&sim, &body).await;
        statuses.push((answer.status, answer.header("retry-after").map(str::to_owned)));
    }
    let limited = (429, Some("7".to_owned()));
    assert_eq!(statuses, [limited.clone(), limited.clone(), limited, (200, None)]);
}

#[tokio::test]
async fn a_stale_connection_closes_when_it_is_used_again() {
    let sim = start();
    let mut client = Client::connect(&sim).await;
    let body = ask("sim/text+stale", false).to_string();
    client.send("POST", CHAT, Some(KEY), body.as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    client.send("POST", CHAT, Some(KEY), body.as_bytes()).await;
    assert_eq!(client.answer().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn connections_are_reused_and_counted() {
    let sim = start();
    let mut client = Client::connect(&sim).await;
    for _ in 0..3 {
        client.send("POST", CHAT, Some(KEY), ask("sim/text", true).to_string().as_bytes()).await;
        assert_eq!(client.answer().await.unwrap().broken, None);
    }
    let connections = sim.connections();
    assert_eq!((connections.len(), connections[0].requests), (1, 3));
    assert!(sim.journal().iter().all(|entry| entry.connection == connections[0].id));
}

#[tokio::test]
async fn stamps_count_up_in_time() {
    let sim = Sim::start(SimConfig::fast()).unwrap();
    let answer = chat(&sim, &ask("sim/text+events=200+stamp", true)).await;
    assert!(answer.text().starts_with("data: "), "no comments in a benchmark");
    let content = answer.content();
    let stamps: Vec<(u64, u64)> = content
        .split_whitespace()
        .map(|stamp| stamp.split_once(':').unwrap())
        .map(|(sequence, nanos)| (sequence.parse().unwrap(), nanos.parse().unwrap()))
        .collect();
    assert_eq!(stamps.iter().map(|stamp| stamp.0).collect::<Vec<_>>(), (0..200).collect::<Vec<_>>());
    assert!(stamps.is_sorted_by_key(|stamp| stamp.1));
    assert!(answer.chunks.len() >= 200, "each stamp leaves before the next is taken");
}

#[tokio::test]
async fn gzip_and_flip_answer_in_ways_nobody_asked_for() {
    let sim = start();
    let zipped = chat(&sim, &ask("sim/text+gzip", true)).await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.body[..2], [0x1f, 0x8b]);
    let json = chat(&sim, &ask("sim/json-for-stream", true)).await;
    assert_eq!(
        (json.header("content-type"), &json.json()["object"]),
        (Some("application/json"), &json!("chat.completion"))
    );
    let stream = chat(&sim, &ask("sim/stream-for-json", false)).await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_huge_line_has_no_end() {
    let sim = start();
    let answer = chat(&sim, &ask("sim/huge-line=3", true)).await;
    assert!(answer.body.len() > 3 << 20);
    assert_eq!(answer.body[100..].iter().filter(|byte| **byte == b'\n').count(), 0);
}

#[tokio::test]
async fn shutting_down_closes_everything() {
    let sim = start();
    let addr = sim.addr;
    let mut client = Client::connect(&sim).await;
    client.send("POST", CHAT, Some(KEY), ask("sim/stall-after=0", true).to_string().as_bytes()).await;
    client.head().await.unwrap();
    sim.shutdown().await;
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(5), client.stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the stream ended");
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "nobody listens");
}
