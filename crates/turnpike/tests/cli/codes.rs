//! Exit codes and sentences.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::{World, said};

#[test]
fn each_failure_is_one_sentence_with_its_code() {
    let world = World::offline();
    let rows: [(&[&str], i32, &str); 15] = [
        (&["status"], 3, "turnpike serve"),
        (&["start"], 3, "turnpike serve"),
        (&["stop"], 3, "turnpike serve"),
        (&["ui"], 3, "turnpike serve"),
        (&["env", "--shell", "sh"], 3, "turnpike serve"),
        (&["logs", "--level", "debug"], 3, "turnpike serve"),
        (&["map", "rm", "never-added"], 1, "never-added"),
        (&["spend"], 1, "no ledger"),
        (&["spend", "session", "x"], 1, "no ledger"),
        (&["spend", "forecast"], 3, "turnpike serve"),
        (&["spend", "--reconcile"], 3, "turnpike serve"),
        (&["spend", "--live"], 3, "turnpike serve"),
        (&["budget", "raise", "5"], 3, "turnpike serve"),
        (&["serve", "--listen", "0.0.0.0:0"], 1, "--allow-remote"),
        (&["import", "/etc/passwd"], 1, "/etc/passwd says nothing"),
    ];
    for (arguments, code, says) in rows {
        let (found, _, errors) = said(&world.turnpike(arguments));
        assert_eq!(found, Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
        let told: Vec<&str> = errors.lines().filter(|line| line.starts_with("turnpike: ")).collect();
        assert_eq!(told.len(), 1, "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked") && !errors.contains("Error {"), "{errors}");
    }
}

