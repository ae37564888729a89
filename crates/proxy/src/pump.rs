//! The answer's body: upstream bytes in, events out, pings in silence, and nothing left over when the
//! client goes away.
//!
//! ```text
//!   Seeking ──▶ Streaming ──▶ Ended
//!      └───────── failure ──────▲
//! ```
//!
//! The body is polled by the connection. So there is back-pressure without a buffer, and dropping the body
//! (the client has gone) drops the upstream request with it.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, timeout};
use turnpike_translate::failure::Failure;

use crate::answer::{Answer, Finished, Streaming};
use crate::capture::Tap;
use crate::dialect::Dialect;
use crate::ids::RequestId;
use crate::reply::TimedReply;
use crate::respond::fault;
use crate::seek::Sought;
use crate::settle::Settler;

/// How long the end of an answered stream is waited for, so that the connection can be used again.
const DRAIN: Duration = Duration::from_secs(1);

/// The body of any answer.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    kind: Kind,
    /// Who listens to a body that a person asked to keep.
    tap: Option<Box<Tap>>,
}

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Live(Box<Pump>),
}

/// A seeking that is still under way.
pub(crate) type Seeking = Pin<Box<dyn Future<Output = Sought> + Send>>;

/// Who is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    /// The API that the client speaks.
    pub(crate) dialect: Dialect,
    /// The id that the answer's head tells.
    pub(crate) id: RequestId,
}

/// A stream on its way.
pub(crate) struct Pump {
    asker: Asker,
    phase: Phase,
    out: Vec<u8>,
    ping_after: Duration,
    timer: Pin<Box<Sleep>>,
    last_sent: Instant,
}

enum Phase {
    Seeking(Seeking),
    Streaming(Box<Streaming>, Box<Settler>),
    Ended,
}

// === impl AnswerBody ===

impl AnswerBody {
    pub(crate) const fn whole(body: Bytes) -> Self {
        Self { kind: Kind::Whole(Some(body)), tap: None }
    }

    pub(crate) fn live(pump: Pump) -> Self {
        Self { kind: Kind::Live(Box::new(pump)), tap: None }
    }

    /// The body of an answer that is whole already.
    pub(crate) const fn as_whole_mut(&mut self) -> Option<&mut Bytes> {
        match &mut self.kind {
            Kind::Whole(body) => body.as_mut(),
            Kind::Live(_) => None,
        }
    }

    /// Lets somebody listen to all that is sent from here on.
    pub(crate) fn tapped(&mut self, tap: Tap) {
        self.tap = Some(Box::new(tap));
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = match &mut self.kind {
            Kind::Whole(body) => Poll::Ready(body.take()),
            Kind::Live(pump) => {
                // What is left after a panic is dropped or replaced, not read.
                let polled = catch_unwind(AssertUnwindSafe(|| pump.poll(cx)));
                polled.unwrap_or_else(|_| Poll::Ready(Some(pump.collapse())))
            }
        };
        if let (Some(tap), Poll::Ready(Some(bytes))) = (&mut self.tap, &polled) {
            tap.hear(bytes);
        }
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            Kind::Live(pump) => matches!(pump.phase, Phase::Ended) && pump.out.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Kind::Live(_) => SizeHint::default(),
        }
    }
}

// === impl Pump ===

impl Pump {
    /// A stream whose answer has begun; `start` is its `message_start`, unless the upstream has its own.
    pub(crate) fn begun(asker: Asker, start: Vec<u8>, mut sought: Sought, ping_after: Duration) -> Self {
        let own = match &mut sought.outcome {
            Ok(Answer::Stream(streaming)) => streaming.reader.take_start(),
            _ => None,
        };
        let mut pump = Self::new(asker, own.unwrap_or(start), Phase::Ended, ping_after);
        pump.take(sought);
        pump
    }

    /// A stream that begins before its answer does.
    pub(crate) fn waiting(asker: Asker, start: Vec<u8>, seeking: Seeking, ping_after: Duration) -> Self {
        let mut pump = Self::new(asker, start, Phase::Seeking(seeking), ping_after);
        pump.out.extend_from_slice(asker.dialect.ping());
        pump
    }

