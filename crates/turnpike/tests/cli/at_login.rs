//! Starting at login as the page switches it: by the running service, which goes on. The tools of the system are those of `service`.

use std::fs;
use std::path::Path;

use turnpike_api::command::{AtLoginReply, SetAtLogin, ShowAtLogin, StartsAtLogin, Status};
use turnpike_api::{Client, ClientError};

use crate::service::{Home, SYSTEMCTL};
use crate::support::Running;

/// A service on the default data folder of a home, and a client of it.
struct Served {
    service: Running,
    client: Client,
}

// === impl Served ===

impl Served {
    /// Served by `program`, or by the one under test.
    fn start(home: &Home, program: Option<&Path>) -> Self {
        let service = Running::start(home.command(&["serve"], program));
        service.line();
        let client = Client::connect(&home.data().join("control.json")).expect("it answers");
        Self { service, client }
    }

    fn show(&self) -> AtLoginReply {
        self.client.call(&ShowAtLogin::default()).expect("told")
    }

    fn set(&self, is_on: bool) -> Result<AtLoginReply, ClientError> {
        self.client.call(&SetAtLogin { is_on })
    }
}

#[test]
fn the_service_is_started_at_login_and_no_more_and_runs_on() {
    let home = Home::new(SYSTEMCTL, "echo no");
    let served = Served::start(&home, None);
    let before = served.show();
    assert_eq!((before.is_on, before.starts, &before.problem), (false, Some(StartsAtLogin::Service), &None));
    assert_eq!(before.file.as_deref(), home.unit().to_str());
    assert!(!home.unit().exists());

    let on = served.set(true).expect("done");
    assert!(on.is_on && on.message.contains("loginctl enable-linger"), "{on:?}");
    let text = fs::read_to_string(home.unit()).expect("a unit");
    assert!(text.contains(&format!("ExecStart=\"{}\" serve", env!("CARGO_BIN_EXE_turnpike"))), "{text}");
    let wanted = home.unit().with_file_name("default.target.wants/turnpike.service");
    assert!(wanted.is_symlink());
    assert_eq!(served.set(true).expect("done"), on, "once more changes nothing");

    let off = served.set(false).expect("done");
    assert_eq!(off, before);
    assert!(!home.path().join(".config/systemd").exists(), "no trace is left");
    let asked = home.asked();
    assert!(asked.contains(&"--user enable turnpike.service".to_owned()), "{asked:?}");
    assert!(asked.contains(&"--user disable turnpike.service".to_owned()), "{asked:?}");
    let ended = |line: &String| line.contains("--user start") || line.contains("--now");
    assert!(!asked.iter().any(ended), "{asked:?}");
    assert!(served.client.call(&Status::default()).is_ok(), "it runs on");
}

#[test]
fn a_service_that_a_tray_has_started_is_started_by_the_tray() {
    let home = Home::new(SYSTEMCTL, "echo no");
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("turnpike");
    fs::copy(env!("CARGO_BIN_EXE_turnpike"), &program).expect("copied");
    let tray = folder.path().join("turnpike-tray");
    fs::write(&tray, "").expect("written");
    let served = Served::start(&home, Some(&program));
    assert_eq!(served.show().starts, Some(StartsAtLogin::Service), "this one was started otherwise");
    fs::write(home.data().join("tray-started.pid"), format!("{}\n", served.service.child.id()))
        .expect("written");
    let before = served.show();
    assert_eq!((before.is_on, before.starts), (false, Some(StartsAtLogin::Tray)));

    let entry = home.path().join(".config/autostart/Turnpike.desktop");
    let on = served.set(true).expect("done");
    assert_eq!((on.is_on, on.file.as_deref()), (true, entry.to_str()));
    let text = fs::read_to_string(&entry).expect("an entry");
    assert!(text.contains(&format!("Exec=\"{}\"\n", tray.display())), "{text}");
    let asked = home.asked();
    assert!(!asked.iter().any(|line| line.contains("enable")), "{asked:?}");

    assert_eq!(served.set(false).expect("done"), before);
    assert!(!entry.exists());
}

#[test]
fn where_nothing_can_be_started_at_login_it_says_what_to_do_instead() {
    let home = Home::new("#!/bin/sh\nexit 1\n", "exit 1");
    fs::remove_file(home.path().join("systemctl")).expect("removed");
    let mut command = home.command(&["serve"], None);
    command.env("PATH", home.path());
    let service = Running::start(command);
    service.line();
    let client = Client::connect(&home.data().join("control.json")).expect("it answers");
    let served = Served { service, client };
    let told = served.show();
    assert_eq!((told.is_on, told.starts, told.file.as_deref()), (false, None, None));
    assert!(told.problem.is_some_and(|problem| problem.contains("`turnpike serve`")));
    let refused = served.set(true).expect_err("refused").to_string();
    assert!(refused.contains("there is no systemd here"), "{refused}");
    assert!(!home.path().join(".config").exists());

    let other = home.world.command(&["serve"]);
    let service = Running::start(other);
    service.line();
    let client = Client::connect(&home.world.data.path().join("control.json")).expect("it answers");
    let told = client.call(&ShowAtLogin::default()).expect("told");
    assert!(told.problem.is_some_and(|problem| problem.contains("default data folder")));
    drop(Served { service, client });
}

impl Drop for Served {
    fn drop(&mut self) {
        self.service.signal(rustix::process::Signal::TERM);
        drop(self.service.child.wait());
    }
}
