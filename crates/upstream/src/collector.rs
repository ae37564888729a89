//! A collector of traces: takes JSON by POST and says no more than whether it took it.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

/// A collector, with a connection of its own: nothing that is shown to it goes to the upstream, and the reverse.
#[derive(Clone, Debug)]
pub struct Collector {
    client: reqwest::Client,
    url: Url,
}

/// The collector did not take what was sent, or cannot be sent to.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// A header that cannot be sent.
    #[error("the header {0} cannot be sent: look at OTEL_EXPORTER_OTLP_HEADERS")]
    Header(String),
    /// The URL is none.
    #[error("the collector's URL cannot be used: look at OTEL_EXPORTER_OTLP_ENDPOINT")]
    Url,
    /// It was not reached, or TLS could not be set up.
    #[error("the collector was not reached: {0}")]
    Transport(#[from] reqwest::Error),
    /// It answered something else than that it took it.
    #[error("the collector answered {0}")]
    Refused(u16),
}

// === impl Collector ===

impl Collector {
    /// A collector at `url`. It gets `headers` with each message and has so much time.
    ///
    /// # Errors
    /// The URL or a header is none, or TLS could not be set up.
    pub fn new(url: &str, headers: &[(String, String)], timeout: Duration) -> Result<Self, CollectorError> {
        let url: Url = url.parse().map_err(|_| CollectorError::Url)?;
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let bad = || CollectorError::Header(name.clone());
            let name: HeaderName = name.parse().map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("turnpike/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(timeout)
            .default_headers(all);
        if url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build()?, url })
    }

    /// Sends one message of JSON.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, body: Vec<u8>) -> Result<(), CollectorError> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let status = request.send().await?.status();
        if status.is_success() { Ok(()) } else { Err(CollectorError::Refused(status.as_u16())) }
    }
}
