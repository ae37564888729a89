//! `turnpike claude`: a user's settings are connected and disconnected, with the service and without it.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use crate::support::{DEADLINE, Running, World, said};

const BEFORE: &str = "{\n    // mine\n    \"env\": { \"EDITOR\": \"vi\", \"ANTHROPIC_API_KEY\": \"sk-ant-0123456789\" },\n    \"model\": \"opus\",\n}\n";

fn settings(world: &World) -> PathBuf {
    world.home.path().join(".claude/settings.json")
}

fn write(world: &World, text: &str) {
    fs::create_dir_all(world.home.path().join(".claude")).expect("a folder");
    fs::write(settings(world), text).expect("written");
}

fn read(world: &World) -> String {
    fs::read_to_string(settings(world)).expect("read")
}

fn show(world: &World) -> Value {
    let (code, told, errors) = said(&world.turnpike(&["claude", "show", "--json"]));
    assert_eq!(code, Some(0), "{errors}");
    serde_json::from_str(&told).expect("JSON")
}

/// The actions of the command line in the audit, the newest first.
fn kept(world: &World) -> Vec<String> {
    let (code, told, errors) = said(&world.turnpike(&["audit", "--json"]));
    assert_eq!(code, Some(0), "{errors}");
    let rows: Vec<Value> = serde_json::from_str(&told).expect("JSON");
    assert!(rows.iter().all(|row| row["actor"] == "cli"), "{told}");
    rows.iter().filter_map(|row| row["action"].as_str().map(str::to_owned)).collect()
}

/// A data plane whose address is known before it listens.
fn offline_with_port() -> World {
    let world = World::offline();
    world.write_config("[proxy]\nlisten = \"127.0.0.1:14117\"\n");
    world
}

#[test]
fn connecting_shows_the_change_says_what_it_means_and_is_taken_back_to_the_byte() {
    let world = offline_with_port();
    write(&world, BEFORE);
    let (code, told, _) = said(&world.turnpike(&["claude", "apply", "--dry-run"]));
    assert_eq!(code, Some(0));
    assert!(told.contains("Claude Code stops using your Claude plan and bills OpenRouter."), "{told}");
    assert!(told.contains("\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:14117\""), "{told}");
    assert!(!told.contains("sk-ant-0123456789"), "a secret was shown: {told}");
    let token = said(&world.turnpike(&["token"])).1;
    assert!(!told.contains(token.trim()), "the token was shown: {told}");
    assert_eq!(read(&world), BEFORE);
    assert!(told.contains("which Claude Code does not read"), "its comment makes it of no effect: {told}");
    let (code, _, refusal) = said(&world.turnpike(&["claude", "apply"]));
    assert_eq!((code, read(&world).as_str()), (Some(2), BEFORE), "{refusal}");
    assert_eq!(said(&world.turnpike(&["claude", "apply", "--yes"])).0, Some(0));
    let after = read(&world);
    assert!(after.contains(token.trim()) && after.contains("// mine"), "{after}");
    assert_eq!(show(&world)["state"], "connected");
    assert_eq!(said(&world.turnpike(&["claude", "apply", "--yes"])).0, Some(0), "twice is once");
    assert_eq!(read(&world), after);
    assert_eq!(kept(&world), ["claude.apply"], "what was changed, once");
    assert_eq!(said(&world.turnpike(&["claude", "undo", "--dry-run"])).0, Some(0));
    assert_eq!(read(&world), after);
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0));
    assert_eq!(read(&world), BEFORE);
    assert_eq!(show(&world)["state"], "disconnected");
    assert!(!world.data.path().join("claude.json").exists(), "nothing is left of it");
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0), "twice is once");
}

#[test]
fn the_token_need_not_stand_in_the_file() {
    let world = offline_with_port();
    write(&world, "{\"apiKeyHelper\":\"mine\"}");
    let chosen = ["claude", "apply", "--yes", "--token-by-command", "--ask-first", "--status-line"];
    assert_eq!(said(&world.turnpike(&chosen)).0, Some(0));
    let token = said(&world.turnpike(&["token"])).1;
    let after: Value = serde_json::from_str(&read(&world)).expect("JSON");
    assert!(!after.to_string().contains(token.trim()));
    assert_eq!(after["permissions"]["defaultMode"], "default");
    let run = |command: &Value| {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command.as_str().expect("a command")]).env_clear();
        shell.env("HOME", world.home.path()).env("PATH", "/usr/bin:/bin");
        said(&shell.stdin(std::process::Stdio::null()).output().expect("a shell"))
    };
    assert_eq!(run(&after["apiKeyHelper"]).1, token);
    assert_eq!(run(&after["statusLine"]["command"]).0, Some(0));
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0));
    assert_eq!(read(&world), "{\"apiKeyHelper\":\"mine\"}");
}

