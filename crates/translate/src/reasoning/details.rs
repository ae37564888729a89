//! Putting the fragments of `reasoning_details` together again.

use std::borrow::Cow;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use turnpike_wire::anthropic::raw_json;
use turnpike_wire::text::{JsonStr, Text};

/// One detail as an ordered list of fields with raw values, so that what is not known survives.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    fields: Vec<(String, String)>,
}

/// The details of one thinking block, merged from their fragments.
#[derive(Clone, Debug, Default)]
pub struct DetailLog {
    details: Vec<Detail>,
}

/// Fields that name a detail, together with its type.
const KEYS: [&str; 2] = ["index", "id"];
/// Fields whose fragments are joined.
const JOINED: [&str; 3] = ["text", "summary", "data"];

// === impl DetailLog ===

impl DetailLog {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// Takes one fragment and gives the readable text it adds, if any.
    ///
    /// Fragments of one detail share type, index and id; different types share indices, so the index alone
    /// is no key. What is not a JSON object is left out.
    pub fn add<'a>(&mut self, fragment: &'a RawValue) -> Option<JsonStr<'a>> {
        let detail = Detail::read(fragment)?;
        let text = detail.readable().and_then(|name| value_of(fragment, name));
        match self.details.iter_mut().rev().find(|known| known.continues_with(&detail)) {
            Some(known) => known.merge(detail),
            None => self.details.push(detail),
        }
        text.filter(|text| !text.is_empty())
    }

    /// The details as JSON objects, in the order they began.
    #[must_use]
    pub fn to_raw(&self) -> Vec<Box<RawValue>> {
        self.details.iter().map(Detail::to_raw).collect()
    }
}

// === impl Detail ===

impl Detail {
    fn read(fragment: &RawValue) -> Option<Self> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Vec<(String, String)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a reasoning detail")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(6);
                while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    fields.push((name.into_owned(), value.get().to_owned()));
                }
                Ok(fields)
            }
        }

        let mut deserializer = serde_json::Deserializer::from_str(fragment.get());
        deserializer.deserialize_map(FieldsVisitor).ok().map(|fields| Self { fields })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The field that people can read.
    fn readable(&self) -> Option<&'static str> {
        match self.get("type")? {
            "\"reasoning.text\"" => Some("text"),
            "\"reasoning.summary\"" => Some("summary"),
            _ => None,
        }
    }

    /// Whether `next` is a further fragment of this detail.
    fn continues_with(&self, next: &Self) -> bool {
        let names =
            |detail: &Self, name: &str| detail.get(name).filter(|value| *value != "null").map(str::to_owned);
        if self.get("type") != next.get("type") {
            return false;
        }
        // Encrypted data comes whole: two pieces without a name are two pieces of data.
        if self.readable().is_none() && names(self, "id").is_none() && names(next, "id").is_none() {
            return false;
        }
        // A name that only one of the two carries does not part them.
        KEYS.iter().all(|key| match (names(self, key), names(next, key)) {
            (Some(mine), Some(other)) => mine == other,
            _ => true,
        })
    }

    fn merge(&mut self, next: Self) {
        for (name, value) in next.fields {
            match self.fields.iter_mut().find(|(field, _)| *field == name) {
                None => self.fields.push((name, value)),
                Some((field, mine)) if JOINED.contains(&field.as_str()) => join(mine, &value),
                Some((_, mine)) if value != "null" => *mine = value,
                Some(_) => {}
            }
        }
    }

    fn to_raw(&self) -> Box<RawValue> {
        let mut json = String::from("{");
        for (name, value) in &self.fields {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(name.as_str()).to_string());
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        raw_json(json)
    }
}

/// Whether a fragment says nothing: readable text that is empty, and no signature.
#[must_use]
pub fn is_filler(fragment: &RawValue) -> bool {
    let Some(detail) = Detail::read(fragment) else { return true };
    let says = |name: &str| detail.get(name).is_some_and(|value| !matches!(value, "null" | "\"\""));
    detail.readable().is_some_and(|name| !says(name)) && !says("signature")
}

