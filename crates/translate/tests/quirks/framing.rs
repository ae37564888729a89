//! How a stream is framed and how it ends.

use super::Row;

const HI: &str = r#"+{"role":"assistant","content":"Hi"}"#;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "comments before, between and after",
        sent: &[
            ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n",
            HI,
            ": x\n\n",
            "=stop stop",
            ".",
            ": y\n\n",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "CRLF, no space after the colon, event and id lines",
        sent: &[
            "event: message\r\nid: 7\r\nretry: 10\r\ndata:{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\r\n\r\n",
            "data:{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata:[DONE]\r\n\r\n",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "a byte order mark, bare CR, a JSON text over two data lines",
        sent: &[
            "\u{feff}data: {\"choices\":[{\"delta\":\rdata: {\"content\":\"Hi\"}}]}\r\r",
            "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\r\rdata: [DONE]\r\r",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "a surrogate pair in two pieces, and halves that never meet",
        sent: &[
            r#"+{"content":"Hi \ud83d"}"#,
            r#"+{"content":"\ude00 \ud800x"}"#,
            r#"+{"content":"\udc00"}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi \u{1f600} \u{fffd}x\u{fffd}", "stop: end_turn"],
    },
    Row {
        name: "empty data lines",
        sent: &["data:\n\ndata: \n\n", HI, "=stop", "."],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "fillers in every delta open no block",
        sent: &[
            r#"+{"role":"assistant","content":"","reasoning":null,"reasoning_details":[],"refusal":null,"tool_calls":null}"#,
            r#"+{"role":"assistant","content":"Hi","reasoning":"","reasoning_details":[]}"#,
            r#"+{"role":"assistant","content":null}"#,
            r#"+{"role":"assistant","content":" there"}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi there", "stop: end_turn"],
    },
    Row {
        name: "white space before the first word waits for it, alone it is no block",
        sent: &[
            r#"+{"content":"\n\n"}"#,
            r#"+{"content":"Hi"}"#,
            r#"+{"content":"\n"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"content":" \n"}"#,
            "=tool_calls",
            ".",
        ],
        told: &["text: \n\nHi\n", "tool_use c1 A {}", "stop: tool_use"],
    },
    Row {
        name: "white space is the whole answer",
        sent: &[r#"+{"content":"\n"}"#, "=stop", "."],
        told: &["text: \n", "stop: end_turn"],
    },
    Row { name: "finish comes once", sent: &[HI, "=stop stop", "."], told: &["text: Hi", "stop: end_turn"] },
    Row {
        name: "finish comes twice, text between",
        sent: &[HI, "=stop stop", r#"+{"content":"!"}"#, "=stop stop", "."],
        told: &["text: Hi!", "stop: end_turn"],
    },
    Row { name: "finish never comes, DONE does", sent: &[HI, "."], told: &["text: Hi", "stop: end_turn"] },
    Row { name: "no DONE after a finish", sent: &[HI, "=stop STOP"], told: &["text: Hi", "stop: end_turn"] },
    Row {
        name: "no DONE, and the last line has no end",
        sent: &[HI, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}"],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "the connection closes before a finish",
        sent: &[HI],
        told: &[
            "text: Hi",
            "502 ended_early: The upstream ended early: the connection closed before the answer was finished. Try again.",
        ],
    },
    Row {
        name: "the connection closes within a line",
        sent: &[HI, "data: {\"choices\":[{\"delta\":{\"con"],
        told: &[
            "text: Hi",
            "502 ended_early: The upstream ended early: the connection closed before the answer was finished. Try again.",
        ],
    },
    Row {
        name: "nothing at all",
        sent: &[": OPENROUTER PROCESSING\n\n"],
        told: &[
            "502 ended_early: The upstream ended early: the connection closed before the answer was finished. Try again.",
        ],
    },
    Row {
        name: "chunks and another DONE after DONE",
        sent: &[HI, "=stop", ".", r#"+{"content":"late"}"#, "."],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "a line that is no JSON",
        sent: &[HI, "data: {oops\n\n", "=stop", "."],
        told: &[
            "text: Hi",
            "502 unreadable: The upstream sent a line that is no JSON instead of an answer. Try again.",
        ],
    },
    Row {
        name: "fields of wrong types and fields that nobody knows",
        sent: &[
            r#"{"id":7,"object":[],"created":"x","provider":null,"debug":{"echo":{}},"choices":[]}"#,
            r#"{"id":"gen-1","choices":[{"index":"0","delta":{"content":"Hi","new":[{}],"audio":null},"logprobs":7}],"usage":"soon"}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
    Row {
        name: "a chunk without choices and one with null",
        sent: &[
            r#"{"id":"gen-1"}"#,
            r#"{"choices":null}"#,
            HI,
            r#"{"choices":[{"delta":null}]}"#,
            "=stop",
            ".",
        ],
        told: &["text: Hi", "stop: end_turn"],
    },
];
