//! How a simulator is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

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
    /// What a person answers on the page that asks for a key.
    pub sign_in: SignIn,
    /// How often `GET /generation` answers 404 before it knows a new generation.
    pub generation_lag: u32,
    /// How often it answers 503 before that.
    pub generation_outages: u32,
    /// It tells of another generation than it was asked for.
    pub generations_mixed_up: bool,
    /// Put the `sim/…` models into `GET /models`.
    pub list_scenarios: bool,
    /// What ordinary model names play: stage directions as behind `sim/`, for a demo `assistant+delay=15ms`.
    pub assistant: String,
    /// Journal entries that are kept; the oldest go first.
    pub journal_entries: usize,
    /// Bytes of request bodies that the journal keeps in all.
    pub journal_body_bytes: usize,
}

/// What a person answers on the page that asks for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignIn {
    /// Yes, at once.
    #[default]
    Approve,
    /// A page with two buttons: whoever clicks decides.
    Ask,
    /// No, at once.
    Deny,
    /// Yes, but so late that the code is of no use any more.
    TooLate,
}

// === impl SimConfig ===

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            recordings: None,
            strict: true,
            keys: Vec::new(),
            sign_in: SignIn::Approve,
            generation_lag: 1,
            generation_outages: 0,
            generations_mixed_up: false,
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

// === impl SignIn ===

impl FromStr for SignIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "approve" => Ok(Self::Approve),
            "ask" => Ok(Self::Ask),
            "deny" => Ok(Self::Deny),
            "too-late" => Ok(Self::TooLate),
            _ => Err("choose approve, ask, deny or too-late".to_owned()),
        }
    }
}