#[test]
fn wrong_usage_is_2_and_names_what_was_written() {
    let world = World::offline();
    let rows: [(&[&str], &str); 23] = [
        (&[], "Usage"),
        (&["no-such-command"], "no-such-command"),
        (&["serve", "--listen", "nonsense"], "nonsense"),
        (&["serve", "--upstream", "http://example.org/api/v1"], "https"),
        (&["serve", "--log-level", "loud"], "debug"),
        (&["spend", "--by", "colour"], "colour"),
        (&["spend", "--only", "a/b"], "`a/b` narrows nothing"),
        (&["spend", "--only", "colour=red"], "`colour`"),
        (&["spend", "--only", "day=2026-11-01"], "`day` is a time"),
        (&["spend", "--since", "soon"], "`soon` is no time"),
        (&["spend", "--until", "2026-02-30", "--json"], "`2026-02-30` is no time"),
        (&["spend", "--since", "2026-11-02", "--until", "2026-10-01"], "swap --since and --until"),
        (&["spend", "--live", "--since", "soon"], "--since"),
        (&["spend", "--reconcile", "--by", "model"], "--by"),
        (&["spend", "--top", "few"], "few"),
        (&["spend", "speed", "--since", "soon"], "`soon` is no time"),
        (&["spend", "speed", "--since", "today", "--until", "2026-01-01"], "swap --since and --until"),
        (&["spend", "--live", "--csv"], "--csv"),
        (&["spend", "--csv", "speed"], "speed"),
        (&["run"], "COMMAND"),
        (&["budget", "set", "-5"], "not negative"),
        (&["budget", "raise", "much"], "`much` is no amount"),
        (&["budget", "set", "5", "--period", "yearly"], "yearly"),
    ];
    for (arguments, says) in rows {
        let (code, _, errors) = said(&world.turnpike(arguments));
        assert_eq!(code, Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
    }
}

/// Whoever wrote nonsense is told so first, the same with a service and without.
#[test]
fn what_spend_cannot_read_is_told_before_anything_is_asked() {
    let world = World::new();
    let ask = |service: &str| {
        for arguments in [&["spend", "--since", "soon"][..], &["spend", "--only", "colour=red"]] {
            let (code, _, errors) = said(&world.turnpike(arguments));
            assert_eq!(code, Some(2), "{service}, {arguments:?}: {errors}");
        }
    };
    ask("no ledger yet");
    assert_eq!(said(&world.turnpike(&["run", "--", "true"])).0, Some(0));
    ask("a service");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    ask("a ledger, no service");
}

#[test]
fn a_broken_configuration_is_4_with_line_and_key() {
    let world = World::offline();
    world.write_config("[[map]]\nname = \"a\"\ntraget = \"b/c\"\n");
    for arguments in [&["map", "list"][..], &["serve"], &["env"], &["run", "--", "true"]] {
        let (code, _, errors) = said(&world.turnpike(arguments));
        assert_eq!(code, Some(4), "{arguments:?}: {errors}");
        assert!(errors.contains("line 3") && errors.contains("traget"), "{arguments:?}: {errors}");
    }
}

#[test]
fn without_a_key_it_is_5_and_the_way_to_one() {
    let world = World::new();
    for arguments in [&["key", "status"][..], &["key", "set"], &["run", "--", "true"]] {
        // No session bus, so no keychain; and nothing on standard input.
        let mut command = world.command(arguments);
        let output = command.env_remove("OPENROUTER_API_KEY").output().expect("it can be started");
        let (code, _, errors) = said(&output);
        assert_eq!(code, Some(5), "{arguments:?}: {errors}");
        assert!(errors.contains("key"), "{errors}");
    }
}

#[test]
fn maps_are_edited_without_a_service() {
    let world = World::offline();
    let (code, _, errors) = said(&world.turnpike(&["map", "add", "*opus*", "a/b", "--fallback", "c/d"]));
    assert_eq!(code, Some(0), "{errors}");
    let (_, list, _) = said(&world.turnpike(&["map", "list"]));
    assert_eq!(list, "map     target  fallback  tested\n*opus*  a/b     c/d\n");
    let (code, _, _) = said(&world.turnpike(&["map", "rm", "*opus*"]));
    assert_eq!(code, Some(0));
    let (_, list, _) = said(&world.turnpike(&["map", "list", "--json"]));
    assert_eq!(list.trim(), "[]");
    // Short names are models; what is neither one nor a slug is told, though it may be meant.
    for (target, is_told) in [("glm", false), ("x/y", false), ("glmm", true)] {
        let (code, told, errors) = said(&world.turnpike(&["map", "add", target, target]));
        assert_eq!((code, told), (Some(0), format!("{target} → {target}\n")), "{errors}");
        assert_eq!(errors.contains("glmm is not in the catalogue"), is_told, "{errors}");
    }
}

#[test]
fn rules_stand_before_the_maps_in_their_list() {
    let world = World::offline();
    world.write_config(
        "[[rule]]\nname = \"cheap\"\nwhen = { class = \"auxiliary\", has_image = false, min_tokens = 100 }\n\
         target = \"a/b\"\nfallback = [\"c/d\"]\n[[rule]]\nwhen = { thinking = true }\ntarget = \"e/f\"\n[[map]]\nname = \"*\"\ntarget = \"g/h\"\n",
    );
    let (code, list, errors) = said(&world.turnpike(&["map", "list"]));
    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<String> =
        list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "rule when target fallback tested",
            "cheap class auxiliary, no has_image, min_tokens 100 a/b c/d",
            "thinking e/f",
            "",
            "map target fallback tested",
            "* g/h",
        ]
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::offline();
    let mut child = world
        .command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("text");
    assert_eq!(child.wait().expect("an end").code(), Some(0), "{errors}");
    assert_eq!(errors, "");
}

