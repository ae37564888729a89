//! `turnpike serve`: its one line, its end, what it survives.

use std::io::Read as _;
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Running, World, said};

#[test]
fn it_prints_one_line_and_ends_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let world = World::new();
        let service = Running::start(world.command(&["serve"]));
        let line = service.line();
        let url = line.strip_prefix("turnpike: listening on http://127.0.0.1:").expect(&line);
        assert!(url.parse::<u16>().is_ok_and(|port| port > 0), "{line}");
        assert!(world.control_file().is_some());
        service.signal(signal);
        let (code, rest, errors) = service.end();
        assert_eq!((code, rest.len()), (Some(0), 0), "{errors}");
        assert!(world.control_file().is_none(), "control.json is gone");
    }
}

#[test]
fn a_closed_terminal_and_a_closed_output_do_not_end_it() {
    let world = World::new();
    let mut command = world.command(&["serve"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
    drop(child.stdout.take());
    // Its log is on standard error: once it says that it has started, its handlers are set.
    let mut errors = child.stderr.take().expect("piped");
    let mut log = String::new();
    while !log.contains("started") {
        let mut bytes = [0; 1_024];
        let count = errors.read(&mut bytes).expect("a log");
        assert_ne!(count, 0, "it ended: {log}");
        log.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    drop(errors);
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(pid, Signal::HUP).expect("sent");
    let (code, status, told) = said(&world.turnpike(&["status"]));
    assert_eq!(code, Some(0), "{told}");
    assert!(status.starts_with("● Running"), "{status}");
    rustix::process::kill_process(pid, Signal::TERM).expect("sent");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn a_second_one_is_refused_and_the_first_goes_on() {
    let world = World::new();
    let service = Running::start(world.command(&["serve"]));
    service.line();
    let (code, out, errors) = said(&world.turnpike(&["serve"]));
    assert_eq!((code, out.as_str()), (Some(6), ""));
    assert!(errors.contains(&format!("process {}", service.child.id())), "{errors}");
    assert_eq!(said(&world.turnpike(&["status"])).0, Some(0));
    service.signal(Signal::TERM);
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn stop_and_start_are_told_and_kept() {
    let world = World::new();
    let service = Running::start(world.command(&["serve", "--stopped"]));
    service.line();
    let state = || said(&world.turnpike(&["status"])).1.lines().next().unwrap_or_default().to_owned();
    assert!(state().starts_with("○ Stopped"), "{}", state());
    assert_eq!(said(&world.turnpike(&["start"])).0, Some(0));
    assert!(state().starts_with("● Running"), "{}", state());
    let (_, told, _) = said(&world.turnpike(&["stop"]));
    assert!(told.contains("turnpike start"), "{told}");
    let (code, _, errors) = said(&world.turnpike(&["run", "--", "true"]));
    assert!(code == Some(1) && errors.contains("turnpike start"), "{errors}");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn the_key_is_in_no_file_and_no_output() {
    let world = World::new();
    let service = Running::start(world.command(&["serve", "--log-level", "trace"]));
    service.line();
    for arguments in
        [&["status", "--json"][..], &["key", "status", "--check"], &["doctor"], &["env", "--shell", "sh"]]
    {
        let (_, out, errors) = said(&world.turnpike(arguments));
        assert!(!out.contains(crate::support::KEY) && !errors.contains(crate::support::KEY), "{arguments:?}");
    }
    service.signal(Signal::TERM);
    let (_, _, log) = service.end();
    assert!(!log.contains(crate::support::KEY));
    let folders = [world.data.path().to_owned(), world.data.path().join("logs")];
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            let found =
                bytes.windows(crate::support::KEY.len()).any(|part| part == crate::support::KEY.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}
