//! What each family refuses, with the schema that is sent instead.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const GEMINI: &str = "google/gemini-3.7-flash";
const KIMI: &str = "~moonshotai/kimi-latest";
const GPT: &str = "openai/gpt-5.6-terra";
const CLAUDE: &str = "anthropic/claude-opus-5";

fn cleaned(schema: &str, slug: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(schema).unwrap();
    clean(raw, slug).map(|cleaned| cleaned.get().to_owned())
}

/// A schema of one property.
fn of(property: &str) -> String {
    format!(r#"{{"type":"object","properties":{{"a":{property}}}}}"#)
}

/// What it shows, model, property, property that is sent.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "bounds",
        GEMINI,
        r#"{"type":"integer","exclusiveMinimum":0,"maximum":9}"#,
        r#"{"type":"integer","maximum":9}"#,
    ),
    (
        "a list of types",
        GEMINI,
        r#"{"type":["string","null"],"description":"d"}"#,
        r#"{"type":"string","description":"d","nullable":true}"#,
    ),
    (
        "null as an alternative",
        GEMINI,
        r#"{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}"#,
        r#"{"description":"d","type":"string","nullable":true}"#,
    ),
    (
        "alternatives stand alone",
        GEMINI,
        r#"{"description":"d","oneOf":[{"type":"string"},{"type":"integer"}]}"#,
        r#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#,
    ),
    ("const", GEMINI, r#"{"const":"x"}"#, r#"{"enum":["x"],"type":"string"}"#),
    ("numbers as values", GEMINI, r#"{"type":"integer","enum":[1,2]}"#, r#"{"type":"integer"}"#),
    ("an empty value", GEMINI, r#"{"type":"string","enum":["","a"]}"#, r#"{"type":"string","enum":["a"]}"#),
    ("format", GEMINI, r#"{"type":"string","format":"uri"}"#, r#"{"type":"string"}"#),
    ("an array of nothing", GEMINI, r#"{"type":"array"}"#, r#"{"type":"array","items":{"type":"string"}}"#),
    (
        "required but not there",
        GEMINI,
        r#"{"type":"object","properties":{"b":{"type":"string"}},"required":["b","c"]}"#,
        r#"{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}"#,
    ),
    (
        "type beside alternatives",
        KIMI,
        r#"{"type":"string","anyOf":[{"minLength":1},{"type":"null"}]}"#,
        r#"{"anyOf":[{"minLength":1,"type":"string"},{"type":"null"}]}"#,
    ),
    ("null as a value", KIMI, r#"{"type":"string","enum":["a",null]}"#, r#"{"type":"string","enum":["a"]}"#),
    ("values without a type", KIMI, r#"{"enum":["a"]}"#, r#"{"enum":["a"],"type":"string"}"#),
    (
        "nothing but words",
        KIMI,
        r#"{"description":"d"}"#,
        r#"{"description":"d","anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"},{"type":"object"}]}"#,
    ),
    ("an array of nothing", GPT, r#"{"type":"array"}"#, r#"{"type":"array","items":{}}"#),
];

#[test]
fn what_a_family_refuses_is_changed_and_nothing_else() {
    for (label, slug, property, expected) in ROWS {
        assert_eq!(cleaned(&of(property), slug), Some(of(expected)), "{label}");
    }
}

#[test]
fn alternatives_at_the_top_become_one_object() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"properties":{"b":{"type":"string"}},"required":["b"]},{"required":["a"]}]}"#;
    let one = r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}"#;
    for slug in [GPT, CLAUDE, GEMINI, KIMI] {
        assert_eq!(cleaned(schema, slug).as_deref(), Some(one), "{slug}");
    }
    let all = r#"{"type":"object","properties":{},"allOf":[{"properties":{"b":{"type":"string"}},"required":["b"]}]}"#;
    let one = r#"{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}"#;
    assert_eq!(cleaned(all, GPT).as_deref(), Some(one));
}

#[test]
fn references_are_resolved_or_put_where_they_are_found() {
    let schema = |reference: &str, place: &str| {
        format!(
            r#"{{"type":"object","properties":{{"a":{{"$ref":"{reference}","description":"d"}}}},"{place}":{{"X":{{"type":"string"}}}}}}"#
        )
    };
    assert_eq!(
        cleaned(&schema("#/$defs/X", "$defs"), GEMINI).as_deref(),
        Some(r#"{"type":"object","properties":{"a":{"description":"d","type":"string"}}}"#)
    );
    assert_eq!(
        cleaned(&schema("#/definitions/X", "definitions"), KIMI).as_deref(),
        Some(
            r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/X"}},"$defs":{"X":{"type":"string"}}}"##
        )
    );
    let nested = r##"{"type":"object","properties":{"who":{"$ref":"#/$defs/Person"},"all":{"type":"array","items":{"$ref":"#/$defs/Person"}}},"$defs":{"Person":{"type":"object","properties":{"name":{"type":"string"},"home":{"$ref":"#/$defs/Place"},"boss":{"$ref":"#/$defs/Person"}}},"Place":{"type":"object","properties":{"town":{"type":"string"}}}}}"##;
    let person = r#"{"type":"object","properties":{"name":{"type":"string"},"home":{"type":"object","properties":{"town":{"type":"string"}}},"boss":{"type":"object"}}}"#;
    let all = format!(r#"{{"type":"array","items":{person}}}"#);
    assert_eq!(
        cleaned(nested, GEMINI),
        Some(format!(r#"{{"type":"object","properties":{{"who":{person},"all":{all}}}}}"#)),
        "definitions within definitions, once each"
    );
    let itself = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/X"}},"$defs":{"X":{"items":{"$ref":"#/$defs/X"}}}}"##;
    assert_eq!(cleaned(itself, GEMINI), Some(of(r#"{"items":{"type":"object"}}"#)));
}

#[test]
fn definitions_that_name_each_other_many_times_do_not_grow_without_end() {
    let level = |number: u32| {
        let next = format!(r##"{{"$ref":"#/$defs/L{}"}}"##, number + 1);
        let many: Vec<String> = (0..20).map(|at| format!(r#""p{at}":{next}"#)).collect();
        format!(r#""L{number}":{{"type":"object","properties":{{{}}}}}"#, many.join(","))
    };
    let defs: Vec<String> = (0..30).map(level).collect();
    let schema = format!(
        r##"{{"type":"object","properties":{{"a":{{"$ref":"#/$defs/L0"}}}},"$defs":{{{}}}}}"##,
        defs.join(",")
    );
    let cleaned = cleaned(&schema, GEMINI).unwrap();
    assert!(!cleaned.contains("$ref") && cleaned.len() < 300_000, "{}", cleaned.len());
}

#[test]
fn a_schema_that_is_fine_and_a_family_without_complaints_keep_their_bytes() {
    let fine = r#"{ "type":"object" , "properties":{"b":{"type":"string","enum":["x"]},"a":{"type":"number"}},"required":["b"]}"#;
    for slug in [GEMINI, KIMI, GPT, CLAUDE, "qwen/qwen3-coder-next", "x-ai/grok-4.6"] {
        assert_eq!(cleaned(fine, slug), None, "{slug}");
    }
    let odd = of(r#"{"type":"integer","exclusiveMinimum":0,"enum":[null],"$ref":"x"}"#);
    assert_eq!(cleaned(&odd, "qwen/qwen3-coder-next"), None);
}

/// Schemas with everything in them that somebody refuses, sane or not.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string", "format": "uri", "minLength": 1})),
        Just(json!({"type": ["integer", "null"], "exclusiveMinimum": 0})),
        Just(json!({"const": 7})),
        Just(json!({"enum": ["a", "", null, 1]})),
        Just(json!({"$ref": "#/$defs/X", "description": "d"})),
        Just(json!({"$ref": "#/definitions/Y"})),
        Just(json!({"type": "array"})),
        Just(json!({})),
        Just(json!(true)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let some = proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (some.clone(), any::<bool>()).prop_map(|(any, typed)| {
                let mut schema = json!({"anyOf": any, "description": "d"});
                if typed {
                    schema["type"] = "string".into();
                }
                schema
            }),
            some.clone().prop_map(|all| json!({"allOf": all, "oneOf": [{"type": "null"}]})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items, "uniqueItems": true})),
            some.prop_map(|list| {
                let properties: serde_json::Map<String, Value> =
                    list.into_iter().enumerate().map(|(n, schema)| (format!("p{n}"), schema)).collect();
                json!({"type": "object", "properties": properties, "required": ["p0", "zz"], "additionalProperties": false})
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cleaned_schema_is_an_object_schema_and_stays_as_it_is(
        inner in schema(),
        top in schema(),
        slug in proptest::sample::select(vec![GEMINI, KIMI, GPT, CLAUDE]),
    ) {
        let mut whole = if top.is_object() { top } else { json!({}) };
        whole["type"] = "object".into();
        whole["properties"] = json!({"a": inner});
        whole["$defs"] = json!({"X": {"type": "string"}});
        whole["definitions"] = json!({"Y": {"items": {"$ref": "#/definitions/Y"}}});
        let Some(once) = cleaned(&whole.to_string(), slug) else { return Ok(()) };
        let read: Value = serde_json::from_str(&once).unwrap();
        prop_assert!(read["type"] == "object" && read["properties"].is_object(), "{}", once);
        prop_assert_eq!(cleaned(&once, slug), None, "cleaned once: {}", once);
    }
}
