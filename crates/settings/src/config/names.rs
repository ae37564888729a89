//! Names in `config.toml`: of people's making, of models as clients send them, of targets.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// The longest a name may be, in bytes.
const LONGEST_NAME: usize = 200;

/// A name that a person gave: something visible, no control signs.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
        && text.trim() == text
        && text.len() <= LONGEST_NAME
        && !text.contains(char::is_control)
}

/// A model name as a client sends it, or a pattern for such: a name without spaces.
fn is_pattern(text: &str) -> bool {
    is_name(text) && !text.contains(char::is_whitespace)
}

/// What a request can be sent to: `author/slug`, `author/slug:variant`, `~author/slug`, `@preset/name`, or a
/// short name without `/`, which routing knows or refuses.
fn is_target(text: &str) -> bool {
    let word = |part: &str| {
        // `+` and `=` stand in no slug of OpenRouter's, but in the simulator's.
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'=');
        !part.is_empty() && part.bytes().all(allowed)
    };
    let (slug, variant) = text.split_once(':').map_or((text, None), |(slug, variant)| (slug, Some(variant)));
    if text.len() > LONGEST_NAME || !variant.is_none_or(word) {
        return false;
    }
    match slug.split_once('/') {
        None => word(slug),
        Some((author, model)) => word(author.strip_prefix(['~', '@']).unwrap_or(author)) && word(model),
    }
}

/// A text that passes `is_right`.
fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    is_right: fn(&str) -> bool,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_right(&text) { Ok(text) } else { Err(D::Error::custom("not of this form")) }
}

/// Texts that all pass `is_right`.
fn all_checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    is_right: fn(&str) -> bool,
) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.iter().all(|text| is_right(text)) {
        Ok(texts)
    } else {
        Err(D::Error::custom("not of this form"))
    }
}

/// A name that a person gave.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, is_name)
}

/// A name that may be left out.
pub(super) fn some_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    name(deserializer).map(Some)
}

/// A list of names that may be left out.
pub(super) fn some_names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    all_checked(deserializer, is_name).map(Some)
}

/// A model name or a pattern for such.
pub(super) fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, is_pattern)
}

/// A pattern that may be left out.
pub(super) fn some_pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    pattern(deserializer).map(Some)
}

/// A list of patterns that may be left out.
pub(super) fn some_patterns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    all_checked(deserializer, is_pattern).map(Some)
}

/// What a request can be sent to.
pub(super) fn target<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, is_target)
}

/// A list of targets.
pub(super) fn targets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    all_checked(deserializer, is_target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_look_like_slugs_or_short_names() {
        for (text, looks_right) in [
            ("openai/gpt-5.6-terra", true),
            ("qwen/qwen3-coder:free", true),
            ("~anthropic/claude-opus-latest", true),
            ("@preset/coding", true),
            ("openrouter/auto", true),
            ("sim/text+words=3", true),
            ("qwen3-coder", true),
            ("qwen3-coder:free", true),
            ("claude-opus", true),
            ("", false),
            ("openai/", false),
            ("/gpt", false),
            ("openai//gpt", false),
            ("a/b/c", false),
            ("openai/gpt 5", false),
            ("openai/gpt-5:", false),
            ("openai/*", false),
            ("../etc/passwd", false),
            ("https://openrouter.ai/openai/gpt", false),
            ("openai/größe", false),
        ] {
            assert_eq!(is_target(text), looks_right, "{text}");
        }
        assert!(!is_target(&"a".repeat(LONGEST_NAME + 1)));
    }
}
