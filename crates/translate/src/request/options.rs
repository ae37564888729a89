//! Limits, sampling and form of the answer.

use std::borrow::Cow;

use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::chat::{JsonSchema, ResponseFormat};

use super::{Notes, Target};
use crate::profile::ModelProfile;

/// Most stop sequences that chat completions takes.
const MAX_STOPS: usize = 4;

/// A parameter, if the target takes it.
pub(super) fn supported<T>(
    name: &'static str,
    value: Option<T>,
    profile: &ModelProfile,
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

/// The stop sequences that are sent.
pub(super) fn stops<'r>(
    request: &'r MessagesRequest<'_>,
    profile: &ModelProfile,
    notes: &mut Notes,
) -> Vec<Cow<'r, str>> {
    let mut asked: Vec<Cow<'r, str>> = request
        .stop_sequences
        .iter()
        .filter(|stop| !stop.is_empty())
        .map(|stop| stop.as_str().into())
        .collect();
    if !asked.is_empty() && !profile.takes("stop") {
        notes.drop("stop_sequences");
        return Vec::new();
    }
    if asked.len() > MAX_STOPS {
        notes.drop("stop_sequences beyond the fourth");
        asked.truncate(MAX_STOPS);
    }
    asked
}

pub(super) fn service_tier(request: &MessagesRequest<'_>) -> Option<&'static str> {
    (request.service_tier.as_deref() == Some("standard_only")).then_some("default")
}

/// The form of the answer. Where no endpoint of the model binds itself to schemas, asking for strictness
/// would leave none to answer.
pub(super) fn response_format<'a>(
    request: &MessagesRequest<'a>,
    profile: &ModelProfile,
    notes: &mut Notes,
) -> Option<ResponseFormat<'a>> {
    let format = request.output_config.as_ref()?.format.as_ref()?;
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
