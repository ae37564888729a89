//! Is it running, and how does it fare?

use serde::{Deserialize, Serialize};

use super::{CaptureStanding, ClaudeState, KeyReport};

/// Asks for everything that a tray or a person looks at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Status {}

/// How the service fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StatusReply {
    /// Version of the service.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Random name of this run of the service.
    pub instance: String,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Bytes of memory that it holds (resident set).
    #[serde(default)]
    pub memory_bytes: u64,
    /// Thousandths of one core that it used since it was asked last; 0 at first.
    #[serde(default)]
    pub cpu_permille: u64,
    /// Its data folder.
    pub data_dir: String,
    /// How a terminal calls the program for this data folder: `turnpike`, with `--data-dir` where that is not the default one.
    #[serde(default)]
    pub program: String,
    /// Whether requests are served.
    pub state: ProxyState,
    /// Base URL of the data plane.
    pub data_plane: String,
    /// Base URL of the control plane.
    pub control_plane: String,
    /// Base URL of the upstream.
    pub upstream: String,
    /// What is known of the OpenRouter key.
    pub key: KeyReport,
    /// The configuration in force.
    pub config: ConfigStanding,
    /// Whether rows get to the disk.
    pub ledger: LedgerStanding,
    /// What today cost; `None` when the ledger cannot answer.
    pub today: Option<Today>,
    /// What the upstream says of the key's money; `None` before it was asked.
    #[serde(default)]
    pub balance: Option<Balance>,
    /// Requests running now, oldest first.
    pub live: Vec<LiveRequest>,
    /// Whether Claude Code is connected; `None` when that cannot be told.
    #[serde(default)]
    pub claude: Option<ClaudeState>,
    /// Base URL of the page of the demo that runs beside it.
    #[serde(default)]
    pub demo: Option<String>,
    /// Whether bodies of requests are captured now.
    #[serde(default)]
    pub capture: CaptureStanding,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// What people should know, each a sentence with its remedy.
    pub notices: Vec<String>,
    /// The same of models that are gone, will be, or are left out for now: another one can be chosen.
    #[serde(default)]
    pub model_notices: Vec<String>,
}

// === impl StatusReply ===

impl StatusReply {
    /// How long the service has been up and what it takes, for people: `up 3 h 12 min, 34 MB, 1 % of a core`.
    #[must_use]
    pub fn takes(&self) -> String {
        let (megabytes, percent) = (self.memory_bytes / 1_000_000, self.cpu_permille / 10);
        format!("up {}, {megabytes} MB, {percent} % of a core", duration(self.uptime_seconds))
    }
}

fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Whether the data plane serves requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProxyState {
    /// It does.
    Running,
    /// It answers each request that it is stopped.
    Stopped,
    /// The service ends; streams in flight finish.
    ShuttingDown,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConfigStanding {
    /// The file.
    pub path: String,
    /// Which text of it is in force.
    pub revision: String,
    /// Why the file's present text is not in force: file, line, key and reason.
    pub refused: Option<String>,
}

/// Whether rows get to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LedgerStanding {
    /// They do.
    pub is_ok: bool,
    /// Why not, and what to do.
    pub problem: Option<String>,
    /// Rows that wait in memory.
    pub queued: u64,
    /// Rows that will never be in the ledger.
    pub lost: u64,
}

/// What the user's day cost so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Today {
    /// Settled requests.
    pub requests: i64,
    /// Nano-dollars, estimates included.
    pub cost_nanos: i64,
    /// Requests whose cost is an estimate, also those taken to cost nothing.
    #[serde(default)]
    pub estimates: i64,
    /// Today's cap in nano-dollars, where one is set, with what it was raised by.
    pub daily_cap_nanos: Option<i64>,
}

/// What the upstream says of the key's money: asked for every ten minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Balance {
    /// When it said so, Unix seconds.
    pub at: i64,
    /// The key's limit in nano-dollars, where it has one.
    pub limit_nanos: Option<i64>,
    /// What is left of that.
    pub limit_left_nanos: Option<i64>,
    /// When the limit begins anew: `daily`, `weekly`, `monthly`, or never.
    pub limit_reset: Option<String>,
    /// What is left of the account's credits; `None` for a key that may not read them, as most may not.
    pub credits_left_nanos: Option<i64>,
    /// Less than $10 of credits were ever bought: few free requests a day.
    pub is_free_tier: bool,
}

/// A request that runs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LiveRequest {
    /// Number of its row.
    pub id: i64,
    /// The model's name as the client wrote it.
    pub model: String,
    /// Slug it was sent to.
    pub target: String,
    /// Class of the request.
    pub class: String,
    /// Folder the session works in.
    pub project: Option<String>,
    /// The client's session.
    pub session: Option<String>,
    /// Name of the client whose token was shown.
    #[serde(default)]
    pub client: Option<String>,
    /// Milliseconds since it was accepted.
    pub running_ms: u64,
    /// Output tokens so far, by estimate.
    pub output_tokens_estimate: u64,
    /// Nano-dollars so far, by estimate: nothing of the prompt counts as cached. `None` where no price is known.
    #[serde(default)]
    pub cost_nanos_estimate: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_two_units() {
        for (seconds, text) in [(7, "7 s"), (90, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(duration(seconds), text);
        }
    }
}
