//! `turnpike map`
//!
//! With a running service the edit goes through it and is in force at once; without one it is made on the file. Either
//! way it is made for the text that was just read: somebody else's change in between is a conflict.

use std::io::{self, Write as _};
use std::time::Duration;

use turnpike_api::Command as _;
use turnpike_api::command::{AddMap, ListMaps, MapEntry, MapsReply, Probe, RemoveMap, RuleEntry, TestMap};
use turnpike_control::{catalogue, config_edit};
use turnpike_routing::resolve;
use turnpike_wire::money::NanoUsd;

use crate::cli::{MapAction, MapAddArgs};
use crate::exit::Failure;
use crate::own;
use crate::place::Place;
use crate::table::{Align, Table};

/// Seven questions at once, each of which may take two minutes.
const TEST_DEADLINE: Duration = Duration::from_secs(200);

pub(crate) fn run(place: &Place, action: MapAction) -> Result<(), Failure> {
    match action {
        MapAction::List { json } => list(place, json),
        MapAction::Test { name, json } => test(place, name, json),
        MapAction::Add(args) => add(place, args),
        MapAction::Rm { name } => remove(place, name),
    }
}

fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let reply = maps(place)?;
    let mut out = io::stdout();
    if json {
        return Ok(writeln!(out, "{}", super::json(&reply.maps)?)?);
    }
    if reply.maps.is_empty() && reply.rules.is_empty() {
        return Ok(writeln!(
            out,
            "No maps yet. Names with a slash are taken as slugs of OpenRouter; names of Claude's models go to the \
             defaults. Add one: {}",
            own::lines("turnpike map add '*opus*' openai/gpt-5.6-terra")
        )?);
    }
    if !reply.rules.is_empty() {
        let columns = ["rule", "when", "target", "fallback", "tested"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for RuleEntry { name, when, target, fallback, conformance } in reply.rules {
            let when = if when.is_empty() { "always".to_owned() } else { when };
            let name = name.unwrap_or_default();
            table.row([name, when, target, fallback.join(", "), conformance.unwrap_or_default()]);
        }
        table.write(&mut out)?;
        writeln!(out)?;
    }
    let columns = ["map", "target", "fallback", "tested"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for MapEntry { name, target, fallback, conformance } in reply.maps {
        table.row([name, target, fallback.join(", "), conformance.unwrap_or_default()]);
    }
    Ok(table.write(&mut out)?)
}

fn test(place: &Place, name: String, json: bool) -> Result<(), Failure> {
    let client = place.service()?.with_timeout(TEST_DEADLINE);
    let mut out = io::stdout();
    if !json {
        writeln!(out, "Asking {name} seven small questions; that costs a few cents at most.")?;
    }
    let result = client.call(&TestMap { name })?;
    if json {
        return Ok(writeln!(out, "{}", super::json(&result)?)?);
    }
    let mut table = Table::new(&[("probe", Align::Left), ("", Align::Left), ("seen", Align::Left)]);
    for Probe { name, passed, seen, mended, .. } in result.probes {
        let mended =
            if mended.is_empty() { String::new() } else { format!("; mended: {}", mended.join(", ")) };
        table.row([name, if passed { "yes" } else { "no" }.to_owned(), format!("{seen}{mended}")]);
    }
    table.write(&mut out)?;
    Ok(writeln!(out, "{} · cost {}", result.slug, NanoUsd(result.cost_nanos).display())?)
}

fn maps(place: &Place) -> Result<MapsReply, Failure> {
    match place.service_if_running()? {
        Some(client) => Ok(client.call(&ListMaps::default())?),
        None => Ok(config_edit::maps_in(&place.config_file())?),
    }
}

fn add(place: &Place, args: MapAddArgs) -> Result<(), Failure> {
    let MapAddArgs { name, target, fallback, first } = args;
    let told = format!("{name} → {target}");
    let at = first.then_some(0);
    let unknown = unknown_models(place, std::iter::once(&target).chain(&fallback))?;
    let map = MapEntry { name, target, fallback, conformance: None };
    match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListMaps::default())?.revision;
            client.call(&AddMap { revision, map, at })?;
        }
        None => {
            let file = place.config_file();
            let revision = file.load()?.revision;
            let request = AddMap { revision: revision.as_str().to_owned(), map, at };
            file.edit(&revision, &config_edit::adding(&request))?;
            place.keep(AddMap::NAME, &request);
        }
    }
    writeln!(io::stdout(), "{told}")?;
    for model in unknown {
        writeln!(
            io::stderr(),
            "⚠ {model} is not in the catalogue: requests will fail unless OpenRouter knows it. Look for it with: \
             turnpike models search"
        )?;
    }
    Ok(())
}

/// Those of the models that nobody offers, as far as is known: without a fetched catalogue only what can be no slug.
fn unknown_models<'m>(
    place: &Place,
    models: impl Iterator<Item = &'m String>,
) -> Result<Vec<String>, Failure> {
    let base = super::base_url(place)?;
    let (catalogue, fetched) = catalogue::offline(&place.data_dir, base.as_str());
    let is_unknown = |model: &&String| {
        let slug = resolve(model);
        !catalogue.has(slug) && (fetched.is_some() || !slug.contains('/'))
    };
    Ok(models.filter(is_unknown).cloned().collect())
}

fn remove(place: &Place, name: String) -> Result<(), Failure> {
    let told = format!("{name} is mapped no more.");
    match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListMaps::default())?.revision;
            client.call(&RemoveMap { revision, name })?;
        }
        None => {
            let file = place.config_file();
            let revision = file.load()?.revision;
            file.edit(&revision, &config_edit::removing(&name))?;
            let revision = revision.as_str().to_owned();
            place.keep(RemoveMap::NAME, &RemoveMap { revision, name });
        }
    }
    Ok(writeln!(io::stdout(), "{told}")?)
}
