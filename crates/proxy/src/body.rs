//! Reading a request's body within its limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HeaderValue};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::anthropic::ErrorKind;

use crate::dialect::Dialect;
use crate::respond;
use crate::state::Shared;
use crate::timing::Timing;

const MIB: usize = 1024 * 1024;
/// Largest body accepted.
const MAX_BODY: usize = 32 * MIB;
/// Most of a body that is too large and still read, so that its sender can read the answer.
const MAX_DISCARDED: usize = 256 * MIB;
const COMPRESSED: &str =
    "The body is compressed (content-encoding). Send it as it is: nothing of it leaves this machine.";
/// When to come back for room.
const ROOM_AFTER: Duration = Duration::from_secs(2);

/// Reads the body, or says what to answer instead.
pub(crate) async fn read_body(
    shared: &Shared,
    dialect: Dialect,
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<Bytes, Box<respond::Answer>> {
    let timing = &shared.timing;
    let most = shared.held.most().min(MAX_BODY);
    let mut share = shared.held.share();
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if let Some(refused) = declared.and_then(|length| {
        if length > most {
            return Some(too_large(dialect, most));
        }
        // All of it at once: bodies that grow beside each other would all find no room for their end.
        shared.held.grow(&mut share, length).is_err().then(|| no_room(dialect, shared.held.most()))
    }) {
        // A client that asks first has not sent anything yet, and will not.
        if !headers.contains_key(EXPECT) {
            discard(timing, body).await;
        }
        return Err(Box::new(refused));
    }
    let mut read = BytesMut::with_capacity(declared.unwrap_or_else(|| {
        usize::try_from(body.size_hint().lower()).unwrap_or(0).clamp(16 * 1024, MAX_BODY)
    }));
    loop {
        let frame = match timeout(timing.body_idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) if is_compressed(headers, &read) => {
                let (status, kind) = (StatusCode::BAD_REQUEST, ErrorKind::InvalidRequestError);
                return Err(Box::new(respond::error(dialect, status, kind, COMPRESSED)));
            }
            Ok(None) => return Ok(share.of(read.freeze())),
            Ok(Some(Err(_))) => {
                return Err(Box::new(broken(dialect, StatusCode::BAD_REQUEST, "The body broke off.")));
            }
            Err(_) => {
                let seconds = timing.body_idle.as_secs();
                let message = format!("Nothing of the body came for {seconds} s.");
                return Err(Box::new(broken(dialect, StatusCode::REQUEST_TIMEOUT, &message)));
            }
        };
        let Ok(data) = frame.into_data() else { continue };
        let refused = if read.len() + data.len() > most {
            Some(too_large(dialect, most))
        } else if declared.is_none() && shared.held.grow(&mut share, data.len()).is_err() {
            Some(no_room(dialect, shared.held.most()))
        } else {
            None
        };
        if let Some(refused) = refused {
            drop((read, share));
            discard(timing, body).await;
            return Err(Box::new(refused));
        }
        read.extend_from_slice(&data);
    }
}

/// Whether it is what its header says: some clients name an encoding and send plain JSON.
fn is_compressed(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_named =
        headers.get(CONTENT_ENCODING).is_some_and(|name| !name.as_bytes().eq_ignore_ascii_case(b"identity"));
    is_named && !body.trim_ascii_start().starts_with(b"{")
}

fn broken(dialect: Dialect, status: StatusCode, message: &str) -> respond::Answer {
    closing(respond::error(dialect, status, ErrorKind::InvalidRequestError, message))
}

fn too_large(dialect: Dialect, most: usize) -> respond::Answer {
    let why = if most < MAX_BODY { ", all that may be held here ([proxy] max_held_mib)" } else { "" };
    let message = format!(
        "The body is larger than {} MiB{why}. Send less: drop old images or start a new conversation.",
        most / MIB
    );
    closing(respond::error(dialect, StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::RequestTooLarge, &message))
}

/// Other requests hold what may be held.
fn no_room(dialect: Dialect, most: usize) -> respond::Answer {
    let message = format!(
        "Requests under way hold {} MiB, all that may be held ([proxy] max_held_mib). Try again in a moment.",
        most / MIB
    );
    let mut failure = Failure::new(Cause::Overloaded, message);
    failure.retry_after = Some(ROOM_AFTER);
    closing(respond::failure(dialect, &failure))
}

/// Reads on for a while without keeping anything: a client that is still sending would not see the answer.
async fn discard(timing: &Timing, mut body: Incoming) {
    let discarding = async {
        let mut discarded = 0;
        while let Some(Ok(frame)) = body.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > MAX_DISCARDED {
                break;
            }
        }
    };
    // Whoever needs longer than that has to live without the answer.
    let _ = timeout(timing.discard_within, discarding).await;
}

/// What is left of the body is not read: the connection cannot go on.
pub(crate) fn closing(mut answer: respond::Answer) -> respond::Answer {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
