//! Reasoning as each vendor sends it, and as it wants it back.

pub(crate) const CLAUDE: &str = "anthropic/claude-opus-5";
pub(crate) const GPT: &str = "openai/gpt-5.6-terra";
pub(crate) const GEMINI: &str = "google/gemini-3.7-flash";
pub(crate) const QWEN: &str = "qwen/qwen3-coder-next";

/// Name, model, deltas of its answer, details as it made them, reasoning as a plain string.
pub(crate) type Row =
    (&'static str, &'static str, &'static [&'static str], &'static [&'static str], Option<&'static str>);

pub(crate) const ROWS: &[Row] = &[
    (
        "Claude: text, signature in a chunk of its own",
        CLAUDE,
        &[
            r#"{"reasoning":"Let me ","reasoning_details":[{"type":"reasoning.text","text":"Let me ","format":"anthropic-claude-v1","index":0}]}"#,
            r#"{"reasoning":"see\n…","reasoning_details":[{"type":"reasoning.text","text":"see\n…","format":"anthropic-claude-v1","index":0}]}"#,
            r#"{"content":"","reasoning_details":[{"type":"reasoning.text","signature":"EqQB==","format":"anthropic-claude-v1","index":0}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[
            r#"{"type":"reasoning.text","text":"Let me see\n…","format":"anthropic-claude-v1","index":0,"signature":"EqQB=="}"#,
        ],
        None,
    ),
    (
        "Claude: two signed thoughts around a word, both at index 0",
        CLAUDE,
        &[
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"one","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","signature":"S1","index":0}]}"#,
            r#"{"content":"Hm."}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"two","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","signature":"S2","index":0}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[
            r#"{"type":"reasoning.text","text":"one","index":0,"signature":"S1"}"#,
            r#"{"type":"reasoning.text","text":"two","index":0,"signature":"S2"}"#,
        ],
        None,
    ),
    (
        "Claude: redacted beside text",
        CLAUDE,
        &[
            r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"EmwK","format":"anthropic-claude-v1","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"t","signature":"S","format":"anthropic-claude-v1","index":1}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[
            r#"{"type":"reasoning.encrypted","data":"EmwK","format":"anthropic-claude-v1","index":0}"#,
            r#"{"type":"reasoning.text","text":"t","signature":"S","format":"anthropic-claude-v1","index":1}"#,
        ],
        None,
    ),
    (
        "OpenAI: summary and encrypted data share an index",
        GPT,
        &[
            r#"{"reasoning":"**Plan**","reasoning_details":[{"type":"reasoning.summary","summary":"**Plan**","format":"openai-responses-v1","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"gAAAA","format":"openai-responses-v1","id":"rs_1","index":0}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[
            r#"{"type":"reasoning.summary","summary":"**Plan**","format":"openai-responses-v1","index":0}"#,
            r#"{"type":"reasoning.encrypted","data":"gAAAA","format":"openai-responses-v1","id":"rs_1","index":0}"#,
        ],
        None,
    ),
    (
        "OpenAI: encrypted data alone, after the words",
        GPT,
        &[
            r#"{"content":"Yes."}"#,
            r#"{"content":"","reasoning":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"gAAAA","format":"openai-responses-v1","id":"rs_1","index":0}]}"#,
        ],
        &[
            r#"{"type":"reasoning.encrypted","data":"gAAAA","format":"openai-responses-v1","id":"rs_1","index":0}"#,
        ],
        None,
    ),
    (
        "Gemini: each signature is bound to a call by its id",
        GEMINI,
        &[
            r#"{"reasoning":"I call.","reasoning_details":[{"type":"reasoning.text","text":"I call.","format":"google-gemini-v1","index":0}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"tool_0_Bash_x","type":"function","function":{"name":"Bash","arguments":"{}"}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"CiQB","id":"tool_0_Bash_x","format":"google-gemini-v1","index":0}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"tool_1_Read_y","type":"function","function":{"name":"Read","arguments":"{}"}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"CiQC","id":"tool_1_Read_y","format":"google-gemini-v1","index":0}]}"#,
        ],
        &[
            r#"{"type":"reasoning.text","text":"I call.","format":"google-gemini-v1","index":0}"#,
            r#"{"type":"reasoning.encrypted","data":"CiQB","id":"tool_0_Bash_x","format":"google-gemini-v1","index":0}"#,
            r#"{"type":"reasoning.encrypted","data":"CiQC","id":"tool_1_Read_y","format":"google-gemini-v1","index":0}"#,
        ],
        None,
    ),
    (
        "Gemini: a signature without text",
        GEMINI,
        &[
            r#"{"content":"Yes."}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","signature":"CiQD","format":"google-gemini-v1","index":0}]}"#,
        ],
        &[r#"{"type":"reasoning.text","signature":"CiQD","format":"google-gemini-v1","index":0}"#],
        None,
    ),
    (
        "open models: a string and a detail that say the same",
        QWEN,
        &[
            r#"{"content":"","reasoning":"Ok","reasoning_details":[{"type":"reasoning.text","text":"Ok","format":"unknown","index":0}]}"#,
            r#"{"content":"","reasoning":"ay","reasoning_details":[{"type":"reasoning.text","text":"ay","format":"unknown","index":0}]}"#,
            r#"{"content":"Yes.","reasoning":null,"reasoning_details":[]}"#,
        ],
        &[r#"{"type":"reasoning.text","text":"Okay","format":"unknown","index":0}"#],
        None,
    ),
    (
        "open models: a string alone",
        QWEN,
        &[r#"{"reasoning":"Ok"}"#, r#"{"reasoning":"ay\n"}"#, r#"{"content":"Yes."}"#],
        &[],
        Some("Okay\n"),
    ),
    (
        "open models: a string beside details that are empty",
        QWEN,
        &[
            r#"{"reasoning":"Okay","reasoning_details":[{"type":"reasoning.text","text":"","format":"unknown","index":0}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[],
        Some("Okay"),
    ),
    (
        "other vendors: reasoning_content",
        "deepseek/deepseek-v4-pro-0813",
        &[r#"{"reasoning_content":"Okay"}"#, r#"{"content":"Yes."}"#],
        &[],
        Some("Okay"),
    ),
    (
        "fields that nobody knows yet, and escapes of another taste",
        "new/model",
        &[
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"\u00fc\/","new":{"a":[1.50]},"index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.novel","blob":[1,2]}]}"#,
            r#"{"content":"Yes."}"#,
        ],
        &[
            r#"{"type":"reasoning.text","text":"\u00fc\/","new":{"a":[1.50]},"index":0}"#,
            r#"{"type":"reasoning.novel","blob":[1,2]}"#,
        ],
        None,
    ),
];
