//! Conversations as clients might send them, the sane and the odd ones.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use turnpike_translate::reasoning::Envelope;
use turnpike_wire::anthropic::raw_json;

/// Slugs of targets: one that keeps breakpoints and signatures, one that keeps system messages, one of
/// neither, and one with rules of its own for reasoning.
pub(crate) const SLUGS: [&str; 4] = [
    "anthropic/claude-opus-5",
    "openai/gpt-5.6-terra",
    "google/gemini-3.7-flash",
    "deepseek/deepseek-v4-pro-0813",
];

/// Few enough that ids meet again; some as an upstream made them, wrapped or not.
const IDS: [&str; 7] =
    ["call_a", "call_b", "call_c", "toolu_01", "tpid_ZnVuY3Rpb25zLkJhc2g6MA", "functions.Bash:0", ""];
const NAMES: [&str; 5] = [
    "Bash",
    "mcp__a_server_with_a_rather_long_name__and_a_tool_with_an_even_longer_name_one",
    "mcp__a_server_with_a_rather_long_name__and_a_tool_with_an_even_longer_name_two",
    "find.files/v2",
    "ü",
];

/// Text, mostly sensible.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,8}( [a-z]{1,8}){0,3}",
        2 => "\\PC{0,12}",
        1 => "[ \n\t]{0,3}",
        1 => Just("x-anthropic-billing-header: cc_version=1;".to_owned()),
    ]
}

fn breakpoint() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"type": "ephemeral"}),
        json!({"type": "ephemeral", "ttl": "1h"}),
        json!({"type": "ephemeral", "scope": "global"}),
        json!({"type": "novel"}),
        Value::Null,
    ])
}

/// The block, in a third of all cases with a breakpoint.
fn marked(block: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (block, weighted(0.33, breakpoint())).prop_map(|(mut block, mark)| {
        if let Some(mark) = mark {
            block["cache_control"] = mark;
        }
        block
    })
}

fn text() -> impl Strategy<Value = Value> {
    words().prop_map(|text| json!({"type": "text", "text": text}))
}

fn image() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}}),
        json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
    ])
}

fn document() -> impl Strategy<Value = Value> {
    let source = prop_oneof![
        Just(json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="})),
        Just(json!({"type": "url", "url": "https://example.com/a.pdf"})),
        words().prop_map(|text| json!({"type": "text", "media_type": "text/plain", "data": text})),
        vec(prop_oneof![text(), image()], 0..3)
            .prop_map(|blocks| json!({"type": "content", "content": blocks})),
        words().prop_map(|text| json!({"type": "content", "content": text})),
    ];
    (source, weighted(0.5, words()), weighted(0.2, words())).prop_map(|(source, title, context)| {
        json!({"type": "document", "source": source, "title": title, "context": context})
    })
}

/// What may stand in a user's message and in a tool's result.
fn shown() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => marked(text()),
        1 => marked(image()),
        1 => marked(document()),
        1 => marked(vec(text(), 0..2).prop_map(|blocks| {
            json!({"type": "search_result", "source": "kb/1", "title": "One", "content": blocks})
        })),
        1 => select(NAMES.as_slice()).prop_map(|name| json!({"type": "tool_reference", "tool_name": name})),
        1 => Just(json!({"type": "hologram", "depth": 3})),
    ]
}

fn tool_result() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        Just(Value::Null),
        words().prop_map(Value::from),
        vec(shown(), 0..4).prop_map(Value::from),
    ];
    (select(IDS.as_slice()), content, any::<bool>()).prop_map(|(id, content, is_error)| {
        json!({"type": "tool_result", "tool_use_id": id, "content": content, "is_error": is_error})
    })
}

fn tool_use() -> impl Strategy<Value = Value> {
    let input = prop_oneof![
        4 => words().prop_map(|text| json!({"command": text})),
        1 => select(vec![json!({}), Value::Null, json!([1]), json!("ls"), json!(7)]),
    ];
    (select(IDS.as_slice()), select(NAMES.as_slice()), input)
        .prop_map(|(id, name, input)| json!({"type": "tool_use", "id": id, "name": name, "input": input}))
}

