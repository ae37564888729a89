//! Who may ask: keys, and the OAuth codes that become keys.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::errors::ErrorAnswer;
use crate::ids::Ids;

/// How every key begins.
const PREFIX: &str = "sk-or-v1-";
/// How long an authorization code lives.
const CODE_LIFE: Duration = Duration::from_secs(600);

/// The keys that are let in.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Empty: every well-formed key.
    allowed: HashSet<String>,
    revoked: HashSet<String>,
    codes: HashMap<String, Code>,
}

/// A code that waits for its verifier.
#[derive(Debug)]
struct Code {
    challenge: String,
    hashed: bool,
    since: Instant,
    life: Duration,
}

// === impl Keys ===

impl Keys {
    pub(crate) fn new(allowed: Vec<String>) -> Self {
        let inner = Inner { allowed: allowed.into_iter().collect(), ..Inner::default() };
        Self { inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a request, or the 401 it gets.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<String, ErrorAnswer> {
        let given = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = given.and_then(|text| text.strip_prefix("Bearer "));
        let Some(key) = key.filter(|key| key.starts_with(PREFIX) && key.len() > PREFIX.len()) else {
            return Err(ErrorAnswer::new(401, "Missing Authentication header"));
        };
        let inner = self.lock();
        let known = inner.allowed.is_empty() || inner.allowed.contains(key);
        if !known || inner.revoked.contains(key) {
            return Err(ErrorAnswer::new(401, "User not found."));
        }
        Ok(key.to_owned())
    }

    /// From now on the key is nobody's.
    pub(crate) fn revoke(&self, key: &str) {
        self.lock().revoked.insert(key.to_owned());
    }

    /// Approves an authorization request: returns the code, which is of use unless it comes `too_late`.
    pub(crate) fn approve(&self, ids: &Ids, challenge: &str, hashed: bool, too_late: bool) -> String {
        let code = format!("auth_code_{}", ids.token());
        let life = if too_late { Duration::ZERO } else { CODE_LIFE };
        let code_of = Code { challenge: challenge.to_owned(), hashed, since: Instant::now(), life };
        self.lock().codes.insert(code.clone(), code_of);
        code
    }

    /// Exchanges a code, once, for a new key.
    pub(crate) fn exchange(&self, ids: &Ids, code: &str, verifier: &str) -> Result<String, ErrorAnswer> {
        let mut inner = self.lock();
        let invalid = || ErrorAnswer::new(403, "Invalid code or code_verifier");
        let waiting = inner.codes.remove(code).ok_or_else(invalid)?;
        let shown = if waiting.hashed {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
        } else {
            verifier.to_owned()
        };
        let challenged = !waiting.challenge.is_empty();
        if waiting.since.elapsed() >= waiting.life || (challenged && shown != waiting.challenge) {
            return Err(invalid());
        }
        let key = format!("{PREFIX}sim{}{}", ids.token(), ids.token()).to_lowercase();
        if !inner.allowed.is_empty() {
            inner.allowed.insert(key.clone());
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_well_formed_known_keys_are_let_in() {
        let any = Keys::new(Vec::new());
        let rows = [
            ("Bearer sk-or-v1-abc", None),
            ("Bearer sk-or-v1-", Some("Missing Authentication header")),
            ("Bearer sk-ant-abc", Some("Missing Authentication header")),
            ("sk-or-v1-abc", Some("Missing Authentication header")),
        ];
        for (value, expected) in rows {
            let error = any.check(&bearer(value)).err();
            assert_eq!(error.as_ref().and_then(|e| e.error["message"].as_str()), expected, "{value}");
        }
        let one = Keys::new(vec!["sk-or-v1-mine".to_owned()]);
        assert!(one.check(&bearer("Bearer sk-or-v1-mine")).is_ok());
        assert_eq!(
            one.check(&bearer("Bearer sk-or-v1-other")).unwrap_err().error["message"],
            "User not found."
        );
        one.revoke("sk-or-v1-mine");
        assert!(one.check(&bearer("Bearer sk-or-v1-mine")).is_err());
    }

    #[test]
    fn a_code_becomes_a_key_once_and_only_with_its_verifier() {
        let (keys, ids) = (Keys::new(Vec::new()), Ids::new());
        // The pair of RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let code = keys.approve(&ids, challenge, true, false);
        assert!(keys.exchange(&ids, &code, verifier).is_ok_and(|key| key.starts_with("sk-or-v1-")));
        assert!(keys.exchange(&ids, &code, verifier).is_err(), "a code works once");
        let code = keys.approve(&ids, challenge, true, false);
        assert!(keys.exchange(&ids, &code, "wrong").is_err());
        let code = keys.approve(&ids, challenge, true, true);
        assert!(keys.exchange(&ids, &code, verifier).is_err(), "a code that is too old");
    }
}
