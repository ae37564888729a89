//! `turnpike models`

use std::io::{self, Write as _};
use std::sync::Arc;

use turnpike_api::command::{Model, Models, ModelsReply, RefreshModels, RefreshedModels};
use turnpike_control::catalogue;
use turnpike_routing::{Catalogue, KNOWN_ON};
use turnpike_upstream::Upstream;
use turnpike_wire::money::NanoUsd;

use crate::cli::ModelsArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;
use crate::table::{Align, Table, thousands};

pub(crate) fn run(place: &Place, args: &ModelsArgs) -> Result<(), Failure> {
    if matches!(args.words.as_slice(), [only] if only == "refresh") {
        let RefreshedModels { count, .. } = place.service()?.call(&RefreshModels::default())?;
        return Ok(writeln!(io::stdout(), "{count} models are on offer.")?);
    }
    let words = match args.words.as_slice() {
        [first, rest @ ..] if first == "search" && !rest.is_empty() => rest,
        words => words,
    };
    let search = words.join(" ");
    let reply = match place.service_if_running()? {
        Some(client) => client.call(&Models { search: search.clone() })?,
        None => fetch(place, &search)?,
    };
    let mut out = io::stdout();
    if args.json {
        return Ok(writeln!(out, "{}", super::json(&reply.models)?)?);
    }
    if reply.models.is_empty() {
        return Err(Failure::plain(format!("no model has `{search}` in its slug or name: try fewer words")));
    }
    Ok(table(&reply.models).write(&mut out)?)
}

/// Fetches the list; without a network what the data folder keeps of it, or came with the program, must do.
fn fetch(place: &Place, search: &str) -> Result<ModelsReply, Failure> {
    let url = super::base_url(place)?;
    let upstream = Upstream::new(url.as_str()).map_err(|error| Failure::plain(error.to_string()))?;
    let catalogue = match runtime::start()?.block_on(upstream.models()) {
        Ok(models) => Arc::new(Catalogue::new(models)),
        Err(error) => {
            let (catalogue, fetched) = catalogue::offline(&place.data_dir, url.as_str());
            let of = fetched.map_or_else(|| KNOWN_ON.to_owned(), |fetched| fetched.to_string());
            writeln!(
                io::stderr(),
                "turnpike: the catalogue cannot be fetched ({error}): this is the one of {of}"
            )?;
            catalogue
        }
    };
    Ok(catalogue::search(&catalogue, search))
}

fn table(models: &[Model]) -> Table {
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("window", Align::Right),
        ("in $/M", Align::Right),
        ("out $/M", Align::Right),
        ("abilities", Align::Left),
        ("tested", Align::Left),
        ("", Align::Left),
    ]);
    for model in models {
        table.row([
            model.slug.clone(),
            model.window.map_or_else(
                || "?".to_owned(),
                |window| thousands(i64::try_from(window).unwrap_or(i64::MAX)),
            ),
            price(model.input_nanos_per_million),
            price(model.output_nanos_per_million),
            model.abilities.join(", "),
            model.conformance.clone().unwrap_or_default(),
            remark(model),
        ]);
    }
    table
}

fn remark(model: &Model) -> String {
    let expires = model.expires.as_ref().map(|day| format!("gone after {day}"));
    let free = model.is_free.then(|| "free".to_owned());
    free.into_iter().chain(expires).collect::<Vec<_>>().join(", ")
}

fn price(nanos: Option<i64>) -> String {
    nanos.map_or_else(|| "varies".to_owned(), |nanos| NanoUsd(nanos).display())
}
