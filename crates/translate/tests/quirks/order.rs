//! Text, reasoning and calls in whatever order they come; what of reasoning is shown.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "reasoning, text, call",
        sent: &[
            r#"+{"content":"","reasoning":"I think"}"#,
            r#"+{"content":"","reasoning":"."}"#,
            r#"+{"content":"Let me"}"#,
            r#"+{"content":" see."}"#,
            r#"+{"content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"A","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["thinking: I think.", "text: Let me see.", "tool_use c1 A {}", "stop: tool_use"],
    },
    Row {
        name: "MiniMax: text and reasoning in one delta, reasoning first",
        sent: &[r#"+{"content":"Hi","reasoning":"Hm"}"#, "=stop", "."],
        told: &["thinking: Hm", "text: Hi", "stop: end_turn"],
    },
    Row {
        name: "MiniMax: reasoning after the text began",
        sent: &[r#"+{"content":"Hi"}"#, r#"+{"reasoning":"Hm"}"#, r#"+{"content":" there"}"#, "=stop", "."],
        told: &["text: Hi", "thinking: Hm", "text:  there", "stop: end_turn"],
    },
    Row {
        name: "Claude: thinking again after a call",
        sent: &[
            r#"+{"reasoning":"one"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"reasoning":"two"}"#,
            r#"+{"tool_calls":[{"index":1,"id":"c2","function":{"name":"B","arguments":"{}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["thinking: one", "tool_use c1 A {}", "thinking: two", "tool_use c2 B {}", "stop: tool_use"],
    },
    Row {
        name: "text while a call is unfinished waits for it",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":"}}]}"#,
            r#"+{"content":"Meanwhile"}"#,
            r#"+{"reasoning":"hm"}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#,
            r#"+{"content":" done."}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "tool_use c1 A {\"a\":1}",
            "text: Meanwhile",
            "thinking: hm",
            "text:  done.",
            "stop: tool_use",
        ],
    },
    Row {
        name: "the string and the details say the same: it is shown once",
        sent: &[
            r#"+{"reasoning":"Okay","reasoning_details":[{"type":"reasoning.text","text":"Okay","format":"unknown","index":0}]}"#,
            r#"+{"content":"Yes."}"#,
            "=stop",
            ".",
        ],
        told: &["thinking: Okay", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "details without the string are shown: text and summary",
        sent: &[
            r#"+{"reasoning":null,"reasoning_details":[{"type":"reasoning.text","text":"a","index":0}]}"#,
            r#"+{"reasoning_details":[{"type":"reasoning.summary","summary":"b","index":0}]}"#,
            r#"+{"content":"Yes."}"#,
            "=stop",
            ".",
        ],
        told: &["thinking: ab", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "Claude: the signature comes alone, without text",
        sent: &[
            r#"+{"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0}]}"#,
            r#"+{"content":"","reasoning":null,"reasoning_details":[{"type":"reasoning.text","signature":"EqQB","index":0}]}"#,
            r#"+{"content":"Yes."}"#,
            "=stop",
            ".",
        ],
        told: &["thinking: Hm", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "OpenAI: encrypted data alone is a redacted block",
        sent: &[
            r#"+{"content":"","reasoning":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"gAAA","id":"rs_1","index":0}]}"#,
            r#"+{"content":"Yes."}"#,
            "=stop",
            ".",
        ],
        told: &["redacted_thinking", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "Gemini: a signature bound to a call",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"tool_0_A_x","function":{"name":"A","arguments":"{}"}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"CiQB","id":"tool_0_A_x","index":0}]}"#,
            "=tool_calls STOP",
            ".",
        ],
        told: &["redacted_thinking", "tool_use tool_0_A_x A {}", "stop: tool_use"],
    },
    Row {
        name: "fillers of reasoning beside the text do not cut it",
        sent: &[
            r#"+{"content":"Hi","reasoning_details":[{"type":"reasoning.text","text":"","format":"unknown","index":0}]}"#,
            r#"+{"content":" there","reasoning":"","reasoning_details":[{"type":"reasoning.encrypted","data":""}]}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi there", "stop: end_turn"],
    },
    Row {
        name: "[REDACTED] is no text",
        sent: &[
            r#"+{"reasoning":"[REDACTED]","reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":0}]}"#,
            r#"+{"content":"Yes."}"#,
            "=stop",
            ".",
        ],
        told: &["redacted_thinking", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "other vendors call it reasoning_content",
        sent: &[r#"+{"reasoning_content":"Hm","content":null}"#, r#"+{"content":"Yes."}"#, "=stop", "."],
        told: &["thinking: Hm", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "Mistral: reasoning and text as parts of the content",
        sent: &[
            r#"+{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Yes."}]}"#,
            "=stop",
            ".",
        ],
        told: &["thinking: Hm", "text: Yes.", "stop: end_turn"],
    },
    Row {
        name: "reasoning only, no answer",
        sent: &[r#"+{"reasoning":"Hm"}"#, "=stop", "."],
        told: &["thinking: Hm", "stop: end_turn"],
    },
    Row {
        name: "a refusal is text",
        sent: &[r#"+{"content":"","refusal":"I can"}"#, r#"+{"refusal":"not."}"#, "=stop", "."],
        told: &["text: I cannot.", "stop: refusal"],
    },
    Row {
        name: "sources of a web search, before and after the text",
        sent: &[
            r#"+{"content":"","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":0}}]}"#,
            r#"+{"content":"Found."}"#,
            r#"+{"annotations":[{"type":"url_citation","url_citation":{"url":"https://b.example","title":"B"}},{"type":"file","file":{"hash":"x"}}]}"#,
            "=stop",
            ".",
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example",
            "text: Found. [https://a.example \"\"] [https://b.example \"\"]",
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://b.example",
            "stop: end_turn",
        ],
    },
];
