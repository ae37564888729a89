//! An answer as a body that the HTTP library polls. Dropping it early is how an abort is noticed.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

use super::Step;
use crate::ticket::Ticket;

/// The steps of an answer as a response body.
pub(crate) struct ScriptBody {
    steps: Box<dyn Iterator<Item = Step> + Send>,
    ticket: Ticket,
    sleep: Option<Pin<Box<Sleep>>>,
    hanging: bool,
}

// === impl ScriptBody ===

impl ScriptBody {
    pub(crate) fn new(steps: impl Iterator<Item = Step> + Send + 'static, ticket: Ticket) -> Self {
        Self { steps: Box::new(steps), ticket, sleep: None, hanging: false }
    }
}

impl Body for ScriptBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if self.hanging {
                return Poll::Pending;
            }
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            match self.steps.next() {
                Some(Step::Send(bytes, produced)) => {
                    self.ticket.produced(produced);
                    if !bytes.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(bytes))));
                    }
                }
                Some(Step::Flush) => {
                    // The library writes to the socket whenever a body has nothing ready.
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Wait(duration)) => self.sleep = Some(Box::pin(sleep(duration))),
                Some(Step::Hang) => self.hanging = true,
                None => {
                    self.ticket.finish();
                    return Poll::Ready(None);
                }
            }
        }
    }
}
