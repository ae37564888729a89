//! A text that must never be printed.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Texts shorter than this show nothing of themselves: four characters would be too much of them.
const SHORTEST_WITH_TAIL: usize = 12;
/// What stands for the hidden part.
const DOTS: &str = "••••";

/// A secret text: wiped from memory on drop, shown only as its last four characters.
///
/// It has no `Display` and no `Serialize`, so it cannot slip into a log line or an answer;
/// [`Secret::expose`] is the one way out, easy to search for.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

// === impl Secret ===

impl Secret {
    /// Takes the text over. The caller's other copies are the caller's to wipe.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the header or the file it is meant for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How people recognise it: `••••` and the last four characters, or only the dots for a short text.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{DOTS}{}", self.last4())
    }

    /// The last four characters; empty for a text of which four characters would give too much away.
    #[must_use]
    pub fn last4(&self) -> &str {
        let length = self.0.chars().count();
        if length < SHORTEST_WITH_TAIL {
            return "";
        }
        self.0.char_indices().nth(length - 4).map_or("", |(start, _)| &self.0[start..])
    }

    /// Whether `candidate` is this secret, in a time that depends on lengths only.
    #[must_use]
    pub fn matches(&self, candidate: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(candidate).into()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tail_is_ever_shown() {
        for (text, shown) in [
            ("", "••••"),
            ("short", "••••"),
            ("elevenchars", "••••"),
            ("twelve-chars", "••••hars"),
            ("sk-or-v1-0123456789", "••••6789"),
            ("twelve-charsö€", "••••rsö€"),
        ] {
            let secret = Secret::from(text.to_owned());
            assert_eq!(format!("{secret:?}"), shown, "{text}");
            assert_eq!(secret.masked(), shown, "{text}");
            assert_eq!(secret.expose(), text);
        }
    }

    #[test]
    fn only_the_same_bytes_match() {
        let secret = Secret::from("tp-0123456789".to_owned());
        for (candidate, same) in [
            ("tp-0123456789", true),
            ("tp-012345678", false),
            ("tp-01234567890", false),
            ("tp-0123456780", false),
            ("Tp-0123456789", false),
            ("", false),
        ] {
            assert_eq!(secret.matches(candidate.as_bytes()), same, "{candidate}");
        }
    }
}
