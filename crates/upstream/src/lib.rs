//! The OpenRouter client, bound to one base URL.
//!
//! It sends what it is given and reads the head of the answer; what the answer means is decided elsewhere.
//! The key is handed in for each request and sent nowhere but to the base URL's origin: redirects are not
//! followed, and plain HTTP is accepted for loopback only.

mod account;
mod base;
mod collector;
mod error;
mod inference;
mod lanes;
mod sign_in;

use std::sync::Arc;
use std::time::Duration;

use lanes::Lanes;

pub use account::AccountError;
pub use base::{BaseUrl, BaseUrlError};
pub use collector::{Collector, CollectorError};
pub use error::{TransportError, TransportKind};
pub use inference::{Endpoint, Inference, Reply};

/// Longest time to reach the upstream: name, connection and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle connections are given up before the upstream's front closes them.
const POOL_IDLE: Duration = Duration::from_secs(50);

/// Most of one HTTP/2 answer that waits here while its client does not read.
const STREAM_WINDOW: u32 = 128 * 1024;
/// All streams share a connection's window: those whose clients do not read must leave room for the others.
const CONNECTION_WINDOW: u32 = 1 << 30;

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
    Tls(#[source] reqwest::Error),
}

// === impl Upstream ===

impl Upstream {
    /// A client for the API at `base_url`, such as `https://openrouter.ai/api/v1`.
    ///
    /// # Errors
    /// The URL is no URL, or plain HTTP to another machine; TLS could not be set up.
    pub fn new(base_url: &str) -> Result<Self, SetupError> {
        let base: BaseUrl = base_url.parse()?;
        let client = builder(&base).build().map_err(SetupError::Tls)?;
        Ok(Self::with_client(client, base))
    }

    fn with_client(client: reqwest::Client, base: BaseUrl) -> Self {
        Self { lanes: Arc::new(Lanes::new(client, base.clone())), base }
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

/// What every client has.
fn builder(base: &BaseUrl) -> reqwest::ClientBuilder {
    // A second call finds the provider installed; both are the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("turnpike/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .retry(reqwest::retry::never());
    if base.is_loopback() { builder.no_proxy() } else { builder }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    /// A resolver that takes a question and never answers it.
    struct Silent;

    impl reqwest::dns::Resolve for Silent {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_does_not_answer_is_given_up_after_ten_seconds() {
        let base: BaseUrl = "https://openrouter.ai/api/v1".parse().unwrap();
        let client = builder(&base).dns_resolver(Arc::new(Silent)).no_proxy().build().unwrap();
        let upstream = Upstream::with_client(client, base);
        let begun = tokio::time::Instant::now();
        let request = Inference {
            endpoint: Endpoint::Chat,
            key: "k",
            body: Bytes::new(),
            stream: true,
            headers: HeaderMap::new(),
        };
        let error = upstream.infer(request).await.unwrap_err();
        assert_eq!(error.kind, TransportKind::ConnectTimeout);
        assert!(error.to_string().contains("openrouter.ai"), "{error}");
        let waited = begun.elapsed();
        assert!(waited >= CONNECT_TIMEOUT && waited < CONNECT_TIMEOUT * 2, "{waited:?}");
    }
}
