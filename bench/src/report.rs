//! The table, the stamp, and what fails the run.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::stats::{Latency, middle};

/// What the figures must stay under.
const MAX_START: Duration = Duration::from_millis(100);
const MAX_IDLE_KIB: u64 = 15 * 1024;
const MAX_ADDED_P50: Duration = Duration::from_micros(150);

/// The same question, three ways.
pub(crate) struct Compared {
    pub(crate) direct: Latency,
    /// Direct once more: how far two equal ways differ.
    pub(crate) again: Latency,
    pub(crate) through: Latency,
}

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) small: Compared,
    pub(crate) starts: Vec<Duration>,
    pub(crate) idle_kib: u64,
    pub(crate) busy_kib: u64,
    pub(crate) binary_bytes: u64,
    pub(crate) connections: usize,
    pub(crate) stamp: String,
}

// === impl Report ===

impl Report {
    fn added(&self) -> Duration {
        self.small.through.p50.saturating_sub(self.small.direct.p50.min(self.small.again.p50))
    }

    pub(crate) fn to_markdown(&self) -> String {
        let mut out = String::new();
        let us = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
        let ratio = self.small.through.p50.as_secs_f64() / self.small.direct.p50.as_secs_f64();
        let rows = [
            ("direct, p50 / p99", format!("{} / {}", us(self.small.direct.p50), us(self.small.direct.p99))),
            (
                "direct again (A/A), p50 / p99",
                format!("{} / {}", us(self.small.again.p50), us(self.small.again.p99)),
            ),
            (
                "through Turnpike, p50 / p99",
                format!("{} / {}", us(self.small.through.p50), us(self.small.through.p99)),
            ),
            ("added, p50 (must: 150 µs)", us(self.added())),
            ("through : direct, p50", format!("{ratio:.2}")),
            (
                "requests timed",
                (self.small.through.requests + self.small.direct.requests + self.small.again.requests)
                    .to_string(),
            ),
            (
                "exec to first /health, median of starts (must: 100 ms)",
                format!("{:.1} ms", middle(self.starts.clone()).as_secs_f64() * 1e3),
            ),
            ("resident before load (must: 15 MiB)", format!("{:.1} MiB", self.idle_kib as f64 / 1024.0)),
            ("resident after load", format!("{:.1} MiB", self.busy_kib as f64 / 1024.0)),
            ("binary, stripped", format!("{:.1} MiB", self.binary_bytes as f64 / 1024.0 / 1024.0)),
            ("upstream connections for 1,000 requests", self.connections.to_string()),
        ];
        out.push_str("| figure | measured |\n|---|--:|\n");
        for (figure, measured) in rows {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "| {figure} | {measured} |");
        }
        let _ = writeln!(out, "\n{}", self.stamp);
        out
    }

    /// Fails the run where a figure is missed.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(
            self.added() <= MAX_ADDED_P50,
            "it adds {:?} to a small request; at most 150 µs are allowed",
            self.added()
        );
        ensure!(middle(self.starts.clone()) <= MAX_START, "it starts in more than 100 ms");
        ensure!(
            self.idle_kib <= MAX_IDLE_KIB,
            "it holds {} KiB idle; at most 15 MiB are allowed",
            self.idle_kib
        );
        ensure!(
            self.connections <= 1,
            "{} upstream connections for requests in a row; one is enough",
            self.connections
        );
        Ok(())
    }
}

/// What was measured: hashes of the executables, and the machine.
pub(crate) fn stamp(programs: &[&Path]) -> Result<String> {
    let mut out = String::from("Executables (SHA-256):");
    for program in programs {
        let digest = Sha256::digest(std::fs::read(program)?);
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let _ = write!(out, " {name} {hex}…");
    }
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let _ = write!(out, "; {cores} cores.");
    Ok(out)
}

#[expect(clippy::print_stdout, reason = "the table is this program's output")]
pub(crate) fn print(table: &str) {
    println!("{table}");
}
