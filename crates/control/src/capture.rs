//! Capturing bodies on demand, and asking another model what a captured request asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use turnpike_api::command::{
    AnswerPart as Part, CaptureStanding, CapturedBody, CapturedBodyReply, CapturedRequest, CapturesReply,
    ForgetCaptures, Replay, ReplayReply, ReplaySide, StartCapture,
};
use turnpike_api::{ApiError, ErrorCode, Event};
use turnpike_ledger::RowId;
use turnpike_proxy::{AnswerPart, Captured, KEPT_FOR, MOST_BYTES, MOST_REQUESTS, MOST_TIME, ReplayError};

use crate::activity;
use crate::core::{Core, blocking};

/// How long the ledger may take to write what a replay cost.
const FLUSH: Duration = Duration::from_secs(5);
/// How long a whole replay may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// What is captured and kept.
pub(crate) fn list(core: &Core) -> CapturesReply {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let kept = core.proxy.captured();
    let kept = kept.iter().map(|captured| CapturedRequest {
        id: captured.id,
        at: captured.at,
        model: captured.model.clone(),
        bytes: count(captured.bytes),
        redacted: captured.redacted,
    });
    CapturesReply {
        standing: standing(core),
        kept: kept.collect(),
        most_requests: count(MOST_REQUESTS),
        most_bytes: count(MOST_BYTES),
        kept_for_seconds: KEPT_FOR.as_secs(),
    }
}

/// Whether bodies are captured now.
pub(crate) fn standing(core: &Core) -> CaptureStanding {
    let standing = core.proxy.capture_standing();
    CaptureStanding {
        is_on: standing.is_on,
        until: standing.until,
        requests_left: standing.requests_left,
        kept: u64::try_from(standing.kept).unwrap_or(u64::MAX),
    }
}

pub(crate) fn start(core: &Core, asked: &StartCapture) -> Result<CapturesReply, ApiError> {
    let most = MOST_TIME.as_secs() / 60;
    let minutes = asked.minutes.map_or(most, u64::from);
    if minutes == 0 || minutes > most {
        let message = format!("bodies are captured for 1 to {most} minutes");
        return Err(ApiError::new(ErrorCode::Invalid, message).of_field("minutes"));
    }
    let is_countable = |count: u32| (1..=MOST_REQUESTS).contains(&(count as usize));
    if asked.requests.is_some_and(|count| !is_countable(count)) {
        let message = format!("1 to {MOST_REQUESTS} requests can be captured");
        return Err(ApiError::new(ErrorCode::Invalid, message).of_field("requests"));
    }
    core.proxy.start_capture(asked.requests, Duration::from_secs(minutes * 60));
    tracing::info!(minutes, requests = asked.requests, "bodies of requests are captured on demand");
    Ok(list(core))
}

pub(crate) fn stop(core: &Core) -> CapturesReply {
    core.proxy.stop_capture();
    list(core)
}

pub(crate) fn forget(core: &Core, asked: &ForgetCaptures) -> Result<CapturesReply, ApiError> {
    if core.proxy.forget_captured(asked.id) { Ok(list(core)) } else { Err(not_kept(asked.id.unwrap_or(0))) }
}

/// Takes back what was forgotten last.
pub(crate) fn undo_forget(core: &Core) -> Result<CapturesReply, ApiError> {
    if core.proxy.undo_forget_captured() {
        return Ok(list(core));
    }
    let message = "what was forgotten is gone by now: capture the next request, then send it again";
    Err(ApiError::new(ErrorCode::NotFound, message))
}

/// The bodies of a captured request.
pub(crate) fn body(core: &Core, asked: &CapturedBody) -> Result<CapturedBodyReply, ApiError> {
    let captured = find(core, asked.id)?;
    Ok(CapturedBodyReply {
        request: captured.request.clone(),
        answer: parts(&captured.answer),
        is_cut: captured.is_cut,
    })
}

/// Asks another model the same, and puts both answers side by side.
pub(crate) async fn replay(core: &Arc<Core>, asked: Replay) -> Result<ReplayReply, ApiError> {
    let captured = find(core, asked.id)?;
    if !turnpike_routing::resolve(&asked.model).contains('/') {
        let message = "name a model by its slug (author/model) or its short name";
        return Err(ApiError::new(ErrorCode::Invalid, message).of_field("model"));
    }
    let replayed = core.proxy.replay(asked.id, &asked.model).await.map_err(|error| match error {
        ReplayError::NotKept => not_kept(asked.id),
        ReplayError::TooLong => {
            let message = "the request was too long to be kept, so it cannot be asked again";
            ApiError::new(ErrorCode::Unavailable, message)
        }
        ReplayError::Stopped => {
            ApiError::new(ErrorCode::Unavailable, "Turnpike is stopped: start it, then replay the request")
        }
    })?;
    let rows = blocking(core, move |core| {
        // Without the disk both answers are shown without their figures.
        let _ = core.ledger.flush(FLUSH);
        let row = |id: i64| core.ledger.reader().row(RowId::new(id)).ok().flatten();
        (row(asked.id), replayed.row.and_then(row))
    });
    let (original, other) = rows.await?;
    Ok(ReplayReply {
        original: ReplaySide {
            row: original.as_ref().map(activity::row),
            http_status: captured.status,
            answer: parts(&captured.answer),
        },
        replay: ReplaySide {
            row: other.as_ref().map(activity::row),
            http_status: replayed.status,
            answer: parts(&replayed.answer),
        },
    })
}

fn find(core: &Core, id: i64) -> Result<Arc<Captured>, ApiError> {
    let found = core.proxy.captured().into_iter().find(|captured| captured.id == id);
    found.ok_or_else(|| not_kept(id))
}

fn not_kept(id: i64) -> ApiError {
    let message = format!("no bodies of request {id} are kept: capture the next request, then send it again");
    ApiError::new(ErrorCode::NotFound, message)
}

fn parts(parts: &[AnswerPart]) -> Vec<Part> {
    let told = |part: &AnswerPart| Part {
        kind: part.kind.clone(),
        name: part.name.clone(),
        text: part.text.clone(),
    };
    parts.iter().map(told).collect()
}

/// Ends capturing in time, forgets what is old, and tells each change, until the service ends.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut ending = core.ending();
    let mut changes = core.proxy.capture_changes();
    let mut told = CaptureStanding::default();
    loop {
        let due = core.proxy.tidy_captures();
        let now = standing(&core);
        if now != told {
            told = now;
            core.tell(Event::Capture { capture: now });
        }
        let wait = due.map(|due| due.saturating_duration_since(Instant::now()));
        let is_due = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = is_due => {}
            changed = changes.changed() => if changed.is_err() { return },
            () = ending.wait() => return,
        }
    }
}
