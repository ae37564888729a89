//! Calls that a model wrote as text, or among its thoughts.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "Hermes: a call among the text",
        sent: &[
            r#"+{"content":"Let me see.\n<tool"}"#,
            r#"+{"content":"_call>\n{\"name\": \"Bash\", \"arguments\": {\"command\": \"ls\"}}\n</tool_"}"#,
            r#"+{"content":"call>"}"#,
            "=stop stop",
            ".",
        ],
        told: &[
            "text: Let me see.\n",
            "tool_use toolu_1_0 Bash {\"command\": \"ls\"}",
            "stop: tool_use",
            "repaired: written_call",
        ],
    },
    Row {
        name: "GLM: two calls, another real one behind them",
        sent: &[
            r#"+{"content":"<tool_call>Bash\n<arg_key>timeout</arg_key>\n<arg_value>5</arg_value>\n</tool_call>\n"}"#,
            r#"+{"content":"<tool_call>Bash</tool_call>"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"Bash","arguments":"{\"command\":\"ls\"}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 Bash {\"command\":\"ls\"}",
            "tool_use toolu_1_1 Bash {\"timeout\":5}",
            "tool_use toolu_1_2 Bash {}",
            "stop: tool_use",
            "repaired: written_call, written_call",
        ],
    },
    Row {
        name: "Qwen Coder: the upstream's name is mapped back, a stop sequence in the arguments is none",
        sent: &[
            r#"+{"content":"<function=mcp__a_b_e9141de4150c45c8>\n<parameter=command>\necho STOP\n</parameter>\n</function>"}"#,
            "=stop",
            ".",
        ],
        told: &[
            "tool_use toolu_1_0 mcp__a.b {\"command\":\"echo STOP\"}",
            "stop: tool_use",
            "repaired: written_call",
        ],
    },
    Row {
        name: "Kimi: a call among the thoughts and no answer",
        sent: &[
            r#"+{"reasoning":"I look. <|tool_calls_section_begin|> <|tool_call_begin|> functions.Bash:0 "}"#,
            r#"+{"reasoning":"<|tool_call_argument_begin|> {\"command\": \"ls\"} <|tool_call_end|> <|tool_calls_section_end|>"}"#,
            "=stop",
            ".",
        ],
        told: &[
            "thinking: I look. <|tool_calls_section_begin|> <|tool_call_begin|> functions.Bash:0 <|tool_call_argument_begin|> {\"command\": \"ls\"} <|tool_call_end|> <|tool_calls_section_end|>",
            "tool_use toolu_1_0 Bash {\"command\": \"ls\"}",
            "stop: tool_use",
            "repaired: written_call",
        ],
    },
    Row {
        name: "Kimi: a call among the thoughts of an answer is only a thought",
        sent: &[
            r#"+{"reasoning":"<|tool_call_begin|>Bash:0<|tool_call_argument_begin|>{}<|tool_call_end|>"}"#,
            r#"+{"content":"Done."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "thinking: <|tool_call_begin|>Bash:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
            "text: Done.",
            "stop: end_turn",
        ],
    },
    Row {
        name: "a call that was written and made is one call, whatever its form",
        sent: &[
            r#"+{"content":"Look.\n<tool_call>{\"name\":\"Bash\",\"arguments\":{\"command\": \"ls\", \"timeout\": 5}}</tool_call>\n"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"Bash","arguments":"{\"timeout\":5,"}}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"\"command\":\"ls\"}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "text: Look.\n",
            "tool_use c1 Bash {\"timeout\":5,\"command\":\"ls\"}",
            "stop: tool_use",
            "repaired: written_call_made_too",
        ],
    },
    Row {
        name: "a call that was made and is written behind is one call; written twice and made once, it is two",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"mcp__a_b_e9141de4150c45c8"}}]}"#,
            r#"+{"content":"<function=mcp__a_b_e9141de4150c45c8></function><function=mcp__a_b_e9141de4150c45c8></function>"}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 mcp__a.b ",
            "tool_use toolu_1_1 mcp__a.b {}",
            "stop: tool_use",
            "repaired: written_call_made_too, written_call",
        ],
    },
    Row {
        name: "Kimi: a call among thoughts that come as details alone",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.text","text":"<|tool_call_begin|>functions.Bash:0<|tool_call_arg"}]}"#,
            r#"+{"reasoning_details":[{"type":"reasoning.text","text":"ument_begin|>{}<|tool_call_end|>"}]}"#,
            "=stop",
            ".",
        ],
        told: &[
            "thinking: <|tool_call_begin|>functions.Bash:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
            "tool_use toolu_1_0 Bash {}",
            "stop: tool_use",
            "repaired: written_call",
        ],
    },
    Row {
        name: "a tool that was not offered stays text",
        sent: &[
            r#"+{"content":"<tool_call>{\"name\":\"Write\",\"arguments\":{}}</tool_call>"}"#,
            "=stop",
            ".",
        ],
        told: &["text: <tool_call>{\"name\":\"Write\",\"arguments\":{}}</tool_call>", "stop: end_turn"],
    },
    Row {
        name: "a written call in a code fence stays text",
        sent: &[
            r#"+{"content":"```\n<tool_call>"}"#,
            r#"+{"content":"Bash\n</tool_call>\n```"}"#,
            "=stop",
            ".",
        ],
        told: &["text: ```\n<tool_call>Bash\n</tool_call>\n```", "stop: end_turn"],
    },
    Row {
        name: "a written call that was cut off stays text",
        sent: &[r#"+{"content":"<tool_call>Bash\n"}"#, "=length", "."],
        told: &["text: <tool_call>Bash\n", "stop: max_tokens"],
    },
    Row {
        name: "a written call without its end, at the end of the answer",
        sent: &[r#"+{"content":"<tool_call>{\"name\":\"Bash\",\"arguments\":{}}"}"#, "=stop", "."],
        told: &["tool_use toolu_1_0 Bash {}", "stop: tool_use", "repaired: written_call"],
    },
    Row {
        name: "text behind a written call, up to a stop sequence",
        sent: &[r#"+{"content":"<function=Bash></function>\nso ST"}"#, r#"+{"content":"OP it"}"#],
        told: &[
            "text: \nso ",
            "tool_use toolu_1_0 Bash {}",
            "stop: stop_sequence STOP",
            "usage: input 10, read 0, written 0, output 10",
            "repaired: written_call",
        ],
    },
];

pub(crate) const WHOLE: &[Row] = &[
    Row {
        name: "whole: a call written as text",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"<tool_call>{\"name\":\"Bash\",\"arguments\":{\"command\":\"ls\"}}</tool_call>"}}]}"#,
        ],
        told: &["tool_use toolu_1_0 Bash {\"command\":\"ls\"}", "stop: tool_use", "repaired: written_call"],
    },
    Row {
        name: "whole: a call written and made",
        sent: &[
            r#"{"choices":[{"finish_reason":"tool_calls","message":{"content":"<tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>","tool_calls":[{"id":"c1","type":"function","function":{"name":"Bash","arguments":"{}"}}]}}]}"#,
        ],
        told: &["tool_use c1 Bash {}", "stop: tool_use", "repaired: written_call_made_too"],
    },
    Row {
        name: "whole: positions do not count once a call was taken out of the text",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"So: <tool_call>Bash</tool_call> it is.","annotations":[{"url_citation":{"url":"https://a.example","start_index":32,"end_index":34}}]}}]}"#,
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example",
            "text: So:  [https://a.example \"it\"]",
            "text:  it is.",
            "tool_use toolu_1_0 Bash {}",
            "stop: tool_use",
            "repaired: written_call",
        ],
    },
];

/// With all repairs turned off.
pub(crate) const UNMENDED: &[Row] = &[
    Row {
        name: "unmended: a call written as text",
        sent: &[
            r#"+{"content":"<tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>"}"#,
            "=stop",
            ".",
        ],
        told: &["text: <tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>", "stop: end_turn"],
    },
    Row {
        name: "unmended: arguments within JSON, null, glued, with bare line breaks",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"\"{}\""}}]}"#,
            r#"+{"tool_calls":[{"index":1,"id":"c2","function":{"name":"A","arguments":"null"}}]}"#,
            r#"+{"tool_calls":[{"index":2,"id":"c3","function":{"name":"A","arguments":"{}{}"}}]}"#,
            r#"+{"tool_calls":[{"index":3,"id":"c4","function":{"name":"A","arguments":"{\"a\":\"\n\"}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 A \"{}\"",
            "tool_use c2 A null",
            "tool_use c3 A {}{}",
            "tool_use c4 A {\"a\":\"\n\"}",
            "stop: tool_use",
        ],
    },
];
