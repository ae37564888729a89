//! `/metrics` in Prometheus's text format: off unless `[metrics] enabled`, with a token of its own.
//!
//! The figures are the ledger's own sums over all of time, so a restart resets nothing. Money is written as dollars with
//! all nine places.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use jiff::tz::TimeZone;
use turnpike_api::{ApiError, ErrorCode};
use turnpike_ledger::{
    Dimension, Facet, Health, LedgerError, SpendQuery, SpendReport, SpendRow, Totals, WriterState,
};
use turnpike_settings::LocalToken;

use crate::core::Core;
use crate::server::refusal;

const PATH: &str = "/metrics";
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All that is told.
pub(crate) struct Figures {
    /// By model that answered.
    pub(crate) models: SpendReport,
    /// By project.
    pub(crate) projects: SpendReport,
    pub(crate) health: Health,
    /// Requests that run.
    pub(crate) live: usize,
    /// Spans that were handed to the collector, and that were not.
    pub(crate) spans: (u64, u64),
}

pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new().route(PATH, get(metrics)).with_state(core)
}

async fn metrics(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    if !core.config.now().config.metrics.enabled {
        let message = "metrics are off: set `enabled = true` under [metrics] in config.toml";
        return refusal(&ApiError::new(ErrorCode::NotFound, message));
    }
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let shown = shown.map(<[u8]>::to_vec);
    let answer = tokio::task::spawn_blocking(move || answer(&core, shown.as_deref())).await;
    match answer {
        Ok(Ok(text)) => {
            let mut response = Response::new(Body::from(text));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORMAT));
            response
        }
        Ok(Err(error)) => refusal(&error),
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

fn answer(core: &Core, shown: Option<&[u8]>) -> Result<String, ApiError> {
    // Read each time, so that a new token counts at once.
    let token = LocalToken::load_or_create(&core.data_dir.metrics_token())
        .map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    if !shown.is_some_and(|shown| token.admits(shown)) {
        let message = "metrics want a bearer token of their own: `turnpike token metrics` prints it";
        return Err(ApiError::new(ErrorCode::Unauthorized, message));
    }
    let figures = figures(core).map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    Ok(text(&figures))
}

fn figures(core: &Core) -> Result<Figures, LedgerError> {
    let by = |facet| core.ledger.reader().spend(&SpendQuery::by(Dimension::Facet(facet), TimeZone::UTC));
    Ok(Figures {
        models: by(Facet::Model)?,
        projects: by(Facet::Project)?,
        health: core.ledger.health(),
        live: core.proxy.live().len(),
        spans: core.trace_counts.read(),
    })
}

/// The figures in Prometheus's words.
pub(crate) fn text(figures: &Figures) -> String {
    let mut out = String::new();
    of_the_models(&mut out, &figures.models.rows);
    family(&mut out, "turnpike_project_cost_dollars_total", "counter", "Dollars, by project.");
    for row in &figures.projects.rows {
        let name =
            format!("turnpike_project_cost_dollars_total{{project=\"{}\"}}", label(row.key.as_deref()));
        line(&mut out, &name, row.totals.cost());
    }
    of_the_service(&mut out, figures);
    out
}

fn of_the_models(out: &mut String, rows: &[SpendRow]) {
    let ends = |sums: &Totals| {
        [
            ("ok", sums.ok),
            ("error", sums.error),
            ("cancelled", sums.cancelled),
            ("truncated", sums.truncated),
            ("interrupted", sums.interrupted),
        ]
    };
    let tokens = |sums: &Totals| {
        [
            ("input", sums.usage.input_tokens),
            ("output", sums.usage.output_tokens),
            ("cache_read", sums.usage.cache_read_tokens),
            ("cache_write", sums.usage.cache_write_tokens),
            ("reasoning", sums.usage.reasoning_tokens),
        ]
    };
    let costs = |sums: &Totals| {
        [
            ("upstream", sums.cost_upstream_nanos),
            ("looked_up", sums.cost_looked_up_nanos),
            ("estimate", sums.cost_estimate_nanos),
        ]
    };
    let about = "Settled requests, by model that answered and by end.";
    by_model(out, ("turnpike_requests_total", "end", about), rows, ends);
    let about = "Tokens, by model; input is what no cache had to do with.";
    by_model(out, ("turnpike_tokens_total", "kind", about), rows, tokens);
    let about = "Dollars, by model and by where the amount comes from.";
    by_model(out, ("turnpike_cost_dollars_total", "source", about), rows, costs);
}

/// One counter, split by model and by one more label. The triple is its name, that label, and what it tells.
fn by_model<Value: std::fmt::Display, const N: usize>(
    out: &mut String,
    (name, part, about): (&str, &str, &str),
    rows: &[SpendRow],
    parts: impl Fn(&Totals) -> [(&'static str, Value); N],
) {
    family(out, name, "counter", about);
    for row in rows {
        let model = label(row.key.as_deref());
        for (key, value) in parts(&row.totals) {
            line(out, &format!("{name}{{model=\"{model}\",{part}=\"{key}\"}}"), value);
        }
    }
}

fn of_the_service(out: &mut String, figures: &Figures) {
    let health = &figures.health;
    let is_written = i32::from(health.state == WriterState::Ok);
    let rows: [(&str, &str, &str, String); 7] = [
        ("turnpike_live_requests", "gauge", "Requests that run.", figures.live.to_string()),
        ("turnpike_ledger_written", "gauge", "1 while rows get to the disk.", is_written.to_string()),
        ("turnpike_ledger_queued_rows", "gauge", "Rows that wait for the disk.", health.queued.to_string()),
        (
            "turnpike_ledger_lost_rows_total",
            "counter",
            "Requests without a row, since the start.",
            health.lost.rows.to_string(),
        ),
        (
            "turnpike_ledger_lost_dollars_total",
            "counter",
            "What requests without a row cost, since the start.",
            health.lost.cost_nanos.to_string(),
        ),
        (
            "turnpike_spans_sent_total",
            "counter",
            "Spans the collector took, since the start.",
            figures.spans.0.to_string(),
        ),
        (
            "turnpike_spans_dropped_total",
            "counter",
            "Spans the collector never got.",
            figures.spans.1.to_string(),
        ),
    ];
    for (name, kind, help, value) in rows {
        family(out, name, kind, help);
        line(out, name, value);
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{name} {value}");
}

/// A value between quotes, as the format wants it; empty for what is not known.
fn label(text: Option<&str>) -> String {
    text.unwrap_or_default().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_label_is_escaped() {
        let rows = [(None, ""), (Some("a/b"), "a/b"), (Some("a\"}\n\\"), "a\\\"}\\n\\\\")];
        for (text, expected) in rows {
            assert_eq!(label(text), expected);
        }
    }
}
