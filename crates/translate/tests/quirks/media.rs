//! What chat completions say besides text, reasoning and calls: pictures, citations, speech; and several choices.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "pictures: each is a block of its own, between texts",
        sent: &[
            r#"+{"content":"One:"}"#,
            r#"+{"content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}},{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}]}"#,
            r#"+{"content":" That was it."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "text: One:",
            "text: ![image](data:image/png;base64,iVBO)",
            "text: ![image](https://a.example/b.png)",
            "text:  That was it.",
            "stop: end_turn",
        ],
    },
    Row {
        name: "pictures: one is a whole answer",
        sent: &[
            r#"+{"content":"","images":[{"image_url":{"url":"data:image/png;base64,iVBO"}}]}"#,
            "=stop",
            ".",
        ],
        told: &["text: ![image](data:image/png;base64,iVBO)", "stop: end_turn"],
    },
    Row {
        name: "pictures: while a call is unfinished they wait for it",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":"}}]}"#,
            r#"+{"images":[{"image_url":{"url":"data:image/png;base64,iVBO"}},{"image_url":null}]}"#,
            r#"+{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &["tool_use c1 A {\"a\":1}", "text: ![image](data:image/png;base64,iVBO)", "stop: tool_use"],
    },
    Row {
        name: "pictures: as parts of the content",
        sent: &[
            r#"+{"content":[{"type":"text","text":"A:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]}"#,
            "=stop",
            ".",
        ],
        told: &["text: A:", "text: ![image](data:image/png;base64,iVBO)", "stop: end_turn"],
    },
    Row {
        name: "citations: pages before the text, no positions",
        sent: &[
            r#"+{"content":"","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":0,"content":" An excerpt. "}}]}"#,
            r#"+{"content":"Found"}"#,
            r#"+{"content":" it."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example",
            "text: Found it. [https://a.example \"An excerpt.\"]",
            "stop: end_turn",
        ],
    },
    Row {
        name: "citations: the words that real positions mark, and a page for the second time",
        sent: &[
            r#"+{"content":"Ünder"}"#,
            r#"+{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","start_index":1,"end_index":5}}]}"#,
            r#"+{"content":" all"}"#,
            r#"+{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","start_index":2,"end_index":99}}]}"#,
            r#"+{"content":"."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "text: Ünder [https://a.example \"nder\"]",
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example",
            "text:  all [https://a.example \"\"].",
            "stop: end_turn",
        ],
    },
    Row {
        name: "citations: of a file that was read, nothing to show",
        sent: &[
            r#"+{"content":"Hi"}"#,
            r#"+{"annotations":[{"type":"file","file":{"hash":"x","name":"a.pdf","content":[{"type":"text","text":"t"}]}}]}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "speech: its words are text, its sound is dropped and that is told",
        sent: &[
            r#"+{"audio":{"id":"a1","transcript":"Hi"}}"#,
            r#"+{"audio":{"data":"UklGRg==","transcript":" there"}}"#,
            r#"+{"audio":{"data":"UklGRg==","expires_at":1}}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi there", "stop: end_turn", "repaired: audio_dropped"],
    },
    Row {
        name: "several choices: the one that begins first is the answer",
        sent: &[
            r#"{"choices":[{"index":0,"delta":{"content":"Hi"}},{"index":1,"delta":{"content":"Ho"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":" there"},"finish_reason":"length"}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"stop"}]}"#,
            ".",
        ],
        told: &["text: Hi!", "stop: end_turn"],
    },
    Row {
        name: "OpenRouter's own metadata and debug chunks say nothing to the client",
        sent: &[
            r#"{"choices":[],"debug":{"echo_upstream_body":{"model":"x"}}}"#,
            r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"openrouter_metadata":{"strategy":"direct","attempts":[{}]}}"#,
            ".",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "citations: a search whose words are told, without its pages",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_name":"openrouter:web_search","arguments":"{\"query\":\"zod\"}","result":"found"}]}"#,
            r#"+{"content":"Zod 4."}"#,
            r#"+{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A"}}]}"#,
            "=stop",
            ".",
        ],
        told: &[
            "redacted_thinking",
            "text: Zod 4. [https://a.example \"\"]",
            "server_tool_use web_search {\"query\":\"zod\"}",
            "web_search_tool_result https://a.example",
            "stop: end_turn",
        ],
    },
    Row {
        name: "citations: two searches with their words and pages; a page is shown once, a run told twice too",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_call_id":"s1","tool_name":"openrouter:web_search","arguments":"{\"query\":\"a\"}","result":"[{\"url\":\"https://a.example\",\"title\":\"A\"},{\"url\":\"https://b.example\"}]"}]}"#,
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_call_id":"s1","tool_name":"openrouter:web_search","arguments":"{\"query\":\"a\"}","result":"[]"}]}"#,
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_call_id":"s2","tool_name":"openrouter:web_search","arguments":{"query":"c"},"result":{"results":[{"url":"https://c.example"},{"url":"https://a.example"}]}}]}"#,
            r#"+{"content":"So.","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","start_index":0,"end_index":0}}]}"#,
            "=stop",
            ".",
        ],
        told: &[
            "redacted_thinking",
            "server_tool_use web_search {\"query\":\"a\"}",
            "web_search_tool_result https://a.example https://b.example",
            "redacted_thinking",
            "server_tool_use web_search {\"query\":\"c\"}",
            "web_search_tool_result https://c.example",
            "text: So. [https://a.example \"\"]",
            "stop: end_turn",
        ],
    },
    Row {
        name: "a fetched page is a fetch, its result and the text",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_call_id":"f1","tool_name":"openrouter:web_fetch","arguments":"{\"url\":\"https://a.example\"}","result":"{\"url\":\"https://a.example/\",\"title\":\"A\",\"content\":\"All of it.\",\"status\":\"completed\",\"retrieved_at\":\"2026-07-15T14:30:00.000Z\"}"}]}"#,
            r#"+{"content":"Read."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "redacted_thinking",
            "server_tool_use web_fetch {\"url\":\"https://a.example\"}",
            "web_fetch_tool_result https://a.example/ A All of it.",
            "text: Read.",
            "stop: end_turn",
        ],
    },
    Row {
        name: "a page that could not be fetched",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_name":"openrouter:web_fetch","arguments":"{\"url\":\"https://a.example\"}","result":"{\"url\":\"https://a.example\",\"status\":\"failed\",\"error\":\"HTTP 404: Page not found\"}"}]}"#,
            r#"+{"content":"Gone."}"#,
            "=stop",
            ".",
        ],
        told: &[
            "redacted_thinking",
            "server_tool_use web_fetch {\"url\":\"https://a.example\"}",
            "web_fetch_tool_result    url_not_accessible",
            "text: Gone.",
            "stop: end_turn",
        ],
    },
    Row {
        name: "a fetch that does not tell its page travels with the reasoning alone",
        sent: &[
            r#"+{"reasoning_details":[{"type":"reasoning.server_tool_call","tool_name":"openrouter:web_fetch","arguments":"{}","result":"page"}]}"#,
            r#"+{"content":"Read."}"#,
            "=stop",
            ".",
        ],
        told: &["redacted_thinking", "text: Read.", "stop: end_turn"],
    },
    Row {
        name: "Claude pauses a turn of server tools",
        sent: &[r#"+{"content":"Searching"}"#, "=stop pause_turn", "."],
        told: &["text: Searching", "stop: pause_turn"],
    },
];

