//! The way of an inference request: key, contract, scenario, rendering, delivery.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Either;

use crate::clock;
use crate::contract;
use crate::deliver::{self, Head, Paced, ScriptBody, Step};
use crate::errors::ErrorAnswer;
use crate::meter::{Counts, Meter};
use crate::models::Model;
use crate::render::chat::ChatStream;
use crate::render::messages::MessagesStream;
use crate::render::{self, Events, Identity};
use crate::request::{Api, Request};
use crate::router::{Answered, closed};
use crate::scenario::{self, Answer, Fixed, Stage};
use crate::script::Script;
use crate::server::Wire;
use crate::slug::{self, Modifiers, Play};
use crate::state::Shared;
use crate::ticket::{Billing, Ticket};

/// An answer on its way: everything is decided, nothing is sent yet.
struct Prepared {
    head: Head,
    what: What,
    modifiers: Modifiers,
    stream: bool,
}

enum What {
    Events(Events),
    Close,
    Broken(deliver::Broken),
}

/// What the rendering of an answer needs to know.
struct Casting {
    play: Play,
    slug: String,
    model: Model,
    generation: String,
}

/// Answers one inference request.
pub(crate) async fn answer(
    api: Api,
    shared: Arc<Shared>,
    wire: Arc<Wire>,
    head: &Parts,
    body: Bytes,
    mut ticket: Ticket,
) -> Answered {
    let prepared = prepare(&shared, &Request::new(api, body), &head.headers, &mut ticket);
    ticket.status(prepared.head.status);
    if let Some(silence) = Paced::silence_before_head(&prepared.modifiers) {
        tokio::time::sleep(silence).await;
    }
    if prepared.modifiers.stale {
        wire.stale.store(true, Ordering::Relaxed);
    }
    deliver(prepared, &wire, ticket).await
}

async fn deliver(prepared: Prepared, wire: &Wire, ticket: Ticket) -> Answered {
    let Prepared { head, what, modifiers, stream } = prepared;
    let stream_of_bytes = wire.socket.stream();
    match what {
        What::Close => Err(closed(ticket)),
        What::Broken(broken) => {
            deliver::break_off(stream_of_bytes, broken, ticket).await?;
            Err(io::Error::other("broken off by the scenario"))
        }
        What::Events(events) => {
            let default_comments = u32::from(modifiers.events.is_none());
            let comments = modifiers.comments.unwrap_or(default_comments);
            let end = modifiers.end;
            let steps = Paced::new(events, modifiers, stream, comments);
            match end {
                Some((after, end)) => {
                    deliver::deliver_raw(stream_of_bytes, &head, steps, ticket, after, end).await?;
                    Err(io::Error::other("the library knows nothing of what was sent"))
                }
                None => Ok(response(head, steps, ticket)),
            }
        }
    }
}

