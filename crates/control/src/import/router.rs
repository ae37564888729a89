//! claude-code-router's `config.json`.
//!
//! It looks at a request in one order: long context, background (every Haiku), web search, thinking, then the default.
//! Our rules are looked at in theirs, so they are written in that order and the default becomes the last map.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::found::{Found, What, is_openrouter};
use super::{Malformed, Variables, line};

/// From how many tokens on its `longContext` counts, where the file does not say.
const LONG_CONTEXT: u64 = 60_000;
/// The names that its default answers to: those of Claude's models. A slug is asked for by itself.
const EVERY_CLAUDE: &str = "claude-*";
/// Its ways to translate, which are built in here.
const PLAIN: [&str; 2] = ["openrouter", "anthropic"];

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "Providers", alias = "providers")]
    providers: Vec<Provider>,
    #[serde(default, rename = "Router")]
    router: Map<String, Json>,
    #[serde(default)]
    fallback: Map<String, Json>,
    #[serde(rename = "CUSTOM_ROUTER_PATH")]
    script: Option<String>,
    #[serde(default)]
    transformers: Vec<Json>,
    #[serde(rename = "REWRITE_SYSTEM_PROMPT")]
    rewrite: Option<String>,
    #[serde(rename = "PROXY_URL")]
    proxy: Option<String>,
    #[serde(rename = "API_TIMEOUT_MS")]
    timeout: Option<Json>,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    name: String,
    #[serde(default, alias = "baseUrl")]
    api_base_url: String,
    #[serde(default, alias = "apiKey")]
    api_key: String,
    #[serde(default)]
    transformer: Map<String, Json>,
}

/// Reads the file. It may hold comments, as JSON5 does.
///
/// # Errors
/// Where it is malformed.
pub(crate) fn read(text: &str, variables: Variables<'_>) -> Result<Found, Malformed> {
    let malformed = |error: json5::Error| {
        let position = error.position();
        Malformed {
            what: "no settings of claude-code-router",
            // Positions count from 0.
            place: position.map(|position| line(position.line + 1, position.column + 1)),
        }
    };
    let file: File = json5::from_str(text).map_err(malformed)?;
    let mut found = Found::default();
    for provider in file.providers.iter().filter(|provider| is_openrouter(&provider.api_base_url)) {
        let place = format!("the provider `{}` of claude-code-router", provider.name);
        match variable_of(&provider.api_key) {
            Some(name) => match variables(name) {
                Some(key) => found.key(&key, &place),
                None => found
                    .notice(format!("the key of {place} is in the variable {name}, which is not set here")),
            },
            None => found.key(&provider.api_key, &place),
        }
    }
    file.routes(&mut found);
    file.leftovers(&mut found);
    Ok(found)
}

// === impl File ===

impl File {
    fn routes(&self, found: &mut Found) {
        let from = self.router.get("longContextThreshold").and_then(Json::as_u64).unwrap_or(LONG_CONTEXT);
        let rule = |name, key, json| What::Rule { name, when: vec![(key, json)] };
        self.route("longContext", rule("long context", "min_tokens", json!(from)), found);
        self.route("image", rule("images", "has_image", json!(true)), found);
        self.route("background", rule("background", "model", json!("*haiku*")), found);
        self.route("webSearch", rule("web search", "web_search", json!(true)), found);
        self.route("think", rule("thinking", "thinking", json!(true)), found);
        self.route("default", What::Map(EVERY_CLAUDE.to_owned()), found);
        for key in self.router.keys() {
            if ![
                "longContext",
                "longContextThreshold",
                "image",
                "background",
                "webSearch",
                "think",
                "default",
            ]
            .contains(&key.as_str())
            {
                found.notice(format!("`Router.{key}` has no counterpart"));
            }
        }
    }

