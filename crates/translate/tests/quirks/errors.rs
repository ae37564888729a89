//! Errors in a stream, and the reasons to finish.

use super::Row;

const HI: &str = r#"+{"content":"Hi"}"#;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "the documented error: a chunk with it, finish error",
        sent: &[
            HI,
            r#"{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"Provider disconnected","metadata":{"error_type":"provider_unavailable"}}}"#,
        ],
        told: &["text: Hi", "502 provider: The provider failed: Provider disconnected."],
    },
    Row {
        name: "MiniMax: length twice, then an error without finish, usage, DONE",
        sent: &[
            HI,
            "=length length",
            "=length length",
            r#"{"choices":[{"delta":{"content":""},"finish_reason":null}],"error":{"code":400,"message":"Token limit reached"},"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
            ".",
        ],
        told: &["text: Hi", "400 invalid: The upstream refused the request: Token limit reached."],
    },
    Row {
        name: "Gemini: a malformed call with an error at the top, no DONE",
        sent: &[
            r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop","native_finish_reason":"MALFORMED_FUNCTION_CALL"}],"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"Malformed function call: print()","provider_name":"Google"}}}"#,
            r#"{"choices":[{"delta":{"content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
        ],
        told: &["502 provider: The provider failed: Google: Malformed function call: print()."],
    },
    Row {
        name: "a malformed call without an error object",
        sent: &["=error MALFORMED_FUNCTION_CALL", "."],
        told: &[
            "502 provider: author/slug made a malformed tool call and gave no answer. Try again; it mostly works the second time.",
        ],
    },
    Row {
        name: "a malformed call behind a finish of stop",
        sent: &[r#"+{"reasoning":"Hm"}"#, "=stop MALFORMED_FUNCTION_CALL", "."],
        told: &[
            "thinking: Hm",
            "502 provider: author/slug made a malformed tool call and gave no answer. Try again; it mostly works the second time.",
        ],
    },
    Row {
        name: "the error's code is a word",
        sent: &[r#"{"error":{"code":"server_error","message":"boom"},"choices":[]}"#],
        told: &["502 provider: The provider failed: boom."],
    },
    Row {
        name: "the error is only a text",
        sent: &[HI, r#"{"error":"boom"}"#],
        told: &["text: Hi", "502 provider: The provider failed: boom."],
    },
    Row {
        name: "the error stands within the choice",
        sent: &[r#"{"choices":[{"delta":{"content":"Hi"},"error":{"code":429,"message":"slow down"}}]}"#],
        told: &["text: Hi", "429 rate_limited: Rate limited: slow down."],
    },
    Row {
        name: "an overflow of the window comes in the stream",
        sent: &[
            r#"{"error":{"code":400,"message":"This endpoint's maximum context length is 1000 tokens. However, you requested about 2000 tokens"}}"#,
        ],
        told: &["400 context_too_long: prompt is too long: 2000 tokens > 1000 maximum"],
    },
    Row {
        name: "error: null is no error",
        sent: &[
            r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop","error":null}],"error":null}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "finish error and nothing else",
        sent: &[HI, "=error", "."],
        told: &["text: Hi", "502 provider: The provider of author/slug failed while it answered. Try again."],
    },
    Row {
        name: "an empty answer",
        sent: &[r#"+{"role":"assistant","content":""}"#, "=stop stop", "."],
        told: &[
            "502 empty: author/slug returned an empty answer. Try again; if it stays so, map this name to another model.",
        ],
    },
    Row {
        name: "an empty answer without a finish names the model that served",
        sent: &[r#"{"model":"author/slug-2","choices":[{"delta":{"content":""}}]}"#, "=null", "."],
        told: &[
            "502 empty: author/slug-2 returned an empty answer. Try again; if it stays so, map this name to another model.",
        ],
    },
    Row { name: "length", sent: &[HI, "=length MAX_TOKENS", "."], told: &["text: Hi", "stop: max_tokens"] },
    Row {
        name: "length without a word",
        sent: &[r#"+{"content":""}"#, "=length length", "."],
        told: &["stop: max_tokens"],
    },
    Row {
        name: "the window is full",
        sent: &[HI, "=length model_context_window_exceeded", "."],
        told: &["text: Hi", "stop: model_context_window_exceeded"],
    },
    Row {
        name: "the window is full, by the count of tokens",
        sent: &[
            HI,
            "=length length",
            r#"{"choices":[],"usage":{"prompt_tokens":900,"completion_tokens":100}}"#,
            ".",
        ],
        told: &[
            "text: Hi",
            "stop: model_context_window_exceeded",
            "usage: input 900, read 0, written 0, output 100",
        ],
    },
    Row {
        name: "the limit of the answer, and a window with room",
        sent: &[
            HI,
            "=length length",
            r#"{"choices":[],"usage":{"prompt_tokens":900,"completion_tokens":99}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: max_tokens", "usage: input 900, read 0, written 0, output 99"],
    },
    Row {
        name: "content_filter",
        sent: &[HI, "=content_filter content_filter", "."],
        told: &["text: Hi", "stop: refusal"],
    },
    Row {
        name: "Claude refuses",
        sent: &[HI, "=content_filter refusal", "."],
        told: &["text: Hi", "stop: refusal"],
    },
    Row {
        name: "a stop sequence that is known",
        sent: &[HI, "=stop stop_sequence", "."],
        told: &["text: Hi", "stop: stop_sequence </block>"],
    },
    Row {
        name: "a reason that nobody knows",
        sent: &[HI, "=novel whim", "."],
        told: &["text: Hi", "stop: end_turn"],
    },
];
