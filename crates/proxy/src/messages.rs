//! `POST /v1/messages`, `/v1/messages/count_tokens` and `/v1/chat/completions`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use serde::Serialize;
use tokio::time::timeout;
use turnpike_budget::{Refusal, Spender};
use turnpike_routing::{Lack, Plan, Unfit};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::request::{parse_countable, refuse_safeguards};
use turnpike_wire::account::Pricing;

use crate::answer::{Answer, message_start};
use crate::budget::{self, Reservation};
use crate::capture::{Begun, Tap};
use crate::clients::{self, Caller};
use crate::convert::Attached;
use crate::counting::Prompt;
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::heavy;
use crate::live::LiveRequest;
use crate::pump::{AnswerBody, Asker, Pump, Seeking};
use crate::replay::{Replay, RowNumber};
use crate::respond;
use crate::seek::{Exchange, Sought};
use crate::settle::{Settler, new_row};
use crate::state::{Routing, Shared};

/// Most requests under way at once.
const MAX_LIVE: usize = 2_048;

/// A request that was let in.
pub(crate) struct Asked<'a> {
    pub(crate) caller: Caller,
    pub(crate) dialect: Dialect,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
    /// When its head was read.
    pub(crate) accepted: Instant,
    /// It asks again what a captured request asked.
    pub(crate) replay: Option<Replay>,
}

// === impl Asked ===

impl<'a> Asked<'a> {
    /// A client's request.
    pub(crate) const fn new(
        caller: Caller,
        dialect: Dialect,
        headers: &'a HeaderMap,
        body: Bytes,
        accepted: Instant,
    ) -> Self {
        Self { caller, dialect, headers, body, accepted, replay: None }
    }
}

/// Answers a request.
pub(crate) async fn answer(shared: Arc<Shared>, asked: Asked<'_>) -> respond::Answer {
    let dialect = asked.dialect;
    if shared.live.len() >= MAX_LIVE {
        return overloaded(dialect);
    }
    let exchange = match begin(&shared, &asked).await {
        Ok(exchange) => exchange,
        Err(NotBegun::Failed(failure)) => return respond::failure(dialect, &failure),
        Err(NotBegun::Written(failure, row)) => {
            let mut answer = respond::failure(dialect, &failure);
            answer.extensions_mut().insert(row);
            return answer;
        }
        Err(NotBegun::NoBudget(refusal)) => return budget::refused(&shared.budget, dialect, &refusal),
    };
    let row = exchange.settler.id.get();
    let captured = is_captured(&shared, &asked).then(|| captured(&shared, &asked, &exchange, row));
    let project = exchange.facts.project.clone();
    let mut answer = if exchange.facts.stream { stream(exchange).await } else { whole(exchange).await };
    if answer.status() == StatusCode::OK {
        let who = Spender { client: asked.caller.name(), project: project.as_deref() };
        budget::set_standing(&shared.budget, who, answer.headers_mut());
    }
    if let Some(begun) = captured {
        let tap = Tap::new(&shared.captures, begun, answer.status().as_u16());
        answer.body_mut().tapped(tap);
    }
    answer.extensions_mut().insert(RowNumber(row));
    answer
}

fn is_captured(shared: &Shared, asked: &Asked<'_>) -> bool {
    asked.replay.is_none() && shared.captures.wants_one(Instant::now())
}

/// What is captured of a request.
fn captured(shared: &Shared, asked: &Asked<'_>, exchange: &Exchange, row: i64) -> Begun {
    Begun {
        id: row,
        dialect: asked.dialect,
        model: exchange.facts.requested.clone(),
        headers: asked.headers.clone(),
        body: asked.body.clone(),
        secrets: vec![exchange.key.clone(), shared.token.load().secret().clone()],
    }
}

/// Why a request is not accepted.
enum NotBegun {
    Failed(Failure),
    /// It failed, and has its row.
    Written(Failure, RowNumber),
    NoBudget(Box<Refusal>),
}

