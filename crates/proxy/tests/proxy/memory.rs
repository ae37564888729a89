//! What is held in memory has a bound, whatever clients and upstreams send.
//!
//! Both sides of each connection are in this process; they hold a few kilobytes each.

use std::time::Duration;

use turnpike_ledger::Status;
use turnpike_proxy::Timing;

use crate::client::{Client, ask, head};
use crate::harness::{Plane, Setup, maps, within};
use crate::load::comes_to_rest;
use crate::upstream::{Endless, Held, STREAM, repeats};

const MIB: usize = 1 << 20;

/// A figure of the process, in bytes.
fn figure(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the figure");
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    kilobytes * 1024
}

/// What the process holds now; from here on its peak is counted anew.
fn from_here() -> usize {
    std::fs::write("/proc/self/clear_refs", "5").expect("a process may reset its own peak");
    figure("VmRSS:")
}

/// By how much the process has grown at its largest since then.
fn peak_over(before: usize) -> usize {
    figure("VmHWM:").saturating_sub(before)
}

async fn plane(upstream: String) -> Plane {
    // A busy machine takes its time to read 200 MiB on.
    let timing = Timing { discard_within: Duration::from_secs(60), ..Timing::default() };
    let plane = Plane::with(Setup { upstream: Some(upstream), timing, ..Setup::default() }).await;
    // What the first request needs once is no growth.
    assert_eq!(plane.post("/v1/messages", b"{}").await.status, 400);
    plane
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_kept() {
    let plane = plane("http://127.0.0.1:9/api/v1".to_owned()).await;
    let part = vec![b'x'; MIB];
    let before = from_here();
    for declared in [true, false] {
        let mut client = plane.connect().await;
        if declared {
            client.send(head("POST", "/v1/messages", Some(&plane.token), 200 * MIB)).await;
        } else {
            let head = head("POST", "/v1/messages", Some(&plane.token), 0);
            client.send(head.replace("content-length: 0", "transfer-encoding: chunked")).await;
        }
        for _ in 0..200 {
            if !declared {
                client.send(format!("{MIB:x}\r\n")).await;
            }
            client.send(&part).await;
            if !declared {
                client.send("\r\n").await;
            }
        }
        if !declared {
            client.send("0\r\n\r\n").await;
        }
        let (status, kind, _) = within("an answer", client.answer()).await.expect("a head came").error();
        assert_eq!((status, kind.as_str()), (413, "request_too_large"));
    }
    let grown = peak_over(before);
    assert!(grown <= 40 * MIB, "{grown} bytes for bodies of 200 MiB");
}

#[tokio::test]
async fn a_line_without_an_end_is_cut_at_eight_mebibytes() {
    // Sixty-four mebibytes of one line.
    let upstream = repeats(STREAM, vec![b'x'; MIB], 64).await;
    let plane = plane(upstream).await;
    let before = from_here();
    for stream in [true, false] {
        let (status, kind, message) = plane.ask("a/b", stream).await.error();
        assert_eq!((status, kind.as_str()), (502, "api_error"), "stream: {stream}: {message}");
        assert!(message.contains("longer than 8 MiB"), "{message}");
    }
    let grown = peak_over(before);
    assert!(grown <= 32 * MIB, "{grown} bytes");
    assert!(plane.rows().iter().all(|row| row.status == Status::Error));
}

#[tokio::test]
async fn a_long_answer_is_passed_on_and_not_kept() {
    let endless = Endless::start().await;
    let plane = plane(endless.url.clone()).await;
    let mut client = plane.connect().await;
    client.send(plane.request(&ask("a/b", true))).await;
    within("a head", client.head()).await.expect("a head came");
    let mut body = Vec::new();
    let mut before = 0;
    for mebibytes in [8, 40] {
        let mut read = 0;
        while read < mebibytes * MIB {
            body.clear();
            read += within("more", client.chunk(&mut body)).await.expect("the stream goes on");
        }
        if before == 0 {
            before = from_here();
        }
    }
    let grown = peak_over(before);
    assert!(grown <= 4 * MIB, "{grown} bytes while 40 MiB went by");
}

#[tokio::test]
async fn clients_that_stop_reading_hold_little_each() {
    const CLIENTS: usize = 32;
    let endless = Endless::start().await;
    let plane = plane(endless.url.clone()).await;
    let before = from_here();
    let mut stopped: Vec<Client> = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = plane.connect().await;
        client.send(plane.request(&ask("a/b", true))).await;
        within("a head", client.head()).await.expect("a head came");
        within("text", client.chunks_until("text_delta")).await;
        stopped.push(client);
    }
    // The upstream can send no more: however long the clients wait, nothing is added.
    within("the upstream to rest", comes_to_rest(&endless.sent)).await;
    // An upstream of HTTP/1.1 is read by up to 400 KiB at once, of which the events are made; one of HTTP/2 by less.
    let each = peak_over(before) / CLIENTS;
    assert!(each <= MIB, "{each} bytes for each client that does not read");
    assert_eq!(plane.proxy.live().len(), CLIENTS);
}

