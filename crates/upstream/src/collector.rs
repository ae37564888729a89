//! A collector of traces: takes JSON by POST and says no more than whether it took it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::client::{Client, request};
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
        let mut url: Url = url.parse().map_err(|_| CollectorError::Url)?;
        let host = url.host_str().ok_or(CollectorError::Url)?;
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if !matches!(url.scheme(), "http" | "https") {
            return Err(CollectorError::Url);
        }
        let mut all = HeaderMap::new();
        if let Some(login) = take_login(&mut url)? {
            all.insert(AUTHORIZATION, login);
        }
        for (name, value) in headers {
            let bad = || CollectorError::Header(name.clone());
            let name: HeaderName = name.parse().map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let url = url.as_str().parse().map_err(|_| CollectorError::Url)?;
        Ok(Self { client: Client::new(is_here, timeout)?, url, headers: all, timeout })
    }

    /// The host that it sends to, for messages: the URL may hold a password.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host().unwrap_or_default()
    }

    /// Sends one message of JSON.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, body: Vec<u8>) -> Result<(), CollectorError> {
        let mut request = request(Method::POST, self.url.clone(), body.into());
        request.headers_mut().extend(self.headers.clone());
        let host = self.host();
        let sent = tokio::time::timeout(self.timeout, self.client.send(request)).await;
        let sent =
            sent.map_err(|_| TransportError { kind: TransportKind::Timeout, host: host.to_owned() })?;
        let status = sent.map_err(|error| TransportError::from_send(&error, host))?.status();
        if status.is_success() { Ok(()) } else { Err(CollectorError::Refused(status.as_u16())) }
    }
}

/// Takes name and password out of a URL; they are sent in a header.
fn take_login(url: &mut Url) -> Result<Option<HeaderValue>, CollectorError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut login = percent_decode_str(url.username()).collect::<Vec<u8>>();
    login.push(b':');
    login.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut header = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(login)))
        .map_err(|_| CollectorError::Url)?;
    header.set_sensitive(true);
    // A URL with a host can be without both.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    Ok(Some(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_password_go_into_a_header() {
        for (given, url, login) in [
            ("https://collector:4318/v1", "https://collector:4318/v1", None),
            // base64 of `user:p@ss`
            ("https://user:p%40ss@collector/v1", "https://collector/v1", Some("Basic dXNlcjpwQHNz")),
            // base64 of `token:`
            ("http://token@collector/", "http://collector/", Some("Basic dG9rZW46")),
        ] {
            let collector = Collector::new(given, &[], Duration::from_secs(1)).unwrap();
            assert_eq!(collector.url, url, "{given}");
            let sent = collector.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap());
            assert_eq!(sent, login, "{given}");
        }
        let own = [("Authorization".to_owned(), "Bearer t".to_owned())];
        let collector = Collector::new("https://user:p@collector", &own, Duration::from_secs(1)).unwrap();
        assert_eq!(collector.headers.get(AUTHORIZATION).unwrap(), "Bearer t", "what is said closer counts");
    }
}
