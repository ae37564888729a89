use std::time::Duration;

use turnpike_wire::anthropic::ErrorKind;

use super::*;

fn read(status: u16, body: &str) -> Failure {
    from_body(&Received {
        status,
        body: body.as_bytes(),
        retry_after: None,
        window: Some(200_000),
        estimate: 1000,
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_documented_error_has_its_face() {
    use Cause::*;
    for (status, body, cause, client_status, kind) in [
        (
            400,
            r#"{"error":{"code":400,"message":"x/y is not a valid model ID"}}"#,
            ModelGone,
            404,
            "not_found_error",
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens"}}"#,
            ContextTooLong,
            400,
            "invalid_request_error",
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"Unsupported parameter: 'temperature'"}}}"#,
            Unsupported,
            400,
            "invalid_request_error",
        ),
        (400, r#"{"error":{"code":400,"message":"bad"}}"#, Invalid, 400, "invalid_request_error"),
        (
            401,
            r#"{"error":{"code":401,"message":"Missing Authentication header"}}"#,
            Key,
            401,
            "authentication_error",
        ),
        (402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, Credits, 402, "billing_error"),
        (
            402,
            r#"{"error":{"code":402,"message":"Prompt tokens limit exceeded: 230799 > 91442"}}"#,
            Credits,
            402,
            "billing_error",
        ),
        (403, r#"{"error":{"code":403,"message":"flagged"}}"#, Refused, 403, "permission_error"),
        (
            404,
            r#"{"error":{"code":404,"message":"No endpoints found that support tool use. Try disabling"}}"#,
            NoTools,
            404,
            "not_found_error",
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"No endpoints found that support image input"}}"#,
            NoImages,
            404,
            "not_found_error",
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"No endpoints found matching your data policy (Free model publication)."}}"#,
            Privacy,
            404,
            "not_found_error",
        ),
        (408, "{}", Timeout, 504, "timeout_error"),
        (413, r#"{"error":{"code":413,"message":"too big"}}"#, TooLarge, 413, "request_too_large"),
        (422, r#"{"error":{"code":422,"message":"semantic"}}"#, Invalid, 400, "invalid_request_error"),
        (
            429,
            r#"{"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"slow down"}}}"#,
            RateLimited,
            429,
            "rate_limit_error",
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Rate limit exceeded: free-models-per-day. Add 10 credits"}}"#,
            FreeDaily,
            429,
            "rate_limit_error",
        ),
        (500, r#"{"error":{"code":500,"message":"Internal"}}"#, Provider, 502, "api_error"),
        (502, "<html>bad gateway</html>", Provider, 502, "api_error"),
        (503, r#"{"error":{"code":503,"message":"none"}}"#, Provider, 503, "api_error"),
        (503, "", Provider, 503, "api_error"),
        (504, "", Timeout, 504, "timeout_error"),
        (524, "<html>", Timeout, 504, "timeout_error"),
        (529, r#"{"error":{"code":529,"message":"overloaded"}}"#, Overloaded, 529, "overloaded_error"),
        (200, r#"{"error":{"code":429,"message":"in a 200"}}"#, RateLimited, 429, "rate_limit_error"),
        (200, r#"{"error":"just text"}"#, Unreadable, 502, "api_error"),
        (200, "<html>log in</html>", Unreadable, 502, "api_error"),
        (200, "", Unreadable, 502, "api_error"),
        (302, "", Unreadable, 502, "api_error"),
        (418, "", Invalid, 400, "invalid_request_error"),
    ] {
        let failure = read(status, body);
        let got = (failure.cause, failure.status, failure.kind.as_str());
        assert_eq!(got, (cause, client_status, kind), "{status} {body}");
        assert!(failure.message.len() > 10, "{status} {body}: {}", failure.message);
    }
}

#[test]
fn the_users_id_is_never_shown() {
    let failure = read(400, r#"{"error":{"code":400,"message":"bad"},"user_id":"user_2abc"}"#);
    assert!(!failure.to_json(None).contains("user_2abc"));
}

#[test]
fn messages_say_what_to_do() {
    for (status, body, part) in [
        (401, r#"{"error":{"code":401,"message":"User not found."}}"#, "turnpike key set"),
        (402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, "openrouter.ai/settings/credits"),
        (
            404,
            r#"{"error":{"code":404,"message":"No endpoints found matching your data policy (Free model publication)"}}"#,
            "Allow free models: openrouter.ai/settings/privacy",
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"No endpoints available matching your guardrail restrictions and data policy"}}"#,
            "Allow more providers at openrouter.ai/settings/privacy",
        ),
        (
            402,
            r#"{"error":{"code":402,"message":"You requested up to 32000 tokens, but can only afford 27342. To increase, visit https://openrouter.ai/settings/credits"}}"#,
            "settings/credits. Until then shorter answers are within reach: start Claude Code with CLAUDE_CODE_MAX_OUTPUT_TOKENS=27342.",
        ),
        (307, "", "leads elsewhere (HTTP 307)"),
    ] {
        assert!(read(status, body).message.contains(part), "{body}");
    }
}

#[test]
fn waiting_times_are_kept_and_bounded() {
    let wait = |seconds| {
        from_body(&Received {
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
            ..Received::default()
        })
        .retry_after
    };
    assert_eq!(wait(7), Some(Duration::from_secs(7)));
    assert_eq!(wait(u64::MAX), Some(Duration::from_secs(86_400)));
    let hinted =
        read(503, r#"{"error":{"http_status":503,"message":"m","availability":{"retry_after":2.5}}}"#);
    assert_eq!(hinted.retry_after, Some(Duration::from_millis(2500)));
}

#[test]
fn an_error_in_a_chunk_counts_by_its_own_number() {
    let error = |json: &str| from_chunk(&serde_json::from_str(json).unwrap(), None, 0);
    assert_eq!(error(r#"{"code":429,"message":"m"}"#).kind, ErrorKind::RateLimitError);
    assert_eq!(error(r#"{"code":"server_error","message":"m"}"#).kind, ErrorKind::ApiError);
    assert_eq!(error(r#"{"code":400,"message":"Token limit reached"}"#).kind, ErrorKind::InvalidRequestError);
}

#[test]
fn a_native_error_counts_by_its_kind_where_it_has_no_number() {
    for (json, cause, status, kind) in [
        (r#"{"type":"overloaded_error","message":"m"}"#, Cause::Overloaded, 529, ErrorKind::OverloadedError),
        (r#"{"type":"rate_limit_error","message":"m"}"#, Cause::RateLimited, 429, ErrorKind::RateLimitError),
        (r#"{"type":"timeout_error","message":"m"}"#, Cause::Timeout, 504, ErrorKind::TimeoutError),
        (r#"{"type":"api_error","message":"m"}"#, Cause::Provider, 502, ErrorKind::ApiError),
        (
            r#"{"type":"rate_limit_error","code":502,"message":"m"}"#,
            Cause::Provider,
            502,
            ErrorKind::ApiError,
        ),
        (r#"{"type":7,"message":"m"}"#, Cause::Provider, 502, ErrorKind::ApiError),
    ] {
        let failure = from_chunk(&serde_json::from_str(json).unwrap(), None, 0);
        assert_eq!((failure.cause, failure.status, failure.kind), (cause, status, kind), "{json}");
    }
}

#[test]
fn an_error_event_is_one_frame() {
    let mut out = Vec::new();
    Failure::ended_early().write_event(&mut out, Some("gen-1"));
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.starts_with("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\""),
        "{text}"
    );
    assert!(text.ends_with("\"request_id\":\"gen-1\"}\n\n"), "{text}");
}

#[test]
fn every_stable_type_has_its_face() {
    use Cause::*;
    for (kind, status, cause, client_status, client_kind) in [
        ("context_length_exceeded", 400, ContextTooLong, 400, "invalid_request_error"),
        ("max_tokens_exceeded", 400, Invalid, 400, "invalid_request_error"),
        ("token_limit_exceeded", 400, Invalid, 400, "invalid_request_error"),
        ("string_too_long", 400, Invalid, 400, "invalid_request_error"),
        ("authentication", 401, Key, 401, "authentication_error"),
        ("permission_denied", 403, Refused, 403, "permission_error"),
        ("payment_required", 402, Credits, 402, "billing_error"),
        ("rate_limit_exceeded", 429, RateLimited, 429, "rate_limit_error"),
        ("provider_overloaded", 503, Overloaded, 529, "overloaded_error"),
        ("provider_unavailable", 502, Provider, 502, "api_error"),
        ("invalid_request", 400, Invalid, 400, "invalid_request_error"),
        ("invalid_prompt", 400, Invalid, 400, "invalid_request_error"),
        ("not_found", 404, ModelGone, 404, "not_found_error"),
        ("precondition_failed", 412, Invalid, 400, "invalid_request_error"),
        ("payload_too_large", 413, TooLarge, 413, "request_too_large"),
        ("unprocessable", 422, Invalid, 400, "invalid_request_error"),
        ("content_policy_violation", 400, Refused, 403, "permission_error"),
        ("content_policy_violation", 403, Refused, 403, "permission_error"),
        ("refusal", 400, Refused, 403, "permission_error"),
        ("invalid_image", 400, Invalid, 400, "invalid_request_error"),
        ("image_too_large", 400, Invalid, 400, "invalid_request_error"),
        ("image_too_small", 400, Invalid, 400, "invalid_request_error"),
        ("unsupported_image_format", 400, Invalid, 400, "invalid_request_error"),
        ("image_not_found", 400, Invalid, 400, "invalid_request_error"),
        ("image_download_failed", 400, Invalid, 400, "invalid_request_error"),
        ("server", 500, Provider, 502, "api_error"),
        ("timeout", 500, Timeout, 504, "timeout_error"),
        ("unmapped", 500, Provider, 502, "api_error"),
        ("from_the_future", 429, RateLimited, 429, "rate_limit_error"),
    ] {
        for body in [
            format!(r#"{{"error":{{"code":{status},"message":"m","metadata":{{"error_type":"{kind}"}}}}}}"#),
            format!(r#"{{"error":{{"http_status":{status},"message":"m","error_type":"{kind}"}}}}"#),
        ] {
            let failure = read(status, &body);
            let got = (failure.cause, failure.status, failure.kind.as_str());
            assert_eq!(got, (cause, client_status, client_kind), "{body}");
        }
    }
}

#[test]
fn every_code_of_availability_has_its_cause() {
    use Cause::*;
    for (code, status, cause) in [
        ("model_not_found", 400, ModelGone),
        ("wrong_endpoint", 400, ModelGone),
        ("no_endpoints", 404, ModelGone),
        ("model_deprecated", 404, ModelGone),
        ("model_unavailable_upstream", 404, ModelGone),
        ("capacity_exhausted", 429, RateLimited),
        ("temporarily_unavailable", 503, Provider),
        ("region_restricted", 403, Refused),
        ("privacy_restricted", 404, Privacy),
        ("constraint_filtered", 404, ModelGone),
        ("free_variant_ended", 404, ModelGone),
        ("from_the_future", 404, ModelGone),
    ] {
        for kind in ["", r#""error_type":"invalid_request","#] {
            let body = format!(
                r#"{{"error":{{{kind}"http_status":{status},"message":"m","availability":{{"code":"{code}","retryable":false}}}}}}"#
            );
            assert_eq!(read(status, &body).cause, cause, "{body}");
        }
    }
}

#[test]
fn what_is_said_about_another_try_is_kept() {
    for (status, availability, cause, should_retry) in [
        (404, r#","availability":{"code":"no_endpoints","retryable":true}"#, Cause::ModelGone, Some(true)),
        (404, r#","availability":{"code":"no_endpoints","retryable":false}"#, Cause::ModelGone, Some(false)),
        (404, "", Cause::ModelGone, Some(false)),
        (
            429,
            r#","availability":{"code":"capacity_exhausted","retryable":false}"#,
            Cause::RateLimited,
            Some(false),
        ),
        (429, r#","availability":{"code":"capacity_exhausted","retryable":true}"#, Cause::RateLimited, None),
        (503, r#","availability":{"code":"temporarily_unavailable","retryable":"?"}"#, Cause::Provider, None),
        (402, r#","availability":{"retryable":true}"#, Cause::Credits, Some(false)),
    ] {
        let failure =
            read(status, &format!(r#"{{"error":{{"code":{status},"message":"m"{availability}}}}}"#));
        assert_eq!((failure.cause, failure.should_retry()), (cause, should_retry), "{status}{availability}");
    }
}

#[test]
fn limits_say_which_they_are() {
    for (body, cause) in [
        (r#"{"error":{"message":"Rate limit exceeded: free-models-per-min."}}"#, Cause::RateLimited),
        (
            r#"{"error":{"message":"Rate limit exceeded: free-models-per-day-high-balance."}}"#,
            Cause::FreeDaily,
        ),
        (
            r#"{"error":{"message":"Rate limit exceeded","metadata":{"limit_source":"openrouter_free_tier_daily"}}}"#,
            Cause::FreeDaily,
        ),
        (
            r#"{"error":{"message":"m","error_type":"rate_limit_exceeded","metadata":{"limit_source":"openrouter_free_tier_daily"}}}"#,
            Cause::FreeDaily,
        ),
    ] {
        assert_eq!(read(429, body).cause, cause, "{body}");
    }
}
