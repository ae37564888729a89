//! The page's addresses: its files, login and logout.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use turnpike_api::{ApiError, ErrorCode};

use super::{assets, callback, headers};
use crate::core::Core;
use crate::login;

/// Addresses that a browser may open from anywhere: they show the page, which knows nothing by itself.
const PAGES: [&str; 2] = ["/", "/login"];

/// What a program shows that was built without the page.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Turnpike</title>\
    <h1>Turnpike runs, but without its page</h1>\
    <p>This program was built without Node. In its source folder, with Node 20.19 or later, run \
    <code>make build</code> (or <code>make install</code>) and start it again. The command line does the same: \
    <code>turnpike status</code>, <code>spend</code>, <code>map</code>.</p></html>";

/// What a page sends to log in.
#[derive(Deserialize)]
struct Login {
    code: String,
}

/// What it gets, besides the cookie.
#[derive(Serialize)]
struct LoggedIn {
    token: String,
}

/// The page's routes.
pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/login", get(page).post(login))
        .route("/logout", post(logout))
        .route("/assets/{file}", get(asset))
        .route(&format!("{}{{state}}", login::PATH), get(back))
        .with_state(core)
}

/// Whether a browser opens the page, wherever it comes from: a link in a file, a mail, an address that was typed.
/// Nothing but the page itself is told then, and it cannot be framed.
pub(crate) fn is_navigation(request: &Request) -> bool {
    let says = |name: &str, word: &str| request.headers().get(name).is_some_and(|value| value == word);
    request.method() == Method::GET
        && (PAGES.contains(&request.uri().path()) || request.uri().path().starts_with(login::PATH))
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
}

/// OpenRouter's page has sent the browser back. What only looks ahead, or wants the head alone, spends no code.
async fn back(
    State(core): State<Arc<Core>>,
    Path(state): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let looks_ahead = headers.contains_key("sec-purpose") || headers.contains_key("purpose");
    if method != Method::GET || looks_ahead {
        let message = "this address answers a login: open it in a browser";
        return error(&ApiError::new(ErrorCode::Unavailable, message));
    }
    let (status, reply) = login::callback(&core, &state, &query.unwrap_or_default()).await;
    let mut answer = Response::new(Body::from(callback::page(&reply)));
    *answer.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, html);
    headers::protect(answer.headers_mut());
    answer
}

async fn page() -> Response {
    match assets::page() {
        Some(page) => file(page.media_type, page.bytes),
        None => file("text/html; charset=utf-8", NOT_BUILT.as_bytes()),
    }
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = assets::find(&format!("assets/{name}")) else {
        return error(&ApiError::new(ErrorCode::NotFound, "the page has no such file: load it again"));
    };
    let mut answer = file(asset.media_type, asset.bytes);
    // Its name holds the hash of its content.
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer
}

async fn login(State(core): State<Arc<Core>>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let asked = is_json.then(|| serde_json::from_slice::<Login>(&body).ok()).flatten();
    let Some(Login { code }) = asked else {
        return error(&ApiError::new(ErrorCode::Invalid, "a login is JSON with a code"));
    };
    let web = Arc::clone(&core);
    let answered = tokio::task::spawn_blocking(move || {
        let halves = web.web.login(&code, &headers);
        (halves, web.web.cookie_name())
    });
    match answered.await {
        Ok((Ok(Some(halves)), name)) => {
            tracing::info!("a browser logged in");
            let cookie = format!("{name}={}; HttpOnly; SameSite=Strict; Path=/", halves.cookie);
            let text = serde_json::to_vec(&LoggedIn { token: halves.token }).unwrap_or_default();
            let mut answer = json(StatusCode::OK, text);
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                answer.headers_mut().insert(SET_COOKIE, value);
            }
            answer
        }
        Ok((Ok(None), _)) => {
            let message =
                "this link was used already, or is older than a minute: run `turnpike ui` for another";
            error(&ApiError::new(ErrorCode::Unauthorized, message))
        }
        Ok((Err(no_random), _)) => error(&ApiError::new(ErrorCode::Internal, no_random.to_string())),
        Err(_) => {
            error(&ApiError::new(ErrorCode::Internal, "the login failed inside: look at `turnpike logs`"))
        }
    }
}

async fn logout(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    if !core.web.admits(&headers) {
        return error(&ApiError::new(ErrorCode::Unauthorized, "there is no such session"));
    }
    let ended = tokio::task::spawn_blocking(move || core.web.logout(&headers)).await;
    if let Err(error) = ended {
        tracing::error!(%error, "a logout failed");
    }
    json(StatusCode::OK, b"{}".to_vec())
}

fn file(media_type: &'static str, bytes: &'static [u8]) -> Response {
    let mut answer = Response::new(Body::from(Bytes::from_static(bytes)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers::protect(answer.headers_mut());
    answer
}

fn error(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, serde_json::to_vec(error).unwrap_or_default())
}

fn json(status: StatusCode, text: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
