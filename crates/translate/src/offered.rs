//! The tools that a request offered, as far as reading its answer needs them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The function tools of one request. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct OfferedTools {
    tools: Arc<[Offered]>,
}

/// One tool.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The name that the upstream knows it by.
    name: String,
    /// JSON Schema of its arguments.
    schema: Box<RawValue>,
}

/// The part of a schema that tells the types of the arguments.
#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    properties: serde_json::Map<String, Value>,
}

/// Types that an argument may have.
#[derive(Default)]
struct Types {
    names: Vec<String>,
    /// Something else may be said about the type than is understood here.
    vague: bool,
}

// === impl OfferedTools ===

impl OfferedTools {
    /// The tools of a request, by the upstream's names.
    pub fn new<'t>(tools: impl Iterator<Item = (&'t str, &'t RawValue)>) -> Self {
        Self {
            tools: tools
                .map(|(name, schema)| Offered { name: name.to_owned(), schema: schema.to_owned() })
                .collect(),
        }
    }

    /// Whether none was offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The tool of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Offered> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Whether some tool's name begins so.
    #[must_use]
    pub fn any_begins_with(&self, beginning: &str) -> bool {
        self.tools.iter().any(|tool| tool.name.starts_with(beginning))
    }
}

// === impl Offered ===

impl Offered {
    /// The JSON object of arguments that were written as bare text, each in the type that the schema gives it.
    ///
    /// A value becomes something else than a string only where the schema allows no string and the text is a
    /// value of a type that it allows.
    #[must_use]
    pub fn arguments(&self, written: &[(String, String)]) -> String {
        let schema = serde_json::from_str::<Properties>(self.schema.get());
        let properties = schema.map(|schema| schema.properties).unwrap_or_default();
        let mut json = String::from("{");
        for (name, text) in written {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&Value::from(name.as_str()).to_string());
            json.push(':');
            match properties.get(name).and_then(|schema| typed(text, schema)) {
                Some(value) => json.push_str(&value),
                None => json.push_str(&Value::from(text.as_str()).to_string()),
            }
        }
        json.push('}');
        json
    }
}

/// The JSON text of a value that is no string, if it is one for certain.
fn typed(text: &str, schema: &Value) -> Option<String> {
    let types = Types::of(schema);
    let text = text.trim();
    if types.vague || types.names.is_empty() || types.allow("string") {
        return None;
    }
    let spelled = match text {
        "True" => "true",
        "False" => "false",
        "None" => "null",
        text => text,
    };
    let value: Value = serde_json::from_str(spelled).ok()?;
    let fits = match &value {
        Value::Null => types.allow("null"),
        Value::Bool(_) => types.allow("boolean"),
        Value::Number(number) => types.allow("number") || (types.allow("integer") && !number.is_f64()),
        Value::String(_) => false,
        Value::Array(_) => types.allow("array"),
        Value::Object(_) => types.allow("object"),
    };
    fits.then(|| spelled.to_owned())
}

// === impl Types ===

impl Types {
    fn of(schema: &Value) -> Self {
        let mut types = Self::default();
        types.add(schema);
        types
    }

    fn add(&mut self, schema: &Value) {
        match &schema["type"] {
            Value::String(name) => self.names.push(name.clone()),
            Value::Array(names) => {
                self.names.extend(names.iter().filter_map(Value::as_str).map(str::to_owned))
            }
            _ => {
                let variants = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
                match variants {
                    Some(variants) => variants.iter().for_each(|variant| self.add(variant)),
                    None => self.vague = true,
                }
            }
        }
    }

    fn allow(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_text_gets_the_type_of_its_schema_where_that_is_certain() {
        for (schema, text, value) in [
            (r#"{"type":"string"}"#, "5", r#""5""#),
            (r#"{"type":"string"}"#, " a\n", r#"" a\n""#),
            (r#"{"type":"integer"}"#, "5", "5"),
            (r#"{"type":"integer"}"#, "5.5", r#""5.5""#),
            (r#"{"type":"integer"}"#, "five", r#""five""#),
            (r#"{"type":"number"}"#, " 1.50\n", "1.50"),
            (r#"{"type":"boolean"}"#, "true", "true"),
            (r#"{"type":"boolean"}"#, "False", "false"),
            (r#"{"type":"boolean"}"#, "yes", r#""yes""#),
            (r#"{"type":["integer","null"]}"#, "None", "null"),
            (r#"{"type":["string","integer"]}"#, "5", r#""5""#),
            (r#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#, "7", "7"),
            (r#"{"anyOf":[{"type":"integer"},{"$ref":"x"}]}"#, "7", r#""7""#),
            (r#"{"type":"array"}"#, r#"["a", 1]"#, r#"["a", 1]"#),
            (r#"{"type":"array"}"#, "[a]", r#""[a]""#),
            (r#"{"type":"object"}"#, r#"{"b":1}"#, r#"{"b":1}"#),
            (r#"{"type":"object"}"#, "[1]", r#""[1]""#),
            (r#"{"enum":[1,2]}"#, "1", r#""1""#),
            ("true", "1", r#""1""#),
        ] {
            let schema = format!(r#"{{"type":"object","properties":{{"a":{schema}}}}}"#);
            let raw: &RawValue = serde_json::from_str(&schema).unwrap();
            let tools = OfferedTools::new([("T", raw)].into_iter());
            let arguments = tools.find("T").unwrap().arguments(&[("a".to_owned(), text.to_owned())]);
            assert_eq!(arguments, format!(r#"{{"a":{value}}}"#), "{schema}");
        }
    }

    #[test]
    fn an_argument_that_no_schema_knows_stays_text() {
        let raw: &RawValue = serde_json::from_str("{}").unwrap();
        let tools = OfferedTools::new([("T", raw)].into_iter());
        let written = [("a".to_owned(), "1".to_owned()), ("b\"".to_owned(), "{}".to_owned())];
        assert_eq!(tools.find("T").unwrap().arguments(&written), r#"{"a":"1","b\"":"{}"}"#);
    }
}
