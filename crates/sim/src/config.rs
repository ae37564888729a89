//! How a simulator is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The settings of one simulator.
#[derive(Clone)]
pub struct SimConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of recorded answers that `sim/replay=…` reads.
    pub recordings: Option<PathBuf>,
    /// Check each request against the upstream's contract. Without, a request is only scanned for model and
    /// stream, and only as far as its scenario needs it parsed.
    pub strict: bool,
    /// The keys that are let in. Empty: every key that begins with `sk-or-v1-`.
    pub keys: Vec<String>,
    /// How often `GET /generation` answers 404 before it knows a new generation.
    pub generation_lag: u32,
    /// Put the `sim/…` models into `GET /models`.
    pub list_scenarios: bool,
    /// What ordinary model names play: stage directions as behind `sim/`, for a demo `assistant+delay=15ms`.
    pub assistant: String,
    /// Journal entries that are kept; the oldest go first.
    pub journal_entries: usize,
    /// Bytes of request bodies that the journal keeps in all.
    pub journal_body_bytes: usize,
}

// === impl SimConfig ===

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            recordings: None,
            strict: true,
            keys: Vec::new(),
            generation_lag: 1,
            list_scenarios: true,
            assistant: "assistant".to_owned(),
            journal_entries: 20_000,
            journal_body_bytes: 64 << 20,
        }
    }
}

impl SimConfig {
    /// For benchmarks: no contract check, no bodies in the journal.
    #[must_use]
    pub fn fast() -> Self {
        Self { strict: false, journal_body_bytes: 0, ..Self::default() }
    }
}
