//! What the configuration allows.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_wire::money::NanoUsd;

use crate::window::Span;

/// Whose spending a budget is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody's together.
    All,
    /// That of the client with this name.
    Client(String),
    /// That of sessions which work in this folder or below it; an absolute path.
    Project(String),
}

/// What happens at a cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// People are told, requests go on.
    #[default]
    Warn,
    /// Requests are refused until the window ends.
    Stop,
}

/// The caps of one budget, by [`Span::index`].
pub type Caps = [Option<NanoUsd>; 3];

/// One budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whose it is.
    pub scope: Scope,
    /// Its caps.
    pub caps: Caps,
    /// What happens at them.
    pub action: Action,
}

/// All budgets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Whose midnight ends a day.
    pub zone: TimeZone,
    /// Fractions of a cap at which people are told, over 0 and up to 1, ascending.
    pub warn_at: Vec<f64>,
    /// The budgets.
    pub list: Vec<Limit>,
}

/// A cap that was raised until its window ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Whose cap.
    pub scope: Scope,
    /// Which cap.
    pub span: Span,
    /// By how much.
    pub by: NanoUsd,
    /// When it ends.
    pub until: Timestamp,
}

// === impl Scope ===

impl Scope {
    /// Whether what is spent in this folder counts.
    #[must_use]
    pub fn holds_project(&self, folder: &str) -> bool {
        let Self::Project(root) = self else { return false };
        let root = root.trim_end_matches('/');
        folder.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl std::fmt::Display for Scope {
    /// As in `The daily budget of client ci is used up`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all requests"),
            Self::Client(name) => write!(f, "client {name}"),
            Self::Project(path) => write!(f, "project {path}"),
        }
    }
}

// === impl Limits ===

impl Default for Limits {
    /// No budget at all.
    fn default() -> Self {
        Self { zone: TimeZone::UTC, warn_at: Vec::new(), list: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_its_folder_and_all_below() {
        let scope = Scope::Project("/home/me/src/".to_owned());
        for (folder, holds) in [
            ("/home/me/src", true),
            ("/home/me/src/app/deep", true),
            ("/home/me/srcs", false),
            ("/home/me", false),
            ("", false),
        ] {
            assert_eq!(scope.holds_project(folder), holds, "{folder}");
        }
        assert!(Scope::Project("/".to_owned()).holds_project("/anything"));
        assert!(!Scope::All.holds_project("/x"));
    }
}
