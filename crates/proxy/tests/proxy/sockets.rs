//! HTTP as it should not be: what is read two ways is refused, what is slow or large is bounded.

use std::time::Duration;

use turnpike_proxy::Timing;
use turnpike_sim::words;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Answer, Client, ask, head};
use crate::harness::{Plane, Setup, within};

const MIB: usize = 1 << 20;

async fn raw(plane: &Plane, bytes: impl AsRef<[u8]>) -> Option<Answer> {
    let mut client: Client = plane.connect().await;
    client.send(bytes).await;
    within("an answer or the end", client.answer()).await.ok()
}

/// A request for text whose head holds these lines besides the usual ones, without a length.
fn post(plane: &Plane, version: &str, lines: &str, body: &str) -> String {
    format!(
        "POST /v1/messages {version}\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n{lines}\r\n{body}",
        plane.token
    )
}

/// Requests that two parsers could read differently.
fn of_two_readings(plane: &Plane) -> Vec<(&'static str, String)> {
    let body = ask("sim/text", false).to_string();
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    vec![
        (
            "two lengths",
            post(plane, "HTTP/1.1", &format!("content-length: {length}\r\ncontent-length: 3\r\n"), &body),
        ),
        ("a length with a sign", post(plane, "HTTP/1.1", &format!("content-length: +{length}\r\n"), &body)),
        ("a length list", post(plane, "HTTP/1.1", &format!("content-length: {length}, 3\r\n"), &body)),
        (
            "the same length twice",
            post(
                plane,
                "HTTP/1.1",
                &format!("content-length: {length}\r\ncontent-length: {length}\r\n"),
                &body,
            ),
        ),
        (
            "lines that end in LF alone",
            post(plane, "HTTP/1.1", &format!("content-length: {length}\r\n"), "").replace("\r\n", "\n")
                + &body,
        ),
        (
            "a line that ends in LF alone",
            post(plane, "HTTP/1.1", &format!("x: y\ncontent-length: {length}\r\n"), &body),
        ),
        ("an unknown coding", post(plane, "HTTP/1.1", "transfer-encoding: xchunked\r\n", &chunked)),
        ("chunked, not last", post(plane, "HTTP/1.1", "transfer-encoding: chunked, gzip\r\n", &chunked)),
        (
            "a folded line",
            post(plane, "HTTP/1.1", &format!("x: a\r\n b\r\ncontent-length: {length}\r\n"), &body),
        ),
        ("a NUL", post(plane, "HTTP/1.1", &format!("x: a\0b\r\ncontent-length: {length}\r\n"), &body)),
        ("space before a colon", post(plane, "HTTP/1.1", &format!("content-length : {length}\r\n"), &body)),
        (
            "a chunk size that is none",
            post(plane, "HTTP/1.1", "transfer-encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n"),
        ),
        (
            "a chunk size beyond numbers",
            post(
                plane,
                "HTTP/1.1",
                "transfer-encoding: chunked\r\n",
                "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            ),
        ),
        ("chunks in HTTP/1.0", post(plane, "HTTP/1.0", "transfer-encoding: chunked\r\n", &chunked)),
        ("another version", post(plane, "HTTP/3.0", &format!("content-length: {length}\r\n"), &body)),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned()),
    ]
}

#[tokio::test]
async fn what_two_parsers_could_read_differently_goes_nowhere() {
    let plane = Plane::start().await;
    for (label, request) in of_two_readings(&plane) {
        let mut client = plane.connect().await;
        client.send(request).await;
        let answer = within(label, client.answer()).await;
        if let Ok(answer) = &answer {
            assert!((400..500).contains(&answer.status), "{label}: {}", answer.status);
            assert!(answer.error().2.ends_with('.'), "{label}: in words");
        }
        assert!(within(label, client.is_closed()).await, "{label}: the connection goes on");
    }
    assert!(plane.upstream_requests().is_empty(), "{:#?}", plane.upstream_requests());
    assert!(plane.rows().is_empty());
}

