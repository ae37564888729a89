//! `turnpike run`

use rustix::process::Signal;
use turnpike_settings::DataDir;

use crate::support::{Running, World, said, until};

/// Asks the data plane for a message, as a client with this environment does.
const ASK: &str = r#"
import json, os, urllib.request
body = {"model": "sim/text+cost=0.38", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
headers = {"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json"}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"#;

#[test]
fn it_starts_the_service_gives_the_environment_and_ends_with_a_receipt() {
    let world = World::new();
    let ask = world.script("ask.py", ASK);
    let before = world.home_files();
    let ask = ask.to_str().expect("UTF-8");
    let (code, out, errors) = said(&world.turnpike(&["run", "--", "python3", ask]));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{errors}");
    assert_eq!(errors, "turnpike: $0.38 · 1 request · 0 % cached · sim/text+cost=0.38\n");
    assert_eq!(world.home_files(), before, "nothing was written");

    let service = world.control_file().expect("the service goes on").pid;
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert_eq!((code, errors.as_str()), (Some(0), "turnpike: no requests\n"));
    assert_eq!(world.control_file().map(|file| file.pid), Some(service), "the same one served it");
}

#[cfg(target_os = "linux")]
#[test]
fn the_service_keeps_one_heap_unless_somebody_wants_more() {
    for (given, kept) in [(None, "1"), (Some("4"), "4")] {
        let world = World::new();
        let mut command = world.command(&["run", "--", "true"]);
        command.envs(given.map(|arenas| ("MALLOC_ARENA_MAX", arenas)));
        let (code, _, errors) = Running::start(command).end();
        assert_eq!(code, Some(0), "{errors}");
        let service = world.control_file().expect("the service goes on").pid;
        let environment = std::fs::read(format!("/proc/{service}/environ")).expect("it runs");
        let wanted = format!("MALLOC_ARENA_MAX={kept}");
        assert!(environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes()), "{wanted}");
    }
}

#[test]
fn a_model_that_nobody_offers_is_told_before_the_command_starts() {
    let world = World::new();
    let (code, _, errors) = said(&world.turnpike(&["run", "--model", "gpt-5.6-tera", "--", "true"]));
    assert_eq!(code, Some(0), "it may be meant: {errors}");
    assert!(
        errors.starts_with("turnpike: No model goes by the name `gpt-5.6-tera`. Did you mean "),
        "{errors}"
    );
    assert!(errors.contains("turnpike map add`.\nturnpike: no requests\n"), "one sentence: {errors}");
}

#[test]
fn the_childs_end_is_ours() {
    let world = World::new();
    let rows: [(&[&str], i32); 4] = [
        (&["sh", "-c", "exit 7"], 7),
        (&["sh", "-c", "kill -9 $$"], 137),
        (&["no-such-program"], 127),
        (&["/"], 126),
    ];
    for (command, expected) in rows {
        let arguments: Vec<&str> = ["run", "--"].iter().chain(command).copied().collect();
        let (code, _, errors) = said(&world.turnpike(&arguments));
        assert_eq!(code, Some(expected), "{command:?}: {errors}");
    }
}

#[test]
fn a_request_to_end_is_the_childs() {
    let world = World::new();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done";
    let running = Running::start(world.command(&["run", "--", "sh", "-c", script]));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::TERM);
    let (code, _, errors) = running.end();
    assert_eq!(code, Some(9), "{errors}");
    assert!(errors.contains("no requests"), "the receipt comes all the same: {errors}");
}

