//! Answers that are no stream.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "whole: reasoning, text and calls that carry an index",
        sent: &[
            r#"{"id":"gen-1","choices":[{"finish_reason":"tool_calls","native_finish_reason":"tool_calls","message":{"role":"assistant","content":"Hi","refusal":null,"reasoning":"Hm","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":"{\"a\":1}"}}]}}],"#,
            r#""usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
        ],
        told: &[
            "thinking: Hm",
            "text: Hi",
            "tool_use c1 A {\"a\":1}",
            "stop: tool_use",
            "usage: input 9, read 0, written 0, output 4",
        ],
    },
    Row {
        name: "whole: Gemini finishes with stop though there is a call",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":null,"tool_calls":[{"id":"c1","function":{"name":"A","arguments":"{}"}}]}}]}"#,
        ],
        told: &["tool_use c1 A {}", "stop: tool_use"],
    },
    Row {
        name: "whole: Claude's call without arguments",
        sent: &[
            r#"{"choices":[{"finish_reason":"tool_calls","message":{"content":"","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A"}}]}}]}"#,
        ],
        told: &["tool_use c1 A ", "stop: tool_use"],
    },
    Row {
        name: "whole: Gemini flash-lite glues the arguments of several calls",
        sent: &[
            r#"{"choices":[{"finish_reason":"tool_calls","message":{"content":"","tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":1}{\"a\":2}"}}]}}]}"#,
        ],
        told: &[
            "tool_use c1 A {\"a\":1}",
            "tool_use toolu_1_1 A {\"a\":2}",
            "stop: tool_use",
            "repaired: glued_arguments_split",
        ],
    },
    Row {
        name: "whole: OpenAI's arguments cut off behind tool_calls",
        sent: &[
            r#"{"choices":[{"finish_reason":"tool_calls","native_finish_reason":"max_output_tokens","message":{"content":"","tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":\"x"}}]}}]}"#,
        ],
        told: &["tool_use c1 A {\"a\":\"x", "stop: max_tokens"],
    },
    Row {
        name: "whole: Grok's text cut off, no finish",
        sent: &[
            r#"{"choices":[{"finish_reason":null,"native_finish_reason":null,"message":{"content":"Hi"}}]}"#,
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "whole: an empty answer",
        sent: &[
            r#"{"choices":[{"finish_reason":null,"native_finish_reason":null,"message":{"content":"","reasoning":null}}]}"#,
        ],
        told: &[
            "502 empty: author/slug returned an empty answer. Try again; if it stays so, map this name to another model.",
        ],
    },
    Row {
        name: "whole: an empty delta beside the message",
        sent: &[r#"{"choices":[{"delta":{},"message":{"content":"Hi"},"finish_reason":"stop"}]}"#],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "whole: only an error, with HTTP 200",
        sent: &[r#"{"error":{"code":503,"message":"no room"},"user_id":"user_1"}"#],
        told: &["503 provider: The provider failed: no room."],
    },
    Row {
        name: "whole: an error beside a part of the answer",
        sent: &[
            r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"error","error":{"code":502,"message":"broken off"}}]}"#,
        ],
        told: &["text: Hi", "502 provider: The provider failed: broken off."],
    },
    Row {
        name: "whole: refusal alone",
        sent: &[r#"{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#],
        told: &["text: No.", "stop: refusal"],
    },
    Row {
        name: "whole: annotations of a search",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"Found.","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A"}}]}}]}"#,
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example",
            "text: Found. [https://a.example \"\"]",
            "stop: end_turn",
        ],
    },
    Row {
        name: "whole: JSON without an answer in it",
        sent: &[r#"{"choices":[]}"#],
        told: &[
            "502 unreadable: The upstream sent JSON without an answer in it instead of an answer. Try again.",
        ],
    },
    Row {
        name: "whole: a web page",
        sent: &["<html><body>Sign in</body></html>"],
        told: &[
            "502 unreadable: The upstream sent a web page (a proxy's or a login page?) instead of an answer. Try again.",
        ],
    },
    Row {
        name: "whole: an empty body",
        sent: &[" \n"],
        told: &["502 unreadable: The upstream sent an empty body instead of an answer. Try again."],
    },
];
