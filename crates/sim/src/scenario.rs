//! The scenarios: what a model name makes the simulator say. Each group of them has a file of its own.

mod agent;
mod assistant;
mod broken;
mod envelope;
mod failure;
mod fetch;
mod framing;
mod overflow;
mod reasoning;
mod search;
mod text;
mod tool_quirks;
mod tools;

use http::StatusCode;

use crate::conversation::Conversation;
use crate::deliver::Broken;
use crate::errors::ErrorAnswer;
use crate::ids::Ids;
use crate::recordings::Recordings;
use crate::request::Request;
use crate::script::Script;
use crate::slug::Modifiers;

pub use text::text as words;

/// What a scenario may look at.
pub(crate) struct Stage<'a> {
    pub(crate) request: &'a Request,
    pub(crate) ids: &'a Ids,
    pub(crate) recordings: &'a Recordings,
    /// The model name as it was asked for.
    pub(crate) slug: &'a str,
    /// What stands behind `=` after the scenario's name.
    pub(crate) value: Option<&'a str>,
    pub(crate) modifiers: &'a Modifiers,
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: &'a str,
}

/// What becomes of a request.
pub(crate) enum Answer {
    Script(Box<Script>),
    Error(Box<ErrorAnswer>),
    /// A body as it stands.
    Fixed(Fixed),
    /// The connection ends before the first byte.
    Close,
    /// An answer that is not HTTP as it should be.
    Broken(Broken),
}

/// A body as it stands.
pub(crate) struct Fixed {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// What it states to have cost, as decimal text; it is charged then.
    pub(crate) cost: Option<String>,
}

/// One scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// One sentence for the catalogue.
    pub(crate) about: &'static str,
    pub(crate) play: fn(&Stage<'_>) -> Answer,
}

/// All groups. The first scenario of the first group is plain text.
const GROUPS: &[&[Scenario]] = &[
    text::ALL,
    assistant::ALL,
    agent::ALL,
    overflow::ALL,
    reasoning::ALL,
    tools::ALL,
    tool_quirks::ALL,
    framing::ALL,
    search::ALL,
    fetch::ALL,
    failure::ALL,
    envelope::ALL,
    broken::ALL,
];

// === impl Stage ===

impl Stage<'_> {
    pub(crate) fn conversation(&self) -> Conversation {
        Conversation::read(self.request)
    }

    /// A tool call id in Claude's style.
    pub(crate) fn call_id(&self) -> String {
        format!("toolu_sim_{}", self.ids.token())
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn script(script: Script) -> Self {
        Self::Script(Box::new(script))
    }

    pub(crate) fn error(error: ErrorAnswer) -> Self {
        Self::Error(Box::new(error))
    }
}

/// One line of a group's table.
const fn row(name: &'static str, play: fn(&Stage<'_>) -> Answer, about: &'static str) -> Scenario {
    Scenario { name, about, play }
}

/// Every scenario.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.iter().copied().flatten()
}

/// The scenario of that name.
pub(crate) fn find(name: &str) -> Option<&'static Scenario> {
    all().find(|scenario| scenario.name == name)
}

/// Plain text: what a modifier without a scenario modifies.
pub(crate) fn text() -> &'static Scenario {
    &text::ALL[0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_fit_into_a_slug() {
        let mut seen = HashSet::new();
        for scenario in all() {
            assert!(seen.insert(scenario.name), "{} stands twice", scenario.name);
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(scenario.name.bytes().all(plain), "{}", scenario.name);
            assert!(scenario.about.ends_with('.'), "{}: say what it does in a sentence", scenario.name);
        }
    }
}
