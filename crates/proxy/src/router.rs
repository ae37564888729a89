//! Which endpoint answers; the guard comes before all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::json;
use turnpike_wire::anthropic::ErrorKind;

use crate::state::Shared;
use crate::{guard, messages, models, respond};

/// Largest body accepted.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Most of a body that is too large and still read, so that its sender can read the answer.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;
/// Longest pause within a body.
const BODY_IDLE: Duration = Duration::from_secs(60);
/// Longest time spent on discarding.
const DISCARD_WITHIN: Duration = Duration::from_secs(5);

/// The endpoints.
enum Route {
    Health,
    Root,
    Hello,
    Messages,
    CountTokens,
    Models,
    Model(String),
    Unknown,
}

/// Answers one request.
pub(crate) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> respond::Answer {
    let accepted = Instant::now();
    if request.method() == Method::CONNECT || request.uri().authority().is_some() {
        let message = "This is no forward proxy. Ask for a path, such as /v1/messages.";
        return respond::error(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::InvalidRequestError, message);
    }
    if let Err(refusal) = guard::check_place(request.headers()) {
        return respond::refusal(refusal);
    }
    let route = route(request.uri().path());
    match (&route, request.method()) {
        (_, &Method::HEAD) => return respond::json_text(StatusCode::OK, Bytes::new()),
        (Route::Health, &Method::GET) => return respond::json(&json!({"status": "healthy"})),
        (Route::Root | Route::Hello, &Method::GET) => {
            return respond::json(&json!({"message": "Turnpike is running."}));
        }
        _ => {}
    }
    if let Err(refusal) = guard::check_token(request.headers(), &shared.token.load()) {
        return respond::refusal(refusal);
    }
    match (route, request.method()) {
        (Route::Messages, &Method::POST) => {
            let (head, body) = request.into_parts();
            match read_body(&head.headers, body).await {
                Ok(body) => messages::create(shared, head.headers, body, accepted).await,
                Err(answer) => *answer,
            }
        }
        (Route::CountTokens, &Method::POST) => {
            let (head, body) = request.into_parts();
            match read_body(&head.headers, body).await {
                Ok(body) => messages::count(&body),
                Err(answer) => *answer,
            }
        }
        (Route::Models, &Method::GET) => models::list(&shared),
        (Route::Model(id), &Method::GET) => models::get(&shared, &id),
        (Route::Messages | Route::CountTokens, _) => respond::wrong_method("POST"),
        (Route::Unknown, _) => {
            let message = "There is no such path. Messages are sent to /v1/messages; set ANTHROPIC_BASE_URL without /v1.";
            respond::error(StatusCode::NOT_FOUND, ErrorKind::NotFoundError, message)
        }
        _ => respond::wrong_method("GET, HEAD"),
    }
}

fn route(path: &str) -> Route {
    let path = path.strip_prefix("/anthropic").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    match path {
        "/" => Route::Root,
        "/health" => Route::Health,
        "/api/hello" => Route::Hello,
        "/v1/messages" => Route::Messages,
        "/v1/messages/count_tokens" => Route::CountTokens,
        "/v1/models" => Route::Models,
        _ => match path.strip_prefix("/v1/models/") {
            Some(id) if !id.is_empty() && !id.contains('%') => Route::Model(id.to_owned()),
            _ => Route::Unknown,
        },
    }
}

/// Reads the body within its limits.
async fn read_body(headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, Box<respond::Answer>> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BODY) {
        return Err(Box::new(too_large(body).await));
    }
    let mut read = BytesMut::with_capacity(declared.unwrap_or_else(|| {
        usize::try_from(body.size_hint().lower()).unwrap_or(0).clamp(16 * 1024, MAX_BODY)
    }));
    loop {
        let frame = match tokio::time::timeout(BODY_IDLE, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Ok(read.freeze()),
            Ok(Some(Err(_))) => return Err(Box::new(broken("The body broke off."))),
            Err(_) => {
                let message = "Nothing of the body came for 60 s.";
                return Err(Box::new(closing(respond::error(
                    StatusCode::REQUEST_TIMEOUT,
                    ErrorKind::InvalidRequestError,
                    message,
                ))));
            }
        };
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > MAX_BODY {
            return Err(Box::new(too_large(body).await));
        }
        read.extend_from_slice(&data);
    }
}

fn broken(message: &str) -> respond::Answer {
    closing(respond::error(StatusCode::BAD_REQUEST, ErrorKind::InvalidRequestError, message))
}

/// Reads on for a while without keeping anything: a client that is still sending would not see the answer.
async fn too_large(mut body: Incoming) -> respond::Answer {
    let discard = async {
        let mut discarded = 0;
        while let Some(Ok(frame)) = body.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > MAX_DISCARDED {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_WITHIN, discard).await;
    let message = "The body is larger than 32 MiB. Send less: drop old images or start a new conversation.";
    closing(respond::error(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::RequestTooLarge, message))
}

/// What is left of the body is not read: the connection cannot go on.
fn closing(mut answer: respond::Answer) -> respond::Answer {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
