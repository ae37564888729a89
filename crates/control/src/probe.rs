//! `map test`: what a model really can, found by seven small requests through the data plane itself.

mod cases;
mod kept;

use std::sync::Arc;
use std::time::Duration;

use hyper::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use turnpike_api::command::{Conformance, Probe, TestMap};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_upstream::{Endpoint, Inference, Upstream};

use crate::core::{Core, blocking};

pub(crate) use kept::{all, summary};

/// The longest time for one probe.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);
/// How long the ledger may take to write what the probes cost.
const FLUSH: Duration = Duration::from_secs(5);
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
            let (passed, seen) = match ask(core, plane, session, &body).await {
                Ok((200, text)) => (case.judge)(&text),
                Ok((status, text)) => (false, format!("HTTP {status}: {}", cases::message_of(&text))),
                Err(error) => (false, error),
            };
            Probe { name: case.name.to_owned(), passed, seen }
        }
    });
    let probes = futures_util::future::join_all(probes).await;
    let conformance = blocking(core, move |core| {
        // Without the disk the cost is told as far as it is known.
        let _ = core.ledger.flush(FLUSH);
        let receipt = core.ledger.reader().session_receipt(&session).ok().flatten();
        let cost_nanos = receipt.map_or(0, |receipt| receipt.total.cost().nanos());
        let slug = cases::slug_asked_first(core, &request.name);
        let tested = Timestamp::now().as_second();
        let conformance = Conformance { slug, tested, cost_nanos, probes };
        (kept::keep(core, &conformance).map_err(|error| error.to_string()), conformance)
    });
    let (kept, conformance) = conformance.await?;
    if let Err(error) = kept {
        tracing::warn!(error, "the result of the probes is not kept");
    }
    Ok(conformance)
}

/// Sends one probe to the data plane, as any client would.
async fn ask(core: &Core, plane: &Upstream, session: &str, body: &str) -> Result<(u16, String), String> {
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    let value = HeaderValue::from_str(session).map_err(|error| error.to_string())?;
    headers.insert("x-claude-code-session-id", value);
    headers.insert("x-claude-code-request-class", HeaderValue::from_static("main"));
    let token = core.token();
    let request = Inference {
        endpoint: Endpoint::Messages,
        key: token.secret().expose(),
        body: body.to_owned().into(),
        stream: body.contains("\"stream\":true"),
        headers,
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
