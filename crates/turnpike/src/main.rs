//! `turnpike`: the service and its command line.

mod claude;
mod cli;
mod command;
mod exit;
mod own;
mod place;
mod runtime;
mod shell;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use exit::Failure;
use place::Place;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    own::called_with(cli.data_dir.as_deref());
    let place = || Place::resolve(cli.data_dir.clone());
    match cli.command {
        Command::Demo(args) => command::demo::run(&args),
        Command::Run(args) => command::run::run(&place()?, args),
        Command::Serve(args) => command::serve::run(place()?, args),
        Command::Service { action } => command::service::run(&place()?, &action),
        Command::Env(args) => command::env::run(&place()?, &args),
        Command::Claude { action } => command::claude::run(&place()?, &action),
        Command::Token { action } => command::token::run(&place()?, action.as_ref()),
        Command::Key { action } => command::key::run(&place()?, &action),
        Command::Login(args) => command::login::run(&place()?, &args),
        Command::Client { action } => command::client::run(&place()?, action),
        Command::Map { action } => command::map::run(&place()?, action),
        Command::Preset { action } => command::preset::run(&place()?, &action),
        Command::Import(args) => command::import::run(&place()?, args),
        Command::Models(args) => command::models::run(&place()?, &args),
        Command::Spend(args) => command::spend::run(&place()?, args),
        Command::Statusline => command::statusline::run(place()),
        Command::Audit(args) => command::audit::run(&place()?, &args),
        Command::Capture { action } => command::capture::run(&place()?, action),
        Command::Budget { json, action } => command::budget::run(&place()?, json, action),
        Command::Status(args) => command::status::run(&place()?, &args),
        Command::Start => command::power::start(&place()?),
        Command::Stop { service } => command::power::stop(&place()?, service),
        Command::Ledger { action } => command::ledger::run(&place()?, &action),
        Command::Backup(args) => command::backup::backup(&place()?, args),
        Command::Restore(args) => command::backup::restore(&place()?, &args),
        Command::Logs(args) => command::logs::run(&place()?, &args),
        Command::Doctor(args) => command::doctor::run(&place()?, &args),
        Command::Ui(args) => command::ui::run(&place()?, &args),
        Command::Completions(args) => command::completions::run(&args),
    }
}
