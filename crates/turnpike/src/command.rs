//! The commands, one file each.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod budget;
pub(crate) mod capture;
pub(crate) mod claude;
pub(crate) mod client;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod map;
pub(crate) mod models;
pub(crate) mod power;
pub(crate) mod preset;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod spend;
pub(crate) mod status;
pub(crate) mod statusline;
pub(crate) mod token;
pub(crate) mod ui;

use serde::Serialize;
use turnpike_settings::BaseUrl;

use crate::exit::{Exit, Failure};
use crate::place::Place;

/// A value as JSON for people and programs.
fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Failure::plain(format!("the answer cannot be written as JSON: {error}")))
}

/// Where requests go when no service says so: the variable, the configuration, or OpenRouter itself.
fn base_url(place: &Place) -> Result<BaseUrl, Failure> {
    match environment_url()? {
        Some(url) => Ok(url),
        None => Ok(place.config_file().load()?.config.upstream.base_url.unwrap_or_default()),
    }
}

/// What `OPENROUTER_BASE_URL` names.
fn environment_url() -> Result<Option<BaseUrl>, Failure> {
    const VARIABLE: &str = "OPENROUTER_BASE_URL";
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let url = text.map(|text| BaseUrl::parse(&text)).transpose();
    url.map_err(|error| Failure::of(Exit::Usage, format!("{VARIABLE}: {error}")))
}
