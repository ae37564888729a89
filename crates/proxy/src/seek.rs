//! Seeking an answer: the targets of the plan in their order, until one answers with content.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::time::timeout;
use turnpike_routing::{Plan, Target};
use turnpike_settings::Secret;
use turnpike_translate::failure::{Cause, Failure, Received, from_body};
use turnpike_translate::native;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{self, parse, to_chat};
use turnpike_translate::stream::{AnswerContext, Served};
use turnpike_upstream::{Endpoint, Inference, Reply, TransportError, TransportKind};
use turnpike_wire::account::Pricing;

use crate::answer::{self, Answer, Broken};
use crate::convert::Attached;
use crate::facts::Facts;
use crate::heavy;
use crate::reply::{TimedReply, given_up, of_transport};
use crate::settle::Settler;
use crate::state::Shared;
use crate::verdict;

/// Largest error body that is read.
const MAX_ERROR: usize = 1024 * 1024;
/// Longest wait for an error's body: its status has said the most already.
const ERROR_BODY_WITHIN: Duration = Duration::from_secs(5);
/// Pause before the same target is asked again after the connection failed.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// One request with its plan.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) shared: Arc<Shared>,
    pub(crate) body: Bytes,
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
    pub(crate) attached: Attached,
    pub(crate) key: Secret,
    pub(crate) message_id: String,
    /// The client's `anthropic-…` headers, for native mode.
    pub(crate) anthropic: HeaderMap,
    pub(crate) settler: Settler,
}

/// What seeking came to.
#[derive(Debug)]
pub(crate) struct Sought {
    pub(crate) settler: Settler,
    pub(crate) outcome: Result<Answer, Failure>,
}

/// A target that did not answer.
struct Missed {
    failure: Failure,
    /// What the upstream had said about itself by then.
    served: Served,
    another_may_help: bool,
}

/// A request made ready for one target.
struct Prepared {
    body: Bytes,
    /// What the way back needs; none in native mode.
    context: Option<AnswerContext>,
    window: Option<u64>,
}

// === impl Exchange ===

impl Exchange {
    /// The names that every attempt's answer carries.
    pub(crate) fn naming(&self) -> AnswerContext {
        AnswerContext {
            message_id: self.message_id.clone(),
            model: self.facts.requested.clone(),
            ..AnswerContext::default()
        }
    }

    /// Tries the targets, until one answers or somebody wants the request to end.
    pub(crate) async fn seek(mut self) -> Sought {
        let wishes = self.settler.live.wishes();
        let outcome = tokio::select! {
            biased;
            wish = wishes.next() => Err(wish.failure()),
            outcome = self.try_targets() => outcome,
        };
        Sought { settler: self.settler, outcome }
    }

