//! Maps and rules in full: read, changed as forms change them, refused at their field, taken back byte for byte.

use turnpike_api::command::{
    ListRoutes, Models, MoveRoute, RemoveRoute, Route, RouteList, RouteValue, RoutesReply, SaveRoute,
    TestMap, UndoEdit,
};
use turnpike_api::{ApiError, ClientError, ErrorCode};

use crate::support::{World, end};

const CONFIG: &str = "\
# mine
[[rule]]
name = \"pictures\" # for those that see
when = { has_image = true }
target = \"openai/gpt-5.6-luna\"

# the strong one
[[map]]
name = \"*opus*\"
target = \"sim/text\" # for now
params = { temperature = 0.50, effort = \"high\" }

[[map]]
name = \"*sonnet*\"
target = \"z-ai/glm-5.2\"
preset = \"open\"
";

fn rows(rows: &[(&str, &str)]) -> Vec<RouteValue> {
    rows.iter()
        .map(|(name, json)| RouteValue { name: (*name).to_owned(), json: (*json).to_owned() })
        .collect()
}

fn value<'r>(route: &'r Route, name: &str) -> Option<&'r str> {
    route.values.iter().find(|value| value.name == name).map(|value| value.json.as_str())
}

fn refused<T: std::fmt::Debug>(reply: Result<T, ClientError>) -> ApiError {
    match reply {
        Err(ClientError::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn list(world: &World) -> RoutesReply {
    world.call(ListRoutes::default()).await.expect("routes")
}

/// Saves a map's values in its place, or adds a map.
fn save(revision: &str, at: Option<usize>, values: Vec<RouteValue>) -> SaveRoute {
    SaveRoute { revision: revision.to_owned(), list: RouteList::Map, at, before: None, values }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_changes_one_value_and_leaves_every_other_byte() {
    let world = World::new();
    world.write_config(CONFIG);
    let service = world.start().await;
    let before = list(&world).await;
    assert_eq!((before.maps.len(), before.rules.len()), (2, 1));
    assert_eq!(value(&before.maps[0], "params.temperature"), Some("0.5"));
    assert_eq!(value(&before.rules[0], "when.has_image"), Some("true"));
    let mut values = before.maps[0].values.clone();
    values.iter_mut().find(|value| value.name == "target").expect("a target").json =
        "\"z-ai/glm-5.2\"".to_owned();
    values.push(RouteValue { name: "fallback".to_owned(), json: "[\"a/b\",\"c/d\"]".to_owned() });
    let saved = world.call(save(&before.revision, Some(0), values)).await.expect("saved");
    let expected = CONFIG
        .replace("\"sim/text\" # for now", "\"z-ai/glm-5.2\" # for now")
        .replace("effort = \"high\" }\n", "effort = \"high\" }\nfallback = [\"a/b\", \"c/d\"]\n");
    assert_eq!(world.config(), expected);
    let after = list(&world).await;
    assert_eq!(
        (after.revision.as_str(), after.roles[0].slug.as_str()),
        (saved.revision.as_str(), "z-ai/glm-5.2")
    );
    assert_eq!(after.roles[0].fallback, ["a/b", "c/d"]);
    // An entry of a preset that was changed is the user's own.
    let own = save(&after.revision, Some(1), after.maps[1].values.clone());
    let own = world.call(own).await.expect("saved");
    assert!(!world.config().contains("preset"));

    world.call(UndoEdit { revision: own.revision }).await.expect("taken back");
    assert_eq!(world.config(), expected);
    world.call(UndoEdit { revision: saved.revision.clone() }).await.expect("taken back");
    assert_eq!(world.config(), CONFIG);
    let late = refused(world.call(UndoEdit { revision: saved.revision }).await);
    assert_eq!(late.code, ErrorCode::Conflict, "the file holds another text by now");
    let unknown = refused(world.call(UndoEdit { revision: "0".to_owned() }).await);
    assert_eq!(unknown.code, ErrorCode::NotFound);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_added_moved_and_removed_and_all_of_it_is_taken_back() {
    let world = World::new();
    world.write_config(CONFIG);
    let service = world.start().await;
    let revision = list(&world).await.revision;
    let rule = SaveRoute {
        revision,
        list: RouteList::Rule,
        at: None,
        before: Some(0),
        values: rows(&[
            ("when.class", "\"subagent\""),
            ("target", "\"sim/text\""),
            ("provider.sort", "\"price\""),
        ]),
    };
    let added = world.call(rule).await.expect("added").revision;
    let routes = list(&world).await;
    assert_eq!(value(&routes.rules[0], "when.class"), Some("\"subagent\""));
    let subagent = routes.roles.iter().find(|role| role.id == "subagent").expect("the role");
    assert_eq!((subagent.by.as_str(), subagent.at, subagent.slug.as_str()), ("rule", Some(0), "sim/text"));
    let moved = MoveRoute { revision: added.clone(), list: RouteList::Rule, at: 0, to: 1 };
    let moved = world.call(moved).await.expect("moved").revision;
    assert_eq!(value(&list(&world).await.rules[0], "name"), Some("\"pictures\""));
    let removed = RemoveRoute { revision: moved.clone(), list: RouteList::Map, at: 0 };
    let removed = world.call(removed).await.expect("removed").revision;
    assert!(!world.config().contains("the strong one"));
    for revision in [removed, moved, added] {
        world.call(UndoEdit { revision }).await.expect("taken back");
    }
    assert_eq!(world.config(), CONFIG);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_of_its_field_and_nothing_is_written() {
    let world = World::new();
    world.write_config(CONFIG);
    let service = world.start().await;
    let revision = list(&world).await.revision;
    let (name, target) = (("name", "\"mine\""), ("target", "\"a/b\""));
    let table = [
        ("no target", vec![name], "target", "model like"),
        ("no slug", vec![name, ("target", "\"not a slug\"")], "target", "model like"),
        ("a name that is there", vec![("name", "\"*opus*\""), target], "name", "already"),
        ("out of its range", vec![name, target, ("params.temperature", "3")], "params.temperature", "0 to 2"),
        ("of another kind", vec![name, target, ("params.top_k", "\"x\"")], "params.top_k", "must be"),
        ("no JSON", vec![name, target, ("cache", "yes")], "cache", "JSON"),
    ];
    for (what, values, field, words) in table {
        let error = refused(world.call(save(&revision, None, rows(&values))).await);
        assert_eq!(error.field.as_deref(), Some(field), "{what}: {}", error.message);
        assert!(error.message.contains(words), "{what}: {}", error.message);
    }
    let stale = refused(world.call(save("0", None, rows(&[name, target]))).await);
    assert_eq!((stale.code, stale.field), (ErrorCode::Conflict, None));
    assert_eq!(world.config(), CONFIG);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_answered_as_requests_are() {
    let world = World::new();
    let service = world.start().await;
    let told = |routes: &RoutesReply| -> Vec<(String, String, Option<usize>)> {
        routes.roles.iter().map(|role| (role.id.clone(), role.by.clone(), role.at)).collect()
    };
    let fresh = list(&world).await;
    assert!(told(&fresh).iter().all(|(_, by, at)| by == "default" && at.is_none()), "{fresh:?}");
    assert_eq!(
        (fresh.roles[0].slug.as_str(), fresh.roles[2].slug.as_str()),
        ("openai/gpt-5.6-terra", "openai/gpt-5.6-luna")
    );
    // A map for all names answers for each role, and is the own entry of none.
    let all = save(&fresh.revision, None, rows(&[("name", "\"*\""), ("target", "\"sim/text\"")]));
    world.call(all).await.expect("saved");
    let routes = list(&world).await;
    assert!(
        routes.roles[..3].iter().all(|role| role.by == "map" && role.at.is_none() && role.slug == "sim/text")
    );
    for role in &routes.roles[..3] {
        assert_eq!(role.own[0].name, "name");
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_tell_what_the_last_week_would_have_cost_and_how_fast_they_were() {
    let world = World::new();
    let service = world.start().await;
    let find = |reply: &turnpike_api::command::ModelsReply| {
        reply.models.iter().find(|model| model.slug == "z-ai/glm-5.2").expect("listed").clone()
    };
    let fresh = world.call(Models::default()).await.expect("models");
    assert_eq!(
        (fresh.last_week_nanos, find(&fresh).last_week_nanos, find(&fresh).first_token_ms),
        (None, None, None)
    );
    assert_eq!(world.message(&service, "z-ai/glm-5.2").await.0, 200);
    world.call(turnpike_api::command::Spend::default()).await.expect("the ledger is written");
    let used = world.call(Models::default()).await.expect("models");
    assert!(used.last_week_nanos.is_some() && find(&used).last_week_nanos.is_some_and(|nanos| nanos > 0));
    assert!(find(&used).first_token_ms.is_some());
    let other = used.models.iter().find(|model| model.slug == "openai/gpt-5.6-terra").expect("listed");
    assert!(other.last_week_nanos.is_some() && other.first_token_ms.is_none(), "never asked, yet reckoned");
    let probe = world.call(TestMap { name: "z-ai/glm-5.2".to_owned() }).await.expect("probes");
    assert_eq!(probe.slug, "z-ai/glm-5.2");
    end(service).await;
}
