//! Requests that are refused: every error of the upstream, with its real body shape.

use serde_json::{Value, json};

use super::{Answer, Fixed, Scenario, Stage, row};
use crate::clock::unix_seconds;
use crate::errors::ErrorAnswer;

pub(super) const ALL: &[Scenario] = &[
    row("error-400-model", unknown_model, "The model name is not valid."),
    row("error-400-context", context, "The prompt is longer than the context window."),
    row("error-400-provider", provider_400, "The provider refused a parameter; its text is in `raw`."),
    row("error-401", unauthorized, "The key is missing."),
    row("error-401-user", user_not_found, "The key belongs to nobody."),
    row("error-402", credits, "No credits are left."),
    row("error-402-max-tokens", credits_max_tokens, "Credits for fewer output tokens only."),
    row("error-402-prompt", credits_prompt, "Credits for a shorter prompt only."),
    row("error-403", region, "The region is not allowed."),
    row("error-403-moderation", moderation, "Moderation flagged the input."),
    row("error-403-safety", safety, "The provider's own safety check refused."),
    row("error-404-tools", no_tools, "No endpoint supports tools."),
    row("error-404-images", no_images, "No endpoint supports images."),
    row("error-404-privacy", privacy, "The data policy excludes every endpoint."),
    row("error-404-guardrail", guardrail, "Guardrails exclude every endpoint."),
    row("error-404-availability", availability, "The newer shape: `error.availability`, and no code."),
    row("error-408", |_| plain(408, "Request timed out"), "The request took too long."),
    row("error-413", |_| plain(413, "Request body too large"), "The body is too large."),
    row("error-422", |_| plain(422, "Unprocessable request"), "The request makes no sense."),
    row("error-429", rate_upstream, "The provider limits the rate."),
    row("error-429-upstream", rate_upstream, "The same."),
    row("error-429-free-day", free_day, "The day's free requests are used up."),
    row("error-429-free-min", free_minute, "Too many free requests in a minute."),
    row("error-500", |_| plain(500, "Internal Server Error"), "A masked internal error."),
    row("error-502", |_| provider(502, "the provider sent an invalid answer"), "The provider failed."),
    row("error-502-html", html_502, "A gateway's own error page."),
    row("error-503", unavailable, "No provider is available now."),
    row("error-504", |_| plain(504, "Gateway timeout"), "The gateway waited too long."),
    row("error-524", html_524, "Cloudflare waited too long, and says so in HTML."),
    row("error-529", |_| provider(529, "{\"type\":\"overloaded_error\"}"), "The provider is overloaded."),
];

fn plain(status: u16, message: &str) -> Answer {
    Answer::error(ErrorAnswer::new(status, message))
}

/// `Provider returned error`, with the provider's own words in `raw`.
fn provider(status: u16, raw: &str) -> Answer {
    let metadata = json!({"provider_name": "Simulator", "raw": raw});
    Answer::error(ErrorAnswer::new(status, "Provider returned error").with_metadata(metadata))
}

fn unknown_model(stage: &Stage<'_>) -> Answer {
    Answer::error(ErrorAnswer::new(400, format!("{} is not a valid model ID", stage.slug)))
}

pub(super) fn context(_: &Stage<'_>) -> Answer {
    let message = "This endpoint's maximum context length is 200000 tokens. However, you requested about 250021 tokens \
                   (250021 of text input). Please reduce the length of either one, or use the context-compression \
                   plugin to compress your prompt automatically.";
    let previous = json!([{"code": 400, "message": message}]);
    let metadata = json!({"provider_name": null, "previous_errors": previous});
    Answer::error(ErrorAnswer::new(400, message).with_metadata(metadata))
}

fn provider_400(_: &Stage<'_>) -> Answer {
    let raw = json!({"error": {
        "message": "Unsupported parameter: 'temperature' is not supported with this model.",
        "type": "invalid_request_error", "param": "temperature", "code": null,
    }});
    provider(400, &format!("{raw:#}"))
}

fn unauthorized(_: &Stage<'_>) -> Answer {
    plain(401, "Missing Authentication header")
}

fn user_not_found(_: &Stage<'_>) -> Answer {
    plain(401, "User not found.")
}

fn credits(_: &Stage<'_>) -> Answer {
    plain(402, "Insufficient credits. Add more using https://openrouter.ai/credits")
}

fn credits_max_tokens(_: &Stage<'_>) -> Answer {
    plain(
        402,
        "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only \
         afford 27342. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
    )
}

