//! Who is let in: Host and Origin, then the token, before anything else.

use crate::client::{Answer, Client, ask};
use crate::harness::{Plane, within};

/// Sends raw bytes on a fresh connection; the answer, unless the connection just closes.
async fn raw(plane: &Plane, bytes: impl AsRef<[u8]>) -> Option<Answer> {
    let mut client: Client = plane.connect().await;
    client.send(bytes).await;
    within("an answer or the end", client.answer()).await.ok()
}

/// A request for the models with these header lines and nothing besides.
fn get(lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET /v1/models HTTP/1.1\r\n{lines}\r\n")
}

fn no_cors(answer: &Answer) -> bool {
    !answer.headers.iter().any(|(name, _)| name.starts_with("access-control-"))
}

#[tokio::test]
async fn the_host_must_be_this_machine() {
    let plane = Plane::start().await;
    let token = format!("authorization: Bearer {}", plane.token);
    let port = plane.addr.port();
    for (lines, status) in [
        (vec!["host: 127.0.0.1".to_owned()], 200),
        (vec![format!("host: 127.0.0.1:{port}")], 200),
        (vec![format!("Host: localhost:{port}")], 200),
        (vec![format!("host: [::1]:{port}")], 200),
        (vec![], 400),
        (vec!["host: ".to_owned()], 400),
        (vec!["host: 127.0.0.1".to_owned(), "host: 127.0.0.1".to_owned()], 400),
        (vec!["host: 127.0.0.1".to_owned(), "host: evil.example".to_owned()], 400),
        (vec!["host: evil.example".to_owned()], 403),
        (vec![format!("host: evil.example:{port}")], 403),
        (vec!["host: localhost.evil.example".to_owned()], 403),
        (vec!["host: localhost.".to_owned()], 403),
        (vec!["host: 127.0.0.1.".to_owned()], 403),
        (vec!["host: user@127.0.0.1".to_owned()], 400),
        (vec!["host: 127.0.0.1/x".to_owned()], 400),
        (vec!["host: 127.0.0.1?x".to_owned()], 400),
        (vec!["host: 127.0.0.1#x".to_owned()], 400),
        (vec!["host: 127.0.0.1, evil.example".to_owned()], 400),
        (vec!["host: 127.0.0.1:".to_owned()], 400),
        (vec!["host: 127.0.0.1:x".to_owned()], 400),
        (vec!["host: 127.0.0.1:65536".to_owned()], 400),
        (vec!["host: 0.0.0.0".to_owned()], 403),
        (vec!["host: 2130706433".to_owned()], 403),
        (vec!["host: [::]".to_owned()], 403),
    ] {
        let with_token = [lines.clone(), vec![token.clone()]].concat();
        let answer = raw(&plane, get(&with_token)).await.expect("an answer");
        assert_eq!(answer.status, status, "{lines:?}");
        let without = raw(&plane, get(&lines)).await.expect("an answer");
        assert_eq!(without.status, if status == 200 { 401 } else { status }, "{lines:?} without a token");
        assert!(no_cors(&answer) && no_cors(&without), "{lines:?}");
    }
}

