//! `turnpike models`

use std::io::{self, Write as _};

use turnpike_api::command::{Model, Models, ModelsReply};
use turnpike_control::catalogue;
use turnpike_routing::Catalogue;
use turnpike_upstream::Upstream;
use turnpike_wire::money::NanoUsd;

use crate::cli::ModelsArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;
use crate::table::{Align, Table, thousands};

pub(crate) fn run(place: &Place, args: &ModelsArgs) -> Result<(), Failure> {
    let words = match args.words.as_slice() {
        [first, rest @ ..] if first == "search" && !rest.is_empty() => rest,
        words => words,
    };
    let search = words.join(" ");
    let reply = match place.service_if_running()? {
        Some(client) => client.call(&Models { search: search.clone() })?,
        None => ModelsReply { models: Vec::new() },
    };
    // A service that has just started may not have the catalogue yet, and none may run: then it is fetched here.
    let reply = if reply.models.is_empty() { fetch(place, &search)? } else { reply };
    let mut out = io::stdout();
    if args.json {
        return Ok(writeln!(out, "{}", super::json(&reply.models)?)?);
    }
    if reply.models.is_empty() {
        return Err(Failure::plain(format!("no model has `{search}` in its slug or name: try fewer words")));
    }
    Ok(table(&reply.models).write(&mut out)?)
}

fn fetch(place: &Place, search: &str) -> Result<ModelsReply, Failure> {
    let url = super::base_url(place)?;
    let upstream = Upstream::new(url.as_str()).map_err(|error| Failure::plain(error.to_string()))?;
    let models = runtime::start()?.block_on(upstream.models());
    let models =
        models.map_err(|error| Failure::plain(format!("the catalogue cannot be fetched: {error}")))?;
    Ok(catalogue::search(&Catalogue::new(models), search))
}

fn table(models: &[Model]) -> Table {
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("window", Align::Right),
        ("in $/M", Align::Right),
        ("out $/M", Align::Right),
        ("abilities", Align::Left),
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
        ]);
    }
    table
}

fn price(nanos: Option<i64>) -> String {
    nanos.map_or_else(|| "varies".to_owned(), |nanos| NanoUsd(nanos).display())
}
