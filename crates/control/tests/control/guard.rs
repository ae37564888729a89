//! Who may ask the control plane.

use turnpike_api::ControlFile;
use turnpike_api::proof::{Challenge, Proof};

use crate::support::{Answer, World, end};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Refused with that status, in JSON, and with no header that would let a page read it.
fn assert_refused(name: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{name}: {answer:?}");
    let body: serde_json::Value =
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{name}: {answer:?}"));
    assert_eq!(body["code"], code, "{name}");
    assert!(body["message"].as_str().is_some_and(|message| message.len() > 20), "{name}: a sentence");
    assert!(!answer.head.contains("access-control"), "{name}: {}", answer.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_or_origin_is_refused_before_the_bearer_is_looked_at() {
    let world = World::new();
    let service = world.start().await;
    let ControlFile { address, secret, .. } = world.control_file();
    let bearer = format!("Bearer {}", secret.expose());
    let own_page = format!("http://{address}");
    let rows: [(&str, Vec<(&str, &str)>); 7] = [
        ("no host", vec![]),
        ("a rebound name", vec![("host", "evil.example")]),
        ("two hosts", vec![("host", &address), ("host", "evil.example")]),
        ("another port", vec![("host", "127.0.0.1:1")]),
        ("a foreign page", vec![("host", &address), ("origin", "https://evil.example")]),
        ("a page that hides its origin", vec![("host", &address), ("origin", "null")]),
        ("a page of another local port", vec![("host", &address), ("origin", "http://127.0.0.1:3000")]),
    ];
    for (name, mut headers) in rows {
        headers.extend([("authorization", bearer.as_str()), JSON]);
        for line in ["POST /api/status", "POST /proof", "GET /events", "GET /health", "OPTIONS /api/status"] {
            let answer = world.ask(line, &headers, "{}").await;
            if answer.body.is_empty() && answer.status == 400 {
                continue; // hyper itself refuses a request without a host, before us
            }
            assert_refused(&format!("{name}, {line}"), &answer, 403, "forbidden");
        }
    }
    let own = [("host", address.as_str()), ("origin", &own_page), ("authorization", &bearer), JSON];
    assert_eq!(world.ask("POST /api/status", &own, "{}").await.status, 200);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_bearer_nothing_is_told_or_done() {
    let world = World::new();
    let service = world.start().await;
    let ControlFile { address, .. } = world.control_file();
    let local_token = service.token().secret().expose().to_owned();
    let shown = [
        ("none", None),
        ("wrong", Some("Bearer wrong".to_owned())),
        ("the data plane's token", Some(format!("Bearer {local_token}"))),
        ("another scheme", Some("Basic eDp5".to_owned())),
    ];
    for (name, authorization) in shown {
        let mut headers = vec![("host", address.as_str()), JSON];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        for line in
            ["POST /api/status", "POST /api/stop", "POST /api/token", "POST /api/no-such", "GET /events"]
        {
            let answer = world.ask(line, &headers, "not even JSON").await;
            assert_refused(&format!("{name}, {line}"), &answer, 401, "unauthorized");
            assert!(!answer.body.contains(&local_token));
        }
    }
    assert_eq!(world.status().await.state, turnpike_api::command::ProxyState::Running, "nothing was stopped");
    let health = world.ask("GET /health", &[("host", &address)], "").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"healthy"}"#));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_service_itself_proves_itself() {
    let world = World::new();
    let service = world.start().await;
    let ControlFile { address, secret, .. } = world.control_file();
    let headers = [("host", address.as_str()), JSON];
    let challenge = Challenge::new().expect("random numbers");
    let asked = serde_json::to_string(&challenge).expect("JSON");
    let answer = world.ask("POST /proof", &headers, &asked).await;
    let proof: Proof = serde_json::from_str(&answer.body).expect("a proof");
    assert!(challenge.is_answered_by(&proof, secret.expose(), &address));
    assert!(!challenge.is_answered_by(&proof, "another secret", &address));
    assert!(!answer.body.contains(secret.expose()));
    let answer = world.ask("POST /proof", &headers, "no challenge").await;
    assert_refused("no challenge", &answer, 400, "invalid");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_is_answered_in_json() {
    let world = World::new();
    let service = world.start().await;
    let ControlFile { address, secret, .. } = world.control_file();
    let bearer = format!("Bearer {}", secret.expose());
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024));
    let rows = [
        ("an unknown command", "POST /api/dance", JSON, "{}", 404, "not_found"),
        ("an unknown path", "POST /elsewhere", JSON, "{}", 404, "not_found"),
        ("a wrong body", "POST /api/request.cancel", JSON, "{\"id\":\"x\"}", 400, "invalid"),
        ("no JSON", "POST /api/status", JSON, "{", 400, "invalid"),
        ("a form", "POST /api/stop", ("content-type", "text/plain"), "{}", 400, "invalid"),
        ("too large", "POST /api/status", JSON, &large, 413, "too_large"),
        ("a wrong method", "GET /api/status", JSON, "", 405, "invalid"),
    ];
    for (name, line, kind, body, status, code) in rows {
        let headers = [("host", address.as_str()), ("authorization", &bearer), kind];
        assert_refused(name, &world.ask(line, &headers, body).await, status, code);
    }
    end(service).await;
}
