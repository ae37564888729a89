//! One golden pair: what goes in, and what comes out of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{Overrides, Target, Translated, parse, to_chat};
use turnpike_wire::account::Model;
use turnpike_wire::anthropic::Effort;
use turnpike_wire::chat::Verbosity;

use crate::pretty::pretty;

/// `NAME.in.json`
#[derive(Deserialize)]
struct Input {
    target: Wanted,
    request: Box<RawValue>,
}

/// The target: a slug, or a slug and more. The catalogue entries are in `catalogue.json`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    Slug(String),
    More {
        slug: String,
        #[serde(default)]
        session: Option<String>,
        #[serde(default)]
        quick: bool,
        #[serde(default)]
        overrides: Box<Changes>,
    },
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Changes {
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u64>,
    max_tokens: Option<u64>,
    min_p: Option<f64>,
    top_a: Option<f64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    repetition_penalty: Option<f64>,
    seed: Option<i64>,
    wordy: bool,
    effort: Option<Effort>,
    reasoning_max_tokens: Option<u64>,
    provider: Option<Value>,
}

/// Where the pairs are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requests")
}

/// Names of all pairs, sorted.
pub(crate) fn names() -> Vec<String> {
    let files =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|file| file.strip_suffix(".in.json").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

fn catalogue() -> Vec<Model> {
    serde_json::from_str(&fs::read_to_string(folder().join("catalogue.json")).unwrap()).unwrap()
}

/// What comes out of a pair's input, laid out for people; and the body, where there is one.
pub(crate) fn run(name: &str) -> (String, Option<Value>) {
    let text = fs::read_to_string(folder().join(format!("{name}.in.json"))).unwrap();
    let input: Input = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (slug, session, quick, changes) = match input.target {
        Wanted::Slug(slug) => (slug, None, false, Box::default()),
        Wanted::More { slug, session, quick, overrides } => (slug, session, quick, overrides),
    };
    let catalogue = catalogue();
    let profile = ModelProfile::new(&slug, catalogue.iter().find(|model| model.id == slug));
    let overrides = Overrides {
        temperature: changes.temperature,
        top_p: changes.top_p,
        top_k: changes.top_k,
        max_tokens: changes.max_tokens,
        min_p: changes.min_p,
        top_a: changes.top_a,
        frequency_penalty: changes.frequency_penalty,
        presence_penalty: changes.presence_penalty,
        repetition_penalty: changes.repetition_penalty,
        seed: changes.seed,
        verbosity: changes.wordy.then_some(Verbosity::High),
        effort: changes.effort,
        reasoning_max_tokens: changes.reasoning_max_tokens,
        provider: changes.provider.map(|json| RawValue::from_string(json.to_string()).unwrap()),
    };
    let target = Target { profile: &profile, overrides: &overrides, session: session.as_deref(), quick };
    let outcome = parse(input.request.get().as_bytes()).and_then(|request| to_chat(&request, &target));
    match outcome {
        Ok(translated) => {
            let body = serde_json::from_slice(&translated.body).unwrap();
            (pretty(&told(&translated, &body)), Some(body))
        }
        Err(failure) => {
            let cause = failure.cause.as_str();
            let (status, message) = (failure.status, failure.message);
            let told = serde_json::json!({"failure": {"status": status, "cause": cause, "message": message}});
            (pretty(&told.to_string()), None)
        }
    }
}

/// The body as it is, and beside it what the way back and the log are told, as far as there is something.
fn told(translated: &Translated, body: &Value) -> String {
    let mut told = serde_json::Map::new();
    let mut names = serde_json::Map::new();
    for name in upstream_names(body) {
        let own = translated.names.to_client(&name);
        if own != name {
            names.insert(name.clone(), own.into());
        }
    }
    let mut tell = |name: &str, value: Value, is_there: bool| {
        if is_there {
            told.insert(name.to_owned(), value);
        }
    };
    tell("dropped", translated.dropped.clone().into(), !translated.dropped.is_empty());
    tell("names", names.clone().into(), !names.is_empty());
    tell("omit_thinking", true.into(), translated.omit_thinking);
    tell("web_search", translated.web_search.clone().into(), translated.web_search.is_some());
    tell("web_fetch", translated.web_fetch.clone().into(), translated.web_fetch.is_some());
    tell("stop_sequence", translated.stop_sequence.clone().into(), translated.stop_sequence.is_some());
    tell("local_stops", translated.local_stops.clone().into(), !translated.local_stops.is_empty());
    let chat = std::str::from_utf8(&translated.body).unwrap();
    match told.is_empty() {
        true => format!("{{\"chat\":{chat}}}"),
        false => format!("{{\"chat\":{chat},\"told\":{}}}", Value::from(told)),
    }
}

fn upstream_names(body: &Value) -> Vec<String> {
    let called = body["messages"].as_array().unwrap().iter().flat_map(|message| {
        message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["function"]["name"])
    });
    let offered = body["tools"].as_array().into_iter().flatten().map(|tool| &tool["function"]["name"]);
    called.chain(offered).filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