pub(crate) const WHOLE: &[Row] = &[
    Row {
        name: "whole: words that cite are blocks of their own",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"Ünder it[1] and[2][3] so. End","annotations":["#,
            r#"{"type":"url_citation","url_citation":{"url":"https://b.example","start_index":15,"end_index":21}},"#,
            r#"{"type":"url_citation","url_citation":{"url":"https://a.example","start_index":8,"end_index":11,"content":"An excerpt."}},"#,
            r#"{"type":"url_citation","url_citation":{"url":"https://c.example","start_index":15,"end_index":21}}]}}]}"#,
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://b.example https://a.example https://c.example",
            "text: Ünder it",
            "text: [1] [https://a.example \"An excerpt.\"]",
            "text:  and",
            "text: [2][3] [https://b.example \"[2][3]\"] [https://c.example \"[2][3]\"]",
            "text:  so. End",
            "stop: end_turn",
        ],
    },
    Row {
        name: "whole: places that are none, or overlap, cite the text as it is",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"One two","annotations":["#,
            r#"{"type":"url_citation","url_citation":{"url":"https://a.example","start_index":0,"end_index":0}},"#,
            r#"{"type":"url_citation","url_citation":{"url":"https://b.example","start_index":2,"end_index":90}},"#,
            r#"{"type":"url_citation","url_citation":{"url":"https://c.example","start_index":0,"end_index":3}},"#,
            r#"{"type":"url_citation","url_citation":{"url":"https://d.example","start_index":2,"end_index":5}}]}}]}"#,
        ],
        told: &[
            "server_tool_use web_search {\"query\":\"\"}",
            "web_search_tool_result https://a.example https://b.example https://c.example https://d.example",
            "text: One [https://c.example \"One\"]",
            "text:  two [https://a.example \"\"] [https://b.example \"\"] [https://d.example \"e t\"]",
            "stop: end_turn",
        ],
    },
    Row {
        name: "whole: a fetched page",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"Read.","reasoning_details":[{"type":"reasoning.server_tool_call","tool_name":"openrouter:web_fetch","arguments":"{}","result":"{\"url\":\"https://a.example/\",\"title\":\"A\",\"content\":\"All.\"}"}]}}]}"#,
        ],
        told: &[
            "redacted_thinking",
            "server_tool_use web_fetch {\"url\":\"https://a.example/\"}",
            "web_fetch_tool_result https://a.example/ A All.",
            "text: Read.",
            "stop: end_turn",
        ],
    },
    Row {
        name: "whole: a picture behind the text",
        sent: &[
            r#"{"choices":[{"finish_reason":"stop","message":{"content":"A:","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]}}]}"#,
        ],
        told: &["text: A:", "text: ![image](data:image/png;base64,iVBO)", "stop: end_turn"],
    },
    Row {
        name: "whole: several choices",
        sent: &[
            r#"{"choices":[{"index":0,"finish_reason":"stop","message":{"content":"Hi"}},{"index":1,"finish_reason":"length","message":{"content":"Ho"}}]}"#,
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
];
