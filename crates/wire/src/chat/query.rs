//! The body of `POST /chat/completions` as clients send it, as far as it is looked at.
//!
//! Lenient in all that is only passed on: the upstream judges it.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::text::{JsonStr, Text, lenient, null_as_default};

/// A request.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatQuery<'a> {
    /// The model's name, as the client knows it.
    #[serde(borrow)]
    pub model: Text<'a>,
    /// The conversation.
    #[serde(borrow)]
    pub messages: Vec<QueryMessage<'a>>,
    /// Answer as server-sent events.
    #[serde(default, deserialize_with = "null_as_default")]
    pub stream: bool,
    /// Tools on offer.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub tools: Option<Vec<&'a RawValue>>,
    /// Functions on offer, in the form before tools.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub functions: Option<Vec<&'a RawValue>>,
    /// The form of the answer.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub response_format: Option<&'a RawValue>,
    /// Most tokens of the answer.
    #[serde(default, deserialize_with = "lenient")]
    pub max_tokens: Option<u64>,
    /// The same by its newer name.
    #[serde(default, deserialize_with = "lenient")]
    pub max_completion_tokens: Option<u64>,
    /// How much to reason, in OpenRouter's form.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasoning: Option<QueryReasoning<'a>>,
    /// How much to reason, in OpenAI's form.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasoning_effort: Option<Text<'a>>,
    /// OpenAI's web search.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub web_search_options: Option<&'a RawValue>,
    /// OpenRouter's plug-ins.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub plugins: Option<Vec<QueryPlugin<'a>>>,
    /// Keeps a conversation with one provider.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub session_id: Option<Text<'a>>,
}

/// One turn.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryMessage<'a> {
    /// Who speaks.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub role: Option<Text<'a>>,
    /// What is said.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub content: Option<QueryContent<'a>>,
    /// Calls that the model made.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub tool_calls: Option<Vec<&'a RawValue>>,
    /// What the model thought.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasoning: Option<JsonStr<'a>>,
    /// The same in its maker's form.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasoning_details: Option<&'a RawValue>,
}

/// Content: one string, or parts.
#[derive(Clone, Debug)]
pub enum QueryContent<'a> {
    /// One string.
    Text(JsonStr<'a>),
    /// Parts.
    Parts(Vec<QueryPart<'a>>),
}

/// A part of the content.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryPart<'a> {
    /// `text`, `image_url`, `file`, …
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient")]
    pub kind: Option<Text<'a>>,
    /// Text.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub text: Option<JsonStr<'a>>,
    /// An image.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub image_url: Option<QueryUrl<'a>>,
    /// A document.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub file: Option<QueryFile<'a>>,
}

/// Where an image is; often a `data:` URL.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryUrl<'a> {
    /// The address.
    #[serde(borrow, default)]
    pub url: JsonStr<'a>,
    /// `low`, `high` or `auto`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub detail: Option<Text<'a>>,
}

/// A document; its data is often a `data:` URL.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryFile<'a> {
    /// The data.
    #[serde(borrow, default)]
    pub file_data: JsonStr<'a>,
}

/// How much to reason.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryReasoning<'a> {
    /// A word such as `high`; `none` means not at all.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub effort: Option<Text<'a>>,
    /// On or off.
    #[serde(default, deserialize_with = "lenient")]
    pub enabled: Option<bool>,
}

/// A plug-in.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueryPlugin<'a> {
    /// `web`, `file-parser`, …
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub id: Option<Text<'a>>,
}

// === impl QueryContent ===

impl<'de: 'a, 'a> Deserialize<'de> for QueryContent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            return Ok(Self::Text(JsonStr::Raw(raw)));
        }
        serde_json::from_str(raw.get()).map(Self::Parts).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_must_be_right() {
        let query: ChatQuery<'_> = serde_json::from_str(
            r#"{"model":"m","stream":null,"tools":"none","max_tokens":"9","new":{"x":1},"reasoning":{"effort":"high"},
            "messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:x"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c"}]},{"content":7},{}]}"#,
        )
        .unwrap();
        assert!(!query.stream && query.tools.is_none() && query.max_tokens.is_none());
        let Some(QueryContent::Parts(parts)) = &query.messages[0].content else { panic!("parts") };
        assert_eq!(parts[1].image_url.as_ref().unwrap().url.decode(), "data:x");
        assert_eq!(query.messages[1].tool_calls.as_ref().unwrap().len(), 1);
        assert!(query.messages[2].content.is_none());
        for body in
            ["{}", r#"{"model":"m"}"#, r#"{"model":1,"messages":[]}"#, r#"{"model":"m","messages":{}}"#]
        {
            assert!(serde_json::from_str::<ChatQuery<'_>>(body).is_err(), "{body}");
        }
    }
}