#[test]
fn claude_code_gets_settings_that_win_and_no_token_among_its_arguments() {
    let world = World::new();
    let claude =
        world.script("claude", "#!/bin/sh\nprintf '%s\\n' \"$@\"\necho \"token=$ANTHROPIC_AUTH_TOKEN\"\n");
    let claude = claude.to_str().expect("UTF-8");
    let arguments = ["run", "--model", "qwen/qwen3-coder", "--", claude, "-p", "Hi"];
    let (code, out, errors) = said(&world.turnpike(&arguments));
    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<&str> = out.lines().collect();
    let [option, settings, p, hi, token] = lines.as_slice() else { panic!("{out}") };
    assert_eq!([*option, *p, *hi], ["--settings", "-p", "Hi"]);
    let settings: serde_json::Value = serde_json::from_str(settings).expect("JSON");
    let env = &settings["env"];
    assert!(
        env["ANTHROPIC_BASE_URL"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")),
        "{settings}"
    );
    assert_eq!(
        (&env["ANTHROPIC_MODEL"], &env["ANTHROPIC_API_KEY"]),
        (&"qwen/qwen3-coder".into(), &"".into())
    );
    assert_eq!(env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"], serde_json::Value::Null);
    let own = said(&world.turnpike(&["token"])).1;
    assert_eq!(*token, format!("token={}", own.trim()), "the environment holds it");
    assert!(!settings.to_string().contains(own.trim()), "the arguments do not");

    // A settings file that names another token would win: then a command brings ours.
    std::fs::create_dir(world.home.path().join(".claude")).expect("a folder");
    let other = r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"another"}}"#;
    std::fs::write(world.home.path().join(".claude/settings.json"), other).expect("written");
    let (_, out, _) = said(&world.turnpike(&arguments));
    let settings: serde_json::Value =
        serde_json::from_str(out.lines().nth(1).expect("settings")).expect("JSON");
    let command = settings["apiKeyHelper"].as_str().expect("a command").to_owned();
    let printed =
        std::process::Command::new("sh").args(["-c", &command]).env_clear().output().expect("a shell");
    assert_eq!(said(&printed).1, own);
}

#[test]
fn a_service_that_was_killed_is_started_anew() {
    let world = World::new();
    assert_eq!(said(&world.turnpike(&["run", "--", "true"])).0, Some(0));
    let first = world.control_file().expect("a service").pid;
    let pid = i32::try_from(first).ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(pid, Signal::KILL).expect("sent");
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert_eq!(code, Some(0), "{errors}");
    assert_ne!(world.control_file().expect("a service").pid, first);
}

#[test]
fn two_at_once_share_one_service() {
    let world = World::new();
    let runs: Vec<Running> = (0..3)
        .map(|_| Running::start(world.command(&["run", "--", "sh", "-c", "echo $ANTHROPIC_BASE_URL"])))
        .collect();
    let urls: Vec<String> = runs.iter().map(Running::line).collect();
    assert!(urls.windows(2).all(|pair| pair[0] == pair[1]), "{urls:?}");
    for run in runs {
        let (code, _, errors) = run.end();
        assert_eq!(code, Some(0), "{errors}");
    }
}

#[test]
fn a_service_that_is_just_ending_is_followed_by_another() {
    let world = World::new();
    // It is not told of any more, and has not let go of its data folder yet.
    let ending =
        DataDir::resolve(Some(world.data.path().to_owned())).expect("a folder").lock().expect("free");
    let run = Running::start(world.command(&["run", "--", "true"]));
    let held = format!("process {}", std::process::id());
    let output = world.data.path().join("service.out");
    until("the first one finds the folder taken", || {
        std::fs::read_to_string(&output).is_ok_and(|words| words.contains(&held))
    });
    drop(ending);
    let (code, _, errors) = run.end();
    assert_eq!((code, errors.as_str()), (Some(0), "turnpike: no requests\n"));
}

/// A client that knows one variable only; the two stand in the environment as they are told.
#[test]
fn clients_that_know_only_an_api_key_have_it_and_claude_code_has_none() {
    let world = World::new();
    let told = "#!/bin/sh\nprintf '%s' \"$ANTHROPIC_API_KEY\"\n";
    let (agent, claude) = (world.script("agent", told), world.script("claude", told));
    let token = said(&world.turnpike(&["token"])).1;
    let shell: &[&str] = &["sh", "-c", "printf '%s' \"$ANTHROPIC_API_KEY\""];
    for (command, expected) in [
        (&[agent.to_str().expect("UTF-8")][..], token.trim()),
        (&[claude.to_str().expect("UTF-8"), "-p", "Hi"], ""),
        (shell, ""),
    ] {
        let arguments: Vec<&str> = ["run", "--"].iter().chain(command).copied().collect();
        let (code, out, errors) = said(&world.turnpike(&arguments));
        assert_eq!((code, out.as_str()), (Some(0), expected), "{command:?}: {errors}");
    }
    let line = |arguments: &[&str]| {
        let (_, out, _) = said(&world.turnpike(arguments));
        out.lines().find(|line| line.contains("ANTHROPIC_API_KEY")).expect("a line").to_owned()
    };
    assert_eq!(line(&["env", "--shell", "sh"]), "export ANTHROPIC_API_KEY=''");
    let expected = format!("export ANTHROPIC_API_KEY='{}'", token.trim());
    assert_eq!(line(&["env", "--shell", "sh", "--api-key"]), expected);
}

