//! The service's handle: stop and resume, cancel, new settings, and the end.

use std::time::Duration;

use turnpike_ledger::Status;
use turnpike_proxy::{KeyStanding, Timing};
use turnpike_settings::{LocalToken, Secret};
use turnpike_sim::{Outcome, words};

use crate::client::{Client, ask};
use crate::harness::{KEY, Plane, Setup, map, maps, within};

const SLOW: &str = "sim/text+words=100+delay=10ms";

/// A client whose answer has begun.
async fn listening(plane: &Plane, model: &str) -> Client {
    let mut client = plane.connect().await;
    client.send(plane.request(&ask(model, true))).await;
    assert_eq!(within("a head", client.head()).await.expect("a head came").status, 200);
    within("text", client.chunks_until("text_delta")).await;
    client
}

/// The rest of the stream's bytes.
async fn rest(client: &mut Client) -> String {
    let mut body = Vec::new();
    while within("the rest", client.chunk(&mut body)).await.expect("the body has an end") > 0 {}
    String::from_utf8(body).expect("text")
}

#[tokio::test]
async fn stopped_is_an_answer_and_streams_under_way_finish() {
    let plane = Plane::start().await;
    let mut client = listening(&plane, SLOW).await;
    plane.proxy.pause();
    assert!(plane.proxy.is_paused());
    let sentence = "Turnpike is stopped. Tray → Start, or run: turnpike start";
    let body = ask("sim/text", true).to_string();
    for answer in [
        plane.ask("sim/text", true).await,
        plane.ask("sim/text", false).await,
        plane.post("/v1/messages/count_tokens", body.as_bytes()).await,
        plane.call("GET", "/v1/models", Some(&plane.token)).await,
        plane.call("GET", "/v1/models/x", Some(&plane.token)).await,
    ] {
        assert_eq!(answer.error(), (503, "api_error".to_owned(), sentence.to_owned()));
        assert_eq!(answer.header("x-should-retry"), Some("false"));
    }
    assert_eq!(plane.call("GET", "/health", None).await.status, 200);
    assert_eq!(plane.call("GET", "/v1/models", None).await.status, 401, "the guard comes first");
    assert_eq!(plane.upstream_requests().len(), 1);
    assert!(rest(&mut client).await.contains("message_stop"));
    plane.proxy.resume();
    assert_eq!(plane.ask("sim/text", true).await.said(), words(12));
    assert_eq!(plane.rows().len(), 2, "what was refused has no row");
}

#[tokio::test]
async fn a_person_cancels_a_stream() {
    const LONG: &str = "sim/text+words=1000+delay=10ms";
    let mut plane = Plane::start().await;
    let mut client = listening(&plane, LONG).await;
    let live = plane.proxy.live();
    assert_eq!((live.len(), live[0].model.as_str(), live[0].target.as_str()), (1, LONG, LONG));
    assert!(plane.proxy.cancel(live[0].id));
    assert!(!plane.proxy.cancel(live[0].id + 1));
    let end = rest(&mut client).await;
    assert!(end.contains("event: error") && end.contains("was cancelled in Turnpike"), "{end}");
    assert_eq!(plane.settled().await.status, Status::Cancelled);
    within(
        "abort",
        plane.sim.wait_for(|entries| entries.iter().find(|e| e.outcome == Outcome::Aborted).map(drop)),
    )
    .await;
    assert!(plane.proxy.live().is_empty());
}

#[tokio::test]
async fn a_person_cancels_what_has_not_begun() {
    for stream in [true, false] {
        let plane = Plane::start().await;
        let mut client = plane.connect().await;
        client.send(plane.request(&ask("sim/text+silence=60s", stream))).await;
        within("the upstream's request", plane.sim.wait_for(|entries| entries.first().map(drop))).await;
        assert!(plane.proxy.cancel(plane.proxy.live()[0].id));
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!(answer.error().0, 503, "stream: {stream}");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
        assert_eq!(plane.row().status, Status::Cancelled);
    }
}

