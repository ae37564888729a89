//! Commands that look: status, spend, models, environment, token, key.

use turnpike_api::ErrorCode;
use turnpike_api::command::{
    Activity, CancelRequest, Environment, KeyStatus, Models, RotateToken, SetKey, Spend, Token,
};
use turnpike_api::{ClientError, Event, SecretText};

use crate::support::{World, at_noon, end};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_is_told_to_the_nano_dollar_right_after_the_answer() {
    let world = World::new();
    world.write_config(&at_noon());
    let service = world.start().await;
    for model in ["sim/text+cost=0.000123456789", "sim/text+cost=0.0000000015"] {
        assert_eq!(world.message(&service, model).await.0, 200);
    }
    let report =
        world.call(Spend { by: "requested-model".to_owned(), ..Spend::default() }).await.expect("spend");
    assert_eq!((report.total.requests, report.total.cost_nanos, report.total.failed), (2, 123_457 + 2, 0));
    assert_eq!(report.rows.len(), 2);
    assert_eq!(report.rows[0].key.as_deref(), Some("sim/text+cost=0.000123456789"), "the dearest first");
    let status = world.status().await;
    assert_eq!(status.today.map(|today| (today.requests, today.cost_nanos)), Some((2, 123_459)));
    let wrong = world.call(Spend { by: "colour".to_owned(), ..Spend::default() }).await;
    assert!(
        matches!(&wrong, Err(ClientError::Refused(error)) if error.code == ErrorCode::Invalid),
        "{wrong:?}"
    );
    end(service).await;
}

/// Makes a request that fails, whose answer tells its id in the body, and waits for its row.
async fn id_of_a_request(world: &World, service: &turnpike_control::RunningService) -> String {
    let mut events = world.events().await;
    let (status, body) = world.message(service, "sim/error-400-provider").await;
    assert!(status >= 400, "{body}");
    events.until(|event| matches!(event, Event::Settled { .. }).then_some(())).await;
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    body["request_id"].as_str().expect("an id").to_owned()
}

