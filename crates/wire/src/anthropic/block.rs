//! Content blocks as clients send them.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::text::{JsonStr, Text};

/// The `cache_control` of a block, kept as it came.
pub type CacheControl<'a> = &'a RawValue;

/// Content: a string, or blocks.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// One string.
    Text(JsonStr<'a>),
    /// Blocks, in order.
    Blocks(Vec<Block<'a>>),
}

/// One content block. What a variant holds is what the block needs to be of use; a block that lacks it
/// is refused while the request is read.
#[derive(Clone, Debug)]
pub enum Block<'a> {
    /// Text.
    Text {
        /// The text itself.
        text: JsonStr<'a>,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// An image.
    Image {
        /// Where its bytes are.
        source: Source<'a>,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// A document: PDF, plain text, or content blocks.
    Document {
        /// Where its bytes are.
        source: Source<'a>,
        /// Title, shown to the model.
        title: Option<Text<'a>>,
        /// Context, shown to the model.
        context: Option<JsonStr<'a>>,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// A tool call of an assistant turn.
    ToolUse {
        /// The call's id.
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// Arguments, raw, so that their bytes stay as the model made them.
        input: Option<&'a RawValue>,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// The result of a tool call.
    ToolResult {
        /// The call it belongs to.
        tool_use_id: Text<'a>,
        /// What the tool gave; absent when it gave nothing.
        content: Option<Content<'a>>,
        /// The tool failed.
        is_error: bool,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// Reasoning of an earlier turn.
    Thinking {
        /// The text; empty when its display was omitted.
        thinking: JsonStr<'a>,
        /// What the maker signed it with.
        signature: Text<'a>,
    },
    /// Reasoning that only its maker can read.
    RedactedThinking {
        /// The opaque data.
        data: Text<'a>,
    },
    /// A call that the server ran itself in an earlier turn.
    ServerToolUse {
        /// The call's id.
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// Arguments.
        input: Option<&'a RawValue>,
    },
    /// The result of a server-side call; `kind` is its type, such as `web_search_tool_result`.
    ServerToolResult {
        /// The block's type.
        kind: Text<'a>,
        /// The call it belongs to.
        tool_use_id: Text<'a>,
        /// Result blocks, or the one error object.
        content: Option<Content<'a>>,
    },
    /// One hit of a web search, inside a result.
    WebSearchResult {
        /// Address of the page.
        url: Text<'a>,
        /// Its title.
        title: Text<'a>,
    },
    /// A passage that a client's own search found.
    SearchResult {
        /// Where it is from.
        source: Text<'a>,
        /// Its title.
        title: Text<'a>,
        /// Text blocks.
        content: Option<Content<'a>>,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// A deferred tool is loaded from here on.
    ToolReference {
        /// The tool's name.
        tool_name: Text<'a>,
    },
    /// A block of a type that this version does not know.
    Unknown {
        /// Its type.
        kind: Text<'a>,
    },
}

/// Where the bytes of an image or a document are.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// In the request, base64.
    Base64 {
        /// Such as `image/png`.
        media_type: Text<'a>,
        /// The data, raw JSON text of the string.
        data: JsonStr<'a>,
    },
    /// At an address.
    Url(Text<'a>),
    /// Plain text.
    PlainText(JsonStr<'a>),
    /// Content blocks, or a string.
    Content(Content<'a>),
    /// A file of Anthropic's Files API, which no other upstream can read.
    File(Text<'a>),
}

/// All fields that any block may have. A tagged enum would buffer the block and lose the raw parts.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    text: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    source: Option<SourceField<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow, default)]
    context: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_use_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(default)]
    is_error: Option<bool>,
    #[serde(borrow, default)]
    thinking: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    data: Option<Text<'a>>,
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    cache_control: Option<CacheControl<'a>>,
}

/// `source`: an object for images and documents, a string for search results.
enum SourceField<'a> {
    Name(Text<'a>),
    Media(SourceFields<'a>),
}

#[derive(Deserialize)]
struct SourceFields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    media_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    data: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    file_id: Option<Text<'a>>,
}

// === impl Block ===

impl<'de: 'a, 'a> Deserialize<'de> for Block<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Self::from_fields(fields).map_err(de::Error::custom)
    }
}

impl<'a> Block<'a> {
    fn from_fields(fields: Fields<'a>) -> Result<Self, String> {
        let kind = fields.kind;
        let cache_control = fields.cache_control;
        let need = |name: &str| format!("a `{kind}` block needs `{name}`");
        Ok(match kind.as_str() {
            "text" => Self::Text { text: fields.text.ok_or_else(|| need("text"))?, cache_control },
            "image" => Self::Image { source: media(fields.source, &kind)?, cache_control },
            "document" => Self::Document {
                source: media(fields.source, &kind)?,
                title: fields.title,
                context: fields.context,
                cache_control,
            },
            "tool_use" => Self::ToolUse {
                id: fields.id.ok_or_else(|| need("id"))?,
                name: fields.name.ok_or_else(|| need("name"))?,
                input: fields.input,
                cache_control,
            },
            "tool_result" => Self::ToolResult {
                tool_use_id: fields.tool_use_id.ok_or_else(|| need("tool_use_id"))?,
                content: fields.content,
                is_error: fields.is_error.unwrap_or(false),
                cache_control,
            },
            "thinking" => Self::Thinking {
                thinking: fields.thinking.ok_or_else(|| need("thinking"))?,
                signature: fields.signature.unwrap_or_default(),
            },
            "redacted_thinking" => Self::RedactedThinking { data: fields.data.ok_or_else(|| need("data"))? },
            "server_tool_use" => Self::ServerToolUse {
                id: fields.id.ok_or_else(|| need("id"))?,
                name: fields.name.ok_or_else(|| need("name"))?,
                input: fields.input,
            },
            "web_search_result" => Self::WebSearchResult {
                url: fields.url.unwrap_or_default(),
                title: fields.title.unwrap_or_default(),
            },
            "search_result" => Self::SearchResult {
                source: match fields.source {
                    Some(SourceField::Name(name)) => name,
                    _ => return Err(need("source")),
                },
                title: fields.title.unwrap_or_default(),
                content: fields.content,
                cache_control,
            },
            "tool_reference" => {
                Self::ToolReference { tool_name: fields.tool_name.ok_or_else(|| need("tool_name"))? }
            }
            other if other.ends_with("_tool_result") => Self::ServerToolResult {
                tool_use_id: fields.tool_use_id.unwrap_or_default(),
                content: fields.content,
                kind,
            },
            _ => Self::Unknown { kind },
        })
    }

    /// The block's prompt-cache breakpoint, if it carries one.
    #[must_use]
    pub fn cache_control(&self) -> Option<CacheControl<'a>> {
        match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::Document { cache_control, .. }
            | Self::ToolUse { cache_control, .. }
            | Self::ToolResult { cache_control, .. }
            | Self::SearchResult { cache_control, .. } => *cache_control,
            _ => None,
        }
    }
}

fn media<'a>(source: Option<SourceField<'a>>, block: &str) -> Result<Source<'a>, String> {
    let Some(SourceField::Media(fields)) = source else {
        return Err(format!("an `{block}` block needs `source`, an object"));
    };
    let need = |name: &str| format!("a source of type `{}` needs `{name}`", fields.kind);
    Ok(match fields.kind.as_str() {
        "base64" => Source::Base64 {
            media_type: fields.media_type.clone().ok_or_else(|| need("media_type"))?,
            data: fields.data.clone().ok_or_else(|| need("data"))?,
        },
        "url" => Source::Url(fields.url.clone().ok_or_else(|| need("url"))?),
        "text" => Source::PlainText(fields.data.clone().ok_or_else(|| need("data"))?),
        "content" => Source::Content(fields.content.clone().ok_or_else(|| need("content"))?),
        "file" => Source::File(fields.file_id.clone().ok_or_else(|| need("file_id"))?),
        other => return Err(format!("a source of type `{other}` is not known")),
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for SourceField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;

        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = SourceField<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a type, or a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(SourceField::Name(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(SourceField::Name(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                SourceFields::deserialize(MapAccessDeserializer::new(map)).map(SourceField::Media)
            }
        }

        deserializer.deserialize_any(SourceVisitor)
    }
}

// === impl Content ===

impl<'a> Content<'a> {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Blocks(blocks) => blocks.is_empty(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;

        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of content blocks")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(JsonStr::Decoded(Cow::Borrowed(text))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(JsonStr::Decoded(Cow::Owned(text.to_owned()))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut blocks = Vec::with_capacity(seq.size_hint().unwrap_or(2));
                while let Some(block) = seq.next_element()? {
                    blocks.push(block);
                }
                Ok(Content::Blocks(blocks))
            }

            /// A server tool's error stands as one object where its results would be.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Content::Blocks(Vec::new()))
            }
        }

        deserializer.deserialize_any(ContentVisitor)
    }
}
