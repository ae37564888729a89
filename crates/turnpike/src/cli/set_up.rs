//! What can be written behind the commands that set the service and its key up.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Print the link and open nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// The browser is on another machine: OpenRouter shows a code, to be pasted here
    #[arg(long, conflicts_with = "print")]
    pub(crate) paste: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ServiceAction {
    /// Write the unit, have it started at each login, and start it now
    Install,
    /// End the service and take the unit away
    Remove,
    /// Say whether it is installed and runs, and whether it outlives your logout
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Keep a key in the system's keychain; it is asked for, or read from standard input, never from the command line
    Set,
    /// Say whether there is a key, and where it comes from
    Status(KeyStatusArgs),
    /// Remove the key from the system's keychain
    Clear,
}

#[derive(Debug, Args)]
pub(crate) struct KeyStatusArgs {
    /// Also ask the upstream whether it takes the key
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
