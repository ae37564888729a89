//! `turnpike capture`: what the page can do, the command line can.

use crate::support::{Running, World, said};

/// Asks the data plane, with something in it that must not be kept.
const ASK: &str = r#"
import json, os, urllib.request
text = "Mind sk-ant-api03-canary0123456789 and go on."
body = {"model": "sim/text+words=6+cost=0.25", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
headers = {"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json"}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"#;

fn ok(world: &World, arguments: &[&str]) -> String {
    let (code, out, errors) = said(&world.turnpike(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {errors}");
    out
}

#[test]
fn bodies_are_captured_shown_replayed_and_forgotten() {
    let world = World::new();
    let ask = world.script("ask.py", ASK);
    let service = Running::start(world.command(&["serve"]));
    assert!(service.line().contains("listening"));
    let ask = || ok(&world, &["run", "--", "python3", ask.to_str().expect("UTF-8")]);

    ask();
    assert!(ok(&world, &["capture", "list"]).starts_with("Bodies are not captured.\nNone are kept."));
    let on = ok(&world, &["capture", "on", "--requests", "1", "--minutes", "5"]);
    assert!(
        on.starts_with("Bodies of the next request are captured, in memory. It ends by itself at "),
        "{on}"
    );
    ask();
    ask();
    let listed = ok(&world, &["capture", "list"]);
    assert!(listed.starts_with("Bodies are not captured."), "one was enough: {listed}");
    let rows: Vec<&str> = listed.lines().skip(2).collect();
    assert!(rows.len() == 1 && rows[0].trim_start().starts_with("2 "), "the second request alone: {listed}");

    let shown = ok(&world, &["capture", "show", "2"]);
    assert!(shown.contains("Mind [redacted] and go on.") && !shown.contains("canary"), "{shown}");
    let replayed = ok(&world, &["capture", "replay", "2", "sim/text+words=3+cost=0.5"]);
    let first = replayed.find("First answer: sim/text+words=6+cost=0.25 · $0.25").expect(&replayed);
    let other = replayed.find("Replay: sim/text+words=3+cost=0.5 · $0.50").expect(&replayed);
    assert!(first < other, "{replayed}");

    ok(&world, &["capture", "on"]);
    assert_eq!(ok(&world, &["capture", "off"]), "Bodies are not captured.\n");
    assert_eq!(ok(&world, &["capture", "delete", "2"]), "Request 2 is forgotten; 0 kept.\n");
    assert_eq!(ok(&world, &["capture", "delete", "--all"]), "All is forgotten; 0 kept.\n");
    let kept: serde_json::Value =
        serde_json::from_str(&ok(&world, &["capture", "list", "--json"])).expect("JSON");
    assert_eq!((&kept["standing"]["is_on"], &kept["kept"]), (&false.into(), &serde_json::json!([])));
}

#[test]
fn what_cannot_be_captured_gets_a_sentence() {
    let world = World::new();
    let told = said(&world.turnpike(&["capture", "list"]));
    assert_eq!(told.0, Some(3), "no service: {told:?}");
    let service = Running::start(world.command(&["serve"]));
    assert!(service.line().contains("listening"));
    let rows: [(&[&str], i32, &str); 5] = [
        (&["capture", "on", "--minutes", "61"], 1, "1 to 60 minutes"),
        (&["capture", "on", "--requests", "0"], 1, "requests can be captured"),
        (&["capture", "show", "9"], 1, "no bodies of request 9 are kept"),
        (&["capture", "replay", "9", "a/b"], 1, "no bodies of request 9 are kept"),
        (&["capture", "delete"], 2, "--all"),
    ];
    for (arguments, code, says) in rows {
        let (found, _, errors) = said(&world.turnpike(arguments));
        assert_eq!(found, Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
    }
}
