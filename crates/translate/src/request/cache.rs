//! Prompt-cache breakpoints: at most four, where the upstream honours them.

use serde_json::value::RawValue;
use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::chat::{ChatContent, ChatMessage, ChatTool, Part};

use super::Notes;
use crate::profile::{CacheBreakpoints, ModelProfile};

/// Most breakpoints that Claude takes.
const MAX: usize = 4;

/// What becomes of the request's breakpoints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breakpoints {
    policy: CacheBreakpoints,
}

// === impl Breakpoints ===

impl Breakpoints {
    pub(super) fn of(profile: &ModelProfile<'_>) -> Self {
        Self { policy: profile.cache_breakpoints() }
    }

    /// The breakpoint, if the target honours one. Clients add fields of their own, which only Anthropic
    /// knows, so it is written anew.
    pub(super) fn keep(self, cache_control: Option<&RawValue>) -> Option<&'static RawValue> {
        #[derive(serde::Deserialize)]
        struct CacheControl<'a> {
            #[serde(rename = "type")]
            kind: &'a str,
            #[serde(default)]
            ttl: Option<&'a str>,
        }

        if self.policy == CacheBreakpoints::Drop {
            // The upstream caches by itself: nothing is lost, so nothing is noted.
            return None;
        }
        let found: CacheControl<'_> = serde_json::from_str(cache_control?.get()).ok()?;
        let json = match (found.kind, found.ttl) {
            ("ephemeral", Some("1h")) => r#"{"type":"ephemeral","ttl":"1h"}"#,
            ("ephemeral", Some("5m")) => r#"{"type":"ephemeral","ttl":"5m"}"#,
            ("ephemeral", _) => r#"{"type":"ephemeral"}"#,
            _ => return None,
        };
        serde_json::from_str(json).ok()
    }

    /// Sets the breakpoint that the whole request asks for, and keeps within the limit: of more than four
    /// the last ones stay, since they cover the longest prefixes.
    pub(super) fn settle<'a>(
        self,
        request: &MessagesRequest<'_>,
        tools: &mut [ChatTool<'a>],
        messages: &mut [ChatMessage<'a>],
        notes: &mut Notes,
    ) {
        if self.policy == CacheBreakpoints::Drop {
            return;
        }
        if let (Some(mark), Some(last)) = (self.keep(request.cache_control), messages.last_mut()) {
            mark_end(last, mark);
        }
        let mut marked: Vec<_> = slots(tools, messages).filter(|slot| slot.is_some()).collect();
        let excess = marked.len().saturating_sub(MAX);
        if excess > 0 {
            notes.drop("cache_control beyond the fourth");
        }
        marked.iter_mut().take(excess).for_each(|slot| **slot = None);
    }
}

/// Puts a breakpoint onto the last text of a list of parts, unless it has one.
pub(super) fn mark_last(parts: &mut [Part<'_>], mark: &'static RawValue) {
    let last_text = parts.iter_mut().rev().find_map(|part| match part {
        Part::Text { cache_control, .. } => Some(cache_control),
        _ => None,
    });
    if let Some(slot) = last_text {
        slot.get_or_insert(mark);
    }
}

fn mark_end(message: &mut ChatMessage<'_>, mark: &'static RawValue) {
    let Some(content) = content(message) else { return };
    if let ChatContent::Text(text) = content {
        *content = ChatContent::Parts(vec![Part::text(std::mem::take(text))]);
    }
    if let ChatContent::Parts(parts) = content {
        mark_last(parts, mark);
    }
}

/// Everything that may carry a breakpoint, in the order of the request.
fn slots<'m, 'a>(
    tools: &'m mut [ChatTool<'a>],
    messages: &'m mut [ChatMessage<'a>],
) -> impl Iterator<Item = &'m mut Option<&'a RawValue>> {
    let of_tools = tools.iter_mut().filter_map(|tool| match tool {
        ChatTool::Function(function) => Some(&mut function.cache_control),
        ChatTool::Server { .. } => None,
    });
    let parts = messages.iter_mut().filter_map(content).filter_map(|content| match content {
        ChatContent::Parts(parts) => Some(parts),
        ChatContent::Text(_) => None,
    });
    let of_parts = parts.flatten().filter_map(|part| match part {
        Part::Text { cache_control, .. } => Some(cache_control),
        _ => None,
    });
    of_tools.chain(of_parts)
}

fn content<'m, 'a>(message: &'m mut ChatMessage<'a>) -> Option<&'m mut ChatContent<'a>> {
    match message {
        ChatMessage::System { content }
        | ChatMessage::User { content }
        | ChatMessage::Tool { content, .. } => Some(content),
        ChatMessage::Assistant(message) => message.content.as_mut(),
    }
}
