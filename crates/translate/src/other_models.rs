//! What in a body leads to other models than the one it is asked of: OpenRouter takes a list of fallbacks, a preset
//! of the account, and tools that ask a model of their own. All of it passes where nothing is translated, so whoever
//! bounds the models of a client must look for it.

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::text::Text;

use crate::members::Members;

/// Members that name models or stand for some.
const MEMBERS: [&str; 3] = ["models", "fallbacks", "preset"];
/// Tools and plug-ins that ask a model of their own; Anthropic's carry a date behind the name.
const TOOLS: [&str; 5] = [
    "openrouter:advisor",
    "openrouter:subagent",
    "openrouter:fusion",
    "openrouter:image_generation",
    "advisor_",
];
const PLUGINS: [&str; 1] = ["fusion"];

/// A tool or a plug-in.
#[derive(Default, Deserialize)]
struct Extra<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

/// The first thing in a body that leads to other models, by the name of its place; `None` when nothing does.
#[must_use]
pub fn other_models(body: &[u8]) -> Option<String> {
    let members: Members<'_> = serde_json::from_slice(body).ok()?;
    members.0.into_iter().find_map(|(name, value)| match name.as_str() {
        name if MEMBERS.contains(&name) => (!is_empty(value)).then(|| name.to_owned()),
        "tools" => extras(value).find_map(|tool| {
            let kind = tool.kind?;
            TOOLS.iter().any(|known| kind.starts_with(known)).then(|| format!("tools ({kind})"))
        }),
        "plugins" => extras(value).find_map(|plugin| {
            let id = plugin.id?;
            PLUGINS.contains(&&*id).then(|| format!("plugins ({id})"))
        }),
        _ => None,
    })
}

fn is_empty(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "[]" | "\"\"")
}

fn extras(value: &RawValue) -> impl Iterator<Item = Extra<'_>> {
    let list: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    list.into_iter().map(|raw| serde_json::from_str(raw.get()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_leads_to_another_model_is_seen() {
        for (body, found) in [
            (r#"{"model":"a/b","messages":[]}"#, None),
            (r#"{"models":["x/y"],"model":"a/b"}"#, Some("models")),
            (r#"{"model":"a/b","models":[],"preset":null,"fallbacks":[]}"#, None),
            (r#"{"fallbacks":[{"model":"x/y"}]}"#, Some("fallbacks")),
            (r#"{"preset":"mine"}"#, Some("preset")),
            (
                r#"{"tools":[{"type":"function"},{"type":"openrouter:subagent"}]}"#,
                Some("tools (openrouter:subagent)"),
            ),
            (
                r#"{"tools":[{"type":"advisor_20260301","model":"claude-opus-5"}]}"#,
                Some("tools (advisor_20260301)"),
            ),
            (r#"{"tools":[{"type":"openrouter:web_search"},{"name":"advisor"}, 7]}"#, None),
            (r#"{"plugins":[{"id":"web"},{"id":"fusion"}]}"#, Some("plugins (fusion)")),
            (r#"{"messages":[{"role":"user","content":"models, preset, openrouter:fusion"}]}"#, None),
            ("no JSON", None),
        ] {
            assert_eq!(other_models(body.as_bytes()).as_deref(), found, "{body}");
        }
    }
}
