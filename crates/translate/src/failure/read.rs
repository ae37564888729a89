//! Reading an upstream's error, from a body or from a chunk.

use std::time::Duration;

use turnpike_wire::chat::{UpstreamError, UpstreamErrorBody};

use super::{Cause, Failure, context, words};

/// Longest wait that is passed on to a client.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// An error answer, and what is known about the request that met it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
    /// `Retry-After`, already read: seconds from now.
    pub retry_after: Option<Duration>,
    /// The model's context window in tokens, where known.
    pub window: Option<u64>,
    /// Tokens of the request, estimated.
    pub estimate: u64,
}

/// The failure that an error answer stands for. Any status and any body give one.
#[must_use]
pub fn from_body(received: &Received<'_>) -> Failure {
    let text = std::str::from_utf8(received.body).unwrap_or_default();
    match serde_json::from_str::<UpstreamErrorBody<'_>>(text) {
        Ok(body) => from_error(&body.error, received),
        Err(_) => from_status(received),
    }
}

/// The failure that an error within a chunk stands for.
#[must_use]
pub fn from_chunk(error: &UpstreamError<'_>, window: Option<u64>, estimate: u64) -> Failure {
    // An error without a number inside a stream is the provider's.
    let status = error.status().or_else(|| status_of_kind(error)).unwrap_or(502);
    from_error(error, &Received { status, body: b"", retry_after: None, window, estimate })
}

/// The number of an error that has only a kind of the Messages API. Source: Anthropic's table of errors.
fn status_of_kind(error: &UpstreamError<'_>) -> Option<u16> {
    match error.kind.as_ref()?.as_str() {
        "overloaded_error" => Some(529),
        "rate_limit_error" => Some(429),
        "timeout_error" => Some(504),
        _ => None,
    }
}

fn from_error(error: &UpstreamError<'_>, received: &Received<'_>) -> Failure {
    let status = match received.status {
        // A 200 that holds an error: the error's own number counts.
        200..=299 => error.status().unwrap_or(502),
        status => status,
    };
    let haystack = words::haystack(error);
    let said = words::of(error);
    let cause = cause(status, error, &haystack);
    let message = match cause {
        Cause::ContextTooLong => context::sentence(&haystack, received.window, received.estimate),
        _ => advise(cause, &said),
    };
    let hinted = error.availability.as_ref().and_then(|availability| availability.retry_after);
    let hinted = hinted.filter(|seconds| (0.0..1e6).contains(seconds)).map(Duration::from_secs_f64);
    let mut failure = Failure::new(cause, message);
    failure.retry_after = received.retry_after.or(hinted).map(|wait| wait.min(MAX_RETRY_AFTER));
    failure.retryable = error.availability.as_ref().and_then(|availability| availability.retryable);
    if status == 503 && failure.status == 502 {
        failure.status = 503;
    }
    failure
}

/// An answer without a readable error: a proxy's page, a captive portal, nothing at all.
fn from_status(received: &Received<'_>) -> Failure {
    let what = match received.body.iter().find(|b| !b.is_ascii_whitespace()) {
        None => "an empty body".to_owned(),
        Some(b'<') => "a web page".to_owned(),
        Some(_) => "a text that is no error of its API".to_owned(),
    };
    let status = received.status;
    let cause = by_status(status);
    let message = match status {
        200..=299 => format!(
            "The upstream sent {what} instead of an answer. Check the network for a proxy or a login page."
        ),
        300..=399 => format!(
            "The upstream leads elsewhere (HTTP {status}), where the key is not sent. Check upstream.base_url and the \
             network for a login page."
        ),
        _ => advise(cause, &format!("the upstream answered HTTP {status} with {what}")),
    };
    let cause = if (200..300).contains(&status) { Cause::Unreadable } else { cause };
    let mut failure = Failure::new(cause, message);
    failure.retry_after = received.retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
    if status == 503 && failure.status == 502 {
        failure.status = 503;
    }
    failure
}

/// The cause: by words that say more than any code, then by the stable type, by what is said about the
/// model's availability, and by status.
fn cause(status: u16, error: &UpstreamError<'_>, haystack: &str) -> Cause {
    let lower = haystack.to_lowercase();
    by_words(status, &lower).or_else(|| by_type(error, status)).unwrap_or_else(|| by_status(status))
}

fn by_words(status: u16, lower: &str) -> Option<Cause> {
    let says = |mark: &str| lower.contains(mark);
    Some(match status {
        400 | 413 | 422 if context::is_overflow(lower) => Cause::ContextTooLong,
        400 if says("not a valid model id") || says("model_not_found") => Cause::ModelGone,
        400 | 422 if says("unsupported parameter") || says("is not supported with this model") => {
            Cause::Unsupported
        }
        404 if says("support tool use") => Cause::NoTools,
        404 if says("support image input") => Cause::NoImages,
        404 if says("data policy") || says("privacy") || says("guardrail") => Cause::Privacy,
        429 if says("free-models-per-day") || says("free_tier_daily") => Cause::FreeDaily,
        _ => return None,
    })
}

