//! Every rule, broken once.

use serde_json::{Value, json};

use super::{chat, messages};
use crate::signature;

const PIXEL: &str = "data:image/png;base64,iVBORw0KGgo=";

/// A request that uses nearly everything and breaks nothing.
fn good() -> Value {
    let thinking = "Let me see.";
    json!({
        "model": "sim/text", "stream": true, "max_tokens": 4096, "temperature": 0.5, "stop": ["</block>"],
        "session_id": "s-1", "user": "u-1", "metadata": {"app": "turnpike"}, "usage": {"include": true},
        "reasoning": {"max_tokens": 2048}, "provider": {"sort": "price", "max_price": {"prompt": 2}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
        "tool_choice": "auto", "plugins": [{"id": "file-parser", "pdf": {"engine": "native"}}],
        "tools": [
            {"type": "function", "function": {"name": "Bash", "description": "Runs", "parameters":
                {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}}},
            {"type": "openrouter:web_search", "parameters": {"max_results": 3}},
        ],
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": [
                {"type": "text", "text": "Look."},
                {"type": "image_url", "image_url": {"url": PIXEL}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
            ]},
            {"role": "assistant", "content": null,
             "reasoning_details": [
                {"type": "reasoning.text", "text": thinking, "format": "anthropic-claude-v1", "index": 0},
                {"type": "reasoning.text", "signature": signature::sign(thinking), "format": "anthropic-claude-v1", "index": 0},
                {"type": "reasoning.encrypted", "data": "x", "id": "rs_1", "format": "openai-responses-v1", "index": 0},
             ],
             "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "Bash", "arguments": "{\"command\":\"ls\"}"}},
                {"id": "c2", "type": "function", "function": {"name": "Bash", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "out"}, {"type": "image_url", "image_url": {"url": PIXEL}}]},
            {"role": "user", "content": "And now?"},
        ],
    })
}

fn faults(body: &Value) -> Vec<(&'static str, String)> {
    let found = chat(body, body.to_string().as_bytes());
    found.into_iter().map(|fault| (fault.rule, fault.path)).collect()
}

/// Sets the value at a pointer, or appends to the list at one that ends in `/-`.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} does not exist")) {
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
        parent => parent[key] = value,
    }
}

/// The rule that is broken, where, and by which values at which pointers.
type Row<'a> = (&'static str, &'a str, Vec<(&'a str, Value)>);

/// The good request with some values set breaks exactly one rule, there.
fn breaks(rows: Vec<Row<'_>>) {
    for (rule, path, edits) in rows {
        let mut body = good();
        for (pointer, value) in &edits {
            set(&mut body, pointer, value.clone());
        }
        assert_eq!(faults(&body), [(rule, path.to_owned())], "{edits:?}");
    }
}

#[test]
fn a_good_request_has_no_fault() {
    assert_eq!(faults(&good()), []);
    assert_eq!(faults(&json!({"model": "a/b", "messages": [{"role": "user", "content": "hi"}]})), []);
}

#[test]
fn rules_of_the_top_level() {
    let text = |length: usize| json!("x".repeat(length));
    breaks(vec![
        ("unknown-field", "$.thinking", vec![("/thinking", json!({}))]),
        ("wrong-type", "$.stream", vec![("/stream", json!("yes"))]),
        ("wrong-type", "$.temperature", vec![("/temperature", json!(null))]),
        ("out-of-range", "$.temperature", vec![("/temperature", json!(2.5))]),
        ("stop-too-many", "$.stop", vec![("/stop", json!(["a", "b", "c", "d", "e"]))]),
        ("wrong-type", "$.stop[0]", vec![("/stop", json!([""]))]),
        ("too-long", "$.session_id", vec![("/session_id", text(257))]),
        ("metadata", "$.metadata.app", vec![("/metadata/app", text(513))]),
        ("wrong-type", "$.metadata.n", vec![("/metadata/n", json!(1))]),
        ("unknown-value", "$.service_tier", vec![("/service_tier", json!("standard_only"))]),
        ("device-id", "$.user", vec![("/user", json!("{\"device_id\":\"d\"}"))]),
        ("device-id", "$.metadata", vec![("/metadata/user_id", json!("{\"device_id\":\"d\"}"))]),
        (
            "billing-header",
            "$",
            vec![("/messages/5/content", json!("x-anthropic-billing-header: cc_version=1"))],
        ),
        (
            "cache-breakpoints",
            "$",
            vec![
                ("/tools/0/cache_control", json!({"type": "ephemeral"})),
                ("/tools/1/cache_control", json!({"type": "ephemeral", "ttl": "1h"})),
                ("/messages/1/content/0/cache_control", json!({"type": "ephemeral"})),
                ("/cache_control", json!({"type": "ephemeral"})),
            ],
        ),
    ]);
    let many: serde_json::Map<String, Value> = (0..17).map(|n| (n.to_string(), json!("x"))).collect();
    breaks(vec![("metadata", "$.metadata", vec![("/metadata", json!(many))])]);
    let mut nameless = good();
    nameless.as_object_mut().expect("an object").remove("model");
    assert_eq!(faults(&nameless), [("missing-field", "$.model".to_owned())]);
}