#[tokio::test]
async fn large_requests_are_held_in_a_few_copies_and_no_more() {
    const CLIENTS: usize = 200;
    let held = Held::start().await;
    let plane = plane(held.url.clone()).await;
    let mut body = ask("a/b", true);
    body["messages"][0]["content"] = "word ".repeat(30 * 1024).into();
    let request = plane.request(&body);
    assert!(request.len() > 150_000);
    let before = from_here();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = plane.connect().await;
        client.send(&request).await;
        clients.push(client);
    }
    let all_in = async {
        while plane.proxy.live().len() < CLIENTS {
            tokio::task::yield_now().await;
        }
    };
    within("all of them under way", all_in).await;
    let times = peak_over(before) / (CLIENTS * request.len());
    assert!(times < 5, "{times} times the bytes of {CLIENTS} requests");
    held.release.send(true).expect("the upstream listens");
    for client in &mut clients {
        assert_eq!(within("an answer", client.answer()).await.expect("a head came").said(), "word");
    }
    let rows = plane.rows();
    assert!(rows.len() == CLIENTS && rows.iter().all(|row| row.status == Status::Ok));
}

#[tokio::test]
async fn beyond_the_bound_of_all_bodies_requests_are_shed_and_those_under_way_go_on() {
    const CLIENTS: usize = 200;
    let held = Held::start().await;
    let mut config = maps(Vec::new());
    config.proxy.max_held_mib = Some(8);
    let plane = Plane::with(Setup { upstream: Some(held.url.clone()), config, ..Setup::default() }).await;
    let mut body = ask("a/b", true);
    body["messages"][0]["content"] = "word ".repeat(30 * 1024).into();
    let request = plane.request(&body);
    let room =
        8 * MIB / (request.len() - request.windows(4).position(|four| four == b"\r\n\r\n").unwrap() - 4);
    assert!((30..CLIENTS).contains(&room), "{room}");
    let mut clients = Vec::new();
    for index in 0..CLIENTS {
        let mut client = plane.connect().await;
        client.send(&request).await;
        if index < room {
            let under_way = async {
                while plane.proxy.live().len() <= index {
                    tokio::task::yield_now().await;
                }
            };
            within("it is under way", under_way).await;
            clients.push(client);
            continue;
        }
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!(answer.header("retry-after"), Some("2"));
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (529, "overloaded_error"), "{index}: {message}");
        assert!(message.contains("hold 8 MiB") && message.contains("max_held_mib"), "{message}");
    }
    held.release.send(true).expect("the upstream listens");
    for client in &mut clients {
        assert_eq!(within("an answer", client.answer()).await.expect("a head came").said(), "word");
    }
    let rows = plane.rows();
    assert!(rows.len() == room && rows.iter().all(|row| row.status == Status::Ok), "{}", rows.len());
    // What was held is given back.
    let mut client = plane.connect().await;
    client.send(&request).await;
    assert_eq!(within("an answer", client.answer()).await.expect("a head came").said(), "word");
}

#[tokio::test]
async fn a_body_larger_than_all_that_may_be_held_is_too_large_also_without_a_length() {
    let mut config = maps(Vec::new());
    config.proxy.max_held_mib = Some(1);
    let plane = Plane::with(Setup { config, ..Setup::default() }).await;
    let part = vec![b' '; MIB + 1];
    for declared in [true, false] {
        let mut client = plane.connect().await;
        let head = head("POST", "/v1/messages", Some(&plane.token), if declared { part.len() } else { 0 });
        if declared {
            client.send(head).await;
            client.send(&part).await;
        } else {
            client.send(head.replace("content-length: 0", "transfer-encoding: chunked")).await;
            client.send(format!("{:x}\r\n", part.len())).await;
            client.send(&part).await;
            client.send("\r\n0\r\n\r\n").await;
        }
        let (status, kind, message) =
            within("an answer", client.answer()).await.expect("a head came").error();
        assert_eq!((status, kind.as_str()), (413, "request_too_large"), "{message}");
        assert!(message.contains("1 MiB") && message.contains("max_held_mib"), "{message}");
    }
    // A configuration with more room is in force at once.
    plane.proxy.set_config(&maps(Vec::new()));
    let mut body = ask("sim/text", true);
    body["messages"][0]["content"] = "word ".repeat(300 * 1024).into();
    assert_eq!(plane.post("/v1/messages", body.to_string().as_bytes()).await.status, 200);
}
