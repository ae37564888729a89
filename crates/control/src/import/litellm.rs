//! LiteLLM's `config.yaml`.
//!
//! A model name with several deployments is one that LiteLLM spreads requests over; here they are asked in their order.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::found::{Entry, Found, What, is_openrouter};
use super::{Malformed, Variables, line};

/// How LiteLLM names OpenRouter's models.
const PREFIX: &str = "openrouter/";
/// Where it says that a value is a variable's.
const FROM_ENVIRONMENT: &str = "os.environ/";
/// Parameters that a map takes too.
const PARAMS: [&str; 10] = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "seed",
    "max_tokens",
    "verbosity",
];

const NO_SETTINGS: &str = "no settings of LiteLLM";

#[derive(Default)]
struct File {
    model_list: Vec<Deployment>,
    litellm_settings: Settings,
    router_settings: Settings,
    general_settings: Map<String, Json>,
    environment_variables: BTreeMap<String, Text>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deployment {
    model_name: Text,
    litellm_params: Map<String, Json>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Settings {
    fallbacks: Vec<BTreeMap<String, Vec<Json>>>,
    context_window_fallbacks: Vec<BTreeMap<String, Vec<Json>>>,
    content_policy_fallbacks: Vec<Json>,
    default_fallbacks: Vec<Text>,
    model_group_alias: BTreeMap<String, Json>,
    #[serde(flatten)]
    others: Map<String, Json>,
}

/// A text. What YAML takes for a number or a truth value is one too.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Json")]
struct Text(String);

/// Reads the file.
///
/// # Errors
/// Where it is malformed.
pub(crate) fn read(text: &str, variables: Variables<'_>) -> Result<Found, Malformed> {
    // A piece of the file in an error would show the key.
    let options = serde_saphyr::options! { with_snippet: false };
    // By way of plain values: each type would bring a copy of the YAML reader, a tenth of a megabyte together.
    let values = serde_saphyr::from_str_with_options(text, options).map_err(|error| Malformed {
        what: NO_SETTINGS,
        place: error.location().map(|at| line(at.line() as usize, at.column() as usize)),
    })?;
    let file = File::of(values)?;
    let mut found = Found::default();
    let groups = file.groups(variables, &mut found);
    for name in groups.keys().filter(|name| !file.is_alias(name)) {
        file.map(name, name, &groups, &mut found);
    }
    for (alias, of) in file.aliases() {
        file.map(alias, of, &groups, &mut found);
    }
    found.entries.sort_by_key(|entry| file.position(entry));
    file.leftovers(&mut found);
    Ok(found)
}

/// A model name's targets at OpenRouter, and the settings of the first.
type Groups = BTreeMap<String, (Vec<String>, Vec<(&'static str, Json)>)>;

// === impl File ===

impl File {
    fn of(mut values: Map<String, Json>) -> Result<Self, Malformed> {
        let deployments = match values.remove("model_list") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(deployments)) => deployments,
            Some(_) => return Err(malformed("model_list")),
        };
        let deployments = deployments.into_iter().enumerate();
        Ok(Self {
            model_list: deployments
                .filter(|(_, deployment)| !deployment.is_null())
                .map(|(index, deployment)| typed(deployment, || format!("model_list[{index}]")))
                .collect::<Result<_, _>>()?,
            litellm_settings: part(&mut values, "litellm_settings")?,
            router_settings: part(&mut values, "router_settings")?,
            general_settings: part(&mut values, "general_settings")?,
            environment_variables: part(&mut values, "environment_variables")?,
        })
    }

    fn settings(&self) -> [&Settings; 2] {
        [&self.router_settings, &self.litellm_settings]
    }

    fn is_alias(&self, name: &str) -> bool {
        self.aliases().any(|(alias, _)| alias == name)
    }

    /// Where the entry belongs: as in the file, but whole names before wildcards, since here the first one wins.
    fn position(&self, entry: &Entry) -> (bool, usize) {
        let What::Map(name) = &entry.what else { return (true, usize::MAX) };
        let at = self.model_list.iter().position(|it| it.model_name.0 == *name);
        (name.contains('*'), at.unwrap_or(self.model_list.len()))
    }

    fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings().into_iter().flat_map(|settings| &settings.model_group_alias).filter_map(
            |(alias, of)| {
                let of = of.as_str().or_else(|| of.get("model").and_then(Json::as_str))?;
                Some((alias.as_str(), of))
            },
        )
    }

    /// The targets of each model name; takes the keys on the way.
    fn groups(&self, variables: Variables<'_>, found: &mut Found) -> Groups {
        let mut groups = Groups::new();
        for deployment in &self.model_list {
            let Deployment { model_name: Text(name), litellm_params: params } = deployment;
            let Some(slug) = slug(params) else {
                let model = text(params, "model").unwrap_or_default();
                found.notice(format!(
                    "`{name}` goes to `{model}`, which is at another upstream than OpenRouter"
                ));
                continue;
            };
            self.key(name, params, variables, found);
            if slug.contains('*') {
                found.notice(format!(
                    "`{name}` → `{PREFIX}{slug}` needs no map: a name with a slash is a slug as it stands"
                ));
                continue;
            }
            let (targets, settings) = groups.entry(name.clone()).or_default();
            if targets.is_empty() {
                *settings = of_map(params);
            } else {
                found.notice(format!(
                    "`{name}` has several deployments: they are asked in their order, not in turns"
                ));
            }
            if !targets.contains(&slug) {
                targets.push(slug);
            }
        }
        groups
    }

    fn key(&self, name: &str, params: &Map<String, Json>, variables: Variables<'_>, found: &mut Found) {
        let Some(key) = text(params, "api_key") else { return };
        let Some(variable) = key.strip_prefix(FROM_ENVIRONMENT) else {
            return found.key(key, &format!("`{name}` of LiteLLM"));
        };
        let own = self.environment_variables.get(variable).map(|Text(value)| value);
        let own = own.filter(|value| !value.starts_with(FROM_ENVIRONMENT));
        match own.cloned().or_else(|| variables(variable)) {
            Some(key) => found.key(&key, variable),
            None => found
                .notice(format!("the key of LiteLLM is in the variable {variable}, which is not set here")),
        }
    }

    /// The map of a name: its own targets, then those of its fallbacks.
    fn map(&self, name: &str, group: &str, groups: &Groups, found: &mut Found) {
        let Some((own, settings)) = groups.get(group) else {
            found.notice(format!("`{name}` stands for `{group}`, which has no model at OpenRouter"));
            return;
        };
        let mut targets = own.clone();
        for other in self.fallbacks_of(group) {
            let more = match groups.get(other) {
                Some((more, _)) => more.clone(),
                None => other.strip_prefix(PREFIX).map(str::to_owned).into_iter().collect(),
            };
            if more.is_empty() {
                found.notice(format!("`{group}` falls back to `{other}`, which has no model at OpenRouter"));
            }
            for slug in more {
                if !targets.contains(&slug) {
                    targets.push(slug);
                }
            }
        }
        found.entry(What::Map(name.to_owned()), targets, &format!("`{name}` of LiteLLM"));
        if let Some(entry) = found.entries.last_mut() {
            entry.settings.clone_from(settings);
        }
    }

    /// The names that a name falls back to: after any failure, then after a context that is too long, then always.
    fn fallbacks_of(&self, group: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let of = |lists: &'static str| {
            self.settings().into_iter().flat_map(move |settings| match lists {
                "any" => &settings.fallbacks,
                _ => &settings.context_window_fallbacks,
            })
        };
        let listed = of("any").chain(of("window"));
        let listed = listed
            .filter_map(|map| map.get(group).or_else(|| map.get("*")))
            .flatten()
            .filter_map(|name| name.as_str().or_else(|| name.get("model").and_then(Json::as_str)));
        let always = self
            .settings()
            .into_iter()
            .flat_map(|settings| settings.default_fallbacks.iter().map(|Text(name)| name.as_str()));
        for name in listed.chain(always) {
            if name != group && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn leftovers(&self, found: &mut Found) {
        for settings in self.settings() {
            if !settings.content_policy_fallbacks.is_empty() {
                found.notice("`content_policy_fallbacks` is not taken over: a map has one list, for every failure that another model mends");
            }
            let others: Vec<&str> = settings.others.keys().map(String::as_str).collect();
            if !others.is_empty() {
                found.notice(format!("these settings of LiteLLM have no counterpart: {}", others.join(", ")));
            }
        }
        if self.general_settings.contains_key("master_key") {
            found.notice(
                "`master_key` is not taken over: clients show Turnpike's own token (`turnpike token`)",
            );
        }
    }
}

// === impl Text ===

impl TryFrom<Json> for Text {
    type Error = &'static str;

    fn try_from(value: Json) -> Result<Self, Self::Error> {
        match value {
            Json::String(text) => Ok(Self(text)),
            Json::Number(number) => Ok(Self(number.to_string())),
            Json::Bool(truth) => Ok(Self(truth.to_string())),
            Json::Null | Json::Array(_) | Json::Object(_) => Err("this is no text"),
        }
    }
}

/// A part of the file; what is absent or empty is the part's default.
fn part<T: DeserializeOwned + Default>(values: &mut Map<String, Json>, name: &str) -> Result<T, Malformed> {
    match values.remove(name) {
        None | Some(Json::Null) => Ok(T::default()),
        Some(value) => typed(value, || name.to_owned()),
    }
}

fn typed<T: DeserializeOwned>(value: Json, place: impl FnOnce() -> String) -> Result<T, Malformed> {
    // What serde says may repeat the text.
    serde_json::from_value(without_nulls(value)).map_err(|_| malformed(&place()))
}

fn malformed(place: &str) -> Malformed {
    Malformed { what: NO_SETTINGS, place: Some(format!("`{place}`")) }
}

/// What has no value, because all of it is commented out, is as good as not there.
fn without_nulls(value: Json) -> Json {
    match value {
        Json::Array(values) => {
            values.into_iter().filter(|value| !value.is_null()).map(without_nulls).collect()
        }
        Json::Object(values) => {
            let values = values.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(values.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        scalar => scalar,
    }
}

fn text<'a>(params: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    params.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// The slug at OpenRouter, if the deployment is there.
fn slug(params: &Map<String, Json>) -> Option<String> {
    let model = text(params, "model")?;
    if let Some(slug) = model.strip_prefix(PREFIX) {
        // `openrouter/auto` and its like keep their author.
        return Some(if slug.contains('/') || slug == "*" { slug.to_owned() } else { model.to_owned() });
    }
    let is_there =
        ["api_base", "base_url"].into_iter().filter_map(|key| text(params, key)).any(is_openrouter);
    // Through its provider for OpenAI's API, LiteLLM takes its own word off.
    is_there
        .then(|| model.strip_prefix("openai/").filter(|rest| rest.contains('/')).unwrap_or(model).to_owned())
}

/// The settings that a map takes too.
fn of_map(params: &Map<String, Json>) -> Vec<(&'static str, Json)> {
    let mut settings = Vec::new();
    let taken: Map<String, Json> = PARAMS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), params.get(name)?.clone())))
        .chain(params.get("reasoning_effort").map(|effort| ("effort".to_owned(), effort.clone())))
        .collect();
    if !taken.is_empty() {
        settings.push(("params", Json::Object(taken)));
    }
    let body = params.get("extra_body").and_then(|body| body.get("provider"));
    if let Some(provider) = body.or_else(|| params.get("provider")).filter(|it| it.is_object()) {
        settings.push(("provider", provider.clone()));
    }
    if let Some(seconds) = params.get("timeout").and_then(Json::as_f64) {
        settings.push(("timeout_seconds", json!(seconds.clamp(1.0, 3600.0).ceil() as u64)));
    }
    settings
}
