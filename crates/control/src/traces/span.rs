//! Spans as OTLP has them in JSON: one for each request, with what its row says and no text of anybody's.
//!
//! Source: opentelemetry-proto `trace.proto` and its JSON mapping (64-bit numbers are strings, ids are hex); names of
//! attributes are those of the conventions for generative AI where there is one.

use serde_json::{Value, json};
use turnpike_api::proof::random_hex;
use turnpike_ledger::{RequestRow, Status};

/// `SPAN_KIND_SERVER`.
const SERVER: u8 = 2;
/// `STATUS_CODE_OK` and `STATUS_CODE_ERROR`.
const OK: u8 = 1;
const ERROR: u8 = 2;

/// A message for the collector.
///
/// # Errors
/// When the system has no random numbers for ids; in words.
pub(crate) fn message<'a>(
    resource: &[(String, String)],
    rows: impl Iterator<Item = &'a RequestRow>,
) -> Result<Vec<u8>, String> {
    let spans: Vec<Value> = rows.map(span).collect::<Result<_, String>>()?;
    let attributes: Vec<Value> = resource.iter().map(|(key, value)| text(key, value)).collect();
    let scope = json!({"name": "turnpike", "version": env!("CARGO_PKG_VERSION")});
    let message = json!({"resourceSpans": [{
        "resource": {"attributes": attributes},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }]});
    serde_json::to_vec(&message).map_err(|error| error.to_string())
}

fn span(row: &RequestRow) -> Result<Value, String> {
    let no_random = |error: turnpike_api::proof::NoRandom| error.to_string();
    let at = |after: i64| row.started_at.saturating_add(after).to_string();
    let model = row.served_model.as_deref().or(row.target.as_deref()).unwrap_or(&row.requested_model);
    let first = row.first_token_ns.map(|after| json!({"name": "first_token", "timeUnixNano": at(after)}));
    let code = if row.status == Status::Ok { OK } else { ERROR };
    Ok(json!({
        "traceId": random_hex::<16>().map_err(no_random)?,
        "spanId": random_hex::<8>().map_err(no_random)?,
        "name": format!("chat {model}"),
        "kind": SERVER,
        "startTimeUnixNano": at(0),
        "endTimeUnixNano": at(row.duration_ns.unwrap_or(0)),
        "attributes": attributes(row),
        "events": Vec::from_iter(first),
        "status": {"code": code},
    }))
}

fn attributes(row: &RequestRow) -> Vec<Value> {
    let texts = [
        ("gen_ai.operation.name", Some("chat")),
        ("gen_ai.request.model", Some(row.requested_model.as_str())),
        ("gen_ai.response.model", row.served_model.as_deref()),
        ("gen_ai.response.id", row.generation_id.as_deref()),
        ("gen_ai.provider.name", row.provider.as_deref()),
        ("session.id", row.session.as_deref()),
        ("error.type", row.error_type.as_deref()),
        ("turnpike.status", Some(row.status.as_str())),
        ("turnpike.class", row.class.as_deref()),
        ("turnpike.agent_type", row.agent_type.as_deref()),
        ("turnpike.client", row.client.as_deref()),
        ("turnpike.project", row.project.as_deref()),
        ("turnpike.branch", row.branch.as_deref()),
        ("turnpike.mode", row.mode.map(|mode| mode.as_str())),
        ("turnpike.cost_source", Some(row.cost.source.as_str())),
        ("turnpike.stop_reason", row.stop_reason.as_deref()),
    ];
    let usage = &row.usage;
    let prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let numbers = [
        ("gen_ai.usage.input_tokens", Some(prompt)),
        ("gen_ai.usage.output_tokens", Some(usage.output_tokens)),
        ("gen_ai.usage.cache_read.input_tokens", Some(usage.cache_read_tokens)),
        ("gen_ai.usage.cache_creation.input_tokens", Some(usage.cache_write_tokens)),
        ("turnpike.reasoning_tokens", Some(usage.reasoning_tokens)),
        ("turnpike.cost_nanos", Some(row.cost.amount.nanos())),
        ("turnpike.row", Some(row.id.get())),
        ("http.response.status_code", row.http_status.map(i64::from)),
    ];
    let texts = texts.into_iter().filter_map(|(key, value)| Some(text(key, value?)));
    let numbers = numbers.into_iter().filter_map(|(key, value)| Some(number(key, value?)));
    texts.chain(numbers).collect()
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: i64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}