fn response(
    head: Head,
    steps: impl Iterator<Item = Step> + Send + 'static,
    ticket: Ticket,
) -> Response<crate::router::AnswerBody> {
    let mut response = Response::new(Either::Right(ScriptBody::new(steps, ticket)));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

/// Decides the answer.
fn prepare(shared: &Shared, request: &Request, headers: &HeaderMap, ticket: &mut Ticket) -> Prepared {
    let generation = shared.ids.generation();
    let refuse = |error: ErrorAnswer| refused(request.api, &generation, &error, Modifiers::default());
    let key = match shared.keys.check(headers) {
        Ok(key) => key,
        Err(error) => return refuse(error),
    };
    if shared.config.strict
        && let Some(error) = broken_contract(shared, request, ticket)
    {
        return refuse(error);
    }
    let slug = request.model().unwrap_or_default();
    let casting = match cast(shared, &slug, generation.clone()) {
        Ok(casting) => casting,
        Err(error) => return refuse(error),
    };
    let session = request.session().or_else(|| text_header(headers, "x-session-id"));
    let casting = settle_down(shared, casting, session.as_deref().unwrap_or(&key));
    shared.journal.update(ticket.seq, |entry| {
        entry.model = Some(slug);
        entry.scenario = Some(casting.play.scenario.name);
    });
    perform(shared, request, session, casting, ticket)
}

/// Checks the request against the upstream's contract; the faults go into the journal.
fn broken_contract(shared: &Shared, request: &Request, ticket: &Ticket) -> Option<ErrorAnswer> {
    let Some(json) = request.json() else {
        let why = request.json_error().unwrap_or_else(|| "the body is empty".to_owned());
        return Some(ErrorAnswer::new(400, format!("The body is not valid JSON: {why}")));
    };
    let faults = match request.api {
        Api::Chat => contract::chat(json, &request.body),
        Api::Messages => contract::messages(json, &request.body),
    };
    if faults.is_empty() {
        return None;
    }
    let sentences: Vec<String> =
        faults.iter().map(|fault| format!("{} at {}: {}", fault.rule, fault.path, fault.found)).collect();
    let model = request.model();
    shared.journal.update(ticket.seq, |entry| {
        entry.model = model;
        entry.faults = faults;
    });
    Some(ErrorAnswer::new(400, sentences.join("; ")))
}

/// Finds who plays what for a model name.
fn cast(shared: &Shared, slug: &str, generation: String) -> Result<Casting, ErrorAnswer> {
    let invalid = |why: &str| ErrorAnswer::new(400, format!("{slug} is not a valid model ID{why}"));
    let model = shared.catalogue.find(slug).ok_or_else(|| invalid(""))?;
    let directions = slug.strip_prefix(slug::PREFIX).unwrap_or(&shared.config.assistant);
    let play = Play::parse(directions).map_err(|error| invalid(&format!(": {error}")))?;
    Ok(Casting { play, slug: slug.to_owned(), model, generation })
}

/// After its first `times` requests of a session, a scenario answers as plain text.
fn settle_down(shared: &Shared, mut casting: Casting, session: &str) -> Casting {
    if let Some(times) = casting.play.modifiers.times
        && !shared.misbehaves(&casting.slug, session, times)
    {
        let modifiers = casting.play.modifiers.behaved();
        casting.play = Play { scenario: scenario::text(), value: None, modifiers };
    }
    casting
}

fn perform(
    shared: &Shared,
    request: &Request,
    session: Option<String>,
    casting: Casting,
    ticket: &mut Ticket,
) -> Prepared {
    let Casting { play, slug, model, generation } = casting;
    shared.journal.update(ticket.seq, |entry| entry.generation = Some(generation.clone()));
    let stage = Stage {
        request,
        ids: &shared.ids,
        recordings: &shared.recordings,
        slug: &slug,
        value: play.value.as_deref(),
        modifiers: &play.modifiers,
        origin: &shared.origin,
    };
    let answer = (play.scenario.play)(&stage);
    let modifiers = play.modifiers;
    match answer {
        Answer::Error(error) => refused(request.api, &generation, &error, modifiers),
        Answer::Close => {
            Prepared { head: head_of(StatusCode::OK), what: What::Close, modifiers, stream: false }
        }
        Answer::Broken(broken) => {
            Prepared { head: head_of(StatusCode::OK), what: What::Broken(broken), modifiers, stream: false }
        }
        Answer::Fixed(fixed) => fixed_answer(fixed, &generation, modifiers),
        Answer::Script(script) => {
            let meter = meter(shared, request, session.as_deref(), &model, &modifiers);
            let stream = request.stream() != modifiers.flip;
            ticket.bill(Billing {
                generation: generation.clone(),
                model: model.served.clone(),
                provider: model.provider.clone(),
                session,
                streamed: stream,
                meter: meter.clone(),
                free_at_end: !script.ending.billed,
            });
            let identity = Identity {
                id: generation,
                created: clock::unix_seconds(),
                model: model.served,
                provider: model.provider,
                usage: modifiers.usage,
                meter,
            };
            scripted(request.api, identity, *script, modifiers, stream)
        }
    }
}

fn meter(
    shared: &Shared,
    request: &Request,
    session: Option<&str>,
    model: &Model,
    modifiers: &Modifiers,
) -> Meter {
    let prompt = request.prompt_tokens();
    let rates = model.rates(prompt);
    let (cached, written) = match session.filter(|_| rates.cache_read.is_some() && modifiers.events.is_none())
    {
        Some(session) => shared.cache(session, &model.served, prompt),
        None => (0, 0),
    };
    let counts = Counts { prompt, cached, written, ..Counts::default() };
    Meter::new(rates, counts, modifiers.cost.clone())
}

fn scripted(api: Api, identity: Identity, script: Script, modifiers: Modifiers, stream: bool) -> Prepared {
    let mut head = head_of(StatusCode::OK);
    let kind = if stream { "text/event-stream" } else { "application/json" };
    insert(&mut head.headers, "content-type", kind);
    insert(&mut head.headers, "cache-control", "no-cache");
    insert(&mut head.headers, "x-generation-id", &identity.id);
    insert(&mut head.headers, "x-provider-name", &identity.provider);
    let events: Events = match (api, stream) {
        (Api::Chat, true) => Box::new(ChatStream::new(identity, script)),
        (Api::Chat, false) => Box::new(std::iter::once_with(|| render::chat_plain::body(identity, script))),
        (Api::Messages, true) => Box::new(MessagesStream::new(identity, script)),
        (Api::Messages, false) => {
            Box::new(std::iter::once_with(|| render::messages_plain::body(identity, script)))
        }
    };
    let events = if modifiers.gzip {
        insert(&mut head.headers, "content-encoding", "gzip");
        render::gzipped(events)
    } else {
        events
    };
    let stream = stream && !modifiers.gzip;
    Prepared { head, what: What::Events(events), modifiers, stream }
}

fn fixed_answer(fixed: Fixed, generation: &str, modifiers: Modifiers) -> Prepared {
    let mut head = head_of(fixed.status);
    insert(&mut head.headers, "x-generation-id", generation);
    if let Some(kind) = &fixed.content_type {
        insert(&mut head.headers, "content-type", kind);
    }
    for (name, value) in &fixed.headers {
        insert(&mut head.headers, name, value);
    }
    let stream = fixed.content_type.is_some_and(|kind| kind.starts_with("text/event-stream"));
    let events = render::recorded(fixed.body, stream);
    let modifiers = Modifiers { comments: Some(modifiers.comments.unwrap_or(0)), ..modifiers };
    Prepared { head, what: What::Events(events), modifiers, stream }
}

fn refused(api: Api, generation: &str, error: &ErrorAnswer, modifiers: Modifiers) -> Prepared {
    let mut head = head_of(StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    insert(&mut head.headers, "content-type", "application/json");
    insert(&mut head.headers, "x-generation-id", generation);
    for (name, value) in &error.headers {
        insert(&mut head.headers, name, value);
    }
    if let Some(retry_after) = modifiers.retry_after.as_ref().or(error.retry_after.as_ref()) {
        insert(&mut head.headers, "retry-after", retry_after);
    }
    let body = match api {
        Api::Chat => error.chat_body(),
        Api::Messages => error.messages_body(generation),
    };
    let events = render::recorded(body.to_string().into_bytes(), false);
    Prepared { head, what: What::Events(events), modifiers, stream: false }
}

fn head_of(status: StatusCode) -> Head {
    let mut headers = HeaderMap::new();
    insert(&mut headers, "access-control-allow-origin", "*");
    insert(&mut headers, "server", "simulated");
    Head { status, headers }
}

/// Sets a header; what no header can carry is left out.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
