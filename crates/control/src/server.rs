//! The control plane's server.
//!
//! Every request passes the guard first. Then, but for the proof, the sign of life and the files of the page, it shows
//! who sends it: a program the bearer token, the page both halves of its session.
//! Bodies, headers and time are limited: a program of another user may connect, and must not be able to hold
//! the service up.

mod events;
mod guard;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use turnpike_api::command::{Replay, TestMap};
use turnpike_api::proof::Challenge;
use turnpike_api::{
    ApiError, CALLER_HEADER, COMMAND_PATH, Command as _, EVENT_PATH, ErrorCode, PROOF_PATH, SecretText,
    dispatch,
};

use crate::core::{Core, Ending, blocking};
use crate::handler::Commands;
use crate::{audit, capture, metrics, probe, web};
use guard::Guard;

/// The largest body that a command needs.
const MOST_BODY_BYTES: usize = 1024 * 1024;
/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a command, its body included, may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// How many connections may be open.
const MOST_CONNECTIONS: usize = 256;
/// How long connections may take to end after the last order.
const END_TIMEOUT: Duration = Duration::from_secs(1);
/// How long accepting pauses when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all requests share.
#[derive(Clone)]
struct Shared {
    commands: Commands,
    guard: Arc<Guard>,
    address: Arc<str>,
    secret: SecretText,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// The command line, by its own word and with the secret.
    CommandLine,
    /// The tray, likewise.
    Tray,
    /// Another program that knows the secret.
    Program,
    /// The page, in a browser that was let in.
    Page,
}

// === impl Caller ===

impl Caller {
    /// Which of the programs that know the secret.
    fn program(headers: &HeaderMap) -> Self {
        match headers.get(CALLER_HEADER).map(HeaderValue::as_bytes) {
            Some(b"cli") => Self::CommandLine,
            Some(b"tray") => Self::Tray,
            _ => Self::Program,
        }
    }

    /// Its name in the audit.
    const fn name(self) -> &'static str {
        match self {
            Self::CommandLine => "cli",
            Self::Tray => "tray",
            Self::Program => "program",
            Self::Page => "page",
        }
    }
}

/// Serves the control plane until `stop` turns true.
pub(crate) async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    secret: SecretText,
    core: Arc<Core>,
    mut stop: Ending,
) {
    let guard = Arc::new(Guard::new(address, secret.clone()));
    let router =
        router(Shared { commands: Commands(core), guard, address: address.to_string().into(), secret });
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = stop.wait() => break,
        };
        let Some((stream, permit)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the client's own affair.
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(END_TIMEOUT, graceful.shutdown()).await);
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some((stream, permit))
}

fn router(shared: Shared) -> Router {
    let behind_caller = Router::new()
        .route(&format!("{COMMAND_PATH}{{name}}"), post(command))
        .route(EVENT_PATH, get(events::stream))
        .route_layer(middleware::from_fn_with_state(shared.clone(), caller));
    Router::new()
        .route("/health", get(health))
        .route(PROOF_PATH, post(proof))
        .merge(behind_caller)
        .merge(metrics::router(Arc::clone(&shared.commands.0)).with_state(()))
        .merge(web::router(Arc::clone(&shared.commands.0)).with_state(()))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(middleware::from_fn_with_state(shared.clone(), place))
        .with_state(shared)
}