#[test]
fn completions_know_every_command() {
    let world = World::offline();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = said(&world.turnpike(&["completions", shell]));
        assert_eq!(code, Some(0), "{shell}");
        for word in ["serve", "demo", "doctor", "--data-dir"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_token_is_made_once() {
    let world = World::offline();
    let (_, first, _) = said(&world.turnpike(&["token"]));
    assert!(first.starts_with("tp-") && first.ends_with('\n'), "{first}");
    assert_eq!(said(&world.turnpike(&["token"])).1, first);
    let (_, rotated, _) = said(&world.turnpike(&["token", "rotate"]));
    assert_ne!(rotated, first);
    assert_eq!(said(&world.turnpike(&["token"])).1, rotated);
}

#[test]
fn presets_and_models_need_no_service_and_no_network() {
    let world = World::offline();
    let (code, told, errors) = said(&world.turnpike(&["preset", "use", "balanced"]));
    assert!(code == Some(0) && told.starts_with("balanced is in use"), "{told}{errors}");
    let (_, list, _) = said(&world.turnpike(&["preset", "list"]));
    assert_eq!(list.lines().filter(|line| line.contains("  yes  ")).count(), 1, "{list}");
    let (_, shown, _) = said(&world.turnpike(&["preset", "show", "balanced"]));
    assert!(shown.contains("openai/gpt-5.6-terra") && shown.contains("Claude's prices"), "{shown}");
    let (_, maps, _) = said(&world.turnpike(&["map", "list"]));
    assert!(maps.contains("*opus*") && maps.contains("claude-*"), "{maps}");
    let (code, _, errors) = said(&world.turnpike(&["preset", "use", "golden"]));
    assert!(code == Some(1) && errors.contains("balanced"), "{errors}");
    let (code, told, _) = said(&world.turnpike(&["preset", "use", "none"]));
    assert!(code == Some(0) && told.starts_with("No preset"), "{told}");
    let (_, maps, _) = said(&world.turnpike(&["map", "list", "--json"]));
    assert_eq!(maps.trim(), "[]");
    let (code, models, errors) = said(&world.turnpike(&["models", "search", "terra"]));
    assert!(code == Some(0) && models.contains("openai/gpt-5.6-terra"), "{models}");
    assert!(errors.contains("cannot be fetched"), "{errors}");
}

#[cfg(unix)]
#[test]
fn commands_that_are_offered_are_those_that_the_terminal_finds() {
    let world = World::offline();
    let own = env!("CARGO_BIN_EXE_turnpike");
    let folder = world.home.path().join("bin");
    std::fs::create_dir(&folder).expect("made");
    let path = |first: &std::path::Path| {
        let others = std::env::var("PATH").expect("a PATH");
        format!("{}:{others}", first.display())
    };
    let offered = |path: &str, arguments: &[&str]| {
        let mut command = world.command(arguments);
        let (_, out, errors) = said(&command.env("PATH", path).output().expect("it can be started"));
        out + &errors
    };
    let data = world.data.path().to_str().expect("plain");
    let missing = path(std::path::Path::new("/nowhere"));
    for (arguments, end) in [
        (&["map", "list"] as &[&str], "map add '*opus*'"),
        (&["client", "list"], "client add ci"),
        (&["status"], "serve`"),
        (&["doctor"], "serve`"),
    ] {
        let told = offered(&missing, arguments);
        assert!(told.contains(&format!("{own} {end}")), "{arguments:?}: {told}");
        let named: Vec<&str> = [&["--data-dir", data], arguments].concat();
        let told = offered(&missing, &named);
        assert!(told.contains(&format!("{own} --data-dir {data} {end}")), "{named:?}: {told}");
    }
    std::os::unix::fs::symlink("/bin/true", folder.join("turnpike")).expect("linked");
    let told = offered(&path(&folder), &["map", "list"]);
    assert!(told.contains(&format!("Add one: {own} map add")), "another program has the name: {told}");
    std::fs::remove_file(folder.join("turnpike")).expect("removed");
    std::os::unix::fs::symlink(own, folder.join("turnpike")).expect("linked");
    let told = offered(&path(&folder), &["map", "list"]);
    assert!(told.contains("Add one: turnpike map add"), "it is found by its name: {told}");
}
