//! Clients with tokens of their own, from the command to the data plane.

use turnpike_api::command::{
    Activity, AddClient, Budgets, ClientLimits, ClientToken, ListClients, RevokeClient, RotateClient,
    SetBudget, SetConfig, Spend,
};
use turnpike_api::{ClientError, ErrorCode};
use turnpike_control::RunningService;
use turnpike_settings::Revision;

use crate::support::{World, at_noon, end};

async fn revision(world: &World) -> String {
    world.call(ListClients::default()).await.expect("a list").revision
}

async fn add(world: &World, name: &str, limits: ClientLimits) -> Result<ClientToken, ClientError> {
    let revision = revision(world).await;
    world.call(AddClient { revision, name: name.to_owned(), limits }).await
}

fn code(error: &ClientError) -> Option<ErrorCode> {
    match error {
        ClientError::Refused(error) => Some(error.code),
        _ => None,
    }
}

async fn status(world: &World, service: &RunningService, token: &str) -> u16 {
    world.message_as(service, token, "sim/text").await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_added_rotated_revoked_and_forgotten() {
    let world = World::new();
    world.write_config("# mine\n[budget]\ndaily_usd = 5.00\n");
    let service = world.start().await;
    let first = add(&world, "ci", ClientLimits::default()).await.expect("added");
    let token = first.token.expose().to_owned();
    assert_eq!(status(&world, &service, &token).await, 200, "in force at once");
    assert!(!world.config().contains(&token) && world.config().starts_with("# mine\n"), "{}", world.config());
    assert_eq!(
        code(&add(&world, "ci", ClientLimits::default()).await.unwrap_err()),
        Some(ErrorCode::Conflict)
    );

    let revision = first.revision;
    let second = world.call(RotateClient { revision, name: "ci".to_owned() }).await.expect("rotated");
    assert_eq!(status(&world, &service, &token).await, 401, "the old one at once");
    let token = second.token.expose().to_owned();
    assert_eq!(status(&world, &service, &token).await, 200);

    let revoke = |revision: String, forget| RevokeClient { revision, name: "ci".to_owned(), forget };
    let edited = world.call(revoke(second.revision, false)).await.expect("revoked");
    assert_eq!(status(&world, &service, &token).await, 401);
    let listed = world.call(ListClients::default()).await.expect("a list").clients;
    assert_eq!((listed.len(), listed[0].has_token), (1, false), "its limits are kept");
    let edited = world.call(revoke(edited.revision, true)).await.expect("forgotten");
    assert_eq!(world.config(), "# mine\n[budget]\ndaily_usd = 5.00\n");
    let unknown = world.call(revoke(edited.revision, false)).await.unwrap_err();
    assert_eq!(code(&unknown), Some(ErrorCode::NotFound));
    let stale: Revision = serde_json::from_value("0".repeat(64).into()).unwrap();
    let stale = AddClient {
        revision: stale.as_str().to_owned(),
        name: "x".to_owned(),
        limits: ClientLimits::default(),
    };
    assert_eq!(code(&world.call(stale).await.unwrap_err()), Some(ErrorCode::Conflict));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_rows_and_its_budget_are_its_own() {
    let world = World::new();
    world.write_config(&at_noon());
    let service = world.start().await;
    let limits = ClientLimits {
        models: Some(vec!["sim/*".to_owned()]),
        requests_per_hour: Some(50),
        daily_nanos: Some(10_000_000),
        action: Some("stop".to_owned()),
        ..ClientLimits::default()
    };
    let token = add(&world, "ci", limits.clone()).await.expect("added").token.expose().to_owned();
    let ask = |model: &'static str| world.message_as(&service, &token, model);
    assert_eq!(ask("sim/text+cost=0.004").await.0, 200);
    assert_eq!(ask("sim/text+cost=0.007").await.0, 200);
    let (refused, body) = ask("sim/text").await;
    assert_eq!(refused, 429);
    assert!(body.contains("budget of $0.01 of client `ci` is used up"), "{body}");
    assert_eq!(world.message(&service, "sim/text").await.0, 200, "nobody else is refused");

    // It waits for what was settled just now.
    world.call(Spend::default()).await.expect("sums");
    let rows = world.call(Activity::default()).await.expect("rows").rows;
    let clients: Vec<Option<&str>> = rows.iter().map(|row| row.client.as_deref()).collect();
    assert_eq!(clients, [None, Some("ci"), Some("ci")]);
    let listed = world.call(ListClients::default()).await.expect("a list");
    let ci = &listed.clients[0];
    assert_eq!((&ci.limits, ci.running), (&limits, 0));
    let spent: Vec<_> = ci.spent.iter().map(|line| (line.period.as_str(), line.settled_nanos)).collect();
    assert_eq!(spent, [("daily", 11_000_000), ("weekly", 11_000_000), ("monthly", 11_000_000)]);

    let of = world.call(Budgets::default()).await.expect("budgets").budgets;
    let of = of.into_iter().find(|budget| budget.of.client.is_some()).expect("a client's budget").of;
    let raised = SetBudget {
        revision: listed.revision,
        of,
        period: "daily".to_owned(),
        cap_nanos: Some(1_000_000_000),
        action: None,
    };
    world.call(raised).await.expect("set");
    assert_eq!(ask("sim/text").await.0, 200, "a higher cap holds at once");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_and_nothing_is_written() {
    let world = World::new();
    let service = world.start().await;
    let limits = ClientLimits::default();
    for (name, limits, says) in [
        (" ", limits.clone(), "client[0].name"),
        ("ci", ClientLimits { daily_nanos: Some(-1), ..limits.clone() }, "0 or more"),
        ("ci", ClientLimits { requests_per_minute: Some(0), ..limits.clone() }, "requests_per_minute"),
        ("ci", ClientLimits { action: Some("cry".to_owned()), ..limits.clone() }, "\"warn\" or \"stop\""),
        ("ci", ClientLimits { models: Some(vec!["a b".to_owned()]), ..limits.clone() }, "client[0].models"),
    ] {
        let error = add(&world, name, limits).await.unwrap_err().to_string();
        assert!(error.contains(says), "{name}: {error}");
    }
    assert!(!world.data_dir().config().exists());
    add(&world, "ci", limits).await.expect("added");
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (path, value) in [
        ("client[0].token_sha256", format!("\"{hash}\"")),
        ("client[0]", format!("{{ name = \"ci\", token_sha256 = \"{hash}\" }}")),
        ("client[1]", format!("{{ name = \"x\", \"token_sha\\u0032\\u0035\\u0036\" = \"{hash}\" }}")),
        ("client", format!("[{{ name = \"x\", token_sha256 = \"{hash}\" }}]")),
    ] {
        let revision = revision(&world).await;
        let set = SetConfig { revision, path: path.to_owned(), value: Some(value) };
        let error = world.call(set).await.unwrap_err();
        assert_eq!(code(&error), Some(ErrorCode::Invalid), "{path}");
        assert!(error.to_string().contains("turnpike client add"), "{error}");
    }
    end(service).await;
}