impl From<Failure> for NotBegun {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Reads, routes and writes the row: from here on the request is accepted.
async fn begin(shared: &Arc<Shared>, asked: &Asked<'_>) -> Result<Box<Exchange>, NotBegun> {
    let Asked { caller, dialect, headers, body, accepted, replay } = asked;
    let (dialect, accepted) = (*dialect, *accepted);
    let read = || Facts::read(dialect, headers, body, &shared.projects);
    let (mut facts, request) = heavy::with_body(body.len(), read)?;
    facts.client = caller.name().map(str::to_owned);
    if let Some(replay) = replay {
        replay.mark(&mut facts);
    }
    if let Some(folder) = facts.project.clone() {
        facts.work_tree = shared.projects.work_tree(&folder).await;
    }
    shared.key.answered(shared.timing.key_within).await;
    let routing = shared.routing.load();
    let plan = plan(shared, &routing, asked, &mut facts)?;
    if let Some(request) = request.as_ref().filter(|_| plan.targets.iter().all(|target| !target.native)) {
        // Clients try whether it can be had, and go on without: that is no request that failed.
        refuse_safeguards(request)?;
    }
    let key = shared.key.get()?;
    let attached = plan.settings.and_then(|at| routing.attached.get(at)).cloned().unwrap_or_default();
    let reservation = reserve(shared, &facts, &plan, &attached)?;
    let pass = caller.admit()?;
    let mut settler = open(shared, &facts, &plan, accepted);
    settler.hold(reservation, pass);
    // A token that was revoked between the guard and here has not met this request under way.
    if facts.client.as_deref().is_some_and(|client| !shared.clients.load().has(client)) {
        let failure = clients::revoked();
        let row = RowNumber(settler.id.get());
        settler.settle_failed(&failure, dialect.status(&failure), &[]);
        return Err(NotBegun::Written(failure, row));
    }
    // Boxed: it is handed on some times, and each future on the way would have room for it.
    let mut exchange = Box::new(Exchange {
        shared: Arc::clone(shared),
        body: body.clone(),
        facts,
        plan,
        attached,
        patience: routing.patience.for_client(timeout_of(headers)),
        repairs: routing.repairs,
        key,
        message_id: shared.ids.message(),
        anthropic: anthropic_headers(headers),
        settler,
        ahead: None,
    });
    if let Some(request) = request {
        exchange.translate_ahead(&request);
    }
    Ok(exchange)
}

/// After which time the client gives up, where it says so, as Anthropic's and OpenAI's SDKs do.
fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get("x-stainless-timeout")?.to_str().ok()?.trim().parse().ok()?;
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok())?
}

/// Writes the row of a request that is accepted, and puts it on the list of those under way.
fn open(shared: &Arc<Shared>, facts: &Facts, plan: &Plan, accepted: Instant) -> Settler {
    let row = shared.ledger.begin(new_row(facts, plan));
    shared.budget.note_row(row.get());
    let live = shared.live.enter(row, live_request(facts, plan, accepted));
    Settler::new(shared.ledger.clone(), row, accepted, live, prompt(shared, facts))
}

/// Where the request goes, of what whoever asks may use; its length is estimated for the first target.
fn plan(
    shared: &Arc<Shared>,
    routing: &Routing,
    asked: &Asked<'_>,
    facts: &mut Facts,
) -> Result<Plan, NotBegun> {
    facts.estimate = shared.counting.tokens(&facts.measure, &facts.requested);
    let catalogue = shared.catalogue.load();
    let mut plan = match &asked.replay {
        Some(replay) => replay.plan(),
        None => routing.routes.plan(&facts.query(), &catalogue).map_err(|unknown| Failure {
            status: 404,
            ..Failure::new(Cause::ModelGone, unknown.to_string())
        })?,
    };
    asked.caller.bound(&mut plan, &asked.body)?;
    if let Some(first) = plan.targets.first() {
        facts.estimate = shared.counting.tokens(&facts.measure, &first.slug);
    }
    plan.heed(&shared.showings.load());
    if let Err(unfit) = plan.fit(&facts.needs(), &catalogue) {
        // What was asked for was in order, so it has its row, though nobody is asked.
        let failure = unfit_failure(&unfit);
        let settler = open(shared, facts, &plan, asked.accepted);
        let row = RowNumber(settler.id.get());
        settler.settle_failed(&failure, facts.dialect.status(&failure), &[]);
        return Err(NotBegun::Written(failure, row));
    }
    if facts.dialect == Dialect::Chat {
        // Nothing is translated for a client that speaks the upstream's own language.
        plan.targets.iter_mut().for_each(|target| target.native = true);
    }
    Ok(plan)
}

fn live_request(facts: &Facts, plan: &Plan, accepted: Instant) -> LiveRequest {
    LiveRequest {
        id: 0,
        model: facts.requested.clone(),
        target: plan.targets.first().map(|target| target.slug.clone()).unwrap_or_default(),
        class: facts.class.as_str(),
        project: facts.project.clone(),
        session: facts.session.clone(),
        client: facts.client.clone(),
        started: accepted,
        output_tokens_estimate: 0,
        cost_estimate: None,
    }
}

/// What is known of the prompt's length.
fn prompt(shared: &Shared, facts: &Facts) -> Prompt {
    if facts.reads_web {
        return Prompt::unlike_others(facts.estimate);
    }
    Prompt::learning(facts.estimate, Arc::clone(&shared.counting), facts.measure)
}