    fn new(asker: Asker, out: Vec<u8>, phase: Phase, ping_after: Duration) -> Self {
        let timer = Box::pin(sleep(ping_after));
        Self { asker, phase, out, ping_after, timer, last_sent: Instant::now() }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if !self.out.is_empty() {
                return Poll::Ready(Some(self.send()));
            }
            if matches!(self.phase, Phase::Ended) {
                return Poll::Ready(None);
            }
            if self.poll_phase(cx).is_ready() || self.poll_timer(cx).is_ready() {
                continue;
            }
            return Poll::Pending;
        }
    }

    fn send(&mut self) -> Bytes {
        self.last_sent = Instant::now();
        if let Phase::Streaming(_, settler) = &mut self.phase {
            settler.sent(self.out.len());
        }
        Bytes::from(std::mem::take(&mut self.out))
    }

    /// Ready when something has happened.
    fn poll_phase(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.phase {
            Phase::Ended => Poll::Ready(()),
            Phase::Seeking(seeking) => seeking.as_mut().poll(cx).map(|sought| self.take(sought)),
            Phase::Streaming(streaming, settler) => {
                if let Poll::Ready(wish) = settler.live.poll_wish(cx) {
                    self.fail(&wish.failure());
                    return Poll::Ready(());
                }
                streaming.reply.poll_chunk(cx).map(|read| self.read(read))
            }
        }
    }

    /// Takes what the upstream sent.
    fn read(&mut self, read: Result<Option<Bytes>, Failure>) {
        let Phase::Streaming(streaming, _) = &mut self.phase else { return };
        let reader = &mut streaming.reader;
        let at_end = matches!(read, Ok(None));
        let result = match read {
            Ok(Some(bytes)) => reader.feed(&bytes),
            Ok(None) => reader.end(),
            Err(failure) => Err(failure),
        };
        // Mostly nothing waits: then the reader's buffer is sent as it is.
        match self.out.is_empty() {
            true => self.out = std::mem::take(&mut reader.tap.bytes),
            false => self.out.append(&mut reader.tap.bytes),
        }
        match result {
            Err(failure) => self.fail(&failure),
            Ok(()) if reader.is_done() => self.finish(!at_end),
            Ok(()) => {}
        }
    }

    /// Seeking has ended: with an answer that begins, or with a failure that the client learns in the stream.
    fn take(&mut self, sought: Sought) {
        let Sought { mut settler, outcome } = sought;
        match outcome {
            Ok(Answer::Stream(mut streaming)) => {
                self.out.append(&mut streaming.reader.tap.bytes);
                let failure = streaming.failure.take();
                let done = streaming.reader.is_done();
                self.phase = Phase::Streaming(streaming, Box::new(settler));
                match failure {
                    Some(failure) => self.fail(&failure),
                    None if done => self.finish(true),
                    None => {}
                }
            }
            Ok(Answer::Whole(finished)) => {
                let Finished { body, stop, served, repairs } = *finished;
                self.out.extend_from_slice(&body);
                settler.note(&served);
                settler.sent(self.out.len());
                settler.settle_ok(stop, &repairs);
                self.phase = Phase::Ended;
            }
            Err(failure) => {
                self.write_error(&failure);
                settler.sent(self.out.len());
                settler.settle_failed(&failure, 200, &[]);
                self.phase = Phase::Ended;
            }
        }
    }

    /// The answer is whole.
    fn finish(&mut self, more_may_come: bool) {
        let Phase::Streaming(streaming, mut settler) = std::mem::replace(&mut self.phase, Phase::Ended)
        else {
            return;
        };
        settler.sent(self.out.len());
        settler.note(streaming.reader.served());
        settler.settle_ok(streaming.reader.stop_word(), streaming.reader.repairs());
        // What was cut here costs money as long as the upstream goes on: its connection is closed at once.
        if more_may_come && !streaming.reader.is_cut() {
            drain(streaming.reply);
        }
    }

    /// The answer broke off after it had begun: the client is told at once, nothing is closed nicely.
    fn fail(&mut self, failure: &Failure) {
        let Phase::Streaming(streaming, mut settler) = std::mem::replace(&mut self.phase, Phase::Ended)
        else {
            return;
        };
        let reader = &streaming.reader;
        self.asker.dialect.write_error(failure, &mut self.out, self.asker.id);
        settler.sent(self.out.len());
        settler.note(reader.served());
        settler.settle_failed(failure, 200, reader.repairs());
    }

    fn write_error(&mut self, failure: &Failure) {
        self.asker.dialect.write_error(failure, &mut self.out, self.asker.id);
    }

    /// This program failed while it answered: the client is told, and nothing of the answer is used again.
    fn collapse(&mut self) -> Bytes {
        self.out.clear();
        let failure = fault();
        self.write_error(&failure);
        if let Phase::Streaming(_, settler) = std::mem::replace(&mut self.phase, Phase::Ended) {
            settler.settle_failed(&failure, 200, &[]);
        }
        self.send()
    }

    /// Pings after silence towards the client.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        if now.duration_since(self.last_sent) >= self.ping_after {
            self.out.extend_from_slice(self.asker.dialect.ping());
            self.last_sent = now;
        }
        self.timer.as_mut().reset(self.last_sent + self.ping_after);
        Poll::Ready(())
    }
}

impl Drop for Pump {
    /// The client has gone in the middle of an answer: what the upstream said about itself belongs into the
    /// row, which the settler writes next.
    fn drop(&mut self) {
        if let Phase::Streaming(streaming, settler) = &mut self.phase {
            settler.note(streaming.reader.served());
        }
    }
}

impl std::fmt::Debug for Pump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let phase = match self.phase {
            Phase::Seeking(_) => "Seeking",
            Phase::Streaming(..) => "Streaming",
            Phase::Ended => "Ended",
        };
        f.debug_struct("Pump").field("phase", &phase).field("unsent", &self.out.len()).finish_non_exhaustive()
    }
}

/// Reads the little that follows an answer (`[DONE]`, the end of the body), so that the connection goes back
/// to the pool. Mostly it is there already; else somebody waits for it, and not for long.
fn drain(mut reply: TimedReply) {
    loop {
        match reply.chunk().now_or_never() {
            Some(Ok(Some(_))) => {}
            Some(_) => return,
            None => break,
        }
    }
    tokio::spawn(timeout(DRAIN, async move { while let Ok(Some(_)) = reply.chunk().await {} }));
}

#[cfg(test)]
mod tests;
