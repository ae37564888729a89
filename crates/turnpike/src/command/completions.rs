//! `turnpike completions`

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::exit::Failure;

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "turnpike", &mut script);
    Ok(io::stdout().write_all(&script)?)
}
