//! Answers that are no model's: errors, and small JSON.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::anthropic::ErrorKind;

use crate::dialect::Dialect;
use crate::guard::{Peer, Refusal};
use crate::ids::RequestId;
use crate::pump::AnswerBody;

/// Tells clients whether their own retry makes sense.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// Where clients of the Messages API read the id of a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// Where OpenAI's clients read it.
const OPENAI_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Room for the headers of an answer: what it is, its id, and how a budget stands.
const HEADERS: usize = 10;

/// An answer on its way to the client.
pub(crate) type Answer = Response<AnswerBody>;

/// JSON with a status.
pub(crate) fn json_text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(AnswerBody::whole(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => json_text(StatusCode::OK, body),
        Err(_) => {
            failure(Dialect::Messages, &Failure::new(Cause::Internal, "The answer could not be written."))
        }
    }
}

/// An error of our own that a retry cannot mend.
pub(crate) fn error(dialect: Dialect, status: StatusCode, kind: ErrorKind, message: &str) -> Answer {
    let refused = Failure { status: status.as_u16(), kind, ..Failure::new(Cause::Invalid, message) };
    failure(dialect, &refused)
}

/// The answer to a request that is not let in.
pub(crate) fn refusal(dialect: Dialect, refusal: Refusal, peer: Peer) -> Answer {
    let (status, message) = refusal.words(dialect, peer);
    let kind = match status {
        401 => ErrorKind::AuthenticationError,
        403 => ErrorKind::PermissionError,
        _ => ErrorKind::InvalidRequestError,
    };
    error(dialect, StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), kind, &message)
}

/// The answer to a failed request, before any of its answer was sent.
pub(crate) fn failure(dialect: Dialect, failure: &Failure) -> Answer {
    let status = StatusCode::from_u16(dialect.status(failure)).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = json_text(status, dialect.error_json(failure));
    let headers = response.headers_mut();
    if let Some(should) = failure.should_retry() {
        headers.insert(SHOULD_RETRY, HeaderValue::from_static(if should { "true" } else { "false" }));
    }
    if let Some(wait) = failure.retry_after {
        // Seconds, rounded up: a client that comes back too early is refused again.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Tells the id of the request, in an error of the Messages API also within the body.
pub(crate) fn sign(answer: &mut Answer, dialect: Dialect, id: RequestId) {
    let header = id.to_header();
    if dialect == Dialect::Chat {
        answer.headers_mut().insert(OPENAI_REQUEST_ID, header.clone());
    }
    answer.headers_mut().insert(REQUEST_ID, header);
    let is_error = !answer.status().is_success();
    if let Some(body) = answer.body_mut().as_whole_mut().filter(|_| is_error && dialect != Dialect::Chat)
        && let Some(open) = body.strip_suffix(b"}")
    {
        *body = [open, br#","request_id":""#, id.to_string().as_bytes(), br#""}"#].concat().into();
    }
}

/// This program failed.
pub(crate) fn fault() -> Failure {
    Failure::new(
        Cause::Internal,
        "Turnpike failed while it answered this request. Try again; `turnpike logs` shows what happened.",
    )
}

/// Stopped is an answer, not a closed port.
pub(crate) fn stopped(dialect: Dialect) -> Answer {
    let message = "Turnpike is stopped. Tray → Start, or run: turnpike start";
    error(dialect, StatusCode::SERVICE_UNAVAILABLE, ErrorKind::ApiError, message)
}

/// The path is right, the method is not.
pub(crate) fn wrong_method(dialect: Dialect, allowed: &'static str) -> Answer {
    let message = format!("This path answers {allowed} only.");
    let mut response =
        error(dialect, StatusCode::METHOD_NOT_ALLOWED, ErrorKind::InvalidRequestError, &message);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upstreams_word_on_another_try_reaches_the_client() {
        for (cause, retryable, header) in [
            (Cause::RateLimited, None, None),
            (Cause::RateLimited, Some(true), None),
            (Cause::RateLimited, Some(false), Some("false")),
            (Cause::ModelGone, None, Some("false")),
            (Cause::ModelGone, Some(true), Some("true")),
            (Cause::ModelGone, Some(false), Some("false")),
            (Cause::Credits, Some(true), Some("false")),
        ] {
            let refused = Failure { retryable, ..Failure::new(cause, "m") };
            let answer = failure(Dialect::Messages, &refused);
            let told = answer.headers().get(SHOULD_RETRY).and_then(|value| value.to_str().ok());
            assert_eq!(told, header, "{cause:?} {retryable:?}");
        }
    }
}
