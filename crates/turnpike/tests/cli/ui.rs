//! `turnpike ui`: how the link gets to a browser.

use std::fs;

use crate::support::{Running, World};

/// A case: its name, the command, the environment, what it says.
type Case = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)], &'static str);

fn serving() -> (World, Running) {
    let world = World::offline();
    let service = Running::start(world.command(&["serve"]));
    service.line();
    (world, service)
}

/// The code of a link to this world's control plane.
fn code(world: &World, link: &str) -> String {
    let address = world.control_file().expect("it runs").address;
    let code = link.trim().strip_prefix(&format!("http://{address}/login#"));
    code.expect("a link to the control plane").to_owned()
}

#[test]
fn the_code_reaches_the_browser_by_a_file_and_by_no_command_line() {
    let (world, _service) = serving();
    let bin = tempfile::tempdir().expect("a folder");
    let script = "#!/bin/sh\nmkdir \"$HOME/new\"\necho \"$@\" > \"$HOME/new/argv\"\n\
                  cp \"$1\" \"$HOME/new/page.html\"\nstat -c %a \"$1\" > \"$HOME/new/mode\"\n\
                  mv \"$HOME/new\" \"$HOME/opened\"\n";
    let opener = world.script("xdg-open", script);
    fs::rename(opener, bin.path().join("xdg-open")).expect("moved");
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").expect("a PATH"));
    let mut command = world.command(&["ui"]);
    let ran = command.env("PATH", path).env("DISPLAY", ":99").output().expect("it can be started");
    assert!(ran.status.success(), "{ran:?}");
    // The command does not wait for a slow opener.
    let read = |name: &str| world.left(&format!("opened/{name}"));
    let page = read("page.html");
    let link = page.split("url=").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let code = code(&world, link);
    assert_eq!(read("mode").trim(), "600");
    assert_eq!(code.len(), 64);
    assert!(!read("argv").contains(&code));
    assert!(!String::from_utf8_lossy(&ran.stdout).contains(&code));
}

#[test]
fn without_a_browser_the_link_is_printed() {
    let (world, _service) = serving();
    let rows: [Case; 4] = [
        ("asked for", &["ui", "--print"], &[("DISPLAY", ":99")], "once"),
        ("no screen", &["ui"], &[], "once"),
        (
            "over SSH",
            &["ui"],
            &[("DISPLAY", ":10"), ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")],
            "ssh -L ",
        ),
        ("an opener that fails", &["ui"], &[("DISPLAY", ":99"), ("PATH", "/nowhere")], "No browser"),
    ];
    for (name, arguments, variables, says) in rows {
        let ran =
            world.command(arguments).envs(variables.iter().copied()).output().expect("it can be started");
        assert!(ran.status.success(), "{name}: {ran:?}");
        let code = code(&world, &String::from_utf8_lossy(&ran.stdout));
        assert_eq!(code.len(), 64, "{name}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains(says), "{name}: {ran:?}");
    }
}
