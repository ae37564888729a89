//! The body of `POST /v1/messages`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::{CacheControl, Content};
use crate::text::{JsonStr, Text, lenient, null_as_default};

/// A request of the Messages API. Fields that are not listed are not known to this version and are left
/// out when translating.
#[derive(Clone, Debug, Deserialize)]
pub struct MessagesRequest<'a> {
    /// The model's name, as the client knows it.
    #[serde(borrow)]
    pub model: Text<'a>,
    /// The conversation.
    #[serde(borrow)]
    pub messages: Vec<MessageParam<'a>>,
    /// Most tokens of the answer. The API demands it; `count_tokens` does without.
    #[serde(default)]
    pub max_tokens: Option<u64>,
    /// System prompt.
    #[serde(borrow, default)]
    pub system: Option<Content<'a>>,
    /// Tools on offer.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub tools: Vec<Tool<'a>>,
    /// Which tool the model may or must use.
    #[serde(borrow, default)]
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Extended thinking.
    #[serde(borrow, default)]
    pub thinking: Option<Thinking<'a>>,
    /// Effort and format of the answer.
    #[serde(borrow, default)]
    pub output_config: Option<OutputConfig<'a>>,
    /// What `output_config.format` was called in the beta `structured-outputs-2025-11-13`.
    #[serde(borrow, default)]
    pub output_format: Option<OutputFormat<'a>>,
    /// Texts that end the answer.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub stop_sequences: Vec<Text<'a>>,
    /// Answer as server-sent events.
    #[serde(default, deserialize_with = "null_as_default")]
    pub stream: bool,
    /// 0 to 1.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(default)]
    pub top_p: Option<f64>,
    /// Sampling from the k likeliest.
    #[serde(default)]
    pub top_k: Option<u64>,
    /// Who asks.
    #[serde(borrow, default)]
    pub metadata: Option<Metadata<'a>>,
    /// `auto` or `standard_only`.
    #[serde(borrow, default)]
    pub service_tier: Option<Text<'a>>,
    /// Automatic prompt caching for the whole request.
    #[serde(borrow, default)]
    pub cache_control: Option<CacheControl<'a>>,
    /// Edits of the context that the server should make.
    #[serde(borrow, default)]
    pub context_management: Option<&'a RawValue>,
    /// Asks for nothing but a summary of the conversation, in a block that stands for it from then on.
    #[serde(borrow, default)]
    pub compaction: Option<&'a RawValue>,
    /// Safety checks that the server should make.
    #[serde(borrow, default)]
    pub safeguards: Option<&'a RawValue>,
    /// MCP servers that Anthropic would connect to.
    #[serde(borrow, default)]
    pub mcp_servers: Option<&'a RawValue>,
    /// A code-execution container at Anthropic.
    #[serde(borrow, default)]
    pub container: Option<&'a RawValue>,
    /// The conversation is held by the server between turns.
    #[serde(borrow, default)]
    pub thread: Option<Thread<'a>>,
}

/// A conversation that the server holds (beta `message-threads`): `create` sends all of it, `continue` only what is
/// new.
#[derive(Clone, Debug, Deserialize)]
pub struct Thread<'a> {
    /// `create` or `continue`.
    #[serde(borrow, rename = "type", default)]
    pub kind: Text<'a>,
    /// For `continue`: id of the answer that it goes on from.
    #[serde(borrow, default)]
    pub previous_message_id: Option<Text<'a>>,
}

/// One turn.
#[derive(Clone, Debug, Deserialize)]
pub struct MessageParam<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    #[serde(borrow)]
    pub content: Content<'a>,
}

/// Who speaks in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The client's side.
    User,
    /// The model's side.
    Assistant,
    /// System text in the middle of the conversation.
    System,
}

