//! What a client of the data plane needs in its environment.

use turnpike_api::SecretText;
use turnpike_api::command::{EnvironmentReply, Variable};
use turnpike_routing::{Catalogue, Class, Map, Mode, Query, Routes, nearest};
use turnpike_settings::Config;
use turnpike_settings::config::{Destination, RequestClass};

use crate::core::Core;

/// The smallest window that Claude Code takes.
const LEAST_WINDOW: u64 = 100_000;
/// How many names are told that come near a wrong one.
const NEAREST: usize = 3;
/// Names by which Claude Code asks for the models of its conversations.
const ROLES: [&str; 4] = ["claude-opus-5", "claude-fable-5", "claude-sonnet-5", "claude-haiku-4-5"];

/// The environment of a client, which asks for `model` or else for Claude's own names. The window is told only where
/// the catalogue knows it.
#[must_use]
pub fn of_client(
    base_url: &str,
    token: &str,
    model: Option<&str>,
    config: &Config,
    catalogue: &Catalogue,
) -> EnvironmentReply {
    let mut variables = vec![
        variable("ANTHROPIC_BASE_URL", base_url),
        variable("ANTHROPIC_AUTH_TOKEN", token),
        // Empty, not absent: a key of Anthropic's that is set would win, or be warned about.
        variable("ANTHROPIC_API_KEY", ""),
        variable("CLAUDE_CODE_GATEWAY_HINT_HEADERS", "1"),
        variable("CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", "1"),
    ];
    variables.extend(model.map(|model| variable("ANTHROPIC_MODEL", model)));
    let (window, warnings) = smallest_window(&targets(config, model), catalogue);
    if let Some(window) = window {
        variables.push(variable("CLAUDE_CODE_AUTO_COMPACT_WINDOW", &window.to_string()));
    }
    EnvironmentReply { variables, warnings }
}

/// What the running service tells its clients.
pub(crate) fn of_service(core: &Core, model: Option<&str>) -> EnvironmentReply {
    let token = core.token();
    let config = core.config.now().config;
    let catalogue = core.catalogue.get();
    let mut reply = of_client(&core.data_plane_url(), token.secret().expose(), model, &config, &catalogue);
    let is_fetched = core.catalogue.fetched().is_some();
    reply.warnings.extend(model.and_then(|model| unknown(&config, model, &catalogue, is_fetched)));
    reply
}

/// What is wrong with a name that the client shall ask for: it leads nowhere, or to what OpenRouter does not offer, as far
/// as its catalogue was fetched.
fn unknown(config: &Config, model: &str, catalogue: &Catalogue, is_fetched: bool) -> Option<String> {
    let plan = match routes(config).plan(&Query::plain(model, Class::Main), catalogue) {
        Ok(plan) => plan,
        // A rule may take it, whatever its name.
        Err(_) if !config.rules.is_empty() => return None,
        Err(nowhere) => return Some(nowhere.to_string().trim_end_matches('.').to_owned()),
    };
    let slug = &plan.targets.first()?.slug;
    if !is_fetched || catalogue.has(slug) {
        return None;
    }
    let offered = catalogue.models().iter().map(|model| model.id.as_str());
    let near = nearest(slug, offered, NEAREST).join(", ");
    Some(format!(
        "{slug} is not in OpenRouter's catalogue; near it: {near}. `turnpike models search` finds others"
    ))
}

fn variable(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: SecretText::new(value.to_owned()) }
}

/// The smallest window among these models, and a warning for each that is too small to be told to the client.
fn smallest_window(slugs: &[String], catalogue: &Catalogue) -> (Option<u64>, Vec<String>) {
    let mut smallest = None;
    let mut warnings = Vec::new();
    for slug in slugs {
        let Some(window) = catalogue.find(slug).and_then(|model| model.context_length) else { continue };
        if window < LEAST_WINDOW {
            warnings.push(format!(
                "{slug} takes {window} tokens, less than Claude Code needs for a conversation ({LEAST_WINDOW}): map \
                 its name to a model with a larger window"
            ));
        } else {
            smallest = Some(smallest.map_or(window, |least: u64| least.min(window)));
        }
    }
    (smallest, warnings)
}

/// Where a request of the main conversation for that name goes first; `None` when no map and no short name knows it.
#[must_use]
pub fn leads_to(config: &Config, model: &str) -> Option<String> {
    reached(&routes(config), model)?.into_iter().next()
}

fn routes(config: &Config) -> Routes {
    let maps = config.maps.iter().map(|map| Map {
        name: map.name.clone(),
        targets: all_of(&map.to).map(str::to_owned).collect(),
        mode: Mode::Auto,
        settings: 0,
    });
    Routes { rules: Vec::new(), maps: maps.collect() }
}

