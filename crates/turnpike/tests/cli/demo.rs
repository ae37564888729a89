//! `turnpike demo`

use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Running, World, said};

#[test]
fn it_answers_once_without_key_or_network_and_says_that_it_is_simulated() {
    let world = World::offline();
    let (code, out, errors) = said(&world.turnpike(&["demo", "--once", "--prompt", "Sing!"]));
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.starts_with("Turnpike demo. Everything here is simulated"), "{out}");
    assert!(out.contains("> Sing!") && out.contains("simulated answer"), "{out}");
    let receipt = out.lines().find(|line| line.starts_with("Receipt (simulated)")).expect("a receipt");
    assert!(receipt.contains("openai/gpt-5.6-"), "{receipt}");
    assert!(!out.contains(crate::support::KEY));
    let untouched = std::fs::read_dir(world.data.path()).expect("a folder").count();
    assert_eq!(untouched, 1, "the user's data folder holds its config and nothing new");
}

#[test]
fn it_stays_up_and_can_be_used_until_it_is_ended() {
    let world = World::offline();
    let demo = Running::start(world.command(&["demo"]));
    // Nobody finds the program by its name here, so its path is told.
    let program = format!("{} ", env!("CARGO_BIN_EXE_turnpike"));
    let command = loop {
        let line = demo.line();
        if let Some(rest) =
            line.trim_start().strip_prefix(&program).filter(|rest| rest.ends_with("run -- claude"))
        {
            break rest.to_owned();
        }
    };
    let mut words: Vec<&str> = command.split(' ').collect();
    words.truncate(words.len() - 1);
    words.extend(["sh", "-c", "echo $ANTHROPIC_BASE_URL"]);
    let (code, out, errors) = said(&world.turnpike(&words));
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.starts_with("http://127.0.0.1:"), "{out}");
    demo.signal(Signal::INT);
    assert_eq!(demo.end().0, Some(0));
    let folder = words[1];
    assert!(!std::path::Path::new(folder).exists(), "{folder} is gone");
}

#[test]
fn it_opens_its_page_and_ends_with_whoever_started_it() {
    let world = World::offline();
    let script = "#!/bin/sh\ncp \"$1\" \"$HOME/page.new\"\nmv \"$HOME/page.new\" \"$HOME/page.html\"\n";
    world.script("xdg-open", script);
    let path = format!("{}:{}", world.home.path().display(), std::env::var("PATH").expect("a PATH"));
    let mut command = world.command(&["demo", "--open", "--until-closed"]);
    command.env("PATH", path).env("DISPLAY", ":99").stdin(Stdio::piped());
    let mut demo = Running::start(command);
    while !demo.line().starts_with("Turnpike opens in your browser") {}
    let page = world.left("page.html");
    assert!(page.contains("url=http://127.0.0.1:") && page.contains("/login#"), "{page}");
    while !demo.line().contains("turnpike --data-dir ") {}
    drop(demo.child.stdin.take());
    assert_eq!(demo.end().0, Some(0));
}
