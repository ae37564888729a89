//! The way of an inference request: key, contract, scenario, rendering, delivery.

mod perform;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response};
use http_body_util::Either;

use crate::contract;
use crate::deliver::{self, Head, Paced, ScriptBody, Step};
use crate::errors::ErrorAnswer;
use crate::models::Model;
use crate::render::Events;
use crate::request::{Api, Request};
use crate::router::{AnswerBody, Answered, closed};
use crate::scenario;
use crate::server::Wire;
use crate::slug::{self, Modifiers, Play};
use crate::state::Shared;
use crate::ticket::Ticket;
use perform::{perform, refused};

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
    if !matches!(prepared.what, What::Close) {
        ticket.status(prepared.head.status);
    }
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
) -> Response<AnswerBody> {
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

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
