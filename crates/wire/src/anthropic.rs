//! The Messages API of Anthropic: what clients send, and what they are answered.

mod block;
mod error;
mod event;
mod request;

pub use block::{Block, BlockType, CacheControl, Content, Output, Source, SourceType, ToolType};
pub use error::{ErrorBody, ErrorDetail, ErrorDetails, ErrorKind};
pub use event::{
    Delta, Event, Message, MessageUsage, OutBlock, ServerToolUse, StopReason, empty_object, raw_json,
};
pub use request::{
    Effort, MessageParam, MessagesRequest, Metadata, OutputConfig, OutputFormat, Role, Thinking,
    ThinkingType, Thread, Tool, ToolChoice,
};