#[test]
fn the_end_of_the_service_takes_it_back_and_its_start_connects_again() {
    let world = World::offline();
    write(&world, BEFORE);
    let service = Running::start(world.command(&["serve"]));
    let first = service.line();
    let url = first.strip_prefix("turnpike: listening on ").expect("a URL").to_owned();
    assert_eq!(said(&world.turnpike(&["claude", "apply", "--yes"])).0, Some(0));
    assert!(read(&world).contains(&url));
    let status: Value = serde_json::from_str(&said(&world.turnpike(&["status", "--json"])).1).expect("JSON");
    assert_eq!(status["claude"], "connected");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(service.end().0, Some(0));
    assert_eq!(read(&world), BEFORE, "no port that nobody listens on");
    let service = Running::start(world.command(&["serve"]));
    let second = service.line();
    let url = second.strip_prefix("turnpike: listening on ").expect("a URL").to_owned();
    let waited = Instant::now();
    while show(&world)["state"] != "connected" {
        assert!(waited.elapsed() < DEADLINE, "it is not connected again");
    }
    assert!(read(&world).contains(&url));
    let before = said(&world.turnpike(&["token"])).1;
    let after = said(&world.turnpike(&["token", "rotate"])).1;
    let now = read(&world);
    assert!(now.contains(after.trim()) && !now.contains(before.trim()), "the new token is exported");
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0));
    assert_eq!(read(&world), BEFORE);
    service.signal(rustix::process::Signal::TERM);
    assert_eq!(service.end().0, Some(0));
    assert_eq!(read(&world), BEFORE);
}

#[test]
fn the_configuration_may_let_it_stand() {
    let world = World::offline();
    world.write_config("[proxy]\nlisten = \"127.0.0.1:0\"\n\n[claude]\nundo_on_quit = false\n");
    let service = Running::start(world.command(&["serve"]));
    service.line();
    assert_eq!(said(&world.turnpike(&["claude", "apply", "--yes"])).0, Some(0));
    let connected = read(&world);
    service.signal(rustix::process::Signal::TERM);
    assert_eq!(service.end().0, Some(0));
    assert_eq!(read(&world), connected);
    world.write_config("[proxy]\nlisten = \"127.0.0.1:14117\"\n");
    assert_eq!(show(&world)["state"], "outdated", "another port by now");
    let rotated = said(&world.turnpike(&["token", "rotate"])).1;
    assert!(read(&world).contains(rotated.trim()) && read(&world).contains("14117"));
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0));
    assert!(!settings(&world).exists(), "there was none before");
}

#[test]
fn doctor_names_what_sends_claude_code_where_and_ends_with_a_code() {
    let world = World::new();
    let service = Running::start(world.command(&["serve", "--listen", "127.0.0.1:0"]));
    service.line();
    let doctor = |arguments: &[&str]| {
        let (code, told, _) = said(&world.turnpike(&[&["doctor", "--json"], arguments].concat()));
        let reply: Value = serde_json::from_str(&told).expect("JSON");
        (code, reply["findings"].as_array().expect("findings").clone())
    };
    let of = |findings: &[Value], subject: &str| {
        findings.iter().find(|finding| finding["subject"] == subject).expect(subject).clone()
    };
    let (code, findings) = doctor(&[]);
    assert_eq!(code, Some(0), "{findings:#?}");
    assert!(of(&findings, "base URL")["message"].as_str().expect("a text").contains("not connected"));
    assert_eq!(said(&world.turnpike(&["claude", "apply", "--yes"])).0, Some(0));
    let (code, findings) = doctor(&[]);
    assert_eq!(code, Some(0), "{findings:#?}");
    assert_eq!(of(&findings, "settings")["severity"], "ok");
    assert_eq!(of(&findings, "token")["severity"], "ok");
    fs::write(settings(&world), read(&world).replace("\"env\"", "\"model\": \"nobody-knows\", \"env\""))
        .expect("written");
    let (code, findings) = doctor(&["--requests"]);
    assert_eq!(
        (code, of(&findings, "model")["severity"].as_str()),
        (Some(1), Some("error")),
        "{findings:#?}"
    );
    of(&findings, "request");
    service.signal(rustix::process::Signal::KILL);
    service.end();
    let (code, findings) = doctor(&[]);
    assert_eq!(code, Some(1));
    assert!(of(&findings, "base URL")["message"].as_str().expect("a text").contains("nobody listens"));
    assert_eq!(said(&world.turnpike(&["doctor", "--requests"])).0, Some(3), "there is nobody to send them");
    assert_eq!(said(&world.turnpike(&["claude", "undo"])).0, Some(0));
}