#[test]
fn rules_of_the_options() {
    breaks(vec![
        ("reasoning-both", "$.reasoning", vec![("/reasoning/effort", json!("high"))]),
        ("reasoning-both", "$.reasoning", vec![("/reasoning_effort", json!("high"))]),
        ("reasoning-budget", "$.reasoning.max_tokens", vec![("/reasoning/max_tokens", json!(4096))]),
        ("unknown-value", "$.reasoning.effort", vec![("/reasoning", json!({"effort": "ultra"}))]),
        ("unknown-field", "$.reasoning.budget_tokens", vec![("/reasoning/budget_tokens", json!(1))]),
        ("unknown-field", "$.provider.prefer", vec![("/provider/prefer", json!(1))]),
        ("unknown-value", "$.provider.sort", vec![("/provider/sort", json!("cheap"))]),
        ("unknown-field", "$.provider.max_price.input", vec![("/provider/max_price/input", json!(1))]),
        ("unknown-value", "$.plugins[0].id", vec![("/plugins/0/id", json!("pdf"))]),
        (
            "missing-field",
            "$.response_format.json_schema.name",
            vec![("/response_format/json_schema", json!({"schema": {}}))],
        ),
        (
            "too-long",
            "$.response_format.json_schema.name",
            vec![("/response_format/json_schema/name", json!("x".repeat(65)))],
        ),
        (
            "response-format",
            "$.response_format.json_schema",
            vec![("/response_format/type", json!("json_object"))],
        ),
        (
            "missing-field",
            "$.response_format.json_schema",
            vec![("/response_format", json!({"type": "json_schema"}))],
        ),
    ]);
}

#[test]
fn rules_of_messages() {
    breaks(vec![
        ("unknown-role", "$.messages[5].role", vec![("/messages/5/role", json!("human"))]),
        ("unknown-field", "$.messages[5].id", vec![("/messages/5/id", json!("m"))]),
        ("empty-content", "$.messages[5].content", vec![("/messages/5/content", json!(""))]),
        ("empty-content", "$.messages[5].content", vec![("/messages/5/content", json!([]))]),
        ("empty-content", "$.messages[5].content", vec![("/messages/5/content", json!(null))]),
        ("empty-text-part", "$.messages[1].content[0].text", vec![("/messages/1/content/0/text", json!(""))]),
        (
            "cache-control-on-message",
            "$.messages[5].cache_control",
            vec![("/messages/5/cache_control", json!({"type": "ephemeral"}))],
        ),
        ("blank-content-with-tool-calls", "$.messages[2].content", vec![("/messages/2/content", json!(""))]),
        (
            "empty-content",
            "$.messages[6].content",
            vec![("/messages/-", json!({"role": "assistant", "content": null}))],
        ),
        (
            "part-type",
            "$.messages[0].content[0].type",
            vec![("/messages/0/content/0", json!({"type": "image_url", "image_url": {"url": PIXEL}}))],
        ),
        (
            "part-type",
            "$.messages[1].content[0].type",
            vec![("/messages/1/content/0", json!({"type": "tool_reference"}))],
        ),
        (
            "unknown-field",
            "$.messages[1].content[0].citations",
            vec![("/messages/1/content/0/citations", json!([]))],
        ),
        (
            "unknown-value",
            "$.messages[0].content[0].cache_control.type",
            vec![("/messages/0/content/0/cache_control/type", json!("forever"))],
        ),
        (
            "data-url",
            "$.messages[1].content[1].image_url.url",
            vec![("/messages/1/content/1/image_url/url", json!("iVBORw0KGgo="))],
        ),
        (
            "data-url",
            "$.messages[1].content[1].image_url.url",
            vec![("/messages/1/content/1/image_url/url", json!("data:image/tiff;base64,AAAA"))],
        ),
        (
            "base64",
            "$.messages[1].content[1].image_url.url",
            vec![("/messages/1/content/1/image_url/url", json!("data:image/png;base64,A*=="))],
        ),
        (
            "base64",
            "$.messages[1].content[2].file.file_data",
            vec![("/messages/1/content/2/file/file_data", json!("data:application/pdf;base64,"))],
        ),
    ]);
}

