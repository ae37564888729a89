use turnpike_ledger::{Ledger, OpenOptions, RowId};
use turnpike_settings::{Config, LocalToken};
use turnpike_upstream::Upstream;

use super::*;
use crate::state::{Parts, Proxy};

fn live_request() -> LiveRequest {
    LiveRequest {
        id: 0,
        model: String::new(),
        target: String::new(),
        class: "main",
        project: None,
        session: None,
        client: None,
        started: Instant::now(),
        output_tokens_estimate: 0,
        cost_estimate: None,
    }
}

#[tokio::test]
async fn beyond_the_limit_clients_are_asked_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::new(Parts {
        upstream: Upstream::new("http://127.0.0.1:9").unwrap(),
        ledger: Ledger::open(&folder.path().join("ledger"), &OpenOptions::default()).unwrap().0,
        config: Arc::new(Config::default()),
        token: LocalToken::load_or_create(&folder.path().join("token")).unwrap(),
        key: crate::KeyStanding::Missing("none".to_owned()),
        paused: false,
        memory: None,
    });
    let full: Vec<_> = (0..MAX_LIVE).map(|_| proxy.0.live.enter(RowId::LOST, live_request())).collect();
    let shared = || Arc::clone(&proxy.0);
    let headers = HeaderMap::new();
    let asked = || Asked {
        caller: Caller::Owner,
        dialect: Dialect::Messages,
        headers: &headers,
        body: Bytes::new(),
        accepted: Instant::now(),
        replay: None,
    };
    let answered = answer(shared(), asked()).await;
    assert_eq!((answered.status().as_u16(), answered.headers()["retry-after"].as_bytes()), (529, &b"2"[..]));
    assert!(!answered.headers().contains_key("x-should-retry"));
    drop(full);
    let answered = answer(shared(), asked()).await;
    assert_eq!(answered.status(), StatusCode::BAD_REQUEST, "with room again, an empty body is the fault");
}
