//! One try of one target.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::time::timeout;
use turnpike_routing::{Target, Trouble};
use turnpike_translate::failure::{Cause, Failure, Received, from_body};
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{self, Translated, parse, to_chat};
use turnpike_translate::stream::{AnswerContext, Repairs, Served};
use turnpike_translate::{native, passage};
use turnpike_upstream::{Departure, Endpoint, Inference, Reply, TransportError, TransportKind};
use turnpike_wire::account::Pricing;
use turnpike_wire::anthropic::MessagesRequest;

use super::Exchange;
use crate::answer::{self, Answer, Asked, Broken, Way};
use crate::dialect::Dialect;
use crate::heavy;
use crate::reply::{TimedReply, given_up, of_transport};
use crate::verdict;

/// Largest error body that is read.
const MAX_ERROR: usize = 1024 * 1024;
/// Longest wait for an error's body: its status has said the most already.
const ERROR_BODY_WITHIN: Duration = Duration::from_secs(5);
/// A connection that closes sooner than this without a byte was stale or refused: an upstream that works on a request
/// says so by comments, or takes longer.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A target that did not answer.
pub(super) struct Missed {
    pub(super) failure: Failure,
    /// What the upstream had said about itself by then.
    pub(super) served: Served,
    pub(super) trouble: Trouble,
    /// The upstream was asked; else the request did not even leave.
    pub(super) was_sent: bool,
    /// Nothing of its answer has come, and the upstream may go on with it, and bill it.
    pub(super) may_go_on: bool,
}

/// A request made ready for one target.
struct Prepared {
    body: Bytes,
    /// How the answer is read.
    way: Way,
    window: Option<u64>,
    /// The answer is asked for as a stream.
    streams: bool,
}

/// A request that was translated before its target was tried.
#[derive(Debug)]
pub(crate) struct Ahead {
    slug: String,
    translated: Result<Translated, Failure>,
}

// === impl Exchange ===

impl Exchange {
    /// Translates for the plan's first target while the request is still there as it was read for its facts: most
    /// requests are read only once.
    pub(crate) fn translate_ahead(&mut self, request: &MessagesRequest<'_>) {
        let Some(target) = self.plan.targets.first().filter(|target| !target.native) else { return };
        let catalogue = self.shared.catalogue.load();
        let profile = ModelProfile::new(&target.slug, catalogue.find(&target.slug));
        let translated = heavy::with_body(self.body.len(), || self.translate(request, &profile));
        self.ahead = Some(Ahead { slug: target.slug.clone(), translated });
    }

    fn translate(
        &self,
        request: &MessagesRequest<'_>,
        profile: &ModelProfile<'_>,
    ) -> Result<Translated, Failure> {
        let told = request::Target {
            profile,
            overrides: &self.attached.overrides,
            session: self.facts.session.as_deref(),
            quick: self.facts.class.is_quick(),
        };
        to_chat(request, &told)
    }

    pub(super) async fn try_target(&mut self, target: &Target) -> Result<Answer, Missed> {
        let prepared = self.prepare(target)?;
        self.shared.limits.sent(&target.slug);
        self.ask(prepared).await.map_err(|missed| missed.naming(&target.slug))
    }

    async fn ask(&mut self, prepared: Prepared) -> Result<Answer, Missed> {
        let Prepared { body, way, window, streams } = prepared;
        let is_native = matches!(way, Way::Native);
        let departure = self.settler.asked(streams);
        let reply = self.infer(body, is_native, streams, departure).await;
        let reply = reply.map_err(|error| Missed::on_the_way(&error, self.settler.since_departure()))?;
        self.settler.head(reply.generation_id());
        let mut reply = TimedReply::new(reply, self.attached.silence);
        if reply.head().status() != 200 {
            return Err(Missed::answered(self.read_failure(&mut reply, window).await));
        }
        if let Some(coding) = reply.head().content_coding() {
            let message = format!(
                "The upstream's answer is compressed with {coding}, which was not asked for. A proxy on the way may do \
                 that: check HTTPS_PROXY."
            );
            return Err(Missed::answered(Failure::new(Cause::Unreadable, message)));
        }
        self.read_answer(reply, way).await.map_err(Missed::broken)
    }

