//! What messages of chat completions consist of: text, images, files.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::text::JsonStr;

/// A picture that a model has made.
#[derive(Clone, Debug, Serialize)]
pub struct Picture<'a> {
    /// Always `image_url`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where it is.
    pub image_url: ImageUrl<'a>,
}

/// Content: one string, or parts.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ChatContent<'a> {
    /// One string.
    Text(JsonStr<'a>),
    /// Parts, in order.
    Parts(Vec<Part<'a>>),
}

/// A part of the content.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part<'a> {
    /// Text, never empty.
    Text {
        /// The text.
        text: JsonStr<'a>,
        /// Prompt-cache breakpoint.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// An image.
    ImageUrl {
        /// Where it is.
        image_url: ImageUrl<'a>,
    },
    /// A file, such as a PDF.
    File {
        /// What and where.
        file: FilePart<'a>,
    },
}

/// Where an image is.
#[derive(Clone, Debug, Serialize)]
pub struct ImageUrl<'a> {
    /// An address, or a data URL.
    pub url: DataUrl<'a>,
}

/// A file.
#[derive(Clone, Debug, Serialize)]
pub struct FilePart<'a> {
    /// Name shown to the model.
    pub filename: Cow<'a, str>,
    /// An address, or a data URL.
    pub file_data: DataUrl<'a>,
}

/// An address, or data in the address. The data is never copied before it is written out.
#[derive(Clone, Debug)]
pub enum DataUrl<'a> {
    /// `https://…`
    Address(Cow<'a, str>),
    /// `data:MEDIA;base64,DATA`
    Data {
        /// Such as `image/png`.
        media_type: Cow<'a, str>,
        /// Base64.
        data: JsonStr<'a>,
    },
}

// === impl Part ===

impl<'a> Part<'a> {
    /// A text part without a breakpoint.
    #[must_use]
    pub const fn text(text: JsonStr<'a>) -> Self {
        Self::Text { text, cache_control: None }
    }
}

// === impl DataUrl ===

impl fmt::Display for DataUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(url) => f.write_str(url),
            Self::Data { media_type, data } => write!(f, "data:{media_type};base64,{}", data.decode()),
        }
    }
}

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
