//! Google's function declarations: a part of OpenAPI 3.0. An unknown field fails the whole request
//! ("Unknown name "exclusiveMinimum" at 'tools[0].function_declarations[9]…': Cannot find field").

use super::Defs;
use super::node::{Node, Schema};

/// Fields that are no part of it.
const UNKNOWN: [&str; 23] = [
    "$schema",
    "$id",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "uniqueItems",
    "contains",
    "prefixItems",
    "if",
    "then",
    "else",
    "not",
    "examples",
];

pub(super) fn clean(schema: &mut Schema<'_>, defs: &Defs<'_>) {
    resolve(schema, defs);
    alternatives(schema);
    kind(schema);
    values(schema);
    schema.0.retain(|(name, _)| !UNKNOWN.contains(&name.as_ref()));
    if schema.is_of("array") && !matches!(schema.get("items"), Some(Node::Object(_))) {
        schema.set("items", Node::Object(Schema::of(&[("type", Node::text("string"))])));
    }
    required(schema);
}

/// `$ref` is refused: what it points to is put in its place, with what that points to. One that points to what
/// holds it ends as an object of any form.
fn resolve(schema: &mut Schema<'_>, defs: &Defs<'_>) {
    let Some(reference) = schema.take("$ref") else { return };
    let mut copy = Copying { defs, within: Vec::new(), room: MOST_COPIED };
    let found = reference.leaf().and_then(|name| copy.target(name));
    schema.add_missing(found.unwrap_or_else(anything));
}

/// Most nodes that one `$ref` may become, and most definitions within each other: few words can name very many.
const MOST_COPIED: usize = 2_000;
const DEEPEST: usize = 12;

/// An object of any form.
fn anything<'s>() -> Schema<'s> {
    Schema::of(&[("type", Node::text("object"))])
}

/// A copy of a definition, since the walk outlives no other, with the definitions in it in their places.
struct Copying<'c, 'a> {
    defs: &'c Defs<'a>,
    /// The definitions that are being copied, outermost first.
    within: Vec<&'c str>,
    /// Nodes that may still be copied.
    room: usize,
}

impl<'c> Copying<'c, '_> {
    /// What a `$ref` points to; `None` where that is not there, is being copied, or would be too much.
    fn target<'s>(&mut self, name: &str) -> Option<Schema<'s>> {
        let (name, found) = self.defs.find(name)?;
        if self.room == 0 || self.within.len() == DEEPEST || self.within.contains(&name) {
            return None;
        }
        self.within.push(name);
        let copied = self.schema(found);
        self.within.pop();
        Some(copied)
    }

    fn schema<'s>(&mut self, of: &'c Schema<'_>) -> Schema<'s> {
        let mut copied = Schema::default();
        let mut reference = None;
        for (name, node) in &of.0 {
            match node.leaf() {
                Some(target) if name == "$ref" => reference = Some(target),
                _ => copied.0.push((name.clone().into_owned().into(), self.node(node))),
            }
        }
        if let Some(target) = reference {
            copied.add_missing(self.target(target).unwrap_or_else(anything));
        }
        copied
    }

    fn node<'s>(&mut self, of: &'c Node<'_>) -> Node<'s> {
        self.room = self.room.saturating_sub(1);
        match of {
            Node::Leaf(json) => Node::Leaf(json.clone().into_owned().into()),
            Node::Array(list) => Node::Array(list.iter().map(|node| self.node(node)).collect()),
            Node::Object(schema) => Node::Object(self.schema(schema)),
        }
    }
}

/// `anyOf` is known, but only alone ("schema specified other fields alongside any_of"); `null` is a field.
fn alternatives(schema: &mut Schema<'_>) {
    if let Some(Node::Array(all)) = schema.take("allOf") {
        for node in all {
            if let Node::Object(one) = node {
                schema.add_missing(one);
            }
        }
    }
    if let Some(one_of) = schema.take("oneOf")
        && schema.get("anyOf").is_none()
    {
        schema.set("anyOf", one_of);
    }
    let Some(Node::Array(mut any)) = schema.take("anyOf") else { return };
    let before = any.len();
    any.retain(|node| !matches!(node, Node::Object(one) if one.is_of("null")));
    let nullable = any.len() < before;
    if any.len() > 1 && !nullable {
        schema.0.clear();
        schema.set("anyOf", Node::Array(any));
        return;
    }
    // What may be null and one of several is left as the first of them, which keeps its description.
    if let Some(Node::Object(first)) = any.into_iter().next() {
        schema.add_missing(first);
    }
    if nullable {
        schema.set("nullable", Node::Leaf("true".into()));
    }
}

/// One type ("Proto field is not repeating, cannot start list").
fn kind(schema: &mut Schema<'_>) {
    let Some(Node::Array(kinds)) = schema.get("type") else { return };
    let words: Vec<String> = kinds.iter().filter_map(|kind| kind.leaf().map(str::to_owned)).collect();
    let first = words.iter().find(|word| *word != "\"null\"").cloned();
    schema.set("type", Node::Leaf(first.unwrap_or_else(|| "\"string\"".to_owned()).into()));
    if words.iter().any(|word| word == "\"null\"") {
        schema.set("nullable", Node::Leaf("true".into()));
    }
}

/// Values are texts ("enum: only allowed for STRING type", "enum[1]: cannot be empty"), and few formats are
/// known ("only 'enum' and 'date-time' are supported for STRING type").
fn values(schema: &mut Schema<'_>) {
    if let Some(only) = schema.take("const")
        && schema.get("enum").is_none()
    {
        schema.set("enum", Node::Array(vec![only]));
    }
    if let Some(Node::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| value.leaf().is_some_and(|json| json.starts_with('"') && json != "\"\""));
        let useless = values.is_empty();
        let is_text = schema.is_of("string") || schema.get("type").is_none();
        if useless || !is_text {
            schema.take("enum");
        } else if schema.get("type").is_none() {
            schema.set("type", Node::text("string"));
        }
    }
    let known: &[&str] = match schema.get("type").and_then(Node::leaf) {
        Some("\"number\"" | "\"integer\"") => &["float", "double", "int32", "int64"],
        _ => &["enum", "date-time"],
    };
    let format = schema.get("format").and_then(Node::leaf).map(|json| json.trim_matches('"').to_owned());
    if format.is_some_and(|format| !known.contains(&format.as_str())) {
        schema.take("format");
    }
}

/// "required fields ['position', 'args'] are not defined in the schema properties"
fn required(schema: &mut Schema<'_>) {
    let Some(Node::Array(mut required)) = schema.take("required") else { return };
    if let Some(Node::Object(properties)) = schema.get("properties") {
        let named = |json: &str| {
            let name = serde_json::from_str::<String>(json).unwrap_or_default();
            properties.get(&name).is_some()
        };
        required.retain(|name| name.leaf().is_some_and(named));
        if !required.is_empty() {
            schema.set("required", Node::Array(required));
        }
    }
}
