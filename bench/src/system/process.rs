//! Processes pinned to a core, ended as a group, and what the kernel counts of them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process_group, setrlimit};

use crate::load::clock;
use crate::load::connection::Connection;
use crate::system::Way;

/// Core of the simulator and of the load.
pub const LOAD_CORE: &str = "0";
/// Core of what is measured.
pub const SERVICE_CORE: &str = "1";

/// A process with all that it started.
#[derive(Clone, Debug)]
pub struct Tree {
    root: u32,
}

/// A running program; dropping it ends its whole group.
#[derive(Debug)]
pub struct Program {
    child: Child,
}

/// A command pinned to a core, in a group and an environment of its own.
#[must_use]
pub fn pinned(core: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core).arg(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command
}

/// Puts this process on the load's core and lets it and its children open as many files as the kernel allows.
pub fn settle_here() {
    let own = std::process::id().to_string();
    let taskset = ["--all-tasks", "--cpu-list", "--pid", LOAD_CORE, &own];
    let _ = Command::new("taskset").args(taskset).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// A port of loopback that was free a moment ago.
///
/// # Errors
/// When none can be had.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

// === impl Program ===

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(mut command: Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        Ok(Self { child })
    }

    /// Its processes.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree { root: self.child.id() }
    }

    /// The first line of its output, which must be piped, that `find` makes something of.
    ///
    /// # Errors
    /// When the output ends before.
    pub fn first_line(&mut self, find: impl Fn(&str) -> Option<String>) -> Result<String> {
        let output = self.child.stdout.take().context("the output is not piped")?;
        for line in BufReader::new(output).lines() {
            if let Some(found) = find(&line?) {
                return Ok(found);
            }
        }
        bail!("a process ended before it was ready")
    }

    /// Waits until a port of it answers HTTP at all.
    ///
    /// # Errors
    /// When it ends, or is not ready in time; with the end of its log.
    pub fn wait_for_port(&mut self, port: u16, within: Duration, log: &Path) -> Result<()> {
        let end = Instant::now() + within;
        let address = format!("127.0.0.1:{port}");
        let why = loop {
            if let Some(status) = self.child.try_wait()? {
                break format!("it ended with {status}");
            }
            if Connection::new(&address).ask(&Way::get(&address, "/")).is_ok() {
                return Ok(());
            }
            if Instant::now() > end {
                break format!("no answer within {} s", within.as_secs());
            }
            clock::wait(Duration::from_millis(20));
        };
        let log = fs::read_to_string(log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(3).collect();
        bail!("{why}: {}", last.into_iter().rev().collect::<Vec<_>>().join(" / "))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.tree().signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

// === impl Tree ===

impl Tree {
    /// Lets none of its processes run until [`Tree::resume`]: others are measured meanwhile.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets them run again.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.root).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// The processes that live now.
    fn members(&self) -> Vec<u32> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // The name in brackets may hold anything: state, parent and group stand behind it.
            let mut behind = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
            let parent = behind.nth(1).and_then(|parent| parent.parse::<u32>().ok()).unwrap_or_default();
            let group = behind.next().and_then(|group| group.parse::<u32>().ok()).unwrap_or_default();
            parents.push((pid, parent, group));
        }
        let mut members = HashSet::from([self.root]);
        loop {
            let before = members.len();
            for (pid, parent, group) in &parents {
                if *group == self.root || members.contains(parent) {
                    members.insert(*pid);
                }
            }
            if members.len() == before {
                break;
            }
        }
        members.into_iter().collect()
    }

    /// Nanoseconds of a processor that all threads which live now have used.
    #[must_use]
    pub fn cpu_nanos(&self) -> u64 {
        let of_thread = |path: &Path| -> Option<u64> {
            fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
        };
        let threads = |pid: &u32| -> u64 {
            let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            entries.filter_map(|entry| of_thread(&entry.path())).sum()
        };
        self.members().iter().map(threads).sum()
    }

    /// Resident memory in KiB, shared pages counted for each process.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        self.members().iter().map(|pid| field(&format!("/proc/{pid}/status"), "VmRSS:")).sum()
    }

    /// Resident memory in KiB, shared pages divided among who shares them.
    #[must_use]
    pub fn proportional_kib(&self) -> u64 {
        self.members().iter().map(|pid| field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")).sum()
    }

    /// Files and sockets that are open.
    #[must_use]
    pub fn open_files(&self) -> usize {
        let of = |pid: &u32| fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        self.members().iter().map(of).sum()
    }
}

/// A number of kB in one of the kernel's tables.
fn field(path: &str, name: &str) -> u64 {
    let table = fs::read_to_string(path).unwrap_or_default();
    let line = table.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default()
}
