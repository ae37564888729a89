//! Maps and rules in full, as forms show and change them, and who answers for Claude's roles.

use serde_json::Value as Json;
use turnpike_api::command::{
    Edited, MoveRoute, RemoveRoute, RoleAnswer, Route, RouteList, RouteValue, RoutesReply, SaveRoute,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_routing::{Class, Reason};
use turnpike_settings::config::{self as conf, Problem, Value};
use turnpike_settings::{ConfigEdit, EditError};

use crate::config_edit::{api_error, edit, edit_file};
use crate::core::Core;
use crate::probe;

/// The mark of a preset. An entry that a person changes is the person's own, and no preset takes it away again.
const MARK: &str = "preset";

/// A role of Claude's: how requests of it look, and which entry of the configuration is its own.
struct Role {
    id: &'static str,
    /// A name by which Claude Code asks.
    example: &'static str,
    class: Class,
    list: RouteList,
    /// Name of the value that makes an entry its own, and that value.
    own: (&'static str, &'static str),
}

const ROLES: [Role; 5] = [
    Role {
        id: "opus",
        example: "claude-opus-5",
        class: Class::Main,
        list: RouteList::Map,
        own: ("name", "*opus*"),
    },
    Role {
        id: "sonnet",
        example: "claude-sonnet-5",
        class: Class::Main,
        list: RouteList::Map,
        own: ("name", "*sonnet*"),
    },
    Role {
        id: "haiku",
        example: "claude-haiku-4-5",
        class: Class::Main,
        list: RouteList::Map,
        own: ("name", "*haiku*"),
    },
    Role {
        id: "subagent",
        example: "claude-opus-5",
        class: Class::Subagent,
        list: RouteList::Rule,
        own: ("when.class", "subagent"),
    },
    Role {
        id: "safety_check",
        example: "claude-opus-5",
        class: Class::SafetyCheck,
        list: RouteList::Rule,
        own: ("when.class", "safety_check"),
    },
];

/// All maps and rules of the file, and who answers for the roles by what is in force. Blocks on the disk.
pub(crate) fn list(core: &Core) -> Result<RoutesReply, ApiError> {
    let loaded = core.config.file().load().map_err(|error| api_error(&error.into()))?;
    let probed = probe::all(&core.data_dir.conformance());
    let routes = |list: RouteList| -> Vec<Route> {
        let entries = of(list).read(&loaded.text).into_iter().map(|values| {
            let target =
                values.iter().find(|(name, _)| name == "target").and_then(|(_, value)| value.as_str());
            Route {
                conformance: target
                    .and_then(|target| probed.get(turnpike_routing::resolve(target)))
                    .map(probe::summary),
                values: values.iter().map(|(name, value)| told(name, &json(value))).collect(),
            }
        });
        entries.collect()
    };
    let (maps, rules) = (routes(RouteList::Map), routes(RouteList::Rule));
    let answers = ROLES.iter().filter_map(|role| {
        let own = if role.list == RouteList::Map { &maps } else { &rules };
        answer(core, role, own)
    });
    let roles = answers.collect();
    Ok(RoutesReply { revision: loaded.revision.as_str().to_owned(), maps, rules, roles })
}

fn answer(core: &Core, role: &Role, routes: &[Route]) -> Option<RoleAnswer> {
    let plan = core.proxy.plan(role.example, role.class)?;
    let (by, name) = match plan.decision.reason {
        Reason::Rule { rule } => ("rule", Some(rule)),
        Reason::Map { map } => ("map", Some(map)),
        _ => ("default", None),
    };
    let mut slugs = plan.targets.into_iter().map(|target| target.slug);
    let (condition, is) = role.own;
    let own = Json::from(is).to_string();
    let is_own = |route: &Route| {
        let of_rule = |value: &&RouteValue| value.name.starts_with("when.");
        let holds = route.values.iter().any(|value| value.name == condition && value.json == own);
        // A rule with a second condition is for some of the role's requests only.
        holds && route.values.iter().filter(of_rule).count() <= 1
    };
    Some(RoleAnswer {
        id: role.id.to_owned(),
        slug: slugs.next()?,
        fallback: slugs.collect(),
        by: by.to_owned(),
        name,
        list: role.list,
        at: routes.iter().position(is_own),
        own: vec![told(condition, &Json::from(is))],
    })
}

pub(crate) fn save(core: &Core, asked: &SaveRoute) -> Result<Edited, ApiError> {
    let mut values = Vec::new();
    for value in asked.values.iter().filter(|value| value.name != MARK) {
        values.push((value.name.clone(), written(value)?));
    }
    let list = of(asked.list);
    let change = ConfigEdit::PutRoute { list, at: asked.at, before: asked.before, values };
    edit_file(core, &asked.revision, &change).map_err(|error| of_field(list, &error))
}

pub(crate) fn remove(core: &Core, asked: &RemoveRoute) -> Result<Edited, ApiError> {
    let path = format!("{}[{}]", of(asked.list).as_str(), asked.at);
    edit(core, &asked.revision, &ConfigEdit::Unset { path })
}

pub(crate) fn shift(core: &Core, asked: &MoveRoute) -> Result<Edited, ApiError> {
    edit(core, &asked.revision, &ConfigEdit::MoveRoute { list: of(asked.list), at: asked.at, to: asked.to })
}

const fn of(list: RouteList) -> conf::RouteList {
    match list {
        RouteList::Map => conf::RouteList::Maps,
        RouteList::Rule => conf::RouteList::Rules,
    }
}

fn told(name: &str, json: &Json) -> RouteValue {
    RouteValue { name: name.to_owned(), json: json.to_string() }
}

/// A value of the file as JSON. Dates are none of ours, and shown as they are written.
fn json(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Boolean(is) => Json::from(*is.value()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::from(*number.value()),
        Value::Array(list) => list.iter().map(json).collect(),
        other => Json::from(other.to_string()),
    }
}

/// A value of a form, as the file has it. Numbers keep the digits they are written in.
fn written(value: &RouteValue) -> Result<Value, ApiError> {
    let refused = || {
        let message = format!("`{}` is written as JSON: text, a number, true, false, or a list", value.name);
        ApiError::new(ErrorCode::Invalid, message).of_field(&value.name)
    };
    let json: Json = serde_json::from_str(&value.json).map_err(|_| refused())?;
    if json.is_number() {
        return value.json.trim().parse().map_err(|_| refused());
    }
    toml(&json).ok_or_else(refused)
}

fn toml(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(text.as_str().into()),
        Json::Bool(is) => Some((*is).into()),
        Json::Number(number) => number.to_string().parse().ok(),
        Json::Array(list) => {
            let mut items = Vec::new();
            for item in list {
                items.push(toml(item)?);
            }
            Some(Value::from_iter(items))
        }
        Json::Null | Json::Object(_) => None,
    }
}

