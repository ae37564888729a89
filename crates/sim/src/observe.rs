//! What tests ask over HTTP: the journal, the bill, the connections. Not part of the upstream's API.

use http::{Method, Response, StatusCode};

use crate::account::query_value;
use crate::errors::ErrorAnswer;
use crate::router::{AnswerBody, error_response, json_response};
use crate::state::Shared;

/// Answers `/__sim/<call>`.
pub(crate) fn answer(
    shared: &Shared,
    call: &str,
    method: &Method,
    query: Option<&str>,
) -> Response<AnswerBody> {
    let json = match (method, call) {
        (&Method::GET, "requests") => {
            let model = query.and_then(|query| query_value(query, "model"));
            let mut entries = shared.journal.entries();
            entries.retain(|entry| model.is_none() || entry.model == model);
            serde_json::to_vec(&entries)
        }
        (&Method::GET, "bill") => serde_json::to_vec(&shared.account.bill()),
        (&Method::GET, "connections") => serde_json::to_vec(&shared.journal.connections()),
        (&Method::POST, "reset") => {
            shared.reset();
            Ok(b"{}".to_vec())
        }
        _ => return error_response(&ErrorAnswer::new(404, format!("{method} /__sim/{call} does not exist"))),
    };
    match json {
        Ok(json) => json_response(StatusCode::OK, json),
        Err(error) => error_response(&ErrorAnswer::new(500, error.to_string())),
    }
}
