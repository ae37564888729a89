//! `turnpike preset`
//!
//! With a running service the choice goes through it and is in force at once; without one it is made on the file, with
//! the catalogue that the data folder keeps.

use std::io::{self, Write as _};

use turnpike_api::Command as _;
use turnpike_api::command::{ListPresets, Preset, PresetRole, PresetsReply, UsePreset, UsedPreset};
use turnpike_control::{catalogue, presets};
use turnpike_wire::money::NanoUsd;

use crate::cli::PresetAction;
use crate::exit::{Failure, as_sentence};
use crate::own;
use crate::place::Place;
use crate::table::{Align, Table};

pub(crate) fn run(place: &Place, action: &PresetAction) -> Result<(), Failure> {
    match action {
        PresetAction::List { json } => list(place, *json),
        PresetAction::Show { name } => show(place, name),
        PresetAction::Use { name } => put_to_use(place, name),
    }
}

fn all(place: &Place) -> Result<PresetsReply, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(&ListPresets::default())?);
    }
    let (catalogue, fetched) = catalogue::offline(&place.data_dir, super::base_url(place)?.as_str());
    let checked = fetched.map(jiff::Timestamp::as_second);
    Ok(presets::list_in(&place.config_file(), &catalogue, checked)?)
}

fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let reply = all(place)?;
    let mut out = io::stdout();
    if json {
        return Ok(writeln!(out, "{}", super::json(&reply)?)?);
    }
    let mut table = Table::new(&[("preset", Align::Left), ("in use", Align::Left), ("", Align::Left)]);
    for preset in reply.presets {
        table.row([preset.name, if preset.is_in_use { "yes" } else { "" }.to_owned(), preset.about]);
    }
    Ok(table.write(&mut out)?)
}

fn show(place: &Place, name: &str) -> Result<(), Failure> {
    let reply = all(place)?;
    let known: Vec<String> = reply.presets.iter().map(|preset| preset.name.clone()).collect();
    let Some(preset) = reply.presets.into_iter().find(|preset| preset.name.eq_ignore_ascii_case(name)) else {
        return Err(Failure::plain(format!("there is no preset `{name}`; there are {}", known.join(", "))));
    };
    let mut out = io::stdout();
    let Preset { name, about, roles, notices, .. } = preset;
    writeln!(out, "{name}: {about}")?;
    let mut table = Table::new(&[
        ("role", Align::Left),
        ("model", Align::Left),
        ("in $/M", Align::Right),
        ("out $/M", Align::Right),
        ("Claude in", Align::Right),
        ("Claude out", Align::Right),
    ]);
    for role in roles {
        let PresetRole {
            role,
            slug,
            input_nanos_per_million: input,
            output_nanos_per_million: output,
            claude_input_nanos_per_million: claude_input,
            claude_output_nanos_per_million: claude_output,
        } = role;
        table.row([role, slug, price(input), price(output), price(claude_input), price(claude_output)]);
    }
    table.write(&mut out)?;
    let checked = match reply.checked.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        Some(checked) => {
            format!("the catalogue of {}", checked.to_zoned(jiff::tz::TimeZone::system()).date())
        }
        None => "the facts that came with this version; the catalogue was not fetched yet".to_owned(),
    };
    writeln!(out, "Checked against {checked}. Claude's prices are Anthropic's list prices.")?;
    notices.iter().try_for_each(|notice| writeln!(out, "⚠ {}", as_sentence(notice)))?;
    Ok(())
}

fn put_to_use(place: &Place, name: &str) -> Result<(), Failure> {
    let UsedPreset { notices, .. } = match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListPresets::default())?.revision;
            client.call(&UsePreset { revision, name: name.to_owned() })?
        }
        None => {
            let (catalogue, _) = catalogue::offline(&place.data_dir, super::base_url(place)?.as_str());
            let used = presets::use_in(&place.config_file(), name, &catalogue)?;
            place.keep(UsePreset::NAME, &serde_json::json!({ "name": name }));
            used
        }
    };
    let mut out = io::stdout();
    match name {
        "none" => writeln!(out, "No preset is in use any more.")?,
        name => writeln!(
            out,
            "{}",
            own::lines(&format!("{name} is in use. `turnpike preset show {name}` shows its models."))
        )?,
    }
    notices.iter().try_for_each(|notice| writeln!(out, "⚠ {}", as_sentence(notice)))?;
    Ok(())
}

fn price(nanos: Option<i64>) -> String {
    nanos.map_or_else(|| "varies".to_owned(), |nanos| NanoUsd(nanos).display())
}
