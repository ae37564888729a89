//! Shapes of Anthropic and OpenRouter JSON, server-sent events, exact money.
//!
//! Nothing here decides anything: these types say what goes over the wire, survive what they do not
//! know, and are converted explicitly by `turnpike-translate`.

pub mod account;
pub mod anthropic;
pub mod chat;
pub mod halves;
pub mod money;
mod object;
pub mod scan;
pub mod sse;
pub mod text;
