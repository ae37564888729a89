//! Requests from bytes: refused in words, or a body that obeys the contract of chat completions.

use std::sync::LazyLock;

use serde_json::Value;
use turnpike_translate::failure::Failure;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{Overrides, Target, parse, parse_countable, to_chat};
use turnpike_wire::account::Model;

use crate::contract;

/// The catalogue of the golden pairs: models with efforts, with budgets, without images, without tools.
const CATALOGUE: &str = include_str!("../../crates/translate/tests/requests/catalogue.json");

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| serde_json::from_str(CATALOGUE).expect("a catalogue"));
static PROFILES: LazyLock<Vec<ModelProfile<'static>>> = LazyLock::new(|| {
    let known = MODELS.iter().map(|model| ModelProfile::new(&model.id, Some(model)));
    known.chain([ModelProfile::new("author/nobody-knows", None)]).collect()
});

/// The bytes are the body of `POST /v1/messages`, translated for every profile.
pub fn request_translation(body: &[u8]) {
    let _ = parse_countable(body);
    if let Err(failure) = parse(body) {
        return judge_refusal(&failure);
    }
    for profile in PROFILES.iter() {
        for quick in [false, true] {
            judge_translation(body, profile, quick);
        }
    }
}

fn judge_refusal(failure: &Failure) {
    assert!((400..500).contains(&failure.status), "{failure:?}");
    assert!(failure.message.len() > 10 && failure.message.ends_with('.'), "a sentence: {failure:?}");
}

fn judge_translation(body: &[u8], profile: &ModelProfile<'_>, quick: bool) {
    let overrides = Overrides::default();
    let target = Target { profile, overrides: &overrides, session: Some("s"), quick };
    let translate = || to_chat(&parse(body)?, &target).map(|translated| translated.body);
    let translated = match translate() {
        Ok(translated) => translated,
        Err(failure) => return judge_refusal(&failure),
    };
    assert_eq!(translate().as_ref(), Ok(&translated), "the same request gives the same bytes");
    let chat: Value = serde_json::from_slice(&translated).expect("the body is JSON");
    let faults = contract::faults(&chat);
    assert!(faults.is_empty(), "for {}: {faults:#?}\n{chat:#}", profile.slug);
}
