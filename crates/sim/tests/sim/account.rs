//! Keys, sign-in, and what can be observed.

use serde_json::{Value, json};
use turnpike_sim::{Sim, SimConfig};

use crate::client::{Client, KEY, ask, chat, get, post, start};

#[tokio::test]
async fn only_a_bearer_key_is_let_in() {
    let sim = start();
    for key in [None, Some("nonsense"), Some("sk-ant-1234")] {
        let mut client = Client::connect(&sim).await;
        client
            .send("POST", "/api/v1/chat/completions", key, ask("sim/text", true).to_string().as_bytes())
            .await;
        let answer = client.answer().await.unwrap();
        assert_eq!(
            answer.json(),
            json!({"error": {"message": "Missing Authentication header", "code": 401}})
        );
    }
    assert_eq!(
        get(&sim, "/api/v1/models", Some("nonsense")).await.status,
        200,
        "the catalogue ignores bad keys"
    );
}

#[tokio::test]
async fn a_key_knows_itself_but_not_the_credits() {
    let sim = start();
    chat(&sim, &ask("sim/text", true)).await;
    let key = get(&sim, "/api/v1/key", Some("sk-or-v1-free-limit-1")).await.json();
    assert_eq!((&key["data"]["is_free_tier"], &key["data"]["limit"]), (&json!(true), &json!(10)));
    let used = key["data"]["usage"].as_f64().unwrap();
    assert!(used > 0.0 && key["data"]["limit_remaining"].as_f64().unwrap() < 10.0);
    let credits = get(&sim, "/api/v1/credits", Some(KEY)).await;
    assert_eq!(credits.status, 403);
    assert_eq!(credits.json()["error"]["message"], "Only management keys can perform this operation");
    assert_eq!(get(&sim, "/api/v1/credits", Some("sk-or-v1-management-1")).await.status, 200);
}

#[tokio::test]
async fn signing_in_gives_a_key_that_works() {
    let sim =
        Sim::start(SimConfig { keys: vec!["sk-or-v1-other".to_owned()], ..SimConfig::default() }).unwrap();
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let callback = "http%3A%2F%2F127.0.0.1%3A9%2Foauth%2Fcallback%2Fabc";
    let page = format!("/auth?callback_url={callback}&code_challenge={challenge}&code_challenge_method=S256");
    let approved = get(&sim, &page, None).await;
    assert_eq!(approved.status, 302);
    let target = approved.header("location").unwrap();
    let code = target.strip_prefix("http://127.0.0.1:9/oauth/callback/abc?code=").unwrap();
    let mut exchange = json!({"code": code, "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "code_challenge_method": "S256"});
    let key = post(&sim, "/api/v1/auth/keys", &exchange).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(get(&sim, "/api/v1/key", Some(&key)).await.status, 200);
    assert_eq!(get(&sim, "/api/v1/key", Some(KEY)).await.status, 401);
    assert_eq!(post(&sim, "/api/v1/auth/keys", &exchange).await.status, 403, "a code works once");
    exchange["code_challenge_method"] = json!("S512");
    assert_eq!(post(&sim, "/api/v1/auth/keys", &exchange).await.status, 400);
    assert_eq!(get(&sim, "/api/v1/auth/keys", None).await.status, 405);
    let elsewhere = "/auth?callback_url=http%3A%2F%2Fevil.example%2F&code_challenge=x";
    assert_eq!(get(&sim, elsewhere, None).await.status, 400);
}

#[tokio::test]
async fn the_journal_can_be_asked_over_http() {
    let sim = start();
    chat(&sim, &ask("sim/text", true)).await;
    chat(&sim, &ask("sim/thinking", true)).await;
    let rows = get(&sim, "/__sim/requests?model=sim%2Ftext", None).await.json();
    let [row] = rows.as_array().unwrap().as_slice() else { panic!("{rows}") };
    assert_eq!(
        (&row["scenario"], &row["status"], &row["outcome"]),
        (&json!("text"), &json!(200), &json!("finished"))
    );
    assert!(row["body"].as_str().unwrap().contains("Say something."));
    let authorization =
        row["headers"].as_array().unwrap().iter().find(|pair| pair[0] == "authorization").unwrap();
    assert_eq!(authorization[1], "…cdef");
    let bill = get(&sim, "/__sim/bill", None).await.json();
    assert_eq!(bill["total"].as_i64(), Some(sim.total().nanos()));
    assert_eq!(bill["items"].as_array().map(Vec::len), Some(2));
    assert!(
        get(&sim, "/__sim/connections", None).await.json().as_array().is_some_and(|list| list.len() >= 2)
    );
    post(&sim, "/__sim/reset", &Value::Null).await;
    assert!(sim.journal().is_empty() && sim.bill().items.is_empty());
}

#[tokio::test]
async fn a_broken_contract_is_refused_and_noted() {
    let sim = start();
    let mut body = ask("sim/text", true);
    body["messages"][0]["content"] = json!([{"type": "text", "text": ""}]);
    let answer = chat(&sim, &body).await;
    assert_eq!(answer.status, 400);
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "empty-text-part at $.messages[0].content[0].text: \"\"");
    let entry = &sim.journal()[0];
    assert_eq!((entry.faults[0].rule, entry.model.as_deref()), ("empty-text-part", Some("sim/text")));
    let relaxed = Sim::start(SimConfig::fast()).unwrap();
    assert_eq!(chat(&relaxed, &body).await.status, 200, "a benchmark is not checked");
}

#[tokio::test]
async fn the_journal_keeps_within_its_bounds() {
    let config = SimConfig { journal_entries: 3, journal_body_bytes: 250, ..SimConfig::default() };
    let sim = Sim::start(config).unwrap();
    for _ in 0..5 {
        chat(&sim, &ask("sim/text", true)).await;
    }
    let entries = sim.journal();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2, 3, 4]);
    let kept: Vec<bool> = entries.iter().map(|entry| entry.body.is_some()).collect();
    assert_eq!(kept, [false, true, true], "the oldest bodies go first");
    assert_eq!(sim.bill().items.len(), 5, "the bill forgets nothing");
}

#[tokio::test]
async fn what_is_not_simulated_says_so() {
    let sim = start();
    let rows = [("/api/v1/responses", 404), ("/api/v1/chat/completions", 405), ("/nothing", 404)];
    for (path, status) in rows {
        assert_eq!(get(&sim, path, Some(KEY)).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_assistant_is_refused_at_the_start() {
    let error =
        Sim::start(SimConfig { assistant: "asistant".to_owned(), ..SimConfig::default() }).err().unwrap();
    assert!(error.to_string().contains("no scenario or modifier called `asistant`"), "{error}");
}
