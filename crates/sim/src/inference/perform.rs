//! Plays a scenario and renders what it says, with its head and its bill.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Casting, Prepared, What};
use crate::clock;
use crate::deliver::Head;
use crate::errors::ErrorAnswer;
use crate::meter::{Counts, Meter};
use crate::models::{Model, Rates};
use crate::render::chat::ChatStream;
use crate::render::messages::MessagesStream;
use crate::render::{self, Events, Identity};
use crate::request::{Api, Request};
use crate::scenario::{Answer, Fixed, Stage};
use crate::script::Script;
use crate::slug::Modifiers;
use crate::state::Shared;
use crate::ticket::{Billing, Ticket};

/// Plays the scenario: from here on the answer is decided.
pub(super) fn perform(
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
        Answer::Fixed(fixed) => {
            if let Some(cost) = fixed.cost.clone() {
                let meter = Meter::new(Rates::default(), Counts::default(), Some(cost));
                ticket.bill(billing(&generation, &model, session, request.stream(), meter));
            }
            fixed_answer(fixed, &generation, modifiers)
        }
        Answer::Script(script) => {
            let meter = meter(shared, request, session.as_deref(), &model, &modifiers);
            let stream = request.stream() != modifiers.flip;
            let free_at_end = !script.ending.billed;
            let billing = billing(&generation, &model, session, stream, meter.clone());
            ticket.bill(Billing { free_at_end, ..billing });
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

fn billing(
    generation: &str,
    model: &Model,
    session: Option<String>,
    streamed: bool,
    meter: Meter,
) -> Billing {
    Billing {
        generation: generation.to_owned(),
        model: model.served.clone(),
        provider: model.provider.clone(),
        session,
        streamed,
        meter,
        free_at_end: false,
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
    if api == Api::Messages {
        // The limits of whoever asks Anthropic, which are not those of our client.
        insert(&mut head.headers, "anthropic-ratelimit-requests-remaining", "3999");
        insert(&mut head.headers, "anthropic-ratelimit-unified-status", "rejected");
    }
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

/// A refusal in the endpoint's own shape.
pub(super) fn refused(api: Api, generation: &str, error: &ErrorAnswer, modifiers: Modifiers) -> Prepared {
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
