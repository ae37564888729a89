//! Edits of the configuration, by command and by hand, while the service runs.

use turnpike_api::command::{
    AddMap, Config, ListMaps, MapEntry, MapsReply, MoveMap, RemoveMap, SetConfig, SetLogLevel,
};
use turnpike_api::{ClientError, ErrorCode, Event};
use turnpike_control::ServeOptions;

use crate::support::{World, end, log};

fn map(name: &str, target: &str) -> MapEntry {
    MapEntry { name: name.to_owned(), target: target.to_owned(), fallback: Vec::new(), conformance: None }
}

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> ErrorCode {
    match answer {
        Err(ClientError::Refused(error)) => {
            assert!(error.message.len() > 20, "a sentence: {error}");
            error.code
        }
        other => panic!("{other:?}"),
    }
}

impl World {
    async fn maps(&self) -> MapsReply {
        self.call(ListMaps::default()).await.expect("maps")
    }

    async fn names(&self) -> Vec<String> {
        self.maps().await.maps.into_iter().map(|map| map.name).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maps_are_edited_in_place_and_in_force_at_once() {
    let world = World::new();
    world.write_config("# mine\n[[map]]\nname = \"a\" # first\ntarget = \"sim/text\"\n");
    let service = world.start().await;
    let revision = world.maps().await.revision;
    let added = AddMap { revision, map: map("b", "sim/text"), at: None };
    let edited = world.call(added).await.expect("added");
    assert_eq!(world.message(&service, "b").await.0, 200, "in force when the command has answered");
    let moved = MoveMap { revision: edited.revision, name: "b".to_owned(), to: 0 };
    let edited = world.call(moved).await.expect("moved");
    assert_eq!(world.names().await, ["b", "a"]);
    let removed = RemoveMap { revision: edited.revision, name: "b".to_owned() };
    world.call(removed).await.expect("removed");
    assert_eq!(world.names().await, ["a"]);
    assert_eq!(world.message(&service, "b").await.0, 404);
    let text = world.config();
    assert!(text.contains("# mine") && text.contains("# first"), "comments are the user's:\n{text}");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_for_another_revision_is_a_conflict_and_loses_nothing() {
    let world = World::new();
    let service = world.start().await;
    let revision = world.maps().await.revision;
    world
        .call(AddMap { revision: revision.clone(), map: map("a", "sim/text"), at: None })
        .await
        .expect("added");
    let text = world.config();
    let late = revision.clone();
    let rows = [
        (
            "add",
            code(world.call(AddMap { revision: late.clone(), map: map("b", "sim/text"), at: None }).await),
        ),
        ("remove", code(world.call(RemoveMap { revision: late.clone(), name: "a".to_owned() }).await)),
        ("move", code(world.call(MoveMap { revision: late.clone(), name: "a".to_owned(), to: 0 }).await)),
        ("set", code(world.call(set(&late, "budget.daily_usd", Some("7.00"))).await)),
    ];
    for (name, code) in rows {
        assert_eq!(code, ErrorCode::Conflict, "{name}");
    }
    assert_eq!(world.config(), text);
    end(service).await;
}

fn set(revision: &str, path: &str, value: Option<&str>) -> SetConfig {
    SetConfig { revision: revision.to_owned(), path: path.to_owned(), value: value.map(str::to_owned) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_would_not_load_is_refused_and_not_written() {
    let world = World::new();
    world.write_config("[budget]\ndaily_usd = 5.00\n");
    let service = world.start().await;
    let config = world.call(Config::default()).await.expect("a config");
    assert_eq!((config.text.as_str(), config.refused), ("[budget]\ndaily_usd = 5.00\n", None));
    let revision = config.revision;
    let rows = [
        ("out of range", set(&revision, "budget.daily_usd", Some("-1")), ErrorCode::Config),
        ("no such key", set(&revision, "budget.colour", Some("1")), ErrorCode::NotFound),
        ("no value", set(&revision, "budget.daily_usd", Some("five")), ErrorCode::Invalid),
        ("no such map", set(&revision, "map[3].target", Some("\"a/b\"")), ErrorCode::NotFound),
    ];
    for (name, request, expected) in rows {
        assert_eq!(code(world.call(request).await), expected, "{name}");
    }
    let removed = RemoveMap { revision: revision.clone(), name: "never-added".to_owned() };
    assert_eq!(code(world.call(removed).await), ErrorCode::NotFound);
    assert_eq!(world.config(), "[budget]\ndaily_usd = 5.00\n");
    world.call(set(&revision, "budget.daily_usd", Some("7.25"))).await.expect("set");
    assert_eq!(world.config(), "[budget]\ndaily_usd = 7.25\n");
    let today = world.status().await.today.expect("today");
    assert_eq!(today.daily_cap_nanos, Some(7_250_000_000));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_edited_by_hand_is_in_force_when_it_is_good_and_refused_when_not() {
    let world = World::new();
    world.write_config("[[map]]\nname = \"a\"\ntarget = \"sim/text\"\n");
    let service = world.start().await;
    let mut events = world.events().await;

    world.write_config("[[map]]\nname = \"a\"\ntraget = \"sim/text\"\n");
    let refused = |event| match event {
        Event::ConfigRefused { message } => Some(message),
        _ => None,
    };
    let message = events.until(refused).await;
    assert!(message.contains("line 3") && message.contains("traget"), "{message}");
    let status = world.status().await;
    assert_eq!(status.config.refused.as_deref(), Some(message.as_str()));
    assert_eq!(world.message(&service, "a").await.0, 200, "the one before stays in force");

    world.write_config("[[map]]\nname = \"other\"\ntarget = \"sim/text\"\n");
    let applied = |event| matches!(event, Event::ConfigApplied { .. }).then_some(());
    events.until(applied).await;
    assert_eq!(world.status().await.config.refused, None);
    assert_eq!(world.message(&service, "other").await.0, 200);
    assert_eq!(world.message(&service, "a").await.0, 404);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_level_follows_command_and_file() {
    let world = World::new();
    let (log, _writer) = log(world.folder.path());
    let options = ServeOptions { log: Some(log), ..world.options() };
    let service = turnpike_control::Service::start(options).await.expect("a service");
    let reply = world.call(SetLogLevel { level: "debug".to_owned() }).await.expect("set");
    assert_eq!((reply.before.as_str(), reply.level.as_str()), ("info", "debug"));
    assert_eq!(code(world.call(SetLogLevel { level: "loud".to_owned() }).await), ErrorCode::Invalid);

    // An edit of something else leaves the level that a command has set; an edit of the level changes it.
    let revision = world.maps().await.revision;
    world.call(AddMap { revision, map: map("a", "sim/text"), at: None }).await.expect("added");
    assert_eq!(world.status().await.log_level, "debug");
    let revision = world.maps().await.revision;
    world.call(set(&revision, "log.level", Some("\"warn\""))).await.expect("set");
    assert_eq!(world.status().await.log_level, "warn");
    end(service).await;
}
