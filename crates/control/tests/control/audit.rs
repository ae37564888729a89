//! Who changed what is kept: from pages and from programs, without a secret.

use turnpike_api::command::{
    AddClient, AddMap, Audit, BudgetOf, ClearKey, ClientLimits, ListClients, MapEntry, RaiseBudget,
    RemoveMap, RevokeClient, RotateClient, RotateToken, SetBudget, SetConfig, Status, Stop,
};
use turnpike_api::{Client, Event};

use crate::page::Browser;
use crate::support::{World, end, within};

fn ci() -> String {
    "ci".to_owned()
}

/// One of each, some asked only, one refused; the secrets that were made on the way.
async fn change_everything(world: &World) -> Vec<String> {
    let mut secrets = Vec::new();
    let revision = world.call(ListClients::default()).await.expect("a list").revision;
    let added = AddClient { revision, name: ci(), limits: ClientLimits::default() };
    let added = world.call(added).await.expect("added");
    let rotated = world.call(RotateClient { revision: added.revision, name: ci() }).await.expect("rotated");
    secrets.extend([added.token.expose().to_owned(), rotated.token.expose().to_owned()]);
    let of = BudgetOf { client: Some(ci()), project: None };
    let period = || "daily".to_owned();
    let set = SetBudget {
        revision: rotated.revision,
        of: of.clone(),
        period: period(),
        cap_nanos: Some(5),
        action: None,
    };
    let set = world.call(set).await.expect("set");
    world.call(RaiseBudget { of, period: period(), by_nanos: 7 }).await.expect("raised");
    let entry = MapEntry {
        name: "*opus*".to_owned(),
        target: "sim/text".to_owned(),
        fallback: Vec::new(),
        conformance: None,
    };
    let mapped = world.call(AddMap { revision: set.revision, map: entry, at: None }).await.expect("mapped");
    let removed = RemoveMap { revision: mapped.revision, name: "*opus*".to_owned() };
    let removed = world.call(removed).await.expect("removed");
    let path = "log.level".to_owned();
    let changed = SetConfig { revision: removed.revision, path, value: Some("\"debug\"".to_owned()) };
    let changed = world.call(changed).await.expect("changed");
    secrets.push(world.call(RotateToken::default()).await.expect("rotated").token.expose().to_owned());
    world.call(Status::default()).await.expect("a status");
    world.call(ClearKey::default()).await.expect_err("the key of a test is not the user's");
    let browser = Browser::logged_in(world).await;
    let revoke = RevokeClient { revision: changed.revision, name: ci(), forget: false };
    let revoke = serde_json::to_string(&revoke).expect("JSON");
    assert_eq!(world.ask("POST /api/client.revoke", &browser.headers(), &revoke).await.status, 200);
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn every_control_action_is_kept_with_who_and_when_and_no_secret() {
    let world = World::new();
    let service = world.start().await;
    let mut secrets = vec![service.token().secret().expose().to_owned()];
    secrets.extend(change_everything(&world).await);
    let kept = world.call(Audit::default()).await.expect("an audit");
    let told: Vec<(&str, &str, Option<&str>)> = kept
        .actions
        .iter()
        .rev()
        .map(|row| (row.actor.as_str(), row.action.as_str(), row.subject.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("program", "client.add", Some("ci")),
            ("program", "client.rotate", Some("ci")),
            ("program", "budget.set", Some("ci")),
            ("program", "budget.raise", Some("ci")),
            ("program", "map.add", Some("*opus*")),
            ("program", "map.remove", Some("*opus*")),
            ("program", "config.set", Some("log.level")),
            ("program", "token.rotate", None),
            ("page", "client.revoke", Some("ci")),
        ],
        "what is only asked, or was refused, is not kept"
    );
    let raised = kept.actions.iter().find(|row| row.action == "budget.raise").expect("it is there");
    assert_eq!(raised.details.as_deref(), Some(r#"{"by_nanos":7,"period":"daily"}"#));
    let text = serde_json::to_string(&kept).expect("JSON");
    assert!(secrets.iter().all(|secret| !text.contains(secret)) && !text.contains("sha256"), "{text}");
    assert!(kept.actions.iter().all(|row| row.at_ms > 1_700_000_000_000), "{text}");

    let page = world.call(Audit { before: None, limit: Some(2) }).await.expect("a page");
    let rest = world.call(Audit { before: page.next, limit: None }).await.expect("the rest");
    assert_eq!((page.actions.len(), rest.actions.len(), rest.next), (2, told.len() - 2, None));
    end(service).await;
}

/// Sends a command as a program that calls itself so.
async fn as_program(world: &World, name: Option<&'static str>) {
    let path = world.data_dir().control();
    let called = tokio::task::spawn_blocking(move || {
        let client = Client::connect(&path).expect("a service");
        let client =
            name.map_or_else(|| Client::connect(&path).expect("a service"), |name| client.named(name));
        client.call(&Stop::default())
    });
    called.await.expect("no panic").expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_tells_command_line_tray_and_a_hand_in_the_file_apart() {
    let world = World::new();
    world.write_config("[budget]\ndaily_usd = 5.00\n");
    let service = world.start().await;
    for name in [Some("cli"), Some("tray"), Some("root"), None] {
        as_program(&world, name).await;
    }
    let mut events = world.events().await;
    world.write_config("[budget]\ndaily_usd = 500.00\n[[map]]\nname = \"a\"\ntarget = \"b/c\"\n");
    events.until(|event| matches!(event, Event::ConfigApplied { .. }).then_some(())).await;
    let kept = async || world.call(Audit::default()).await.expect("an audit").actions;
    let found = async {
        loop {
            let actions = kept().await;
            if actions.len() > 4 {
                return actions;
            }
        }
    };
    let actions = within("the edit in the audit", found).await;
    let told: Vec<_> = actions.iter().rev().map(|row| (row.actor.as_str(), row.action.as_str())).collect();
    let stopped = ["cli", "tray", "program", "program"].map(|actor| (actor, "stop"));
    assert_eq!(told[..4], stopped, "nobody else is believed");
    assert_eq!(told[4..], [("file", "config.edited")]);
    assert_eq!(actions[0].details.as_deref(), Some(r#"{"parts":["map","budget"]}"#));

    // An edit by a command is kept once, as that command.
    let revision = world.call(ListClients::default()).await.expect("a list").revision;
    let path = "log.level".to_owned();
    let set = SetConfig { revision, path, value: Some("\"debug\"".to_owned()) };
    world.call(set).await.expect("changed");
    as_program(&world, Some("cli")).await;
    let told: Vec<String> = kept().await.into_iter().rev().skip(5).map(|row| row.action).collect();
    assert_eq!(told, ["config.set", "stop"]);
    end(service).await;

    // What a hand changes while no service runs is told at the next start, once.
    world.write_config("[budget]\ndaily_usd = 50.00\n");
    for _ in 0..2 {
        let service = world.start().await;
        let found = async {
            loop {
                let actions = kept().await;
                if actions.len() > 7 {
                    return actions;
                }
            }
        };
        let actions = within("the edit in the audit", found).await;
        let told: Vec<_> = actions.iter().map(|row| (row.actor.as_str(), row.action.as_str())).collect();
        assert_eq!((told[0], told.len()), (("file", "config.edited"), 8));
        assert_eq!(actions[0].details.as_deref(), Some(r#"{"parts":["map","budget","log"]}"#));
        end(service).await;
    }
}
