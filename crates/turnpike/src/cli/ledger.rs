//! Options of what looks after the ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The folder to make; without it, one in the current folder that is named after the time
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// A folder that `turnpike backup` made
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerAction {
    /// Look whether the file is sound and the sums are those of the rows; fails when they are not
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print each request, the oldest first: JSON lines, or CSV
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// From then on: a day, an instant, a length of time up to now, `today` …
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Up to then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// CSV instead of JSON lines
    #[arg(long)]
    pub(crate) csv: bool,
}
