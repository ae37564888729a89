//! The text of a key, checked, and the host it belongs to.

use crate::origin::Origin;
use crate::secret::Secret;

/// The longest text that is taken for a key, in bytes. OpenRouter's have 73; Windows keeps 1,280.
const LONGEST: usize = 512;
/// How OpenRouter's keys begin.
const USUAL_START: &str = "sk-or-v1-";

/// A key of plausible form, bound to the host it is for.
#[derive(Clone, Debug)]
pub struct ApiKey {
    secret: Secret,
    origin: Origin,
}

/// Why a text cannot be a key. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Nothing but white space.
    #[error("the key is empty: paste the whole key, it begins with {USUAL_START}")]
    Empty,
    /// Longer than any key.
    #[error("the text has {0} characters, no key has more than {LONGEST}: paste the key alone")]
    TooLong(usize),
    /// White space, a control character or something beyond ASCII, at this position from 1.
    #[error(
        "character {0} of the key is no visible ASCII character: paste the key alone, on one line, without spaces"
    )]
    Character(usize),
}

// === impl ApiKey ===

impl ApiKey {
    /// Takes a key as it was typed, pasted or read from a file. White space around it is cut off; what is left
    /// must be 1 to 512 visible ASCII characters.
    ///
    /// # Errors
    /// [`KeyTextError`] says what is wrong without showing the text.
    pub fn parse(text: &str, origin: Origin) -> Result<Self, KeyTextError> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let length = text.chars().count();
        if length == 0 {
            return Err(KeyTextError::Empty);
        }
        if length > LONGEST {
            return Err(KeyTextError::TooLong(length));
        }
        if let Some(position) = text.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(KeyTextError::Character(position + 1));
        }
        Ok(Self { secret: Secret::new(text.to_owned()), origin })
    }

    /// The host it belongs to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key, if it belongs to that host.
    #[must_use]
    pub fn for_origin(&self, origin: &Origin) -> Option<&Secret> {
        (self.origin == *origin).then_some(&self.secret)
    }

    /// The last four characters, by which people recognise it.
    #[must_use]
    pub fn last4(&self) -> &str {
        self.secret.last4()
    }

    /// Whether it begins as OpenRouter's keys do. One that does not may still be right for another upstream.
    #[must_use]
    pub fn has_usual_start(&self) -> bool {
        self.secret.expose().starts_with(USUAL_START)
    }

    /// The key itself, whatever host it is for.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_else_taken_as_it_is() {
        for (case, text, key) in [
            ("plain", "sk-or-v1-abc", "sk-or-v1-abc"),
            ("newline of a file", "sk-or-v1-abc\n", "sk-or-v1-abc"),
            ("windows newline", "sk-or-v1-abc\r\n", "sk-or-v1-abc"),
            ("pasted with spaces", " \t sk-or-v1-abc  ", "sk-or-v1-abc"),
            ("another upstream's", "{\"~!", "{\"~!"),
            ("one character", "x", "x"),
        ] {
            let parsed = ApiKey::parse(text, Origin::default()).unwrap();
            assert_eq!(parsed.secret().expose(), key, "{case}");
        }
        let longest = "k".repeat(LONGEST);
        assert_eq!(ApiKey::parse(&longest, Origin::default()).unwrap().secret().expose(), longest);
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_unshown() {
        for (case, text, error) in [
            ("empty", "", KeyTextError::Empty),
            ("white space", " \r\n\t", KeyTextError::Empty),
            ("too long", &"k".repeat(LONGEST + 1), KeyTextError::TooLong(LONGEST + 1)),
            ("two lines", "sk-or-v1-abc\nmore", KeyTextError::Character(13)),
            ("inner space", "Bearer sk-or-v1-abc", KeyTextError::Character(7)),
            ("nul", "sk-or\0", KeyTextError::Character(6)),
            ("escape", "\u{1b}[200~sk-or", KeyTextError::Character(1)),
            ("umlaut", "sk-ör", KeyTextError::Character(4)),
            ("no-break space around", "\u{a0}sk-or", KeyTextError::Character(1)),
            ("byte order mark", "\u{feff}sk-or", KeyTextError::Character(1)),
        ] {
            let refused = ApiKey::parse(text, Origin::default()).unwrap_err();
            assert_eq!(refused, error, "{case}");
            assert!(!refused.to_string().contains("abc"), "{case}");
        }
    }

    #[test]
    fn it_is_handed_out_for_its_own_host_only() {
        let key = ApiKey::parse("sk-or-v1-0123456789", Origin::default()).unwrap();
        for (origin, given) in [
            ("https://openrouter.ai", true),
            ("https://openrouter.ai:8443", false),
            ("https://gateway.example", false),
            ("http://127.0.0.1:9000", false),
        ] {
            assert_eq!(key.for_origin(&Origin::parse(origin).unwrap()).is_some(), given, "{origin}");
        }
        assert_eq!(format!("{key:?}").matches("0123").count(), 0);
        assert_eq!(key.last4(), "6789");
    }

    #[test]
    fn an_unusual_start_is_seen() {
        for (text, usual) in
            [("sk-or-v1-abc", true), ("sk-ant-abc", false), ("sk-or-", false), ("SK-OR-V1-a", false)]
        {
            assert_eq!(ApiKey::parse(text, Origin::default()).unwrap().has_usual_start(), usual, "{text}");
        }
    }
}
