//! What `turnpike client` takes.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ClientAction {
    /// Add a client and print its token, this once
    Add(ClientAddArgs),
    /// List the clients with their limits and what they spent
    #[command(visible_alias = "ls")]
    List {
        /// Print JSON, with money in nano-dollars
        #[arg(long)]
        json: bool,
    },
    /// Give a client another token and print it; the old one is refused from here on
    Rotate {
        /// Its name
        name: String,
    },
    /// Take a client's token back: it is refused from here on, and what it has under way ends
    Revoke {
        /// Its name
        name: String,
        /// Also take its entry, with its limits, out of config.toml
        #[arg(long)]
        forget: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClientAddArgs {
    /// Its name, for lists, budgets and rules
    pub(crate) name: String,
    /// A model that may answer it, as a pattern like 'qwen/*' (quote it); may be repeated [default: all]
    #[arg(long, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Requests in a minute
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) per_minute: Option<u32>,
    /// Requests in an hour
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) per_hour: Option<u32>,
    /// Requests under way at once
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) parallel: Option<u32>,
    /// Dollars of a day
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    pub(crate) daily: Option<String>,
    /// Dollars of a week
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    pub(crate) weekly: Option<String>,
    /// Dollars of a month
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    pub(crate) monthly: Option<String>,
    /// What happens when they are used up: warn or stop [default: as for everybody]
    #[arg(long, value_parser = ["warn", "stop"])]
    pub(crate) action: Option<String>,
}
