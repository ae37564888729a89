//! Who may ask the control plane: first the host and the origin, then the bearer token.
//!
//! A page of any web site can send requests to loopback; its browser then names the site as origin, or, when a
//! name was rebound to 127.0.0.1, that name as host. Both are refused before anything else is looked at, and no
//! answer ever carries a header that would let such a page read it.

use std::net::SocketAddr;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use turnpike_api::{ApiError, ErrorCode, SecretText};

/// How a fetch from a browser says where it comes from.
const FETCH_SITE: &str = "sec-fetch-site";

/// What the guard compares with.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    secret: SecretText,
}

// === impl Guard ===

impl Guard {
    /// The guard of a control plane that listens there.
    pub(crate) fn new(address: SocketAddr, secret: SecretText) -> Self {
        let port = address.port();
        let mut hosts =
            vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        let own = address.to_string();
        if !hosts.contains(&own) {
            hosts.push(own);
        }
        Self { hosts, secret }
    }

    /// Refuses what does not come from this machine's own programs or our own page. `is_navigation`: a browser opens the
    /// page, which it may from anywhere.
    pub(crate) fn check_place(&self, headers: &HeaderMap, is_navigation: bool) -> Result<(), ApiError> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().unwrap_or_default(),
            _ => return Err(forbidden("the request must name one host")),
        };
        if !self.knows(host) {
            return Err(forbidden("the request names another host than this machine's loopback"));
        }
        for origin in headers.get_all(ORIGIN) {
            let place = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            if !place.is_some_and(|place| self.knows(place)) {
                return Err(forbidden("the request comes from a page of another origin"));
            }
        }
        if is_navigation {
            return Ok(());
        }
        let sites = headers.get_all(FETCH_SITE);
        if sites.iter().any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none")) {
            return Err(forbidden("the request comes from a page of another site"));
        }
        Ok(())
    }

    /// Refuses whoever does not show the secret of `control.json`, in a time that tells nothing of it.
    pub(crate) fn check_bearer(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let secret = turnpike_settings::Secret::new(self.secret.expose().to_owned());
        if shown.is_some_and(|shown| secret.matches(shown)) {
            return Ok(());
        }
        Err(ApiError::new(
            ErrorCode::Unauthorized,
            "the control plane wants the secret of control.json as a bearer token: use the `turnpike` command",
        ))
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

fn forbidden(why: &str) -> ApiError {
    ApiError::new(ErrorCode::Forbidden, format!("refused: {why}. Use the `turnpike` command on this machine"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn guard() -> Guard {
        Guard::new("127.0.0.1:4118".parse().unwrap(), SecretText::new("right".to_owned()))
    }

    /// A case: its name, the headers, whether they are let in.
    type Case = (&'static str, &'static [(&'static str, &'static str)], bool);

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_this_machine_and_our_own_page_get_in() {
        let rows: &[Case] = &[
            ("by address", &[("host", "127.0.0.1:4118")], true),
            ("by name", &[("host", "LocalHost:4118")], true),
            ("IPv6", &[("host", "[::1]:4118")], true),
            ("own page", &[("host", "127.0.0.1:4118"), ("origin", "http://127.0.0.1:4118")], true),
            ("own fetch", &[("host", "127.0.0.1:4118"), ("sec-fetch-site", "same-origin")], true),
            ("no host", &[], false),
            ("two hosts", &[("host", "127.0.0.1:4118"), ("host", "127.0.0.1:4118")], false),
            ("another port", &[("host", "127.0.0.1:4117")], false),
            ("no port", &[("host", "127.0.0.1")], false),
            ("rebound name", &[("host", "evil.example:4118")], false),
            ("a name that begins right", &[("host", "127.0.0.1.evil.example:4118")], false),
            ("a trailing dot", &[("host", "localhost.:4118")], false),
            ("a user name", &[("host", "127.0.0.1:4118@evil.example")], false),
            ("foreign page", &[("host", "127.0.0.1:4118"), ("origin", "https://evil.example")], false),
            ("no origin to tell", &[("host", "127.0.0.1:4118"), ("origin", "null")], false),
            (
                "a page of another local port",
                &[("host", "127.0.0.1:4118"), ("origin", "http://127.0.0.1:3000")],
                false,
            ),
            ("https in front", &[("host", "127.0.0.1:4118"), ("origin", "https://127.0.0.1:4118")], false),
            ("an image elsewhere", &[("host", "127.0.0.1:4118"), ("sec-fetch-site", "cross-site")], false),
            ("another port's page", &[("host", "127.0.0.1:4118"), ("sec-fetch-site", "same-site")], false),
        ];
        for (name, pairs, admitted) in rows {
            let checked = guard().check_place(&headers(pairs), false);
            assert_eq!(checked.is_ok(), *admitted, "{name}: {checked:?}");
        }
    }

    #[test]
    fn only_the_secret_is_the_bearer() {
        let rows: &[Case] = &[
            ("right", &[("authorization", "Bearer right")], true),
            ("none", &[], false),
            ("wrong", &[("authorization", "Bearer wrong")], false),
            ("longer", &[("authorization", "Bearer right ")], false),
            ("empty", &[("authorization", "Bearer ")], false),
            ("another scheme", &[("authorization", "Basic right")], false),
            ("elsewhere", &[("x-api-key", "right")], false),
        ];
        for (name, pairs, admitted) in rows {
            assert_eq!(guard().check_bearer(&headers(pairs)).is_ok(), *admitted, "{name}");
        }
    }
}
