//! What a key may know: itself, its credits, its generations.

use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::json;

use crate::bill::LookUp;
use crate::errors::ErrorAnswer;
use crate::router::{AnswerBody, error_response, json_response};
use crate::state::Shared;

/// Answers `GET /key`, `/credits` and `/generation`.
pub(crate) fn answer(shared: &Shared, call: &str, head: &Parts) -> Response<AnswerBody> {
    let key = match shared.keys.check(&head.headers) {
        Ok(key) => key,
        Err(error) => return error_response(&error),
    };
    match call {
        "/key" => json_response(StatusCode::OK, key_row(shared, &key)),
        "/credits" if key.contains("-management-") => {
            let used = shared.account.total();
            json_response(
                StatusCode::OK,
                format!(r#"{{"data":{{"total_credits":100,"total_usage":{used}}}}}"#),
            )
        }
        "/credits" => {
            error_response(&ErrorAnswer::new(403, "Only management keys can perform this operation"))
        }
        _ => generation(shared, head),
    }
}

/// A key whose text holds `-free-` is of the free tier, one with `-limit-` has a limit of $10.
fn key_row(shared: &Shared, key: &str) -> String {
    let used = shared.account.total();
    let limit = key.contains("-limit-");
    let tail: String = key.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    let remaining = turnpike_wire::money::NanoUsd(10_000_000_000) - used;
    let rest = json!({
        "label": format!("sk-or-v1-sim...{tail}"), "limit": limit.then_some(10), "limit_reset": limit.then_some("monthly"),
        "include_byok_in_limit": false, "byok_usage": 0, "byok_usage_daily": 0, "byok_usage_weekly": 0,
        "byok_usage_monthly": 0, "is_free_tier": key.contains("-free-"),
        "is_management_key": key.contains("-management-"), "is_provisioning_key": key.contains("-management-"),
        "creator_user_id": "user_simulated", "expires_at": null,
        "rate_limit": {"requests": -1, "interval": "10s", "note": "This field is deprecated."},
    })
    .to_string();
    let rest = rest.trim_start_matches('{');
    let remaining = if limit { remaining.to_string() } else { "null".to_owned() };
    // Money goes in as its own text: a float would not carry all its places.
    format!(
        r#"{{"data":{{"usage":{used},"usage_daily":{used},"usage_weekly":{used},"usage_monthly":{used},"limit_remaining":{remaining},{rest}}}"#
    )
}

fn generation(shared: &Shared, head: &Parts) -> Response<AnswerBody> {
    let Some(id) = head.uri.query().and_then(|query| query_value(query, "id")) else {
        return error_response(&ErrorAnswer::new(400, "The query parameter `id` is missing"));
    };
    match shared.account.look_up(&id) {
        LookUp::Row(row) if shared.config.generations_mixed_up => {
            json_response(StatusCode::OK, row.replace(&id, "gen-another"))
        }
        LookUp::Row(row) => json_response(StatusCode::OK, row),
        LookUp::Unknown => error_response(&ErrorAnswer::new(404, format!("Generation {id} not found"))),
        LookUp::Out => error_response(&ErrorAnswer::new(503, "Generations cannot be told of now")),
    }
}

/// A parameter of a query string, decoded.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decode(value))
    })
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, decoded) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', None) => bytes.push(b' '),
            (other, None) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_are_decoded() {
        let query = "a=1&callback_url=http%3A%2F%2F127.0.0.1%3A5%2Fcb%3Fx%3D%C3%A9&flag&plus=a+b&bad=%zz";
        let rows = [
            ("a", Some("1")),
            ("callback_url", Some("http://127.0.0.1:5/cb?x=é")),
            ("flag", Some("")),
            ("plus", Some("a b")),
            ("bad", Some("%zz")),
            ("none", None),
        ];
        for (name, expected) in rows {
            assert_eq!(query_value(query, name).as_deref(), expected, "{name}");
        }
    }
}
