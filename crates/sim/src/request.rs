//! One inference request, parsed no further than its scenario needs.

use std::cell::OnceCell;

use bytes::Bytes;
use memchr::memmem;
use serde_json::Value;

/// Which endpoint was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `POST /chat/completions`.
    Chat,
    /// `POST /messages`.
    Messages,
}

/// A request body with what was found in it so far.
pub(crate) struct Request {
    pub(crate) api: Api,
    pub(crate) body: Bytes,
    parsed: OnceCell<Option<Value>>,
}

// === impl Request ===

impl Request {
    pub(crate) fn new(api: Api, body: Bytes) -> Self {
        Self { api, body, parsed: OnceCell::new() }
    }

    /// The whole body as JSON; `None` when it is not JSON.
    pub(crate) fn json(&self) -> Option<&Value> {
        self.parsed.get_or_init(|| serde_json::from_slice(&self.body).ok()).as_ref()
    }

    /// What is wrong with the body's JSON.
    pub(crate) fn json_error(&self) -> Option<String> {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).err().map(|error| error.to_string())
    }

    /// The model name; a scan of the bytes when the body was not parsed yet.
    pub(crate) fn model(&self) -> Option<String> {
        match self.parsed.get() {
            Some(Some(json)) => json["model"].as_str().map(str::to_owned),
            _ => scan_string(&self.body, "model"),
        }
    }

    pub(crate) fn stream(&self) -> bool {
        match self.parsed.get() {
            Some(Some(json)) => json["stream"] == true,
            _ => scan(&self.body, "stream").any(|rest| rest.starts_with(b"true")),
        }
    }

    /// Who asks, for scenarios that change from one request to the next.
    pub(crate) fn session(&self) -> Option<String> {
        match self.parsed.get() {
            Some(Some(json)) => json["session_id"].as_str().map(str::to_owned),
            _ => scan_string(&self.body, "session_id"),
        }
    }

    /// The prompt's tokens: four bytes each, which is near enough to be plausible.
    pub(crate) fn prompt_tokens(&self) -> u64 {
        (self.body.len() as u64).div_ceil(4)
    }

    /// The output limit, when the body was parsed and has one.
    pub(crate) fn max_tokens(&self) -> Option<u64> {
        let json = self.parsed.get()?.as_ref()?;
        json["max_tokens"].as_u64().or_else(|| json["max_completion_tokens"].as_u64())
    }
}

/// What follows each `"key":` in the raw bytes. Inside a JSON string the quotes are escaped, so such a key
/// cannot be text; it may be a key of a nested object, which is why a parsed body is asked first.
fn scan<'a>(body: &'a [u8], key: &str) -> impl Iterator<Item = &'a [u8]> {
    let needle = format!("\"{key}\"").into_bytes();
    let ends: Vec<usize> = memmem::find_iter(body, &needle).map(|at| at + needle.len()).collect();
    ends.into_iter().filter_map(|end| {
        let rest = body[end..].trim_ascii_start().strip_prefix(b":")?;
        Some(rest.trim_ascii_start())
    })
}

fn scan_string(body: &[u8], key: &str) -> Option<String> {
    scan(body, key).find_map(|rest| {
        let text = rest.strip_prefix(b"\"")?;
        let end = memchr::memchr(b'"', text)?;
        let text = std::str::from_utf8(&text[..end]).ok()?;
        (!text.contains('\\')).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &'static str) -> Request {
        Request::new(Api::Chat, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn model_and_stream_are_found_without_parsing() {
        let rows = [
            (r#"{"model":"sim/text","stream":true,"messages":[]}"#, "sim/text", true),
            (
                r#"{"messages":[{"content":"\"model\":\"no\" \"stream\":true"}],"model" : "yes"}"#,
                "yes",
                false,
            ),
            (
                r#"{"tools":[{"properties":{"model":{"type":"string"}}}],"stream": false,"model":"a/b"}"#,
                "a/b",
                false,
            ),
        ];
        for (body, model, stream) in rows {
            let request = request(body);
            assert_eq!((request.model().as_deref(), request.stream()), (Some(model), stream), "{body}");
        }
    }

    #[test]
    fn a_parsed_body_is_believed_over_the_scan() {
        let request = request(r#"{"provider":{"model":"inner"},"model":"outer"}"#);
        assert!(request.json().is_some());
        assert_eq!(request.model().as_deref(), Some("outer"));
    }
}