    async fn read_answer(&self, reply: TimedReply, way: Way) -> Result<Answer, Broken> {
        let stream = self.facts.stream;
        let answer = if stream {
            answer::begin_stream(reply, way).await?
        } else {
            answer::read_message(reply, way).await?
        };
        if !self.facts.wants_verdict {
            return Ok(answer);
        }
        let whole = answer::finish(answer).await?;
        verdict::require(&whole, stream).map_err(|failure| (failure, whole.served.clone()))?;
        Ok(Answer::Whole(whole))
    }

    fn prepare(&mut self, target: &Target) -> Result<Prepared, Failure> {
        let catalogue = self.shared.catalogue.load();
        let entry = catalogue.find(&target.slug);
        let profile = ModelProfile::new(&target.slug, entry);
        let listed = entry.map_or_else(Pricing::default, |model| model.pricing);
        let pricing = self.attached.price.unwrap_or(listed);
        self.settler.try_target(target, pricing, Vec::new());
        if self.facts.dialect == Dialect::Chat {
            let rewrite = || passage::rewrite(&self.body, &target.slug, &self.attached.overrides);
            let body = heavy::with_body(self.body.len(), rewrite)?.into();
            let (window, estimate) = (profile.window, self.facts.estimate);
            let way = Way::Passed(Asked { model: target.slug.clone(), window, estimate });
            return Ok(Prepared { body, way, window, streams: self.facts.stream });
        }
        if target.native {
            let body =
                heavy::with_body(self.body.len(), || native::rewrite(&self.body, &target.slug))?.into();
            let streams = self.facts.stream;
            return Ok(Prepared { body, way: Way::Native, window: profile.window, streams });
        }
        let translated = match self.ahead.take().filter(|ahead| ahead.slug == target.slug) {
            Some(ahead) => ahead.translated?,
            None => heavy::with_body(self.body.len(), || self.translate(&parse(&self.body)?, &profile))?,
        };
        self.settler.try_target(target, pricing, translated.dropped);
        let context = AnswerContext {
            target: target.slug.clone(),
            names: translated.names,
            omit_thinking: translated.omit_thinking,
            web_search: translated.web_search,
            web_fetch: translated.web_fetch,
            stop_sequence: translated.stop_sequence,
            local_stops: translated.local_stops,
            tools: translated.tools,
            repairs: Repairs {
                arguments: self.repairs.arguments && target.mends.arguments,
                written_calls: self.repairs.written_calls && target.mends.written_calls,
            },
            window: profile.window,
            estimate: self.facts.estimate,
            ..self.naming()
        };
        let way = Way::Translated(Box::new(context));
        let (body, streams) = (translated.body.into(), translated.streams);
        Ok(Prepared { body, way, window: profile.window, streams })
    }

    /// Sends the body, which is gone from here then.
    async fn infer(
        &self,
        body: Bytes,
        is_native: bool,
        stream: bool,
        departure: Arc<dyn Departure>,
    ) -> Result<Reply, TransportError> {
        let mut headers = if is_native { self.anthropic.clone() } else { HeaderMap::new() };
        if let Some(cache) = self.attached.cache {
            let value = if cache { "true" } else { "false" };
            headers.insert("x-openrouter-cache", HeaderValue::from_static(value));
        }
        let request = Inference {
            endpoint: if is_native { Endpoint::Messages } else { Endpoint::Chat },
            key: self.key.expose(),
            body,
            stream,
            headers,
            departure: Some(departure),
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
            retry_after: reply.head().comes_back(SystemTime::now()),
            window,
            estimate: self.facts.estimate,
        })
    }
}

// === impl Missed ===

impl Missed {
    /// The upstream refused, or its answer was none.
    fn answered(failure: Failure) -> Self {
        Self::broken((failure, Served::default()))
    }

    /// What is the matter with a model is told with its slug: the client knows the name that is mapped to it.
    fn naming(mut self, slug: &str) -> Self {
        let is_the_models = matches!(
            self.trouble,
            Trouble::Gone | Trouble::NoTools | Trouble::NoImages | Trouble::RateLimited
        );
        if is_the_models && !self.failure.message.contains(slug) {
            self.failure.message = format!("{slug}: {}", self.failure.message);
        }
        self
    }

