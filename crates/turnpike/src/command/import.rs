//! `turnpike import`
//!
//! The settings are read here, in the environment of the person who asks. What is then written goes through the running
//! service, so that it is in force at once; without one it is written on the files.

use std::io::{self, IsTerminal as _, Write as _};

use turnpike_api::command::{
    ApplyImport, ImportFrom, ImportPlace, ImportPreview, KeyReport, KeyState, KeyStatus, SetKey,
};
use turnpike_api::{Command as _, SecretText};
use turnpike_control::catalogue;
use turnpike_control::import::{self, Import};

use super::key;
use crate::cli::ImportArgs;
use crate::exit::{Failure, as_sentence};
use crate::own;
use crate::place::Place;

/// What is said when nothing was found.
const NOTHING: &str = "Nothing was found to import. Looked at: ~/.claude-code-router/config.json, LiteLLM's config.yaml and \
                       .env in this folder, shells' profiles. Name another file: turnpike import PATH";

pub(crate) fn run(place: &Place, args: ImportArgs) -> Result<(), Failure> {
    let sought = sought(&args)?;
    let (catalogue, _) = catalogue::offline(&place.data_dir, super::base_url(place)?.as_str());
    let import = import::look(&place.config_file(), &sought, &catalogue)?;
    let mut out = io::stdout();
    if args.json {
        writeln!(out, "{}", super::json(&import.preview)?)?;
    } else if import.preview.sources.is_empty() {
        let Some(path) = args.path else {
            writeln!(out, "{NOTHING}")?;
            return tell("To know", &import.preview.notices);
        };
        return Err(Failure::plain(format!(
            "{} says nothing of keys, models or fallbacks that can be taken over: say whose settings it holds with \
             --from, or leave the path out to look where tools keep theirs",
            path.display()
        )));
    }
    let kept = match &import.key {
        Some(_) => Some(key_report(place)?),
        None => None,
    };
    let with_key = kept.as_ref().is_some_and(|kept| kept.state != KeyState::Ready || args.replace_key);
    if !args.json {
        show(&import.preview, kept.as_ref(), with_key)?;
    }
    if import.preview.text.is_empty() && !with_key {
        return Ok(());
    }
    if !(args.apply || (!args.json && is_wanted()?)) {
        if !args.json {
            writeln!(out, "{}", own::lines("Nothing was written. `turnpike import --apply` writes it."))?;
        }
        return Ok(());
    }
    let told = apply(place, sought, &import, with_key)?;
    if args.json { Ok(()) } else { Ok(writeln!(out, "{told}")?) }
}

fn sought(args: &ImportArgs) -> Result<ImportPlace, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::plain(format!("this folder is not known ({error}): go to another one")))?;
    let path = args.path.as_ref().map(|path| here.join(path).display().to_string());
    Ok(ImportPlace { from: args.from, path, folder: Some(here.display().to_string()) })
}

/// The preview: where from, what would be written, what would not.
fn show(preview: &ImportPreview, kept: Option<&KeyReport>, with_key: bool) -> Result<(), Failure> {
    let mut out = io::stdout();
    for source in &preview.sources {
        writeln!(out, "{}: {}", tool(source.from), source.path)?;
    }
    if preview.text.is_empty() {
        writeln!(out, "\nNothing of it goes into config.toml.")?;
    } else {
        writeln!(out, "\nThis goes into config.toml, behind what is there:\n\n{}", preview.text)?;
    }
    if let (Some(key), Some(kept)) = (&preview.key, kept) {
        let (masked, place) = (&key.masked, &key.found_in);
        match &kept.masked {
            _ if with_key => writeln!(out, "The key {masked} ({place}) goes into the keychain.")?,
            Some(own) if own == masked => writeln!(out, "The key {masked} ({place}) is in use already.")?,
            own => {
                let own = own.as_deref().unwrap_or_default();
                writeln!(out, "The key {own} stays; --replace-key takes {masked} ({place}) instead.")?;
            }
        }
    }
    tell("Left out", &preview.conflicts)?;
    tell("To know", &preview.notices)?;
    Ok(writeln!(out)?)
}

/// Sentences below a title, if there are any.
fn tell(title: &str, sentences: &[String]) -> Result<(), Failure> {
    if sentences.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout();
    writeln!(out, "\n{title}:")?;
    Ok(sentences.iter().try_for_each(|sentence| writeln!(out, "  {}", as_sentence(sentence)))?)
}

const fn tool(from: ImportFrom) -> &'static str {
    match from {
        ImportFrom::Ccr => "claude-code-router",
        ImportFrom::Litellm => "LiteLLM",
        ImportFrom::Env => ".env",
        ImportFrom::Shell => "shell",
    }
}

/// Asks, where somebody can answer.
fn is_wanted() -> Result<bool, Failure> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Ok(false);
    }
    let mut out = io::stdout();
    write!(out, "Write this? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn apply(place: &Place, sought: ImportPlace, import: &Import, with_key: bool) -> Result<String, Failure> {
    let preview = &import.preview;
    let service = place.service_if_running()?;
    // The key first: a keychain can refuse, and then nothing is changed.
    if let Some(found) = import.key.as_ref().filter(|_| with_key) {
        let key = SecretText::new(found.expose().to_owned());
        match &service {
            Some(client) => client.call(&SetKey { key })?,
            None => {
                let report = key::directly(place, async |keys| Ok(keys.set(&key).await?))?;
                place.keep(SetKey::NAME, &());
                report
            }
        };
    }
    if !preview.text.is_empty() {
        match &service {
            Some(client) => {
                let (revision, text) = (preview.revision.clone(), preview.text.clone());
                client.call(&ApplyImport { revision, place: sought, text, with_key: false })?;
            }
            None => {
                import::apply_in(&place.config_file(), import)?;
                place.keep(ApplyImport::NAME, &());
            }
        }
    }
    let key = if with_key { "; the key is in the keychain" } else { "" };
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (maps, rules) = (counted(preview.maps, "map"), counted(preview.rules, "rule"));
    Ok(format!("Written: {maps}, {rules}{key}."))
}

/// What is known of the key in use.
fn key_report(place: &Place) -> Result<KeyReport, Failure> {
    match place.service_if_running()? {
        Some(client) => Ok(client.call(&KeyStatus { check: false })?),
        None => key::directly(place, async |keys| Ok(keys.look().await)),
    }
}
