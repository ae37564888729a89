//! The parts of a message's content.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::check::{At, Check, Field, Kind, quoted};

const TEXT: &[Field] = &[
    ("type", Kind::Any),
    ("text", Kind::Text),
    ("cache_control", Kind::Any),
    ("prompt_cache_breakpoint", Kind::Object),
];
const IMAGE: &[Field] = &[("type", Kind::Any), ("image_url", Kind::Any), ("cache_control", Kind::Any)];
const IMAGE_URL: &[Field] =
    &[("url", Kind::Text), ("detail", Kind::OneOf(&["auto", "low", "high", "original"]))];
const FILE: &[Field] = &[("type", Kind::Any), ("file", Kind::Any), ("cache_control", Kind::Any)];
const FILE_OF: &[Field] = &[("filename", Kind::Text), ("file_data", Kind::Text), ("file_id", Kind::Text)];
const AUDIO: &[Field] = &[("type", Kind::Any), ("input_audio", Kind::Any)];
const AUDIO_OF: &[Field] = &[("data", Kind::Text), ("format", Kind::Text)];
const VIDEO: &[Field] = &[("type", Kind::Any), ("video_url", Kind::Any)];
const VIDEO_OF: &[Field] = &[("url", Kind::Text)];

const IMAGE_TYPES: &[&str] = &["image/png", "image/jpeg", "image/webp", "image/gif"];
const ALL_PARTS: &[&str] = &["text", "image_url", "file", "input_audio", "video_url"];
const RESULT_PARTS: &[&str] = &["text", "image_url", "file"];
const TEXT_ONLY: &[&str] = &["text"];

/// The part types a role may use.
pub(super) fn allowed(role: &str) -> &'static [&'static str] {
    match role {
        "user" => ALL_PARTS,
        "tool" => RESULT_PARTS,
        _ => TEXT_ONLY,
    }
}

/// Content that must not be empty: text, or a list of parts.
pub(super) fn content(check: &mut Check, content: &Value, at: &At<'_>, allowed: &[&str]) {
    let parts = match content {
        Value::String(text) if text.is_empty() => return check.fault("empty-content", at, "\"\""),
        Value::String(_) => return,
        Value::Array(parts) => parts,
        Value::Null => return check.fault("empty-content", at, "nothing"),
        _ => return check.wrong(at, "text or a list of parts", content),
    };
    if parts.is_empty() {
        check.fault("empty-content", at, "[]");
    }
    for (number, part) in parts.iter().enumerate() {
        let place = at.index(number);
        let kind = part["type"].as_str().unwrap_or_default();
        if !allowed.contains(&kind) {
            let found = format!("{} is none of {}", quoted(&part["type"]), allowed.join(", "));
            check.fault("part-type", &place.key("type"), &found);
            continue;
        }
        check.cache_control(part.get("cache_control"), &place);
        one(check, part, &place, kind);
    }
}

fn one(check: &mut Check, part: &Value, at: &At<'_>, kind: &str) {
    match kind {
        "text" => {
            check.fields(part, at, TEXT);
            if part["text"].as_str().is_none_or(str::is_empty) {
                check.fault("empty-text-part", &at.key("text"), &quoted(&part["text"]));
            }
        }
        "image_url" => {
            check.fields(part, at, IMAGE);
            check.fields(&part["image_url"], &at.key("image_url"), IMAGE_URL);
            let (image, url) = (at.key("image_url"), &part["image_url"]["url"]);
            address(check, url, &image.key("url"), Some(IMAGE_TYPES));
        }
        "file" => {
            check.fields(part, at, FILE);
            let (file, at) = (&part["file"], at.key("file"));
            check.fields(file, &at, FILE_OF);
            match file.get("file_data") {
                Some(data) => address(check, data, &at.key("file_data"), None),
                None => check.needs(file, &at, "file_id"),
            }
        }
        "input_audio" => {
            check.fields(part, at, AUDIO);
            check.fields(&part["input_audio"], &at.key("input_audio"), AUDIO_OF);
            let data = part["input_audio"]["data"].as_str().unwrap_or_default();
            base64(check, data, &at.key("input_audio"));
        }
        _ => {
            check.fields(part, at, VIDEO);
            check.fields(&part["video_url"], &at.key("video_url"), VIDEO_OF);
        }
    }
}

/// An `https:` address or a data URL, of one of the types when some are given.
fn address(check: &mut Check, url: &Value, at: &At<'_>, types: Option<&[&str]>) {
    let url = url.as_str().unwrap_or_default();
    if url.starts_with("https://") || url.starts_with("http://") {
        return;
    }
    let start: String = url.chars().take(40).collect();
    let parsed = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let Some((kind, data)) = parsed else {
        let found = format!("`{start}` is neither an address nor data:<type>;base64,<data>");
        return check.fault("data-url", at, &found);
    };
    let known = types.map_or_else(|| kind.contains('/'), |types| types.contains(&kind));
    if !known {
        check.fault("data-url", at, &format!("the type `{kind}` is not taken here"));
    }
    base64(check, data, at);
}

fn base64(check: &mut Check, data: &str, at: &At<'_>) {
    match STANDARD.decode(data) {
        Ok(bytes) if bytes.is_empty() => check.fault("base64", at, "no data"),
        Ok(_) => {}
        Err(error) => check.fault("base64", at, &error.to_string()),
    }
}
