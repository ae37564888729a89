//! A data folder, a simulated OpenRouter, and a program that stands where the tray expects the service's.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use turnpike_api::command::StatusReply;
use turnpike_sim::{Sim, SimConfig, SimHandle};
use turnpike_tray_core::driver::{Driver, Place, Report, Service, Standing};

/// How long a test waits for something that must come.
const DEADLINE: Duration = Duration::from_secs(40);
/// The version of the program under test.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What one test works with.
pub(crate) struct World {
    folder: tempfile::TempDir,
    sim: SimHandle,
    /// The simulator lives on it.
    _runtime: tokio::runtime::Runtime,
}

/// A tray without a screen.
pub(crate) struct Tray {
    pub(crate) driver: Driver,
    reports: Receiver<Report>,
}

// === impl World ===

impl World {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let sim = runtime.block_on(async { Sim::start(SimConfig::default()) }).expect("a simulator");
        let world = Self { folder: tempfile::tempdir().expect("a folder"), sim, _runtime: runtime };
        fs::create_dir(world.data()).expect("a data folder");
        let upstream = world.sim.base_url();
        world.write_config(&format!(
            "[proxy]\nlisten = \"127.0.0.1:0\"\n[upstream]\nbase_url = \"{upstream}\"\n"
        ));
        world.write_program("exec \"$@\"");
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::write(self.data().join("config.toml"), text).expect("written");
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("turnpike")
    }

    /// Puts a program where the service's is looked for: `"$@"` is the real one with its arguments. It counts its
    /// starts, and no key or keychain of this machine gets in.
    pub(crate) fn write_program(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let (real, starts) = (env!("CARGO_BIN_EXE_turnpike"), self.folder.path().join("starts"));
        let text = format!(
            "#!/bin/sh\necho start >> '{}'\nset -- env -i PATH=\"$PATH\" HOME='{}' OPENROUTER_API_KEY=sk-or-v1-test \
             '{real}' \"$@\"\n{script}\n",
            starts.display(),
            self.folder.path().display(),
        );
        // Written aside and moved: a script that is open for writing cannot be started.
        let aside = self.folder.path().join("program.new");
        fs::write(&aside, text).expect("written");
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o700)).expect("executable");
        fs::rename(aside, self.program()).expect("moved");
    }

    /// How often the program was started.
    pub(crate) fn starts(&self) -> usize {
        fs::read_to_string(self.folder.path().join("starts")).map_or(0, |text| text.lines().count())
    }

    pub(crate) fn place(&self) -> Place {
        Place::new(self.data(), self.program())
    }

    /// A tray of that version.
    pub(crate) fn tray(&self, version: &str) -> Tray {
        let (sender, reports) = channel();
        let (driver, _) = Driver::start(self.place(), version, move |report| drop(sender.send(report)));
        Tray { driver, reports }
    }

    /// Lets a tray start a service, and then be gone without a word.
    pub(crate) fn leave_running(&self) -> StatusReply {
        let tray = self.tray(VERSION);
        let status = tray.up(None);
        tray.driver.leave();
        status
    }

    /// A request whose answer comes slowly, read by a thread: the whole stream when it is done.
    pub(crate) fn slow_request(&self, status: &StatusReply) -> std::thread::JoinHandle<String> {
        let token = fs::read_to_string(self.data().join("token")).expect("a token");
        let url = format!("{}/v1/messages", status.data_plane);
        let body = r#"{"model":"sim/text+words=160+delay=50ms","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"Go."}]}"#;
        std::thread::spawn(move || {
            let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
            let answer = agent
                .post(url)
                .header("authorization", format!("Bearer {}", token.trim()))
                .header("anthropic-version", "2023-06-01")
                .content_type("application/json")
                .send(body);
            answer.expect("an answer").body_mut().read_to_string().expect("a whole stream")
        })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Ok(client) = self.place().connect() {
            signal(client.control_file().pid, Signal::KILL);
        }
    }
}

// === impl Tray ===

impl Tray {
    /// Waits for a report that `wanted` makes something of.
    pub(crate) fn wait<T>(&self, what: &str, mut wanted: impl FnMut(Report) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.reports.recv_timeout(left) {
                Ok(report) => {
                    seen.push(format!("{report:?}"));
                    if let Some(found) = wanted(report) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{what}: it never came, but\n{}", seen.join("\n"))
                }
            }
        }
    }

    /// Waits until things stand so.
    pub(crate) fn standing(&self, what: &str, wanted: impl Fn(&Standing) -> bool) -> Standing {
        self.wait(what, |report| match report {
            Report::Standing(standing) if wanted(&standing) => Some(*standing),
            _ => None,
        })
    }

    /// Waits until a service other than `before` answers.
    pub(crate) fn up(&self, before: Option<&StatusReply>) -> StatusReply {
        let is_new = |status: &StatusReply| before.is_none_or(|before| before.instance != status.instance);
        let standing = self.standing("a service that answers", |standing| {
            standing.service == Service::Up && standing.status.as_ref().is_some_and(is_new)
        });
        standing.status.expect("it answers")
    }

    /// Waits until the tray may end.
    pub(crate) fn exit(&self) {
        self.wait("the end", |report| matches!(report, Report::Exit).then_some(()));
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process");
    rustix::process::kill_process(pid, signal).expect("sent");
}

/// Whether there is such a process.
pub(crate) fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process");
    rustix::process::test_kill_process(pid).is_ok()
}

/// Waits until something has come true.
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came true");
        std::thread::yield_now();
    }
}
