//! `turnpike key`
//!
//! Through the running service, so that it takes effect at once; without one, directly on the keychain.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use turnpike_api::command::{ClearKey, KeyReport, KeyState, KeyStatus, SetKey};
use turnpike_api::{Command as _, SecretText};
use turnpike_control::{KeyChoice, Keys};
use turnpike_upstream::Upstream;

use crate::cli::{KeyAction, KeyStatusArgs};
use crate::exit::{Exit, Failure, as_sentence};
use crate::own;
use crate::place::Place;
use crate::runtime;

/// More than any key has.
const MOST_BYTES: u64 = 64 * 1024;

pub(crate) fn run(place: &Place, action: &KeyAction) -> Result<(), Failure> {
    match action {
        KeyAction::Status(args) => status(place, args),
        KeyAction::Set => set(place),
        KeyAction::Clear => clear(place),
    }
}

fn status(place: &Place, args: &KeyStatusArgs) -> Result<(), Failure> {
    let report = match place.service_if_running()? {
        Some(client) => client.call(&KeyStatus { check: args.check })?,
        None => directly(place, async |keys: &Keys| match upstream(place, args.check)? {
            Some(upstream) => Ok(keys.check(&upstream).await?),
            None => Ok(keys.look().await),
        })?,
    };
    let mut out = io::stdout();
    if args.json {
        writeln!(out, "{}", super::json(&report)?)?;
    } else if report.state == KeyState::Ready {
        writeln!(out, "{}", own::lines(&capitalised(&as_sentence(&report.message))))?;
    }
    if report.state == KeyState::Ready { Ok(()) } else { Err(Failure::of(Exit::Key, report.message)) }
}

fn set(place: &Place) -> Result<(), Failure> {
    // First of all, so that nobody types a key for nothing.
    let service = place.service_if_running()?;
    let key = ask_for_key()?;
    let (report, how) = match service {
        Some(client) => (client.call(&SetKey { key })?, "The running service uses it from now on."),
        None => {
            let report = directly(place, async |keys: &Keys| Ok(keys.set(&key).await?))?;
            place.keep(SetKey::NAME, &());
            (report, "The service will use it when it starts.")
        }
    };
    tell(&report, how)
}

fn clear(place: &Place) -> Result<(), Failure> {
    let (report, how) = match place.service_if_running()? {
        Some(client) => (client.call(&ClearKey::default())?, "The running service has forgotten it too."),
        None => {
            let report = directly(place, async |keys: &Keys| Ok(keys.clear().await?))?;
            place.keep(ClearKey::NAME, &());
            (report, "")
        }
    };
    if report.state == KeyState::Ready {
        return tell(&report, "");
    }
    Ok(writeln!(io::stdout(), "The key was removed from the keychain. {how}")?)
}

fn tell(report: &KeyReport, how: &str) -> Result<(), Failure> {
    let told = format!("{} {how}", own::lines(&capitalised(&as_sentence(&report.message))));
    Ok(writeln!(io::stdout(), "{}", told.trim_end())?)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Works on the key store in this process, since no service runs.
pub(super) fn directly(
    place: &Place,
    work: impl AsyncFnOnce(&Keys) -> Result<KeyReport, Failure>,
) -> Result<KeyReport, Failure> {
    let url = super::base_url(place)?;
    runtime::start()?.block_on(async {
        let keys = Keys::open(&KeyChoice::Users, &place.data_dir, &url).await;
        work(&keys).await
    })
}

/// Who is asked about the key, if it is to be asked.
fn upstream(place: &Place, is_asked: bool) -> Result<Option<Upstream>, Failure> {
    if !is_asked {
        return Ok(None);
    }
    let upstream = Upstream::new(super::base_url(place)?.as_str());
    upstream.map(Some).map_err(|error| Failure::plain(error.to_string()))
}

/// From a hidden prompt where somebody can type, else from standard input. Never from the command line, where other
/// users could read it.
fn ask_for_key() -> Result<SecretText, Failure> {
    let unread = |error: io::Error| Failure::of(Exit::Key, format!("the key could not be read: {error}"));
    let text = if io::stdin().is_terminal() {
        rpassword::prompt_password("OpenRouter key (it is not shown): ").map_err(unread)?
    } else {
        let mut text = String::new();
        io::stdin().take(MOST_BYTES).read_to_string(&mut text).map_err(unread)?;
        text
    };
    if text.trim().is_empty() {
        let sentence = "no key was given: type or paste it, or send it to standard input. openrouter.ai/settings/keys \
                        makes one";
        return Err(Failure::of(Exit::Key, sentence));
    }
    Ok(SecretText::new(text))
}
