//! Token counts of an answer in the terms of a row.

use turnpike_ledger::Usage as RowUsage;
use turnpike_translate::usage::message_usage;
use turnpike_wire::chat::Usage;

/// What an upstream reported.
pub(super) fn row_usage(usage: &Usage) -> RowUsage {
    let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let split = message_usage(usage);
    RowUsage {
        input_tokens: tokens(split.input_tokens),
        output_tokens: tokens(split.output_tokens),
        cache_read_tokens: tokens(split.cache_read_input_tokens),
        cache_write_tokens: tokens(split.cache_creation_input_tokens),
        reasoning_tokens: tokens(usage.reasoning_tokens),
        web_searches: tokens(usage.web_search_requests),
    }
}
