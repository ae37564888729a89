//! Headers that a page needs, and the reading of those that a browser sends.

use axum::http::header::{CONTENT_SECURITY_POLICY, COOKIE, HeaderName, REFERRER_POLICY, X_FRAME_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};

/// Where a page shows the token of its session.
pub(super) const TOKEN: &str = "x-turnpike-session";

/// Nothing but our own files; no inline script or style; nobody frames us; no form goes anywhere.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Adds what every file of the page carries.
pub(super) fn protect(headers: &mut HeaderMap) {
    let fixed = |name: &'static str| HeaderName::from_static(name);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(fixed("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(fixed("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
}

/// The cookie of that name.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let rows = [
            ("turnpike_session_4118=a", Some("a")),
            ("other=b; turnpike_session_4118=a; third=c", Some("a")),
            ("turnpike_session_41180=b", None),
            ("xturnpike_session_4118=b", None),
            ("turnpike_session_4118", None),
        ];
        for (line, expected) in rows {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(cookie(&headers, "turnpike_session_4118"), expected, "{line}");
        }
    }
}
