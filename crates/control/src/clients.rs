//! Clients with tokens of their own: edits of `config.toml`, which keeps the hash of a token and never the token.
//!
//! The command line makes the same edits itself when no service runs.

use jiff::Timestamp;
use turnpike_api::command::{
    AddClient, ClientEntry, ClientLimits, ClientToken, ClientsReply, Edited, RevokeClient, RotateClient,
};
use turnpike_api::{ApiError, ErrorCode, SecretText};
use turnpike_budget::Scope;
use turnpike_ledger::LedgerReader;
use turnpike_settings::config::{BudgetAction, Client, InlineTable, Value};
use turnpike_settings::{
    ClientToken as NewToken, Config, ConfigEdit, ConfigError, ConfigFile, Revision, State,
};
use turnpike_wire::money::NanoUsd;

use crate::budget::{self, Estimates};
use crate::config_edit::{self, api_error};
use crate::config_in_force;
use crate::core::Core;

/// All clients in force. Blocks on the disk.
pub(crate) fn list(core: &Core) -> ClientsReply {
    let now = core.config.now();
    let gate = core.proxy.budget();
    let live = core.proxy.live();
    let mut estimates = Estimates::of(core.ledger.reader());
    let entry = |client: &Client| {
        let running = live.iter().filter(|request| request.client.as_ref() == Some(&client.name)).count();
        ClientEntry {
            spent: budget::spent(&mut estimates, &gate.totals_of(&Scope::Client(client.name.clone()))),
            running: u64::try_from(running).unwrap_or(u64::MAX),
            ..of(client)
        }
    };
    let clients = now.config.clients.iter().map(entry).collect();
    ClientsReply { revision: now.revision.as_str().to_owned(), clients }
}

/// All clients of a file, for when no service runs; what they spent where there is a ledger to ask.
///
/// # Errors
/// When the file does not load.
pub fn list_in(
    file: &ConfigFile,
    ledger: Option<&LedgerReader>,
    state: &State,
) -> Result<ClientsReply, ConfigError> {
    let loaded = file.load()?;
    let mut counted =
        ledger.and_then(|reader| budget::counters(reader, &loaded.config, state, Timestamp::now()).ok());
    let mut estimates = ledger.map(Estimates::of);
    let entry = |client: &Client| {
        let scope = Scope::Client(client.name.clone());
        let lines = counted.as_mut().map(|counters| counters.totals_of(Timestamp::now(), &scope));
        let spent = lines.zip(estimates.as_mut()).map(|(lines, estimates)| budget::spent(estimates, &lines));
        ClientEntry { spent: spent.unwrap_or_default(), ..of(client) }
    };
    let clients = loaded.config.clients.iter().map(entry).collect();
    Ok(ClientsReply { revision: loaded.revision.as_str().to_owned(), clients })
}

pub(crate) fn add(core: &Core, asked: &AddClient) -> Result<ClientToken, ApiError> {
    let added = add_in(core.config.file(), asked)?;
    config_in_force::look_now(core);
    tracing::info!(client = asked.name, "a client was added");
    Ok(added)
}

pub(crate) fn rotate(core: &Core, asked: &RotateClient) -> Result<ClientToken, ApiError> {
    let rotated = rotate_in(core.config.file(), asked)?;
    config_in_force::look_now(core);
    tracing::info!(client = asked.name, "a client's token was replaced");
    Ok(rotated)
}

pub(crate) fn revoke(core: &Core, asked: &RevokeClient) -> Result<Edited, ApiError> {
    let before = core.config.file().load().ok().filter(|before| before.revision.as_str() == asked.revision);
    let edited = revoke_in(core.config.file(), asked)?;
    config_edit::note_undo(core, before, &edited);
    config_in_force::look_now(core);
    tracing::info!(client = asked.name, "a client's token was revoked");
    Ok(edited)
}

/// Adds a client to a file. Blocks on the disk.
///
/// # Errors
/// There is one of that name, a limit makes no sense, or somebody else has changed the file.
pub fn add_in(file: &ConfigFile, asked: &AddClient) -> Result<ClientToken, ApiError> {
    let config = load(file)?;
    if config.clients.iter().any(|client| client.name == asked.name) {
        let name = &asked.name;
        let message = format!(
            "there is a client `{name}` already: `turnpike client rotate {name}` gives it another token"
        );
        return Err(ApiError::new(ErrorCode::Conflict, message));
    }
    let made = NewToken::generate().map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    let path = format!("client[{}]", config.clients.len());
    let edit = ConfigEdit::Set { path, value: entry(asked, &made)? };
    told(file, &asked.revision, &edit, &asked.name, &made)
}