#[test]
fn rules_of_tool_calls_and_results() {
    let call =
        |id: &str| json!({"id": id, "type": "function", "function": {"name": "Bash", "arguments": "{}"}});
    let turn = |id: &str| json!({"role": "assistant", "content": "x", "tool_calls": [call(id)]});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "x"});
    breaks(vec![
        ("tool-result-missing", "$.messages[6].tool_calls", vec![("/messages/-", turn("c9"))]),
        ("tool-result-orphan", "$.messages[6].tool_call_id", vec![("/messages/-", result("c9"))]),
        ("tool-result-repeated", "$.messages[5].tool_call_id", vec![("/messages/5", result("c1"))]),
        (
            "tool-call-id-repeated",
            "$.messages[6].tool_calls[0].id",
            vec![("/messages/-", turn("c1")), ("/messages/-", result("c1"))],
        ),
        (
            "tool-arguments",
            "$.messages[2].tool_calls[0].function.arguments",
            vec![("/messages/2/tool_calls/0/function/arguments", json!(""))],
        ),
        (
            "tool-arguments",
            "$.messages[2].tool_calls[0].function.arguments",
            vec![("/messages/2/tool_calls/0/function/arguments", json!("[1]"))],
        ),
        (
            "tool-arguments",
            "$.messages[2].tool_calls[0].function.arguments",
            vec![("/messages/2/tool_calls/0/function/arguments", json!({}))],
        ),
        (
            "tool-name",
            "$.messages[2].tool_calls[0].function.name",
            vec![("/messages/2/tool_calls/0/function/name", json!("mcp.server/run"))],
        ),
        (
            "unknown-field",
            "$.messages[2].tool_calls[0].input",
            vec![("/messages/2/tool_calls/0/input", json!({}))],
        ),
    ]);
    let mut interrupted = good();
    set(&mut interrupted, "/messages/3", json!({"role": "user", "content": "wait"}));
    let rules: Vec<&str> = faults(&interrupted).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["tool-result-missing", "tool-result-missing", "tool-result-orphan"]);
}

#[test]
fn rules_of_tools() {
    let long = "x".repeat(65);
    breaks(vec![
        ("tool-type", "$.tools[0].type", vec![("/tools/0/type", json!("bash_20250124"))]),
        ("tool-name", "$.tools[0].function.name", vec![("/tools/0/function/name", json!("a b"))]),
        ("tool-name", "$.tools[0].function.name", vec![("/tools/0/function/name", json!(long))]),
        (
            "tool-name-repeated",
            "$.tools[2].function.name",
            vec![("/tools/-", json!({"type": "function", "function": {"name": "Bash"}}))],
        ),
        (
            "tool-parameters",
            "$.tools[0].function.parameters",
            vec![("/tools/0/function/parameters", json!({"properties": {}}))],
        ),
        (
            "tool-parameters",
            "$.tools[0].function.parameters.required",
            vec![("/tools/0/function/parameters/required", json!("command"))],
        ),
        (
            "unknown-field",
            "$.tools[0].function.input_schema",
            vec![("/tools/0/function/input_schema", json!({}))],
        ),
        ("unknown-field", "$.tools[0].defer_loading", vec![("/tools/0/defer_loading", json!(true))]),
        (
            "unknown-field",
            "$.tools[1].parameters.blocked_domains",
            vec![("/tools/1/parameters/blocked_domains", json!([]))],
        ),
        ("tool-choice", "$.tool_choice", vec![("/tool_choice", json!("any"))]),
        (
            "tool-choice",
            "$.tool_choice",
            vec![("/tool_choice", json!({"type": "function", "function": {"name": "Read"}}))],
        ),
        ("tool-choice", "$.tool_choice", vec![("/tool_choice", json!({"type": "tool", "name": "Bash"}))]),
    ]);
}