/// A tool on offer.
#[derive(Clone, Debug, Deserialize)]
pub struct Tool<'a> {
    /// Absent or `custom` for the client's own; otherwise one of Anthropic's, such as `web_search_20250305`.
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    /// The name by which the model calls it.
    #[serde(borrow, default)]
    pub name: Text<'a>,
    /// What it does.
    #[serde(borrow, default)]
    pub description: Option<JsonStr<'a>>,
    /// JSON Schema of its arguments.
    #[serde(borrow, default)]
    pub input_schema: Option<&'a RawValue>,
    /// Arguments must follow the schema.
    #[serde(default)]
    pub strict: Option<bool>,
    /// Known by name only, until a `tool_reference` names it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub defer_loading: bool,
    /// Prompt-cache breakpoint.
    #[serde(borrow, default)]
    pub cache_control: Option<CacheControl<'a>>,
    /// Server tools: most uses in one request.
    #[serde(default)]
    pub max_uses: Option<u64>,
    /// Web fetch: most tokens of a page.
    #[serde(default)]
    pub max_content_tokens: Option<u64>,
    /// Server tools: search only here.
    #[serde(borrow, default)]
    pub allowed_domains: Option<Vec<Text<'a>>>,
    /// Server tools: never search here.
    #[serde(borrow, default)]
    pub blocked_domains: Option<Vec<Text<'a>>>,
    /// Web search: where the user is.
    #[serde(borrow, default)]
    pub user_location: Option<&'a RawValue>,
}

/// Which tool the model may or must use.
#[derive(Clone, Debug, Deserialize)]
pub struct ToolChoice<'a> {
    /// `auto`, `any`, `tool` or `none`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The tool, for `tool`.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// At most one call in a turn.
    #[serde(default, deserialize_with = "null_as_default")]
    pub disable_parallel_tool_use: bool,
}

/// Extended thinking.
#[derive(Clone, Debug, Deserialize)]
pub struct Thinking<'a> {
    /// Whether, and who decides.
    #[serde(rename = "type")]
    pub kind: ThinkingType,
    /// Most tokens of thinking.
    #[serde(default)]
    pub budget_tokens: Option<u64>,
    /// `omitted`: the client wants the signature only. `summarized`: text too.
    #[serde(borrow, default)]
    pub display: Option<Text<'a>>,
}

/// The kinds of extended thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThinkingType {
    /// On, with a budget.
    Enabled,
    /// Off.
    Disabled,
    /// The model decides; also what a word means that a later release of the client brings.
    #[serde(other)]
    Adaptive,
}

/// Effort and format of the answer.
#[derive(Clone, Debug, Deserialize)]
pub struct OutputConfig<'a> {
    /// How hard the model tries. A word that a later release of the client brings counts as unsaid.
    #[serde(default, deserialize_with = "lenient")]
    pub effort: Option<Effort>,
    /// The form of the answer.
    #[serde(borrow, default)]
    pub format: Option<OutputFormat<'a>>,
}

/// How hard the model tries, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all (OpenRouter only).
    None,
    /// OpenRouter only.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as can be.
    Max,
}

/// The form of the answer.
#[derive(Clone, Debug, Deserialize)]
pub struct OutputFormat<'a> {
    /// `json_schema`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The schema.
    #[serde(borrow, default)]
    pub schema: Option<&'a RawValue>,
}

/// Who asks.
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata<'a> {
    /// An opaque id; Claude Code puts a JSON object with device, account and session into it.
    #[serde(borrow, default)]
    pub user_id: Option<Text<'a>>,
}

// === impl MessagesRequest ===

impl<'a> MessagesRequest<'a> {
    /// The form of the answer, by its name or the older one.
    #[must_use]
    pub fn format(&self) -> Option<&OutputFormat<'a>> {
        let format = self.output_config.as_ref().and_then(|config| config.format.as_ref());
        format.or(self.output_format.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_later_releases_are_no_error() {
        for (kind, effort, expected) in [
            ("adaptive", "high", (ThinkingType::Adaptive, Some(Effort::High))),
            ("enabled", "low", (ThinkingType::Enabled, Some(Effort::Low))),
            ("disabled", "max", (ThinkingType::Disabled, Some(Effort::Max))),
            ("interleaved", "colossal", (ThinkingType::Adaptive, None)),
        ] {
            let body = format!(
                r#"{{"model":"m","messages":[],"thinking":{{"type":"{kind}"}},"output_config":{{"effort":"{effort}"}}}}"#
            );
            let request: MessagesRequest<'_> = serde_json::from_str(&body).unwrap();
            let got = (request.thinking.unwrap().kind, request.output_config.unwrap().effort);
            assert_eq!(got, expected, "{kind} {effort}");
        }
    }
}
