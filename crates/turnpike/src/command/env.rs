//! `turnpike env`

use std::io::{self, Write as _};

use turnpike_api::command::{Environment, EnvironmentReply};
use turnpike_control::client_environment;
use turnpike_control::shell_profile::{self, Home, ProfileError, Program};
use turnpike_routing::Catalogue;

use super::run::api_key;
use super::token;
use crate::cli::EnvArgs;
use crate::exit::{Exit, Failure};
use crate::place::Place;
use crate::shell::Shell;

pub(crate) fn run(place: &Place, args: &EnvArgs) -> Result<(), Failure> {
    let shell = args.shell.unwrap_or_else(|| Shell::of_user(std::env::var_os("SHELL").as_deref()));
    if args.install || args.remove {
        return profile(place, shell, args.install);
    }
    let mut reply = of(place)?;
    if args.api_key {
        api_key::fill(&mut reply.variables);
    }
    let lines = shell.export(&reply.variables).map_err(|error| Failure::plain(error.to_string()))?;
    for warning in &reply.warnings {
        let _ = writeln!(io::stderr(), "turnpike: {warning}.");
    }
    Ok(io::stdout().write_all(lines.as_bytes())?)
}

/// What clients need, from the service or, while none runs, as it will be.
pub(super) fn of(place: &Place) -> Result<EnvironmentReply, Failure> {
    match place.service_if_running()? {
        Some(client) => Ok(client.call(&Environment::default())?),
        None => without_service(place),
    }
}

/// Changes the shell's profile; a service is not needed for that.
fn profile(place: &Place, shell: Shell, is_install: bool) -> Result<(), Failure> {
    let known = shell.profile().ok_or_else(|| {
        Failure::of(
            Exit::Usage,
            "only bash, zsh, fish, nu and pwsh have a profile to install into: name one with --shell",
        )
    })?;
    let told = |error: ProfileError| Failure::plain(error.to_string());
    let path = known.profile(&Home::of_process().map_err(told)?);
    if is_install {
        let line = known.line(&Program::of_process(&place.data_dir)?).map_err(told)?;
        shell_profile::install(&path, &line).map_err(told)?;
        return Ok(writeln!(
            io::stdout(),
            "{} sets the environment of clients in new sessions.",
            path.display()
        )?);
    }
    shell_profile::remove(&path).map_err(told)?;
    Ok(writeln!(io::stdout(), "{} is as it was before.", path.display())?)
}

/// What it will be once the service runs: address and token are known before.
fn without_service(place: &Place) -> Result<EnvironmentReply, Failure> {
    let config = place.config_file().load()?.config;
    let address = config.proxy.listen.address();
    if address.port() == 0 {
        let sentence =
            "the service is not running, and its port is not known before: start it with `turnpike serve`";
        return Err(Failure::of(Exit::NotRunning, sentence));
    }
    let token = token::of(place)?;
    let url = format!("http://{address}");
    let mut reply =
        client_environment::of_client(&url, token.secret().expose(), None, &config, &Catalogue::default());
    reply.warnings.push("the service is not running: start it with `turnpike serve`".to_owned());
    Ok(reply)
}