#[tokio::test]
async fn a_length_beside_chunks_is_refused_and_what_follows_is_no_request() {
    let plane = Plane::start().await;
    let body = ask("sim/text", false).to_string();
    let hidden = post(&plane, "HTTP/1.1", &format!("content-length: {}\r\n", body.len()), &body);
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for lines in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        for before in [0, 2] {
            let mut client = plane.connect().await;
            for _ in 0..before {
                client.send(&hidden).await;
                assert_eq!(
                    within("an answer", client.answer()).await.expect("a head came").said(),
                    words(12)
                );
            }
            let requests = plane.upstream_requests().len();
            client.send([post(&plane, "HTTP/1.1", lines, &chunked), hidden.clone()].concat()).await;
            let answer = within("an answer", client.answer()).await.expect("a head came");
            assert_eq!((answer.status, answer.error().1.as_str()), (400, "invalid_request_error"));
            assert!(within("the end", client.is_closed()).await, "what follows is not read as a request");
            assert_eq!(plane.upstream_requests().len(), requests);
        }
    }
    // Chunks alone are read, also where the request before was refused without its body.
    let mut client = plane.connect().await;
    client.send(head("POST", "/v1/messages", Some("wrong"), 6)).await;
    assert_eq!(within("an answer", client.answer()).await.expect("a head came").status, 401);
    let mut client = plane.connect().await;
    for number in 0..3 {
        client.send(post(&plane, "HTTP/1.1", "transfer-encoding: chunked\r\n", &chunked)).await;
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!(answer.said(), words(12), "request {number}");
    }
}

#[tokio::test]
async fn who_speaks_http_2_at_once_is_told_in_it_that_http_1_is_spoken() {
    let plane = Plane::start().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    // Settings, and the request for `/`.
    let rest = b"\0\0\0\x04\0\0\0\0\0\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x84\x41\x09127.0.0.1";
    for split in [preface.len(), 10, 16, preface.len() + 9] {
        let bytes = [&preface[..], &rest[..]].concat();
        let (first, second) = bytes.split_at(split);
        let mut stream = tokio::net::TcpStream::connect(plane.addr).await.expect("the data plane listens");
        stream.write_all(first).await.expect("it is open");
        // It may have been answered by now.
        let _ = stream.write_all(second).await;
        let mut told = Vec::new();
        let _ = within("the end", stream.read_to_end(&mut told)).await;
        let frames = frames(&told);
        let kinds: Vec<u8> = frames.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [4, 1, 0, 7], "{split}: settings, the head, the body, the farewell: {told:?}");
        assert!(frames[1].1.starts_with(b"\x08\x03505"), "{split}: {frames:?}");
        let error: serde_json::Value = serde_json::from_slice(&frames[2].1).expect("JSON");
        assert!(error["error"]["message"].as_str().expect("words").contains("HTTP/1.1"), "{error}");
        assert_eq!(frames[3].1.get(4..8), Some(&[0, 0, 0, 13][..]), "{split}: HTTP_1_1_REQUIRED");
    }
}

/// Frames of HTTP/2: kind and payload.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((&[_, high, low, kind, ..], rest)) = bytes.split_first_chunk::<9>() {
        let (payload, rest) = rest.split_at(usize::from(u16::from_be_bytes([high, low])));
        frames.push((kind, payload.to_vec()));
        bytes = rest;
    }
    frames
}

#[tokio::test]
async fn this_is_no_forward_proxy() {
    let plane = Plane::start().await;
    for line in [
        "CONNECT openrouter.ai:443 HTTP/1.1",
        "GET http://openrouter.ai/v1/models HTTP/1.1",
        "GET http://127.0.0.1/v1/models HTTP/1.1",
    ] {
        let request = format!("{line}\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\r\n", plane.token);
        let answer = raw(&plane, request).await.expect("an answer");
        assert_eq!(answer.status, 405, "{line}");
    }
}

#[tokio::test]
async fn old_and_eager_clients_are_served() {
    let plane = Plane::start().await;
    let body = ask("sim/text", true).to_string();
    let length = format!("content-length: {}\r\n", body.len());
    let old = raw(&plane, post(&plane, "HTTP/1.0", &length, &body)).await.expect("an answer");
    assert_eq!((old.status, old.said()), (200, words(12)), "HTTP/1.0: the body ends with the connection");

    let mut pipelining = plane.connect().await;
    let request = post(&plane, "HTTP/1.1", &length, &body);
    pipelining.send([request.as_str(), &request, &request].concat()).await;
    for number in 0..3 {
        let answer = within("an answer", pipelining.answer()).await.expect("a head came");
        assert_eq!((answer.status, answer.said()), (200, words(12)), "pipelined request {number}");
    }

    let mut polite = plane.connect().await;
    polite.send(post(&plane, "HTTP/1.1", &format!("{length}expect: 100-continue\r\n"), "")).await;
    assert_eq!(within("an interim answer", polite.head()).await.expect("a head came").status, 100);
    polite.send(&body).await;
    assert_eq!(within("an answer", polite.answer()).await.expect("a head came").said(), words(12));
    assert_eq!(plane.rows().len(), 5);
}

