//! Schemas for models whose vendor refuses parts of JSON Schema.
//!
//! What is refused is known from error messages that the vendors' endpoints gave, most of them through
//! OpenRouter. A family that nobody complains about gets its schemas as they came. A schema in which nothing
//! needs to change keeps its bytes, and what changes keeps its order.

mod gemini;
mod moonshot;
mod node;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::raw_json;

use node::{Node, Schema};

/// Deepest nesting that is looked at; the request as a whole is bounded too.
const DEEPEST: usize = 64;

/// How often each rule is applied: alternatives are pulled up one level at a time.
const ROUNDS: usize = 8;

/// What one family refuses, below the top.
type Rule = fn(&mut Schema<'_>, &Defs<'_>);

/// Families by the beginning of their slugs. All of them also refuse alternatives at the top: "schema must
/// have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level" (OpenAI),
/// "input_schema does not support oneOf, allOf, or anyOf at the top level" (Anthropic).
const FAMILIES: [(&str, Rule); 4] = [
    ("openai/", items),
    ("anthropic/", |_, _| {}),
    ("google/gemini", gemini::clean),
    ("moonshotai/", moonshot::clean),
];

/// Where `$ref` points to.
struct Defs<'a>(Vec<(String, Schema<'a>)>);

/// The schema as the model's vendor takes it; `None` when it takes it as it is.
pub(super) fn clean(schema: &RawValue, slug: &str) -> Option<Box<RawValue>> {
    let slug = slug.trim_start_matches('~');
    let (_, rule) = FAMILIES.iter().find(|(family, _)| slug.starts_with(family))?;
    let Node::Object(mut top) = Node::read(schema, 0)? else { return None };
    let text = |top: &Schema<'_>| {
        let mut text = String::with_capacity(schema.get().len());
        top.write(&mut text);
        text
    };
    let before = text(&top);
    let defs = Defs::of(&top);
    flatten(&mut top, &defs);
    let mut cleaned = text(&top);
    // What one change brings up another may have to change; what a round leaves as it was, the next one does too.
    for _ in 0..ROUNDS {
        walk(&mut top, *rule, &defs, 0);
        let last = std::mem::replace(&mut cleaned, text(&top));
        if cleaned == last {
            break;
        }
    }
    (cleaned != before).then(|| raw_json(cleaned))
}

/// Applies the rule to a schema and then to those inside it, so that what a rule puts in is seen too.
fn walk(schema: &mut Schema<'_>, rule: Rule, defs: &Defs<'_>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    rule(schema, defs);
    for (name, node) in &mut schema.0 {
        match (name.as_ref(), node) {
            ("properties" | "$defs" | "definitions" | "patternProperties", Node::Object(inside)) => {
                for (_, node) in &mut inside.0 {
                    if let Node::Object(schema) = node {
                        walk(schema, rule, defs, depth + 1);
                    }
                }
            }
            ("items" | "additionalProperties" | "not", Node::Object(schema)) => {
                walk(schema, rule, defs, depth + 1);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Node::Array(list)) => {
                for node in list {
                    if let Node::Object(schema) = node {
                        walk(schema, rule, defs, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Makes one object of alternatives at the top: all their properties, none of them required but where all
/// alternatives hold at once.
fn flatten<'a>(top: &mut Schema<'a>, defs: &Defs<'a>) {
    if let Some(reference) = top.take("$ref")
        && let Some((_, found)) = reference.leaf().and_then(|name| defs.find(name))
    {
        add(top, found.clone());
    }
    for name in ["anyOf", "oneOf", "allOf"] {
        let Some(Node::Array(alternatives)) = top.take(name) else { continue };
        for alternative in alternatives {
            let Node::Object(mut alternative) = alternative else { continue };
            if name != "allOf" {
                alternative.take("required");
            }
            add(top, alternative);
        }
    }
    for name in ["not", "enum", "const"] {
        top.take(name);
    }
}

/// Adds the properties of a schema to those at the top, and what is required of them.
fn add<'a>(top: &mut Schema<'a>, mut schema: Schema<'a>) {
    if let Some(Node::Object(properties)) = schema.take("properties") {
        match top.get_mut("properties") {
            Some(Node::Object(known)) => known.add_missing(properties),
            _ => top.set("properties", Node::Object(properties)),
        }
    }
    if let Some(Node::Array(required)) = schema.take("required") {
        let mut all = match top.take("required") {
            Some(Node::Array(all)) => all,
            _ => Vec::new(),
        };
        all.extend(required);
        top.set("required", Node::Array(all));
    }
}

/// OpenAI: "array schema missing items".
fn items(schema: &mut Schema<'_>, _: &Defs<'_>) {
    if schema.is_of("array") && schema.get("items").is_none() && schema.get("prefixItems").is_none() {
        schema.set("items", Node::Object(Schema::default()));
    }
}

// === impl Defs ===

impl<'a> Defs<'a> {
    fn of(top: &Schema<'a>) -> Self {
        let mut defs = Vec::new();
        for place in ["$defs", "definitions"] {
            let Some(Node::Object(inside)) = top.get(place) else { continue };
            for (name, node) in &inside.0 {
                if let Node::Object(schema) = node {
                    defs.push((format!("\"#/{place}/{name}\""), schema.clone()));
                }
            }
        }
        Self(defs)
    }

    /// What the JSON text of a `$ref` points to, with that text.
    fn find(&self, reference: &str) -> Option<(&str, &Schema<'a>)> {
        self.0.iter().find(|(name, _)| name == reference).map(|(name, schema)| (name.as_str(), schema))
    }
}

#[cfg(test)]
mod tests;
