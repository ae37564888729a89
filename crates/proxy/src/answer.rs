//! What a target answered, as far as it has been read.

use turnpike_translate::answer::{Assembler, ChatStream, Sink, read_whole};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::native;
use turnpike_translate::passage::{self, Passage};
use turnpike_translate::stream::{AnswerContext, Served, StreamMachine};
use turnpike_wire::anthropic::{Event, StopReason};

use crate::reader::{Reader, Tap};
use crate::reply::TimedReply;

/// Largest answer that is read whole.
const MAX_WHOLE: usize = 64 * 1024 * 1024;

/// How an answer is read.
#[derive(Debug)]
pub(crate) enum Way {
    /// It is translated; with what that needs.
    Translated(Box<AnswerContext>),
    /// It is a message already.
    Native,
    /// It is a chat completion and is wanted as one.
    Passed(Asked),
}

/// What was asked of whom, for sentences.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The target's slug.
    pub(crate) model: String,
    /// The target's window in tokens.
    pub(crate) window: Option<u64>,
    /// Tokens of the request, estimated.
    pub(crate) estimate: u64,
}

/// An answer after its commit point.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A stream that has begun; the events so far wait in its reader.
    Stream(Box<Streaming>),
    /// Everything there is: events for a client that streams, else the message.
    Whole(Box<Finished>),
}

/// A stream that has begun.
#[derive(Debug)]
pub(crate) struct Streaming {
    pub(crate) reader: Reader,
    pub(crate) reply: TimedReply,
    /// The stream failed after the content that has been read.
    pub(crate) failure: Option<Failure>,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) body: Vec<u8>,
    pub(crate) stop: Option<String>,
    pub(crate) served: Served,
    pub(crate) repairs: Vec<&'static str>,
}

// === impl Answer ===