/// Refuses foreign hosts and origins before anything else.
async fn place(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let checked = shared.guard.check_place(request.headers(), web::is_navigation(&request));
    let mut answer = match checked {
        Ok(()) => next.run(request).await,
        Err(error) => refusal(&error),
    };
    let headers = answer.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// Refuses whoever shows neither the secret nor a session.
async fn caller(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let known = if headers.contains_key(AUTHORIZATION) {
        shared.guard.check_bearer(headers).map(|()| Caller::program(headers))
    } else if shared.commands.0.web.admits(headers) {
        Ok(Caller::Page)
    } else {
        Err(ApiError::new(ErrorCode::Unauthorized, NOT_LET_IN))
    };
    match known {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => refusal(&error),
    }
}

/// Tells nothing but that it runs.
async fn health() -> Response {
    json(StatusCode::OK, br#"{"status":"healthy"}"#.to_vec())
}

async fn proof(State(shared): State<Shared>, body: Result<Bytes, BytesRejection>) -> Response {
    let challenge = body.map_err(|rejection| too_large(&rejection)).and_then(|body| {
        serde_json::from_slice::<Challenge>(&body)
            .map_err(|error| ApiError::new(ErrorCode::Invalid, format!("this is no challenge: {error}")))
    });
    match challenge {
        Ok(challenge) => {
            let proof = challenge.answer(shared.secret.expose(), &shared.address);
            json(StatusCode::OK, serde_json::to_vec(&proof).unwrap_or_default())
        }
        Err(error) => refusal(&error),
    }
}

async fn command(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    if !is_json(&headers) {
        let error = ApiError::new(ErrorCode::Invalid, "send the command as content-type: application/json");
        return refusal(&error);
    }
    if caller == Caller::Page && FOR_PROGRAMS.contains(&name.as_str()) {
        let message = format!("`{name}` tells a secret, which no page is told: use the `turnpike` command");
        return refusal(&ApiError::new(ErrorCode::Forbidden, message));
    }
    let patience = match name.as_str() {
        TestMap::NAME => COMMAND_TIMEOUT + probe::DEADLINE,
        Replay::NAME => COMMAND_TIMEOUT + capture::DEADLINE,
        _ => COMMAND_TIMEOUT,
    };
    let carried_out = tokio::time::timeout(patience, async {
        let body = axum::body::to_bytes(request.into_body(), MOST_BODY_BYTES).await;
        let body = body.map_err(|_| ApiError::new(ErrorCode::TooLarge, TOO_LARGE))?;
        let reply = dispatch(&shared.commands, &name, &body).await?;
        keep(&shared.commands.0, caller, &name, body).await;
        Ok::<_, ApiError>(reply)
    });
    match carried_out.await {
        Ok(Ok(reply)) => json(StatusCode::OK, reply),
        Ok(Err(error)) => {
            tracing::debug!(command = name, code = ?error.code, "a command was refused");
            refusal(&error)
        }
        Err(_) => {
            let message = format!("`{name}` took longer than {} seconds", patience.as_secs());
            refusal(&ApiError::new(ErrorCode::Unavailable, message))
        }
    }
}

/// Keeps what was done, where it is one of the actions that are kept.
async fn keep(core: &Arc<Core>, caller: Caller, name: &str, body: Bytes) {
    if !audit::keeps(name) {
        return;
    }
    let (name, actor) = (name.to_owned(), caller.name());
    let kept = blocking(core, move |core| {
        let noted = audit::note(&core.data_dir.ledger(), actor, &name, &body);
        if let Err(error) = noted {
            tracing::error!(actor, action = name, "an action is not in the audit: {error}");
        }
    });
    drop(kept.await);
}

/// Commands whose answer holds a secret.
const FOR_PROGRAMS: [&str; 6] =
    ["token", "token.rotate", "environment", "page.open", "client.add", "client.rotate"];

const NOT_LET_IN: &str = "this needs the secret of control.json as a bearer token, or the session of a page: use the \
    `turnpike` command, or open the page with `turnpike ui`";

const TOO_LARGE: &str = "the request is larger than one megabyte, which no command needs, or broke off";

async fn unknown_path() -> Response {
    refusal(&ApiError::new(ErrorCode::NotFound, "there is nothing here: commands are POST /api/<name>"))
}

async fn wrong_method() -> Response {
    let mut answer =
        refusal(&ApiError::new(ErrorCode::Invalid, "wrong method: commands are POST /api/<name>"));
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    answer
}

/// A page of another origin can send a form or plain text without asking first, but not JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn too_large(_: &BytesRejection) -> ApiError {
    ApiError::new(ErrorCode::TooLarge, TOO_LARGE)
}

pub(crate) fn refusal(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, serde_json::to_vec(error).unwrap_or_default())
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