/// Gives a client of a file another token. Blocks on the disk.
///
/// # Errors
/// There is none of that name, or somebody else has changed the file.
pub fn rotate_in(file: &ConfigFile, asked: &RotateClient) -> Result<ClientToken, ApiError> {
    let place = place(&load(file)?, &asked.name)?;
    let made = NewToken::generate().map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    let value = Value::from(made.hash.to_hex());
    let edit = ConfigEdit::Set { path: format!("client[{place}].token_sha256"), value };
    told(file, &asked.revision, &edit, &asked.name, &made)
}

/// Takes the token of a client of a file back. Blocks on the disk.
///
/// # Errors
/// As [`rotate_in`].
pub fn revoke_in(file: &ConfigFile, asked: &RevokeClient) -> Result<Edited, ApiError> {
    let place = place(&load(file)?, &asked.name)?;
    let path =
        if asked.forget { format!("client[{place}]") } else { format!("client[{place}].token_sha256") };
    let revision = edit(file, &asked.revision, &ConfigEdit::Unset { path })?;
    Ok(Edited { revision })
}

fn told(
    file: &ConfigFile,
    revision: &str,
    change: &ConfigEdit,
    name: &str,
    made: &NewToken,
) -> Result<ClientToken, ApiError> {
    let revision = edit(file, revision, change)?;
    let token = SecretText::new(made.secret.expose().to_owned());
    Ok(ClientToken { name: name.to_owned(), token, revision })
}

fn edit(file: &ConfigFile, revision: &str, change: &ConfigEdit) -> Result<String, ApiError> {
    let revision: Revision = serde_json::from_value(revision.into())
        .map_err(|_| ApiError::new(ErrorCode::Invalid, "that is no revision"))?;
    let loaded = file.edit(&revision, change).map_err(|error| api_error(&error))?;
    Ok(loaded.revision.as_str().to_owned())
}

fn load(file: &ConfigFile) -> Result<Config, ApiError> {
    let loaded = file.load().map_err(|error| ApiError::new(ErrorCode::Config, error.to_string()))?;
    Ok(loaded.config)
}

fn place(config: &Config, name: &str) -> Result<usize, ApiError> {
    config.clients.iter().position(|client| client.name == name).ok_or_else(|| {
        let name: String = name.chars().take(80).collect();
        let message = format!("there is no client `{name}`: `turnpike client list` shows those there are");
        ApiError::new(ErrorCode::NotFound, message)
    })
}

/// A client as the file has it.
fn of(client: &Client) -> ClientEntry {
    let nanos = |cap: Option<NanoUsd>| cap.map(NanoUsd::nanos);
    let action = client.action.map(|action| match action {
        BudgetAction::Warn => "warn".to_owned(),
        BudgetAction::Stop => "stop".to_owned(),
    });
    ClientEntry {
        name: client.name.clone(),
        has_token: client.token_sha256.is_some(),
        limits: ClientLimits {
            models: client.models.clone(),
            requests_per_minute: client.requests_per_minute,
            requests_per_hour: client.requests_per_hour,
            parallel_streams: client.parallel_streams,
            daily_nanos: nanos(client.daily_usd),
            weekly_nanos: nanos(client.weekly_usd),
            monthly_nanos: nanos(client.monthly_usd),
            action,
        },
        spent: Vec::new(),
        running: 0,
    }
}

/// The entry as it is written.
fn entry(asked: &AddClient, made: &NewToken) -> Result<Value, ApiError> {
    let limits = &asked.limits;
    let mut table = InlineTable::new();
    table.insert("name", asked.name.as_str().into());
    table.insert("token_sha256", made.hash.to_hex().into());
    for (key, cap) in [
        ("daily_usd", limits.daily_nanos),
        ("weekly_usd", limits.weekly_nanos),
        ("monthly_usd", limits.monthly_nanos),
    ] {
        if let Some(cap) = cap {
            table.insert(key, budget::cap_value(cap)?);
        }
    }
    if let Some(action) = &limits.action {
        table.insert("action", action.as_str().into());
    }
    if let Some(models) = &limits.models {
        table.insert("models", Value::from_iter(models.iter().map(String::as_str)));
    }
    for (key, limit) in [
        ("requests_per_minute", limits.requests_per_minute),
        ("requests_per_hour", limits.requests_per_hour),
        ("parallel_streams", limits.parallel_streams),
    ] {
        if let Some(limit) = limit {
            table.insert(key, i64::from(limit).into());
        }
    }
    Ok(table.into())
}
