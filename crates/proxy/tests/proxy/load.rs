//! Many requests: one connection for one at a time, no buffer that grows, none that is forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use turnpike_ledger::Status;
use turnpike_sim::words;

use crate::client::{Client, ask};
use crate::harness::{Plane, Setup, within};
use crate::upstream::{Endless, Held};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_in_a_row_share_a_connection() {
    let plane = Plane::start().await;
    let mut client = plane.connect().await;
    for number in 0..1_000 {
        client.send(plane.request(&ask("sim/text+words=3", number % 2 == 0))).await;
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!((answer.status, answer.said()), (200, words(3)), "request {number}");
    }
    let used: Vec<usize> = plane
        .sim
        .connections()
        .iter()
        .map(|c| usize::try_from(c.requests).expect("a count"))
        .filter(|n| *n > 0)
        .collect();
    // Now and then the next request comes before its predecessor's connection is back in the pool.
    assert!(used.len() <= 3 && used.iter().sum::<usize>() == 1_000, "{used:?}");
    assert_eq!(plane.rows().len(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_streams_at_once_complete() {
    let plane = Arc::new(Plane::start().await);
    let mut clients = JoinSet::new();
    for _ in 0..200 {
        let plane = Arc::clone(&plane);
        clients.spawn(async move { plane.ask("sim/text+words=50+delay=10ms", true).await });
    }
    while let Some(answer) = clients.join_next().await {
        let answer = answer.expect("it did not panic");
        assert_eq!((answer.said(), answer.last().0.as_str()), (words(50), "message_stop"));
    }
    let rows = plane.rows();
    assert!(rows.len() == 200 && rows.iter().all(|row| row.status == Status::Ok));
    assert!(plane.proxy.live().is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_at_once_are_served_and_one_more_is_asked_to_come_back() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const MOST: usize = 2_048;
    let limits = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits })
        .expect("as many files as may be");
    let held = Held::start().await;
    let plane = Plane::with(Setup { upstream: Some(held.url.clone()), ..Setup::default() }).await;
    let mut clients = Vec::new();
    for _ in 0..MOST {
        let mut client = plane.connect().await;
        client.send(plane.request(&ask("a/b", clients.len() % 2 == 0))).await;
        clients.push(client);
    }
    let all_in = async {
        while plane.proxy.live().len() < MOST {
            tokio::task::yield_now().await;
        }
    };
    within("all of them under way", all_in).await;
    let refused = plane.ask("a/b", true).await;
    assert_eq!((refused.error().0, refused.error().1.as_str()), (529, "overloaded_error"));
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(plane.call("GET", "/v1/models", Some(&plane.token)).await.status, 200, "all else is answered");
    held.release.send(true).expect("the upstream listens");
    for client in &mut clients {
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!((answer.status, answer.said().as_str(), answer.broken), (200, "word", None));
    }
    let rows = plane.rows();
    assert!(rows.len() == MOST && rows.iter().all(|row| row.status == Status::Ok));
    assert_eq!(plane.ask("a/b", true).await.said(), "word", "there is room again");
}

#[cfg(unix)]
#[tokio::test]
async fn without_file_descriptors_the_listener_waits_and_recovers() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let plane = Plane::start().await;
    assert_eq!(plane.ask("sim/text", true).await.status, 200);
    let usual = getrlimit(Resource::Nofile);
    let open = std::fs::read_dir("/proc/self/fd").map_or(64, Iterator::count) as u64;
    let scarce = rustix::process::Rlimit { current: Some(open + 24), maximum: usual.maximum };
    setrlimit(Resource::Nofile, scarce).expect("a lower limit");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect(plane.addr).await {
        waiting.push(stream);
    }
    assert!((8..=24).contains(&waiting.len()), "{} clients found room", waiting.len());
    drop(waiting);
    let answer = plane.ask("sim/text", true).await;
    assert_eq!((answer.status, answer.said()), (200, words(12)), "with room again");
    setrlimit(Resource::Nofile, usual).expect("the usual limit");
}

/// Waits until the count does not grow any more.
pub(crate) async fn comes_to_rest(count: &AtomicU64) -> u64 {
    let mut every = tokio::time::interval(Duration::from_millis(300));
    let mut last = u64::MAX;
    loop {
        every.tick().await;
        let now = count.load(Ordering::Relaxed);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_stops_the_upstream() {
    let Endless { url, sent } = Endless::start().await;
    let upstream = Some(url);
    let plane = Plane::with(Setup { upstream, ..Setup::default() }).await;
    let mut client: Client = plane.connect().await;
    client.send(plane.request(&ask("a/b", true))).await;
    within("text", async {
        client.head().await.expect("a head came");
        client.chunks_until("text_delta").await
    })
    .await;
    let rest = within("the upstream to rest", comes_to_rest(&sent)).await;
    // What has left the upstream stands in the system's socket buffers, of which there are four.
    assert!(rest < 64 * 1024 * 1024, "{rest} bytes are somewhere");
    let goal = rest + 8 * 1024 * 1024;
    within("the upstream to go on", async {
        let mut body = Vec::new();
        while sent.load(Ordering::Relaxed) < goal {
            body.clear();
            client.chunk(&mut body).await.expect("the stream goes on");
        }
    })
    .await;
}
