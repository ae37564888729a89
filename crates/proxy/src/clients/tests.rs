use turnpike_routing::{Mode, Reason};
use turnpike_settings::ClientToken;
use turnpike_settings::config;

use super::*;

fn entry(name: &str, token: Option<&ClientToken>, models: Option<&[&str]>) -> config::Client {
    config::Client {
        token_sha256: token.map(|token| token.hash.to_hex()),
        models: models.map(|models| models.iter().map(|model| (*model).to_owned()).collect()),
        ..config::Client::named(name)
    }
}

fn clients(entries: Vec<config::Client>, before: &Clients) -> Clients {
    Clients::of(&Config { clients: entries, ..Config::default() }, before)
}

fn plan(slugs: &[&str]) -> Plan {
    Plan::new(slugs.iter().copied(), Mode::Auto, None, Reason::Slug)
}

#[test]
fn a_token_is_its_clients_and_nobody_elses() {
    let (one, two) = (ClientToken::generate().unwrap(), ClientToken::generate().unwrap());
    let known = clients(
        vec![entry("one", Some(&one), None), entry("revoked", None, None), entry("two", Some(&two), None)],
        &Clients::default(),
    );
    let name = |shown: &str| known.of_token(shown.as_bytes()).map(|client| client.name.clone());
    assert_eq!(name(one.secret.expose()).as_deref(), Some("one"));
    assert_eq!(name(two.secret.expose()).as_deref(), Some("two"));
    for shown in ["", "tp-", &one.hash.to_hex(), &one.secret.expose()[1..]] {
        assert_eq!(name(shown), None, "{shown}");
    }
    let after = clients(vec![entry("two", Some(&one), None)], &known);
    assert_eq!(after.gone_since(&known).collect::<Vec<_>>(), ["one"]);
    assert!(after.has("two") && !after.has("revoked"));
}

#[test]
fn what_counts_is_the_model_that_would_answer() {
    let token = ClientToken::generate().unwrap();
    for (models, slugs, left) in [
        (None, &["a/b", "c/d"][..], Some(&["a/b", "c/d"][..])),
        (Some(&["qwen/*"][..]), &["qwen/x", "a/b", "qwen/y:free"], Some(&["qwen/x", "qwen/y:free"])),
        (Some(&["QWEN/x"]), &["qwen/x"], Some(&["qwen/x"])),
        (Some(&["qwen3-coder"]), &["qwen/qwen3-coder-next"], Some(&["qwen/qwen3-coder-next"])),
        (Some(&["claude-opus"]), &["openai/gpt-5.6-terra"], None),
        (Some(&["a/b"]), &["a/b:free"], None),
        (Some(&[]), &["a/b"], None),
    ] {
        let known = clients(vec![entry("ci", Some(&token), models)], &Clients::default());
        let caller = Caller::Client(known.of_token(token.secret.expose().as_bytes()).unwrap());
        let mut plan = plan(slugs);
        let bound = caller.bound(&mut plan, b"{}");
        let slugs: Vec<&str> = plan.targets.iter().map(|target| target.slug.as_str()).collect();
        match left {
            Some(left) => assert_eq!((bound.is_ok(), &slugs[..]), (true, left), "{models:?}"),
            None => {
                let refused = bound.unwrap_err();
                assert_eq!((refused.status, refused.kind), (403, ErrorKind::PermissionError), "{models:?}");
                assert!(refused.message.starts_with("Client `ci` may not use "), "{}", refused.message);
            }
        }
        assert!(Caller::Owner.bound(&mut plan, br#"{"models":["x/y"]}"#).is_ok());
        let smuggled = caller.bound(&mut plan, br#"{"models":["x/y"]}"#);
        assert_eq!(smuggled.is_err(), models.is_some(), "{models:?}");
    }
}

#[test]
fn how_much_a_client_may_ask_for_outlives_a_change_of_the_file() {
    let token = ClientToken::generate().unwrap();
    let limited = |minute, hour, at_once| {
        let mut entry = entry("ci", Some(&token), None);
        (entry.requests_per_minute, entry.requests_per_hour, entry.parallel_streams) =
            (minute, hour, at_once);
        entry
    };
    let caller = |known: &Clients| Caller::Client(known.of_token(token.secret.expose().as_bytes()).unwrap());
    let first = clients(vec![limited(None, None, Some(2))], &Clients::default());
    let passes = [caller(&first).admit().unwrap(), caller(&first).admit().unwrap()];
    let refused = caller(&first).admit().unwrap_err();
    assert_eq!((refused.status, refused.kind), (429, ErrorKind::RateLimitError));
    assert_eq!(refused.message, "Client `ci` may have 2 requests under way at once. Try again in 2 s.");
    assert!(refused.cause.client_may_retry());
    drop(passes);
    drop(caller(&first).admit().unwrap());

    let second = clients(vec![limited(Some(3), None, None)], &first);
    let refused = caller(&second).admit().unwrap_err();
    assert!(refused.message.starts_with("Client `ci` may make 3 requests a minute."), "{}", refused.message);
    assert!(refused.retry_after.is_some_and(|wait| wait > std::time::Duration::ZERO), "{refused:?}");

    let third = clients(vec![limited(Some(10), Some(1), None)], &second);
    let refused = caller(&third).admit().unwrap_err();
    assert!(refused.message.starts_with("Client `ci` may make one request an hour."), "{}", refused.message);
    assert!(!refused.cause.client_may_retry(), "nobody waits for an hour unseen");
    assert_eq!(refused.kind, ErrorKind::RateLimitError);
    assert!(Caller::Owner.admit().unwrap().is_none());
}
