//! What can be the matter with a key or with the keychain.

use std::path::PathBuf;
use std::time::Duration;

use super::api_key::KeyTextError;
use super::state::KeySource;
use super::{KEY_FILE_VARIABLE, KEY_VARIABLE};
use crate::origin::Origin;

/// What to do without a keychain: never a plain-text copy made unasked.
pub(super) const WITHOUT_KEYCHAIN: &str = "set OPENROUTER_API_KEY, or OPENROUTER_API_KEY_FILE to a file with the key \
     (mode 0600), for the service; or start a Secret Service in your session, for example \
     `gnome-keyring-daemon --unlock --components=secrets`";

/// Why a key could not be kept or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no key.
    #[error(transparent)]
    Text(#[from] KeyTextError),
    /// The keychain did not do it.
    #[error(transparent)]
    Fault(#[from] KeyFault),
}

/// Why a place that may hold a key does not give it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The keychain is locked; nobody was asked to unlock it.
    #[error("the keychain is locked: unlock it, mostly by logging in to the desktop")]
    Locked,
    /// The keychain asks the user to unlock it, right now.
    #[error("the keychain is waiting for you: answer its window, which may be hidden behind others")]
    PromptOpen,
    /// The user has refused to unlock the keychain.
    #[error("access to the keychain was refused: allow it when the keychain asks, or unlock the keychain")]
    Denied,
    /// The keychain has asked a short while ago and may not ask again yet.
    #[error("the keychain is locked and has asked you already: unlock it, or try again in {} s", .again_in.as_secs().max(1))]
    AskedAlready {
        /// How long until it may ask again.
        again_in: Duration,
    },
    /// There is no keychain, or no session to reach it in.
    #[error("there is no keychain here ({reason}): {WITHOUT_KEYCHAIN}")]
    NoKeychain {
        /// What the system said.
        reason: String,
    },
    /// The keychain has not answered in time.
    #[error(
        "the keychain does not answer: restart it or log in again{}",
        if *writing { "; whether the change was made is not known, see `turnpike key status`" } else { "" }
    )]
    Hanging {
        /// Whether a change was asked for, which may have been made.
        writing: bool,
    },
    /// The keychain has no collection to put a key into.
    #[error(
        "the keychain has no default collection: create one (in Seahorse: New, Password Keyring), or {WITHOUT_KEYCHAIN}"
    )]
    NoCollection,
    /// More than one item claims to be the key.
    #[error("the keychain holds {0} keys for Turnpike: run `turnpike key clear`, then `turnpike key set`")]
    Several(usize),
    /// The item is not of a form that Turnpike writes.
    #[error("the key in the keychain cannot be read: run `turnpike key set` to write it again")]
    Unreadable,
    /// What was written is not what was read back.
    #[error(
        "the keychain did not keep the key as it was given: run `turnpike key clear`, then `turnpike key set`"
    )]
    NotKept,
    /// The key was stored for another host than the one in use.
    #[error(
        "the key in the keychain is for {stored_for}, not for {wanted}, and is not sent there: run `turnpike key set` to store one for {wanted}"
    )]
    OtherOrigin {
        /// The host it was stored for.
        stored_for: Origin,
        /// The host in use.
        wanted: Origin,
    },
    /// The variable or the file holds something that is no key.
    #[error("{}: {error}", subject(*place))]
    Malformed {
        /// Where the text is.
        place: KeySource,
        /// What is wrong with it.
        error: KeyTextError,
    },
    /// The key file cannot be read.
    #[error("the key file {} cannot be read ({reason}): correct {KEY_FILE_VARIABLE}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Anything else the keychain said.
    #[error("the keychain failed ({0}): try again, or restart it")]
    Other(String),
}

// === impl KeyFault ===

impl KeyFault {
    /// Whether a key that is known stays in use: the keychain cannot be asked, which says nothing about the key.
    pub(super) fn leaves_key_in_use(&self) -> bool {
        match self {
            Self::Locked
            | Self::PromptOpen
            | Self::Denied
            | Self::AskedAlready { .. }
            | Self::NoKeychain { .. }
            | Self::Hanging { .. }
            | Self::NoCollection
            | Self::Other(_) => true,
            Self::Several(_)
            | Self::Unreadable
            | Self::NotKept
            | Self::OtherOrigin { .. }
            | Self::Malformed { .. }
            | Self::File { .. } => false,
        }
    }
}

/// The place, as the subject of a sentence.
fn subject(place: KeySource) -> &'static str {
    match place {
        KeySource::Environment => KEY_VARIABLE,
        KeySource::File => "the file that OPENROUTER_API_KEY_FILE names",
        KeySource::Keychain => "the keychain",
    }
}
