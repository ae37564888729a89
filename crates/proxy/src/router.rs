//! Which endpoint answers; the guard comes before all of them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::TRANSFER_ENCODING;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::json;
use turnpike_wire::anthropic::ErrorKind;

use crate::body::{closing, read_body};
use crate::dialect::Dialect;
use crate::guard::{Known, Peer};
use crate::head::Reading;
use crate::messages::Asked;
use crate::replay::RowNumber;
use crate::socket::AMBIGUOUS;
use crate::state::Shared;
use crate::{absent, budget, guard, messages, models, respond};

/// The endpoints.
enum Route {
    Health,
    Root,
    Hello,
    Messages,
    CountTokens,
    Completions,
    Models,
    Model(String),
    Usage,
    Absent(Dialect, &'static str),
}

const NO_FORWARD_PROXY: &str = "This is no forward proxy. Ask for a path, such as /v1/messages.";

/// Answers one request, whatever happens.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    reading: Reading,
    request: Request<Incoming>,
) -> respond::Answer {
    if is_ambiguous(reading, request.headers()) {
        let (status, kind) = (StatusCode::BAD_REQUEST, ErrorKind::InvalidRequestError);
        let mut refused = closing(respond::error(Dialect::Messages, status, kind, AMBIGUOUS));
        sign(&shared, Dialect::Messages, &mut refused);
        return refused;
    }
    let route = route(request.uri().path());
    let dialect = dialect(&route, &request);
    // Boxed: it is handed on some times, and hyper keeps the room of this future for as long as the connection lasts, a
    // stream's whole life.
    let answering = Box::pin(route_request(Arc::clone(&shared), peer, route, dialect, request));
    let mut answer = unless_it_panics(dialect, answering).await;
    sign(&shared, dialect, &mut answer);
    answer
}

/// Each answer has an id, and who was let in finds its row by it.
fn sign(shared: &Shared, dialect: Dialect, answer: &mut respond::Answer) {
    let row = answer.extensions().get::<RowNumber>().map(|row| row.0);
    respond::sign(answer, dialect, shared.ids.request(row));
}

/// Whether somebody before us may have read another request. Chunks whose head was not seen may have had a length too.
fn is_ambiguous(reading: Reading, headers: &HeaderMap) -> bool {
    match reading {
        Reading::Ambiguous => true,
        Reading::Unseen => headers.contains_key(TRANSFER_ENCODING),
        Reading::Plain => false,
    }
}

/// A panic costs one request its answer, and nothing else.
async fn unless_it_panics(
    dialect: Dialect,
    answering: impl Future<Output = respond::Answer>,
) -> respond::Answer {
    // What the panic left behind is dropped with the future, not read.
    let answered = AssertUnwindSafe(answering).catch_unwind().await;
    answered.unwrap_or_else(|_| respond::failure(dialect, &respond::fault()))
}

async fn route_request(
    shared: Arc<Shared>,
    peer: Peer,
    route: Route,
    dialect: Dialect,
    request: Request<Incoming>,
) -> respond::Answer {
    let accepted = Instant::now();
    if request.method() == Method::CONNECT || request.uri().authority().is_some() {
        let (status, kind) = (StatusCode::METHOD_NOT_ALLOWED, ErrorKind::InvalidRequestError);
        return respond::error(dialect, status, kind, NO_FORWARD_PROXY);
    }
    if let Err(refusal) = guard::check_place(request.headers(), peer) {
        return respond::refusal(dialect, refusal, peer);
    }
    if let Some(answer) = without_token(&route, request.method()) {
        return answer;
    }
    let known = Known { token: &shared.token.load(), clients: &shared.clients.load() };
    let caller = match guard::check_token(request.headers(), &known, peer) {
        Ok(caller) => caller,
        Err(refusal) => return respond::refusal(dialect, refusal, peer),
    };
    match (route, request.method()) {
        (route @ (Route::Messages | Route::CountTokens | Route::Completions), &Method::POST) => {
            let (head, body) = request.into_parts();
            let body = match read_body(&shared, dialect, &head.headers, body).await {
                Ok(body) => body,
                Err(answer) => return *answer,
            };
            if shared.paused.load(Ordering::Acquire) {
                return respond::stopped(dialect);
            }
            match route {
                Route::CountTokens => messages::count(&shared, &head.headers, &body),
                _ => {
                    let asked = Asked::new(caller, dialect, &head.headers, body, accepted);
                    messages::answer(shared, asked).await
                }
            }
        }
        (Route::Models | Route::Model(_), &Method::GET) if shared.paused.load(Ordering::Acquire) => {
            respond::stopped(dialect)
        }
        (Route::Models, &Method::GET) => models::list(&shared, &caller, dialect, request.uri().query()),
        (Route::Model(id), &Method::GET) => models::get(&shared, &caller, dialect, &id),
        (Route::Messages | Route::CountTokens | Route::Completions, _) => {
            respond::wrong_method(dialect, "POST")
        }
        (Route::Usage, &Method::GET) => respond::json(&budget::report(&shared.budget, caller.name())),
        (Route::Absent(_, words), _) => {
            respond::error(dialect, StatusCode::NOT_FOUND, ErrorKind::NotFoundError, words)
        }
        _ => respond::wrong_method(dialect, "GET, HEAD"),
    }
}

/// What anybody on this machine is told: that it runs, and nothing else.
fn without_token(route: &Route, method: &Method) -> Option<respond::Answer> {
    match (route, method) {
        (_, &Method::HEAD) => Some(respond::json_text(StatusCode::OK, Bytes::new())),
        (Route::Health, &Method::GET) => Some(respond::json(&json!({"status": "healthy"}))),
        (Route::Root | Route::Hello, &Method::GET) => {
            Some(respond::json(&json!({"message": "Turnpike is running."})))
        }
        _ => None,
    }
}

/// Which API the client speaks: what only one of them has tells it, else the client itself.
fn dialect(route: &Route, request: &Request<Incoming>) -> Dialect {
    match route {
        Route::Completions => Dialect::Chat,
        Route::Absent(dialect, _) => *dialect,
        Route::Models | Route::Model(_) => models::dialect(request.uri(), request.headers()),
        _ => Dialect::of_messages(request.headers()),
    }
}

fn route(path: &str) -> Route {
    let path = path.strip_prefix("/anthropic").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    match path {
        "/" => Route::Root,
        "/health" => Route::Health,
        "/api/hello" => Route::Hello,
        "/api/oauth/usage" => Route::Usage,
        // Clients whose own base URL ends in the version leave it out where ANTHROPIC_BASE_URL is set.
        _ => versioned(path.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path)),
    }
}

/// What stands behind `/v1`.
fn versioned(path: &str) -> Route {
    let absent = || {
        let (dialect, words) = absent::words(path);
        Route::Absent(dialect, words)
    };
    match path {
        "/messages" => Route::Messages,
        "/messages/count_tokens" => Route::CountTokens,
        "/chat/completions" => Route::Completions,
        "/models" => Route::Models,
        _ => match path.strip_prefix("/models/") {
            // Clients write the slash of a slug as it is or as %2F.
            Some(id) if !id.is_empty() => percent_decode_str(id)
                .decode_utf8()
                .map_or_else(|_| absent(), |id| Route::Model(id.into_owned())),
            _ => absent(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_answer() {
        let answer = unless_it_panics(Dialect::Messages, async { panic!("on purpose") }).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
