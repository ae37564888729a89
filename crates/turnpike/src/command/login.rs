//! `turnpike login`: a key from OpenRouter by way of the browser.
//!
//! The service does all of it; here a link is shown and a code may be typed. The key is seen by neither.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use turnpike_api::command::{BeginLogin, CancelLogin, FinishLogin, LoginReply, LoginState};
use turnpike_api::{ApiError, Client, ClientError, ErrorCode, Event, Happenings, SecretText};

use super::run::launch;
use super::ui;
use crate::cli::LoginArgs;
use crate::exit::{Exit, Failure, as_sentence};
use crate::own;
use crate::place::Place;
use crate::runtime;

/// How long the end of a login may take: OpenRouter's answer, and a keychain that asks its user.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) fn run(place: &Place, args: &LoginArgs) -> Result<(), Failure> {
    let client = match place.service_if_running()? {
        Some(client) => client,
        None => runtime::start()?.block_on(launch::service(place))?,
    };
    let client = client.with_timeout(PATIENCE);
    if args.paste || ui::is_far_away() { by_hand(&client) } else { by_browser(&client, args.print) }
}

/// The browser comes back to this machine by itself.
fn by_browser(client: &Client, only_print: bool) -> Result<(), Failure> {
    let with_browser = !only_print && ui::has_screen();
    // Listened to first: a browser that is logged in already may be back at once.
    let happenings = client.events()?;
    let begun = client.call(&BeginLogin { callback: true, redirect_file: with_browser })?;
    let link = begun.url.clone().unwrap_or_default();
    let is_open = begun.redirect_file.as_ref().is_some_and(|file| ui::opens(file.into()));
    let mut out = io::stdout();
    if is_open {
        writeln!(out, "Your browser asks whether Turnpike may have a key. If it does not, open this link:")?;
    } else {
        let _ = writeln!(io::stderr(), "Open this link on this machine and say yes:");
    }
    writeln!(out, "{link}")?;
    out.flush()?;
    let _ = writeln!(
        io::stderr(),
        "{}",
        own::lines("Waiting, for ten minutes. With a browser on another machine: turnpike login --paste")
    );
    told(wait(happenings, &link)?)
}

/// Waits until the login of that link is over.
fn wait(happenings: Happenings, link: &str) -> Result<LoginReply, Failure> {
    for event in happenings {
        let Event::Login { login } = event else { continue };
        match login.state {
            LoginState::Waiting if login.url.as_deref() != Some(link) => {
                return Err(Failure::plain("another login was begun meanwhile: go on with that one"));
            }
            LoginState::Waiting | LoginState::Working => {}
            LoginState::None => return Err(Failure::of(Exit::Key, "the login was given up")),
            LoginState::Done | LoginState::Failed => return Ok(login),
        }
    }
    Err(Failure::plain("the service ended before the login did: run `turnpike login` again"))
}

/// OpenRouter shows a code, and a person brings it here.
fn by_hand(client: &Client) -> Result<(), Failure> {
    let begun = client.call(&BeginLogin { callback: false, redirect_file: false })?;
    let _ = writeln!(io::stderr(), "Open this link in any browser and say yes:");
    let mut out = io::stdout();
    writeln!(out, "{}", begun.url.unwrap_or_default())?;
    out.flush()?;
    let mut lines = io::stdin().lock().lines();
    loop {
        let _ = write!(io::stderr(), "Code that it shows (or the address at which the browser ends): ");
        let Some(line) = lines.next() else {
            client.call(&CancelLogin::default())?;
            return Err(Failure::of(Exit::Key, "no code was given, so the login was given up"));
        };
        let code = SecretText::new(line.map_err(|error| Failure::plain(error.to_string()))?);
        match client.call(&FinishLogin { code }) {
            // A slip of the hand; the login still waits.
            Err(ClientError::Refused(ApiError { code: ErrorCode::Invalid, message, .. }))
                if io::stdin().is_terminal() =>
            {
                let _ = writeln!(io::stderr(), "{}", as_sentence(&message));
            }
            answered => return told(answered?),
        }
    }
}

fn told(login: LoginReply) -> Result<(), Failure> {
    if login.state != LoginState::Done {
        return Err(Failure::of(Exit::Key, login.message));
    }
    let mut letters = login.message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    Ok(writeln!(io::stdout(), "{}", as_sentence(&format!("{first}{}", letters.as_str())))?)
}
