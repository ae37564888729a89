//! Stop sequences that the upstream does not watch for.

use super::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "met here: within one piece, and nothing after it counts",
        sent: &[
            r#"+{"content":"<block>no</block> since"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            "=stop",
            ".",
        ],
        told: &[
            "text: <block>no",
            "stop: stop_sequence </block>",
            "usage: input 10, read 0, written 0, output 6",
        ],
    },
    Row {
        name: "met here: over many pieces, fillers between",
        sent: &[
            r#"+{"content":"no</"}"#,
            r#"+{"content":"","reasoning":null,"reasoning_details":[]}"#,
            r#"+{"content":"bl"}"#,
            r#"+{"content":"ock"}"#,
            r#"+{"content":"> since"}"#,
        ],
        told: &["text: no", "stop: stop_sequence </block>", "usage: input 10, read 0, written 0, output 4"],
    },
    Row {
        name: "met here: what only begins like one is shown",
        sent: &[r#"+{"content":"no</bl"}"#, r#"+{"content":"ues> ST"}"#, r#"+{"content":"OP"}"#],
        told: &[
            "text: no</blues> ",
            "stop: stop_sequence STOP",
            "usage: input 10, read 0, written 0, output 4",
        ],
    },
    Row {
        name: "met here: the end of the answer is the beginning of one",
        sent: &[r#"+{"content":"no</block"}"#, "=stop stop", "."],
        told: &["text: no</block", "stop: end_turn"],
    },
    Row {
        name: "met here: not in reasoning, not in arguments, not across them",
        sent: &[
            r#"+{"content":"one ST"}"#,
            r#"+{"reasoning":"OP STOP"}"#,
            r#"+{"content":"two"}"#,
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{\"a\":\"STOP\"}"}}]}"#,
            "=tool_calls",
            ".",
        ],
        told: &[
            "text: one ST",
            "thinking: OP STOP",
            "text: two",
            "tool_use c1 A {\"a\":\"STOP\"}",
            "stop: tool_use",
        ],
    },
    Row {
        name: "met here: at the very start the answer is empty",
        sent: &[r#"+{"content":"STOP it"}"#],
        told: &["stop: stop_sequence STOP", "usage: input 10, read 0, written 0, output 2"],
    },
    Row {
        name: "met here: after a call, which stays",
        sent: &[
            r#"+{"tool_calls":[{"index":0,"id":"c1","function":{"name":"A","arguments":"{}"}}]}"#,
            r#"+{"content":"so STOP"}"#,
        ],
        told: &[
            "tool_use c1 A {}",
            "text: so ",
            "stop: stop_sequence STOP",
            "usage: input 10, read 0, written 0, output 3",
        ],
    },
    Row {
        name: "met here: in the text of a refusal",
        sent: &[r#"+{"refusal":"No. STOP"}"#],
        told: &["text: No. ", "stop: stop_sequence STOP", "usage: input 10, read 0, written 0, output 2"],
    },
    Row {
        name: "met here: counts that have come already are told",
        sent: &[
            r#"{"choices":[{"delta":{"content":"a STOP"}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
        ],
        told: &["text: a ", "stop: stop_sequence STOP", "usage: input 9, read 0, written 0, output 4"],
    },
    Row {
        name: "met here: an error beside the end of the text is nobody's",
        sent: &[r#"{"choices":[{"delta":{"content":"a STOP"}}],"error":{"code":502,"message":"gone"}}"#],
        told: &["text: a ", "stop: stop_sequence STOP", "usage: input 10, read 0, written 0, output 2"],
    },
];

pub(crate) const WHOLE: &[Row] = &[Row {
    name: "whole: a stop sequence is met here",
    sent: &[
        r#"{"choices":[{"finish_reason":"tool_calls","message":{"content":"<block>no</block> since","tool_calls":[{"id":"c1","function":{"name":"A"}}]}}],"#,
        r#""usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
    ],
    told: &["text: <block>no", "stop: stop_sequence </block>", "usage: input 9, read 0, written 0, output 4"],
}];
