//! The body of `POST /chat/completions`.
//!
//! The order of the fields is part of the design: what stays the same through a session comes first and
//! the conversation last, so that two successive bodies share all bytes up to the new turn.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::part::{ChatContent, Picture};
use crate::anthropic::Effort;
use crate::text::JsonStr;

/// A chat completions request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChatRequest<'a> {
    /// `author/slug[:variant]`
    pub model: Cow<'a, str>,
    /// Answer as server-sent events.
    pub stream: bool,
    /// Ask for usage with cost.
    pub usage: UsageOption,
    /// Sticky routing and log grouping, at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Cow<'a, str>>,
    /// Stable id of the end user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// Provider preferences, as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Box<RawValue>>,
    /// Service tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<Cow<'a, str>>,
    /// Most tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sampling from the k likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// Leaves out what is less likely than this part of the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    /// As `min_p`, with the square of the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_a: Option<f64>,
    /// Against what came often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Against what came at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Against what came, by a factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
    /// For answers that can be had again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// How wordy the answer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Verbosity>,
    /// Texts that end the answer, at most four.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<Cow<'a, str>>,
    /// Reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// Form of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat<'a>>,
    /// Which tool to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ChatToolChoice<'a>>,
    /// Several calls in one turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ChatTool<'a>>,
    /// The conversation.
    pub messages: Vec<ChatMessage<'a>>,
}

/// `usage: {include: true}`
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UsageOption {
    include: bool,
}

/// How wordy an answer is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum Verbosity {
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

/// Reasoning: effort or a budget, never both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reasoning {
    /// On with the default effort, or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How hard to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Most tokens of reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
}

/// Form of the answer.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat<'a> {
    /// JSON that follows a schema.
    JsonSchema {
        /// The schema.
        json_schema: JsonSchema<'a>,
    },
}

/// A named schema.
#[derive(Clone, Debug, Serialize)]
pub struct JsonSchema<'a> {
    /// At most 64 characters.
    pub name: &'static str,
    /// Follow it to the letter.
    pub strict: bool,
    /// The schema.
    pub schema: &'a RawValue,
}

/// Which tool to call.
#[derive(Clone, Debug)]
pub enum ChatToolChoice<'a> {
    /// `auto`, `none` or `required`.
    Mode(&'static str),
    /// This function.
    Function(Cow<'a, str>),
    /// This tool of OpenRouter's, by its type.
    Server(&'static str),
}

/// A tool on offer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ChatTool<'a> {
    /// A function of the client.
    Function(FunctionTool<'a>),
    /// A tool that OpenRouter runs.
    Server {
        /// Such as `openrouter:web_search`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// Its parameters.
        parameters: Box<RawValue>,
    },
}

/// A function of the client.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionTool<'a> {
    /// Always `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The function.
    pub function: NamedFunction<'a>,
    /// Prompt-cache breakpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<&'a RawValue>,
}

/// Name, description and schema of a function.
#[derive(Clone, Debug, Serialize)]
pub struct NamedFunction<'a> {
    /// `^[a-zA-Z0-9_-]{1,64}$`
    pub name: Cow<'a, str>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<JsonStr<'a>>,
    /// JSON Schema of the arguments.
    pub parameters: Cow<'a, RawValue>,
    /// Follow the schema to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// One message.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum ChatMessage<'a> {
    /// System text.
    System {
        /// What is said.
        content: ChatContent<'a>,
    },
    /// The user.
    User {
        /// What is said.
        content: ChatContent<'a>,
    },
    /// The model.
    Assistant(AssistantMessage<'a>),
    /// The result of a call.
    Tool {
        /// The call.
        tool_call_id: Cow<'a, str>,
        /// What it gave.
        content: ChatContent<'a>,
    },
}

/// A turn of the model.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AssistantMessage<'a> {
    /// Text; `null` beside calls, never empty.
    pub content: Option<ChatContent<'a>>,
    /// Reasoning as one string, for models that return it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Cow<'a, str>>,
    /// Reasoning in its maker's own form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_details: Option<Vec<Box<RawValue>>>,
    /// Pictures that it made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Picture<'a>>,
    /// Calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall<'a>>,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct ToolCall<'a> {
    /// The call's id.
    pub id: Cow<'a, str>,
    /// Always `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is called.
    pub function: CallFunction<'a>,
}

/// What is called, with what.
#[derive(Clone, Debug, Serialize)]
pub struct CallFunction<'a> {
    /// The function's name.
    pub name: Cow<'a, str>,
    /// JSON text of the arguments, as the model made it.
    pub arguments: Cow<'a, str>,
}

// === impl UsageOption ===

impl Default for UsageOption {
    fn default() -> Self {
        Self { include: true }
    }
}

// === impl ChatToolChoice ===

impl Serialize for ChatToolChoice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Name<'n> {
            name: &'n str,
        }
        #[derive(Serialize)]
        struct Function<'n> {
            #[serde(rename = "type")]
            kind: &'static str,
            function: Name<'n>,
        }

        #[derive(Serialize)]
        struct Server {
            #[serde(rename = "type")]
            kind: &'static str,
        }

        match self {
            Self::Mode(mode) => serializer.serialize_str(mode),
            Self::Server(kind) => Server { kind }.serialize(serializer),
            Self::Function(name) => {
                Function { kind: "function", function: Name { name } }.serialize(serializer)
            }
        }
    }
}

// === impl ToolCall ===

impl<'a> ToolCall<'a> {
    /// A call of `name` with the JSON text `arguments`.
    #[must_use]
    pub const fn new(id: Cow<'a, str>, name: Cow<'a, str>, arguments: Cow<'a, str>) -> Self {
        Self { id, kind: "function", function: CallFunction { name, arguments } }
    }
}