    fn broken((failure, served): Broken) -> Self {
        Self { trouble: trouble(&failure), failure, served, was_sent: true, may_go_on: false }
    }

    /// No answer came, so long `after` the request had left.
    fn on_the_way(error: &TransportError, after: Duration) -> Self {
        let trouble = match error.kind {
            TransportKind::Refused | TransportKind::Name | TransportKind::Connect => Trouble::NotSent,
            // Ten seconds were waited already, and a certificate does not mend by itself.
            TransportKind::ConnectTimeout | TransportKind::Tls | TransportKind::Clock => Trouble::Final,
            TransportKind::ClosedBeforeAnswer if after < AT_ONCE => Trouble::ClosedAtOnce,
            TransportKind::ClosedBeforeAnswer => Trouble::ClosedLate,
            TransportKind::Timeout => Trouble::TimedOut,
            TransportKind::Broken | TransportKind::Protocol => Trouble::Failed,
        };
        // What closed at once was not taken; what broke later may have been, as one that is only waited for no longer.
        let may_go_on = match error.kind {
            TransportKind::Timeout => true,
            TransportKind::ClosedBeforeAnswer | TransportKind::Broken => after >= AT_ONCE,
            _ => false,
        };
        Self { failure: of_transport(error), served: Served::default(), trouble, was_sent: true, may_go_on }
    }
}

impl From<Failure> for Missed {
    /// The request could not be made for this target; nothing left this machine.
    fn from(failure: Failure) -> Self {
        let trouble = trouble(&failure);
        Self { trouble, failure, served: Served::default(), was_sent: false, may_go_on: false }
    }
}

/// What a failure means for the next step.
const fn trouble(failure: &Failure) -> Trouble {
    match failure.cause {
        Cause::RateLimited => Trouble::RateLimited,
        Cause::Overloaded => Trouble::Overloaded,
        // "Service unavailable, come back then": nothing was begun.
        Cause::Provider if failure.status == 503 && failure.retry_after.is_some() => Trouble::Overloaded,
        Cause::Provider | Cause::Unreachable | Cause::Empty | Cause::EndedEarly | Cause::Unreadable => {
            Trouble::Failed
        }
        Cause::Timeout => Trouble::TimedOut,
        Cause::ModelGone => Trouble::Gone,
        Cause::ContextTooLong => Trouble::TooLong,
        Cause::NoTools => Trouble::NoTools,
        Cause::NoImages => Trouble::NoImages,
        Cause::Unsupported | Cause::Privacy | Cause::Refused => Trouble::Refused,
        Cause::Invalid
        | Cause::NoThread
        | Cause::Key
        | Cause::Credits
        | Cause::TooLarge
        | Cause::FreeDaily
        | Cause::Internal => Trouble::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_request_that_got_no_answer() {
        use Trouble::{ClosedAtOnce, ClosedLate, Failed, Final, NotSent, TimedOut};
        let (soon, late) = (Duration::from_secs(1), Duration::from_mins(1));
        for (kind, after, trouble, may_go_on) in [
            (TransportKind::Refused, Duration::ZERO, NotSent, false),
            (TransportKind::Connect, Duration::ZERO, NotSent, false),
            (TransportKind::ConnectTimeout, Duration::ZERO, Final, false),
            (TransportKind::Tls, Duration::ZERO, Final, false),
            (TransportKind::Clock, Duration::ZERO, Final, false),
            (TransportKind::ClosedBeforeAnswer, Duration::ZERO, ClosedAtOnce, false),
            (TransportKind::ClosedBeforeAnswer, soon, ClosedAtOnce, false),
            (TransportKind::ClosedBeforeAnswer, late, ClosedLate, true),
            (TransportKind::Broken, soon, Failed, false),
            (TransportKind::Broken, late, Failed, true),
            (TransportKind::Protocol, late, Failed, false),
            (TransportKind::Timeout, soon, TimedOut, true),
        ] {
            let error = TransportError { kind, host: "openrouter.ai".to_owned() };
            let missed = Missed::on_the_way(&error, after);
            assert_eq!((missed.trouble, missed.may_go_on), (trouble, may_go_on), "{kind:?} after {after:?}");
        }
    }
}