fn credits_prompt(_: &Stage<'_>) -> Answer {
    plain(
        402,
        "Prompt tokens limit exceeded: 230799 > 91442. To increase, visit https://openrouter.ai/settings/credits \
         and upgrade to a paid account",
    )
}

fn region(_: &Stage<'_>) -> Answer {
    plain(403, "This model is not available in your region.")
}

fn moderation(stage: &Stage<'_>) -> Answer {
    let metadata = json!({
        "reasons": ["violence"], "flagged_input": "a few of the words", "provider_name": "OpenAI", "model_slug": stage.slug,
    });
    let message = format!("{} requires moderation. Your input was flagged", stage.slug);
    Answer::error(ErrorAnswer::new(403, message).with_metadata(metadata))
}

fn safety(_: &Stage<'_>) -> Answer {
    let raw = json!({
        "code": "The caller does not have permission to execute the specified operation",
        "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_DATA_LEAKAGE",
    });
    provider(403, &raw.to_string())
}

fn no_tools(_: &Stage<'_>) -> Answer {
    plain(
        404,
        "No endpoints found that support tool use. To learn more about provider routing, visit: \
         https://openrouter.ai/docs/provider-routing",
    )
}

fn no_images(_: &Stage<'_>) -> Answer {
    plain(404, "No endpoints found that support image input")
}

fn privacy(_: &Stage<'_>) -> Answer {
    plain(
        404,
        "No endpoints found matching your data policy (Free model publication). Configure: \
         https://openrouter.ai/settings/privacy",
    )
}

fn guardrail(_: &Stage<'_>) -> Answer {
    plain(404, "No endpoints available matching your guardrail restrictions and data policy")
}

fn availability(stage: &Stage<'_>) -> Answer {
    let mut error = ErrorAnswer::new(404, "This model is no longer available.");
    error.error = json!({
        "message": "This model is no longer available.", "error_type": "not_found", "http_status": 404,
        "availability": {
            "code": "model_deprecated", "retryable": false, "requested_models": [stage.slug],
            "fallback_models": ["openai/gpt-5.6-luna"], "docs_url": "https://openrouter.ai/docs/errors",
        },
    });
    Answer::error(error)
}

fn rate_upstream(stage: &Stage<'_>) -> Answer {
    provider(
        429,
        &format!(
            "{} is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your \
             rate limits: https://openrouter.ai/settings/integrations",
            stage.slug
        ),
    )
}

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// A 429 that the upstream itself raised, until `reset` (seconds since 1970): only those carry the limit's headers.
fn own_limit(message: &str, source: &str, limit: u32, reset: u64) -> Answer {
    let reset = (reset * 1_000).to_string();
    let headers: Value = json!({
        "X-RateLimit-Limit": limit.to_string(), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset,
    });
    let metadata = json!({"headers": headers, "provider_name": null, "limit_source": source});
    let mut error = ErrorAnswer::new(429, message).with_metadata(metadata);
    error.headers = vec![
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", reset),
    ];
    Answer::error(error)
}

fn free_day(_: &Stage<'_>) -> Answer {
    own_limit(
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
        "openrouter_free_tier_daily",
        50,
        (unix_seconds() / DAY + 1) * DAY,
    )
}

fn free_minute(_: &Stage<'_>) -> Answer {
    let reset = unix_seconds() + 20;
    own_limit("Rate limit exceeded: free-models-per-min. ", "openrouter_free_tier_minute", 20, reset)
}

fn unavailable(_: &Stage<'_>) -> Answer {
    let error = ErrorAnswer::new(503, "No available model provider that meets your routing requirements");
    Answer::error(error.with_retry_after("2"))
}

fn html(status: http::StatusCode, title: &str) -> Answer {
    let body = format!(
        "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    );
    Answer::Fixed(Fixed {
        status,
        content_type: Some("text/html; charset=UTF-8".to_owned()),
        headers: Vec::new(),
        body: body.into_bytes(),
        cost: None,
    })
}

fn html_502(_: &Stage<'_>) -> Answer {
    html(http::StatusCode::BAD_GATEWAY, "502 Bad Gateway")
}

fn html_524(_: &Stage<'_>) -> Answer {
    let status = http::StatusCode::from_u16(524).unwrap_or(http::StatusCode::GATEWAY_TIMEOUT);
    html(status, "524: A timeout occurred")
}
