//! `turnpike spend`: what one session cost, how fast models are, when money ends, and what the key's owner says.

use std::process::Command;

use serde_json::Value;

use crate::support::{KEY, World, in_one_day, said};

pub(crate) const SESSION: &str = "11111111-2222-4333-8444-555555555555";

/// Asks for a message by the environment's address and token, as a session of Claude Code.
const ASK: &str = r#"
import json, os, sys, urllib.request
body = {"model": sys.argv[1], "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
headers = {"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json",
           "x-claude-code-session-id": sys.argv[2]}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"#;

/// One request of the session by this model's name. The service goes on.
pub(crate) fn ask(world: &World, model: &str) {
    ask_in(world, model, SESSION);
}

fn ask_in(world: &World, model: &str, session: &str) {
    let script = world.script("ask.py", ASK);
    let script = script.to_str().expect("UTF-8");
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "python3", script, model, session]));
    assert_eq!(code, Some(0), "{errors}");
}

fn told(world: &World, arguments: &[&str]) -> String {
    let (code, out, errors) = said(&world.turnpike(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {errors}");
    out
}

fn json(world: &World, arguments: &[&str]) -> Value {
    serde_json::from_str(&told(world, arguments)).expect("JSON")
}

#[test]
fn it_has_a_bar_for_each_row_and_can_be_narrowed() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.4");
    ask(&world, "sim/text+cost=0.1");
    let table = told(&world, &["spend", "--by", "model"]);
    let bars: Vec<usize> = table.lines().map(|line| line.matches('█').count()).collect();
    assert_eq!(bars[..4], [0, 24, 6, 0], "{table}");
    let narrowed = |fact: &str| {
        let report = json(&world, &["spend", "--by", "session", "--json", "--only", fact]);
        (report["rows"].as_array().map(Vec::len), report["total"]["cost_nanos"].as_i64())
    };
    assert_eq!(narrowed("model=sim/text+cost=0.1"), (Some(1), Some(100_000_000)));
    assert_eq!(narrowed(&format!("session={SESSION}")), (Some(1), Some(500_000_000)));
    assert_eq!(narrowed("session=another"), (Some(0), Some(0)));
    let (code, _, errors) = said(&world.turnpike(&["spend", "--only", "colour=red"]));
    assert!(code == Some(2) && errors.contains("`colour`"), "{errors}");
    assert_eq!(told(&world, &["spend", "--live"]).split(" · ").last(), Some("2 requests\n"));
}

#[test]
fn sessions_are_listed_with_the_dearest_first() {
    let world = World::new();
    let other = "22222222-2222-4333-8444-555555555555";
    ask_in(&world, "sim/text+cost=0.1", SESSION);
    ask_in(&world, "sim/text+cost=0.3", other);
    ask_in(&world, "sim/text+cost=0.1", SESSION);
    let keys = |table: &str| -> Vec<String> {
        let cells =
            table.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split("  ").next());
        cells.map(str::to_owned).collect()
    };
    let all = told(&world, &["spend", "--by", "session"]);
    assert_eq!(keys(&all), ["session", other, SESSION, "total"], "{all}");
    let top = told(&world, &["spend", "--by", "session", "--top", "1"]);
    assert_eq!(keys(&top), ["session", other, "(1 more)", "total"], "{top}");
    assert!(top.lines().any(|line| line.starts_with("total") && line.contains("$0.50")), "{top}");
    let rows = [("soon", "`soon` is no time"), ("2026-02-30", "`2026-02-30`")];
    for (since, says) in rows {
        let (code, _, errors) = said(&world.turnpike(&["spend", "--since", since]));
        assert!(code == Some(2) && errors.contains(says), "{errors}");
    }
}

/// Looks on as a person at a terminal: until it was drawn three times, then Ctrl-C.
const LOOK_ON: &str = r#"
import os, pty, sys
child, screen = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], "spend", "--live"])
seen = b""
while seen.count(b"\x1b[H\x1b[2JToday $0.38") < 3:
    seen += os.read(screen, 4096)
os.write(screen, b"\x03")
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"#;

#[test]
fn on_a_terminal_it_is_drawn_anew_until_ctrl_c() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.38");
    let script = world.script("look_on.py", LOOK_ON);
    let program = env!("CARGO_BIN_EXE_turnpike");
    let look_on = ["run", "--", "python3", script.to_str().expect("UTF-8"), program];
    assert_eq!(told(&world, &look_on).lines().last(), Some("-2"), "ended by the signal");
}

#[test]
fn a_session_has_its_own_bill_with_and_without_the_service() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.38");
    let asked = ["spend", "session", SESSION];
    let with_service = told(&world, &asked);
    assert!(with_service.starts_with(SESSION) && with_service.contains("$0.38"), "{with_service}");
    let (code, _, errors) = said(&world.turnpike(&["spend", "session", "another"]));
    assert!(code == Some(1) && errors.contains("`another`"), "{errors}");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(told(&world, &asked), with_service);
    let bill = json(&world, &["spend", "session", SESSION, "--json"]);
    let model = &bill["models"][0];
    assert_eq!(
        (&bill["total"]["cost_nanos"], &model["key"]),
        (&380_000_000.into(), &"sim/text+cost=0.38".into())
    );
    assert_eq!(
        (&model["cost_nanos"], &model["input_tokens"]),
        (&bill["total"]["cost_nanos"], &bill["total"]["input_tokens"])
    );
}

