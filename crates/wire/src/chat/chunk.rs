//! Answers of chat completions, whole (`message`) or in pieces (`delta`), in one shape.
//!
//! Reading is lenient: a field of the wrong type in a place that is not needed must not cost a chunk.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::UpstreamError;
use super::usage::Usage;
use crate::object::object;
use crate::text::{JsonStr, Text, kind_of, lenient, lenient_json_str, lenient_text, null_as_default};

/// One chunk of a stream, or a whole answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Chunk<'a> {
    /// `gen-…`, the same in every chunk.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub id: Option<Text<'a>>,
    /// The model that serves, not always the slug that was asked for.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub model: Option<Text<'a>>,
    /// Who runs the model.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub provider: Option<Text<'a>>,
    /// One choice, or none beside the usage.
    #[serde(borrow, default, deserialize_with = "mostly_one")]
    pub choices: Vec<Choice<'a>>,
    /// Token counts and cost.
    #[serde(default, deserialize_with = "object")]
    pub usage: Option<Usage>,
    /// The upstream failed.
    #[serde(borrow, default)]
    pub error: Option<UpstreamErrorField<'a>>,
}

/// An error in a chunk: an object, or only its text.
#[derive(Clone, Debug)]
pub struct UpstreamErrorField<'a>(pub UpstreamError<'a>);

/// One choice.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Choice<'a> {
    /// Which of several answers it belongs to.
    #[serde(default, deserialize_with = "lenient")]
    pub index: Option<u32>,
    /// What is added.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub delta: Option<Delta<'a>>,
    /// The whole answer. Boxed, since no chunk of a stream has one.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub message: Option<Box<Delta<'a>>>,
    /// Why it ended, in OpenRouter's words.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub finish_reason: Option<Text<'a>>,
    /// Why it ended, in the vendor's words.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub native_finish_reason: Option<Text<'a>>,
    /// The provider failed.
    #[serde(borrow, default)]
    pub error: Option<UpstreamErrorField<'a>>,
}

/// Text, reasoning and calls, added or whole.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Delta<'a> {
    /// Text.
    #[serde(borrow, default)]
    pub content: Option<ChunkContent<'a>>,
    /// Text of a refusal.
    #[serde(borrow, default, deserialize_with = "lenient_json_str")]
    pub refusal: Option<JsonStr<'a>>,
    /// Reasoning as plain text.
    #[serde(borrow, default, deserialize_with = "lenient_json_str")]
    pub reasoning: Option<JsonStr<'a>>,
    /// The same in the words of other vendors.
    #[serde(borrow, default, deserialize_with = "lenient_json_str")]
    pub reasoning_content: Option<JsonStr<'a>>,
    /// Reasoning in its maker's form.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub reasoning_details: Option<Vec<&'a RawValue>>,
    /// Calls.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub tool_calls: Option<Vec<ToolCallDelta<'a>>>,
    /// Sources.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub annotations: Option<Vec<Annotation<'a>>>,
    /// Images that the model made.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub images: Option<Vec<ImageOut<'a>>>,
    /// Speech.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub audio: Option<AudioOut<'a>>,
}

/// Content: one string, or parts.
#[derive(Clone, Debug)]
pub enum ChunkContent<'a> {
    /// One string.
    Text(JsonStr<'a>),
    /// Parts, as Mistral's reasoning models send them.
    Parts(Vec<ChunkPart<'a>>),
}

/// A part of the content.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ChunkPart<'a> {
    /// `text` or `thinking`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient_text")]
    pub kind: Option<Text<'a>>,
    /// Text.
    #[serde(borrow, default, deserialize_with = "lenient_json_str")]
    pub text: Option<JsonStr<'a>>,
    /// Parts of the reasoning.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub thinking: Option<Vec<ChunkPart<'a>>>,
    /// An image.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub image_url: Option<ImageOutUrl<'a>>,
}

/// A call, or a piece of one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ToolCallDelta<'a> {
    /// Which call of the turn.
    #[serde(default, deserialize_with = "lenient")]
    pub index: Option<u32>,
    /// The call's id; empty or `null` on many continuations.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub id: Option<Text<'a>>,
    /// Name and arguments.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub function: Option<FunctionDelta<'a>>,
}

/// Name and arguments, or a piece of them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FunctionDelta<'a> {
    /// The function's name.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub name: Option<Text<'a>>,
    /// JSON text of the arguments, or a piece of it.
    #[serde(borrow, default)]
    pub arguments: Option<Arguments<'a>>,
}

