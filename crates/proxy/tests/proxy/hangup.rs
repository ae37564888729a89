//! Clients that go away: the upstream hears of it, the row says so, nothing is left over.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use turnpike_ledger::{CostSource, Status};
use turnpike_sim::{Entry, Outcome};

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
