//! Clients with tokens of their own. A token is told once, when it is made; only its hash is kept.

use serde::{Deserialize, Serialize};

use super::BudgetStanding;
use crate::SecretText;

/// Asks for all clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ListClients {}

/// All clients, in the order of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientsReply {
    /// The revision to name in an edit.
    pub revision: String,
    /// The clients.
    pub clients: Vec<ClientEntry>,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientEntry {
    /// Its name.
    pub name: String,
    /// Whether a token lets it in; none does after it was revoked.
    pub has_token: bool,
    /// Its limits.
    #[serde(flatten)]
    pub limits: ClientLimits,
    /// What it spent today, this week, this month, with the cap where there is one.
    pub spent: Vec<BudgetStanding>,
    /// Requests of it under way.
    pub running: u64,
}

/// How much a client may do. What is left out is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ClientLimits {
    /// Patterns of the models that may answer it (`qwen/*`), or short names. What counts is the model that answers,
    /// whatever name it was asked by.
    pub models: Option<Vec<String>>,
    /// Requests in a minute.
    pub requests_per_minute: Option<u32>,
    /// Requests in an hour.
    pub requests_per_hour: Option<u32>,
    /// Requests under way at once, streamed or not.
    pub parallel_streams: Option<u32>,
    /// The cap of a day in nano-dollars.
    pub daily_nanos: Option<i64>,
    /// The cap of a week in nano-dollars.
    pub weekly_nanos: Option<i64>,
    /// The cap of a month in nano-dollars.
    pub monthly_nanos: Option<i64>,
    /// What happens at a cap: `warn` or `stop`; `None`: as for everybody.
    pub action: Option<String>,
}

/// Adds a client. Its limits can be changed later as any value of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AddClient {
    /// The revision that the change was made for.
    pub revision: String,
    /// Its name.
    pub name: String,
    /// Its limits.
    #[serde(flatten)]
    pub limits: ClientLimits,
}

/// Gives a client another token; the old one lets nobody in from here on, what runs goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RotateClient {
    /// The revision that the change was made for.
    pub revision: String,
    /// Its name.
    pub name: String,
}

/// Takes a client's token back: it is refused from here on, and what it has under way ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RevokeClient {
    /// The revision that the change was made for.
    pub revision: String,
    /// Its name.
    pub name: String,
    /// Also take its entry with all its limits out of the configuration.
    #[serde(default)]
    pub forget: bool,
}

/// A client's token. This is the only time it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientToken {
    /// Whose.
    pub name: String,
    /// What the client shows to the data plane.
    pub token: SecretText,
    /// The configuration's revision from here on.
    pub revision: String,
}
