use proptest::prelude::*;
use turnpike_routing::{Catalogue, Query, is_free};
use turnpike_settings::ConfigFile;
use turnpike_wire::account::Model;

use super::*;

/// Models that configurations are made of: strong, small, free, routers, a short name.
const MODELS: [&str; 9] = [
    "openai/gpt-5.6-terra",
    "openai/gpt-5.6-luna",
    "gpt-luna",
    "a/strong",
    "a/small",
    "a/small:nitro",
    "poolside/laguna-s-2.1:free",
    "openrouter/free",
    "openrouter/auto",
];
const NAMES: [&str; 6] = ["*", "*opus*", "*haiku*", "claude-*", "*sonnet*", "a/*"];
const CONDITIONS: [&str; 9] = [
    "class = \"safety_check\"",
    "class = \"safety_check\", model = \"*haiku*\"",
    "class = \"auxiliary\"",
    "class = \"side_reply\"",
    "class = \"main\"",
    "model = \"*\"",
    "min_tokens = 0",
    "has_image = false",
    "thinking = false",
];

fn models() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&MODELS[..]), 1..4)
}

fn destination(models: &[&str]) -> String {
    let quoted: Vec<String> = models.iter().map(|model| format!("{model:?}")).collect();
    format!("target = {}\nfallback = [{}]\n", quoted[0], quoted[1..].join(", "))
}

/// The text of a configuration, good or bad.
fn text() -> impl Strategy<Value = String> {
    let map = (prop::sample::select(&NAMES[..]), models());
    let rule = (prop::sample::select(&CONDITIONS[..]), models());
    (prop::collection::vec(map, 0..4), prop::collection::vec(rule, 0..4)).prop_map(|(maps, rules)| {
        let map =
            |(name, models): (&str, Vec<&str>)| format!("[[map]]\nname = {name:?}\n{}", destination(&models));
        let rule = |(when, models): (&str, Vec<&str>)| {
            format!("[[rule]]\nwhen = {{ {when} }}\n{}", destination(&models))
        };
        maps.into_iter().map(map).chain(rules.into_iter().map(rule)).collect()
    })
}

fn load(text: &str) -> Option<Config> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    ConfigFile::new(path).load().ok().map(|loaded| loaded.config)
}

fn catalogue() -> Catalogue {
    let priced = |id: &str, price| Model {
        id: id.to_owned(),
        pricing: Pricing {
            prompt: Some(NanoUsd(price)),
            completion: Some(NanoUsd(price)),
            ..Pricing::default()
        },
        ..Model::default()
    };
    Catalogue::new(vec![priced("openai/gpt-5.6-terra", 9), priced("a/strong", 9), priced("a/small", 1)])
}

proptest! {
    #[test]
    fn no_configuration_that_loads_sends_a_safety_check_to_a_free_or_small_model(
        text in text(),
        asked in prop::sample::select(&[
            "claude-haiku-4-5", "claude-opus-5", "claude-sonnet-5", "anything", "a/small", "openrouter/free",
            "poolside/laguna-s-2.1:free", "openai/gpt-5.6-luna",
        ][..]),
        known in any::<bool>(),
    ) {
        let Some(config) = load(&text) else { return Ok(()) };
        let routes = routing(&config).routes;
        let catalogue = if known { catalogue() } else { Catalogue::default() };
        let query = Query {
            model: asked,
            class: Class::SafetyCheck,
            agent_type: None,
            tokens: 10,
            has_image: false,
            thinking: false,
            web_search: false,
            project: None,
            client: None,
        };
        let plan = routes.plan(&query, &catalogue).unwrap();
        prop_assert!(!plan.targets.is_empty());
        let small = |rule: &&Rule| rule.when.class.is_some_and(Class::is_small_work);
        let small: Vec<&str> = routes.rules.iter().filter(small).flat_map(|rule| &rule.targets).map(|it| it.as_str()).collect();
        for target in &plan.targets {
            prop_assert!(!is_free(&target.slug), "{} for\n{}", target.slug, text);
            if plan.settings.is_some() {
                prop_assert_eq!(turnpike_routing::is_unsafe(&target.slug, small.iter().copied()), None, "{}", &text);
            }
        }
        let price = |slug: &str| catalogue.find(slug).and_then(|model| model.pricing.prompt);
        for fallback in &plan.targets[1..] {
            prop_assert!(price(&fallback.slug) >= price(&plan.targets[0].slug), "{}", &text);
        }
    }
}

#[test]
fn a_rule_that_would_loosen_it_is_refused_with_its_line() {
    let small = "[[rule]]\nwhen = { class = \"auxiliary\" }\ntarget = \"gpt-luna\"\n";
    for (label, target, why) in [
        ("free", "a/b:free", "a free model"),
        ("a router", "openrouter/auto", "a router"),
        ("small work", "openai/gpt-5.6-luna", "small work"),
    ] {
        let rule = format!("{small}[[rule]]\nwhen = {{ class = \"safety_check\" }}\ntarget = {target:?}\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, rule).unwrap();
        let error = ConfigFile::new(path).load().unwrap_err().to_string();
        assert!(error.contains("line 6") && error.contains(why), "{label}: {error}");
    }
}

#[test]
fn what_a_map_says_of_providers_goes_out_in_openrouters_words() {
    let text = r#"
[[map]]
name = "mine"
target = "a/b"
[map.provider]
order = ["deepinfra", "together"]
only = ["deepinfra"]
ignore = ["azure"]
allow_fallbacks = false
require_parameters = true
data_collection = "deny"
zdr = true
quantizations = ["fp8", "bf16"]
sort = "exacto"
max_price = { prompt = 2, completion = 10.5 }
"#;
    let config = load(text).unwrap();
    let sent = overrides(&config.maps[0].to).provider.unwrap();
    let sent: Value = serde_json::from_str(sent.get()).unwrap();
    let wanted = serde_json::json!({
        "order": ["deepinfra", "together"], "only": ["deepinfra"], "ignore": ["azure"], "allow_fallbacks": false,
        "require_parameters": true, "data_collection": "deny", "zdr": true, "quantizations": ["fp8", "bf16"],
        "sort": "exacto", "max_price": {"prompt": 2.0, "completion": 10.5},
    });
    assert_eq!(sent, wanted);
    assert!(
        overrides(&conf::Destination::default()).provider.is_none(),
        "nothing is said where nothing is preferred"
    );
}
