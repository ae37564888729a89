//! Clients that go away: the upstream hears of it, the row says so, nothing is left over.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use turnpike_ledger::{CostSource, Status};
use turnpike_sim::{Entry, NanoUsd, Outcome};

use crate::client::{Client, ask};
use crate::harness::{Plane, Setup, within};
use turnpike_proxy::Timing;

/// How soon the upstream's request must be aborted.
const PROMPT: Duration = Duration::from_millis(100);
/// Hang-ups that are timed; the machine may be busy during one of them.
const TRIES: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Way {
    /// Both directions.
    Close,
    /// The client only stops sending.
    HalfClose,
}

/// Where in the answer the client goes away.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The upstream has not said anything yet.
    Silence,
    /// `message_start` and a ping are out, and nothing from the upstream.
    Waiting,
    /// In the middle of the text.
    Text,
}

impl Moment {
    const fn model(self) -> &'static str {
        match self {
            Self::Silence | Self::Waiting => "sim/text+silence=60s",
            Self::Text => "sim/text+words=5000+delay=5ms",
        }
    }

    async fn reach(self, plane: &Plane, client: &mut Client) {
        match self {
            Self::Silence => {}
            Self::Waiting => drop(client_body(client, "event: ping").await),
            Self::Text => drop(client_body(client, "text_delta").await),
        }
        within("the upstream's request", plane.sim.wait_for(|entries| entries.last().map(|_| ()))).await;
    }
}

async fn client_body(client: &mut Client, text: &str) -> Vec<u8> {
    let head = within("a head", client.head()).await.expect("a head came");
    assert_eq!(head.status, 200);
    within(text, client.chunks_until(text)).await
}

/// Hangs up once; returns how long the upstream's request went on, and what became of it.
async fn hang_up(plane: &mut Plane, way: Way, moment: Moment, stream: bool) -> (Duration, Entry) {
    plane.sim.reset();
    let mut client = plane.connect().await;
    client.send(plane.request(&ask(moment.model(), stream))).await;
    moment.reach(plane, &mut client).await;
    let gone = Instant::now();
    match way {
        Way::Close => drop(client),
        Way::HalfClose => client.stream.shutdown().await.expect("the socket is open"),
    }
    let aborted =
        plane.sim.wait_for(|entries| entries.iter().find(|e| e.outcome == Outcome::Aborted).cloned());
    let entry = within("the upstream's request is aborted", aborted).await;
    (gone.elapsed(), entry)
}

async fn check(way: Way, moment: Moment, stream: bool) {
    let label = format!("{way:?} {moment:?} stream: {stream}");
    let short = matches!(moment, Moment::Waiting).then(|| Duration::from_millis(20));
    let timing = Timing { commit_within: short.unwrap_or(Duration::from_secs(15)), ..Timing::default() };
    let mut plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    let mut times = Vec::new();
    for _ in 0..TRIES {
        let (time, entry) = hang_up(&mut plane, way, moment, stream).await;
        times.push(time);
        assert!(entry.aborted_after.is_some(), "{label}");
        let row = plane.settled().await;
        assert_eq!(row.status, Status::Cancelled, "{label}");
        if matches!(moment, Moment::Text) {
            assert_eq!(row.generation_id, entry.generation, "{label}");
            assert!(row.provider.is_some() && row.served_model.is_some(), "{label}: {row:?}");
            assert_eq!(row.cost.source, CostSource::Estimate, "{label}");
        }
    }
    times.sort();
    assert!(times[TRIES / 2] < PROMPT, "{label}: {times:?}");
    assert!(plane.proxy.live().is_empty(), "{label}");
    assert_eq!(plane.rows().len(), TRIES, "{label}");
}

#[tokio::test]
async fn a_client_that_closes_in_the_middle_of_the_text() {
    check(Way::Close, Moment::Text, true).await;
}

#[tokio::test]
async fn a_client_that_half_closes_in_the_middle_of_the_text() {
    check(Way::HalfClose, Moment::Text, true).await;
}

#[tokio::test]
async fn a_client_that_closes_before_anything_came() {
    check(Way::Close, Moment::Silence, true).await;
    check(Way::Close, Moment::Silence, false).await;
}

#[tokio::test]
async fn a_client_that_half_closes_before_anything_came() {
    check(Way::HalfClose, Moment::Silence, true).await;
    check(Way::HalfClose, Moment::Silence, false).await;
}

#[tokio::test]
async fn a_client_that_goes_while_pings_are_all_it_got() {
    check(Way::Close, Moment::Waiting, true).await;
    check(Way::HalfClose, Moment::Waiting, true).await;
}

/// An upstream that takes connections and does not say a word over them.
async fn mute(scheme: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
    let addr = listener.local_addr().expect("it is bound");
    (listener, format!("{scheme}://{addr}/api/v1"))
}

#[tokio::test]
async fn a_request_that_never_left_costs_nothing() {
    // With TLS there is no connection yet while the other side keeps silent.
    for (scheme, source, has_left) in
        [("https", CostSource::None, false), ("http", CostSource::Estimate, true)]
    {
        let (listener, upstream) = mute(scheme).await;
        let mut plane = Plane::with(Setup { upstream: Some(upstream), ..Setup::default() }).await;
        let mut client = plane.connect().await;
        client.send(plane.request(&ask("a/b", false))).await;
        let (mut stream, _) = within("a connection", listener.accept()).await.expect("a connection");
        let mut bytes = vec![0; 1_024];
        assert!(within("its first bytes", stream.read(&mut bytes)).await.expect("it is open") > 0);
        drop(client);
        let row = plane.settled().await;
        let found = (row.status, row.cost.source, row.usage.input_tokens > 0);
        assert_eq!(found, (Status::Cancelled, source, has_left), "{scheme}: {row:#?}");
    }
}

/// An upstream that begins to speak, says its usage and more text when told to, and then neither ends nor
/// closes.
async fn unending() -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
    let addr = listener.local_addr().expect("it is bound");
    let (go_on, told) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = vec![0; 64 * 1024];
        let _ = stream.read(&mut request).await.expect("a request");
        let text = |text: &str| {
            format!("data: {{\"id\":\"gen-7\",\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"cost\":0.0042}}\n\n";
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = |events: String| format!("{:x}\r\n{events}\r\n", events.len());
        let first = [head.to_owned(), chunk(text("hello"))].concat();
        stream.write_all(first.as_bytes()).await.expect("it is open");
        told.await.expect("the test goes on");
        let second = chunk([usage.to_owned(), text(" again")].concat());
        stream.write_all(second.as_bytes()).await.expect("it is open");
        let _ = stream.read(&mut request).await;
    });
    (format!("http://{addr}/api/v1"), go_on)
}

#[tokio::test]
async fn usage_that_was_told_is_the_cost_though_the_client_has_gone() {
    let (upstream, go_on) = unending().await;
    let mut plane = Plane::with(Setup { upstream: Some(upstream), ..Setup::default() }).await;
    let mut client = plane.connect().await;
    client.send(plane.request(&ask("a/b", true))).await;
    client_body(&mut client, "hello").await;
    go_on.send(()).expect("the upstream listens");
    within("more text", client.chunks_until("again")).await;
    drop(client);
    let row = plane.settled().await;
    assert_eq!((row.status, row.generation_id.as_deref()), (Status::Cancelled, Some("gen-7")));
    assert_eq!((row.cost.amount, row.cost.source), (NanoUsd(4_200_000), CostSource::Upstream));
}
