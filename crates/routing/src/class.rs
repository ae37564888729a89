//! What a request is for: from the client's hint headers, else from its shape.

use serde::{Deserialize, Serialize};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The main conversation.
    Main,
    /// A sub-agent's conversation.
    Subagent,
    /// A scripted workflow.
    Workflow,
    /// The summary of a conversation that grew too long.
    Compaction,
    /// Titles, searches and other small work.
    Auxiliary,
    /// An aside to the user.
    SideReply,
    /// The verdict that lets a command run unasked.
    SafetyCheck,
}

/// What the client says about a request, in its headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `x-claude-code-request-class`
    pub class: Option<String>,
    /// `x-claude-code-agent-type`
    pub agent_type: Option<String>,
    /// `x-claude-code-agent-id`
    pub agent_id: Option<String>,
    /// `x-claude-code-session-id`
    pub session: Option<String>,
}

/// What a request looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// It offers tools.
    pub has_tools: bool,
    /// It offers web search and nothing else.
    pub only_web_search: bool,
    /// The safety check's verdict: `</block>` is one of its stop sequences (the check's first stage), or its
    /// instructions ask for a `<block>` and it offers no tools (the second, which may think first).
    pub asks_for_verdict: bool,
    /// Bytes of the body.
    pub bytes: usize,
    /// Most tokens of the answer.
    pub max_tokens: u64,
}

/// Bodies below this without tools are small work.
const SMALL: usize = 64 * 1024;

// === impl Class ===

impl Class {
    /// All classes.
    pub const ALL: [Self; 7] = [
        Self::Main,
        Self::Subagent,
        Self::Workflow,
        Self::Compaction,
        Self::Auxiliary,
        Self::SideReply,
        Self::SafetyCheck,
    ];

    /// The name on the wire, in the configuration and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Subagent => "subagent",
            Self::Workflow => "workflow",
            Self::Compaction => "compaction",
            Self::Auxiliary => "auxiliary",
            Self::SideReply => "side_reply",
            Self::SafetyCheck => "safety_check",
        }
    }

    /// Small work beside the conversation, not worth reasoning about unless the client asks.
    #[must_use]
    pub const fn is_quick(self) -> bool {
        matches!(self, Self::Auxiliary | Self::SideReply | Self::SafetyCheck)
    }
}

/// The class of a request. A verdict that lets commands run is a safety check, whatever the header says.
#[must_use]
pub fn classify(hints: &Hints, shape: &Shape) -> Class {
    let hinted =
        hints.class.as_deref().and_then(|hint| Class::ALL.into_iter().find(|class| class.as_str() == hint));
    match hinted {
        Some(Class::Auxiliary) | None if shape.asks_for_verdict => Class::SafetyCheck,
        Some(class) => class,
        None if shape.only_web_search => Class::Auxiliary,
        None if !shape.has_tools && shape.bytes < SMALL && hints.session.is_some() => Class::Auxiliary,
        None => Class::Main,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_and_shapes_help() {
        let plain = Shape { has_tools: true, bytes: 60_000, max_tokens: 32_000, ..Shape::default() };
        let small = Shape { bytes: 900, max_tokens: 512, ..Shape::default() };
        let search = Shape { has_tools: true, only_web_search: true, bytes: 2_000, ..Shape::default() };
        let verdict = Shape { asks_for_verdict: true, bytes: 9_000, max_tokens: 64, ..Shape::default() };
        for (label, hint, session, shape, class) in [
            ("hinted main", Some("main"), true, plain, Class::Main),
            ("hinted sub-agent", Some("subagent"), true, plain, Class::Subagent),
            ("hinted compaction", Some("compaction"), true, plain, Class::Compaction),
            ("hinted auxiliary", Some("auxiliary"), true, small, Class::Auxiliary),
            ("a verdict is a safety check", Some("auxiliary"), true, verdict, Class::SafetyCheck),
            ("a verdict without a hint", None, false, verdict, Class::SafetyCheck),
            ("the hint's own name", Some("safety_check"), true, small, Class::SafetyCheck),
            ("an unknown hint", Some("novel"), true, plain, Class::Main),
            ("web search alone", None, true, search, Class::Auxiliary),
            ("Claude Code, small, no tools", None, true, small, Class::Auxiliary),
            ("an SDK's request, small, no tools", None, false, small, Class::Main),
        ] {
            let hints = Hints {
                class: hint.map(str::to_owned),
                session: session.then(|| "s".to_owned()),
                ..Hints::default()
            };
            assert_eq!(classify(&hints, &shape), class, "{label}");
        }
    }
}
