//! The parts of `config.toml` that say where a request goes: maps, rules, and what they ask of the target.

use serde::Deserialize;

use super::preferences::{Params, Price, ProviderPreferences};
use super::{leaf, names};

/// `[[map]]`: requests for models of this name go there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "MapTable")]
pub struct Map {
    /// A model name as clients send it; `*` stands for any signs.
    pub name: String,
    /// Where such requests go.
    pub to: Destination,
}

/// `[[rule]]`: requests of this kind go there, whatever model they name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "RuleTable")]
pub struct Rule {
    /// How people call it in the log.
    pub name: Option<String>,
    /// All of these must hold.
    pub when: When,
    /// Where such requests go.
    pub to: Destination,
}

/// Where a map or a rule sends a request, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Destination {
    /// Slug or short name of the model.
    pub target: String,
    /// Models to go on with when that one fails, in this order.
    pub fallback: Vec<String>,
    /// Sampling parameters that replace the client's.
    pub params: Params,
    /// OpenRouter's provider preferences.
    pub provider: ProviderPreferences,
    /// Translated or handed over natively.
    pub mode: Mode,
    /// OpenRouter's response cache: on, off, or as the account says.
    pub cache: Option<bool>,
    /// Prices to reckon with instead of the catalogue's.
    pub price: Option<Price>,
    /// Seconds without an answer after which the target counts as failed.
    pub timeout_seconds: Option<u64>,
    /// The preset that wrote it, and that takes it away again; `None` for the user's own.
    pub preset: Option<String>,
}

/// `when`: the conditions of a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The class of the request.
    pub class: Option<RequestClass>,
    /// The client's name for the kind of sub-agent; `*` stands for any signs.
    #[serde(deserialize_with = "names::some_pattern")]
    pub agent_type: Option<String>,
    /// At least so many input tokens, by estimate.
    pub min_tokens: Option<u64>,
    /// Whether an image is in it.
    pub has_image: Option<bool>,
    /// Whether thinking is asked for.
    pub thinking: Option<bool>,
    /// Whether web search is offered to the model.
    pub web_search: Option<bool>,
    /// The working directory or one above it; `*` stands for any signs.
    #[serde(deserialize_with = "names::some_name")]
    pub project: Option<String>,
    /// The requested model; `*` stands for any signs.
    #[serde(deserialize_with = "names::some_pattern")]
    pub model: Option<String>,
    /// The name of the client token.
    #[serde(deserialize_with = "names::some_name")]
    pub client: Option<String>,
}

/// What a request is for, in the words of Claude Code's hint headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestClass {
    /// The main conversation.
    Main,
    /// A sub-agent's conversation.
    Subagent,
    /// A scripted workflow.
    Workflow,
    /// The summary of a conversation that grew too long.
    Compaction,
    /// Titles, searches and other small work.
    Auxiliary,
    /// An aside to the user.
    SideReply,
    /// The verdict that lets a command run unasked.
    SafetyCheck,
}

/// `mode`: how a request is handed to the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Natively for Anthropic's own models, translated for all others.
    #[default]
    Auto,
    /// To chat completions.
    Translate,
    /// To OpenRouter's Messages endpoint.
    Native,
}

// === impl When ===

impl When {
    /// Whether no condition is written: such a rule would swallow everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// === the tables as they are written ===

/// A `[[map]]` as written: the destination's keys stand beside the name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapTable {
    #[serde(deserialize_with = "names::pattern")]
    name: String,
    #[serde(deserialize_with = "names::target")]
    target: String,
    #[serde(default, deserialize_with = "names::targets")]
    fallback: Vec<String>,
    #[serde(default)]
    params: Params,
    #[serde(default)]
    provider: ProviderPreferences,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    cache: Option<bool>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default, deserialize_with = "leaf::timeout")]
    timeout_seconds: Option<u64>,
    #[serde(default, deserialize_with = "names::some_name")]
    preset: Option<String>,
}

/// A `[[rule]]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    #[serde(default, deserialize_with = "names::some_name")]
    name: Option<String>,
    when: When,
    #[serde(deserialize_with = "names::target")]
    target: String,
    #[serde(default, deserialize_with = "names::targets")]
    fallback: Vec<String>,
    #[serde(default)]
    params: Params,
    #[serde(default)]
    provider: ProviderPreferences,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    cache: Option<bool>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default, deserialize_with = "leaf::timeout")]
    timeout_seconds: Option<u64>,
    #[serde(default, deserialize_with = "names::some_name")]
    preset: Option<String>,
}

impl From<MapTable> for Map {
    fn from(table: MapTable) -> Self {
        let MapTable {
            name,
            target,
            fallback,
            params,
            provider,
            mode,
            cache,
            price,
            timeout_seconds,
            preset,
        } = table;
        let to =
            Destination { target, fallback, params, provider, mode, cache, price, timeout_seconds, preset };
        Self { name, to }
    }
}

impl From<RuleTable> for Rule {
    fn from(table: RuleTable) -> Self {
        let RuleTable {
            name,
            when,
            target,
            fallback,
            params,
            provider,
            mode,
            cache,
            price,
            timeout_seconds,
            preset,
        } = table;
        let to =
            Destination { target, fallback, params, provider, mode, cache, price, timeout_seconds, preset };
        Self { name, when, to }
    }
}
