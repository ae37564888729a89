//! Token counts: where they come, and what upstreams make of them.

use super::Row;

const HI: &str = r#"+{"content":"Hi"}"#;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "2025: in a chunk with a choice that says nothing",
        sent: &[
            HI,
            "=stop stop",
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "the documents: in a chunk without choices",
        sent: &[HI, "=stop stop", r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#, "."],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "2026: in a chunk that repeats the finish",
        sent: &[
            HI,
            "=stop stop",
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop","native_finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4},"service_tier":null}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "after the finish, without DONE",
        sent: &[HI, "=stop", r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "with the last words, before the finish",
        sent: &[
            r#"{"choices":[{"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "twice, zeros the second time",
        sent: &[
            HI,
            r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "never",
        sent: &[HI, "=stop", r#"{"choices":[],"usage":null}"#, "."],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "Claude: the prompt includes what was read and written",
        sent: &[
            HI,
            "=stop",
            r#"{"choices":[],"usage":{"prompt_tokens":2649,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2569,"cache_write_tokens":79}}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 1, read 2569, written 79, output 4"],
    },
    Row {
        name: "Gemini: the same tokens read and written",
        sent: &[
            HI,
            "=stop",
            r#"{"choices":[],"usage":{"prompt_tokens":2168,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2161,"cache_write_tokens":2161}}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 0, read 2161, written 7, output 4"],
    },
    Row {
        name: "more tokens of reasoning than of the answer",
        sent: &[
            HI,
            "=stop",
            r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":168,"completion_tokens_details":{"reasoning_tokens":173}}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 168"],
    },
    Row {
        name: "numbers as text, negative, too large, null details",
        sent: &[
            HI,
            "=stop",
            r#"{"choices":[],"usage":{"prompt_tokens":"9","completion_tokens":4294967296,"prompt_tokens_details":{"cached_tokens":-1,"cache_write_tokens":null},"completion_tokens_details":null,"cost":"0.5"}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "usage: input 9, read 0, written 0, output 4294967296"],
    },
];
