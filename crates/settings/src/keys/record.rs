//! The form of a key in the keychain.
//!
//! A key for OpenRouter itself is kept bare, so that `secret-tool` shows it and a key put there by hand is
//! understood. A key for any other host is kept together with that host, in one value, so that the two cannot
//! be mixed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::api_key::ApiKey;
use super::error::KeyFault;
use super::state::KeySource;
use crate::origin::Origin;

/// The form of the record that this version writes.
const VERSION: u32 = 1;

/// A key with its host: `{"v":1,"key":"…","origin":"https://gateway.example"}`.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    v: u32,
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
}

/// The bytes to keep.
pub(super) fn write(key: &ApiKey) -> Zeroizing<Vec<u8>> {
    let text = key.secret().expose();
    if *key.origin() == Origin::default() && !text.starts_with('{') {
        return Zeroizing::new(text.as_bytes().to_vec());
    }
    let record = Record { v: VERSION, key: text.into(), origin: key.origin().as_str().into() };
    // Room for all of it, escapes included, so that growing leaves no half copy in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 + 2 * (record.key.len() + record.origin.len())));
    // Strings and a number can always be written into memory.
    let _ = serde_json::to_writer(&mut *bytes, &record);
    bytes
}

/// Reads what [`write`] has written, or a bare key, which is OpenRouter's.
pub(super) fn read(bytes: Vec<u8>) -> Result<ApiKey, KeyFault> {
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyFault::Unreadable)?;
    let malformed = |error| KeyFault::Malformed { place: KeySource::Keychain, error };
    if !text.trim_start().starts_with('{') {
        return ApiKey::parse(text, Origin::default()).map_err(malformed);
    }
    let record: Record<'_> = serde_json::from_str(text).map_err(|_| KeyFault::Unreadable)?;
    if record.v != VERSION {
        return Err(KeyFault::Unreadable);
    }
    let origin = Origin::parse(&record.origin).map_err(|_| KeyFault::Unreadable)?;
    let key = Zeroizing::new(record.key.into_owned());
    ApiKey::parse(&key, origin).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::super::api_key::KeyTextError;
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for origin in ["https://openrouter.ai", "http://127.0.0.1:9", "https://gateway.example:8443"] {
            for text in ["sk-or-v1-0123", "{\"v\":1}", "{", "\\\"", "x"] {
                let key = ApiKey::parse(text, Origin::parse(origin).unwrap()).unwrap();
                let read = read(write(&key).to_vec()).unwrap();
                assert_eq!((read.secret().expose(), read.origin().as_str()), (text, origin));
            }
        }
    }

    #[test]
    fn openrouters_own_key_is_kept_bare() {
        let own = ApiKey::parse("sk-or-v1-0123", Origin::default()).unwrap();
        assert_eq!(*write(&own), b"sk-or-v1-0123");
        let other =
            ApiKey::parse("sk-or-v1-0123", Origin::parse("https://gateway.example").unwrap()).unwrap();
        assert_eq!(*write(&other), br#"{"v":1,"key":"sk-or-v1-0123","origin":"https://gateway.example"}"#);
    }

    #[test]
    fn what_other_hands_have_written() {
        let malformed = |error| Err(KeyFault::Malformed { place: KeySource::Keychain, error });
        for (case, bytes, expected) in [
            ("bare", &b"sk-or-v1-abc"[..], Ok(("sk-or-v1-abc", "https://openrouter.ai"))),
            ("bare line", b"sk-or-v1-abc\n", Ok(("sk-or-v1-abc", "https://openrouter.ai"))),
            (
                "more than we know",
                br#"{"v":1,"key":"k","origin":"https://a.example","made":"2026"}"#,
                Ok(("k", "https://a.example")),
            ),
            ("a later form", br#"{"v":2,"key":"k","origin":"https://a.example"}"#, Err(KeyFault::Unreadable)),
            ("cut off", br#"{"v":1,"key":"k","orig"#, Err(KeyFault::Unreadable)),
            (
                "a host that would leak",
                br#"{"v":1,"key":"k","origin":"http://a.example"}"#,
                Err(KeyFault::Unreadable),
            ),
            ("not text", b"\xff\xfe", Err(KeyFault::Unreadable)),
            ("empty", b"", malformed(KeyTextError::Empty)),
            ("two words", b"my key", malformed(KeyTextError::Character(3))),
            (
                "an empty key",
                br#"{"v":1,"key":"","origin":"https://a.example"}"#,
                malformed(KeyTextError::Empty),
            ),
        ] {
            let read = read(bytes.to_vec());
            let read = read.as_ref().map(|key| (key.secret().expose(), key.origin().as_str()));
            assert_eq!(read.map_err(Clone::clone), expected, "{case}");
        }
    }
}