#[test]
fn a_service_without_a_key_does_not_keep_one_that_comes_later_away() {
    let world = World::new();
    let without_key = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        // Nor is there a keychain.
        command.env_remove("OPENROUTER_API_KEY").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
        command
    };
    let (code, _, errors) = said(&without_key(&["run", "--", "true"]).output().expect("it can be started"));
    assert_eq!(code, Some(5), "{errors}");
    assert!(errors.contains("OPENROUTER_API_KEY"), "{errors}");
    // What the sentence says is done.
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));

    // One that was started by hand stays, and is told of.
    let running = Running::start(without_key(&["serve"]));
    assert!(running.line().contains("listening"));
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert_eq!(code, Some(5), "{errors}");
    assert!(
        errors.contains("OPENROUTER_API_KEY is set here") && errors.contains("stop --service"),
        "{errors}"
    );
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(running.end().0, Some(0));
    assert_eq!(said(&world.turnpike(&["run", "--", "true"])).0, Some(0));
}

#[test]
fn a_service_that_was_stopped_stays_so_that_it_can_be_started() {
    let world = World::new();
    assert_eq!(said(&world.turnpike(&["run", "--", "true"])).0, Some(0));
    assert_eq!(said(&world.turnpike(&["stop"])).0, Some(0));
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));

    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert!(code == Some(1) && errors.contains(" start` first"), "{code:?}: {errors}");
    // What the sentence says is done.
    let (code, _, errors) = said(&world.turnpike(&["start"]));
    assert_eq!(code, Some(0), "{errors}");
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert_eq!(code, Some(0), "{errors}");
}

/// `turnpike run -- true` without a key in its environment, with the keychain behind that socket.
#[cfg(target_os = "linux")]
fn run_with_keychain(world: &World, socket: &std::path::Path) -> std::process::Command {
    let mut command = world.command(&["run", "--", "true"]);
    let address = format!("unix:path={}", socket.display());
    command.env_remove("OPENROUTER_API_KEY").env("DBUS_SESSION_BUS_ADDRESS", address);
    command
}

#[cfg(target_os = "linux")]
#[test]
fn a_keychain_that_is_slow_is_waited_for() {
    let world = World::new();
    let socket = world.home.path().join("bus");
    let bus = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let run = Running::start(run_with_keychain(&world, &socket));
    let (connection, _) = bus.accept().expect("the service asks");
    // It answers only when the service is up and has said that it has no answer yet: there is no keychain here.
    while world.control_file().is_none() {
        std::thread::yield_now();
    }
    drop((connection, bus));
    let (code, _, errors) = run.end();
    assert_eq!(code, Some(5), "{errors}");
    assert!(!errors.contains("not answered yet") && errors.contains("OPENROUTER_API_KEY"), "{errors}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_keychain_that_is_slower_still_is_asked_on_by_the_service() {
    let world = World::new();
    let socket = world.home.path().join("bus");
    let _bus = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let service = || world.control_file().map(|file| file.pid);
    let run = || said(&run_with_keychain(&world, &socket).output().expect("it can be started"));
    let (code, _, errors) = run();
    assert!(
        code == Some(5) && errors.contains("does not answer") && errors.contains("try again"),
        "{errors}"
    );
    let first = service().expect("the service goes on");
    let (code, _, errors) = run();
    assert!(code == Some(5) && errors.contains("try again"), "{errors}");
    assert_eq!(service(), Some(first), "the same one was asked");
}
