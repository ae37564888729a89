//! Putting the fragments of `reasoning_details` together again.

use serde::Deserialize;
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use turnpike_wire::anthropic::raw_json;
use turnpike_wire::text::{JsonStr, Text, lenient};

/// Fields that name a detail, together with its type.
const KEYS: [&str; 2] = ["index", "id"];
/// Fields whose fragments are joined.
const JOINED: [&str; 3] = ["text", "summary", "data"];

/// One detail, or a piece of one, as an upstream sent it.
#[derive(Clone, Debug)]
pub struct Fragment<'a> {
    fields: Vec<(Text<'a>, &'a RawValue)>,
}

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

/// The fields of a whole detail that decide whether it may be sent back.
#[derive(Debug, Deserialize)]
pub struct DetailHead<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    signature: Option<JsonStr<'a>>,
}

/// The field of a type that people can read.
fn readable(kind: Option<&str>) -> Option<&'static str> {
    match kind? {
        "\"reasoning.text\"" => Some("text"),
        "\"reasoning.summary\"" => Some("summary"),
        _ => None,
    }
}

/// Whether a value says something.
fn says(value: Option<&str>) -> bool {
    value.is_some_and(|value| !matches!(value, "null" | "\"\""))
}

// === impl Fragment ===

impl<'a> Fragment<'a> {
    /// Reads a fragment; what is not a JSON object is none.
    #[must_use]
    pub fn read(raw: &'a RawValue) -> Option<Self> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Vec<(Text<'de>, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a reasoning detail")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(6);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        deserializer.deserialize_map(FieldsVisitor).ok().map(|fields| Self { fields })
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|(field, _)| field.as_str() == name).map(|(_, value)| value.get())
    }

    fn readable(&self) -> Option<&'static str> {
        readable(self.get("type"))
    }

    /// Whether it says nothing: neither text, nor data, nor a signature. Many models put such fillers
    /// beside everything they say.
    #[must_use]
    pub fn is_filler(&self) -> bool {
        match self.get("type") {
            Some("\"reasoning.encrypted\"") => !says(self.get("data")),
            _ => self.readable().is_some_and(|name| !says(self.get(name))) && !says(self.get("signature")),
        }
    }

    /// The readable text that it adds.
    #[must_use]
    pub fn text(&self) -> Option<JsonStr<'a>> {
        let name = self.readable()?;
        let (_, value) = self.fields.iter().find(|(field, _)| field.as_str() == name)?;
        (value.get().starts_with('"') && value.get() != "\"\"").then_some(JsonStr::Raw(value))
    }
}

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
    /// is no key.
    pub fn add<'a>(&mut self, fragment: &Fragment<'a>) -> Option<JsonStr<'a>> {
        match self.details.iter_mut().rev().find(|known| known.continues_with(fragment)) {
            Some(known) => known.merge(fragment),
            None => self.details.push(Detail::begin(fragment)),
        }
        fragment.text()
    }

    /// The details as JSON objects, in the order they began.
    #[must_use]
    pub fn to_raw(&self) -> Vec<Box<RawValue>> {
        self.details.iter().map(Detail::to_raw).collect()
    }
}

// === impl Detail ===

