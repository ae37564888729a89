//! The tray's menu: from one state to its entries, word for word. Pure.
//!
//! An entry has an id that stays the same while its text changes, so that an open menu is updated in place:
//! [`changes`] tells what is to be done to get from one menu to the next.

mod action;
mod build;
mod changes;
mod state;
#[cfg(test)]
mod tests;

pub use action::{Action, EnvironmentShell};
pub use build::{IconState, icon, menu, tooltip};
pub use changes::{Change, changes};
pub use state::{Choice, Limit, LiveRow, Power, Preset, Role, TrayState};

/// One line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A line between groups.
    Separator {
        /// Its id.
        id: String,
    },
    /// A text; clicking it does something, if it has an action.
    Item {
        /// Its id.
        id: String,
        /// What it says.
        text: String,
        /// Whether a tick stands beside it; `None` where there is never one.
        checked: Option<bool>,
        /// What a click does; without, it is only read.
        action: Option<Action>,
    },
    /// A text with a menu of its own.
    Submenu {
        /// Its id.
        id: String,
        /// What it says.
        text: String,
        /// Its lines.
        entries: Vec<Entry>,
    },
}

// === impl Entry ===

impl Entry {
    /// The id, which is the same however the text changes.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Separator { id } | Self::Item { id, .. } | Self::Submenu { id, .. } => id,
        }
    }

    /// The action of the entry with that id, here or below.
    #[must_use]
    pub fn action_of<'a>(entries: &'a [Self], wanted: &str) -> Option<&'a Action> {
        entries.iter().find_map(|entry| match entry {
            Self::Item { id, action, .. } if id == wanted => action.as_ref(),
            Self::Submenu { entries, .. } => Self::action_of(entries, wanted),
            Self::Item { .. } | Self::Separator { .. } => None,
        })
    }
}
