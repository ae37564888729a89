//! JSON Schemas of the client's tools.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Tool, raw_json};

use super::clean;
use crate::failure::{Cause, Failure};
use crate::request::Notes;
use crate::request::place::Place;

/// The fields at the top that upstreams insist on.
#[derive(Deserialize)]
struct Top<'t> {
    #[serde(borrow, rename = "type", default, deserialize_with = "there")]
    kind: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "there")]
    properties: Option<&'t RawValue>,
}

/// `null` is something that is there: a field set beside it would be there twice.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// The schema of a tool's arguments: an object that says so and names its properties. Claude does without
/// either, OpenAI's endpoints do not.
pub(super) fn parameters<'a>(
    tool: &'a Tool<'_>,
    slug: &str,
    place: &Place<'_>,
    notes: &mut Notes,
) -> Result<Cow<'a, RawValue>, Failure> {
    let schema = whole(tool, place)?;
    Ok(match clean::clean(&schema, slug) {
        Some(cleaned) => {
            notes.drop("parts of a tool's schema that the model's vendor refuses");
            Cow::Owned(cleaned)
        }
        None => schema,
    })
}

/// The schema with the fields at the top that it needs.
fn whole<'a>(tool: &'a Tool<'_>, place: &Place<'_>) -> Result<Cow<'a, RawValue>, Failure> {
    let Some(schema) = tool.input_schema else {
        return Ok(Cow::Owned(raw_json(r#"{"type":"object","properties":{}}"#.to_owned())));
    };
    let wrong = |what: &str| Failure::new(Cause::Invalid, format!("{place}.input_schema: {what}."));
    let top = serde_json::from_str::<Top<'_>>(schema.get());
    let (Some(inner), Ok(top)) = (schema.get().strip_prefix('{'), top) else {
        return Err(wrong("must be a JSON Schema object"));
    };
    let kind = top.kind.map(RawValue::get);
    if let Some(other) = kind.filter(|kind| *kind != "\"object\"") {
        return Err(wrong(&format!("`type` must be \"object\", not {other}")));
    }
    if let Some(other) = top.properties.map(RawValue::get).filter(|json| !json.starts_with('{')) {
        let kind = if other.starts_with('[') { "a list" } else { other };
        return Err(wrong(&format!("`properties` must be an object, not {kind}")));
    }
    let missing = match (kind, top.properties) {
        (Some(_), Some(_)) => return Ok(Cow::Borrowed(schema)),
        (Some(_), None) => r#""properties":{}"#,
        (None, Some(_)) => r#""type":"object""#,
        (None, None) => r#""type":"object","properties":{}"#,
    };
    let comma = if inner.trim_start().starts_with('}') { "" } else { "," };
    Ok(Cow::Owned(raw_json(format!("{{{missing}{comma}{inner}"))))
}
