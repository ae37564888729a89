//! Clients with tokens of their own at the data plane.

use serde_json::{Value, json};
use turnpike_settings::ClientToken;
use turnpike_settings::config::{Client as Entry, Config};

use crate::client::{Answer, Client, ask, head};
use crate::harness::{Plane, map, maps, within};

fn entry(token: &ClientToken, models: Option<&[&str]>) -> Entry {
    let models = models.map(|models| models.iter().map(|model| (*model).to_owned()).collect());
    Entry { token_sha256: Some(token.hash.to_hex()), models, ..Entry::named("ci") }
}

fn with(entries: Vec<Entry>) -> Config {
    let maps = maps(vec![
        map("fast", &["sim/text", "anthropic/claude-sonnet-4.6"]),
        map("dear", &["openai/gpt-5.6-sol"]),
    ]);
    Config { clients: entries, ..maps }
}

async fn send(plane: &Plane, token: &ClientToken, path: &str, body: &Value) -> Answer {
    let mut client: Client = plane.connect().await;
    let body = body.to_string();
    client.send(head("POST", path, Some(token.secret.expose()), body.len())).await;
    client.send(body).await;
    within("an answer", client.answer()).await.expect("a head came")
}

#[tokio::test]
async fn a_client_uses_what_it_may_and_is_told_what_that_is() {
    let token = ClientToken::generate().unwrap();
    let plane = Plane::mapped(with(vec![entry(&token, Some(&["sim/*"]))])).await;
    for model in ["sim/text", "fast"] {
        assert_eq!(send(&plane, &token, "/v1/messages", &ask(model, true)).await.status, 200, "{model}");
    }
    let rows = plane.rows();
    assert!(rows.iter().all(|row| row.client.as_deref() == Some("ci")), "{rows:#?}");
    let sent = plane.upstream_requests().len();
    for (path, kind) in [("/v1/messages", "permission_error"), ("/v1/chat/completions", "403")] {
        let answer = send(&plane, &token, path, &ask("dear", false)).await;
        assert_eq!(answer.status, 403, "{kind}");
        assert!(
            answer.text().contains("may not use openai/gpt-5.6-sol. It may use: sim/*"),
            "{}",
            answer.text()
        );
    }
    let mut smuggled = ask("sim/text", false);
    smuggled["models"] = json!(["openai/gpt-5.6-sol"]);
    let answer = send(&plane, &token, "/v1/chat/completions", &smuggled).await;
    assert!(answer.status == 403 && answer.text().contains("`models`, which leads to other models"));
    assert_eq!(plane.upstream_requests().len(), sent, "nothing is sent for what is refused");

    let listed = plane.call("GET", "/v1/models", Some(token.secret.expose())).await.text();
    assert!(listed.contains("\"fast\"") && !listed.contains("dear") && !listed.contains("sol"), "{listed}");
    let all = plane.call("GET", "/v1/models", Some(&plane.token)).await.text();
    assert!(all.contains("\"dear\""), "{all}");
    let one = plane.call("GET", "/v1/models/dear", Some(token.secret.expose())).await;
    assert_eq!(one.status, 404);
    let forbidden = plane.call("GET", "/v1/models/openai/gpt-5.6-sol", Some(token.secret.expose())).await;
    assert_eq!(forbidden.status, 404, "what it may not use is not there for it");
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let token = ClientToken::generate().unwrap();
    let limited = Entry { requests_per_hour: Some(2), ..entry(&token, None) };
    let plane = Plane::mapped(with(vec![limited])).await;
    for _ in 0..2 {
        assert_eq!(send(&plane, &token, "/v1/messages", &ask("sim/text", false)).await.status, 200);
    }
    let answer = send(&plane, &token, "/v1/messages", &ask("sim/text", false)).await;
    let (status, kind, message) = answer.error();
    assert_eq!((status, kind.as_str()), (429, "rate_limit_error"));
    assert!(message.starts_with("Client `ci` may make 2 requests an hour."), "{message}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_660).contains(&wait), "{wait}");
    assert_eq!(answer.header("x-should-retry"), Some("false"), "that is too long to wait unseen");
    assert_eq!(plane.rows().len(), 2, "it was not accepted");
    assert_eq!(plane.ask("sim/text", false).await.status, 200, "nobody else is refused");
}

#[tokio::test]
async fn revoking_ends_what_runs_and_frees_its_place() {
    let token = ClientToken::generate().unwrap();
    let limited = Entry { parallel_streams: Some(1), ..entry(&token, None) };
    let mut plane = Plane::mapped(with(vec![limited.clone()])).await;
    let mut running = plane.connect().await;
    let body = ask("sim/text+words=3000+delay=20ms", true).to_string();
    running.send(head("POST", "/v1/messages", Some(token.secret.expose()), body.len())).await;
    running.send(body).await;
    let mut answer = within("a head", running.head()).await.expect("a head came");
    assert_eq!(answer.status, 200);
    let second = send(&plane, &token, "/v1/messages", &ask("sim/text", true)).await;
    let (status, _, message) = second.error();
    assert_eq!(status, 429);
    assert!(message.starts_with("Client `ci` may have one request under way at once."), "{message}");

    plane.proxy.set_config(&with(Vec::new()));
    within("the end", running.body(&mut answer)).await.expect("it ended as a stream does");
    assert!(answer.text().contains("authentication_error"), "{}", answer.text());
    assert!(answer.text().contains("was revoked"), "{}", answer.text());
    assert_eq!(plane.settled().await.status.as_str(), "cancelled");
    let refused = send(&plane, &token, "/v1/messages", &ask("sim/text", true)).await;
    assert_eq!(refused.status, 401);

    plane.proxy.set_config(&with(vec![limited]));
    assert_eq!(send(&plane, &token, "/v1/messages", &ask("sim/text", true)).await.status, 200);
}