/// Slugs that the main conversation and sub-agents can reach.
fn targets(config: &Config, model: Option<&str>) -> Vec<String> {
    let routes = routes(config);
    let literal = config.maps.iter().map(|map| map.name.as_str()).filter(|name| !name.contains('*'));
    let by_name =
        ROLES.into_iter().chain(literal).chain(model).filter_map(|name| reached(&routes, name)).flatten();
    let conversation = |class| matches!(class, RequestClass::Main | RequestClass::Subagent);
    let rules = config.rules.iter().filter(|rule| rule.when.class.is_none_or(conversation));
    // A rule's target may be a short name, which routing resolves.
    let by_rule =
        rules.flat_map(|rule| all_of(&rule.to)).filter_map(|name| reached(&Routes::default(), name));
    let mut slugs: Vec<String> = by_name.chain(by_rule.flatten()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    slugs
}

fn all_of(to: &Destination) -> impl Iterator<Item = &str> {
    std::iter::once(&to.target).chain(&to.fallback).map(String::as_str)
}

/// Where a conversation that asks for that name may end up.
fn reached(routes: &Routes, name: &str) -> Option<Vec<String>> {
    let query = Query {
        model: name,
        class: Class::Main,
        agent_type: None,
        tokens: 0,
        has_image: false,
        thinking: false,
        web_search: false,
        project: None,
        client: None,
    };
    let plan = routes.plan(&query, &Catalogue::default()).ok()?;
    Some(plan.targets.into_iter().map(|target| target.slug).collect())
}

#[cfg(test)]
mod tests {
    use turnpike_wire::account::Model;

    use super::*;

    fn catalogue() -> Catalogue {
        let model = |(id, window): &(&str, u64)| Model {
            id: (*id).to_owned(),
            context_length: Some(*window),
            ..Model::default()
        };
        let models = [
            ("openai/gpt-5.6-terra", 400_000),
            ("openai/gpt-5.6-luna", 300_000),
            ("z-ai/glm-5.2", 200_000),
            ("tiny/model", 32_000),
        ];
        Catalogue::new(models.iter().map(model).collect())
    }

    fn config(text: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path).unwrap().config
    }

    fn window(reply: &EnvironmentReply) -> Option<&str> {
        let found = reply.variables.iter().find(|v| v.name == "CLAUDE_CODE_AUTO_COMPACT_WINDOW");
        found.map(|variable| variable.value.expose())
    }

    #[test]
    fn the_smallest_window_that_conversations_can_reach_is_told() {
        let rows = [
            ("nothing configured", "", Some("300000")),
            ("a map", "[[map]]\nname = \"*opus*\"\ntarget = \"z-ai/glm-5.2\"\n", Some("200000")),
            (
                "a fallback",
                "[[map]]\nname = \"*\"\ntarget = \"openai/gpt-5.6-terra\"\nfallback = [\"glm\"]\n",
                Some("200000"),
            ),
            ("all mapped", "[[map]]\nname = \"*\"\ntarget = \"openai/gpt-5.6-terra\"\n", Some("400000")),
            ("unknown model", "[[map]]\nname = \"*\"\ntarget = \"who/knows\"\n", None),
            ("too small", "[[map]]\nname = \"*\"\ntarget = \"tiny/model\"\n", None),
            (
                "a rule for small work",
                "[[rule]]\nwhen = { class = \"auxiliary\" }\ntarget = \"z-ai/glm-5.2\"\n",
                Some("300000"),
            ),
            (
                "a rule for sub-agents",
                "[[rule]]\nwhen = { class = \"subagent\" }\ntarget = \"glm\"\n",
                Some("200000"),
            ),
        ];
        for (name, text, expected) in rows {
            let reply = of_client("http://127.0.0.1:4117", "tp-x", None, &config(text), &catalogue());
            assert_eq!(window(&reply), expected, "{name}");
            assert_eq!(
                reply.warnings.len(),
                usize::from(name == "too small"),
                "{name}: {:?}",
                reply.warnings
            );
        }
    }

    #[test]
    fn a_model_that_is_asked_for_counts_too() {
        let reply = of_client("http://127.0.0.1:4117", "tp-x", Some("glm"), &config(""), &catalogue());
        assert_eq!(window(&reply), Some("200000"));
        let named = reply.variables.iter().find(|variable| variable.name == "ANTHROPIC_MODEL");
        assert_eq!(named.map(|variable| variable.value.expose()), Some("glm"));
    }

    #[test]
    fn nothing_that_shows_a_blocking_dialog_is_exported() {
        let reply =
            of_client("http://127.0.0.1:4117", "tp-x", None, &Config::default(), &Catalogue::default());
        let names: Vec<&str> = reply.variables.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "ANTHROPIC_BASE_URL",
                "ANTHROPIC_AUTH_TOKEN",
                "ANTHROPIC_API_KEY",
                "CLAUDE_CODE_GATEWAY_HINT_HEADERS",
                "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY",
            ]
        );
    }

    #[test]
    fn a_name_that_leads_nowhere_is_told_with_those_near_it() {
        let mapped = config("[[map]]\nname = \"mine\"\ntarget = \"z-ai/glm-5.2\"\n");
        let ruled =
            config("[[rule]]\nname = \"all\"\ntarget = \"z-ai/glm-5.2\"\nwhen = { class = \"main\" }\n");
        let (terra, mine) = ("openai/gpt-5.6-terra", "mine");
        for (config, model, fetched, told) in [
            (&mapped, mine, true, None),
            (&mapped, terra, true, None),
            (&mapped, "claude-via-openrouter/openai/gpt-5.6-terra", true, None),
            (&mapped, "openai/gpt-5.6-terra:nitro", true, None),
            (&mapped, "gpt-5.6-tera", true, Some(terra)),
            (&mapped, "gpt-5.6-tera", false, Some(terra)),
            (&mapped, "openai/gpt-5.6-tera", true, Some(terra)),
            (&mapped, "openai/gpt-5.6-tera", false, None),
            (&ruled, "gpt-5.6-tera", true, None),
        ] {
            let words = unknown(config, model, &catalogue(), fetched);
            let found = words.as_deref().map(|words| words.contains(told.unwrap_or("?")));
            assert_eq!(found, told.map(|_| true), "{model} {fetched}: {words:?}");
            assert!(words.is_none_or(|words| !words.ends_with('.')), "who prints it ends it");
        }
    }
}
