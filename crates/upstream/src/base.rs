//! The upstream's base URL.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::Endpoint;

/// A base URL that the key may be sent to: HTTPS, or HTTP to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
    loopback: bool,
    /// Where inference requests go, read once and not for each of them.
    chat: Uri,
    messages: Uri,
}

/// Why a text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It cannot be read as a URL with a host.
    #[error("`{0}` is no URL. Write the upstream like https://openrouter.ai/api/v1")]
    NotAUrl(String),
    /// The key would travel in clear text.
    #[error("`{0}` is plain HTTP to another machine: the key would travel in clear text. Use https.")]
    PlainHttp(String),
    /// Credentials do not belong into a URL.
    #[error("the upstream's URL holds a user name or password. Leave it out; the key is sent in a header.")]
    Credentials,
}

// === impl BaseUrl ===

impl BaseUrl {
    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, with its port where that is not the usual one: for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where requests of an endpoint go.
    pub(crate) const fn of(&self, endpoint: Endpoint) -> &Uri {
        match endpoint {
            Endpoint::Chat => &self.chat,
            Endpoint::Messages => &self.messages,
        }
    }

    /// Whether TLS is spoken there, and with it perhaps HTTP/2.
    pub(crate) fn is_https(&self) -> bool {
        self.chat.scheme_str() == Some("https")
    }

    /// Whether it is this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let shown = || text.chars().take(200).collect::<String>();
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl(shown()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::NotAUrl(shown()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        let host = url.host_str().ok_or_else(|| BaseUrlError::NotAUrl(shown()))?.to_owned();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if url.scheme() == "http" && !loopback {
            return Err(BaseUrlError::PlainHttp(shown()));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let host = url.port().map_or(host.clone(), |port| format!("{host}:{port}"));
        let below = |path: &str| format!("{text}{path}").parse().map_err(|_| BaseUrlError::NotAUrl(shown()));
        let (chat, messages) = (below("/chat/completions")?, below("/messages")?);
        Ok(Self { text, host, loopback, chat, messages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_base_url() {
        for (text, expected) in [
            ("https://openrouter.ai/api/v1", Ok(("https://openrouter.ai/api/v1", false))),
            ("https://openrouter.ai/api/v1/", Ok(("https://openrouter.ai/api/v1", false))),
            ("http://127.0.0.1:9/api/v1", Ok(("http://127.0.0.1:9/api/v1", true))),
            ("http://localhost:9", Ok(("http://localhost:9", true))),
            ("http://[::1]:9/x", Ok(("http://[::1]:9/x", true))),
            ("http://openrouter.ai/api", Err(BaseUrlError::PlainHttp("http://openrouter.ai/api".to_owned()))),
            (
                "http://127.0.0.1.evil.example/",
                Err(BaseUrlError::PlainHttp("http://127.0.0.1.evil.example/".to_owned())),
            ),
            ("https://u:p@openrouter.ai", Err(BaseUrlError::Credentials)),
            ("ftp://openrouter.ai", Err(BaseUrlError::NotAUrl("ftp://openrouter.ai".to_owned()))),
            ("openrouter.ai", Err(BaseUrlError::NotAUrl("openrouter.ai".to_owned()))),
            ("", Err(BaseUrlError::NotAUrl(String::new()))),
        ] {
            let got = text.parse::<BaseUrl>();
            let got = got.as_ref().map(|base| (base.as_str(), base.is_loopback())).map_err(Clone::clone);
            assert_eq!(got, expected, "{text}");
        }
    }
}
