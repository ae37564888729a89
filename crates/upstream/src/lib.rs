//! The OpenRouter client, bound to one base URL.
//!
//! It sends what it is given and reads the head of the answer; what the answer means is decided elsewhere.
//! The key is handed in for each request and sent nowhere but to the base URL's origin: redirects are not
//! followed, and plain HTTP is accepted for loopback only.

mod account;
mod base;
mod client;
mod collector;
mod connect;
mod error;
mod inference;
mod lanes;
mod outgoing;
mod proxies;
mod sign_in;

use std::sync::Arc;
use std::time::Duration;

use client::Client;
use lanes::Lanes;

pub use account::AccountError;
pub use base::{BaseUrl, BaseUrlError};
pub use collector::{Collector, CollectorError};
pub use error::{TransportError, TransportKind};
pub use inference::{Endpoint, Inference, Reply};
pub use outgoing::Departure;

/// Longest time to reach the upstream: name, connection and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The client. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Upstream {
    lanes: Arc<Lanes>,
    base: BaseUrl,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL is of no use.
    #[error(transparent)]
    Base(#[from] BaseUrlError),
    /// TLS could not be set up, mostly since the system's certificates cannot be read.
    #[error("TLS could not be set up: {0}. Check the system's certificate store (package ca-certificates).")]
    Tls(#[source] rustls::Error),
}

// === impl Upstream ===

impl Upstream {
    /// A client for the API at `base_url`, such as `https://openrouter.ai/api/v1`.
    ///
    /// # Errors
    /// The URL is no URL, or plain HTTP to another machine; TLS could not be set up.
    pub fn new(base_url: &str) -> Result<Self, SetupError> {
        let base: BaseUrl = base_url.parse()?;
        let client = client_for(&base).map_err(SetupError::Tls)?;
        Ok(Self { lanes: Arc::new(Lanes::new(client, base.clone())), base })
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// The base URL's host, with its port where that is not the usual one: for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.base.host()
    }
}

/// A client for a base URL.
fn client_for(base: &BaseUrl) -> Result<Client, rustls::Error> {
    Client::new(base.is_loopback(), CONNECT_TIMEOUT)
}