/// Reasoning of each of the targets, Claude's own, and what is neither.
fn thinking() -> impl Strategy<Value = Value> {
    let detail = select(vec![
        json!({"type": "reasoning.text", "text": "hm", "signature": "S", "index": 0}),
        json!({"type": "reasoning.text", "text": "hm", "index": 0}),
        json!({"type": "reasoning.encrypted", "data": "E", "id": "rs_1", "index": 0}),
        json!({"type": "reasoning.summary", "summary": "hm", "id": "rs_2"}),
    ]);
    let sealed = (select(SLUGS.as_slice()), vec(detail, 1..3)).prop_map(|(slug, details)| {
        Envelope::pack(slug, details.iter().map(|detail| raw_json(detail.to_string())).collect(), "hm")
    });
    let signature = prop_oneof![
        3 => sealed,
        1 => select(SLUGS.as_slice()).prop_map(|slug| Envelope::pack_plain(slug, None)),
        1 => select(vec!["EqQBCkYI", "", "turnpike.1.!"]).prop_map(str::to_owned),
    ];
    (signature, any::<bool>()).prop_map(|(signature, redacted)| match redacted {
        true => json!({"type": "redacted_thinking", "data": signature}),
        false => json!({"type": "thinking", "thinking": "hm", "signature": signature}),
    })
}

fn server_tool() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}),
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
            "content": [{"type": "web_search_result", "url": "https://a.example", "title": "A"}]}),
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
            "content": {"type": "web_search_tool_result_error", "error_code": "unavailable"}}),
    ])
}

/// A block, mostly one that belongs there.
fn block(role: &'static str) -> BoxedStrategy<Value> {
    let own = match role {
        "assistant" => prop_oneof![
            3 => marked(text()),
            4 => marked(tool_use()),
            2 => thinking(),
            1 => server_tool(),
        ]
        .boxed(),
        "user" => prop_oneof![2 => shown(), 3 => marked(tool_result())].boxed(),
        _ => marked(text()).boxed(),
    };
    let foreign = prop_oneof![shown(), tool_use(), tool_result(), thinking(), server_tool()];
    prop_oneof![19 => own, 1 => foreign].boxed()
}

fn message() -> impl Strategy<Value = Value> {
    let of = |role: &'static str| {
        let content = prop_oneof![
            1 => words().prop_filter("empty content is refused", |text| !text.is_empty()).prop_map(Value::from),
            4 => vec(block(role), 1..5).prop_map(Value::from),
        ];
        content.prop_map(move |content| json!({"role": role, "content": content}))
    };
    prop_oneof![5 => of("user"), 5 => of("assistant"), 1 => of("system")]
}

/// A conversation that begins with a word of the user.
pub(crate) fn conversation() -> impl Strategy<Value = Vec<Value>> {
    vec(message(), 0..12).prop_map(|mut messages| {
        messages.insert(0, json!({"role": "user", "content": "begin"}));
        messages
    })
}

/// Tools with names that must be changed, some of them deferred.
fn tools() -> impl Strategy<Value = Value> {
    let tool = (select(NAMES.as_slice()), any::<bool>()).prop_map(|(name, deferred)| {
        json!({"name": name, "input_schema": {"properties": {}}, "defer_loading": deferred})
    });
    vec(marked(tool), 0..6).prop_map(Value::from)
}

/// A whole request.
pub(crate) fn request() -> impl Strategy<Value = Value> {
    let system = prop_oneof![
        1 => Just(Value::Null),
        2 => words().prop_map(Value::from),
        2 => vec(marked(text()), 0..4).prop_map(Value::from),
    ];
    (conversation(), system, tools(), weighted(0.2, breakpoint())).prop_map(
        |(messages, system, tools, mark)| {
            json!({"model": "m", "max_tokens": 4096, "system": system, "tools": tools, "cache_control": mark,
                "messages": messages})
        },
    )
}
