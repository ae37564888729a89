//! The OpenRouter key. The key itself goes into the service, never out of it.

use serde::{Deserialize, Serialize};

use crate::SecretText;

/// Asks what is known of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct KeyStatus {
    /// Also ask the upstream whether it takes the key, for at most ten seconds.
    pub check: bool,
}

/// Keeps a key in the system's keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetKey {
    /// The key.
    pub key: SecretText,
}

/// Removes the key from the system's keychain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ClearKey {}

/// Puts back what there was before the last change of the key. The service keeps it for a minute, in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UndoKey {
    /// Number of the change, from [`KeyReport::undo`].
    pub change: u64,
}

/// What is known of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeyReport {
    /// Whether there is one to use.
    pub state: KeyState,
    /// Where it comes from.
    pub source: Option<KeySource>,
    /// How people recognise it: dots and the last four characters.
    pub masked: Option<String>,
    /// One sentence: what holds, and what to do.
    pub message: String,
    /// The keychain has not answered; the service goes on asking it.
    #[serde(default)]
    pub awaited: bool,
    /// Number of the last change, while it can be taken back.
    #[serde(default)]
    pub undo: Option<u64>,
}

/// Whether there is a key to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// There is one.
    Ready,
    /// There is none.
    Missing,
    /// The keychain is locked.
    Locked,
    /// The keychain cannot be used, or has not answered.
    Unavailable,
    /// The upstream refused it.
    Refused,
}

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// `OPENROUTER_API_KEY`.
    Environment,
    /// The file that `OPENROUTER_API_KEY_FILE` names.
    File,
    /// The system's keychain.
    Keychain,
    /// Made up for the demo.
    Demo,
}
