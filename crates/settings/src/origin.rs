//! Where the upstream is, and to which host a key belongs.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The upstream when nothing else is chosen.
const OPENROUTER: &str = "https://openrouter.ai/api/v1";

/// A checked base URL of an upstream, without a slash at its end.
///
/// It is `https`, or plain `http` to this very machine; it carries no user name, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    url: Url,
}

/// Scheme, host and port of a base URL: the place a key is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Why a text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is no absolute URL at all.
    #[error("`{0}` is no URL: write one like {OPENROUTER}")]
    NotUrl(String),
    /// Another scheme than http and https.
    #[error("`{0}` is neither http nor https: write a URL like {OPENROUTER}")]
    Scheme(String),
    /// Plain http to another machine would show the key to everybody on the way.
    #[error(
        "plain http to `{0}` would send the key unencrypted: write https (http is for this machine only)"
    )]
    PlainHttp(String),
    /// A user name, a query or a fragment.
    #[error("a base URL has no user name, `?` or `#`: write only scheme, host and path, like {OPENROUTER}")]
    Extras,
}

// === impl BaseUrl ===

impl BaseUrl {
    /// Reads and checks a base URL.
    ///
    /// # Errors
    /// [`BaseUrlError`], which says what to write instead.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let shown = || text.chars().take(200).collect::<String>();
        let mut url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotUrl(shown()))?;
        let host = match (url.scheme(), url.host()) {
            ("http" | "https", Some(host)) => host,
            _ => return Err(BaseUrlError::Scheme(shown())),
        };
        if url.scheme() == "http" && !is_loopback(&host) {
            return Err(BaseUrlError::PlainHttp(host.to_string()));
        }
        let extras = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extras {
            return Err(BaseUrlError::Extras);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url })
    }

    /// The URL as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The place a key for this URL is bound to.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin(self.url.origin().ascii_serialization())
    }
}

impl Default for BaseUrl {
    /// OpenRouter itself.
    #[expect(clippy::expect_used, reason = "a constant that the tests parse")]
    fn default() -> Self {
        Self::parse(OPENROUTER).expect("a valid constant")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Origin ===

impl Origin {
    /// Reads an origin that [`Origin::as_str`] wrote, or takes that of a base URL.
    ///
    /// # Errors
    /// As [`BaseUrl::parse`].
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        BaseUrl::parse(text).map(|url| url.origin())
    }

    /// `https://openrouter.ai`, `http://127.0.0.1:8080`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Origin {
    /// That of OpenRouter.
    fn default() -> Self {
        BaseUrl::default().origin()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the host is this machine, by its own name or address and not by what DNS says.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_one_form_and_one_origin() {
        for (text, url, origin) in [
            ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1", "https://openrouter.ai"),
            ("https://OpenRouter.ai:443/api/v1//", "https://openrouter.ai/api/v1", "https://openrouter.ai"),
            (" https://gateway.example ", "https://gateway.example", "https://gateway.example"),
            (
                "https://gateway.example:8443/or",
                "https://gateway.example:8443/or",
                "https://gateway.example:8443",
            ),
            ("http://127.0.0.1:9000/api/v1", "http://127.0.0.1:9000/api/v1", "http://127.0.0.1:9000"),
            ("http://127.8.8.8", "http://127.8.8.8", "http://127.8.8.8"),
            ("http://[::1]:9000/", "http://[::1]:9000", "http://[::1]:9000"),
            ("http://localhost:9000", "http://localhost:9000", "http://localhost:9000"),
        ] {
            let parsed = BaseUrl::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.origin().as_str()), (url, origin), "{text}");
            assert_eq!(Origin::parse(origin).unwrap().as_str(), origin, "{text}");
        }
        assert_eq!(BaseUrl::default().as_str(), OPENROUTER);
        assert_eq!(Origin::default().as_str(), "https://openrouter.ai");
    }

    #[test]
    fn what_could_leak_the_key_is_refused() {
        let http = |host: &str| BaseUrlError::PlainHttp(host.to_owned());
        let scheme = |text: &str| BaseUrlError::Scheme(text.to_owned());
        for (text, error) in [
            ("http://openrouter.ai/api/v1", http("openrouter.ai")),
            ("http://127.0.0.1.evil.example", http("127.0.0.1.evil.example")),
            ("http://localhost.evil.example", http("localhost.evil.example")),
            ("http://192.168.0.2", http("192.168.0.2")),
            ("http://0.0.0.0:80", http("0.0.0.0")),
            ("http://[::2]/", http("[::2]")),
            ("https://openrouter.ai@evil.example/", BaseUrlError::Extras),
            ("https://user:pw@openrouter.ai/", BaseUrlError::Extras),
            ("https://openrouter.ai/api?x=1", BaseUrlError::Extras),
            ("https://openrouter.ai/api#x", BaseUrlError::Extras),
            ("ftp://openrouter.ai", scheme("ftp://openrouter.ai")),
            ("file:///etc/passwd", scheme("file:///etc/passwd")),
            ("openrouter.ai/api/v1", BaseUrlError::NotUrl("openrouter.ai/api/v1".to_owned())),
            ("", BaseUrlError::NotUrl(String::new())),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(error), "{text}");
        }
    }
}
