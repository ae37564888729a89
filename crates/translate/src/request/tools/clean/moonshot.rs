//! Moonshot's own kind of JSON Schema ("tools.function.parameters is not a valid moonshot flavored json
//! schema").

use super::Defs;
use super::node::{Node, Schema};

const ALTERNATIVES: [&str; 3] = ["anyOf", "oneOf", "allOf"];

pub(super) fn clean(schema: &mut Schema<'_>, defs: &Defs<'_>) {
    if let Some(inside) = schema.take("definitions") {
        match (schema.get_mut("$defs"), inside) {
            (Some(Node::Object(known)), Node::Object(inside)) => known.add_missing(inside),
            (_, inside) => schema.set("$defs", inside),
        }
    }
    reference(schema, defs);
    // "enum value (<nil>)"
    if let Some(Node::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| value.leaf() != Some("null"));
    }
    if schema.get("$ref").is_none() {
        kind(schema);
    }
}

/// "references must start with #/$defs/", "conflicting keywords found after $ref expansion: description"
fn reference(schema: &mut Schema<'_>, defs: &Defs<'_>) {
    let Some(reference) = schema.get("$ref").and_then(Node::leaf).map(str::to_owned) else { return };
    let renamed = reference.replacen("\"#/definitions/", "\"#/$defs/", 1);
    let known = renamed.starts_with("\"#/$defs/")
        && (defs.find(&reference).is_some()
            || defs.find(&renamed.replacen("\"#/$defs/", "\"#/definitions/", 1)).is_some());
    if known {
        let inside = schema.take("$defs");
        schema.0.clear();
        schema.set("$ref", Node::Leaf(renamed.into()));
        if let Some(inside) = inside {
            schema.set("$defs", inside);
        }
    } else {
        schema.take("$ref");
    }
}

/// "when using anyOf, type should be defined in anyOf items instead of the parent schema", "type is not
/// defined"
fn kind(schema: &mut Schema<'_>) {
    let Some(name) = ALTERNATIVES.into_iter().find(|name| schema.get(name).is_some()) else {
        if schema.get("type").is_none() {
            infer(schema);
        }
        return;
    };
    if let Some(kind) = schema.take("type")
        && let Some(Node::Array(list)) = schema.get_mut(name)
    {
        for node in list {
            if let Node::Object(one) = node
                && !one.has_any(&["type", "$ref", "anyOf", "oneOf", "allOf"])
            {
                one.set("type", kind.clone());
            }
        }
    }
}

/// The type that the other fields speak of; where they speak of none, any.
fn infer(schema: &mut Schema<'_>) {
    let value = match schema.get("enum") {
        Some(Node::Array(values)) => values.first().and_then(Node::leaf),
        _ => schema.get("const").and_then(Node::leaf),
    };
    let word = match value.and_then(|json| json.as_bytes().first()) {
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(_) => "number",
        None if schema.get("properties").is_some() => "object",
        None if schema.get("items").is_some() => "array",
        None => {
            let kinds = ["string", "number", "boolean", "object"];
            let kinds = kinds.map(|word| Node::Object(Schema::of(&[("type", Node::text(word))])));
            return schema.set("anyOf", Node::Array(kinds.to_vec()));
        }
    };
    schema.set("type", Node::text(word));
}
