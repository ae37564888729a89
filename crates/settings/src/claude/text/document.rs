//! A settings file as it is parsed: members with their places in the text.

use jsonc_parser::ast::{self, Object, ObjectProp};
use jsonc_parser::common::{Range, Ranged as _};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Begins a text that some editors write.
pub(super) const BOM: &str = "\u{feff}";

/// Why a text is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is no JSON.
    #[error("it is not valid JSON ({0}): correct that first; Claude Code does not read it either")]
    NotJson(String),
    /// Something that must be an object is none.
    #[error("{0} is not an object there: correct that first")]
    NotObject(String),
}

/// The text, its byte-order mark aside.
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) root: Object<'a>,
}

// === impl Document ===

impl<'a> Document<'a> {
    /// Reads JSON; comments and trailing commas may be in it, nothing else that JSON has not.
    pub(super) fn parse(text: &'a str) -> Result<Self, TextError> {
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = parse_to_ast(text, &CollectOptions::default(), &options)
            .map_err(|error| TextError::NotJson(error.to_string()))?;
        match parsed.value {
            Some(ast::Value::Object(root)) => Ok(Self { text, root }),
            Some(_) => Err(TextError::NotObject("the whole".to_owned())),
            None => Err(TextError::NotJson("there is nothing in it".to_owned())),
        }
    }

    /// The object at that path; `None` when there is none.
    pub(super) fn object(&self, path: &[String]) -> Result<Option<&Object<'a>>, TextError> {
        let mut at = &self.root;
        for name in path {
            match find(at, name).map(|(_, member)| &member.value) {
                None => return Ok(None),
                Some(ast::Value::Object(object)) => at = object,
                Some(_) => return Err(TextError::NotObject(format!("`{name}`"))),
            }
        }
        Ok(Some(at))
    }

    /// The member at that path, with its object and its place in it.
    pub(super) fn member(&self, path: &[String]) -> Option<(&Object<'a>, usize, &ObjectProp<'a>)> {
        let (name, parents) = path.split_last()?;
        let object = self.object(parents).ok().flatten()?;
        let (place, member) = find(object, name)?;
        Some((object, place, member))
    }

    /// The value at that path.
    pub(super) fn value(&self, path: &[String]) -> Option<Value> {
        self.member(path).map(|(_, _, member)| plain(&member.value))
    }

    /// The very text of the value at that path.
    pub(super) fn raw(&self, path: &[String]) -> Option<&'a str> {
        self.member(path).map(|(_, _, member)| {
            let Range { start, end } = member.value.range();
            &self.text[start..end]
        })
    }

    /// What stands between the braces of an object without members.
    pub(super) fn inside(&self, object: &Object<'_>) -> &'a str {
        &self.text[object.range.start + 1..object.range.end - 1]
    }
}

/// The value of a whole text; the text may be blank, which is an object without members.
///
/// # Errors
/// [`TextError`] when it is no JSON, or no object.
pub fn value_of(text: &str) -> Result<Value, TextError> {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    if body.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let document = Document::parse(body)?;
    Ok(object(&document.root))
}

/// Whether Claude Code reads it: release 2.1.329 takes a byte-order mark and blank files, and neither comments nor trailing
/// commas; with those nothing of the file counts.
#[must_use]
pub fn is_read_by_client(text: &str) -> bool {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    body.trim().is_empty() || serde_json::from_str::<IgnoredAny>(body).is_ok()
}

/// The member of that name. Of several the last counts, as it does for JavaScript.
fn find<'o, 'a>(object: &'o Object<'a>, name: &str) -> Option<(usize, &'o ObjectProp<'a>)> {
    object.properties.iter().enumerate().rev().find(|(_, member)| member.name.as_str() == name)
}

fn plain(value: &ast::Value<'_>) -> Value {
    match value {
        ast::Value::StringLit(text) => Value::from(text.value.as_ref()),
        ast::Value::NumberLit(number) => serde_json::from_str(number.value).unwrap_or_default(),
        ast::Value::BooleanLit(truth) => Value::from(truth.value),
        ast::Value::Object(members) => object(members),
        ast::Value::Array(array) => array.elements.iter().map(plain).collect(),
        ast::Value::NullKeyword(_) => Value::Null,
    }
}

fn object(object: &Object<'_>) -> Value {
    object.properties.iter().map(|member| (member.name.as_str().to_owned(), plain(&member.value))).collect()
}
