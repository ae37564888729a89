//! A collector of traces: takes JSON by POST and says no more than whether it took it.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::client::{Client, request};
use crate::connect::Proxies;
use crate::{TransportError, TransportKind};

/// A collector, with a connection of its own: nothing that is shown to it goes to the upstream, and the reverse.
#[derive(Clone, Debug)]
pub struct Collector {
    client: Client,
    url: Uri,
    headers: HeaderMap,
    timeout: Duration,
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
    /// TLS could not be set up.
    #[error("TLS could not be set up for the collector: {0}")]
    Tls(#[from] rustls::Error),
    /// It was not reached.
    #[error("the collector was not reached: {0}")]
    Transport(#[from] TransportError),
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
        let url: Uri = url.parse().map_err(|_| CollectorError::Url)?;
        let host = url.host().ok_or(CollectorError::Url)?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err(CollectorError::Url);
        }
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let bad = || CollectorError::Header(name.clone());
            let name: HeaderName = name.parse().map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let proxies = if here { Proxies::Never } else { Proxies::OfTheEnvironment };
        let client = Client::new(proxies, timeout)?;
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self { client, url, headers: all, timeout })
    }

    /// Sends one message of JSON.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, body: Vec<u8>) -> Result<(), CollectorError> {
        let mut request = request(Method::POST, self.url.clone(), body.into());
        request.headers_mut().extend(self.headers.clone());
        let host = self.url.host().unwrap_or_default();
        let sent = tokio::time::timeout(self.timeout, self.client.send(request)).await;
        let sent =
            sent.map_err(|_| TransportError { kind: TransportKind::Timeout, host: host.to_owned() })?;
        let status = sent.map_err(|error| TransportError::from_send(&error, host))?.status();
        if status.is_success() { Ok(()) } else { Err(CollectorError::Refused(status.as_u16())) }
    }
}
