//! Reading a request's body within its limits.

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderValue};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;
use turnpike_wire::anthropic::ErrorKind;

use crate::dialect::Dialect;
use crate::respond;
use crate::timing::Timing;

/// Largest body accepted.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Most of a body that is too large and still read, so that its sender can read the answer.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;

/// Reads the body, or says what to answer instead.
pub(crate) async fn read_body(
    timing: &Timing,
    dialect: Dialect,
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<Bytes, Box<respond::Answer>> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BODY) {
        // A client that asks first has not sent anything yet, and will not.
        if !headers.contains_key(EXPECT) {
            discard(timing, body).await;
        }
        return Err(Box::new(too_large(dialect)));
    }
    let mut read = BytesMut::with_capacity(declared.unwrap_or_else(|| {
        usize::try_from(body.size_hint().lower()).unwrap_or(0).clamp(16 * 1024, MAX_BODY)
    }));
    loop {
        let frame = match timeout(timing.body_idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Ok(read.freeze()),
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
        if read.len() + data.len() > MAX_BODY {
            drop(read);
            discard(timing, body).await;
            return Err(Box::new(too_large(dialect)));
        }
        read.extend_from_slice(&data);
    }
}

fn broken(dialect: Dialect, status: StatusCode, message: &str) -> respond::Answer {
    closing(respond::error(dialect, status, ErrorKind::InvalidRequestError, message))
}

fn too_large(dialect: Dialect) -> respond::Answer {
    let message = "The body is larger than 32 MiB. Send less: drop old images or start a new conversation.";
    closing(respond::error(dialect, StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::RequestTooLarge, message))
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
