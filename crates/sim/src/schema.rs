//! The smallest JSON value that conforms to a JSON Schema: what a scripted model answers or calls a tool with.

use serde_json::{Map, Value, json};

/// References followed before a schema counts as endless.
const MAX_DEPTH: usize = 16;

/// A value that conforms to the schema: required properties only, the first of each choice.
pub(crate) fn minimal(schema: &Value) -> Value {
    build(schema, schema, 0)
}

/// Arguments for a tool: what is proposed, as far as the schema knows it, and what it requires besides.
pub(crate) fn fit(schema: &Value, proposed: Value) -> Value {
    let (Some(properties), Value::Object(mut proposed)) =
        (schema["properties"].as_object(), proposed.clone())
    else {
        return proposed;
    };
    proposed.retain(|key, _| properties.contains_key(key));
    for key in required(schema) {
        if !proposed.contains_key(key) {
            proposed.insert(key.to_owned(), build(&schema["properties"][key], schema, 1));
        }
    }
    Value::Object(proposed)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn build(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')))
    {
        return build(target, root, depth + 1);
    }
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return value.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[choice].get(0) {
            return build(first, root, depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("string") => json!(text(schema)),
        Some("integer") => json!(schema["minimum"].as_i64().unwrap_or(1)),
        Some("number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("array") => {
            let length = schema["minItems"].as_u64().unwrap_or(0);
            (0..length).map(|_| build(&schema["items"], root, depth + 1)).collect()
        }
        Some("null") => Value::Null,
        Some("object") => object(schema, root, depth),
        _ if schema["properties"].is_object() => object(schema, root, depth),
        _ => json!("simulated"),
    }
}

fn object(schema: &Value, root: &Value, depth: usize) -> Value {
    let mut object = Map::new();
    for key in required(schema) {
        object.insert(key.to_owned(), build(&schema["properties"][key], root, depth + 1));
    }
    Value::Object(object)
}

fn text(schema: &Value) -> String {
    let length = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let mut text = match schema["format"].as_str() {
        Some("uri" | "url") => "https://example.com/".to_owned(),
        Some("date") => "2026-08-22".to_owned(),
        Some("date-time") => "2026-08-22T12:00:00Z".to_owned(),
        Some("email") => "simulated@example.com".to_owned(),
        _ => "simulated".to_owned(),
    };
    while length("minLength").is_some_and(|least| text.len() < least) {
        text.push('.');
    }
    if let Some(most) = length("maxLength") {
        text.truncate(most);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimal_values_conform() {
        let rows = [
            (
                json!({"type": "object", "properties": {"title": {"type": "string"}, "more": {}}, "required": ["title"]}),
                json!({"title": "simulated"}),
            ),
            (json!({"enum": ["a", "b"]}), json!("a")),
            (json!({"type": ["integer", "null"], "minimum": 4}), json!(4)),
            (json!({"type": "array", "items": {"type": "boolean"}, "minItems": 2}), json!([false, false])),
            (json!({"$ref": "#/$defs/x", "$defs": {"x": {"const": 7}}}), json!(7)),
            (json!({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}), json!("sim")),
            (json!({"$ref": "#"}), Value::Null),
        ];
        for (schema, expected) in rows {
            assert_eq!(minimal(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn arguments_keep_what_the_tool_knows() {
        let schema = json!({"type": "object", "properties": {"command": {"type": "string"}, "mode": {"enum": ["x"]}}, "required": ["command", "mode"]});
        let fitted = fit(&schema, json!({"command": "ls", "note": "unknown"}));
        assert_eq!(fitted, json!({"command": "ls", "mode": "x"}));
        assert_eq!(fit(&Value::Null, json!({"a": 1})), json!({"a": 1}), "no schema, nothing to fit");
    }
}
