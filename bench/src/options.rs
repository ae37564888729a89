//! What the program is told.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measures release builds side by side on loopback.
#[derive(Debug, Parser)]
#[command(name = "turnpike-bench", version)]
pub struct Options {
    /// The release build of the service.
    #[arg(long, global = true, default_value = "target/release/turnpike")]
    pub turnpike: PathBuf,
    /// The release build of the simulator.
    #[arg(long, global = true, default_value = "target/release/turnpike-sim")]
    pub simulator: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The rounds of all scenarios, then the table.
    Run(Run),
    /// A long mixed load that must lose nothing and leak nothing.
    Soak(Soak),
}

/// How the rounds are run.
#[derive(Debug, Args)]
pub struct Run {
    /// Short rounds, for a look within three minutes.
    #[arg(long)]
    pub quick: bool,
    /// The folder that scripts/install-bench-peers.sh filled; without, no peers but nginx.
    #[arg(long)]
    pub peers: Option<PathBuf>,
    /// Only these scenarios, by their ids, such as `S1,S6,memory`.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// The order of the turns; by default the clock decides, and the table says it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where the table goes.
    #[arg(long, default_value = "target/bench.md")]
    pub output: PathBuf,
}

/// How long the long load is.
#[derive(Debug, Args)]
pub struct Soak {
    /// Seconds of load.
    #[arg(long, default_value_t = 1800)]
    pub seconds: u64,
}

/// Tells who started the program how it goes.
pub fn say(line: &str) {
    // Nobody listening is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
