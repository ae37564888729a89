//! From `config.toml` to routes, and to what the configuration attaches to each of them.

use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map as JsonMap, Value};
use turnpike_routing::{Class, Condition, Map, Mode, Patience, Routes, Rule};
use turnpike_settings::Config;
use turnpike_settings::config as conf;
use turnpike_translate::request::Overrides;
use turnpike_translate::stream::Repairs;
use turnpike_wire::account::Pricing;
use turnpike_wire::anthropic::{Effort, raw_json};
use turnpike_wire::chat::Verbosity;
use turnpike_wire::money::NanoUsd;

use crate::state::Routing;

/// Longest time without a sign of life from the upstream, where a map does not say otherwise.
pub(crate) const DEFAULT_SILENCE: Duration = Duration::from_secs(600);

/// What a map or a rule asks for besides its targets.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) overrides: Overrides,
    /// Longest time without a sign of life.
    pub(crate) silence: Duration,
    /// OpenRouter's response cache: on, off, or as the account says.
    pub(crate) cache: Option<bool>,
    /// Prices to estimate with, instead of the catalogue's.
    pub(crate) price: Option<Pricing>,
}

// === impl Attached ===

impl Default for Attached {
    fn default() -> Self {
        Self { overrides: Overrides::default(), silence: DEFAULT_SILENCE, cache: None, price: None }
    }
}

/// The routes of a configuration.
pub(crate) fn routing(config: &Config) -> Routing {
    let mut attached = Vec::with_capacity(config.rules.len() + config.maps.len());
    let mut attach = |to: &conf::Destination| {
        attached.push(Attached {
            overrides: overrides(to),
            silence: to.timeout_seconds.map_or(DEFAULT_SILENCE, Duration::from_secs),
            cache: to.cache,
            price: to.price.as_ref().map(price),
        });
        attached.len() - 1
    };
    let rules = config.rules.iter().enumerate().map(|(position, rule)| Rule {
        name: rule.name.clone().unwrap_or_else(|| (position + 1).to_string()),
        when: condition(&rule.when),
        targets: targets(&rule.to),
        mode: mode(rule.to.mode),
        settings: attach(&rule.to),
    });
    let rules = rules.collect();
    let maps = config.maps.iter().map(|map| Map {
        name: map.name.clone(),
        targets: targets(&map.to),
        mode: mode(map.to.mode),
        settings: attach(&map.to),
    });
    let maps = maps.collect();
    let patience = Patience { deadline: Duration::from_secs(config.retry.max_wait_seconds) };
    Routing { routes: Routes { rules, maps }, attached, patience, repairs: repairs(&config.repair) }
}

const fn repairs(repair: &conf::Repair) -> Repairs {
    Repairs { arguments: repair.tool_arguments, written_calls: repair.text_tool_calls }
}

fn targets(to: &conf::Destination) -> Vec<String> {
    std::iter::once(&to.target).chain(&to.fallback).cloned().collect()
}

const fn mode(mode: conf::Mode) -> Mode {
    match mode {
        conf::Mode::Auto => Mode::Auto,
        conf::Mode::Translate => Mode::Translate,
        conf::Mode::Native => Mode::Native,
    }
}

fn condition(when: &conf::When) -> Condition {
    Condition {
        class: when.class.map(class),
        agent_type: when.agent_type.clone(),
        min_tokens: when.min_tokens,
        has_image: when.has_image,
        thinking: when.thinking,
        web_search: when.web_search,
        project: when.project.as_deref().map(expand_home),
        model: when.model.clone(),
        client: when.client.clone(),
    }
}

/// `~/` stands for the home folder.
fn expand_home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

const fn class(class: conf::RequestClass) -> Class {
    match class {
        conf::RequestClass::Main => Class::Main,
        conf::RequestClass::Subagent => Class::Subagent,
        conf::RequestClass::Workflow => Class::Workflow,
        conf::RequestClass::Compaction => Class::Compaction,
        conf::RequestClass::Auxiliary => Class::Auxiliary,
        conf::RequestClass::SideReply => Class::SideReply,
        conf::RequestClass::SafetyCheck => Class::SafetyCheck,
    }
}

