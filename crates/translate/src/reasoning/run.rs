//! The record of a server tool that OpenRouter ran, among the details of the reasoning.

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::text::{Text, lenient};

const KIND: &str = "reasoning.server_tool_call";

/// One run of a server tool: `reasoning.server_tool_call` in OpenRouter's API description.
#[derive(Debug, Deserialize)]
pub struct ServerRun<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    tool_name: Text<'a>,
    /// JSON, mostly within a string.
    #[serde(borrow)]
    pub arguments: &'a RawValue,
    /// JSON, mostly within a string.
    #[serde(borrow)]
    pub result: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "lenient")]
    tool_call_id: Option<Text<'a>>,
}

// === impl ServerRun ===

impl<'a> ServerRun<'a> {
    /// Reads a detail of the reasoning; one of another type, or without a result, is none.
    #[must_use]
    pub fn of(detail: &'a RawValue) -> Option<Self> {
        // Most details are pieces of text, and many come each second.
        if !detail.get().contains(KIND) {
            return None;
        }
        let run: Self = serde_json::from_str(detail.get()).ok()?;
        (run.kind.as_str() == KIND).then_some(run)
    }

    /// The tool's name without its owner's.
    #[must_use]
    pub fn tool(&self) -> &str {
        self.tool_name.trim_start_matches("openrouter:")
    }

    /// The run's id, where it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.tool_call_id.as_deref().filter(|id| !id.is_empty())
    }
}
