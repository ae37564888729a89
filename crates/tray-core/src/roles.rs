//! Claude's roles: which model answers for each, which ones a menu offers, and the edit that chooses another. Pure.

use turnpike_api::command::{RouteValue, RoutesReply, SaveRoute};

use crate::facts::{Extras, model_name};
use crate::menu::{Choice, Role};

/// Claude's names for its models, which the roles are called by.
const ROLES: [(&str, &str); 3] = [("opus", "Opus"), ("sonnet", "Sonnet"), ("haiku", "Haiku")];
/// Models that a role offers at most.
const MOST_CHOICES: usize = 8;
/// The value of a map that says where it leads.
const TARGET: &str = "target";

/// The roles, with who answers for each.
pub(crate) fn roles(extras: &Extras) -> Vec<Role> {
    let role = |(name, title): (&str, &str)| {
        let answer = extras.answers.iter().find(|answer| answer.id == name)?;
        let choice = |slug: &str| Choice {
            name: slug.to_owned(),
            title: model_name(slug, &extras.models),
            is_current: slug == answer.slug,
        };
        Some(Role {
            name: name.to_owned(),
            title: title.to_owned(),
            target: model_name(&answer.slug, &extras.models),
            choices: offered(name, extras).into_iter().map(choice).collect(),
        })
    };
    ROLES.into_iter().filter_map(role).collect()
}

/// Slugs to choose from for a role: those that answer now, those that maps name, then those that presets have for it.
fn offered<'a>(role: &str, extras: &'a Extras) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    let is_role = |id: &str| ROLES.iter().any(|(name, _)| *name == id);
    let answers = extras.answers.iter().filter(|answer| is_role(&answer.id)).map(|answer| &answer.slug);
    let targets = extras.maps.iter().map(|map| &map.target);
    let fallbacks = extras.maps.iter().flat_map(|map| &map.fallback);
    let presets = extras.presets.iter().flat_map(|preset| &preset.roles);
    let of_role = presets.filter(|of| of.role == role).map(|of| &of.slug);
    for slug in answers.chain(targets).chain(fallbacks).chain(of_role) {
        if !all.contains(&slug.as_str()) {
            all.push(slug);
        }
    }
    all.truncate(MOST_CHOICES);
    all
}

/// The edit after which `target` answers for a role: its own map is changed where it stands, or made as the first.
/// `None` when there is no such role, or nothing to change.
#[must_use]
pub fn choose(role: &str, target: &str, routes: &RoutesReply) -> Option<SaveRoute> {
    let answer = routes.roles.iter().find(|answer| answer.id == role && answer.slug != target)?;
    let target = RouteValue { name: TARGET.to_owned(), json: serde_json::Value::from(target).to_string() };
    let mut values = match answer.at {
        Some(at) => routes.maps.get(at)?.values.clone(),
        None => answer.own.clone(),
    };
    match values.iter_mut().find(|value| value.name == TARGET) {
        Some(value) => *value = target,
        None => values.push(target),
    }
    let revision = routes.revision.clone();
    Some(SaveRoute { revision, list: answer.list, at: answer.at, before: Some(0), values })
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::{MapEntry, Preset, PresetRole, RoleAnswer, Route, RouteList};

    use super::*;

    fn answer(id: &str, slug: &str, at: Option<usize>) -> RoleAnswer {
        RoleAnswer {
            id: id.to_owned(),
            slug: slug.to_owned(),
            fallback: vec![],
            by: if at.is_some() { "map" } else { "default" }.to_owned(),
            name: None,
            list: RouteList::Map,
            at,
            own: vec![value("name", &format!("*{id}*"))],
        }
    }

    fn value(name: &str, text: &str) -> RouteValue {
        RouteValue { name: name.to_owned(), json: format!("{text:?}") }
    }

    #[test]
    fn each_role_has_its_model_and_those_to_choose_from() {
        let map = MapEntry {
            name: "*opus*".to_owned(),
            target: "openai/gpt-5.6-terra".to_owned(),
            fallback: vec!["z-ai/glm-5.2".to_owned()],
            conformance: None,
        };
        let preset = Preset {
            name: "free".to_owned(),
            about: String::new(),
            is_in_use: false,
            roles: vec![preset_role("opus", "a/free"), preset_role("haiku", "b/free")],
            notices: vec![],
        };
        let extras = Extras {
            maps: vec![map],
            answers: vec![
                answer("opus", "openai/gpt-5.6-terra", Some(0)),
                answer("haiku", "openai/gpt-5.6-luna", None),
                answer("subagent", "who/else", None),
            ],
            presets: vec![preset],
            ..Extras::default()
        };
        let told = roles(&extras);
        let titles: Vec<(&str, &str)> = told.iter().map(|role| (&*role.title, &*role.target)).collect();
        assert_eq!(titles, [("Opus", "gpt-5.6-terra"), ("Haiku", "gpt-5.6-luna")]);
        let choices: Vec<(&str, bool)> =
            told[0].choices.iter().map(|choice| (&*choice.name, choice.is_current)).collect();
        let expected = [
            ("openai/gpt-5.6-terra", true),
            ("openai/gpt-5.6-luna", false),
            ("z-ai/glm-5.2", false),
            ("a/free", false),
        ];
        assert_eq!(choices, expected);
    }

    fn preset_role(role: &str, slug: &str) -> PresetRole {
        PresetRole {
            role: role.to_owned(),
            slug: slug.to_owned(),
            input_nanos_per_million: None,
            output_nanos_per_million: None,
            claude_input_nanos_per_million: None,
            claude_output_nanos_per_million: None,
        }
    }

    #[test]
    fn a_role_gets_its_model_in_a_map_of_its_own() {
        let own = Route {
            values: vec![value("name", "*opus*"), value("target", "a/b"), value("params.seed", "1")],
            conformance: None,
        };
        let routes = RoutesReply {
            revision: "r".to_owned(),
            maps: vec![Route { values: vec![], conformance: None }, own],
            rules: vec![],
            roles: vec![answer("opus", "a/b", Some(1)), answer("haiku", "c/d", None)],
        };
        let edit = |at, values| SaveRoute {
            revision: "r".to_owned(),
            list: RouteList::Map,
            at,
            before: Some(0),
            values,
        };
        let changed = vec![value("name", "*opus*"), value("target", "x/y"), value("params.seed", "1")];
        assert_eq!(choose("opus", "x/y", &routes), Some(edit(Some(1), changed)));
        let made = vec![value("name", "*haiku*"), value("target", "x/y")];
        assert_eq!(choose("haiku", "x/y", &routes), Some(edit(None, made)));
        assert_eq!(choose("opus", "a/b", &routes), None, "it answers already");
        assert_eq!(choose("sonnet", "x/y", &routes), None, "no such role");
    }
}
