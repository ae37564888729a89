//! The closed vocabularies of a row. Each word is stored as its text, so that any SQLite tool can read it.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is no word of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}; known are: {known}")]
pub struct UnknownWord {
    /// Which vocabulary was asked.
    pub what: &'static str,
    /// The text as it came, cut to 40 characters.
    pub word: String,
    /// The words there are, for people.
    pub known: String,
}

/// An enum whose variants are words: text both ways, in SQL, JSON and for people.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// Every word, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it is stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads a word.
            ///
            /// # Errors
            /// [`UnknownWord`], which lists the words there are.
            pub fn parse(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| UnknownWord {
                    what: $what,
                    word: text.chars().take(40).collect(),
                    known: Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&word).map_err(serde::de::Error::custom)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::parse(value.as_str()?).map_err(FromSqlError::other)
            }
        }
    };
}

vocabulary! {
    /// How a request ended, as its settlement says.
    Outcome, "outcome" {
        /// Answered to the end.
        Ok = "ok",
        /// Answered by an error.
        Error = "error",
        /// The client went away.
        Cancelled = "cancelled",
        /// The upstream's answer broke off.
        Truncated = "truncated",
    }
}

vocabulary! {
    /// Where a row stands.
    Status, "status" {
        /// Accepted and not settled yet.
        Open = "open",
        /// Answered to the end.
        Ok = "ok",
        /// Answered by an error.
        Error = "error",
        /// The client went away.
        Cancelled = "cancelled",
        /// The upstream's answer broke off.
        Truncated = "truncated",
        /// Found open after its instance had died.
        Interrupted = "interrupted",
    }
}

vocabulary! {
    /// How a request was handed to the upstream.
    Mode, "mode" {
        /// As the Messages API, unchanged.
        Native = "native",
        /// As chat completions.
        Translate = "translate",
    }
}

vocabulary! {
    /// Where a cost comes from.
    CostSource, "cost source" {
        /// `usage.cost` of the answer.
        Upstream = "upstream",
        /// Asked for afterwards by generation id.
        LookedUp = "looked_up",
        /// Reckoned from prices, or not known yet.
        Estimate = "estimate",
        /// Nothing was billed.
        None = "none",
    }
}

// === impl Status ===

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Error => Self::Error,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Truncated => Self::Truncated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_text() {
        for word in Outcome::ALL {
            assert_eq!(Outcome::parse(word.as_str()), Ok(*word));
            assert_eq!(Status::from(*word).as_str(), word.as_str(), "a status says the outcome's word");
        }
        for word in Status::ALL {
            assert_eq!(Status::parse(word.as_str()), Ok(*word));
        }
        for word in Mode::ALL {
            assert_eq!(Mode::parse(word.as_str()), Ok(*word));
        }
        for word in CostSource::ALL {
            assert_eq!(CostSource::parse(word.as_str()), Ok(*word));
        }
    }

    #[test]
    fn an_unknown_word_is_answered_by_the_known_ones() {
        let error = Mode::parse("nativ").unwrap_err();
        assert_eq!(error.to_string(), "`nativ` is no mode; known are: native, translate");
    }
}
