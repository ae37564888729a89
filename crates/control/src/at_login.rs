//! Starting at login: the service by a unit of the system, or the tray, which starts the service.
//!
//! The command line makes the same units without a service.

mod system;
mod tray;
pub mod unit;

use std::io;
use std::path::PathBuf;

use turnpike_api::command::{AtLoginReply, StartsAtLogin};
use turnpike_api::{ApiError, ErrorCode, Event};

use crate::core::Core;
pub use system::{
    Lingering, Running, content_if_ours, install, is_active, lingering, reach, remove, start, unit_of,
};
use unit::{Supervisor, Unit};

/// Why nothing was changed, or nothing can be; each a sentence.
#[derive(Debug, thiserror::Error)]
pub enum AtLoginError {
    /// The data folder is another than the default one.
    #[error(
        "a unit is made for the default data folder alone: leave out --data-dir and TURNPIKE_DATA_DIR, or write a unit of \
         your own that runs `turnpike serve` on this folder"
    )]
    OtherFolder,
    /// There is no home folder.
    #[error("there is no home folder: set HOME")]
    NoHome,
    /// The system does not tell where this program is.
    #[error("the path of this program is not known: {0}")]
    NoProgram(io::Error),
    /// The program's path has signs that no unit takes.
    #[error("the path of this program, {}, cannot stand in a unit: install Turnpike elsewhere", .0.display())]
    Unwritable(PathBuf),
    /// Somebody else's file stands there.
    #[error("{} is not of Turnpike's making and stays as it is: move it away, and run this again", .0.display())]
    Foreign(PathBuf),
    /// A file cannot be read, written or removed.
    #[error("{} cannot be {done}: {source}", file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What was to be done with it.
        done: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody starts units here; the sentence says what to do.
    #[error("{0}")]
    Unreachable(String),
    /// A tool of the system refused.
    #[error("`{command}` failed: {why}")]
    Refused {
        /// The command.
        command: String,
        /// Its words.
        why: String,
    },
}

/// How it stands. Blocks.
pub(crate) fn show(core: &Core) -> AtLoginReply {
    match look(core) {
        Ok(found) => found.reply(),
        Err(error) => AtLoginReply {
            is_on: false,
            starts: None,
            file: None,
            message: String::new(),
            problem: Some(error.to_string()),
        },
    }
}

/// Has the tray or the service started at login, or neither. What runs goes on. Blocks.
pub(crate) fn set(core: &Core, is_on: bool) -> Result<AtLoginReply, ApiError> {
    change(core, is_on).map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    tracing::info!(is_on, "what is started at login was changed");
    core.tell(Event::AtLogin { is_on });
    Ok(show(core))
}

/// What is there, and what would be.
struct Found {
    unit: Unit,
    tray: Option<tray::Entry>,
    starts: StartsAtLogin,
    has_unit: bool,
    has_entry: bool,
    /// Why neither can be made.
    problem: Option<AtLoginError>,
}

fn look(core: &Core) -> Result<Found, AtLoginError> {
    if !core.data_dir.is_default() {
        return Err(AtLoginError::OtherFolder);
    }
    let unit = unit_of(&core.data_dir)?;
    let has_unit = content_if_ours(&unit)?.is_some();
    let tray = tray::Entry::of_process()?;
    let has_entry = tray.as_ref().is_some_and(tray::Entry::is_there);
    let is_trays = has_entry || (!has_unit && tray.is_some() && tray::runs_this_service(&core.data_dir));
    let problem = if is_trays { None } else { reach(&unit).err() };
    let starts = if is_trays { StartsAtLogin::Tray } else { StartsAtLogin::Service };
    Ok(Found { unit, tray, starts, has_unit, has_entry, problem })
}

fn change(core: &Core, is_on: bool) -> Result<(), AtLoginError> {
    let found = look(core)?;
    if !is_on {
        if let (true, Some(entry)) = (found.has_entry, &found.tray) {
            entry.remove()?;
        }
        return remove(&found.unit, Running::GoesOn).map(drop);
    }
    match (found.starts, &found.tray) {
        (StartsAtLogin::Tray, Some(entry)) => entry.write(),
        _ => install(&found.unit).map(drop),
    }
}

// === impl Found ===

impl Found {
    fn reply(&self) -> AtLoginReply {
        let is_on = self.has_unit || self.has_entry;
        let can = is_on || self.problem.is_none();
        let file = match (self.starts, &self.tray) {
            (StartsAtLogin::Tray, Some(entry)) => entry.file(),
            _ => &self.unit.file,
        };
        AtLoginReply {
            is_on,
            starts: can.then_some(self.starts),
            file: can.then(|| file.display().to_string()),
            message: if can { self.sentence(is_on) } else { String::new() },
            problem: if can { None } else { self.problem.as_ref().map(ToString::to_string) },
        }
    }

    fn sentence(&self, is_on: bool) -> String {
        match (self.starts, is_on) {
            (StartsAtLogin::Tray, true) => {
                "The tray is started at each login, and the service with it.".to_owned()
            }
            (StartsAtLogin::Tray, false) => {
                "Your system can start the tray at each login, and the service with it.".to_owned()
            }
            (StartsAtLogin::Service, false) => {
                "Your system can start the service at each login, without a desktop too.".to_owned()
            }
            (StartsAtLogin::Service, true) => {
                let lingers = lingering_words().map_or_else(String::new, |words| format!(" {words}"));
                format!("Your system starts the service at each login.{lingers}")
            }
        }
    }
}

/// Whether the service runs on after the logout, in words. Systemd ends a user's services then, unless told otherwise;
/// `None` elsewhere. Asks the system.
#[must_use]
pub fn lingering_words() -> Option<&'static str> {
    if Supervisor::of_system() != Supervisor::Systemd {
        return None;
    }
    Some(match lingering() {
        Lingering::On => "It runs on when you log out, since lingering is on.",
        Lingering::Off => "It ends when you log out. To let it run on: `loginctl enable-linger`",
        Lingering::Unknown => {
            "Whether it runs on when you log out is not known. To make sure: `loginctl enable-linger`"
        }
    })
}