    /// A failure that another target cannot mend ends it; so does the last target's.
    async fn try_targets(&mut self) -> Result<Answer, Failure> {
        let targets = self.plan.targets.clone();
        let mut last = Failure::new(Cause::Internal, "No target was configured for this request.");
        for target in &targets {
            match self.try_target(target).await {
                Ok(answer) => {
                    self.settler.note(answer.served());
                    self.settler.first_content();
                    return Ok(answer);
                }
                Err(missed) => {
                    self.settler.note(&missed.served);
                    self.settler.failed(&missed.failure);
                    let cause = missed.failure.cause.as_str();
                    tracing::info!(target = %target.slug, cause, "a target failed");
                    last = missed.failure;
                    if !missed.another_may_help {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    async fn try_target(&mut self, target: &Target) -> Result<Answer, Missed> {
        let prepared = self.prepare(target)?;
        let reply = self.send(&prepared).await?;
        self.settler.head(reply.generation_id());
        let mut reply = TimedReply::new(reply, self.attached.silence);
        if reply.head().status() != 200 {
            return Err(self.read_failure(&mut reply, prepared.window).await.into());
        }
        if let Some(coding) = reply.head().content_coding() {
            let what = format!("a body compressed with {coding}, which was not asked for,");
            return Err(Failure::unreadable(&what).into());
        }
        let stream = self.facts.stream;
        let mut answer = if stream {
            answer::begin_stream(reply, prepared.context).await?
        } else {
            answer::read_message(reply, prepared.context).await?
        };
        if self.facts.wants_verdict {
            let whole = answer::finish(answer).await?;
            verdict::require(&whole, stream).map_err(|failure| (failure, whole.served.clone()))?;
            answer = Answer::Whole(whole);
        }
        Ok(answer)
    }

    fn prepare(&mut self, target: &Target) -> Result<Prepared, Failure> {
        let catalogue = self.shared.catalogue.load();
        let entry = catalogue.find(&target.slug);
        let profile = ModelProfile::new(&target.slug, entry);
        let listed = entry.map_or_else(Pricing::default, |model| model.pricing);
        let pricing = self.attached.price.unwrap_or(listed);
        self.settler.try_target(target, pricing, Vec::new());
        if target.native {
            let body =
                heavy::with_body(self.body.len(), || native::rewrite(&self.body, &target.slug))?.into();
            return Ok(Prepared { body, context: None, window: profile.window });
        }
        let told = request::Target {
            profile: &profile,
            overrides: &self.attached.overrides,
            session: self.facts.session.as_deref(),
            quick: self.facts.class.is_quick(),
        };
        let translated = heavy::with_body(self.body.len(), || to_chat(&parse(&self.body)?, &told))?;
        self.settler.try_target(target, pricing, translated.dropped);
        let context = AnswerContext {
            target: target.slug.clone(),
            names: translated.names,
            omit_thinking: translated.omit_thinking,
            web_search: translated.web_search,
            stop_sequence: translated.stop_sequence,
            local_stops: translated.local_stops,
            window: profile.window,
            estimate: self.facts.estimate,
            ..self.naming()
        };
        Ok(Prepared { body: translated.body.into(), context: Some(context), window: profile.window })
    }

    /// Sends; once more when the connection failed before the upstream can have answered anything.
    async fn send(&mut self, prepared: &Prepared) -> Result<Reply, Missed> {
        let first = match self.infer(prepared).await {
            Err(error) if may_be_sent_again(error.kind) => of_transport(&error),
            sent => return sent.map_err(Missed::on_the_way),
        };
        self.settler.failed(&first);
        tokio::time::sleep(RECONNECT_PAUSE).await;
        self.infer(prepared).await.map_err(Missed::on_the_way)
    }

    async fn infer(&self, prepared: &Prepared) -> Result<Reply, TransportError> {
        let is_native = prepared.context.is_none();
        let mut headers = if is_native { self.anthropic.clone() } else { HeaderMap::new() };
        if let Some(cache) = self.attached.cache {
            let value = if cache { "true" } else { "false" };
            headers.insert("x-openrouter-cache", HeaderValue::from_static(value));
        }
        let request = Inference {
            endpoint: if is_native { Endpoint::Messages } else { Endpoint::Chat },
            key: self.key.expose(),
            body: prepared.body.clone(),
            stream: self.facts.stream,
            headers,
        };
        let silence = self.attached.silence;
        match timeout(silence, self.shared.upstream.infer(request)).await {
            Ok(reply) => reply,
            Err(_) => {
                let host = self.shared.upstream.host().to_owned();
                Err(TransportError { kind: TransportKind::Timeout, host })
            }
        }
    }

    async fn read_failure(&self, reply: &mut TimedReply, window: Option<u64>) -> Failure {
        // A body that breaks off or does not come still leaves the status.
        let body = timeout(ERROR_BODY_WITHIN, reply.read_all(MAX_ERROR)).await;
        let body = body.unwrap_or_else(|_| Err(given_up(ERROR_BODY_WITHIN))).unwrap_or_default();
        from_body(&Received {
            status: reply.head().status(),
            body: &body,
            retry_after: reply.head().retry_after(SystemTime::now()),
            window,
            estimate: self.facts.estimate,
        })
    }
}

/// Whether a connection that failed so may be tried once more with the same request.
const fn may_be_sent_again(kind: TransportKind) -> bool {
    matches!(
        kind,
        TransportKind::Refused
            | TransportKind::Name
            | TransportKind::Connect
            | TransportKind::ClosedBeforeAnswer
    )
}

// === impl Missed ===

impl Missed {
    /// No answer came. Where not even a connection was made, another target would not get one either: all
    /// of them are at the same upstream.
    fn on_the_way(error: TransportError) -> Self {
        let missed = Self::from(of_transport(&error));
        Self { another_may_help: missed.another_may_help && !error.surely_unprocessed(), ..missed }
    }
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self::from((failure, Served::default()))
    }
}

impl From<Broken> for Missed {
    fn from((failure, served): Broken) -> Self {
        Self { another_may_help: failure.cause.another_target_may_help(), failure, served }
    }
}
