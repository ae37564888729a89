//! A home, a data folder and a simulated OpenRouter for the length of a test.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use turnpike_api::ControlFile;
use turnpike_sim::{Sim, SimConfig, SimHandle};

/// How long a test waits for something that must come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// Made up, and shaped like a key of OpenRouter.
pub(crate) const KEY: &str = "sk-or-v1-test-test-test-test-test-test-test-test-test-test-test-0000";

/// What one test works with. Nothing of the machine's own environment gets in.
pub(crate) struct World {
    pub(crate) home: tempfile::TempDir,
    pub(crate) data: tempfile::TempDir,
    sim: Option<(SimHandle, tokio::runtime::Runtime)>,
}

/// A program that runs beside the test, and its lines.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: mpsc::Receiver<String>,
}

// === impl World ===

impl World {
    /// Without an upstream: nothing listens where requests would go.
    pub(crate) fn offline() -> Self {
        let folder = || tempfile::tempdir().expect("a folder");
        let world = Self { home: folder(), data: folder(), sim: None };
        world.configure("");
        world
    }

    /// With a simulated OpenRouter.
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let sim = runtime.block_on(async { Sim::start(SimConfig::default()) }).expect("a simulator");
        let mut world = Self::offline();
        world.sim = Some((sim, runtime));
        world
    }

    /// The usual configuration, with so much more.
    pub(crate) fn configure(&self, more: &str) {
        let zone = zone_at_noon();
        let text = format!("[general]\ntimezone = \"{zone}\"\n[proxy]\nlisten = \"127.0.0.1:0\"\n{more}");
        self.write_config(&text);
    }

    /// What a program leaves in the home folder, once it is there.
    pub(crate) fn left(&self, name: &str) -> String {
        let (path, begun) = (self.home.path().join(name), Instant::now());
        loop {
            match fs::read_to_string(&path) {
                Ok(text) => return text,
                Err(error) => assert!(begun.elapsed() < DEADLINE, "{name}: {error}"),
            }
            std::thread::yield_now();
        }
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::write(self.data.path().join("config.toml"), text).expect("written");
    }

    /// Where the simulated OpenRouter is.
    pub(crate) fn upstream(&self) -> String {
        self.sim.as_ref().map_or("http://127.0.0.1:9/api/v1".to_owned(), |(sim, _)| sim.base_url())
    }

    /// `turnpike …` on this data folder, with a key and this upstream.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_turnpike"));
        command.args(arguments).env_clear().current_dir(self.home.path());
        let upstream = self.upstream();
        for (name, value) in [
            ("HOME", self.home.path().as_os_str()),
            ("PATH", &std::env::var_os("PATH").unwrap_or_default()),
            ("TURNPIKE_DATA_DIR", self.data.path().as_os_str()),
            ("OPENROUTER_API_KEY", KEY.as_ref()),
            ("OPENROUTER_BASE_URL", upstream.as_ref()),
        ] {
            command.env(name, value);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs `turnpike …` to its end.
    pub(crate) fn turnpike(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it can be started")
    }

    /// A script in the home folder that can be run by its path.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home.path().join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("executable");
        path
    }

    pub(crate) fn control_file(&self) -> Option<ControlFile> {
        ControlFile::read(&self.data.path().join("control.json")).ok()
    }

    /// All files of the home folder.
    pub(crate) fn home_files(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { below(&path, files) } else { files.push(path) }
            }
        }
        let mut files = Vec::new();
        below(self.home.path(), &mut files);
        files.sort();
        files
    }
}

impl Drop for World {
    /// Ends a service that `turnpike run` has left running, as it should.
    fn drop(&mut self) {
        if self.control_file().is_some() {
            self.turnpike(&["stop", "--service"]);
        }
    }
}

// === impl Running ===

impl Running {
    /// Starts it, and reads its standard output.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
        let (sender, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The next line.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line in time")
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process"), signal).expect("sent");
    }

    /// Waits for its end: its code, the lines that were left, what it said on standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>, String) {
        let mut errors = String::new();
        let mut err = self.child.stderr.take().expect("piped");
        err.read_to_string(&mut errors).expect("text");
        let status = self.child.wait().expect("an end");
        (status.code(), self.lines.try_iter().collect(), errors)
    }
}

/// A zone in which it is about noon: no day, week or month of it ends while a test runs.
fn zone_at_noon() -> String {
    // The names of these zones count westwards.
    match seconds() / 3_600 % 24 {
        12 => "UTC".to_owned(),
        hour @ 13.. => format!("Etc/GMT+{}", hour - 12),
        hour => format!("Etc/GMT-{}", 12 - hour),
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that goes").as_secs()
}

/// Runs a test that counts by days of UTC, and once more where it failed and another day has begun meanwhile.
pub(crate) fn in_one_day(test: fn()) {
    let day = || seconds() / 86_400;
    let begun = day();
    match std::panic::catch_unwind(test) {
        Ok(()) => {}
        Err(_) if day() != begun => test(),
        Err(failed) => std::panic::resume_unwind(failed),
    }
}

/// What a finished program said: `(code, stdout, stderr)`.
pub(crate) fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Waits until it is so; `what` is named where it never is.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < DEADLINE, "{what}");
        std::thread::yield_now();
    }
}
