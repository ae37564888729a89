//! What `turnpike budget` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum BudgetAction {
    /// Every budget and how it stands
    Show {
        /// Print JSON, with money in nano-dollars
        #[arg(long)]
        json: bool,
    },
    /// Set a budget in config.toml
    Set(BudgetSetArgs),
    /// Raise a budget until it starts anew; config.toml stays as it is
    Raise(BudgetRaiseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BudgetSetArgs {
    /// Dollars, such as 5 or 7.50; `none` removes the budget
    #[arg(allow_negative_numbers = true)]
    pub(crate) amount: String,
    /// What happens when it is used up: warn, or stop (requests are refused until it starts anew)
    #[arg(long, value_parser = ["warn", "stop"])]
    pub(crate) action: Option<String>,
    #[command(flatten)]
    pub(crate) target: BudgetTarget,
}

#[derive(Debug, Args)]
pub(crate) struct BudgetRaiseArgs {
    /// By how many dollars
    #[arg(allow_negative_numbers = true)]
    pub(crate) amount: String,
    #[command(flatten)]
    pub(crate) target: BudgetTarget,
}

#[derive(Debug, Args)]
pub(crate) struct BudgetTarget {
    /// For how long: daily, weekly or monthly
    #[arg(long, value_parser = ["daily", "weekly", "monthly"], default_value = "daily")]
    pub(crate) period: String,
    /// The budget of the client with this name
    #[arg(long, value_name = "NAME", conflicts_with = "project")]
    pub(crate) client: Option<String>,
    /// The budget of sessions that work in this folder or below it
    #[arg(long, value_name = "FOLDER")]
    pub(crate) project: Option<PathBuf>,
}
