//! What a target answered, as far as it has been read.

use turnpike_translate::answer::{Assembler, ChatStream, Sink, read_whole};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::stream::{AnswerContext, Served, StreamMachine};
use turnpike_upstream::{Reply, TransportError, TransportKind};
use turnpike_wire::anthropic::{Event, StopReason};

/// Largest answer that is read whole.
const MAX_WHOLE: usize = 64 * 1024 * 1024;

/// An answer after its commit point.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A stream; `ready` holds the events so far, without `message_start`.
    Stream(Box<Streaming>),
    /// Everything there is: events for a client that streams, else the message.
    Whole(Finished),
}

/// A stream that has begun.
#[derive(Debug)]
pub(crate) struct Streaming {
    pub(crate) reader: ChatStream,
    pub(crate) reply: Reply,
    pub(crate) ready: Tap,
    /// The stream failed after the content in `ready`.
    pub(crate) failure: Option<Failure>,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) body: Vec<u8>,
    pub(crate) stop: Option<StopReason>,
    pub(crate) served: Served,
    pub(crate) repairs: Vec<&'static str>,
}

/// Events as bytes, and the stop reason when it passes by.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    pub(crate) bytes: Vec<u8>,
    pub(crate) stop: Option<StopReason>,
}

impl Sink for Tap {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::MessageDelta { stop_reason, .. } = event {
            self.stop = Some(*stop_reason);
        }
        event.write_to(&mut self.bytes);
    }
}

/// `message_start` as bytes. It is written by whoever begins the answer, since that may be before any target
/// has answered.
pub(crate) fn message_start(context: &AnswerContext) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    start_event(context).write_to(&mut out);
    out
}

fn start_event(context: &AnswerContext) -> Event<'_> {
    Event::MessageStart { id: context.message_id.as_str().into(), model: context.model.as_str().into() }
}

/// A machine that leaves `message_start` to others.
fn begun_machine(context: AnswerContext) -> StreamMachine {
    let mut machine = StreamMachine::new(context);
    machine.begin(&mut Vec::new());
    machine
}

/// A failed reading, and what the upstream had said about itself by then.
pub(crate) type Broken = (Failure, Served);

/// Reads until the first content, for a client that streams.
pub(crate) async fn begin_stream(mut reply: Reply, context: AnswerContext) -> Result<Answer, Broken> {
    if !reply.is_event_stream() {
        return whole_as_events(reply, context).await.map(Answer::Whole);
    }
    let mut reader = ChatStream::new(begun_machine(context));
    let mut ready = Tap::default();
    loop {
        let read = match reply.chunk().await {
            Ok(Some(bytes)) => reader.feed(&bytes, &mut ready),
            Ok(None) => reader.end(&mut ready),
            Err(error) => Err(of_transport(&error)),
        };
        // A failure before any content leaves everything open; after it, the answer has begun.
        let failure = match read {
            Err(failure) if ready.bytes.is_empty() => {
                return Err((failure, reader.machine().served().clone()));
            }
            Err(failure) => Some(failure),
            Ok(()) => None,
        };
        if !ready.bytes.is_empty() || reader.is_done() {
            return Ok(Answer::Stream(Box::new(Streaming { reader, reply, ready, failure })));
        }
    }
}

/// JSON came where a stream was asked for.
async fn whole_as_events(mut reply: Reply, context: AnswerContext) -> Result<Finished, Broken> {
    let body = read_body(&mut reply).await?;
    let mut machine = begun_machine(context);
    let mut tap = Tap::default();
    match read_whole(&mut machine, &body, &mut tap) {
        Ok(()) => Ok(Finished {
            body: tap.bytes,
            stop: tap.stop,
            served: machine.served().clone(),
            repairs: machine.repairs().to_vec(),
        }),
        Err(failure) => Err((failure, machine.served().clone())),
    }
}

/// Reads the whole answer, for a client that does not stream.
pub(crate) async fn read_message(mut reply: Reply, context: AnswerContext) -> Result<Answer, Broken> {
    let mut assembler = Assembler::default();
    assembler.event(&start_event(&context));
    let finished = if reply.is_event_stream() {
        let mut reader = ChatStream::new(begun_machine(context));
        loop {
            let read = match reply.chunk().await {
                Ok(Some(bytes)) => reader.feed(&bytes, &mut assembler),
                Ok(None) => reader.end(&mut assembler),
                Err(error) => Err(of_transport(&error)),
            };
            if let Err(failure) = read {
                return Err((failure, reader.machine().served().clone()));
            }
            if reader.is_done() {
                break (reader.machine().served().clone(), reader.machine().repairs().to_vec());
            }
        }
    } else {
        let body = read_body(&mut reply).await?;
        let mut machine = begun_machine(context);
        if let Err(failure) = read_whole(&mut machine, &body, &mut assembler) {
            return Err((failure, machine.served().clone()));
        }
        (machine.served().clone(), machine.repairs().to_vec())
    };
    let (served, repairs) = finished;
    let incomplete = || (Failure::ended_early(), served.clone());
    let message = assembler.into_message().ok_or_else(incomplete)?;
    let body = serde_json::to_vec(&message)
        .map_err(|_| (Failure::new(Cause::Internal, "The answer could not be written."), served.clone()))?;
    Ok(Answer::Whole(Finished { body, stop: message.stop_reason, served, repairs }))
}

async fn read_body(reply: &mut Reply) -> Result<Vec<u8>, Broken> {
    let body = reply.read_all(MAX_WHOLE).await.map_err(|error| (of_transport(&error), Served::default()))?;
    if body.len() == MAX_WHOLE {
        return Err((Failure::unreadable("more than 64 MiB"), Served::default()));
    }
    Ok(body)
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

/// A stop reason in the ledger's words.
pub(crate) fn stop_word(stop: Option<StopReason>) -> Option<&'static str> {
    Some(match stop? {
        StopReason::EndTurn => "end_turn",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolUse => "tool_use",
        StopReason::PauseTurn => "pause_turn",
        StopReason::Refusal => "refusal",
        StopReason::ModelContextWindowExceeded => "model_context_window_exceeded",
    })
}
