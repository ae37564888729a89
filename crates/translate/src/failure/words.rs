//! Finding the provider's own words in an error.

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::chat::UpstreamError;
use turnpike_wire::text::{Text, lenient};

/// Longest text of an upstream that is passed on, in characters.
const MAX_WORDS: usize = 600;

/// How often an error may be packed within an error.
const MAX_NESTING: usize = 8;

/// An error of any vendor: `{"error":{"message":…}}`, `{"error":"…"}`, `{"message":…}`, `{"detail":…}`.
#[derive(Deserialize)]
struct AnyVendor<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    message: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    detail: Option<Text<'a>>,
}

/// What went wrong in the most telling words: the provider's own where OpenRouter only says that it failed.
pub(super) fn of(error: &UpstreamError<'_>) -> String {
    let outer = error.message.as_deref().unwrap_or_default().trim();
    let metadata = error.metadata.as_ref();
    let raw = metadata.and_then(|metadata| metadata.raw).and_then(|raw| inner(raw.get(), MAX_NESTING));
    let provider = metadata.and_then(|metadata| metadata.provider_name.as_deref());
    let reasons = metadata
        .and_then(|metadata| metadata.reasons.as_ref())
        .map(|reasons| reasons.iter().map(Text::as_str).collect::<Vec<_>>().join(", "))
        .filter(|reasons| !reasons.is_empty());
    let mut words = match (raw, provider) {
        (Some(raw), Some(provider)) => format!("{provider}: {raw}"),
        (Some(raw), None) => raw,
        (None, Some(provider)) if outer.is_empty() || outer == "Provider returned error" => {
            format!("{provider} returned an error")
        }
        (None, _) => outer.to_owned(),
    };
    if let Some(reasons) = reasons {
        words.push_str(&format!(" ({reasons})"));
    }
    if words.is_empty() {
        words.push_str("the upstream gave no reason");
    }
    bounded(&words)
}

/// All text of the error in which marks are looked for.
pub(super) fn haystack(error: &UpstreamError<'_>) -> String {
    let metadata = error.metadata.as_ref();
    let raw = metadata.and_then(|metadata| metadata.raw).map_or("", RawValue::get);
    let limit = metadata.and_then(|metadata| metadata.limit_source.as_deref()).unwrap_or_default();
    format!("{} {raw} {limit}", error.message.as_deref().unwrap_or_default())
}

/// The message inside JSON, inside JSON in text, or the text itself.
fn inner(json: &str, nesting: usize) -> Option<String> {
    let text: String = match serde_json::from_str::<Text<'_>>(json) {
        Ok(text) => text.into_owned(),
        Err(_) => json.to_owned(),
    };
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return None;
    }
    let parsed = serde_json::from_str::<AnyVendor<'_>>(text)
        .or_else(|_| serde_json::from_str::<[AnyVendor<'_>; 1]>(text).map(|[one]| one));
    let (Ok(vendor), Some(nesting)) = (parsed, nesting.checked_sub(1)) else {
        return Some(text.to_owned());
    };
    if let Some(message) = vendor.message.or(vendor.detail).filter(|message| !message.trim().is_empty()) {
        return Some(message.into_owned());
    }
    vendor.error.and_then(|error| inner(error.get(), nesting)).or_else(|| Some(text.to_owned()))
}

/// The text within bounds, on one line's worth of characters.
pub(super) fn bounded(text: &str) -> String {
    if text.chars().count() <= MAX_WORDS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_WORDS).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_speaks_for_itself() {
        for (json, expected) in [
            (r#"{"message":"No endpoints found","code":404}"#, "No endpoints found"),
            (
                r#"{"message":"Provider returned error","metadata":{"raw":"slow down","provider_name":"X"}}"#,
                "X: slow down",
            ),
            (
                r#"{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"bad tool\"}}","provider_name":"X"}}"#,
                "X: bad tool",
            ),
            (
                r#"{"message":"Provider returned error","metadata":{"raw":{"error":"{\"detail\":\"nested\"}"},"provider_name":null}}"#,
                "nested",
            ),
            (
                r#"{"message":"Provider returned error","metadata":{"provider_name":"X"}}"#,
                "X returned an error",
            ),
            (r#"{"message":"flagged","metadata":{"reasons":["hate","spam"]}}"#, "flagged (hate, spam)"),
            ("{}", "the upstream gave no reason"),
        ] {
            let error: UpstreamError<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(of(&error), expected, "{json}");
        }
    }

    #[test]
    fn errors_within_errors_have_an_end() {
        let raw = format!("{}7{}", r#"{"error":"#.repeat(100_000), "}".repeat(100_000));
        let json = format!(r#"{{"message":"x","metadata":{{"raw":{raw}}}}}"#);
        let error: UpstreamError<'_> = serde_json::from_str(&json).unwrap();
        assert!(of(&error).chars().count() <= MAX_WORDS + 1);
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(bounded(&"é".repeat(5000)).chars().count(), MAX_WORDS + 1);
    }
}
