//! Server-sent events: what happens, as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use turnpike_api::Event;

use super::Shared;
use crate::core::Ending;

/// Silence after which a comment shows that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events from now on. A listener that falls behind is told `lagged`, and asks for the status afresh.
pub(super) async fn stream(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<Frame, Infallible>>> {
    let core = &shared.commands.0;
    let listening = (core.events.subscribe(), core.ending());
    let frames = stream::unfold(listening, |(mut events, mut ending)| async move {
        let frame = next(&mut events, &mut ending).await?;
        Some((Ok(frame), (events, ending)))
    });
    Sse::new(frames).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// The next frame; `None` when the service ends.
async fn next(events: &mut broadcast::Receiver<Event>, ending: &mut Ending) -> Option<Frame> {
    loop {
        let received = tokio::select! {
            biased;
            received = events.recv() => received,
            () = ending.wait() => return None,
        };
        match received {
            Ok(event) => match Frame::default().json_data(&event) {
                Ok(frame) => return Some(frame),
                Err(error) => tracing::warn!(%error, "an event cannot be written as JSON"),
            },
            Err(RecvError::Lagged(_)) => return Some(Frame::default().event("lagged")),
            Err(RecvError::Closed) => return None,
        }
    }
}