/// Reserves for the plan's first target, at its listed price or the configured one.
fn reserve(
    shared: &Arc<Shared>,
    facts: &Facts,
    plan: &Plan,
    attached: &Attached,
) -> Result<Reservation, NotBegun> {
    let slug = plan.targets.first().map_or("", |target| &target.slug);
    let listed = || shared.catalogue.load().find(slug).map_or_else(Pricing::default, |model| model.pricing);
    let pricing = attached.price.unwrap_or_else(listed);
    let reserved = shared.budget.admit(facts.spender(), slug, facts.estimate, &pricing);
    reserved.map_err(|refusal| NotBegun::NoBudget(Box::new(refusal)))
}

/// Nobody is asked in vain.
fn unfit_failure(unfit: &Unfit) -> Failure {
    let cause = match unfit.lack {
        Lack::NoTools => Cause::NoTools,
        Lack::NoImages => Cause::NoImages,
        Lack::WindowTooSmall => Cause::ContextTooLong,
        Lack::TooWeakForVerdicts | Lack::NotForThisClient => Cause::Refused,
    };
    Failure::new(cause, unfit.to_string())
}

/// The headers that say which version and which betas of the Messages API are meant.
fn anthropic_headers(headers: &HeaderMap) -> HeaderMap {
    let mut meant = HeaderMap::new();
    for name in ["anthropic-version", "anthropic-beta"].map(HeaderName::from_static) {
        for value in headers.get_all(&name) {
            meant.append(&name, value.clone());
        }
    }
    meant
}

/// Answers a client that streams.
async fn stream(exchange: Box<Exchange>) -> respond::Answer {
    let timing = exchange.shared.timing;
    let dialect = exchange.facts.dialect;
    let asker = Asker { dialect, id: exchange.shared.ids.request(Some(exchange.settler.id.get())) };
    let start = match dialect {
        Dialect::Messages | Dialect::ClaudeCode => message_start(&exchange.naming()),
        Dialect::Chat => Vec::new(),
    };
    let mut seeking: Seeking = Box::pin(exchange.seek());
    match timeout(timing.commit_within, &mut seeking).await {
        Err(_) => event_stream(Pump::waiting(asker, start, seeking, timing.ping_after)),
        Ok(Sought { settler, outcome: Err(failure) }) => {
            settler.settle_failed(&failure, dialect.status(&failure), &[]);
            respond::failure(dialect, &failure)
        }
        Ok(sought) => event_stream(Pump::begun(asker, start, sought, timing.ping_after)),
    }
}

fn event_stream(pump: Pump) -> respond::Answer {
    let mut response = Response::new(AnswerBody::live(pump));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Answers a client that wants the whole message.
async fn whole(exchange: Box<Exchange>) -> respond::Answer {
    let dialect = exchange.facts.dialect;
    let Sought { mut settler, outcome } = exchange.seek().await;
    match outcome {
        Ok(Answer::Whole(finished)) => {
            settler.note(&finished.served);
            settler.sent(finished.body.len());
            settler.settle_ok(finished.stop, &finished.repairs);
            respond::json_text(StatusCode::OK, finished.body)
        }
        Ok(Answer::Stream(_)) => {
            let failure = Failure::new(Cause::Internal, "A stream came where a whole answer was read.");
            settler.settle_failed(&failure, dialect.status(&failure), &[]);
            respond::failure(dialect, &failure)
        }
        Err(failure) => {
            settler.settle_failed(&failure, dialect.status(&failure), &[]);
            respond::failure(dialect, &failure)
        }
    }
}

fn overloaded(dialect: Dialect) -> respond::Answer {
    let mut failure = Failure::new(
        Cause::Overloaded,
        format!("{MAX_LIVE} requests are under way already. Try again in a moment."),
    );
    failure.retry_after = Some(Duration::from_secs(2));
    respond::failure(dialect, &failure)
}

#[derive(Serialize)]
struct Count {
    input_tokens: u64,
}

/// Counts tokens, by estimate, for the model that the request would go to.
pub(crate) fn count(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> respond::Answer {
    let facts = heavy::with_body(body.len(), || {
        parse_countable(body)
            .map(|request| Facts::of_messages(headers, &request, body.len(), &shared.projects))
    });
    let mut facts = match facts {
        Ok(facts) => facts,
        Err(failure) => return respond::failure(Dialect::Messages, &failure),
    };
    facts.estimate = shared.counting.tokens(&facts.measure, &facts.requested);
    let plan = shared.routing.load().routes.plan(&facts.query(), &shared.catalogue.load());
    // Who asks by a name that leads nowhere is told when the request itself comes.
    let target = plan.ok().and_then(|plan| plan.targets.into_iter().next());
    let slug = target.map_or(facts.requested, |target| target.slug);
    respond::json(&Count { input_tokens: shared.counting.tokens(&facts.measure, &slug) })
}

#[cfg(test)]
mod tests;