fn overrides(to: &conf::Destination) -> Overrides {
    let params = &to.params;
    Overrides {
        temperature: params.temperature,
        top_p: params.top_p,
        top_k: params.top_k.map(u64::from),
        max_tokens: params.max_tokens.map(u64::from),
        min_p: params.min_p,
        top_a: params.top_a,
        frequency_penalty: params.frequency_penalty,
        presence_penalty: params.presence_penalty,
        repetition_penalty: params.repetition_penalty,
        seed: params.seed,
        verbosity: params.verbosity.map(verbosity),
        effort: params.effort.map(effort),
        reasoning_max_tokens: params.reasoning_max_tokens.map(u64::from),
        provider: provider(&to.provider),
    }
}

const fn price(price: &conf::Price) -> Pricing {
    Pricing {
        prompt: Some(price.prompt),
        completion: Some(price.completion),
        input_cache_read: price.cache_read,
        input_cache_write: price.cache_write,
        request: price.request,
        tiers: [None; 4],
    }
}

const fn effort(effort: conf::Effort) -> Effort {
    match effort {
        conf::Effort::None => Effort::None,
        conf::Effort::Minimal => Effort::Minimal,
        conf::Effort::Low => Effort::Low,
        conf::Effort::Medium => Effort::Medium,
        conf::Effort::High => Effort::High,
        conf::Effort::Xhigh => Effort::XHigh,
        conf::Effort::Max => Effort::Max,
    }
}

const fn verbosity(verbosity: conf::Verbosity) -> Verbosity {
    match verbosity {
        conf::Verbosity::Low => Verbosity::Low,
        conf::Verbosity::Medium => Verbosity::Medium,
        conf::Verbosity::High => Verbosity::High,
        conf::Verbosity::Xhigh => Verbosity::XHigh,
        conf::Verbosity::Max => Verbosity::Max,
    }
}

/// Provider preferences in OpenRouter's words; `None` when nothing is preferred.
fn provider(preferences: &conf::ProviderPreferences) -> Option<Box<RawValue>> {
    let mut json = JsonMap::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(name.to_owned(), value);
        }
    };
    put("order", preferences.order.clone().map(Value::from));
    put("only", preferences.only.clone().map(Value::from));
    put("ignore", preferences.ignore.clone().map(Value::from));
    put("allow_fallbacks", preferences.allow_fallbacks.map(Value::from));
    put("require_parameters", preferences.require_parameters.map(Value::from));
    put("data_collection", preferences.data_collection.map(|word| lower(&word)));
    put("zdr", preferences.zdr.map(Value::from));
    put("quantizations", preferences.quantizations.as_ref().map(|list| list.iter().map(lower).collect()));
    put("sort", preferences.sort.map(|word| lower(&word)));
    put("max_price", preferences.max_price.as_ref().map(max_price));
    (!json.is_empty()).then(|| raw_json(Value::Object(json).to_string()))
}

/// OpenRouter's word for one of our enums: its name in lower case.
fn lower<T: std::fmt::Debug>(word: &T) -> Value {
    Value::from(format!("{word:?}").to_lowercase())
}

fn max_price(price: &conf::MaxPrice) -> Value {
    let mut json = JsonMap::new();
    for (name, amount) in [
        ("prompt", price.prompt),
        ("completion", price.completion),
        ("request", price.request),
        ("image", price.image),
        ("audio", price.audio),
    ] {
        if let Some(number) = amount.and_then(dollars) {
            json.insert(name.to_owned(), number);
        }
    }
    Value::Object(json)
}

/// An amount as a JSON number in dollars.
fn dollars(amount: NanoUsd) -> Option<Value> {
    serde_json::from_str(&amount.to_string()).ok()
}

#[cfg(test)]
mod tests;
