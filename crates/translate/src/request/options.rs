//! Limits, sampling and form of the answer.

use std::borrow::Cow;

use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::chat::{ChatRequest, JsonSchema, ResponseFormat};

use super::{Notes, Target};
use crate::profile::ModelProfile;

/// Most stop sequences that chat completions takes.
const MAX_STOPS: usize = 4;

/// The parameters of sampling: the configuration's, else the client's.
pub(super) fn sampling(
    request: &MessagesRequest<'_>,
    target: &Target<'_>,
    chat: &mut ChatRequest<'_>,
    notes: &mut Notes,
) {
    let (wanted, profile) = (target.overrides, target.profile);
    let mut taken = |name, value: Option<f64>| supported(name, value, profile, notes);
    chat.temperature = taken("temperature", wanted.temperature.or(request.temperature));
    chat.top_p = taken("top_p", wanted.top_p.or(request.top_p));
    chat.min_p = taken("min_p", wanted.min_p);
    chat.top_a = taken("top_a", wanted.top_a);
    chat.frequency_penalty = taken("frequency_penalty", wanted.frequency_penalty);
    chat.presence_penalty = taken("presence_penalty", wanted.presence_penalty);
    chat.repetition_penalty = taken("repetition_penalty", wanted.repetition_penalty);
    chat.top_k = supported("top_k", wanted.top_k.or(request.top_k), profile, notes);
    chat.seed = supported("seed", wanted.seed, profile, notes);
    chat.verbosity = supported("verbosity", wanted.verbosity, profile, notes);
}

/// A parameter, if the target takes it.
fn supported<T>(
    name: &'static str,
    value: Option<T>,
    profile: &ModelProfile<'_>,
    notes: &mut Notes,
) -> Option<T> {
    if value.is_some() && !profile.takes(name) {
        notes.drop(name);
        return None;
    }
    value
}

/// Tokens of the answer, within the limits of the configuration and of the model.
pub(super) fn max_tokens(
    request: &MessagesRequest<'_>,
    target: &Target<'_>,
    notes: &mut Notes,
) -> Option<u64> {
    let asked = request.max_tokens?;
    let limits = [target.overrides.max_tokens, target.profile.max_output];
    let clamped = limits.into_iter().flatten().fold(asked, u64::min).max(target.profile.min_output());
    if clamped != asked {
        notes.drop("max_tokens (clamped)");
    }
    Some(clamped)
}

/// The stop sequences of a request, by who watches for them.
#[derive(Debug, Default)]
pub(super) struct Stops<'r> {
    /// Those that are sent.
    pub(super) sent: Vec<Cow<'r, str>>,
    /// All of them, when the upstream does not watch for all: then they are met in its answer.
    pub(super) local: Vec<String>,
}

pub(super) fn stops<'r>(
    request: &'r MessagesRequest<'_>,
    profile: &ModelProfile<'_>,
    notes: &mut Notes,
) -> Stops<'r> {
    let asked = request.stop_sequences.iter().filter(|stop| !stop.is_empty());
    let mut sent: Vec<Cow<'r, str>> = asked.map(|stop| stop.as_str().into()).collect();
    let most = if profile.takes("stop") { MAX_STOPS } else { 0 };
    if sent.len() <= most {
        return Stops { sent, local: Vec::new() };
    }
    notes.drop(if most == 0 {
        "stop_sequences (met here)"
    } else {
        "stop_sequences beyond the fourth (met here)"
    });
    let local = sent.iter().map(|stop| stop.as_ref().to_owned()).collect();
    sent.truncate(most);
    Stops { sent, local }
}

pub(super) fn service_tier(request: &MessagesRequest<'_>) -> Option<&'static str> {
    (request.service_tier.as_deref() == Some("standard_only")).then_some("default")
}

/// The form of the answer. Where no endpoint of the model binds itself to schemas, asking for strictness
/// would leave none to answer.
pub(super) fn response_format<'a>(
    request: &MessagesRequest<'a>,
    profile: &ModelProfile<'_>,
    notes: &mut Notes,
) -> Option<ResponseFormat<'a>> {
    let format = request.format()?;
    let strict = profile.takes("structured_outputs");
    let schema = format.schema.filter(|schema| schema.get().starts_with('{'));
    match schema {
        Some(schema)
            if format.kind.as_str() == "json_schema" && (strict || profile.takes("response_format")) =>
        {
            Some(ResponseFormat::JsonSchema { json_schema: JsonSchema { name: "answer", strict, schema } })
        }
        _ => {
            notes.drop("output_config.format");
            None
        }
    }
}
