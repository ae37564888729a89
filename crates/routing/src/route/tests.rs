use turnpike_wire::account::Model;

use super::*;

fn map(name: &str, targets: &[&str]) -> Map {
    Map {
        name: name.to_owned(),
        targets: targets.iter().map(|t| (*t).to_owned()).collect(),
        mode: Mode::Auto,
        settings: 0,
    }
}

fn rule(name: &str, when: Condition, target: &str) -> Rule {
    Rule { name: name.to_owned(), when, targets: vec![target.to_owned()], mode: Mode::Auto, settings: 1 }
}

fn query(model: &str) -> Query<'_> {
    Query {
        model,
        class: Class::Main,
        agent_type: None,
        tokens: 1000,
        has_image: false,
        thinking: false,
        web_search: false,
        project: Some("/home/me/src/big/app"),
        client: None,
    }
}

fn routes() -> Routes {
    Routes {
        rules: vec![
            rule("small work", Condition { class: Some(Class::Auxiliary), ..Condition::default() }, "a/luna"),
            rule("long", Condition { min_tokens: Some(200_000), ..Condition::default() }, "a/long"),
            rule("pictures", Condition { has_image: Some(true), ..Condition::default() }, "a/eyes"),
            rule(
                "project",
                Condition { project: Some("/home/me/src/small".to_owned()), ..Condition::default() },
                "a/p",
            ),
            rule("client", Condition { client: Some("ci".to_owned()), ..Condition::default() }, "a/ci"),
        ],
        maps: vec![
            map("*opus*", &["a/terra", "a/deep", "a/terra"]),
            map("mine", &["qwen3-coder"]),
            map("old/one", &["a/one"]),
            map("old/*", &["a/new"]),
        ],
    }
}

fn first(query: &Query<'_>) -> String {
    match routes().plan(query, &Catalogue::default()) {
        Ok(plan) => plan.targets[0].slug.clone(),
        Err(error) => format!("none: {error}"),
    }
}

#[test]
fn rules_come_before_maps_and_maps_before_slugs() {
    for (label, query, target) in [
        ("a map by wildcard", query("claude-opus-5"), "a/terra"),
        ("the [1m] suffix is no part of the name", query("claude-opus-5[1m]"), "a/terra"),
        ("a map by name, its target a short name", query("mine"), "qwen/qwen3-coder-next"),
        ("a rule on class", Query { class: Class::Auxiliary, ..query("claude-opus-5") }, "a/luna"),
        ("a rule on size", Query { tokens: 200_000, ..query("claude-opus-5") }, "a/long"),
        ("a rule on images", Query { has_image: true, ..query("claude-opus-5") }, "a/eyes"),
        (
            "a rule on a folder",
            Query { project: Some("/home/me/src/small/x"), ..query("claude-opus-5") },
            "a/p",
        ),
        (
            "a folder with the same beginning",
            Query { project: Some("/home/me/src/smaller"), ..query("claude-opus-5") },
            "a/terra",
        ),
        ("a rule on the client", Query { client: Some("ci"), ..query("claude-opus-5") }, "a/ci"),
        ("a slug", query("z-ai/glm-5.2"), "z-ai/glm-5.2"),
        (
            "a slug that a wildcard for names would fit",
            query("anthropic/claude-opus-5"),
            "anthropic/claude-opus-5",
        ),
        (
            "a model of the picker that a wildcard for names would fit",
            query("claude-via-openrouter/anthropic/claude-opus-5"),
            "anthropic/claude-opus-5",
        ),
        ("a map for slugs", query("old/model"), "a/new"),
        ("a map for one slug", query("old/one"), "a/one"),
        ("a slug with a variant", query("z-ai/glm-5.2:nitro"), "z-ai/glm-5.2:nitro"),
        ("the cheapest provider", query("z-ai/glm-5.2:floor"), "z-ai/glm-5.2:floor"),
        ("the best at tools", query("claude-via-openrouter/z-ai/glm-5.2:exacto"), "z-ai/glm-5.2:exacto"),
        ("a free variant", query("z-ai/glm-5.2:free"), "z-ai/glm-5.2:free"),
        ("OpenRouter's own router", query("openrouter/auto"), "openrouter/auto"),
        ("an alias of the picker", query("claude-via-openrouter/z-ai/glm-5.2"), "z-ai/glm-5.2"),
        ("a short name", query("claude-sonnet"), "anthropic/claude-sonnet-5"),
        ("the default of a small model", query("claude-haiku-4-5-20251001"), "openai/gpt-5.6-luna"),
        ("the default of Anthropic's names", query("anthropic-something"), "openai/gpt-5.6-luna"),
    ] {
        assert_eq!(first(&query), target, "{label}");
    }
}

#[test]
fn a_target_is_never_tried_twice() {
    let plan = routes().plan(&query("claude-opus-5"), &Catalogue::default()).unwrap();
    assert_eq!(plan.decision.targets, ["a/terra", "a/deep"]);
}

