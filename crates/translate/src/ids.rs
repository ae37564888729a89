//! Ids of tool calls.
//!
//! Clients of the Messages API accept `[a-zA-Z0-9_-]+` only, while upstreams use ids such as
//! `functions.Bash:0`. Such an id is wrapped in a form that clients accept, and unwrapped when it comes
//! back, so that the upstream sees its own id again.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const WRAPPED: &str = "tpid_";

/// The id for the client.
#[must_use]
pub fn to_client(id: &str) -> Cow<'_, str> {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain && !id.is_empty() && !id.starts_with(WRAPPED) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("{WRAPPED}{}", URL_SAFE_NO_PAD.encode(id)))
}

/// The upstream's own id again.
#[must_use]
pub fn to_upstream(id: &str) -> Cow<'_, str> {
    id.strip_prefix(WRAPPED)
        .and_then(|wrapped| URL_SAFE_NO_PAD.decode(wrapped).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map_or(Cow::Borrowed(id), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ids_stay_as_they_are() {
        for id in ["toolu_bdrk_01A", "call_abc", "tool_0_Bash_x9", "chatcmpl-tool-1f"] {
            assert_eq!(to_client(id), id);
        }
        assert_eq!(to_client("functions.Bash:0"), "tpid_ZnVuY3Rpb25zLkJhc2g6MA");
    }

    proptest::proptest! {
        #[test]
        fn every_id_round_trips_in_the_clients_alphabet(id in "\\PC{0,40}|tpid_[a-zA-Z0-9_-]{0,9}") {
            let client = to_client(&id);
            proptest::prop_assert!(client.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
            proptest::prop_assert!(!client.is_empty());
            proptest::prop_assert_eq!(to_upstream(&client), id.as_str());
        }
    }
}