impl Answer {
    /// What the upstream has said about itself so far.
    pub(crate) fn served(&self) -> &Served {
        match self {
            Self::Stream(streaming) => streaming.reader.served(),
            Self::Whole(finished) => &finished.served,
        }
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
pub(crate) async fn begin_stream(mut reply: TimedReply, way: Way) -> Result<Answer, Broken> {
    if !reply.head().is_event_stream() {
        let finished = match way {
            Way::Translated(context) => whole_as_events(reply, *context).await,
            Way::Native => message_as_events(reply).await,
            Way::Passed(asked) => whole_as_chunk(reply, &asked).await,
        };
        return finished.map(|finished| Answer::Whole(Box::new(finished)));
    }
    reply.forget_headers();
    let mut reader = match way {
        Way::Translated(context) => Reader::chat(ChatStream::new(begun_machine(*context))),
        Way::Native => Reader::native(),
        Way::Passed(asked) => Reader::passage(Passage::new(&asked.model, asked.window, asked.estimate)),
    };
    loop {
        let read = match reply.chunk().await {
            Ok(Some(bytes)) => reader.feed(&bytes),
            Ok(None) => reader.end(),
            Err(failure) => Err(failure),
        };
        // A failure before any content leaves everything open; after it, the answer has begun.
        let failure = match read {
            Err(failure) if reader.tap.bytes.is_empty() => return Err((failure, reader.served().clone())),
            Err(failure) => Some(failure),
            Ok(()) => None,
        };
        if !reader.tap.bytes.is_empty() || reader.is_done() {
            return Ok(Answer::Stream(Box::new(Streaming { reader, reply, failure })));
        }
    }
}

/// Reads an answer to its end, before any of it is passed on.
pub(crate) async fn finish(answer: Answer) -> Result<Box<Finished>, Broken> {
    let mut streaming = match answer {
        Answer::Whole(finished) => return Ok(finished),
        Answer::Stream(streaming) => streaming,
    };
    let Streaming { reader, reply, failure } = &mut *streaming;
    let mut failed = failure.take();
    while failed.is_none() && !reader.is_done() {
        failed = match reply.chunk().await {
            Ok(Some(bytes)) => reader.feed(&bytes).err(),
            Ok(None) => reader.end().err(),
            Err(failure) => Some(failure),
        };
    }
    match failed {
        Some(failure) => Err((failure, reader.served().clone())),
        None => Ok(Box::new(Finished {
            stop: reader.stop_word(),
            served: reader.served().clone(),
            repairs: reader.repairs().to_vec(),
            body: std::mem::take(&mut reader.tap.bytes),
        })),
    }
}

/// A message came where a stream was asked for natively.
async fn message_as_events(mut reply: TimedReply) -> Result<Finished, Broken> {
    let message = native_message(&mut reply).await?;
    match native::write_as_stream(&message.body) {
        Ok(body) => Ok(Finished { body, ..message }),
        Err(failure) => Err((failure, message.served)),
    }
}

/// A message that goes on as it is.
async fn native_message(reply: &mut TimedReply) -> Result<Finished, Broken> {
    let body = read_body(reply).await?;
    match native::read_message(&body) {
        Ok((served, stop)) => Ok(Finished { body, stop, served, repairs: Vec::new() }),
        Err(failure) => Err((failure, Served::default())),
    }
}

/// A stream came where a whole message was asked for natively.
async fn join_events(reply: TimedReply) -> Result<Finished, Broken> {
    let mut answer = begin_stream(reply, Way::Native).await?;
    let mut stream = match &mut answer {
        Answer::Stream(streaming) => streaming.reader.take_start().unwrap_or_default(),
        Answer::Whole(_) => Vec::new(),
    };
    let events = *finish(answer).await?;
    stream.extend_from_slice(&events.body);
    match native::write_as_message(&stream) {
        Ok(body) => Ok(Finished { body, ..events }),
        Err(failure) => Err((failure, events.served)),
    }
}

/// JSON came where a stream was asked for.
async fn whole_as_events(mut reply: TimedReply, context: AnswerContext) -> Result<Finished, Broken> {
    let body = read_body(&mut reply).await?;
    let mut machine = begun_machine(context);
    let mut tap = Tap::default();
    match read_whole(&mut machine, &body, &mut tap) {
        Ok(()) => Ok(Finished {
            stop: tap.stop_word().map(str::to_owned),
            body: tap.bytes,
            served: machine.served().clone(),
            repairs: machine.repairs().to_vec(),
        }),
        Err(failure) => Err((failure, machine.served().clone())),
    }
}

/// Reads the whole answer, for a client that does not stream.
pub(crate) async fn read_message(mut reply: TimedReply, way: Way) -> Result<Answer, Broken> {
    let context = match way {
        Way::Translated(context) => *context,
        Way::Native => {
            let read = match reply.head().is_event_stream() {
                true => join_events(reply).await,
                false => native_message(&mut reply).await,
            };
            return read.map(|finished| Answer::Whole(Box::new(finished)));
        }
        Way::Passed(asked) => {
            return read_completion(reply, &asked).await.map(|finished| Answer::Whole(Box::new(finished)));
        }
    };
    let mut assembler = Assembler::default();
    assembler.event(&start_event(&context));
    let machine = begun_machine(context);
    let (served, repairs) = if reply.head().is_event_stream() {
        assemble_stream(&mut reply, machine, &mut assembler).await?
    } else {
        let body = read_body(&mut reply).await?;
        let mut machine = machine;
        if let Err(failure) = read_whole(&mut machine, &body, &mut assembler) {
            return Err((failure, machine.served().clone()));
        }
        (machine.served().clone(), machine.repairs().to_vec())
    };
    let message = assembler.into_message().ok_or_else(|| (Failure::ended_early(), served.clone()))?;
    let body = message
        .to_json()
        .map_err(|_| (Failure::new(Cause::Internal, "The answer could not be written."), served.clone()))?;
    let stop = message.stop_reason.map(StopReason::as_str).map(str::to_owned);
    Ok(Answer::Whole(Box::new(Finished { body, stop, served, repairs })))
}

/// A chat completion that goes on as it is.
async fn read_completion(mut reply: TimedReply, asked: &Asked) -> Result<Finished, Broken> {
    if reply.head().is_event_stream() {
        return join_chunks(reply, asked).await;
    }
    let body = read_body(&mut reply).await?;
    let (served, ended) = passage::read_completion(&body, &asked.model, asked.window, asked.estimate);
    match ended {
        Ok(stop) => Ok(Finished { body, stop, served, repairs: Vec::new() }),
        Err(failure) => Err((failure, served)),
    }
}

/// A stream of chunks came where a whole chat completion was asked for.
async fn join_chunks(mut reply: TimedReply, asked: &Asked) -> Result<Finished, Broken> {
    let mut passage = Passage::new(&asked.model, asked.window, asked.estimate);
    let mut stream = Vec::new();
    let joined = loop {
        let read = match reply.chunk().await {
            Ok(Some(bytes)) => passage.feed(&bytes, &mut stream),
            Ok(None) => passage.end(&mut stream),
            Err(failure) => Err(failure),
        };
        match read {
            Err(failure) => break Err(failure),
            Ok(()) if passage.is_done() => break passage::write_as_completion(&stream),
            Ok(()) if stream.len() > MAX_WHOLE => break Err(Failure::unreadable("more than 64 MiB")),
            Ok(()) => {}
        }
    };
    let served = passage.served().clone();
    match joined {
        Ok(body) => {
            let stop = passage.finish_reason().map(str::to_owned);
            Ok(Finished { body, stop, served, repairs: Vec::new() })
        }
        Err(failure) => Err((failure, served)),
    }
}

/// JSON came where a stream of chunks was asked for.
async fn whole_as_chunk(reply: TimedReply, asked: &Asked) -> Result<Finished, Broken> {
    let whole = read_completion(reply, asked).await?;
    match passage::write_as_stream(&whole.body) {
        Ok(body) => Ok(Finished { body, ..whole }),
        Err(failure) => Err((failure, whole.served)),
    }
}

/// A stream came where a whole answer was asked for.
async fn assemble_stream(
    reply: &mut TimedReply,
    machine: StreamMachine,
    assembler: &mut Assembler,
) -> Result<(Served, Vec<&'static str>), Broken> {
    let mut stream = ChatStream::new(machine);
    loop {
        let read = match reply.chunk().await {
            Ok(Some(bytes)) => stream.feed(&bytes, assembler),
            Ok(None) => stream.end(assembler),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = read {
            return Err((failure, stream.machine().served().clone()));
        }
        if stream.is_done() {
            return Ok((stream.machine().served().clone(), stream.machine().repairs().to_vec()));
        }
    }
}

async fn read_body(reply: &mut TimedReply) -> Result<Vec<u8>, Broken> {
    let body = reply.read_all(MAX_WHOLE).await.map_err(|failure| (failure, Served::default()))?;
    if body.len() == MAX_WHOLE {
        return Err((Failure::unreadable("more than 64 MiB"), Served::default()));
    }
    Ok(body)
}
