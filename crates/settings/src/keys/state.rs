//! What is known of the key.

use std::fmt;
use std::path::PathBuf;

use super::error::{KeyError, KeyFault};
use super::{KEY_FILE_VARIABLE, KEY_VARIABLE};

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// `OPENROUTER_API_KEY`.
    Environment,
    /// The file that `OPENROUTER_API_KEY_FILE` names.
    File,
    /// The system's keychain.
    Keychain,
}

/// Whether there is a key, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// There is one.
    Present {
        /// Where it comes from.
        source: KeySource,
        /// Its last four characters.
        last4: String,
    },
    /// No place holds one.
    Absent,
    /// The keychain is locked, or waits for its user.
    Locked(KeyFault),
    /// The user refused access to the keychain.
    Denied,
    /// There is no keychain.
    NoKeychain(KeyFault),
    /// The keychain does not answer.
    Hanging,
    /// Anything else, told by the fault.
    Error(KeyFault),
}

/// What a look at the places of a key has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReading {
    /// Whether there is a key.
    pub state: KeyState,
    /// What deserves a word although it works.
    pub warnings: Vec<KeyWarning>,
}

/// Something about a key that works but should be mended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyWarning {
    /// It does not begin as OpenRouter's keys do.
    #[error("the key does not begin with sk-or-v1- as OpenRouter's keys do: check that it is the right one")]
    UnusualStart,
    /// Others may read the key file.
    #[error("other users may read the key file {} (mode {mode:o}): run `chmod 600 {}`", path.display(), path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key was put into the keychain, or removed from it, but another place comes first.
    #[error("{0} is set and comes before the keychain: remove it to use the keychain's key")]
    Shadowed(KeySource),
}

// === impl KeyState ===

impl KeyState {
    /// One sentence: what holds, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Present { source, last4 } => format!("the key ••••{last4} comes from {source}"),
            Self::Absent => {
                "there is no OpenRouter key: run `turnpike key set` (openrouter.ai/settings/keys makes one)"
                    .to_owned()
            }
            Self::Denied => KeyFault::Denied.to_string(),
            Self::Hanging => KeyFault::Hanging { writing: false }.to_string(),
            Self::Locked(fault) | Self::NoKeychain(fault) | Self::Error(fault) => fault.to_string(),
        }
    }

    /// Whether there is a key.
    #[must_use]
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present { .. })
    }
}

impl From<KeyFault> for KeyState {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Locked | KeyFault::PromptOpen | KeyFault::AskedAlready { .. } => Self::Locked(fault),
            KeyFault::Denied => Self::Denied,
            KeyFault::NoKeychain { .. } => Self::NoKeychain(fault),
            KeyFault::Hanging { .. } => Self::Hanging,
            KeyFault::NoCollection
            | KeyFault::Several(_)
            | KeyFault::Unreadable
            | KeyFault::NotKept
            | KeyFault::OtherOrigin { .. }
            | KeyFault::Malformed { .. }
            | KeyFault::File { .. }
            | KeyFault::Other(_) => Self::Error(fault),
        }
    }
}

impl From<KeyError> for KeyState {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Fault(fault) => fault.into(),
            KeyError::Text(error) => Self::Error(KeyFault::Malformed { place: KeySource::Keychain, error }),
        }
    }
}

// === impl KeySource ===

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => KEY_VARIABLE,
            Self::File => KEY_FILE_VARIABLE,
            Self::Keychain => "the keychain",
        })
    }
}
