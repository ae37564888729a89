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
        maps: vec![map("*opus*", &["a/terra", "a/deep", "a/terra"]), map("mine", &["qwen3-coder"])],
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
        ("a slug with a variant", query("z-ai/glm-5.2:nitro"), "z-ai/glm-5.2:nitro"),
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
    let free = Routes { rules: Vec::new(), maps: vec![map("*", &["x/y:free", "x/z"])] };
    let verdict = Query { class: Class::SafetyCheck, ..query("claude-haiku-4-5") };
    let target = |routes: &Routes| routes.plan(&verdict, &Catalogue::default()).unwrap().decision.targets;
    assert_eq!(target(&routes()), ["a/terra"], "the map of opus, without its fallbacks");
    assert_eq!(target(&free), ["openai/gpt-5.6-terra"], "never a free model");
}

#[test]
fn what_is_offered_has_no_wildcards() {
    let routes = routes();
    let (names, targets) = routes.offered();
    assert_eq!(names, ["mine"]);
    assert_eq!(targets[..3], ["a/terra", "a/deep", "qwen/qwen3-coder-next"]);
}
