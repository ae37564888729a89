//! Which path is answered by what.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::deliver::ScriptBody;
use crate::errors::ErrorAnswer;
use crate::request::Api;
use crate::server::Wire;
use crate::state::Shared;
use crate::ticket::Ticket;
use crate::{account, inference, oauth, observe};

/// The largest request body.
const MOST_BODY: usize = 64 << 20;

pub(crate) type AnswerBody = Either<Full<Bytes>, ScriptBody>;
pub(crate) type Answered = Result<Response<AnswerBody>, io::Error>;

/// Answers one request. An error ends the connection.
pub(crate) async fn route(shared: Arc<Shared>, wire: Arc<Wire>, request: Request<Incoming>) -> Answered {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    if let Some(call) = path.strip_prefix("/__sim/").filter(|call| *call != "redirected") {
        return Ok(observe::answer(&shared, call, request.method(), request.uri().query()));
    }
    let seq = shared.journal.open(wire.id, request.method(), request.uri(), request.headers());
    let ticket = Ticket::new(Arc::clone(&shared), seq);
    if wire.stale.load(Ordering::Relaxed) {
        return Err(closed(ticket));
    }
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(finish(ticket, error_response(&ErrorAnswer::new(413, "Request body too large"))));
        }
        Err(error) => return Err(io::Error::other(error)),
    };
    shared.journal.body(seq, &body);
    let call = path.strip_prefix("/api/v1").unwrap_or(&path);
    let post = head.method == Method::POST;
    match call {
        "/chat/completions" if post => inference::answer(Api::Chat, shared, wire, &head, body, ticket).await,
        "/messages" if post => inference::answer(Api::Messages, shared, wire, &head, body, ticket).await,
        _ => {
            let response = plain(&shared, &head, call, &body);
            Ok(finish(ticket, response))
        }
    }
}

/// Everything that is not inference.
fn plain(shared: &Shared, head: &http::request::Parts, call: &str, body: &Bytes) -> Response<AnswerBody> {
    let get = head.method == Method::GET || head.method == Method::HEAD;
    match call {
        "/models" if get => json_response(StatusCode::OK, shared.catalogue.listing()),
        "/models/user" if get => match shared.keys.check(&head.headers) {
            Ok(_) => json_response(StatusCode::OK, shared.catalogue.listing()),
            Err(error) => error_response(&error),
        },
        "/key" | "/credits" | "/generation" if get => account::answer(shared, call, head),
        "/auth" => oauth::page(shared, head, body),
        "/auth/keys" => oauth::keys(shared, head, body),
        "/__sim/redirected" => json_response(StatusCode::OK, Bytes::from_static(b"{\"redirected\":true}")),
        _ => {
            let known = [
                "/chat/completions",
                "/messages",
                "/models",
                "/models/user",
                "/key",
                "/credits",
                "/generation",
            ];
            let status = if known.contains(&call) { 405 } else { 404 };
            error_response(&ErrorAnswer::new(status, format!("{} {call} is not simulated", head.method)))
        }
    }
}

/// Closes the journal entry of an answer that is sent in one piece.
pub(crate) fn finish(mut ticket: Ticket, response: Response<AnswerBody>) -> Response<AnswerBody> {
    ticket.status(response.status());
    ticket.finish();
    response
}

/// Ends the connection without an answer.
pub(crate) fn closed(mut ticket: Ticket) -> io::Error {
    ticket.cut();
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed by the scenario")
}

pub(crate) fn json_response(status: StatusCode, body: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(Either::Left(Full::new(body.into())));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

pub(crate) fn value_response(body: &Value) -> Response<AnswerBody> {
    json_response(StatusCode::OK, body.to_string())
}

/// A refusal in the upstream's shape.
pub(crate) fn error_response(error: &ErrorAnswer) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(status, json!({"error": error.error}).to_string())
}
