//! The body of a request, which tells when it leaves.

use std::convert::Infallible;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

/// Learns that a request leaves this machine.
pub trait Departure: Debug + Send + Sync {
    /// There is a connection for it, and its body is read to be sent. Before that nobody can have worked on it.
    fn leaves(&self);
}

/// A body, and who is told when it is read first.
#[derive(Debug)]
pub(crate) struct Outgoing {
    body: Full<Bytes>,
    departure: Option<Arc<dyn Departure>>,
}

// === impl Outgoing ===

impl Outgoing {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { body: Full::new(body), departure: None }
    }

    pub(crate) fn tells(&mut self, departure: Arc<dyn Departure>) {
        self.departure = Some(departure);
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(departure) = self.departure.take() {
            departure.leaves();
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
