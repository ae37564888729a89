//! Two kinds of string: [`Text`] for names and ids, [`JsonStr`] for long text that is only passed on.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A decoded string, borrowed from the JSON text where it holds no escape.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

/// A string that stays as its JSON text until somebody needs to look inside.
///
/// Prompt text is most of a request and is copied from one body into another: as raw JSON that is one
/// copy, without decoding and encoding its escapes, and the bytes stay the same from turn to turn.
#[derive(Clone, Debug)]
pub enum JsonStr<'a> {
    /// The JSON text, quotes included.
    Raw(&'a RawValue),
    /// The string itself.
    Decoded(Cow<'a, str>),
}

// === impl Text ===

impl<'a> Text<'a> {
    /// The string, free of the JSON text it came from.
    #[must_use]
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }

    /// The string as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

// === impl JsonStr ===

impl<'a> JsonStr<'a> {
    /// The string without its escapes.
    #[must_use]
    pub fn decode(&self) -> Cow<'a, str> {
        match self {
            Self::Decoded(text) => text.clone(),
            Self::Raw(raw) => decode_raw(raw.get()),
        }
    }

    /// Whether the string holds no character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Decoded(text) => text.is_empty(),
            Self::Raw(raw) => raw.get() == "\"\"",
        }
    }

    /// Whether the string holds nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Decoded(text) => text.trim().is_empty(),
            Self::Raw(raw) => {
                let inner = raw.get().trim_matches('"');
                // The common case: a character that is neither space nor the start of an escape.
                match inner.bytes().find(|b| !matches!(b, b' ')) {
                    None => true,
                    Some(b'\\' | 0x80..) => self.decode().trim().is_empty(),
                    Some(_) => false,
                }
            }
        }
    }

    /// Size of the text in bytes, escapes counted as they stand.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Decoded(text) => text.len(),
            Self::Raw(raw) => raw.get().len() - 2,
        }
    }
}

/// Decodes the JSON text of a string; the raw value was checked to be one.
fn decode_raw(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str::<String>(raw).map_or_else(|_| Cow::Owned(inner.to_owned()), Cow::Owned)
}

impl Default for JsonStr<'_> {
    fn default() -> Self {
        Self::Decoded(Cow::Borrowed(""))
    }
}

impl PartialEq for JsonStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.decode() == other.decode()
    }
}

impl<'a> From<&'a str> for JsonStr<'a> {
    fn from(text: &'a str) -> Self {
        Self::Decoded(Cow::Borrowed(text))
    }
}

impl From<String> for JsonStr<'_> {
    fn from(text: String) -> Self {
        Self::Decoded(Cow::Owned(text))
    }
}

impl Serialize for JsonStr<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Raw(raw) => raw.serialize(serializer),
            Self::Decoded(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            return Ok(Self::Raw(raw));
        }
        Err(de::Error::custom(format_args!("expected a string, found {}", kind_of(raw.get()))))
    }
}

/// What a JSON text is, in words.
#[must_use]
pub fn kind_of(json: &str) -> &'static str {
    match json.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Reads a field that may be `null` as if it were absent.
///
/// # Errors
/// Those of the type itself.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a field and takes a value of the wrong type for an absent one.
///
/// For answers only: an upstream's slip in a field that is not needed must not cost the whole chunk.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    // The common filler, told without setting up a parser for it.
    if raw.get() == "null" {
        return Ok(None);
    }
    Ok(serde_json::from_str(raw.get()).ok())
}

/// [`lenient`] for a name or an id, mostly without setting up a parser.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let Some(inner) = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return Ok(None) };
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Some(Text::from(inner)));
    }
    Ok(serde_json::from_str(raw).ok())
}

/// [`lenient`] for text that is only passed on.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn lenient_json_str<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<JsonStr<'de>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(raw.get().starts_with('"').then_some(JsonStr::Raw(raw)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_ways_read_what_the_long_one_reads() {
        #[derive(Deserialize)]
        struct Read<'a> {
            #[serde(borrow, default, deserialize_with = "lenient")]
            text: Option<Text<'a>>,
            #[serde(borrow, default, deserialize_with = "lenient")]
            json: Option<JsonStr<'a>>,
        }

        #[derive(Deserialize)]
        struct Short<'a> {
            #[serde(borrow, default, deserialize_with = "lenient_text")]
            text: Option<Text<'a>>,
            #[serde(borrow, default, deserialize_with = "lenient_json_str")]
            json: Option<JsonStr<'a>>,
        }

        for value in [
            r#""plain""#,
            r#""""#,
            r#""a\n\u00e9\\""#,
            r#""lone \ud800""#,
            "null",
            "7",
            "true",
            r#"["a"]"#,
            r#"{"a":"b"}"#,
            " \"spaced\" ",
        ] {
            let body = format!(r#"{{"text":{value},"json":{value}}}"#);
            let (read, short): (Read<'_>, Short<'_>) =
                (serde_json::from_str(&body).unwrap(), serde_json::from_str(&body).unwrap());
            assert_eq!(short.text, read.text, "{value}");
            let json = |text: Option<JsonStr<'_>>| text.map(|text| serde_json::to_string(&text).unwrap());
            assert_eq!(json(short.json), json(read.json), "{value}");
        }
    }

    #[derive(Deserialize, Serialize)]
    struct Both<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        text: JsonStr<'a>,
    }

    #[test]
    fn plain_strings_borrow_and_escapes_decode() {
        let json = r#"{"name":"plain","text":"a\n\u00e9 \"b\""}"#;
        let both: Both<'_> = serde_json::from_str(json).unwrap();
        assert!(matches!(both.name.0, Cow::Borrowed("plain")));
        assert_eq!(both.text.decode(), "a\né \"b\"");
        assert_eq!(serde_json::to_string(&both).unwrap(), json, "raw text is passed on unchanged");
    }

    #[test]
    fn blank_and_empty() {
        for (json, empty, blank) in [
            (r#""""#, true, true),
            (r#""  ""#, false, true),
            (r#""\n\t ""#, false, true),
            (r#"" a""#, false, false),
            (r#""\u00a0""#, false, true),
            (r#""\"""#, false, false),
            ("\"\u{2003}\"", false, true),
            ("\"é\"", false, false),
        ] {
            let text: JsonStr<'_> = serde_json::from_str(json).unwrap();
            assert_eq!((text.is_empty(), text.is_blank()), (empty, blank), "{json}");
        }
    }

    #[test]
    fn a_wrong_type_is_named() {
        let error = serde_json::from_str::<JsonStr<'_>>("[1]").unwrap_err().to_string();
        assert!(error.contains("expected a string, found an array"), "{error}");
    }
}
