//! Reading content blocks. A tagged enum would buffer each block and lose the raw parts.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Block, BlockType, CacheControl, Content, Output, Source, SourceType};
use crate::text::{JsonStr, Text, null_as_default};

/// All fields that any block may have.
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
    citations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    server_name: Option<Text<'a>>,
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
    page_age: Option<Text<'a>>,
    #[serde(borrow, default)]
    encrypted_content: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    encrypted_stdout: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    stdout: Option<JsonStr<'a>>,
    #[serde(borrow, default)]
    stderr: Option<JsonStr<'a>>,
    #[serde(default)]
    return_code: Option<i64>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    lines: Vec<JsonStr<'a>>,
    #[serde(borrow, default)]
    error_code: Option<Text<'a>>,
    #[serde(borrow, default)]
    file_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    tool_references: Vec<Block<'a>>,
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

impl<'de: 'a, 'a> Deserialize<'de> for Block<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.into_block().map_err(de::Error::custom)
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn into_block(self) -> Result<Block<'a>, String> {
        use BlockType as Type;

        let Some(kind) = Type::of(&self.kind) else { return Ok(self.unknown()) };
        Ok(match kind {
            Type::Text => {
                let cites = self.citations.is_some_and(|list| !matches!(list.get(), "null" | "[]"));
                Block::Text { text: need(self.text, kind, "text")?, cites, cache_control: self.cache_control }
            }
            Type::Image => {
                Block::Image { source: media(self.source, kind)?, cache_control: self.cache_control }
            }
            Type::Document => self.document()?,
            Type::ToolUse => Block::ToolUse {
                id: need(self.id, kind, "id")?,
                name: need(self.name, kind, "name")?,
                input: self.input,
                cache_control: self.cache_control,
            },
            Type::ToolResult => Block::ToolResult {
                tool_use_id: need(self.tool_use_id, kind, "tool_use_id")?,
                content: self.content,
                is_error: self.is_error.unwrap_or(false),
                cache_control: self.cache_control,
            },
            Type::Thinking => Block::Thinking {
                thinking: need(self.thinking, kind, "thinking")?,
                signature: self.signature.unwrap_or_default(),
            },
            Type::RedactedThinking => Block::RedactedThinking { data: need(self.data, kind, "data")? },
            Type::ServerToolUse | Type::McpToolUse => Block::ServerToolUse {
                id: need(self.id, kind, "id")?,
                name: need(self.name, kind, "name")?,
                server: self.server_name,
                input: self.input,
            },
            Type::SearchResult => self.search_result()?,
            Type::ToolReference => {
                Block::ToolReference { tool_name: need(self.tool_name, kind, "tool_name")? }
            }
            Type::ContainerUpload => Block::ContainerUpload { file_id: self.file_id.unwrap_or_default() },
            Type::Compaction => Block::Compaction { content: self.content },
            kind => self.server_result(kind),
        })
    }

    fn document(self) -> Result<Block<'a>, String> {
        let cites = self.cites();
        Ok(Block::Document {
            source: media(self.source, BlockType::Document)?,
            title: self.title,
            context: self.context,
            cites,
            cache_control: self.cache_control,
        })
    }

    fn search_result(self) -> Result<Block<'a>, String> {
        let cites = self.cites();
        let source = match self.source {
            Some(SourceField::Name(name)) => Some(name),
            _ => None,
        };
        Ok(Block::SearchResult {
            source: need(source, BlockType::SearchResult, "source")?,
            title: self.title.unwrap_or_default(),
            content: self.content,
            cites,
            cache_control: self.cache_control,
        })
    }

    /// What server tools gave, and what stands inside of it.
    fn server_result(self, kind: BlockType) -> Block<'a> {
        use BlockType as Type;

        match kind {
            Type::WebSearchResult => Block::WebSearchResult {
                url: self.url.unwrap_or_default(),
                title: self.title.unwrap_or_default(),
                page_age: self.page_age,
                is_sealed: self.encrypted_content.is_some_and(|text| !text.is_empty()),
            },
            Type::WebFetchResult => {
                Block::WebFetchResult { url: self.url.unwrap_or_default(), content: self.content }
            }
            Type::ToolSearchResult => Block::ToolSearchResult { tool_references: self.tool_references },
            Type::CodeExecutionOutput | Type::BashOutput => {
                Block::OutputFile { file_id: self.file_id.unwrap_or_default() }
            }
            Type::CodeExecutionResult
            | Type::EncryptedCodeExecutionResult
            | Type::BashResult
            | Type::TextEditorView
            | Type::TextEditorCreate
            | Type::TextEditorReplace => self.output(),
            _ => self.unknown(),
        }
    }

    fn output(self) -> Block<'a> {
        Block::Output(Output {
            stdout: self.stdout,
            stderr: self.stderr,
            return_code: self.return_code,
            lines: self.lines,
            content: self.content,
            is_sealed: self.encrypted_stdout.is_some_and(|text| !text.is_empty()),
        })
    }

    /// Server tools of later releases are told by the ends of their blocks' names.
    fn unknown(self) -> Block<'a> {
        if self.kind.ends_with("_tool_result") {
            return Block::ServerToolResult {
                tool_use_id: self.tool_use_id.unwrap_or_default(),
                content: self.content,
                is_error: self.is_error.unwrap_or(false),
                kind: self.kind,
            };
        }
        if self.kind.ends_with("_tool_result_error") {
            return Block::ServerToolError { error_code: self.error_code.unwrap_or_default() };
        }
        Block::Unknown { kind: self.kind }
    }

    /// `citations: {"enabled": true}`
    fn cites(&self) -> bool {
        #[derive(Deserialize)]
        struct Citations {
            #[serde(default, deserialize_with = "null_as_default")]
            enabled: bool,
        }

        let citations = self.citations.map(|raw| serde_json::from_str::<Citations>(raw.get()));
        citations.is_some_and(|citations| citations.is_ok_and(|citations| citations.enabled))
    }
}

fn need<T>(value: Option<T>, block: BlockType, field: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("a `{}` block needs `{field}`", block.as_str()))
}

fn media(source: Option<SourceField<'_>>, block: BlockType) -> Result<Source<'_>, String> {
    let Some(SourceField::Media(fields)) = source else {
        return Err(format!("an `{}` block needs `source`, an object", block.as_str()));
    };
    let Some(kind) = SourceType::of(&fields.kind) else {
        return Err(format!("a source of type `{}` is not known", fields.kind));
    };
    let need = |name: &str| format!("a source of type `{}` needs `{name}`", kind.as_str());
    Ok(match kind {
        SourceType::Base64 => Source::Base64 {
            media_type: fields.media_type.ok_or_else(|| need("media_type"))?,
            data: fields.data.ok_or_else(|| need("data"))?,
        },
        SourceType::Url => Source::Url(fields.url.ok_or_else(|| need("url"))?),
        SourceType::Text => Source::PlainText(fields.data.ok_or_else(|| need("data"))?),
        SourceType::Content => Source::Content(fields.content.ok_or_else(|| need("content"))?),
        SourceType::File => Source::File(fields.file_id.ok_or_else(|| need("file_id"))?),
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

            /// The result of a server tool, or its error, stands alone where others have a list.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let block = Block::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Content::Blocks(vec![block]))
            }
        }

        deserializer.deserialize_any(ContentVisitor)
    }
}
