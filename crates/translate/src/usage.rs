//! Token counts of chat completions in the Messages API's terms.

use turnpike_wire::anthropic::{MessageUsage, ServerToolUse};
use turnpike_wire::chat::Usage;

/// Splits the prompt into what was read from a cache, written to one, and the rest.
///
/// OpenRouter's `prompt_tokens` includes both; some providers report cached and written tokens that
/// overlap. The three parts returned are disjoint and always add up to `prompt_tokens`.
#[must_use]
pub fn message_usage(usage: &Usage) -> MessageUsage {
    let cache_read = usage.cached_tokens.min(usage.prompt_tokens);
    let cache_creation = usage.cache_write_tokens.min(usage.prompt_tokens - cache_read);
    MessageUsage {
        input_tokens: usage.prompt_tokens - cache_read - cache_creation,
        cache_creation_input_tokens: cache_creation,
        cache_read_input_tokens: cache_read,
        output_tokens: usage.completion_tokens,
        server_tool_use: (usage.web_search_requests > 0).then_some(ServerToolUse {
            web_search_requests: usage.web_search_requests,
            ..ServerToolUse::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(prompt: u64, cached: u64, written: u64) -> (u64, u64, u64) {
        let usage = Usage {
            prompt_tokens: prompt,
            cached_tokens: cached,
            cache_write_tokens: written,
            ..Usage::default()
        };
        let split = message_usage(&usage);
        (split.input_tokens, split.cache_read_input_tokens, split.cache_creation_input_tokens)
    }

    #[test]
    fn the_prompt_is_split_without_rest() {
        for (label, given, expected) in [
            ("nothing cached", (100, 0, 0), (100, 0, 0)),
            ("Claude: one token new", (2649, 2569, 79), (1, 2569, 79)),
            ("Gemini reports the same tokens twice", (2168, 2161, 2161), (0, 2161, 7)),
            ("more cached than there was", (10, 20, 5), (0, 10, 0)),
        ] {
            assert_eq!(parts(given.0, given.1, given.2), expected, "{label}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parts_add_up(prompt: u32, cached: u32, written: u32) {
            let (input, read, creation) = parts(prompt.into(), cached.into(), written.into());
            proptest::prop_assert_eq!(input + read + creation, u64::from(prompt));
        }
    }
}
