//! Rules, maps and defaults, in the order in which they are looked at.
//!
//! Alias prefix decoded; rules; maps; a name with `/` is a slug; a short name; the default for names that
//! match claude or anthropic; otherwise the nearest names.

use crate::alias::from_alias;
use crate::catalogue::Catalogue;
use crate::class::Class;
use crate::names::{matches, nearest};
use crate::plan::{Mode, Plan, Reason};

/// How many names a wrong one is answered with.
const NEAREST: usize = 3;
/// Where requests for Anthropic's own names go while nothing is configured: role, target, fallback.
const DEFAULTS: [(&str, &str); 3] =
    [("*opus*", "openai/gpt-5.6-terra"), ("*fable*", "openai/gpt-5.6-terra"), ("*", "openai/gpt-5.6-luna")];
/// Short names, for `/model` and for configuration.
const SHORT_NAMES: [(&str, &str); 19] = [
    ("claude-opus", "anthropic/claude-opus-5"),
    ("claude-sonnet", "anthropic/claude-sonnet-5"),
    ("claude-haiku", "anthropic/claude-haiku-4.5"),
    ("claude-fable", "anthropic/claude-fable-5"),
    ("gpt-sol", "openai/gpt-5.6-sol"),
    ("gpt-terra", "openai/gpt-5.6-terra"),
    ("gpt-luna", "openai/gpt-5.6-luna"),
    ("gpt-codex", "openai/gpt-5.3-codex"),
    ("gemini-pro", "google/gemini-3.1-pro-preview"),
    ("gemini-flash", "google/gemini-3.7-flash"),
    ("gemini", "google/gemini-3.1-pro-preview"),
    ("deepseek", "deepseek/deepseek-v4-pro-0813"),
    ("deepseek-pro", "deepseek/deepseek-v4-pro-0813"),
    ("deepseek-flash", "deepseek/deepseek-v4-flash-0731"),
    ("qwen3-coder", "qwen/qwen3-coder-next"),
    ("glm", "z-ai/glm-5.2"),
    ("kimi", "moonshotai/kimi-k3"),
    ("grok", "x-ai/grok-4.6"),
    ("minimax", "minimax/minimax-m3"),
];

/// A map: requests for models of this name go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The name, with wildcards.
    pub name: String,
    /// Targets in order: slugs or short names.
    pub targets: Vec<String>,
    /// Native or translated.
    pub mode: Mode,
    /// Which settings belong to it; handed back in the plan.
    pub settings: usize,
}

/// A rule: requests of this kind go there, whatever model they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name for the log; its number from 1 where it has none.
    pub name: String,
    /// All of these must hold.
    pub when: Condition,
    /// Targets in order.
    pub targets: Vec<String>,
    /// Native or translated.
    pub mode: Mode,
    /// Which settings belong to it.
    pub settings: usize,
}

/// The conditions of a rule; an absent one holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The class.
    pub class: Option<Class>,
    /// The kind of sub-agent, with wildcards.
    pub agent_type: Option<String>,
    /// At least so many input tokens.
    pub min_tokens: Option<u64>,
    /// An image is in it, or not.
    pub has_image: Option<bool>,
    /// Thinking is asked for, or not.
    pub thinking: Option<bool>,
    /// Web search is offered, or not.
    pub web_search: Option<bool>,
    /// The working directory or one above it, with wildcards.
    pub project: Option<String>,
    /// The requested model, with wildcards.
    pub model: Option<String>,
    /// Name of the client token.
    pub client: Option<String>,
}

/// What is asked of routing.
#[derive(Clone, Debug)]
pub struct Query<'q> {
    /// The model's name as the client sent it.
    pub model: &'q str,
    /// The class.
    pub class: Class,
    /// The kind of sub-agent.
    pub agent_type: Option<&'q str>,
    /// Input tokens, estimated.
    pub tokens: u64,
    /// An image is in it.
    pub has_image: bool,
    /// Thinking is asked for.
    pub thinking: bool,
    /// Web search is offered.
    pub web_search: bool,
    /// The working directory.
    pub project: Option<&'q str>,
    /// Name of the client token.
    pub client: Option<&'q str>,
}

impl<'q> Query<'q> {
    /// A request for a name of which nothing else is known.
    #[must_use]
    pub const fn plain(model: &'q str, class: Class) -> Self {
        Self {
            model,
            class,
            agent_type: None,
            tokens: 0,
            has_image: false,
            thinking: false,
            web_search: false,
            project: None,
            client: None,
        }
    }
}

/// The configured routes.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Looked at first.
    pub rules: Vec<Rule>,
    /// Looked at next.
    pub maps: Vec<Map>,
}

/// No model goes by this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("No model goes by the name `{name}`.{}", suggestion(nearest))]
pub struct NoTarget {
    /// The name asked for.
    pub name: String,
    /// Names that come near.
    pub nearest: Vec<String>,
}

fn suggestion(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return " Use a slug of OpenRouter's (author/model), or map the name: `turnpike map add`.".to_owned();
    }
    format!(" Did you mean {}? Or map the name: `turnpike map add`.", nearest.join(", "))
}

// === impl Routes ===

