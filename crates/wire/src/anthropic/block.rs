//! Content blocks as clients send them.

mod read;

use serde_json::value::RawValue;

use crate::text::{JsonStr, Text};

/// The `cache_control` of a block, kept as it came.
pub type CacheControl<'a> = &'a RawValue;

/// Content: a string, or blocks.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// One string.
    Text(JsonStr<'a>),
    /// Blocks, in order. A single block may stand without its list, as the results of server tools do.
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
        /// Whether the text of an earlier answer names its sources.
        cites: bool,
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
        /// Whether the answer should name the passages it is made of.
        cites: bool,
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
        /// The MCP server that the tool belongs to.
        server: Option<Text<'a>>,
        /// Arguments.
        input: Option<&'a RawValue>,
    },
    /// The result of a server-side call; `kind` is its type, such as `web_search_tool_result`.
    ServerToolResult {
        /// The block's type.
        kind: Text<'a>,
        /// The call it belongs to.
        tool_use_id: Text<'a>,
        /// What came of it.
        content: Option<Content<'a>>,
        /// The tool failed.
        is_error: bool,
    },
    /// One hit of a web search, inside a result.
    WebSearchResult {
        /// Address of the page.
        url: Text<'a>,
        /// Its title.
        title: Text<'a>,
        /// Its age, in words.
        page_age: Option<Text<'a>>,
        /// Whether it holds text that only Anthropic can read.
        is_sealed: bool,
    },
    /// The page of a web fetch, inside a result.
    WebFetchResult {
        /// Address of the page.
        url: Text<'a>,
        /// What stands there: a document.
        content: Option<Content<'a>>,
    },
    /// What a program that the server ran has printed or made, inside a result.
    Output(Output<'a>),
    /// A file that a program made at Anthropic.
    OutputFile {
        /// Its id there.
        file_id: Text<'a>,
    },
    /// Why a server tool failed, inside a result.
    ServerToolError {
        /// Such as `max_uses_exceeded`.
        error_code: Text<'a>,
    },
    /// The tools that a search among deferred tools has found, inside a result.
    ToolSearchResult {
        /// References to tools.
        tool_references: Vec<Block<'a>>,
    },
    /// A passage that a client's own search found.
    SearchResult {
        /// Where it is from.
        source: Text<'a>,
        /// Its title.
        title: Text<'a>,
        /// Text blocks.
        content: Option<Content<'a>>,
        /// Whether the answer should name the passages it is made of.
        cites: bool,
        /// Prompt-cache breakpoint.
        cache_control: Option<CacheControl<'a>>,
    },
    /// A deferred tool is loaded from here on.
    ToolReference {
        /// The tool's name.
        tool_name: Text<'a>,
    },
    /// A file put at the disposal of programs that Anthropic runs.
    ContainerUpload {
        /// Its id at Anthropic.
        file_id: Text<'a>,
    },
    /// Stands for everything before it, which the server has summarised.
    Compaction {
        /// The summary.
        content: Option<Content<'a>>,
    },
    /// A block of a type that this version does not know.
    Unknown {
        /// Its type.
        kind: Text<'a>,
    },
}

/// What a program has printed or made. Each kind of result has some of the fields.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// What it printed.
    pub stdout: Option<JsonStr<'a>>,
    /// What it complained about.
    pub stderr: Option<JsonStr<'a>>,
    /// 0 where all went well.
    pub return_code: Option<i64>,
    /// The lines of a change.
    pub lines: Vec<JsonStr<'a>>,
    /// The text of a file, or the files that were made.
    pub content: Option<Content<'a>>,
    /// Whether it holds output that only Anthropic can read.
    pub is_sealed: bool,
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

/// Names that are read, each with its word on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the words explain themselves and are Anthropic's")]
        pub enum $name { $($variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What the word means; `None` for one that this version does not know.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// The types of content blocks.
    BlockType {
        Text = "text",
        Image = "image",
        Document = "document",
        ToolUse = "tool_use",
        ToolResult = "tool_result",
        Thinking = "thinking",
        RedactedThinking = "redacted_thinking",
        ServerToolUse = "server_tool_use",
        McpToolUse = "mcp_tool_use",
        McpToolResult = "mcp_tool_result",
        WebSearchToolResult = "web_search_tool_result",
        WebSearchResult = "web_search_result",
        WebSearchError = "web_search_tool_result_error",
        WebFetchToolResult = "web_fetch_tool_result",
        WebFetchResult = "web_fetch_result",
        WebFetchError = "web_fetch_tool_result_error",
        CodeExecutionToolResult = "code_execution_tool_result",
        CodeExecutionResult = "code_execution_result",
        EncryptedCodeExecutionResult = "encrypted_code_execution_result",
        CodeExecutionOutput = "code_execution_output",
        CodeExecutionError = "code_execution_tool_result_error",
        BashToolResult = "bash_code_execution_tool_result",
        BashResult = "bash_code_execution_result",
        BashOutput = "bash_code_execution_output",
        BashError = "bash_code_execution_tool_result_error",
        TextEditorToolResult = "text_editor_code_execution_tool_result",
        TextEditorView = "text_editor_code_execution_view_result",
        TextEditorCreate = "text_editor_code_execution_create_result",
        TextEditorReplace = "text_editor_code_execution_str_replace_result",
        TextEditorError = "text_editor_code_execution_tool_result_error",
        ToolSearchToolResult = "tool_search_tool_result",
        ToolSearchResult = "tool_search_tool_search_result",
        ToolSearchError = "tool_search_tool_result_error",
        ToolReference = "tool_reference",
        SearchResult = "search_result",
        ContainerUpload = "container_upload",
        Compaction = "compaction",
    }
}

words! {
    /// The types of sources of images and documents.
    SourceType {
        Base64 = "base64",
        Url = "url",
        Text = "text",
        Content = "content",
        File = "file",
    }
}

words! {
    /// The types of tools, without the dates by which they differ between releases.
    ToolType {
        Custom = "custom",
        Bash = "bash",
        TextEditor = "text_editor",
        Computer = "computer",
        Memory = "memory",
        WebSearch = "web_search",
        WebFetch = "web_fetch",
        ToolSearchRegex = "tool_search_tool_regex",
        ToolSearchBm25 = "tool_search_tool_bm25",
        CodeExecution = "code_execution",
        McpToolset = "mcp_toolset",
    }
}

// === impl ToolType ===

impl ToolType {
    /// The type of a tool as a request has it, such as `bash_20250124`; a tool without one is the client's own.
    /// `None` for one that this version does not know.
    #[must_use]
    pub fn read(kind: Option<&str>) -> Option<Self> {
        match kind {
            None | Some("custom" | "function") => Some(Self::Custom),
            Some("mcp_toolset") => Some(Self::McpToolset),
            Some(kind) => {
                let (name, date) = kind.rsplit_once('_')?;
                let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
                Self::of(name).filter(|found| is_date && !matches!(found, Self::Custom | Self::McpToolset))
            }
        }
    }
}

// === impl Block ===

impl<'a> Block<'a> {
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

// === impl Content ===

impl Content<'_> {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Blocks(blocks) => blocks.is_empty(),
        }
    }
}
