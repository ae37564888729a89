//! A secret on its way between client and service.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A text that is sent but never printed: its `Debug` shows dots, and memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS), ts(as = "String"))]
pub struct SecretText(Zeroizing<String>);

// === impl SecretText ===

impl SecretText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sent_whole_and_printed_never() {
        let secret: SecretText = serde_json::from_str("\"sk-or-v1-abc\"").unwrap();
        assert_eq!(secret.expose(), "sk-or-v1-abc");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"sk-or-v1-abc\"");
        assert_eq!(format!("{secret:?}"), "••••");
    }
}