/// Appends the JSON text of a string to another in place; a `null` adds nothing.
fn join(first: &mut String, second: &str) {
    match second.strip_prefix('"') {
        Some(tail) if first.ends_with('"') => {
            first.pop();
            first.push_str(tail);
        }
        Some(_) => second.clone_into(first),
        None => {}
    }
}

/// The string value of a field, still as its JSON text where that can be borrowed.
fn value_of<'a>(fragment: &'a RawValue, name: &str) -> Option<JsonStr<'a>> {
    struct OneField<'n>(&'n str);

    impl<'de> Visitor<'de> for OneField<'_> {
        type Value = Option<Cow<'de, str>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a reasoning detail")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                if name.as_str() == self.0 && value.get().starts_with('"') {
                    found = Some(JsonStr::Raw(value).decode());
                }
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(fragment.get());
    deserializer.deserialize_map(OneField(name)).ok().flatten().map(JsonStr::Decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(fragments: &[&str]) -> (String, String) {
        let mut log = DetailLog::default();
        let mut text = String::new();
        for fragment in fragments {
            let raw: &RawValue = serde_json::from_str(fragment).unwrap();
            text.push_str(&log.add(raw).unwrap_or_default().decode());
        }
        let raw: Vec<String> = log.to_raw().iter().map(|raw| raw.get().to_owned()).collect();
        (text, raw.join(" "))
    }

    #[test]
    fn fragments_become_the_details_they_were_cut_from() {
        for (label, fragments, text, details) in [
            (
                "Claude: text, then the signature alone",
                vec![
                    r#"{"type":"reasoning.text","text":"a\n","format":"anthropic-claude-v1","index":0}"#,
                    r#"{"type":"reasoning.text","text":"b","format":"anthropic-claude-v1","index":0}"#,
                    r#"{"type":"reasoning.text","signature":"Sig=","format":"anthropic-claude-v1","index":0}"#,
                ],
                "a\nb",
                r#"{"type":"reasoning.text","text":"a\nb","format":"anthropic-claude-v1","index":0,"signature":"Sig="}"#,
            ),
            (
                "OpenAI: summary and encrypted data share an index",
                vec![
                    r#"{"type":"reasoning.summary","summary":"x","format":"openai-responses-v1","index":0}"#,
                    r#"{"type":"reasoning.summary","summary":"y","format":"openai-responses-v1","index":0}"#,
                    r#"{"type":"reasoning.encrypted","data":"ENC","id":"rs_1","format":"openai-responses-v1","index":0}"#,
                ],
                "xy",
                r#"{"type":"reasoning.summary","summary":"xy","format":"openai-responses-v1","index":0} {"type":"reasoning.encrypted","data":"ENC","id":"rs_1","format":"openai-responses-v1","index":0}"#,
            ),
            (
                "two signatures of two calls",
                vec![
                    r#"{"type":"reasoning.encrypted","data":"A","id":"call_1","index":0}"#,
                    r#"{"type":"reasoning.encrypted","data":"B","id":"call_2","index":0}"#,
                ],
                "",
                r#"{"type":"reasoning.encrypted","data":"A","id":"call_1","index":0} {"type":"reasoning.encrypted","data":"B","id":"call_2","index":0}"#,
            ),
            (
                "unknown fields and a null signature",
                vec![
                    r#"{"type":"reasoning.text","text":"a","signature":null,"new":{"k":1}}"#,
                    r#"{"type":"reasoning.text","text":null,"signature":"S"}"#,
                ],
                "a",
                r#"{"type":"reasoning.text","text":"a","signature":"S","new":{"k":1}}"#,
            ),
            ("not an object", vec!["[1]", "\"x\""], "", ""),
        ] {
            assert_eq!(merged(&fragments), (text.to_owned(), details.to_owned()), "{label}");
        }
    }
}
