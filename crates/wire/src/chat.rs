//! OpenRouter's chat completions: what is sent, and what comes back.

mod chunk;
mod error;
mod query;
mod request;
mod usage;

pub use chunk::{
    Annotation, Arguments, Choice, Chunk, ChunkContent, ChunkPart, Delta, FunctionDelta, ImageOut,
    ToolCallDelta, UpstreamErrorField, UrlCitation,
};
pub use error::{Availability, ErrorMetadata, UpstreamError, UpstreamErrorBody};
pub use query::{
    ChatQuery, QueryContent, QueryFile, QueryMessage, QueryPart, QueryPlugin, QueryReasoning, QueryUrl,
};
pub use request::{
    AssistantMessage, CallFunction, ChatContent, ChatMessage, ChatRequest, ChatTool, ChatToolChoice, DataUrl,
    FilePart, FunctionTool, ImageUrl, JsonSchema, NamedFunction, Part, Reasoning, ResponseFormat, ToolCall,
    UsageOption,
};
pub use usage::{Usage, count};
