//! Claude Code's own settings: what connecting changes there, and whether it is done.

use serde::{Deserialize, Serialize};

/// Looks at the settings file, and tells what connecting and disconnecting would change. Changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ShowClaude {
    /// What connecting is to write; without, what it wrote the last time, or else as little as possible.
    pub options: Option<ClaudeOptions>,
}

/// Connects Claude Code, or brings its settings up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ApplyClaude {
    /// What to write; without, what was written the last time, or else as little as possible.
    pub options: Option<ClaudeOptions>,
    /// The file that was looked at: when it is another one by now, that is a conflict and nothing is changed.
    pub revision: Option<String>,
}

/// Disconnects Claude Code: puts back what was there for our keys and for `model`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct UndoClaude {
    /// The file that was looked at: when it is another one by now, that is a conflict and nothing is changed.
    pub revision: Option<String>,
}

/// What connecting writes besides the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ClaudeOptions {
    /// `apiKeyHelper` is a command that tells the local token, which then does not stand in the file.
    pub token_by_command: bool,
    /// `permissions.defaultMode` is `default`: Claude Code asks before it acts, instead of asking a model.
    pub default_mode: bool,
    /// `statusLine` is `turnpike statusline`.
    pub status_line: bool,
}

/// How Claude Code's settings stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClaudeReply {
    /// The settings file.
    pub path: String,
    /// The file that it is a link to, where it is one.
    pub link_to: Option<String>,
    /// Which text of it was looked at.
    pub revision: String,
    /// Whether Claude Code is connected.
    pub state: ClaudeState,
    /// What the difference under `connect` is made with.
    pub options: ClaudeOptions,
    /// What connecting means, to be said before it is done.
    pub sentence: String,
    /// Sessions of Claude Code that run now and switch at once; `None` where they cannot be counted.
    pub running_sessions: Option<u32>,
    /// What tries Turnpike in one terminal, without any change.
    pub try_command: String,
    /// What connecting changes, or bringing up to date; empty when there is nothing to change. Secrets are dots.
    pub connect: Vec<DiffLine>,
    /// What disconnecting changes. Secrets are dots.
    pub disconnect: Vec<DiffLine>,
    /// Keys that were ours and have been changed since: disconnecting leaves them. As `env.ANTHROPIC_BASE_URL`.
    pub left: Vec<String>,
    /// What to know, each a sentence.
    pub notes: Vec<String>,
    /// Why the file cannot be changed, where it cannot.
    pub problem: Option<String>,
}

/// Whether Claude Code is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ClaudeState {
    /// It is not.
    Disconnected,
    /// It is.
    Connected,
    /// It is, but the settings are not those it needs now: another port, another token, or a key that somebody changed.
    Outdated,
    /// It was until the service ended, and will be again at the next start.
    Suspended,
}

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiffLine {
    /// What becomes of it.
    pub kind: DiffKind,
    /// The line, without its end.
    pub text: String,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
    /// Lines that stay are left out here.
    Gap,
}

// === impl ClaudeState ===

impl ClaudeState {
    /// Whether the settings send Claude Code here, or will again at the next start.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        !matches!(self, Self::Disconnected)
    }
}
