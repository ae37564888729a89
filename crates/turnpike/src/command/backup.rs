//! `turnpike backup` and `turnpike restore`: the ledger and the configuration, as a folder. Keys and tokens are not in it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Zoned;
use turnpike_control::budget;
use turnpike_settings::StateFile;
use turnpike_settings::config::Config;

use crate::cli::{BackupArgs, RestoreArgs};
use crate::exit::{Exit, Failure};
use crate::place::Place;

const LEDGER: &str = "ledger.sqlite";
const CONFIG: &str = "config.toml";

pub(crate) fn backup(place: &Place, args: BackupArgs) -> Result<(), Failure> {
    let named = || PathBuf::from(format!("turnpike-backup-{}", now()));
    let folder = args.folder.unwrap_or_else(named);
    make(&folder).map_err(refused("make", &folder))?;
    let ledger = place.data_dir.ledger();
    let mut kept = Vec::new();
    if ledger.exists() {
        turnpike_ledger::backup(&ledger, &folder.join(LEDGER))
            .map_err(|error| Failure::plain(error.to_string()))?;
        kept.push("the ledger");
    }
    let config = place.data_dir.config();
    if config.exists() {
        fs::copy(&config, folder.join(CONFIG)).map_err(refused("copy", &config))?;
        kept.push("the configuration");
    }
    if kept.is_empty() {
        // Nothing was put into it.
        let _ = fs::remove_dir(&folder);
        let data_dir = place.data_dir.path().display();
        return Err(Failure::plain(format!(
            "there is nothing to keep in {data_dir}: neither a ledger nor a configuration"
        )));
    }
    Ok(writeln!(io::stdout(), "Kept {} in {}.", kept.join(" and "), folder.display())?)
}

pub(crate) fn restore(place: &Place, args: &RestoreArgs) -> Result<(), Failure> {
    let (ledger, config) = (args.folder.join(LEDGER), args.folder.join(CONFIG));
    if !ledger.exists() && !config.exists() {
        let folder = args.folder.display();
        return Err(Failure::plain(format!(
            "{folder} holds no backup: name a folder that `turnpike backup` made"
        )));
    }
    // While a service runs, its ledger is not to be taken from below it.
    let _lock = place.data_dir.lock()?;
    if config.exists() {
        let text = fs::read_to_string(&config).map_err(refused("read", &config))?;
        // Only looked at: loading it would keep a good copy beside it.
        Config::of_text(&text).map_err(|fault| {
            Failure::of(Exit::Config, format!("{} is no configuration: {}", config.display(), fault))
        })?;
    }
    let mut out = io::stdout();
    if ledger.exists() {
        let aside = turnpike_ledger::restore(&ledger, &place.data_dir.ledger())
            .map_err(|error| Failure::plain(error.to_string()))?;
        writeln!(out, "The ledger is restored.{}", kept(aside.as_deref()))?;
        let file = StateFile::new(place.data_dir.state());
        // A state that cannot be read is begun anew by the next start.
        if let Ok(mut state) = file.load() {
            budget::memory_of_restored(&place.data_dir.ledger(), &mut state.budget)
                .map_err(|error| Failure::plain(error.to_string()))?;
            file.save(&state).map_err(|error| Failure::plain(error.to_string()))?;
        }
    }
    if config.exists() {
        let aside = restore_config(&config, &place.data_dir.config())?;
        writeln!(out, "The configuration is restored.{}", kept(aside.as_deref()))?;
    }
    Ok(())
}

fn kept(aside: Option<&Path>) -> String {
    aside.map_or_else(String::new, |aside| format!(" The one before is kept: {}", aside.display()))
}

/// The one before is moved aside; where it is the same, nothing is done.
fn restore_config(from: &Path, to: &Path) -> Result<Option<PathBuf>, Failure> {
    let new = fs::read(from).map_err(refused("read", from))?;
    let aside = match fs::read(to) {
        Ok(old) if old == new => return Ok(None),
        Ok(_) => {
            let aside = PathBuf::from(format!("{}.before-restore-{}", to.display(), now()));
            fs::rename(to, &aside).map_err(refused("move aside", to))?;
            Some(aside)
        }
        Err(_) => None,
    };
    fs::write(to, new).map_err(refused("write", to))?;
    Ok(aside)
}

/// Seconds of now, as part of a name.
fn now() -> String {
    Zoned::now().strftime("%Y%m%d-%H%M%S").to_string()
}

fn refused(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::plain(format!("cannot {doing} {path}: {error}"))
}

#[cfg(unix)]
fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}