#[test]
fn only_anthropics_own_models_are_native() {
    for (slug, mode, native) in [
        ("anthropic/claude-opus-5", Mode::Auto, true),
        ("~anthropic/claude-opus-latest", Mode::Auto, true),
        ("openai/gpt-5.6-terra", Mode::Auto, false),
        ("openai/gpt-5.6-terra", Mode::Native, true),
        ("anthropic/claude-opus-5", Mode::Translate, false),
    ] {
        assert_eq!(crate::plan::Target::new(slug, mode).native, native, "{slug} {mode:?}");
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let model = |id: &str| Model { id: id.to_owned(), ..Model::default() };
    let catalogue =
        Catalogue::new(["qwen/qwen3-coder-next", "z-ai/glm-5.2", "openai/gpt-5.6-terra"].map(model).to_vec());
    let error = routes().plan(&query("qwen3-codr"), &catalogue).unwrap_err();
    assert_eq!(error.nearest.len(), 3);
    assert!(
        error.to_string().starts_with("No model goes by the name `qwen3-codr`. Did you mean qwen3-coder, "),
        "{error}"
    );
}

#[test]
fn what_is_no_slug_is_refused() {
    let long = format!("a/{}", "b".repeat(2048));
    for name in ["../../etc/passwd", "a//b", "/a", "a/", "a b/c", "a/b\n", long.as_str(), "..", "gpt"] {
        assert!(routes().plan(&query(name), &Catalogue::default()).is_err(), "{name}");
    }
}

#[test]
fn a_verdict_goes_to_the_strong_target_only() {
    let of_class = |class| Condition { class: Some(class), ..Condition::default() };
    let own = |target| rule("own", of_class(Class::SafetyCheck), target);
    let with = |rules: Vec<Rule>, maps: Vec<Map>| Routes { rules, maps };
    let any = Condition { model: Some("*".to_owned()), ..Condition::default() };
    let small = || rule("small", of_class(Class::Auxiliary), "a/luna");
    let default = "openai/gpt-5.6-terra";
    for (label, routes, asked, target) in [
        ("the map of opus, without its fallbacks", routes(), "claude-haiku-4-5", "a/terra"),
        (
            "never a free model",
            with(vec![], vec![map("*", &["x/y:free", "x/z"])]),
            "claude-haiku-4-5",
            default,
        ),
        ("never a router", with(vec![], vec![map("*", &["openrouter/auto"])]), "claude-haiku-4-5", default),
        (
            "never the map of small names",
            with(vec![], vec![map("*haiku*", &["x/y"])]),
            "claude-haiku-4-5",
            default,
        ),
        (
            "never the model for small work",
            with(vec![small()], vec![map("*", &["a/luna"])]),
            "claude-opus-5",
            default,
        ),
        ("its own rule", with(vec![small(), own("a/judge")], vec![]), "claude-haiku-4-5", "a/judge"),
        (
            "not by a rule that names no class",
            with(vec![rule("all", any, "a/cheap")], vec![]),
            "claude-opus-5",
            default,
        ),
        ("its own rule, naming a free model", with(vec![own("a/b:free")], vec![]), "claude-opus-5", default),
        ("a slug", with(vec![], vec![]), "z-ai/glm-5.2", "z-ai/glm-5.2"),
        ("a free slug", with(vec![], vec![]), "z-ai/glm-5.2:free", default),
        ("the slug for small work", with(vec![small()], vec![]), "a/luna", default),
        ("the slug of small names", with(vec![], vec![map("*haiku*", &["x/y"])]), "x/y", default),
        (
            "sonnet's where opus has none",
            with(vec![], vec![map("*sonnet*", &["x/s"])]),
            "claude-haiku-4-5",
            "x/s",
        ),
    ] {
        let verdict = Query { class: Class::SafetyCheck, ..query(asked) };
        let plan = routes.plan(&verdict, &Catalogue::default()).unwrap();
        assert_eq!(plan.decision.targets, [target], "{label}");
    }
}

#[test]
fn a_verdicts_fallback_is_at_least_as_dear_and_what_was_overridden_is_told() {
    let model = |id: &str, price: i64| Model {
        id: id.to_owned(),
        pricing: turnpike_wire::account::Pricing {
            prompt: Some(turnpike_wire::money::NanoUsd(price)),
            completion: Some(turnpike_wire::money::NanoUsd(price)),
            ..Default::default()
        },
        ..Model::default()
    };
    let catalogue = Catalogue::new(vec![model("a/judge", 5), model("a/dear", 6), model("a/cheap", 4)]);
    let when = Condition { class: Some(Class::SafetyCheck), ..Condition::default() };
    let mut own = rule("own", when, "a/judge");
    own.targets.extend(["a/cheap", "a/dear", "a/unknown"].map(str::to_owned));
    let everything =
        rule("all", Condition { model: Some("*".to_owned()), ..Condition::default() }, "a/cheap");
    let routes = Routes { rules: vec![everything, own], maps: Vec::new() };
    let verdict = Query { class: Class::SafetyCheck, ..query("claude-opus-5") };
    let plan = routes.plan(&verdict, &catalogue).unwrap();
    let slugs: Vec<&str> = plan.targets.iter().map(|target| target.slug.as_str()).collect();
    assert_eq!(slugs, ["a/judge", "a/dear"]);
    assert_eq!(plan.decision.passed.len(), 2);
    assert_eq!(plan.decision.overridden.as_deref(), Some("all"));
}

#[test]
fn what_is_offered_has_no_wildcards() {
    let routes = routes();
    let (names, targets) = routes.offered();
    assert_eq!(names, ["mine", "old/one"]);
    assert_eq!(targets[..3], ["a/terra", "a/deep", "qwen/qwen3-coder-next"]);
}
