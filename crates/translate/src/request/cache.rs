//! Prompt-cache breakpoints: at most four, where the upstream honours them.

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Content, MessagesRequest};

use super::Notes;
use crate::profile::CacheBreakpoints;

/// Most breakpoints that Claude takes.
const MAX: usize = 4;

/// Decides, breakpoint by breakpoint in the order of the request, which are kept.
///
/// Of more than four the last ones are kept: they cover the longest prefixes.
#[derive(Debug)]
pub(super) struct Breakpoints {
    /// How many of the next breakpoints are left out.
    skip: usize,
    keep: bool,
}

// === impl Breakpoints ===

impl Breakpoints {
    /// Counts the breakpoints in the order in which the translation meets them: tools, system, messages.
    pub(super) fn choose(request: &MessagesRequest<'_>, policy: CacheBreakpoints, notes: &mut Notes) -> Self {
        if policy == CacheBreakpoints::Drop {
            // The upstream caches by itself: nothing is lost, so nothing is noted.
            return Self { skip: 0, keep: false };
        }
        let tools = request.tools.iter().filter(|tool| tool.cache_control.is_some()).count();
        let system = request.system.as_ref().map_or(0, count);
        let messages: usize = request.messages.iter().map(|message| count(&message.content)).sum();
        let skip = (tools + system + messages).saturating_sub(MAX);
        if skip > 0 {
            notes.drop("cache_control beyond the fourth");
        }
        Self { skip, keep: true }
    }

    /// The breakpoint, if it is one of those kept. Must be asked once for each breakpoint, in order.
    pub(super) fn keep<'a>(&mut self, cache_control: Option<&'a RawValue>) -> Option<&'a RawValue> {
        let found = cache_control?;
        if !self.keep {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        Some(found)
    }
}

fn count(content: &Content<'_>) -> usize {
    match content {
        Content::Text(_) => 0,
        Content::Blocks(blocks) => blocks.iter().filter(|block| block.cache_control().is_some()).count(),
    }
}
