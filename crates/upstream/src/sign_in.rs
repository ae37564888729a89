//! Getting a key in a browser: OAuth with PKCE, as OpenRouter has it.
//!
//! The browser goes to `/auth` beside the API with the digest of a secret; a person says yes there; the code that comes
//! of it and the secret itself are exchanged for a key.

use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::account::read;
use crate::{AccountError, Upstream};

/// Where the API stands below the site that has the page.
const API: &str = "/api/v1";
/// The only method used here; `plain` would show the secret to whoever sees the address.
const METHOD: &str = "S256";
/// What a key is called that was made without a way back, where the page asks for no name.
const LABEL: &str = "Turnpike";

#[derive(Serialize)]
struct Exchange<'a> {
    code: &'a str,
    code_verifier: &'a str,
    code_challenge_method: &'static str,
}

#[derive(Deserialize)]
struct Exchanged {
    key: String,
}

// === impl Upstream ===

impl Upstream {
    /// The page that asks a person for a key. `challenge` is the digest of the verifier in base64url. With `callback` the
    /// browser comes back there with the code, without it the code is shown.
    ///
    /// # Errors
    /// [`AccountError::Unreadable`] when the base URL leads to no such page.
    pub fn sign_in_url(&self, challenge: &str, callback: Option<&str>) -> Result<String, AccountError> {
        let base = self.base_url();
        let site = base.strip_suffix(API).unwrap_or(base);
        let mut url = Url::parse(&format!("{site}/auth"))
            .map_err(|error| AccountError::Unreadable(format!("{base} has no page to sign in: {error}")))?;
        let mut query = url.query_pairs_mut();
        match callback {
            Some(callback) => query.append_pair("callback_url", callback),
            None => query.append_pair("key_label", LABEL),
        };
        query.append_pair("code_challenge", challenge).append_pair("code_challenge_method", METHOD);
        drop(query);
        Ok(url.into())
    }

    /// Exchanges a code, once, for a key, which the caller is to wipe.
    ///
    /// # Errors
    /// [`AccountError`]; `Refused` with 403 for a code that was used, is too old, or belongs to another verifier.
    pub async fn exchange_code(&self, code: &str, verifier: &str) -> Result<String, AccountError> {
        let exchange = Exchange { code, code_verifier: verifier, code_challenge_method: METHOD };
        let body =
            serde_json::to_vec(&exchange).map_err(|error| AccountError::Unreadable(error.to_string()))?;
        let mut request = self.question(Method::POST, "/auth/keys", body.into())?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        read::<Exchanged>(&self.answer(request).await?).map(|exchanged| exchanged.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_beside_the_api() {
        let rows = [
            (
                "https://openrouter.ai/api/v1",
                Some("http://127.0.0.1:4118/oauth/callback/a"),
                "https://openrouter.ai/auth?callback_url=http%3A%2F%2F127.0.0.1%3A4118%2Foauth%2Fcallback%2Fa&\
                 code_challenge=x-_y&code_challenge_method=S256",
            ),
            (
                "http://127.0.0.1:9/api/v1/",
                None,
                "http://127.0.0.1:9/auth?key_label=Turnpike&code_challenge=x-_y&code_challenge_method=S256",
            ),
        ];
        for (base, callback, expected) in rows {
            let upstream = Upstream::new(base).unwrap();
            assert_eq!(upstream.sign_in_url("x-_y", callback).unwrap(), expected, "{base}");
        }
    }
}
