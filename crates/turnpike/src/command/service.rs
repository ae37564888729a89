//! `turnpike service`: the service at each login, without a desktop.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use turnpike_api::Client;
use turnpike_api::command::{KeyState, Status};
use turnpike_control::at_login::unit::Unit;
use turnpike_control::at_login::{self, Running};

use crate::cli::ServiceAction;
use crate::exit::{Exit, Failure, as_sentence};
use crate::own;
use crate::place::Place;

/// How long the service may take until it answers.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(50);

pub(crate) fn run(place: &Place, action: &ServiceAction) -> Result<(), Failure> {
    let unit = at_login::unit_of(&place.data_dir)?;
    match action {
        ServiceAction::Install => install(place, &unit),
        ServiceAction::Remove => remove(&unit),
        ServiceAction::Status => status(place, &unit),
    }
}

fn install(place: &Place, unit: &Unit) -> Result<(), Failure> {
    let is_new = at_login::install(unit)?;
    let file = unit.file.display();
    let mut out = io::stdout();
    match (at_login::is_active(unit), place.service_if_running()?) {
        (true, _) if is_new => {
            writeln!(
                out,
                "{file} is replaced. The service runs on as it was started; when no request runs: {}",
                unit.restart
            )?;
        }
        (true, _) => writeln!(out, "{file} is in place already, and the service runs.")?,
        (false, Some(client)) => {
            let pid = client.control_file().pid;
            writeln!(
                out,
                "{file} starts the service at each login. It runs already (process {pid}), started otherwise, and goes on."
            )?;
            tell_key(&client)?;
        }
        (false, None) => {
            at_login::start(unit)?;
            let client = answering(place)?;
            writeln!(out, "The service runs, and {file} starts it at each login.")?;
            tell_key(&client)?;
        }
    }
    tell_lingering(&mut out)
}

fn remove(unit: &Unit) -> Result<(), Failure> {
    let mut out = io::stdout();
    if !at_login::remove(unit, Running::Ends)? {
        return Ok(writeln!(out, "No unit is installed: there is nothing to remove.")?);
    }
    Ok(writeln!(out, "The service is not started at login any more; {} is gone.", unit.file.display())?)
}

fn status(place: &Place, unit: &Unit) -> Result<(), Failure> {
    let mut out = io::stdout();
    let file = unit.file.display();
    let is_active = at_login::is_active(unit);
    match at_login::content_if_ours(unit)? {
        None => writeln!(
            out,
            "{}",
            own::lines("not installed: `turnpike service install` starts the service at each login")
        )?,
        Some(content) if content == unit.content => writeln!(out, "installed: {file}")?,
        Some(_) => {
            writeln!(
                out,
                "installed: {file}, by another version or for another program: run {}",
                own::lines("`turnpike service install`")
            )?;
        }
    }
    match place.service_if_running()? {
        Some(client) => {
            let by = if is_active { "by the unit" } else { "started otherwise" };
            writeln!(out, "running: process {}, {by}", client.control_file().pid)?;
            tell_lingering(&mut out)
        }
        None => Err(Failure::of(
            Exit::NotRunning,
            "the service is not running: start it with `turnpike serve`, or install the unit",
        )),
    }
}

/// Waits until the service that was just started answers.
fn answering(place: &Place) -> Result<Client, Failure> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match place.service() {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => {
                return Err(Failure::plain(format!(
                    "the service was started and does not answer ({error}): look at `turnpike logs` and at its unit's log"
                )));
            }
            Err(_) => std::thread::park_timeout(PERIOD),
        }
    }
}

fn tell_key(client: &Client) -> Result<(), Failure> {
    let key = client.call(&Status::default())?.key;
    if key.state != KeyState::Ready {
        let _ = writeln!(io::stderr(), "turnpike: {}", as_sentence(&key.message));
    }
    Ok(())
}

fn tell_lingering(out: &mut impl io::Write) -> Result<(), Failure> {
    if let Some(words) = at_login::lingering_words() {
        writeln!(out, "{words}")?;
    }
    Ok(())
}