async fn found_by(world: &World, id: &str) -> Vec<i64> {
    let asked = Activity { words: Some(id.to_owned()), ..Activity::default() };
    let found = world.call(asked).await.expect("an answer");
    assert_eq!(found.next, None);
    found.rows.iter().map(|row| row.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_the_id_that_its_client_was_told() {
    let world = World::new();
    let service = world.start().await;
    let first = id_of_a_request(&world, &service).await;
    let second = id_of_a_request(&world, &service).await;
    assert_eq!((found_by(&world, &first).await, found_by(&world, &second).await), (vec![1], vec![2]));
    for nothing in
        [format!("{first}4711"), first.replacen("r1", "n1", 1), "req_tp00c0ffee00c0ffeer1".to_owned()]
    {
        assert_eq!(found_by(&world, &nothing).await, [0; 0], "{nothing}");
    }
    end(service).await;

    // It leads there after a new start too, and nowhere once another ledger has a row of that number.
    let service = world.start().await;
    assert_eq!(found_by(&world, &first).await, [1]);
    let third = id_of_a_request(&world, &service).await;
    assert_eq!(found_by(&world, &third).await, [3]);
    end(service).await;
    std::fs::remove_file(world.data_dir().ledger()).expect("there was one");
    let service = world.start().await;
    let other = id_of_a_request(&world, &service).await;
    assert_eq!((found_by(&world, &other).await, found_by(&world, &first).await), (vec![1], vec![]));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_are_told_of_each_written_row() {
    let world = World::new();
    let service = world.start().await;
    let mut events = world.events().await;
    assert_eq!(world.message(&service, "sim/text+cost=0.5").await.0, 200);
    let settled = |event| match event {
        Event::Settled { cost_nanos, .. } => Some(cost_nanos),
        _ => None,
    };
    assert_eq!(events.until(settled).await, 500_000_000);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_fetched_and_its_window_exported() {
    let world = World::new();
    world.write_config("[[map]]\nname = \"*\"\ntarget = \"openai/gpt-5.6-terra\"\n");
    let service = world.start().await;
    world
        .sim
        .wait_for(|journal| journal.iter().any(|entry| entry.path.ends_with("/models")).then_some(()))
        .await;
    // The answer is on its way; the question is asked again until it has come.
    let found = crate::support::within("the catalogue", async {
        loop {
            let found = world.call(Models { search: "gpt terra".to_owned() }).await.expect("models");
            if let Some(model) = found.models.into_iter().next() {
                return model;
            }
        }
    });
    let model = found.await;
    assert_eq!(model.slug, "openai/gpt-5.6-terra");
    let environment = world.call(Environment::default()).await.expect("an environment");
    let value = |name: &str| {
        let found = environment.variables.iter().find(|variable| variable.name == name);
        found.map(|variable| variable.value.expose().to_owned())
    };
    assert_eq!(value("ANTHROPIC_BASE_URL"), Some(service.data_plane_url()));
    assert_eq!(value("ANTHROPIC_AUTH_TOKEN").as_deref(), Some(service.token().secret().expose()));
    assert_eq!(value("CLAUDE_CODE_AUTO_COMPACT_WINDOW"), model.window.map(|window| window.to_string()));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_shuts_the_old_one_out() {
    let world = World::new();
    let service = world.start().await;
    let old = world.call(Token::default()).await.expect("a token").token;
    let new = world.call(RotateToken::default()).await.expect("a new token").token;
    assert_ne!(old, new);
    assert_eq!(service.token().secret().expose(), new.expose());
    assert_eq!(world.message(&service, "sim/text").await.0, 200, "the new one is let in");
    let file = std::fs::read_to_string(world.data_dir().token()).expect("the file");
    assert_eq!(file.trim(), new.expose());
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_checked_with_the_upstream_and_never_told() {
    let world = World::new();
    let service = world.start().await;
    let checked = world.call(KeyStatus { check: true }).await.expect("a report");
    assert!(checked.message.contains("takes it"), "{checked:?}");
    assert_eq!(checked.masked.as_deref(), Some("••••0000"));
    world.sim.revoke(crate::support::KEY);
    let refused = world.call(KeyStatus { check: true }).await.expect("a report");
    assert_eq!(refused.state, turnpike_api::command::KeyState::Refused);
    assert!(refused.message.contains("turnpike key set"), "{refused:?}");
    let kept = world.call(SetKey { key: SecretText::new("sk-or-v1-x".to_owned()) }).await;
    assert!(matches!(&kept, Err(ClientError::Refused(error)) if error.code == ErrorCode::Key), "{kept:?}");
    let told = format!("{checked:?}{refused:?}");
    assert!(!told.contains(crate::support::KEY));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_shown_and_can_be_cancelled() {
    let world = World::new();
    let service = world.start().await;
    let url = service.data_plane_url();
    let token = service.token().secret().expose().to_owned();
    let mut events = world.events().await;
    let client = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent();
        let body = serde_json::json!({
            "model": "sim/text+words=3000+delay=20ms", "max_tokens": 4_000, "stream": true,
            "messages": [{"role": "user", "content": "A long story"}],
        });
        let request =
            agent.post(format!("{url}/v1/messages")).header("authorization", format!("Bearer {token}"));
        let answer = request.content_type("application/json").send(body.to_string()).expect("an answer");
        answer.into_body().read_to_string().unwrap_or_default()
    });
    let id = crate::support::within("the running request", async {
        loop {
            if let [running] = world.status().await.live.as_slice() {
                return running.id;
            }
        }
    })
    .await;
    assert!(world.call(CancelRequest { id }).await.expect("an answer").was_running);
    events
        .until(|event| matches!(event, Event::Settled { id: settled, .. } if settled == id).then_some(()))
        .await;
    client.await.expect("the client's end");
    assert!(world.status().await.live.is_empty());
    assert!(!world.call(CancelRequest { id }).await.expect("an answer").was_running);
    end(service).await;
}
