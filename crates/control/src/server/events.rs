//! Server-sent events: what happens, as it happens.
//!
//! Each event has an id, the run of the service and a number. A listener that names the last one it got in
//! `Last-Event-ID` gets what it missed, or `lagged` when that is not kept any more.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Shared;
use crate::core::Ending;
use crate::event_log::{Numbered, Subscription};

/// Silence after which a comment shows that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One listener.
struct Listener {
    instance: String,
    is_lagged: bool,
    missed: VecDeque<Numbered>,
    events: broadcast::Receiver<Numbered>,
    ending: Ending,
}

/// Events from now on, or from behind the one that the listener names. One that falls behind is told `lagged`, and
/// asks for the status afresh.
pub(super) async fn stream(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Frame, Infallible>>> {
    let core = &shared.commands.0;
    let instance = core.about.instance.clone();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    // A number of another run means nothing here: the highest there is makes a gap of it.
    let after = last.map(|id| number_of(id, &instance).unwrap_or(u64::MAX));
    let Subscription { missed, has_gap, events } = core.events.subscribe(after);
    let listener = Listener { instance, is_lagged: has_gap, missed, events, ending: core.ending() };
    let frames = stream::unfold(listener, |mut listener| async move {
        let frame = listener.next().await?;
        Some((Ok(frame), listener))
    });
    Sse::new(frames).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

// === impl Listener ===

impl Listener {
    /// The next frame; `None` when the service ends.
    async fn next(&mut self) -> Option<Frame> {
        if std::mem::take(&mut self.is_lagged) {
            return Some(Frame::default().event("lagged").data(""));
        }
        loop {
            if let Some(numbered) = self.missed.pop_front() {
                if let Some(frame) = self.frame(&numbered) {
                    return Some(frame);
                }
                continue;
            }
            let received = tokio::select! {
                biased;
                received = self.events.recv() => received,
                () = self.ending.wait() => return None,
            };
            match received {
                Ok(numbered) => self.missed.push_back(numbered),
                Err(RecvError::Lagged(_)) => return Some(Frame::default().event("lagged").data("")),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn frame(&self, (number, event): &Numbered) -> Option<Frame> {
        match Frame::default().id(format!("{}-{number}", self.instance)).json_data(event) {
            Ok(frame) => Some(frame),
            Err(error) => {
                tracing::warn!(%error, "an event cannot be written as JSON");
                None
            }
        }
    }
}

fn number_of(id: &str, instance: &str) -> Option<u64> {
    id.strip_prefix(instance)?.strip_prefix('-')?.parse().ok()
}