/// Arguments: JSON in a string, or (some vendors) the JSON itself.
#[derive(Clone, Debug)]
pub struct Arguments<'a>(pub Cow<'a, str>);

/// A source.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Annotation<'a> {
    /// The page, for `url_citation`.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub url_citation: Option<UrlCitation<'a>>,
}

/// A page that an answer cites.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct UrlCitation<'a> {
    /// Its address.
    #[serde(borrow, default)]
    pub url: Text<'a>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub title: Option<Text<'a>>,
    /// An excerpt.
    #[serde(borrow, default, deserialize_with = "lenient_text")]
    pub content: Option<Text<'a>>,
    /// Where the answer's words that it stands for begin, in characters; often 0 together with the end.
    #[serde(default, deserialize_with = "lenient")]
    pub start_index: Option<usize>,
    /// Where they end.
    #[serde(default, deserialize_with = "lenient")]
    pub end_index: Option<usize>,
}

/// Speech that the model made.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AudioOut<'a> {
    /// The sound, base64.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub data: Option<&'a RawValue>,
    /// What is said.
    #[serde(borrow, default, deserialize_with = "lenient_json_str")]
    pub transcript: Option<JsonStr<'a>>,
}

/// An image that the model made.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ImageOut<'a> {
    /// Where it is: mostly a data URL.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub image_url: Option<ImageOutUrl<'a>>,
}

/// Where an image is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ImageOutUrl<'a> {
    /// The address.
    #[serde(borrow, default)]
    pub url: Text<'a>,
}

/// Reads a list that is mostly of one element, in the room of one; `null` is an empty one.
fn mostly_one<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ListVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = seq.next_element()? {
                list.reserve_exact(usize::from(list.is_empty()));
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(ListVisitor(PhantomData))
}

// === impl UpstreamErrorField ===

impl<'de: 'a, 'a> Deserialize<'de> for UpstreamErrorField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if let Ok(error) = serde_json::from_str::<UpstreamError<'a>>(raw.get()) {
            return Ok(Self(error));
        }
        let message = serde_json::from_str::<Text<'a>>(raw.get()).unwrap_or_else(|_| Text::from(raw.get()));
        Ok(Self(UpstreamError { message: Some(message), ..UpstreamError::default() }))
    }
}

// === impl ChunkContent ===

impl<'de: 'a, 'a> Deserialize<'de> for ChunkContent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        match raw.get().bytes().next() {
            Some(b'"') => Ok(Self::Text(JsonStr::Raw(raw))),
            Some(b'[') => serde_json::from_str(raw.get()).map(Self::Parts).map_err(de::Error::custom),
            _ => Err(de::Error::custom(format_args!("content is {}", kind_of(raw.get())))),
        }
    }
}

// === impl Arguments ===

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            return Ok(Self(JsonStr::Raw(raw).decode()));
        }
        Ok(Self(Cow::Borrowed(raw.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_survives_what_it_does_not_know() {
        let chunk: Chunk<'_> = serde_json::from_str(
            r#"{"id":7,"object":"x","new":{"deep":[1]},"choices":[{"index":0,"delta":{"role":"assistant","content":null,
            "reasoning_details":"none","tool_calls":[{"index":"0","id":null,"function":{"name":null,"arguments":"{\"a\""}}]},
            "finish_reason":null,"logprobs":null}],"usage":"soon"}"#,
        )
        .unwrap();
        let delta = chunk.choices[0].delta.as_ref().unwrap();
        let call = &delta.tool_calls.as_ref().unwrap()[0];
        assert!(
            chunk.id.is_none() && chunk.usage.is_none() && delta.content.is_none() && call.index.is_none()
        );
        assert_eq!(call.function.as_ref().unwrap().arguments.as_ref().unwrap().0, "{\"a\"");
    }

    #[test]
    fn errors_come_as_objects_and_as_text() {
        for (json, status, message) in [
            (r#"{"error":{"code":502,"message":"no"}}"#, Some(502), "no"),
            (r#"{"error":{"code":"server_error","message":"no"}}"#, None, "no"),
            (r#"{"error":{"http_status":404,"error_type":"not_found","message":"no"}}"#, Some(404), "no"),
            (r#"{"error":"no"}"#, None, "no"),
        ] {
            let chunk: Chunk<'_> = serde_json::from_str(json).unwrap();
            let error = chunk.error.unwrap().0;
            assert_eq!((error.status(), error.message.as_deref()), (status, Some(message)), "{json}");
        }
    }
}