#[tokio::test]
async fn web_pages_are_refused_on_every_path() {
    let plane = Plane::start().await;
    let own = format!("http://127.0.0.1:{}", plane.addr.port());
    for (origin, status) in [
        ("https://evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("http://localhost", 403),
        ("null", 403),
        ("file://", 403),
        ("", 403),
        (own.as_str(), 0),
    ] {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/health"),
            ("GET", "/v1/models"),
            ("POST", "/v1/messages"),
            ("HEAD", "/"),
            ("OPTIONS", "/v1/messages"),
            ("DELETE", "/nowhere"),
        ] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\norigin: {origin}\r\nauthorization: Bearer {}\r\n\
                 access-control-request-method: POST\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                plane.addr.port(),
                plane.token
            );
            let mut client = plane.connect().await;
            client.send(request).await;
            let answer = within("a head", client.head()).await.expect("a head came");
            assert!(no_cors(&answer), "{origin} {method} {path}");
            if status == 403 {
                assert_eq!(answer.status, 403, "{origin} {method} {path}");
            } else {
                assert_ne!(answer.status, 403, "{origin} {method} {path}");
            }
        }
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn nothing_happens_without_the_token() {
    let plane = Plane::start().await;
    let body = ask("sim/text", true).to_string();
    let (short, long) = (&plane.token[1..], format!("{}x", plane.token));
    for (label, line, says) in [
        ("none", String::new(), "turnpike token"),
        ("wrong", "authorization: Bearer wrong\r\n".to_owned(), "is wrong"),
        ("too short", format!("authorization: Bearer {short}\r\n"), "is wrong"),
        ("too long", format!("authorization: Bearer {long}\r\n"), "is wrong"),
        ("another scheme", format!("authorization: Basic {}\r\n", plane.token), "is missing"),
        ("no scheme", format!("authorization: {}\r\n", plane.token), "is missing"),
        ("a login", "authorization: Bearer sk-ant-oat01-abc\r\n".to_owned(), "Claude login"),
        (
            "a login beside",
            "x-api-key: sk-ant-api03-abc\r\nauthorization: Bearer y\r\n".to_owned(),
            "Claude login",
        ),
        ("in a cookie", format!("cookie: token={}\r\n", plane.token), "is missing"),
    ] {
        let request = format!(
            "POST /v1/messages?token={} HTTP/1.1\r\nhost: 127.0.0.1\r\n{line}content-length: {}\r\n\r\n{body}",
            plane.token,
            body.len()
        );
        let answer = raw(&plane, request).await.expect("an answer");
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (401, "authentication_error"), "{label}");
        assert!(message.contains(says) && message.contains("turnpike"), "{label}: {message}");
        assert_eq!(answer.header("x-should-retry"), Some("false"), "{label}");
        assert!(!answer.text().contains("sk-ant-o") && !answer.text().contains(&plane.token), "{label}");
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn one_right_credential_is_enough() {
    let plane = Plane::start().await;
    for line in [
        format!("authorization: Bearer {}", plane.token),
        format!("authorization: bearer  {}", plane.token),
        format!("x-api-key: {}", plane.token),
        format!("x-api-key: sk-ant-api03-x\r\nauthorization: Bearer {}", plane.token),
        format!("x-api-key: {}\r\nauthorization: Bearer sk-ant-oat01-x", plane.token),
    ] {
        let answer =
            raw(&plane, get(&["host: 127.0.0.1".to_owned(), line.clone()])).await.expect("an answer");
        assert_eq!(answer.status, 200, "{line}");
    }
}

#[tokio::test]
async fn credentials_of_the_client_never_travel_on() {
    let plane =
        Plane::mapped(crate::harness::maps(vec![crate::harness::native("mine", &["sim/text"])])).await;
    for model in ["sim/text", "mine"] {
        let body = ask(model, false).to_string();
        let request = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: sk-ant-secret\r\nauthorization: Bearer {}\r\n\
             anthropic-beta: some-beta\r\nanthropic-beta: another\r\ncookie: a=b\r\nx-claude-code-session-id: s1\r\ncontent-length: {}\r\n\r\n{body}",
            plane.token,
            body.len()
        );
        assert_eq!(raw(&plane, request).await.expect("an answer").status, 200);
    }
    let entries = plane.upstream_requests();
    for entry in &entries {
        let text = format!("{entry:?}");
        assert!(!text.contains("sk-ant-secret") && !text.contains(&plane.token), "{text}");
        assert!(!entry.headers.iter().any(|(name, _)| name == "x-api-key" || name == "cookie"), "{text}");
    }
    let betas = |at: usize| {
        let lines = entries[at].headers.iter().filter(|(name, _)| name == "anthropic-beta");
        lines.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert!(betas(0).is_empty(), "betas go to the Messages endpoint only");
    assert_eq!(betas(1), ["some-beta", "another"]);
}

#[tokio::test]
async fn what_a_page_can_post_without_asking_is_refused() {
    let plane = Plane::start().await;
    let body = ask("sim/text", true).to_string();
    let post = |kind: &str, lines: &str| {
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\n{lines}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        for (lines, status, says) in [
            ("", 401, "authentication_error"),
            ("cookie: token=x\r\n", 401, "authentication_error"),
            ("origin: https://evil.example\r\n", 403, "permission_error"),
        ] {
            let answer = raw(&plane, post(kind, lines)).await.expect("an answer");
            assert_eq!((answer.status, answer.error().1.as_str()), (status, says), "{kind} {lines}");
            assert!(no_cors(&answer), "{kind} {lines}");
        }
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn a_token_in_the_address_lets_nobody_in() {
    let plane = Plane::start().await;
    for name in ["token", "key", "api_key", "x-api-key", "access_token", "authorization"] {
        for path in ["/v1/models", "/v1/messages", "/api/oauth/usage"] {
            let answer = plane.call("GET", &format!("{path}?{name}={}", plane.token), None).await;
            assert_eq!(answer.status, 401, "{path} {name}");
            assert!(!answer.text().contains(&plane.token), "{path} {name}");
        }
    }
    assert!(plane.rows().is_empty());
}
