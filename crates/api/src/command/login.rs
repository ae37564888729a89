//! Getting a key from OpenRouter in a browser. The key itself goes from OpenRouter to the service, and no further.

use serde::{Deserialize, Serialize};

use crate::SecretText;

/// Begins a login; one that waits already is over then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct BeginLogin {
    /// The browser comes back to this machine by itself. Without it OpenRouter shows a code, to be given to
    /// [`FinishLogin`]: for a browser on another machine.
    pub callback: bool,
    /// Also write a file, for the user's eyes only, that leads a browser to the link.
    pub redirect_file: bool,
}

/// Asks how the login stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct LoginStatus {}

/// Ends the login that waits with what a person has copied from the browser. Waits until the key is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FinishLogin {
    /// The code, or the address at which the browser has ended.
    pub code: SecretText,
}

/// Gives the login up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct CancelLogin {}

/// How the login stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LoginReply {
    /// Where it stands.
    pub state: LoginState,
    /// What to open in a browser, while it waits.
    pub url: Option<String>,
    /// The file that leads there, where one was asked for just now.
    pub redirect_file: Option<String>,
    /// Until when it waits.
    pub until: Option<i64>,
    /// Dots and the last four characters of the key that it brought.
    pub masked: Option<String>,
    /// One sentence: what holds, and what to do.
    pub message: String,
}

/// Where a login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LoginState {
    /// None was begun.
    None,
    /// Somebody is to say yes in the browser.
    Waiting,
    /// OpenRouter is asked for the key, and the keychain to keep it.
    Working,
    /// The key is kept and in use.
    Done,
    /// It is over, and nothing was kept; the sentence says why.
    Failed,
}

// === impl BeginLogin ===

impl Default for BeginLogin {
    fn default() -> Self {
        Self { callback: true, redirect_file: false }
    }
}