impl Routes {
    /// Where a request goes.
    ///
    /// # Errors
    /// Nothing is configured for the name, and it is no slug, no short name and none of Anthropic's.
    pub fn plan(&self, query: &Query<'_>, catalogue: &Catalogue) -> Result<Plan, NoTarget> {
        let name = from_alias(query.model);
        if query.class == Class::SafetyCheck {
            return Ok(self.safety_plan(query, name, catalogue));
        }
        if let Some(rule) = self.rules.iter().find(|rule| rule.when.holds(query, name)) {
            let reason = Reason::Rule { rule: rule.name.clone() };
            return Ok(Plan::new(slugs(&rule.targets), rule.mode, Some(rule.settings), reason));
        }
        if let Some(map) = self.maps.iter().find(|map| map.is_for(name)) {
            let reason = Reason::Map { map: map.name.clone() };
            return Ok(Plan::new(slugs(&map.targets), map.mode, Some(map.settings), reason));
        }
        if is_slug(name) {
            return Ok(Plan::new([name], Mode::Auto, None, Reason::Slug));
        }
        if let Some(slug) = short_name(name) {
            let reason = Reason::ShortName { name: name.to_owned() };
            return Ok(Plan::new([slug], Mode::Auto, None, reason));
        }
        let lower = name.to_ascii_lowercase();
        if lower.contains("claude") || lower.contains("anthropic") {
            let default = DEFAULTS.iter().find(|(pattern, _)| matches(pattern, name));
            return Ok(Plan::new(default.map(|(_, slug)| *slug), Mode::Auto, None, Reason::Default));
        }
        Err(self.no_target(name, catalogue))
    }

    fn no_target(&self, name: &str, catalogue: &Catalogue) -> NoTarget {
        let literal = self.maps.iter().map(|map| map.name.as_str()).filter(|name| !name.contains('*'));
        let short = SHORT_NAMES.iter().map(|(name, _)| *name);
        let listed = catalogue.models().iter().map(|model| model.id.as_str());
        let wanted: String = name.chars().take(120).collect();
        let near = nearest(&wanted, literal.chain(short).chain(listed), NEAREST);
        NoTarget { nearest: near.into_iter().map(str::to_owned).collect(), name: wanted }
    }

    /// Names that clients may ask for: literal map names, and each distinct target. Never wildcards.
    #[must_use]
    pub fn offered(&self) -> (Vec<&str>, Vec<&str>) {
        let names =
            self.maps.iter().map(|map| map.name.as_str()).filter(|name| !name.contains('*')).collect();
        let mut targets: Vec<&str> = Vec::new();
        let configured =
            self.maps.iter().map(|map| &map.targets).chain(self.rules.iter().map(|rule| &rule.targets));
        for slug in
            configured.flatten().map(|target| resolve(target)).chain(DEFAULTS.iter().map(|(_, slug)| *slug))
        {
            if !targets.contains(&slug) {
                targets.push(slug);
            }
        }
        (names, targets)
    }
}

// === impl Map ===

impl Map {
    /// Whether the map is for that name. A slug says which model is meant, so a pattern for names does not catch it:
    /// only one that holds a slash itself does, or `*`, which is for everything.
    fn is_for(&self, name: &str) -> bool {
        let reaches = !name.contains('/') || self.name.contains('/') || self.name == "*";
        reaches && matches(&self.name, name)
    }
}

// === impl Condition ===

impl Condition {
    pub(crate) fn holds(&self, query: &Query<'_>, name: &str) -> bool {
        let fits = |pattern: &Option<String>, value: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| value.is_some_and(|value| matches(pattern, value)))
        };
        let is = |wanted: Option<bool>, value: bool| wanted.is_none_or(|wanted| wanted == value);
        self.class.is_none_or(|class| class == query.class)
            && fits(&self.agent_type, query.agent_type)
            && self.min_tokens.is_none_or(|least| query.tokens >= least)
            && is(self.has_image, query.has_image)
            && is(self.thinking, query.thinking)
            && is(self.web_search, query.web_search)
            && self.project.as_ref().is_none_or(|project| within(project, query.project))
            && fits(&self.model, Some(name))
            && fits(&self.client, query.client)
    }
}

/// Whether the working directory is the project's or lies below it.
fn within(project: &str, directory: Option<&str>) -> bool {
    let Some(directory) = directory else { return false };
    let project = project.trim_end_matches('/');
    matches(project, directory) || matches(&format!("{project}/*"), directory)
}

pub(crate) fn slugs(targets: &[String]) -> impl Iterator<Item = &str> {
    targets.iter().map(|target| resolve(target))
}

/// The slug of a target that may be a short name.
#[must_use]
pub fn resolve(target: &str) -> &str {
    short_name(target).unwrap_or(target)
}

fn short_name(name: &str) -> Option<&'static str> {
    SHORT_NAMES.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map(|(_, slug)| *slug)
}

/// Whether a name can be one of OpenRouter's: `author/model`, without anything that could leave a URL or a
/// log line.
pub(crate) fn is_slug(name: &str) -> bool {
    let allowed = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/' | b'~' | b'@' | b'+' | b'=')
    };
    let parts = name.split('/').filter(|part| !part.is_empty() && !part.bytes().all(|b| b == b'.')).count();
    name.len() <= 200 && name.bytes().all(allowed) && parts >= 2 && parts == name.split('/').count()
}

#[cfg(test)]
mod tests;
