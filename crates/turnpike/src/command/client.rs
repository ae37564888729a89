//! `turnpike client`
//!
//! With a running service a change goes through it and is in force at once; without one it is made on the file.

use std::io::{self, Write as _};

use turnpike_api::Command as _;
use turnpike_api::command::{
    AddClient, ClientEntry, ClientLimits, ClientToken, ClientsReply, ListClients, RevokeClient, RotateClient,
};
use turnpike_control::clients;
use turnpike_ledger::LedgerReader;
use turnpike_settings::StateFile;
use turnpike_wire::money::NanoUsd;

use super::budget::amount;
use crate::cli::{ClientAction, ClientAddArgs};
use crate::exit::Failure;
use crate::own;
use crate::place::Place;
use crate::table::{Align, Table};

pub(crate) fn run(place: &Place, action: ClientAction) -> Result<(), Failure> {
    match action {
        ClientAction::List { json } => list(place, json),
        ClientAction::Add(args) => add(place, args),
        ClientAction::Rotate { name } => rotate(place, name),
        ClientAction::Revoke { name, forget } => revoke(place, name, forget),
    }
}

fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let reply = all(place)?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&reply.clients)?)?);
    }
    if reply.clients.is_empty() {
        return Ok(writeln!(
            out,
            "{}",
            own::lines(
                "No clients. The local token (`turnpike token`) is all there is. Add one: turnpike client add ci"
            )
        )?);
    }
    let mut table = Table::new(&[
        ("client", Align::Left),
        ("token", Align::Left),
        ("models", Align::Left),
        ("a minute", Align::Right),
        ("an hour", Align::Right),
        ("at once", Align::Right),
        ("running", Align::Right),
        ("today", Align::Right),
        ("this month", Align::Right),
    ]);
    for client in &reply.clients {
        let limit = |limit: Option<u32>| limit.map_or_else(|| "any".to_owned(), |limit| limit.to_string());
        let limits = &client.limits;
        table.row([
            client.name.clone(),
            if client.has_token { "yes" } else { "revoked" }.to_owned(),
            limits.models.as_ref().map_or_else(|| "all".to_owned(), |models| models.join(", ")),
            limit(limits.requests_per_minute),
            limit(limits.requests_per_hour),
            limit(limits.parallel_streams),
            client.running.to_string(),
            spent(client, "daily"),
            spent(client, "monthly"),
        ]);
    }
    Ok(table.write(&mut out)?)
}

/// What was spent in a period, of its cap where there is one.
fn spent(client: &ClientEntry, period: &str) -> String {
    let line = client.spent.iter().find(|line| line.period == period);
    let Some(line) = line else { return String::new() };
    let spent = NanoUsd(line.settled_nanos).display_about(line.is_approximate);
    match line.cap_nanos {
        None => spent,
        Some(cap) => format!("{spent} of {}", NanoUsd(cap).display()),
    }
}

/// As the service has them, or by the files when none runs.
fn all(place: &Place) -> Result<ClientsReply, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(&ListClients::default())?);
    }
    let state = StateFile::new(place.data_dir.state()).load().unwrap_or_default();
    // Without a ledger nothing was spent.
    let reader = LedgerReader::open(&place.data_dir.ledger()).ok();
    Ok(clients::list_in(&place.config_file(), reader.as_ref(), &state)?)
}

fn add(place: &Place, args: ClientAddArgs) -> Result<(), Failure> {
    let cap = |text: &Option<String>| text.as_deref().map(amount).transpose();
    let limits = ClientLimits {
        daily_nanos: cap(&args.daily)?.map(NanoUsd::nanos),
        weekly_nanos: cap(&args.weekly)?.map(NanoUsd::nanos),
        monthly_nanos: cap(&args.monthly)?.map(NanoUsd::nanos),
        action: args.action,
        models: (!args.models.is_empty()).then_some(args.models),
        requests_per_minute: args.per_minute,
        requests_per_hour: args.per_hour,
        parallel_streams: args.parallel,
    };
    let asked = |revision: String| AddClient { revision, name: args.name.clone(), limits: limits.clone() };
    let added = match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListClients::default())?.revision;
            client.call(&asked(revision))?
        }
        None => {
            let asked = asked(revision(place)?);
            let added = clients::add_in(&place.config_file(), &asked)?;
            place.keep(AddClient::NAME, &asked);
            added
        }
    };
    tell(&added)
}

fn rotate(place: &Place, name: String) -> Result<(), Failure> {
    let rotated = match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListClients::default())?.revision;
            client.call(&RotateClient { revision, name })?
        }
        None => {
            let asked = RotateClient { revision: revision(place)?, name };
            let rotated = clients::rotate_in(&place.config_file(), &asked)?;
            place.keep(RotateClient::NAME, &asked);
            rotated
        }
    };
    tell(&rotated)
}

fn revoke(place: &Place, name: String, forget: bool) -> Result<(), Failure> {
    let told = if forget {
        format!("Client {name} is gone, with its limits.")
    } else {
        format!("The token of client {name} lets nobody in any more; what it had under way ends.")
    };
    match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&ListClients::default())?.revision;
            client.call(&RevokeClient { revision, name, forget })?;
        }
        None => {
            let asked = RevokeClient { revision: revision(place)?, name, forget };
            clients::revoke_in(&place.config_file(), &asked)?;
            place.keep(RevokeClient::NAME, &asked);
        }
    }
    Ok(writeln!(io::stdout(), "{told}")?)
}

/// The token alone on standard output, so that it can be piped to where it belongs.
fn tell(made: &ClientToken) -> Result<(), Failure> {
    let name = &made.name;
    writeln!(
        io::stderr(),
        "The token of client {name}. It is shown this once; {} makes another.",
        own::lines(&format!("`turnpike client rotate {name}`"))
    )?;
    Ok(writeln!(io::stdout(), "{}", made.token.expose())?)
}

fn revision(place: &Place) -> Result<String, Failure> {
    Ok(place.config_file().load()?.revision.as_str().to_owned())
}