impl Detail {
    fn begin(fragment: &Fragment<'_>) -> Self {
        let fields = fragment.fields.iter();
        Self {
            fields: fields.map(|(name, value)| (name.as_str().to_owned(), value.get().to_owned())).collect(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether `next` is a further fragment of this detail.
    fn continues_with(&self, next: &Fragment<'_>) -> bool {
        if self.get("type") != next.get("type") {
            return false;
        }
        let named = |value: Option<&str>| value.is_some_and(|value| value != "null");
        let readable = readable(self.get("type"));
        // Encrypted data comes whole: two pieces without a name are two pieces of data.
        if readable.is_none() && !named(self.get("id")) && !named(next.get("id")) {
            return false;
        }
        // What is signed is whole: more text belongs to the next thought, whatever its index.
        if says(self.get("signature")) && readable.is_some_and(|name| says(next.get(name))) {
            return false;
        }
        // A name that only one of the two carries does not part them.
        KEYS.iter().all(|key| {
            let (mine, other) = (self.get(key), next.get(key));
            !named(mine) || !named(other) || mine == other
        })
    }

    fn merge(&mut self, next: &Fragment<'_>) {
        for (name, value) in &next.fields {
            let (name, value) = (name.as_str(), value.get());
            match self.fields.iter_mut().find(|(field, _)| field == name) {
                None => self.fields.push((name.to_owned(), value.to_owned())),
                Some((field, mine)) if JOINED.contains(&field.as_str()) => join(mine, value),
                Some((_, mine)) if value != "null" && mine != value => value.clone_into(mine),
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

// === impl DetailHead ===

impl<'a> DetailHead<'a> {
    /// Reads a whole detail; what has no type of reasoning is none.
    #[must_use]
    pub fn read(detail: &'a RawValue) -> Option<Self> {
        let head: Self = serde_json::from_str(detail.get()).ok()?;
        head.kind.starts_with("reasoning.").then_some(head)
    }

    /// Whether it is text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.kind.as_str() == "reasoning.text"
    }

    /// Whether its maker has signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signature.as_ref().is_some_and(|signature| !signature.is_empty())
    }

    /// Whether its maker can verify it: it is signed, or encrypted.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.is_signed() || self.kind.as_str() == "reasoning.encrypted"
    }

    /// Type and id, where it has an id: the two come together once in a conversation.
    #[must_use]
    pub fn identity(&self) -> Option<(String, String)> {
        let id = self.id.as_ref().filter(|id| !id.is_empty())?;
        Some((self.kind.as_str().to_owned(), id.as_str().to_owned()))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(fragments: &[&str]) -> (String, String) {
        let mut log = DetailLog::default();
        let mut text = String::new();
        for fragment in fragments {
            let raw: &RawValue = serde_json::from_str(fragment).unwrap();
            let Some(fragment) = Fragment::read(raw) else { continue };
            text.push_str(&log.add(&fragment).unwrap_or_default().decode());
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
            (
                "a second thought at the index of the first, which is signed",
                vec![
                    r#"{"type":"reasoning.text","text":"a","index":0}"#,
                    r#"{"type":"reasoning.text","signature":"S1","index":0}"#,
                    r#"{"type":"reasoning.text","text":"b","index":0}"#,
                    r#"{"type":"reasoning.text","signature":"S2","index":0}"#,
                ],
                "ab",
                r#"{"type":"reasoning.text","text":"a","index":0,"signature":"S1"} {"type":"reasoning.text","text":"b","index":0,"signature":"S2"}"#,
            ),
            ("not an object", vec!["[1]", "\"x\""], "", ""),
        ] {
            assert_eq!(merged(&fragments), (text.to_owned(), details.to_owned()), "{label}");
        }
    }

    #[test]
    fn fillers_say_nothing() {
        for (fragment, filler) in [
            (r#"{"type":"reasoning.text","text":"","format":"unknown","index":0}"#, true),
            (r#"{"type":"reasoning.text","text":null,"signature":null}"#, true),
            (r#"{"type":"reasoning.summary","summary":""}"#, true),
            (r#"{"type":"reasoning.encrypted","data":"","index":0}"#, true),
            (r#"{"type":"reasoning.text","signature":"S"}"#, false),
            (r#"{"type":"reasoning.text","text":" "}"#, false),
            (r#"{"type":"reasoning.encrypted","data":"E"}"#, false),
            (r#"{"type":"reasoning.server_tool_call","tool_name":"x"}"#, false),
        ] {
            let raw: &RawValue = serde_json::from_str(fragment).unwrap();
            assert_eq!(Fragment::read(raw).unwrap().is_filler(), filler, "{fragment}");
        }
    }
}