#[tokio::test]
async fn new_settings_hold_for_the_next_request() {
    let plane = Plane::mapped(maps(vec![map("mine", &["sim/text+words=1"])])).await;
    assert_eq!(plane.ask("mine", false).await.said(), words(1));
    plane.proxy.set_config(&maps(vec![map("mine", &["sim/text+words=2"])]));
    assert_eq!(plane.ask("mine", false).await.said(), words(2));
    let folder = tempfile::tempdir().unwrap();
    plane.proxy.set_token(LocalToken::load_or_create(&folder.path().join("token")).unwrap());
    assert_eq!(plane.ask("mine", false).await.status, 401, "the old token lets nobody in");
}

#[tokio::test]
async fn a_changed_key_is_the_next_requests_and_what_runs_keeps_its_own() {
    let plane = Plane::start().await;
    let mut client = listening(&plane, SLOW).await;
    let other = "sk-or-v1-fedcba9876543210";
    plane.proxy.set_key(KeyStanding::Ready(Secret::new(other.to_owned())));
    assert_eq!(plane.ask("sim/text", true).await.status, 200);
    assert!(rest(&mut client).await.contains("message_stop"), "what runs goes on");
    let keys: Vec<String> = plane
        .upstream_requests()
        .iter()
        .flat_map(|entry| entry.headers.iter().filter(|(name, _)| name == "authorization"))
        .map(|(_, value)| value.clone())
        .collect();
    assert_eq!(keys.len(), 2, "one key for each request: {keys:?}");
    // The simulator keeps their ends.
    assert!(
        keys[0].ends_with(&KEY[KEY.len() - 4..]) && keys[1].ends_with(&other[other.len() - 4..]),
        "{keys:?}"
    );
}

#[tokio::test]
async fn fifty_streams_end_by_themselves_or_are_told() {
    let timing = Timing { drain_within: Duration::from_secs(5), ..Timing::default() };
    let plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    let mut clients = Vec::new();
    for number in 0..50 {
        let short = number % 2 == 0;
        let model = if short { "sim/text+words=20+delay=20ms" } else { "sim/text+stall-after=2" };
        clients.push((short, listening(&plane, model).await));
    }
    plane.stop.send(true).unwrap();
    for (short, client) in &mut clients {
        let end = rest(client).await;
        assert_eq!((end.contains("message_stop"), end.contains("event: error")), (*short, !*short), "{end}");
        assert!(*short || end.contains("Turnpike was stopped"), "{end}");
    }
    within("the end", plane.serving).await.unwrap().unwrap();
    plane.ledger.flush(Duration::from_secs(60)).unwrap();
    let rows = plane.ledger.reader().recent(turnpike_ledger::Page { before: None, limit: 100 }).unwrap();
    let of = |status: Status| rows.iter().filter(|row| row.status == status).count();
    assert_eq!((rows.len(), of(Status::Ok), of(Status::Error)), (50, 25, 25));
}

#[tokio::test]
async fn the_service_ends_when_its_streams_have() {
    let plane = Plane::start().await;
    let idle = plane.connect().await;
    let mut client = listening(&plane, SLOW).await;
    plane.stop.send(true).unwrap();
    assert!(rest(&mut client).await.contains("message_stop"));
    within("the end", plane.serving).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(plane.addr).await.is_err(), "nobody listens any more");
    drop(idle);
}

#[tokio::test]
async fn streams_that_take_too_long_are_told_so() {
    let timing = Timing { drain_within: Duration::from_millis(100), ..Timing::default() };
    let plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    let mut streaming = listening(&plane, "sim/text+words=5000+delay=20ms").await;
    let mut silent = plane.connect().await;
    silent.send(plane.request(&ask("sim/text+silence=60s", false))).await;
    within("both", plane.sim.wait_for(|entries| (entries.len() == 2).then_some(()))).await;
    plane.stop.send(true).unwrap();
    let end = rest(&mut streaming).await;
    assert!(end.contains("event: error") && end.contains("Turnpike was stopped"), "{end}");
    let (status, kind, _) = within("an answer", silent.answer()).await.unwrap().error();
    assert_eq!((status, kind.as_str()), (503, "api_error"));
    within("the end", plane.serving).await.unwrap().unwrap();
    plane.ledger.flush(Duration::from_secs(60)).unwrap();
    let page = turnpike_ledger::Page { before: None, limit: 10 };
    let rows = plane.ledger.reader().recent(page).unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.status == Status::Error), "{rows:#?}");
}
