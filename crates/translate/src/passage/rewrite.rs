//! The few changes that a request needs on its way to OpenRouter.

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use turnpike_wire::anthropic::Effort;

use crate::failure::{Cause, Failure};
use crate::members::{Members, ObjectWriter};
use crate::request::Overrides;

/// The request for `slug`: `model` replaced, `turnpike` removed, and what the configuration says put in the
/// place of what the client says. Every other value stays as it came, byte for byte.
///
/// # Errors
/// The body is no JSON object.
pub fn rewrite(body: &[u8], slug: &str, overrides: &Overrides) -> Result<Vec<u8>, Failure> {
    let members: Members<'_> = serde_json::from_slice(body)
        .map_err(|_| Failure::new(Cause::Invalid, "The body is no JSON object."))?;
    let mut added = additions(overrides);
    let thinks = added.contains_key("reasoning");
    let mut out = ObjectWriter::with_capacity(body.len() + 256);
    for (name, value) in members.0 {
        match name.as_str() {
            "model" => out.member("model", &Value::from(slug).to_string()),
            "turnpike" => {}
            // One of the two forms of the same wish is enough, and both are refused.
            "reasoning_effort" if thinks => {}
            name @ ("max_tokens" | "max_completion_tokens") => {
                let most = added.remove("max_tokens");
                let kept = overrides.max_tokens.filter(|most| asked(value).is_none_or(|asked| asked > *most));
                match (kept, most) {
                    (Some(most), _) => out.member(name, &most.to_string()),
                    (None, _) => out.member(name, value.get()),
                }
            }
            "provider" => match added.remove("provider") {
                Some(ours) => out.member("provider", &merged(value, ours)),
                None => out.member("provider", value.get()),
            },
            name => match added.remove(name) {
                Some(ours) => out.member(name, &ours.to_string()),
                None => out.member(name, value.get()),
            },
        }
    }
    for (name, value) in &added {
        out.member(name, &value.to_string());
    }
    Ok(out.finish())
}

/// What the configuration adds.
fn additions(overrides: &Overrides) -> Map<String, Value> {
    let mut added = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            added.insert(name.to_owned(), value);
        }
    };
    put("temperature", overrides.temperature.map(Value::from));
    put("top_p", overrides.top_p.map(Value::from));
    put("top_k", overrides.top_k.map(Value::from));
    put("min_p", overrides.min_p.map(Value::from));
    put("top_a", overrides.top_a.map(Value::from));
    put("frequency_penalty", overrides.frequency_penalty.map(Value::from));
    put("presence_penalty", overrides.presence_penalty.map(Value::from));
    put("repetition_penalty", overrides.repetition_penalty.map(Value::from));
    put("seed", overrides.seed.map(Value::from));
    put("verbosity", overrides.verbosity.and_then(|wordy| serde_json::to_value(wordy).ok()));
    put("max_tokens", overrides.max_tokens.map(Value::from));
    let budget = overrides.reasoning_max_tokens.map(|most| serde_json::json!({ "max_tokens": most }));
    put("reasoning", overrides.effort.map(reasoning).or(budget));
    put("provider", overrides.provider.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()));
    added
}

fn reasoning(effort: Effort) -> Value {
    serde_json::json!({ "effort": effort })
}

fn asked(value: &RawValue) -> Option<u64> {
    value.get().parse().ok()
}

/// The client's preferences with the configuration's in front: what a map forbids stays forbidden.
fn merged(client: &RawValue, ours: Value) -> String {
    match (serde_json::from_str::<Map<String, Value>>(client.get()), ours) {
        (Ok(mut preferences), Value::Object(ours)) => {
            preferences.extend(ours);
            Value::Object(preferences).to_string()
        }
        (_, ours) => ours.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use turnpike_wire::anthropic::raw_json;

    use super::*;

    fn rewritten(body: &str, overrides: &Overrides) -> String {
        String::from_utf8(rewrite(body.as_bytes(), "a/b", overrides).unwrap()).unwrap()
    }

    #[test]
    fn all_but_the_model_stays_byte_for_byte() {
        let none = Overrides::default();
        for (label, body, expected) in [
            (
                "spacing, escapes and numbers",
                r#"{"model":"m", "messages": [ {"role":"user" , "content":"h\u00e9"} ],"new":{"x": 1.50}}"#,
                r#"{"model":"a/b","messages":[ {"role":"user" , "content":"h\u00e9"} ],"new":{"x": 1.50}}"#,
            ),
            (
                "the user's own name",
                r#"{"user":"u-1","model":"m","seed":12345678901234567890}"#,
                r#"{"user":"u-1","model":"a/b","seed":12345678901234567890}"#,
            ),
            ("routing fields", r#"{"model":"m","turnpike":{"x":1},"n":1}"#, r#"{"model":"a/b","n":1}"#),
            (
                "both limits",
                r#"{"model":"m","max_tokens":9,"max_completion_tokens":null}"#,
                r#"{"model":"a/b","max_tokens":9,"max_completion_tokens":null}"#,
            ),
        ] {
            assert_eq!(rewritten(body, &none), expected, "{label}");
        }
        assert!(rewrite(b"[]", "a/b", &none).is_err());
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let overrides = Overrides {
            temperature: Some(0.5),
            max_tokens: Some(100),
            effort: Some(Effort::Low),
            provider: Some(raw_json(r#"{"zdr":true}"#.to_owned())),
            ..Overrides::default()
        };
        for (label, body, expected) in [
            (
                "added",
                r#"{"model":"m"}"#,
                r#"{"model":"a/b","max_tokens":100,"provider":{"zdr":true},"reasoning":{"effort":"low"},"temperature":0.5}"#,
            ),
            (
                "replaced in their places",
                r#"{"temperature":1,"reasoning_effort":"high","max_completion_tokens":500,"provider":{"zdr":false,"sort":"price"},"reasoning":{"max_tokens":9},"model":"m"}"#,
                r#"{"temperature":0.5,"max_completion_tokens":100,"provider":{"sort":"price","zdr":true},"reasoning":{"effort":"low"},"model":"a/b"}"#,
            ),
            (
                "a smaller limit stays",
                r#"{"max_tokens":50,"temperature":0,"reasoning":{},"provider":null,"model":"m"}"#,
                r#"{"max_tokens":50,"temperature":0.5,"reasoning":{"effort":"low"},"provider":{"zdr":true},"model":"a/b"}"#,
            ),
        ] {
            let (got, expected): (Value, Value) = (
                serde_json::from_str(&rewritten(body, &overrides)).unwrap(),
                serde_json::from_str(expected).unwrap(),
            );
            assert_eq!(got, expected, "{label}");
        }
    }
}
