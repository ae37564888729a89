//! `map test`: what a model really can, found by seven small requests through the data plane itself.

mod cases;
mod kept;

use std::sync::Arc;
use std::time::Duration;

use hyper::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use turnpike_api::command::{Conformance, Probe, TestMap};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_ledger::{Mode, Page, RequestRow};
use turnpike_upstream::{Endpoint, Inference, Upstream};

use crate::core::{Core, blocking};

pub(crate) use kept::{all, showings, summary};

/// The longest time for one probe.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);
/// How long the ledger may take to write what the probes cost.
pub(crate) const FLUSH: Duration = Duration::from_secs(5);
/// Rows among which those of the probes are looked for.
const MOST_ROWS: u32 = 200;
/// Largest answer that is read.
const LIMIT: usize = 4 * 1024 * 1024;

/// Probes a model, and keeps what it showed.
pub(crate) async fn run(core: &Arc<Core>, request: TestMap) -> Result<Conformance, ApiError> {
    let unavailable = |message: String| ApiError::new(ErrorCode::Unavailable, message);
    let base = format!("{}/v1", core.data_plane_url());
    let plane = Upstream::new(&base).map_err(|error| unavailable(error.to_string()))?;
    let session = format!("turnpike-map-test-{}", Timestamp::now().as_millisecond());
    let probes = cases::ALL.iter().map(|case| {
        let (plane, session, body) = (&plane, &session, case.body(&request.name));
        async move {
            let (passed, counts, seen) = match ask(core, plane, session, case.name, &body).await {
                Ok((200, text)) => {
                    let (passed, seen) = (case.judge)(&text);
                    (passed, true, seen)
                }
                Ok((status, text)) => {
                    // A refusal speaks of the model; a limit or an outage does not.
                    let is_refusal = matches!(status, 400 | 404 | 422);
                    (false, is_refusal, format!("HTTP {status}: {}", cases::message_of(&text)))
                }
                Err(error) => (false, false, error),
            };
            Probe { name: case.name.to_owned(), passed, seen, counts, mended: Vec::new() }
        }
    });
    let mut probes = futures_util::future::join_all(probes).await;
    if let Some(why) = nothing_to_probe(&probes) {
        return Err(ApiError::new(ErrorCode::NotFound, why));
    }
    let conformance = blocking(core, move |core| {
        // Without the disk the cost is told as far as it is known.
        let _ = core.ledger.flush(FLUSH);
        let slug = cases::slug_asked_first(core, &request.name);
        let rows = rows_of(core, &session);
        probes.iter_mut().for_each(|probe| look_up(probe, &rows, &slug));
        let cost_nanos = core.ledger.reader().session_receipt(&session).ok().flatten();
        let cost_nanos = cost_nanos.map_or(0, |receipt| receipt.total.cost().nanos());
        let native = rows.iter().any(|row| row.mode == Some(Mode::Native));
        let tested = Timestamp::now().as_second();
        let conformance = kept::with_past(
            core,
            Conformance { slug, tested, cost_nanos, native, failed_natively: false, probes },
        );
        (kept::keep(core, &conformance).map_err(|error| error.to_string()), conformance)
    });
    let (kept, conformance) = conformance.await?;
    if let Err(error) = kept {
        tracing::warn!(error, "the result of the probes is not kept");
    }
    put_to_use(core);
    Ok(conformance)
}

/// Why nothing was found out about the model: each probe was told in the same words that there is none.
fn nothing_to_probe(probes: &[Probe]) -> Option<String> {
    let first = probes.first()?.seen.strip_prefix("HTTP 404: ")?;
    let is_the_same = |probe: &Probe| probe.seen.strip_prefix("HTTP 404: ") == Some(first);
    probes.iter().all(is_the_same).then(|| first.trim_end_matches('.').to_owned())
}

/// Lets the data plane handle models as their probes want it.
pub(crate) fn put_to_use(core: &Core) {
    core.proxy.set_showings(showings(&core.data_dir.conformance()));
}

/// The rows that the probes left, however they ended.
fn rows_of(core: &Core, session: &str) -> Vec<RequestRow> {
    let page = Page { before: None, limit: MOST_ROWS };
    let mut rows = core.ledger.reader().recent(page).unwrap_or_default();
    rows.retain(|row| row.session.as_deref() == Some(session));
    rows
}

/// What only the row tells: whether the model itself answered, and what was mended.
fn look_up(probe: &mut Probe, rows: &[RequestRow], slug: &str) {
    let Some(row) = rows.iter().find(|row| row.agent_id.as_deref() == Some(probe.name.as_str())) else {
        return;
    };
    if let Some(target) = row.target.as_deref().filter(|target| *target != slug) {
        (probe.passed, probe.counts) = (false, false);
        probe.seen = format!("{target} answered in its place; {}", probe.seen);
    }
    let mended = row.repairs.as_ref().and_then(|json| serde_json::from_str(json.as_str()).ok());
    probe.mended = mended.unwrap_or_default();
}

/// Sends one request of the main conversation to the data plane, as any client would: status and body of the answer.
pub(crate) async fn ask_once(core: &Core, session: &str, body: &str) -> Result<(u16, String), String> {
    let base = format!("{}/v1", core.data_plane_url());
    let plane = Upstream::new(&base).map_err(|error| error.to_string())?;
    ask(core, &plane, session, "doctor", body).await
}

/// Sends one probe to the data plane, as any client would.
async fn ask(
    core: &Core,
    plane: &Upstream,
    session: &str,
    case: &'static str,
    body: &str,
) -> Result<(u16, String), String> {
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    let value = HeaderValue::from_str(session).map_err(|error| error.to_string())?;
    headers.insert("x-claude-code-session-id", value);
    // By it the row is found again.
    headers.insert("x-claude-code-agent-id", HeaderValue::from_static(case));
    headers.insert("x-claude-code-request-class", HeaderValue::from_static("main"));
    let token = core.token();
    let request = Inference {
        endpoint: Endpoint::Messages,
        key: token.secret().expose(),
        body: body.to_owned().into(),
        stream: body.contains("\"stream\":true"),
        headers,
        departure: None,
    };
    let answer = async {
        let mut reply = plane.infer(request).await?;
        let body = reply.read_all(LIMIT).await?;
        Ok::<_, turnpike_upstream::TransportError>((
            reply.status(),
            String::from_utf8_lossy(&body).into_owned(),
        ))
    };
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no whole answer within {} s", DEADLINE.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_none_is_told_once_and_one_that_lacks_something_is_probed() {
        let probe = |seen: &str| Probe {
            name: "tools".to_owned(),
            passed: false,
            seen: seen.to_owned(),
            counts: true,
            mended: Vec::new(),
        };
        for (name, seen, told) in [
            ("no model", ["HTTP 404: There is none.", "HTTP 404: There is none."], Some("There is none")),
            ("no tools", ["HTTP 404: No tools.", "40 pieces"], None),
            ("several reasons", ["HTTP 404: No tools.", "HTTP 404: No images."], None),
            ("an outage", ["HTTP 502: Down.", "HTTP 502: Down."], None),
        ] {
            assert_eq!(nothing_to_probe(&seen.map(probe)).as_deref(), told, "{name}");
        }
        assert_eq!(nothing_to_probe(&[]), None);
    }
}
