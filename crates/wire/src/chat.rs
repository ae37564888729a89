//! OpenRouter's chat completions: what is sent, and what comes back.

mod chunk;
mod error;
mod part;
mod query;
mod request;
mod usage;

pub use chunk::{
    Annotation, Arguments, AudioOut, Choice, Chunk, ChunkContent, ChunkPart, Delta, FunctionDelta, ImageOut,
    ToolCallDelta, UpstreamErrorField, UrlCitation,
};
pub use error::{Availability, ErrorMetadata, UpstreamError, UpstreamErrorBody};
pub use part::{ChatContent, DataUrl, FilePart, ImageUrl, Part, Picture};
pub use query::{
    ChatQuery, QueryContent, QueryFile, QueryMessage, QueryPart, QueryPlugin, QueryReasoning, QueryUrl,
};
pub use request::{
    AssistantMessage, CallFunction, ChatMessage, ChatRequest, ChatTool, ChatToolChoice, FunctionTool,
    JsonSchema, NamedFunction, Reasoning, ResponseFormat, ToolCall, UsageOption, Verbosity,
};
pub use usage::{Usage, count};