#[tokio::test]
async fn heads_are_bounded_in_number_size_and_time() {
    let timing = Timing { head_within: Duration::from_millis(300), ..Timing::default() };
    let plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    let lines = |count: usize| (0..count).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let many = raw(&plane, format!("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n{}\r\n", lines(120))).await;
    let (status, kind, message) = many.expect("an answer").error();
    assert_eq!((status, kind.as_str()), (431, "invalid_request_error"));
    assert!(message.contains("100 header fields"), "{message}");
    let some = raw(&plane, format!("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n{}\r\n", lines(90))).await;
    assert_eq!(some.expect("an answer").status, 200);
    let large = format!("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx: {}\r\n\r\n", "y".repeat(80 * 1024));
    assert_eq!(raw(&plane, large).await.expect("an answer").status, 431);
    let long = format!("GET /{} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", "y".repeat(70 * 1024));
    assert!([414, 431].contains(&raw(&plane, long).await.expect("an answer").status));

    let mut slow = plane.connect().await;
    slow.send("GET /health HTTP/1.1\r\nhost: 127").await;
    let late = within("an answer", slow.answer()).await.expect("half a head is told that it took too long");
    assert_eq!((late.status, late.error().1.as_str()), (408, "invalid_request_error"));
    assert!(within("the end", slow.is_closed()).await, "half a head is not waited for");
    let mut silent = plane.connect().await;
    assert!(
        within("the end", silent.answer()).await.is_err(),
        "nor is one that does not begin, without a word"
    );
    let mut idle = plane.connect().await;
    idle.send("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await;
    assert_eq!(within("an answer", idle.answer()).await.expect("a head came").status, 200);
    assert!(within("the end", idle.answer()).await.is_err(), "nor is the next one, without a word");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_not_waited_for() {
    let timing = Timing { body_idle: Duration::from_millis(200), ..Timing::default() };
    let plane = Plane::with(Setup { timing, ..Setup::default() }).await;
    let mut client = plane.connect().await;
    client.send(post(&plane, "HTTP/1.1", "content-length: 100\r\n", "{\"model\":")).await;
    let answer = within("an answer", client.answer()).await.expect("a head came");
    assert_eq!((answer.status, answer.error().1.as_str()), (408, "invalid_request_error"));
    assert!(within("the end", client.is_closed()).await);
    assert!(plane.rows().is_empty());
}

/// A good request of exactly that many bytes.
fn of_size(size: usize) -> String {
    let empty = ask("sim/text", false).to_string();
    let padding = "x".repeat(size - empty.len() - r#","pad":"""#.len());
    empty.replacen('{', &format!(r#"{{"pad":"{padding}","#), 1)
}

#[tokio::test]
async fn bodies_up_to_32_mib_pass() {
    let plane = Plane::start().await;
    for size in [5 * MIB / 2, 32 * MIB] {
        let body = of_size(size);
        assert_eq!(body.len(), size);
        let answer = plane.post("/v1/messages", body.as_bytes()).await;
        assert_eq!((answer.status, answer.said()), (200, words(12)), "{size} bytes");
    }
}

#[tokio::test]
async fn larger_bodies_are_refused_in_words_that_arrive() {
    let plane = Plane::start().await;
    let body = of_size(33 * MIB);
    let declared = plane.post("/v1/messages", body.as_bytes()).await;
    assert_eq!(declared.error().1, "request_too_large");
    assert_eq!((declared.status, declared.header("connection")), (413, Some("close")));

    let mut client = plane.connect().await;
    client.send(post(&plane, "HTTP/1.1", "transfer-encoding: chunked\r\n", "")).await;
    for chunk in body.as_bytes().chunks(MIB) {
        client.send(format!("{:x}\r\n", chunk.len())).await;
        client.send(chunk).await;
        client.send("\r\n").await;
    }
    client.send("0\r\n\r\n").await;
    let chunked = within("an answer", client.answer()).await.expect("a head came");
    assert_eq!((chunked.status, chunked.error().1.as_str()), (413, "request_too_large"));

    let mut polite = plane.connect().await;
    let lines = format!("content-length: {}\r\nexpect: 100-continue\r\n", body.len());
    polite.send(post(&plane, "HTTP/1.1", &lines, "")).await;
    let asked = within("an answer", polite.answer()).await.expect("a head came");
    assert_eq!(asked.status, 413, "who asks first need not send it");
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn the_guard_does_not_wait_for_a_body() {
    let plane = Plane::start().await;
    let mut client = plane.connect().await;
    client.send(head("POST", "/v1/messages", Some("wrong"), 1000)).await;
    assert_eq!(within("an answer", client.answer()).await.expect("a head came").status, 401);
}
