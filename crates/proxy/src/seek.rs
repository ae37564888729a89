//! Seeking an answer: the targets of the plan in their order, until one answers with content.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use turnpike_routing::{Plan, Target};
use turnpike_settings::Secret;
use turnpike_translate::failure::{Cause, Failure, Received, from_body};
use turnpike_translate::native;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{self, parse, to_chat};
use turnpike_translate::stream::AnswerContext;
use turnpike_upstream::{Endpoint, Inference, Reply, TransportError, TransportKind};
use turnpike_wire::account::Pricing;

use crate::answer::{self, Answer, Broken};
use crate::convert::Attached;
use crate::facts::Facts;
use crate::settle::Settler;
use crate::state::Shared;

/// Largest error body that is read.
const MAX_ERROR: usize = 1024 * 1024;
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

    /// Tries the targets. A failure that another target cannot mend ends it; so does the last target's.
    pub(crate) async fn seek(mut self) -> Sought {
        let targets = self.plan.targets.clone();
        let mut last = Failure::new(Cause::Internal, "No target was configured for this request.");
        for target in &targets {
            match self.try_target(target).await {
                Ok(answer) => {
                    if let Answer::Stream(streaming) = &answer {
                        self.settler.note(streaming.reader.served());
                    }
                    self.settler.first_content();
                    return Sought { settler: self.settler, outcome: Ok(answer) };
                }
                Err((failure, served)) => {
                    self.settler.note(&served);
                    self.settler.failed(&failure);
                    tracing::info!(target = %target.slug, cause = failure.cause.as_str(), "a target failed");
                    let goes_on = failure.cause.another_target_may_help();
                    last = failure;
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Sought { settler: self.settler, outcome: Err(last) }
    }

    async fn try_target(&mut self, target: &Target) -> Result<Answer, Broken> {
        let prepared = self.prepare(target).map_err(|failure| (failure, Default::default()))?;
        let mut reply =
            self.send(&prepared).await.map_err(|error| (answer::of_transport(&error), Default::default()))?;
        self.settler.head(reply.generation_id());
        if reply.status() != 200 {
            let failure = self.read_failure(&mut reply, prepared.window).await;
            return Err((failure, Default::default()));
        }
        if self.facts.stream {
            answer::begin_stream(reply, prepared.context).await
        } else {
            answer::read_message(reply, prepared.context).await
        }
    }

    fn prepare(&mut self, target: &Target) -> Result<Prepared, Failure> {
        let catalogue = self.shared.catalogue.load();
        let entry = catalogue.find(&target.slug);
        let profile = ModelProfile::new(&target.slug, entry);
        let pricing = entry.map_or_else(Pricing::default, |model| model.pricing);
        self.settler.try_target(target, pricing, Vec::new());
        if target.native {
            let body = native::rewrite(&self.body, &target.slug)?.into();
            return Ok(Prepared { body, context: None, window: profile.window });
        }
        let request = parse(&self.body)?;
        let translated = to_chat(
            &request,
            &request::Target {
                profile: &profile,
                overrides: &self.attached.overrides,
                session: self.facts.session.as_deref(),
                quick: self.facts.class.is_quick(),
            },
        )?;
        self.settler.try_target(target, pricing, translated.dropped);
        let context = AnswerContext {
            target: target.slug.clone(),
            names: translated.names,
            omit_thinking: translated.omit_thinking,
            web_search: translated.web_search,
            stop_sequence: translated.stop_sequence,
            window: profile.window,
            estimate: self.facts.estimate,
            ..self.naming()
        };
        Ok(Prepared { body: translated.body.into(), context: Some(context), window: profile.window })
    }

    /// Sends; once more when the connection failed before the upstream can have answered anything.
    async fn send(&self, prepared: &Prepared) -> Result<Reply, TransportError> {
        let first = self.infer(prepared).await;
        let Err(error) = &first else { return first };
        if !error.surely_unprocessed() && error.kind != TransportKind::ClosedBeforeAnswer {
            return first;
        }
        if matches!(error.kind, TransportKind::ConnectTimeout | TransportKind::Tls) {
            return first;
        }
        tokio::time::sleep(RECONNECT_PAUSE).await;
        self.infer(prepared).await
    }

    async fn infer(&self, prepared: &Prepared) -> Result<Reply, TransportError> {
        let mut headers = HeaderMap::new();
        if prepared.context.is_none() {
            for (name, value) in &self.anthropic {
                headers.insert(name, value.clone());
            }
        }
        if let Some(cache) = self.attached.cache {
            let value = if cache { "true" } else { "false" };
            headers.insert("x-openrouter-cache", HeaderValue::from_static(value));
        }
        let request = Inference {
            endpoint: if prepared.context.is_some() { Endpoint::Chat } else { Endpoint::Messages },
            key: self.key.expose(),
            body: prepared.body.clone(),
            stream: self.facts.stream,
            headers,
        };
        let silence = self.attached.silence;
        match tokio::time::timeout(silence, self.shared.upstream.infer(request)).await {
            Ok(reply) => reply,
            Err(_) => {
                let host = self.shared.upstream.host().to_owned();
                Err(TransportError { kind: TransportKind::Timeout, host })
            }
        }
    }

    async fn read_failure(&self, reply: &mut Reply, window: Option<u64>) -> Failure {
        // A body that breaks off still leaves the status.
        let body = reply.read_all(MAX_ERROR).await.unwrap_or_default();
        from_body(&Received {
            status: reply.status(),
            body: &body,
            retry_after: reply.retry_after(std::time::SystemTime::now()),
            window,
            estimate: self.facts.estimate,
        })
    }
}