/// OpenRouter's stable vocabulary, and its codes for models that are not to be had.
fn by_type(error: &UpstreamError<'_>, status: u16) -> Option<Cause> {
    let of_type = match error.error_type().unwrap_or_default() {
        "context_length_exceeded" => Cause::ContextTooLong,
        "authentication" => Cause::Key,
        "permission_denied" | "content_policy_violation" | "refusal" => Cause::Refused,
        "payment_required" => Cause::Credits,
        "rate_limit_exceeded" => Cause::RateLimited,
        "provider_overloaded" => Cause::Overloaded,
        "provider_unavailable" | "server" | "unmapped" => Cause::Provider,
        "timeout" => Cause::Timeout,
        "payload_too_large" => Cause::TooLarge,
        // An image that is not found is the request's mistake; so are the others.
        "max_tokens_exceeded" | "token_limit_exceeded" | "string_too_long" | "invalid_request"
        | "invalid_prompt" | "precondition_failed" | "unprocessable" | "invalid_image" | "image_too_large"
        | "image_too_small" | "unsupported_image_format" | "image_not_found" | "image_download_failed"
            // A code of availability says more than that the request cannot be served.
            if error.availability.is_none() && !matches!(status, 401..=404 | 429) =>
        {
            Cause::Invalid
        }
        _ => return by_availability(error),
    };
    Some(of_type)
}

fn by_availability(error: &UpstreamError<'_>) -> Option<Cause> {
    Some(match error.availability.as_ref()?.code.as_deref()? {
        "model_not_found"
        | "wrong_endpoint"
        | "no_endpoints"
        | "model_deprecated"
        | "model_unavailable_upstream"
        | "constraint_filtered"
        | "free_variant_ended" => Cause::ModelGone,
        "capacity_exhausted" => Cause::RateLimited,
        "temporarily_unavailable" => Cause::Provider,
        "region_restricted" => Cause::Refused,
        "privacy_restricted" => Cause::Privacy,
        _ => return None,
    })
}

fn by_status(status: u16) -> Cause {
    match status {
        401 => Cause::Key,
        402 => Cause::Credits,
        403 => Cause::Refused,
        404 | 410 => Cause::ModelGone,
        408 | 504 | 522 | 524 => Cause::Timeout,
        413 => Cause::TooLarge,
        429 => Cause::RateLimited,
        529 => Cause::Overloaded,
        400..=499 => Cause::Invalid,
        300..=399 => Cause::Unreadable,
        _ => Cause::Provider,
    }
}

/// What happened, in the provider's words, and what to do.
fn advise(cause: Cause, said: &str) -> String {
    let said = said.trim_end();
    let stop = if said.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    let remedy = match cause {
        Cause::Key => " OpenRouter refused the key: set a valid one with `turnpike key set`.",
        Cause::Credits if said.contains("openrouter.ai") => "",
        Cause::Credits => " Add credits at https://openrouter.ai/settings/credits.",
        Cause::Privacy if said.to_lowercase().contains("free model") => {
            " Allow free models: openrouter.ai/settings/privacy"
        }
        Cause::Privacy => {
            " Allow more providers at openrouter.ai/settings/privacy, or map this name to another model."
        }
        Cause::NoTools | Cause::NoImages | Cause::ModelGone | Cause::Unsupported => {
            " Map this name to another model: `turnpike map add`, or list them with `turnpike models search`."
        }
        Cause::FreeDaily => {
            " The free requests of today are used up: map this name to a paid model, or wait until midnight UTC."
        }
        _ => "",
    };
    let lead = match cause {
        Cause::Invalid => "The upstream refused the request: ",
        Cause::Refused => "Refused by moderation or permission: ",
        Cause::RateLimited => "Rate limited: ",
        Cause::Overloaded => "The provider is overloaded: ",
        Cause::Timeout => "The upstream took too long: ",
        Cause::Provider => "The provider failed: ",
        Cause::TooLarge => "The request is too large for the upstream: ",
        _ => "",
    };
    match affordable(said).filter(|_| cause == Cause::Credits) {
        Some(tokens) => format!(
            "{lead}{said}{stop}{remedy} Until then shorter answers are within reach: start Claude Code with \
             CLAUDE_CODE_MAX_OUTPUT_TOKENS={tokens}."
        ),
        None => format!("{lead}{said}{stop}{remedy}"),
    }
}

/// The tokens of an answer that the credits are enough for, where the upstream says so.
fn affordable(said: &str) -> Option<u64> {
    let (_, after) = said.split_once("can only afford ")?;
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after.get(..digits)?.parse().ok().filter(|tokens| *tokens > 0)
}
