//! The objects that tune a request: reasoning, provider, plugins, response format, metadata.

use serde_json::Value;

use super::check::{At, Check, Field, Kind};

pub(super) const EFFORTS: &[&str] = &["max", "xhigh", "high", "medium", "low", "minimal", "none"];

const REASONING: &[Field] = &[
    ("effort", Kind::OneOf(EFFORTS)),
    ("max_tokens", Kind::Within(1.0, 1e9)),
    ("exclude", Kind::Bool),
    ("enabled", Kind::Bool),
    ("summary", Kind::OneOf(&["auto", "concise", "detailed"])),
    ("context", Kind::OneOf(&["auto", "all_turns", "current_turn"])),
    ("mode", Kind::OneOf(&["standard", "pro"])),
];
const PROVIDER: &[Field] = &[
    ("order", Kind::Texts),
    ("only", Kind::Texts),
    ("ignore", Kind::Texts),
    ("allow_fallbacks", Kind::Bool),
    ("require_parameters", Kind::Bool),
    ("data_collection", Kind::OneOf(&["allow", "deny"])),
    ("zdr", Kind::Bool),
    ("enforce_distillable_text", Kind::Bool),
    (
        "quantizations",
        Kind::SomeOf(&[
            "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown",
        ]),
    ),
    ("sort", Kind::Any),
    ("preferred_min_throughput", Kind::Any),
    ("preferred_max_latency", Kind::Any),
    ("max_price", Kind::Any),
];
const SORTS: Kind = Kind::OneOf(&["price", "throughput", "latency", "exacto"]);
const SORT: &[Field] = &[("by", SORTS), ("partition", Kind::OneOf(&["model", "none"]))];
const PRICES: &[Field] = &[
    ("prompt", Kind::Any),
    ("completion", Kind::Any),
    ("request", Kind::Any),
    ("image", Kind::Any),
    ("audio", Kind::Any),
];
const PERCENTILES: &[Field] =
    &[("p50", Kind::Any), ("p75", Kind::Any), ("p90", Kind::Any), ("p99", Kind::Any)];
const PLUGINS: Kind = Kind::OneOf(&[
    "web",
    "web-fetch",
    "file-parser",
    "response-healing",
    "context-compression",
    "auto-router",
    "auto-beta-router",
    "pareto-router",
    "fusion",
    "moderation",
]);
const FORMATS: Kind = Kind::OneOf(&["text", "json_object", "json_schema", "grammar", "python"]);
const FORMAT: &[Field] = &[("type", FORMATS), ("json_schema", Kind::Any), ("grammar", Kind::Any)];
const JSON_SCHEMA: &[Field] = &[
    ("name", Kind::Short(64)),
    ("schema", Kind::Object),
    ("strict", Kind::Bool),
    ("description", Kind::Text),
];
const INCLUDE: &[Field] = &[("include", Kind::Bool)];
const INCLUDE_USAGE: &[Field] = &[("include_usage", Kind::Bool)];
/// Limits of `metadata`.
const MOST_PAIRS: usize = 16;
const MOST_KEY: usize = 64;
const MOST_VALUE: usize = 512;

pub(super) fn check(check: &mut Check, body: &Value) {
    let root = At::Root;
    reasoning(check, body);
    if let Some(provider) = body.get("provider") {
        self::provider(check, provider, &root.key("provider"));
    }
    if let Some(plugins) = body.get("plugins") {
        let at = root.key("plugins");
        for (number, plugin) in check.list(plugins, &at).iter().enumerate() {
            // A plugin's own options are many and change; its id must be known.
            let id = plugin.get("id").cloned().unwrap_or_default();
            check.fields(&serde_json::json!({"id": id}), &at.index(number), &[("id", PLUGINS)]);
        }
    }
    if let Some(format) = body.get("response_format") {
        response_format(check, format, &root.key("response_format"));
    }
    if let Some(metadata) = body.get("metadata") {
        self::metadata(check, metadata, &root.key("metadata"));
    }
    for (key, fields) in [("usage", INCLUDE), ("stream_options", INCLUDE_USAGE)] {
        if let Some(value) = body.get(key) {
            check.fields(value, &root.key(key), fields);
        }
    }
}

fn reasoning(check: &mut Check, body: &Value) {
    let root = At::Root;
    let at = root.key("reasoning");
    let Some(reasoning) = body.get("reasoning") else { return };
    check.fields(reasoning, &at, REASONING);
    let effort = reasoning.get("effort").or_else(|| body.get("reasoning_effort"));
    let budget = reasoning.get("max_tokens");
    if let (Some(effort), Some(_)) = (effort, budget) {
        let found = format!(
            "Only one of \"reasoning.effort\" and \"reasoning.max_tokens\" can be specified; both are, effort {effort}"
        );
        check.fault("reasoning-both", &at, &found);
    }
    let limit = body["max_tokens"].as_u64().or_else(|| body["max_completion_tokens"].as_u64());
    if let (Some(budget), Some(limit)) = (budget.and_then(Value::as_u64), limit)
        && budget >= limit
    {
        let found = format!("{budget} leaves no room within max_tokens {limit}");
        check.fault("reasoning-budget", &at.key("max_tokens"), &found);
    }
}

fn provider(check: &mut Check, provider: &Value, at: &At<'_>) {
    check.fields(provider, at, PROVIDER);
    match provider.get("sort") {
        Some(sort @ Value::Object(_)) => check.fields(sort, &at.key("sort"), SORT),
        Some(sort) => check.fields(&serde_json::json!({"sort": sort}), at, &[("sort", SORTS)]),
        None => {}
    }
    if let Some(prices) = provider.get("max_price") {
        check.fields(prices, &at.key("max_price"), PRICES);
    }
    for key in ["preferred_min_throughput", "preferred_max_latency"] {
        if let Some(value) = provider.get(key).filter(|value| !value.is_number()) {
            check.fields(value, &at.key(key), PERCENTILES);
        }
    }
}

fn response_format(check: &mut Check, format: &Value, at: &At<'_>) {
    check.fields(format, at, FORMAT);
    let is_schema = format["type"] == "json_schema";
    match format.get("json_schema") {
        Some(schema) if is_schema => {
            let at = at.key("json_schema");
            check.fields(schema, &at, JSON_SCHEMA);
            check.needs(schema, &at, "name");
            check.needs(schema, &at, "schema");
        }
        Some(_) => {
            check.fault("response-format", &at.key("json_schema"), "a schema, but type is not json_schema")
        }
        None if is_schema => check.fault("missing-field", &at.key("json_schema"), "nothing"),
        None => check.needs(format, at, "type"),
    }
}

fn metadata(check: &mut Check, metadata: &Value, at: &At<'_>) {
    let Some(pairs) = check.object(metadata, at) else { return };
    if pairs.len() > MOST_PAIRS {
        check.fault("metadata", at, &format!("{} pairs, more than {MOST_PAIRS}", pairs.len()));
    }
    for (key, value) in pairs {
        let length = key.chars().count();
        if length > MOST_KEY {
            check.fault(
                "metadata",
                &at.key(key),
                &format!("a key of {length} characters, more than {MOST_KEY}"),
            );
        }
        match value.as_str().map(|text| text.chars().count()) {
            Some(length) if length > MOST_VALUE => {
                check.fault(
                    "metadata",
                    &at.key(key),
                    &format!("{length} characters, more than {MOST_VALUE}"),
                );
            }
            Some(_) => {}
            None => check.wrong(&at.key(key), "text", value),
        }
    }
}
