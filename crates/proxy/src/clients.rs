//! Clients with tokens of their own: who they are, which models they may use, how much they may ask for.
//!
//! What counts for `models` is the model that would answer, whatever name it was asked by and whichever rule or map
//! led to it: a name is only a name, and a map may change.

mod traffic;

use std::sync::Arc;

use turnpike_routing::{Plan, matches, resolve};
use turnpike_settings::{Config, TokenHash};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::other_models;
use turnpike_wire::anthropic::ErrorKind;

pub(crate) use self::traffic::Pass;
use self::traffic::Traffic;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Whoever runs Turnpike: the local token was shown.
    Owner,
    /// A client with a token of its own.
    Client(Arc<Client>),
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    name: String,
    token: TokenHash,
    /// Patterns of slugs; `None`: all.
    models: Option<Vec<String>>,
    most: Most,
    traffic: Arc<Traffic>,
}

/// How much a client may ask for; `None`: as much as it likes.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    a_minute: Option<u32>,
    an_hour: Option<u32>,
    at_once: Option<u32>,
}

/// All clients that have a token.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    list: Vec<Arc<Client>>,
}

// === impl Clients ===

impl Clients {
    /// Those of a configuration. What they did under the one before still counts.
    pub(crate) fn of(config: &Config, before: &Self) -> Self {
        let list = config.clients.iter().filter_map(|client| {
            let token = TokenHash::parse(client.token_sha256.as_deref()?)?;
            let known = before.list.iter().find(|known| known.name == client.name);
            let models = client.models.as_ref();
            Some(Arc::new(Client {
                name: client.name.clone(),
                token,
                models: models.map(|models| models.iter().map(|model| resolve(model).to_owned()).collect()),
                most: Most {
                    a_minute: client.requests_per_minute,
                    an_hour: client.requests_per_hour,
                    at_once: client.parallel_streams,
                },
                traffic: known.map_or_else(Arc::default, |known| Arc::clone(&known.traffic)),
            }))
        });
        Self { list: list.collect() }
    }

    /// Whose token this is. All are compared, so that the time tells nothing of which it is.
    pub(crate) fn of_token(&self, shown: &[u8]) -> Option<Arc<Client>> {
        let shown = TokenHash::of(shown);
        let found = self.list.iter().fold(None, |found, client| {
            let is_it = client.token.matches(&shown);
            if is_it { Some(client) } else { found }
        });
        found.map(Arc::clone)
    }

    /// Whether a client of that name has a token.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.list.iter().any(|client| client.name == name)
    }

    /// Clients that have none any more.
    pub(crate) fn gone_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        before.list.iter().map(|client| client.name.as_str()).filter(|name| !self.has(name))
    }
}

// === impl Caller ===

impl Caller {
    /// The client's name, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Owner => None,
            Self::Client(client) => Some(&client.name),
        }
    }

    /// Whether a model may be used.
    pub(crate) fn may_use(&self, slug: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::Client(client) => client.may_use(slug),
        }
    }

    /// Takes out of a plan what may not be used.
    ///
    /// # Errors
    /// 403: nothing is left, or the body leads to other models than its own; with what may be used.
    pub(crate) fn bound(&self, plan: &mut Plan, body: &[u8]) -> Result<(), Failure> {
        let Self::Client(client) = self else { return Ok(()) };
        if client.models.is_none() {
            return Ok(());
        }
        if let Some(place) = other_models(body) {
            return Err(client.refusal(&format!("`{place}`, which leads to other models")));
        }
        let first = plan.targets.first().map(|target| target.slug.clone());
        if plan.keep_allowed(|slug| client.may_use(slug)) {
            return Ok(());
        }
        Err(client.refusal(&first.unwrap_or_default()))
    }

    /// Lets one more request in, until the pass is dropped.
    ///
    /// # Errors
    /// 429 with the time to wait: there are too many in a minute, in an hour, or at once.
    pub(crate) fn admit(&self) -> Result<Option<Pass>, Failure> {
        match self {
            Self::Owner => Ok(None),
            Self::Client(client) => client.traffic.admit(&client.name, client.most).map(Some),
        }
    }
}

// === impl Client ===

impl Client {
    fn may_use(&self, slug: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|pattern| matches(pattern, slug)))
    }

    fn refusal(&self, what: &str) -> Failure {
        let (name, models) = (&self.name, self.models.as_deref().unwrap_or_default());
        let may = if models.is_empty() {
            "It may use none at present.".to_owned()
        } else {
            format!("It may use: {}. GET /v1/models lists what there is.", models.join(", "))
        };
        Failure {
            status: 403,
            kind: ErrorKind::PermissionError,
            ..Failure::new(Cause::Refused, format!("Client `{name}` may not use {what}. {may}"))
        }
    }
}

/// What a client is told whose token was taken back.
pub(crate) fn revoked() -> Failure {
    Failure {
        status: 401,
        kind: ErrorKind::AuthenticationError,
        ..Failure::new(
            Cause::Key,
            "The token of this client was revoked. Ask whoever runs this Turnpike for another: turnpike client rotate",
        )
    }
}

#[cfg(test)]
mod tests;
