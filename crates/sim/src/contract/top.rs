//! The top level of a chat completions request.

use serde_json::Value;

use super::check::{At, Check, Field, Kind};
use super::{message, options, reasoning, tool};

/// Stop sequences the upstream takes.
const MOST_STOPS: usize = 4;
/// Cache breakpoints that Claude takes.
const MOST_BREAKPOINTS: usize = 4;
const TINY: f64 = f64::MIN_POSITIVE;

const FIELDS: &[Field] = &[
    ("messages", Kind::Any),
    ("model", Kind::Text),
    ("models", Kind::Texts),
    ("route", Kind::OneOf(&["fallback", "sort"])),
    ("preset", Kind::Text),
    ("provider", Kind::Any),
    ("plugins", Kind::Any),
    ("transforms", Kind::Texts),
    ("max_tokens", Kind::Within(1.0, 1e9)),
    ("max_completion_tokens", Kind::Within(1.0, 1e9)),
    ("temperature", Kind::Within(0.0, 2.0)),
    ("top_p", Kind::Within(0.0, 1.0)),
    ("top_k", Kind::Within(0.0, 1e9)),
    ("min_p", Kind::Within(0.0, 1.0)),
    ("top_a", Kind::Within(0.0, 1.0)),
    ("frequency_penalty", Kind::Within(-2.0, 2.0)),
    ("presence_penalty", Kind::Within(-2.0, 2.0)),
    ("repetition_penalty", Kind::Within(TINY, 2.0)),
    ("seed", Kind::Any),
    ("n", Kind::Within(1.0, 1.0)),
    ("stop", Kind::Any),
    ("logit_bias", Kind::Object),
    ("logprobs", Kind::Bool),
    ("top_logprobs", Kind::Within(0.0, 20.0)),
    ("prediction", Kind::Object),
    ("verbosity", Kind::OneOf(&["low", "medium", "high", "xhigh", "max"])),
    ("tools", Kind::Any),
    ("tool_choice", Kind::Any),
    ("parallel_tool_calls", Kind::Bool),
    ("max_tool_calls", Kind::Within(1.0, 30.0)),
    ("stop_server_tools_when", Kind::Any),
    ("reasoning", Kind::Any),
    ("reasoning_effort", Kind::OneOf(options::EFFORTS)),
    ("include_reasoning", Kind::Bool),
    ("stream", Kind::Bool),
    ("stream_options", Kind::Any),
    ("usage", Kind::Any),
    ("response_format", Kind::Any),
    ("modalities", Kind::SomeOf(&["text", "image", "audio"])),
    ("image_config", Kind::Object),
    ("debug", Kind::Object),
    ("user", Kind::Text),
    ("session_id", Kind::Short(256)),
    ("metadata", Kind::Any),
    ("trace", Kind::Object),
    ("prompt_cache_key", Kind::Text),
    ("prompt_cache_options", Kind::Object),
    ("cache_control", Kind::Any),
    ("service_tier", Kind::OneOf(&["auto", "default", "fast", "flex", "priority", "scale"])),
];

pub(super) fn check(check: &mut Check, body: &Value) {
    let root = At::Root;
    check.fields(body, &root, FIELDS);
    if !body.is_object() {
        return;
    }
    if body.get("model").is_none() && body.get("models").is_none() {
        check.fault("missing-field", &root.key("model"), "nothing");
    }
    message::check(check, &body["messages"], &root.key("messages"));
    let model = body["model"].as_str().unwrap_or_default();
    reasoning::calls_are_signed(check, model, &body["messages"], &root.key("messages"));
    tool::check(check, body);
    stops(check, body.get("stop"));
    options::check(check, body);
    check.cache_control(body.get("cache_control"), &root);
    if check.breakpoints > MOST_BREAKPOINTS {
        let found = format!("{} breakpoints, more than {MOST_BREAKPOINTS}", check.breakpoints);
        check.fault("cache-breakpoints", &root, &found);
    }
}

fn stops(check: &mut Check, stop: Option<&Value>) {
    let (Some(stop), at) = (stop, At::Root.key("stop")) else { return };
    let items = match stop {
        Value::String(_) => std::slice::from_ref(stop),
        _ => check.list(stop, &at),
    };
    if items.len() > MOST_STOPS {
        check.fault("stop-too-many", &at, &format!("{} sequences, more than {MOST_STOPS}", items.len()));
    }
    for (number, item) in items.iter().enumerate() {
        if item.as_str().is_none_or(str::is_empty) {
            check.wrong(&at.index(number), "text that is not empty", item);
        }
    }
}