#[test]
fn each_model_has_its_speed() {
    let world = World::new();
    ask(&world, "sim/text");
    let found = json(&world, &["spend", "speed", "--since", "7d", "--json"]);
    let [speed] = found.as_array().expect("a list").as_slice() else { panic!("{found}") };
    assert_eq!(
        (&speed["model"], &speed["answers"], &speed["requests"], &speed["failed"]),
        (&"sim/text".into(), &1.into(), &1.into(), &0.into())
    );
    assert!(speed["first_token"]["p50_ms"].is_i64() && speed["duration"]["p99_ms"].is_i64(), "{speed}");
    assert!(
        told(&world, &["spend", "speed"]).lines().nth(1).is_some_and(|line| line.starts_with("sim/text "))
    );
    assert_eq!(
        told(&world, &["spend", "speed", "--since", "2100-01-01"]),
        "Nothing was answered in that time.\n"
    );
}

#[test]
fn budgets_are_shown_as_json_with_and_without_the_word() {
    let world = World::new();
    world.configure("[budget]\ndaily_usd = 0.38\n");
    ask(&world, "sim/text+cost=0.01");
    let [long, short] = [&["budget", "show", "--json"][..], &["budget", "--json"]].map(|arguments| {
        let (code, out, errors) = said(&world.turnpike(arguments));
        assert_eq!(code, Some(0), "{arguments:?}: {errors}");
        out
    });
    assert_eq!(short, long);
    assert!(short.trim_start().starts_with('['), "{short}");
    assert_eq!(said(&world.turnpike(&["budget", "--json", "raise", "5"])).0, Some(2));
}

#[test]
fn a_forecast_says_when_the_budget_ends() {
    let world = World::new();
    world.configure("[budget]\ndaily_usd = 0.38\nmonthly_usd = 0.39\n");
    ask(&world, "sim/text+cost=0.38");
    let text = told(&world, &["spend", "forecast"]);
    assert!(text.starts_with("$0.38 in the last hour, $0.38 in the last 24 hours.\n"), "{text}");
    assert!(text.contains("the daily budget is used up.\n"), "{text}");
    assert!(text.contains("the monthly budget: $0.01 left, "), "{text}");
    let found = json(&world, &["spend", "forecast", "--json"]);
    assert_eq!((&found["last_hour_nanos"], &found["is_spike"]), (&380_000_000.into(), &false.into()));
    let line = &found["lines"][0];
    assert!(line["ends_at_hours_rate"].as_i64() < line["resets_at"].as_i64(), "{line}");
}

#[test]
fn the_key_and_the_ledger_are_compared_to_the_nano_dollar() {
    in_one_day(compare_the_key_and_the_ledger);
}

fn compare_the_key_and_the_ledger() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.123456789");
    let daily = || json(&world, &["spend", "--reconcile", "--json"])["latest"]["lines"][0].clone();
    let line = daily();
    assert_eq!((&line["ledger_nanos"], &line["key_nanos"]), (&123_456_789.into(), &123_456_789.into()));
    assert_eq!((&line["drift_nanos"], &line["cause"]), (&0.into(), &Value::Null));

    // Another program uses the same key.
    let base = world.upstream();
    let output = Command::new("python3")
        .arg(world.home.path().join("ask.py"))
        .args(["sim/text+cost=0.5", "another"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ANTHROPIC_BASE_URL", base.strip_suffix("/v1").expect("the API's address"))
        .env("ANTHROPIC_AUTH_TOKEN", KEY)
        .output();
    let (code, _, errors) = said(&output.expect("it can be started"));
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(daily()["drift_nanos"], 500_000_000);
    let text = told(&world, &["spend", "--reconcile"]);
    assert!(text.contains("$0.123456789  $0.623456789  $0.500000000"), "{text}");
    assert!(text.contains("daily: the key used $0.50 more: another program uses the same key"), "{text}");

    // One comparison of the day is kept.
    let days = json(&world, &["spend", "--reconcile", "--json"])["days"].clone();
    assert_eq!(days.as_array().map(Vec::len), Some(1), "{days}");
}

#[test]
fn what_another_model_saved_against_claudes_list_price_is_told() {
    let world = World::new();
    world.configure("[[map]]\nname = \"claude-opus-5\"\ntarget = \"sim/text+cost=0.0000001\"\n");
    ask(&world, "claude-opus-5");
    let table = told(&world, &["spend", "--by", "model"]);
    let foot = table.lines().last().expect("a line");
    assert!(foot.contains("saved against Claude's API list price (<$0.0001 instead of $0.00"), "{table}");
}
