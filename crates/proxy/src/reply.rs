//! An upstream's answer that must show a sign of life now and then.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_upstream::{Reply, TransportError, TransportKind};

/// A reply that fails after too long a silence. Any byte is a sign of life, a comment's too.
#[derive(Debug)]
pub(crate) struct TimedReply {
    reply: Reply,
    silence: Duration,
    last_heard: Instant,
    alarm: Pin<Box<Sleep>>,
}

// === impl TimedReply ===

impl TimedReply {
    /// A reply whose head has just come.
    pub(crate) fn new(reply: Reply, silence: Duration) -> Self {
        Self { reply, silence, last_heard: Instant::now(), alarm: Box::pin(sleep(silence)) }
    }

    /// Status and headers.
    pub(crate) const fn head(&self) -> &Reply {
        &self.reply
    }

    /// Forgets the headers, which nobody asks for any more.
    pub(crate) fn forget_headers(&mut self) {
        self.reply.forget_headers();
    }

    /// Polls for the next bytes; `None` at the end of the body.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        if let Poll::Ready(read) = self.reply.poll_chunk(cx) {
            self.last_heard = Instant::now();
            return Poll::Ready(read.transpose().map_err(|error| of_transport(&error)));
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let deadline = self.last_heard + self.silence;
            if Instant::now() >= deadline {
                return Poll::Ready(Err(given_up(self.silence)));
            }
            self.alarm.as_mut().reset(deadline);
        }
    }

    /// The next bytes; `None` at the end of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// The whole body, at most `limit` bytes of it.
    pub(crate) async fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limit {
                break;
            }
        }
        Ok(body)
    }
}

/// The upstream said nothing for too long.
pub(crate) fn given_up(silence: Duration) -> Failure {
    let seconds = silence.as_secs();
    Failure::new(
        Cause::Timeout,
        format!("The upstream sent nothing for {seconds} s and was given up. Try again."),
    )
}

/// A transport's failure in the client's words.
pub(crate) fn of_transport(error: &TransportError) -> Failure {
    let cause = match error.kind {
        TransportKind::Broken => Cause::EndedEarly,
        TransportKind::Timeout | TransportKind::ConnectTimeout => Cause::Timeout,
        TransportKind::Protocol => Cause::Unreadable,
        _ => Cause::Unreachable,
    };
    Failure::new(cause, error.to_string())
}