/// The refusal of a saved form: which of its fields is wrong, and how it must be.
fn of_field(list: conf::RouteList, error: &EditError) -> ApiError {
    let refused = api_error(error);
    let EditError::Invalid(fault) = error else { return refused };
    let key = fault.key.as_deref().unwrap_or_default();
    let within = key.strip_prefix(list.as_str()).and_then(|rest| rest.split_once(']')).map(|(_, rest)| rest);
    let field = match (&fault.problem, within) {
        (Problem::MissingKey { name, .. }, Some(rest)) => format!("{rest}.{name}"),
        (_, Some(rest)) => rest.to_owned(),
        (_, None) => return refused,
    };
    let words = match &fault.problem {
        Problem::MissingKey { what, .. } => format!("write {what}"),
        Problem::WrongValue { what, .. } => format!("it must be {what}"),
        _ => fault.words(),
    };
    ApiError::new(refused.code, words).of_field(field.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_through_a_form_and_back() {
        for (toml, json) in [
            ("\"a/b\"", "\"a/b\""),
            ("'it''s'", "\"it''s\""),
            ("0.50", "0.5"),
            ("12", "12"),
            ("true", "true"),
            ("[ 'a', \"b\" ]", "[\"a\",\"b\"]"),
        ] {
            let Ok(value) = toml.parse::<Value>() else { continue };
            assert_eq!(super::json(&value).to_string(), json, "{toml}");
            let back = written(&RouteValue { name: "x".to_owned(), json: json.to_owned() }).unwrap();
            assert_eq!(super::json(&back).to_string(), json, "{toml}");
        }
        let digits = written(&RouteValue { name: "x".to_owned(), json: "0.50".to_owned() }).unwrap();
        assert_eq!(digits.to_string().trim(), "0.50");
        for json in ["", "null", "{\"a\":1}", "[null]", "a/b"] {
            let error =
                written(&RouteValue { name: "target".to_owned(), json: json.to_owned() }).unwrap_err();
            assert_eq!(error.field.as_deref(), Some("target"), "{json}");
        }
    }
}
