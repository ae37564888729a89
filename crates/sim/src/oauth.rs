//! Signing in: the page that hands out a code, and the exchange of the code for a key (PKCE).

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{Either, Full};
use serde::Deserialize;
use serde_json::json;

use crate::account::query_value;
use crate::config::SignIn;
use crate::errors::ErrorAnswer;
use crate::router::{AnswerBody, error_response, value_response};
use crate::state::Shared;

/// The body of `POST /auth/keys`.
#[derive(Deserialize)]
struct Exchange {
    code: Option<String>,
    #[serde(default)]
    code_verifier: String,
    code_challenge_method: Option<String>,
}

/// What a person is asked.
struct Asked {
    challenge: String,
    hashed: bool,
    /// Where the browser goes back to; `None`: the code is shown.
    callback: Option<String>,
}

/// `GET /auth` (or its form, posted): sends the browser back with a code or with a refusal, at once or after a click.
pub(crate) fn page(shared: &Shared, head: &Parts, body: &Bytes) -> Response<AnswerBody> {
    let form = String::from_utf8_lossy(body);
    let query = head.uri.query().unwrap_or_default();
    let parameter = |name: &str| query_value(query, name).or_else(|| query_value(&form, name));
    let method = parameter("code_challenge_method");
    let hashed = match method.as_deref() {
        Some("S256") => true,
        None | Some("plain") => false,
        Some(other) => {
            return refuse(400, &format!("code_challenge_method {other} is neither S256 nor plain"));
        }
    };
    let challenge = parameter("code_challenge").unwrap_or_default();
    let callback = parameter("callback_url");
    match &callback {
        None if challenge.is_empty() => {
            return refuse(400, "without callback_url a code_challenge is required");
        }
        Some(callback) if !is_allowed(callback) => {
            return refuse(400, "callback_url must be https, or http on localhost");
        }
        _ => {}
    }
    let asked = Asked { challenge, hashed, callback };
    match (shared.config.sign_in, parameter("decision").as_deref()) {
        (SignIn::Ask, Some("no")) | (SignIn::Deny, _) => deny(&asked),
        (SignIn::Ask, None) => html(StatusCode::OK, &question(query)),
        (SignIn::TooLate, _) => approve(shared, &asked, true),
        (SignIn::Ask | SignIn::Approve, _) => approve(shared, &asked, false),
    }
}

/// Two buttons, as on the real page. The link is in the page's own address.
fn question(query: &str) -> String {
    let query = query.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<h1>Simulated OpenRouter</h1><p>An app asks for a key.</p>\
         <p><a href=\"/auth?{query}&amp;decision=yes\">Authorize</a> <a href=\"/auth?{query}&amp;decision=no\">Cancel</a></p>"
    )
}

fn approve(shared: &Shared, asked: &Asked, too_late: bool) -> Response<AnswerBody> {
    let code = shared.keys.approve(&shared.ids, &asked.challenge, asked.hashed, too_late);
    match &asked.callback {
        Some(callback) => back(callback, &format!("code={code}")),
        None => html(StatusCode::OK, &format!("<p>Simulated sign-in. Your code: <code>{code}</code></p>")),
    }
}

/// As RFC 6749 has it (4.1.2.1).
fn deny(asked: &Asked) -> Response<AnswerBody> {
    match &asked.callback {
        Some(callback) => back(callback, "error=access_denied"),
        None => html(StatusCode::OK, "<p>Simulated sign-in: refused.</p>"),
    }
}

fn back(callback: &str, result: &str) -> Response<AnswerBody> {
    let separator = if callback.contains('?') { '&' } else { '?' };
    let mut response = html(StatusCode::FOUND, "<p>Simulated sign-in.</p>");
    match HeaderValue::from_str(&format!("{callback}{separator}{result}")) {
        Ok(target) => {
            response.headers_mut().insert(header::LOCATION, target);
            response
        }
        Err(_) => refuse(400, "callback_url holds characters that no header can carry"),
    }
}

/// `POST /auth/keys`: a code and its verifier become a key.
pub(crate) fn keys(shared: &Shared, head: &Parts, body: &Bytes) -> Response<AnswerBody> {
    if head.method != Method::POST {
        return refuse(405, "Method not allowed: use POST");
    }
    let Ok(exchange) = serde_json::from_slice::<Exchange>(body) else {
        return refuse(400, "The body must be a JSON object with a code");
    };
    if exchange.code_challenge_method.as_deref().is_some_and(|method| !matches!(method, "S256" | "plain")) {
        return refuse(400, "Invalid code_challenge_method");
    }
    let code = exchange.code.unwrap_or_default();
    match shared.keys.exchange(&shared.ids, &code, &exchange.code_verifier) {
        Ok(key) => value_response(&json!({"key": key, "user_id": "user_simulated"})),
        Err(error) => error_response(&error),
    }
}

fn refuse(status: u16, message: &str) -> Response<AnswerBody> {
    error_response(&ErrorAnswer::new(status, message))
}

fn is_allowed(callback: &str) -> bool {
    let host = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.split(':').next().unwrap_or_default().to_owned()
    };
    callback.starts_with("https://")
        || callback
            .strip_prefix("http://")
            .is_some_and(|rest| matches!(&*host(rest), "localhost" | "127.0.0.1"))
}

fn html(status: StatusCode, content: &str) -> Response<AnswerBody> {
    let page = format!(
        "<!DOCTYPE html><html><head><title>Simulated OpenRouter</title></head><body>{content}</body></html>\n"
    );
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(page))));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}
