//! `turnpike service`: the service at each login, without a desktop.

mod system;

use std::fs;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use turnpike_api::Client;
use turnpike_api::command::{KeyState, Status};

use crate::cli::ServiceAction;
use crate::exit::{Exit, Failure, as_sentence};
use crate::place::Place;
use crate::unit::{Supervisor, Unit, is_ours};
use system::{Lingering, ask, do_all};

/// How long the service may take until it answers.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(50);

pub(crate) fn run(place: &Place, action: &ServiceAction) -> Result<(), Failure> {
    if !place.data_dir.is_default() {
        let sentence = "a unit is made for the default data folder alone: leave out --data-dir and TURNPIKE_DATA_DIR, or \
                        write a unit of your own that runs `turnpike --data-dir … serve`";
        return Err(Failure::plain(sentence));
    }
    let unit = system::unit(place)?;
    match action {
        ServiceAction::Install => install(place, &unit),
        ServiceAction::Remove => remove(&unit),
        ServiceAction::Status => status(place, &unit),
    }
}

fn install(place: &Place, unit: &Unit) -> Result<(), Failure> {
    let before = own_file(unit)?;
    system::reach(unit)?;
    let is_new = before.as_deref() != Some(&unit.content[..]);
    if is_new {
        write_file(unit)?;
    }
    let reloaded = if is_new { do_all(&unit.reload) } else { Ok(()) };
    let enabled = reloaded.and_then(|()| do_all(&unit.enable));
    if let Err(failure) = enabled {
        put_back(unit, before.as_deref());
        return Err(failure);
    }
    let file = unit.file.display();
    let mut out = io::stdout();
    match (ask(&unit.is_active).is_ok(), place.service_if_running()?) {
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
            do_all(&unit.start)?;
            let client = answering(place)?;
            writeln!(out, "The service runs, and {file} starts it at each login.")?;
            tell_key(&client)?;
        }
    }
    tell_lingering(&mut out)
}

fn remove(unit: &Unit) -> Result<(), Failure> {
    let mut out = io::stdout();
    if own_file(unit)?.is_none() {
        return Ok(writeln!(out, "No unit is installed: there is nothing to remove.")?);
    }
    // What is not known any more need not be disabled; whether it runs on is asked for below.
    let disabled = do_all(&unit.disable);
    if ask(&unit.is_active).is_ok() {
        disabled?;
    }
    let cannot =
        |error: io::Error| Failure::plain(format!("{} cannot be removed: {error}", unit.file.display()));
    fs::remove_file(&unit.file).map_err(cannot)?;
    system::remove_traces(unit);
    // Without a supervisor there is nothing that would have to know.
    drop(do_all(&unit.reload));
    Ok(writeln!(out, "The service is not started at login any more; {} is gone.", unit.file.display())?)
}

fn status(place: &Place, unit: &Unit) -> Result<(), Failure> {
    let mut out = io::stdout();
    let file = unit.file.display();
    let is_active = ask(&unit.is_active).is_ok();
    match own_file(unit)? {
        None => writeln!(out, "not installed: `turnpike service install` starts the service at each login")?,
        Some(content) if content == unit.content => writeln!(out, "installed: {file}")?,
        Some(_) => {
            writeln!(
                out,
                "installed: {file}, by another version or for another program: run `turnpike service install`"
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

/// What our file holds; `None` where there is none. One of somebody else's is left alone.
fn own_file(unit: &Unit) -> Result<Option<Vec<u8>>, Failure> {
    let file = unit.file.display();
    match fs::read(&unit.file) {
        Ok(content) if is_ours(&content) => Ok(Some(content)),
        Ok(_) => Err(Failure::plain(format!(
            "{file} is not of Turnpike's making and stays as it is: move it away, and run this again"
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::plain(format!("{file} cannot be read: {error}"))),
    }
}

fn write_file(unit: &Unit) -> Result<(), Failure> {
    let cannot =
        |error: io::Error| Failure::plain(format!("{} cannot be written: {error}", unit.file.display()));
    if let Some(folder) = unit.file.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    turnpike_settings::atomic::write(&unit.file, &unit.content).map_err(cannot)
}

/// As it was before a try that failed.
fn put_back(unit: &Unit, before: Option<&[u8]>) {
    let done = match before {
        Some(content) => turnpike_settings::atomic::write(&unit.file, content),
        None => fs::remove_file(&unit.file),
    };
    if done.is_ok() && before.is_none() {
        system::remove_traces(unit);
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

/// Systemd ends a user's services at the logout, unless told otherwise.
fn tell_lingering(out: &mut impl io::Write) -> Result<(), Failure> {
    if Supervisor::of_system() != Supervisor::Systemd {
        return Ok(());
    }
    let words = match system::lingering() {
        Lingering::On => "It runs on when you log out, since lingering is on.",
        Lingering::Off => "It ends when you log out. To let it run on: loginctl enable-linger",
        Lingering::Unknown => {
            "Whether it runs on when you log out is not known. To make sure: loginctl enable-linger"
        }
    };
    writeln!(out, "{words}")?;
    Ok(())
}
