//! Fragments of tool calls.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "the usual: a head, then pieces of the arguments",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"type":"function","function":{"arguments":":1}"}}]}"#,
            "=tool_calls tool_use",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "everything in one fragment",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":"{\"a\":1}"}}]}"#,
            "=tool_calls STOP",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "GLM: continuations with empty id and type",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":"{\"a\""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"id":"","type":"","function":{"name":"","arguments":":1}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "Kimi, Qwen: continuations with null id and name",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":"{\"a\""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":":1}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "Gemini flash-lite: several calls, all at index 0, each with a finish",
        sent: &[
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c2","function":{"name":"A","arguments":"{\"a\":2}"}}]},"finish_reason":"tool_calls"}]}"#,
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "tool_use c2 A {\"a\":2}", "stop: tool_use"],
    },
    Row {
        name: "the fragments of two calls interleaved",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":"}},{"index":1,"id":"c2","function":{"name":"B","arguments":"{\"b\":"}}]}"#,
            r#"+{"tool_calls":[{"index":1,"function":{"arguments":"2}"}},{"index":0,"function":{"arguments":"1}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "tool_use c2 B {\"b\":2}", "stop: tool_use"],
    },
    Row {
        name: "glued arguments: several objects in one call",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":1}{\"a\":2} {\"a\""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":":3}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 A {\"a\":1}",
            "tool_use toolu_1_1 A {\"a\":2}",
            "tool_use toolu_1_2 A {\"a\":3}",
            "stop: tool_use",
            "repaired: glued_arguments_split, glued_arguments_split",
        ],
    },
    Row {
        name: "arguments cut off, hidden behind tool_calls",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":\"x"}}]}"#,
            "=tool_calls max_output_tokens",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":\"x", "stop: max_tokens"],
    },
    Row {
        name: "arguments cut off, and nothing says so",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":"}}]}"#,
            "=tool_calls stop",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":", "stop: max_tokens"],
    },
    Row {
        name: "a native finish of length though the arguments are whole",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            "=tool_calls length",
            ".",
        ],
        told: &["tool_use c1 A {}", "stop: max_tokens"],
    },
    Row {
        name: "a finish of stop though there are calls",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            "=stop STOP",
            ".",
        ],
        told: &["tool_use c1 A {}", "stop: tool_use"],
    },
    Row {
        name: "no arguments at all",
        sent: &[r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A"}}]}"#, "=tool_calls", "."],
        told: &["tool_use c1 A ", "stop: tool_use"],
    },
    Row {
        name: "arguments that are JSON instead of text",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":{"a":1}}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "arguments that are null, empty or JSON within JSON",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"null"}}]}"#,
            r#"+{"tool_calls":[{"index":1,"id":"c2","function":{"name":"B","arguments":"\"{\\\"b\\\":1}\""}}]}"#,
            r#"+{"tool_calls":[{"index":2,"id":"c3","function":{"name":"C","arguments":null}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 A ",
            "tool_use c2 B {\"b\":1}",
            "tool_use c3 C ",
            "stop: tool_use",
            "repaired: arguments_unwrapped, arguments_unwrapped",
        ],
    },
    Row {
        name: "arguments that are no JSON go on as they are",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"ls "}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"-la"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A ls -la", "stop: tool_use"],
    },
    Row {
        name: "no index: by id, else the last call",
        sent: &[
            r#"+{"tool_calls":[{"id":"c1","function":{"name":"A","arguments":"{\"a\":"}}]}"#,
            r#"+{"tool_calls":[{"function":{"arguments":"1"}}]}"#,
            r#"+{"tool_calls":[{"id":"c1","function":{"arguments":"}"}}]}"#,
            r#"+{"tool_calls":[{"id":"c2","function":{"name":"B","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "tool_use c2 B {}", "stop: tool_use"],
    },
    Row {
        name: "no id: one is made up",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"function":{"name":"A","arguments":"{}"}},{"index":1,"function":{"name":"B","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use toolu_1_0 A {}", "tool_use toolu_1_1 B {}", "stop: tool_use"],
    },
    Row {
        name: "the head of the second call at index 0, its tail at index 1",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c2","function":{"name":"B","arguments":"{\"b\":"}}]}"#,
            r#"+{"tool_calls":[{"index":1,"function":{"arguments":"2}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {}", "tool_use c2 B {\"b\":2}", "stop: tool_use"],
    },
    Row {
        name: "id and name repeated on each fragment",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"1}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use"],
    },
    Row {
        name: "white space after the arguments",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":" \n"}}]}"#,
            r#"+{"content":"Hi"}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":" "}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {}", "text: Hi", "stop: tool_use"],
    },
    Row {
        name: "a name that comes after the id",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"arguments":""}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"name":"A","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {}", "stop: tool_use"],
    },
    Row {
        name: "a call that never gets a name is left out",
        sent: &[
            r#"+{"content":"Hi","tool_calls":[{"index":0,"id":"c1","function":{"arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["text: Hi", "stop: end_turn", "repaired: nameless_call_dropped"],
    },
    Row {
        name: "a gap in the indices",
        sent: &[
            r#"+{"tool_calls":[{"index":3,"id":"c1","function":{"name":"A","arguments":"{}"}},{"index":9,"id":"c2","function":{"name":"B","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {}", "tool_use c2 B {}", "stop: tool_use"],
    },
    Row {
        name: "ids that clients refuse are wrapped",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"functions.A:0","function":{"name":"A","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use tpid_ZnVuY3Rpb25zLkE6MA A {}", "stop: tool_use"],
    },
    Row {
        name: "ids of all upstreams stay as they are",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"toolu_bdrk_01","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"tool_calls":[{"index":1,"id":"chatcmpl-tool-0f","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"tool_calls":[{"index":2,"id":"tool_0_A_Xy","function":{"name":"A","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use toolu_bdrk_01 A {}",
            "tool_use chatcmpl-tool-0f A {}",
            "tool_use tool_0_A_Xy A {}",
            "stop: tool_use",
        ],
    },
    Row {
        name: "tool_calls that are announced and never come",
        sent: &[r#"+{"content":"Hi"}"#, "=tool_calls", "."],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "arguments within a code fence",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"```json\n{\"a\":"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"1}\n```"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "stop: tool_use", "repaired: arguments_unwrapped"],
    },
    Row {
        name: "bare line breaks within the strings of arguments",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\n\"a\": \"x\n"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"\ty\"\n}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 A {\n\"a\": \"x\\n\\ty\"\n}",
            "stop: tool_use",
            "repaired: control_characters_escaped",
        ],
    },
    Row {
        name: "arguments that are no JSON are handed on",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"ls -la"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A ls -la", "stop: tool_use"],
    },
];