#[test]
fn rules_of_reasoning_sent_back() {
    let details = "/messages/2/reasoning_details";
    let unsigned =
        json!([{"type": "reasoning.text", "text": "x", "format": "anthropic-claude-v1", "index": 0}]);
    let repeated = json!({"role": "assistant", "content": "x", "reasoning_details": [
        {"type": "reasoning.encrypted", "data": "x", "id": "rs_1", "format": "openai-responses-v1", "index": 0}]});
    breaks(vec![
        (
            "reasoning-detail",
            "$.messages[2].reasoning_details[2].type",
            vec![("/messages/2/reasoning_details/2", json!({"type": "thinking"}))],
        ),
        (
            "reasoning-detail",
            "$.messages[2].reasoning_details[2].data",
            vec![("/messages/2/reasoning_details/2/data", json!(""))],
        ),
        (
            "reasoning-signature",
            "$.messages[2].reasoning_details[1].signature",
            vec![("/messages/2/reasoning_details/0/text", json!("Changed."))],
        ),
        ("reasoning-unsigned", "$.messages[2].reasoning_details", vec![(details, unsigned)]),
        ("reasoning-id-repeated", "$.messages[6].reasoning_details[0].id", vec![("/messages/-", repeated)]),
    ]);
    let mut empty = good();
    set(&mut empty, details, json!([]));
    assert_eq!(faults(&empty), [], "an empty list is sent back as it came");
}

#[test]
fn gemini_wants_a_signature_with_the_first_call_of_a_turn() {
    let mut body = good();
    let mut of = |model: &str, details: Value| {
        set(&mut body, "/model", json!(model));
        set(&mut body, "/messages/2/reasoning_details", details);
        faults(&body)
    };
    let signed = |id: &str| json!([{"type": "reasoning.encrypted", "data": "x", "id": id, "format": "google-gemini-v1", "index": 0}]);
    let unsigned = [("call-unsigned", "$.messages[2].tool_calls".to_owned())];
    assert_eq!(of("google/gemini-3.7-flash", json!([])), unsigned);
    assert_eq!(of("~google/gemini-pro-latest", signed("c2")), unsigned, "the second call's");
    assert_eq!(of("google/gemini-3.7-flash", signed("c1")), []);
    assert_eq!(of("google/gemini-2.5-flash-lite", json!([])), []);
}

#[test]
fn rules_of_the_messages_api() {
    let thinking = |signature: String| {
        json!({"model": "m", "messages": [{"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": signature}]}]})
    };
    let rows = [
        (thinking(signature::sign("hm")), None),
        (thinking("EqoBClaude".to_owned()), None),
        (thinking(signature::sign("other")), Some("reasoning-signature")),
        (json!({"model": "m", "messages": [{}], "tags": ["x"]}), Some("unknown-field")),
        (json!({"model": "m", "messages": []}), Some("missing-field")),
        (
            json!({"model": "m", "messages": [{}], "metadata": {"user_id": "{\"device_id\":1}"}}),
            Some("device-id"),
        ),
        (
            json!({"model": "m", "messages": [{}], "system": "x-anthropic-billing-header: a"}),
            Some("billing-header"),
        ),
    ];
    for (body, expected) in rows {
        let found = messages(&body, body.to_string().as_bytes());
        assert_eq!(found.first().map(|fault| fault.rule), expected, "{body}");
    }
}
