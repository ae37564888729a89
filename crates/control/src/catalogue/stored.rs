//! The catalogue on the disk: the upstream's own text, with its age and with whose it is.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use turnpike_settings::atomic;
use turnpike_wire::account::{Model, Models};

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    /// Unix seconds.
    fetched: i64,
    /// Base URL of the upstream.
    upstream: String,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The models kept for this upstream, and when they were fetched. What cannot be read counts as not there.
pub(super) fn load(path: &Path, upstream: &str) -> Option<(Vec<Model>, Timestamp)> {
    let text = std::fs::read_to_string(path).ok()?;
    let stored: Stored<'_> = serde_json::from_str(&text).ok()?;
    let models: Models = serde_json::from_str(stored.body.get()).ok()?;
    let fetched = Timestamp::from_second(stored.fetched).ok()?;
    (stored.upstream == upstream && !models.data.is_empty()).then_some((models.data, fetched))
}

/// Keeps them, whole or not at all.
pub(super) fn keep(path: &Path, upstream: &str, fetched: Timestamp, body: &str) -> io::Result<()> {
    let body: &RawValue = serde_json::from_str(body)?;
    let stored = Stored { fetched: fetched.as_second(), upstream: upstream.to_owned(), body };
    atomic::write(path, &serde_json::to_vec(&stored)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_again_for_the_same_upstream_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.json");
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert!(load(&path, "https://a").is_none());
        keep(&path, "https://a", at, r#"{"data":[{"id":"a/b","context_length":7}]}"#).unwrap();
        let (models, fetched) = load(&path, "https://a").unwrap();
        assert_eq!((models.len(), models[0].context_length, fetched), (1, Some(7), at));
        assert!(load(&path, "https://b").is_none(), "another upstream has other models");
        std::fs::write(&path, "{\"fetched\":1,\"upstr").unwrap();
        assert!(load(&path, "https://a").is_none(), "a broken file is no catalogue");
    }
}