    /// One scenario: its model, then those of `fallback`.
    fn route(&self, scenario: &str, what: What, found: &mut Found) {
        let Some(first) = self.router.get(scenario).and_then(Json::as_str).filter(|it| !it.is_empty()) else {
            return;
        };
        let place = format!("`Router.{scenario}`");
        let more = self.fallback.get(scenario).and_then(Json::as_array).into_iter().flatten();
        let named = std::iter::once(first).chain(more.filter_map(Json::as_str));
        let mut targets = Vec::new();
        let mut settings = Vec::new();
        for (index, name) in named.enumerate() {
            match self.model(name) {
                Ok((provider, model)) => {
                    if targets.is_empty() {
                        settings = provider.settings(model, found);
                    }
                    targets.push(model.to_owned());
                }
                Err(why) => {
                    let what = if index == 0 { place.clone() } else { format!("a fallback of {place}") };
                    found.notice(format!("{what} names `{name}`, {why}"));
                }
            }
        }
        found.entry(what, targets, &format!("{place} of claude-code-router"));
        if let Some(entry) = found.entries.last_mut().filter(|entry| entry.place.starts_with(&place)) {
            entry.settings = settings;
        }
    }

    /// The provider and the model of `provider,model`.
    fn model<'a>(&'a self, name: &'a str) -> Result<(&'a Provider, &'a str), String> {
        let Some((provider, model)) = name.split_once(',') else {
            return Err("which is no `provider,model`".to_owned());
        };
        let provider = provider.trim();
        match self.providers.iter().find(|known| known.name.eq_ignore_ascii_case(provider)) {
            None => Err("whose provider is not in the file".to_owned()),
            Some(known) if !is_openrouter(&known.api_base_url) => {
                Err(format!("which is at another upstream than OpenRouter ({})", known.api_base_url))
            }
            Some(known) => Ok((known, model.trim())),
        }
    }

    fn leftovers(&self, found: &mut Found) {
        if self.script.as_deref().is_some_and(|path| !path.is_empty()) {
            found.notice(
                "the router script (`CUSTOM_ROUTER_PATH`) has no counterpart; rules cover its uses: they choose by class, \
                 kind of agent, tokens, images, thinking, web search, project and model",
            );
        }
        if !self.transformers.is_empty() {
            found.notice("transformers of your own (`transformers`) have no counterpart");
        }
        if self.rewrite.as_deref().is_some_and(|path| !path.is_empty()) {
            found
                .notice("`REWRITE_SYSTEM_PROMPT` has no counterpart: prompts go on as the client wrote them");
        }
        if self.proxy.as_deref().is_some_and(|url| !url.is_empty()) {
            found.notice("`PROXY_URL` is not taken over: set HTTPS_PROXY for the service");
        }
        if self.timeout.is_some() {
            found.notice("`API_TIMEOUT_MS` is not taken over: a map's `timeout_seconds` counts silence, not the whole answer");
        }
        for provider in self.providers.iter().filter(|provider| !is_openrouter(&provider.api_base_url)) {
            let Provider { name, api_base_url, .. } = provider;
            found.notice(format!(
                "the provider `{name}` ({api_base_url}) is another upstream than OpenRouter"
            ));
        }
    }
}

// === impl Provider ===

impl Provider {
    /// What its transformers ask for besides translation, which is built in.
    fn settings(&self, model: &str, found: &mut Found) -> Vec<(&'static str, Json)> {
        let own = self.transformer.get(model).and_then(|own| own.get("use"));
        let used =
            [self.transformer.get("use"), own].into_iter().flatten().filter_map(Json::as_array).flatten();
        let mut settings = Vec::new();
        for transformer in used {
            let (name, options) = match transformer {
                Json::String(name) => (name.as_str(), &Json::Null),
                Json::Array(pair) => (
                    pair.first().and_then(Json::as_str).unwrap_or_default(),
                    pair.get(1).unwrap_or(&Json::Null),
                ),
                _ => continue,
            };
            match name {
                "openrouter" if options.get("provider").is_some_and(Json::is_object) => {
                    settings.retain(|(key, _)| *key != "provider");
                    settings.push(("provider", options["provider"].clone()));
                }
                "maxtoken" if options.get("max_tokens").is_some_and(Json::is_u64) => {
                    settings.retain(|(key, _)| *key != "params");
                    settings.push(("params", json!({"max_tokens": options["max_tokens"]})));
                }
                name if PLAIN.contains(&name) => {}
                name => found.notice(format!(
                    "the transformer `{name}` has no counterpart; translation and the mending of tool calls are built in"
                )),
            }
        }
        settings
    }
}

/// The variable that `$NAME` or `${NAME}` stands for.
fn variable_of(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    Some(name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name))
}
