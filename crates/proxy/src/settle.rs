//! Exactly one ledger row for each accepted request, whatever happens.
//!
//! The row hangs on a value that every path must give up: settling it says how the request ended, and
//! dropping it unsettled means that the client has gone.

mod price;
mod tokens;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use turnpike_ledger::{
    Cost, CostSource, JsonText, Ledger, Mode, NewRequest, Outcome, Progress, RowId, Settlement,
    Usage as RowUsage,
};
use turnpike_routing::{Plan, Target};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::stream::Served;
use turnpike_wire::account::Pricing;
use turnpike_wire::money::NanoUsd;

use self::price::price;
pub(crate) use self::price::price_of;
use self::tokens::{row_usage, sum};
use crate::budget::Reservation;
use crate::clients::Pass;
use crate::counting::Prompt;
use crate::facts::Facts;
use crate::live::{LiveGuard, Wish};
use crate::respond::fault;

/// Bytes of an outgoing event stream that stand for one token of answer.
const BYTES_PER_OUTPUT_TOKEN: u64 = 120;

/// One try of one target, for the log entry.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    pub(crate) target: String,
    /// `ok`, or the cause of the failure.
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Milliseconds since acceptance.
    pub(crate) at_ms: u64,
    /// Milliseconds that were waited before it, on purpose.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) waited_ms: u64,
    /// Why it was passed over, or the failure in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// By which a cost that nobody told can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generation_id: Option<String>,
    #[serde(skip_serializing_if = "is_free")]
    pub(crate) cost_nanos: NanoUsd,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
fn is_free(cost: &NanoUsd) -> bool {
    *cost == NanoUsd::ZERO
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
fn is_zero(millis: &u64) -> bool {
    *millis == 0
}

/// The row of a request under way.
#[derive(Debug)]
pub(crate) struct Settler {
    ledger: Ledger,
    pub(crate) id: RowId,
    accepted: Instant,
    pub(crate) live: LiveGuard,
    /// What the budgets hold for it.
    reservation: Option<Reservation>,
    /// By which it counts among its client's requests under way.
    pass: Option<Pass>,
    attempts: Vec<Attempt>,
    /// How long was waited for the try under way.
    waited: Duration,
    /// Tokens and money of tries that failed.
    spent: (RowUsage, NanoUsd),
    served: Served,
    first_token: Option<Duration>,
    target: String,
    mode: Mode,
    pricing: Pricing,
    prompt: Prompt,
    dropped: Vec<&'static str>,
    response_bytes: u64,
    settled: bool,
}

/// How a request ended, in the words of the row.
struct End<'e> {
    outcome: Outcome,
    http_status: Option<u16>,
    failure: Option<&'e Failure>,
    stop_reason: Option<String>,
    repairs: &'e [&'static str],
}

/// The row that a request is accepted with.
pub(crate) fn new_row(facts: &Facts, plan: &Plan) -> NewRequest {
    let first = plan.targets.first();
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NewRequest {
        started_at: i64::try_from(started.as_nanos()).unwrap_or(i64::MAX),
        class: Some(facts.class.as_str().to_owned()),
        agent_type: facts.hints.agent_type.clone(),
        agent_id: facts.hints.agent_id.clone(),
        session: facts.session.clone(),
        project: facts.project.clone(),
        git_root: facts.work_tree.root.clone(),
        branch: facts.work_tree.branch.clone(),
        client: facts.client.clone(),
        requested_model: facts.requested.clone(),
        target: first.map(|target| target.slug.clone()),
        mode: first.map(|target| if target.native { Mode::Native } else { Mode::Translate }),
        stream: facts.stream,
        decision: JsonText::of(&plan.decision).ok(),
        request_bytes: facts.bytes as u64,
        estimated_tokens: None,
    }
}

// === impl Settler ===

impl Settler {
    pub(crate) fn new(ledger: Ledger, id: RowId, accepted: Instant, live: LiveGuard, prompt: Prompt) -> Self {
        Self {
            ledger,
            id,
            accepted,
            live,
            reservation: None,
            pass: None,
            attempts: Vec::new(),
            waited: Duration::ZERO,
            spent: (RowUsage::default(), NanoUsd::ZERO),
            served: Served::default(),
            first_token: None,
            target: String::new(),
            mode: Mode::Translate,
            pricing: Pricing::default(),
            prompt,
            dropped: Vec::new(),
            response_bytes: 0,
            settled: false,
        }
    }

    /// What the budgets hold for it, and its place among its client's requests, until it is settled.
    pub(crate) fn hold(&mut self, reservation: Reservation, pass: Option<Pass>) {
        self.reservation = Some(reservation);
        self.pass = pass;
    }

    /// A target is tried.
    pub(crate) fn try_target(&mut self, target: &Target, pricing: Pricing, dropped: Vec<&'static str>) {
        target.slug.clone_into(&mut self.target);
        self.mode = if target.native { Mode::Native } else { Mode::Translate };
        self.live.set_target(&target.slug, pricing, self.prompt.estimate);
        self.pricing = pricing;
        self.dropped = dropped;
        self.served = Served::default();
    }

    /// A target was not even asked; what follows is about it.
    pub(crate) fn stand_at(&mut self, slug: &str) {
        slug.clone_into(&mut self.target);
        self.served = Served::default();
    }

    /// So long was waited before the try that follows.
    pub(crate) fn waited(&mut self, wait: Duration) {
        self.waited = wait;
    }

    /// A target was passed over, and why.
    pub(crate) fn passed_over(&mut self, slug: &str, why: String) {
        let target = std::mem::replace(&mut self.target, slug.to_owned());
        let generation_id = self.served.generation_id.take();
        self.attempt("passed_over", None, Some(why));
        self.target = target;
        self.served.generation_id = generation_id;
    }

    /// The head of the answer named the generation: from here on its cost can be asked for.
    pub(crate) fn head(&mut self, generation_id: Option<&str>) {
        if let Some(id) = generation_id {
            self.served.generation_id = Some(id.to_owned());
            let progress = Progress {
                generation_id: Some(id.to_owned()),
                target: Some(self.target.clone()),
                ..Progress::default()
            };
            self.ledger.progress(self.id, progress);
        }
    }

    /// What the upstream has said about itself so far.
    pub(crate) fn note(&mut self, served: &Served) {
        let known = self.served.generation_id.take();
        self.served = served.clone();
        if self.served.generation_id.is_none() {
            self.served.generation_id = known;
        }
    }

    /// The answer has begun.
    pub(crate) fn first_content(&mut self) {
        self.first_token = Some(self.accepted.elapsed());
        self.attempt("ok", None, None);
        let progress = Progress { first_token: self.first_token, ..self.progress() };
        self.ledger.progress(self.id, progress);
    }

    /// A try has failed; what it cost is kept.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        let usage = self.served.usage.unwrap_or_default();
        let cost = usage.cost.unwrap_or_default();
        self.attempt(failure.cause.as_str(), Some(failure.status), Some(failure.message.clone()));
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.cost_nanos = cost;
        }
        self.spent.0 = sum(self.spent.0, row_usage(&usage));
        self.spent.1 += cost;
        self.served.usage = None;
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.response_bytes += bytes as u64;
        self.live.add_bytes(bytes);
    }

    /// The answer was delivered whole.
    pub(crate) fn settle_ok(mut self, stop_reason: Option<String>, repairs: &[&'static str]) {
        let end = End { outcome: Outcome::Ok, http_status: Some(200), failure: None, stop_reason, repairs };
        self.write(end);
    }

    /// The request failed; `status` is what the client got.
    pub(crate) fn settle_failed(mut self, failure: &Failure, status: u16, repairs: &[&'static str]) {
        let broke_off = self.first_token.is_some() && failure.cause == Cause::EndedEarly;
        let outcome = match self.live.wished() {
            Some(Wish::Cancel | Wish::Revoke) => Outcome::Cancelled,
            _ if broke_off => Outcome::Truncated,
            _ => Outcome::Error,
        };
        self.write(End {
            outcome,
            http_status: Some(status),
            failure: Some(failure),
            stop_reason: None,
            repairs,
        });
    }

    fn attempt(&mut self, outcome: &'static str, status: Option<u16>, why: Option<String>) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let at_ms = millis(self.accepted.elapsed());
        let waited_ms = millis(std::mem::take(&mut self.waited));
        self.attempts.push(Attempt {
            target: self.target.clone(),
            outcome,
            status,
            at_ms,
            waited_ms,
            why,
            generation_id: self.served.generation_id.clone(),
            cost_nanos: NanoUsd::ZERO,
        });
    }

    fn progress(&self) -> Progress {
        Progress {
            generation_id: self.served.generation_id.clone(),
            served_model: self.served.model.clone(),
            provider: self.served.provider.clone(),
            target: (!self.target.is_empty()).then(|| self.target.clone()),
            mode: Some(self.mode),
            ..Progress::default()
        }
    }

    fn write(&mut self, end: End<'_>) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        let mut settlement = Settlement::new(end.outcome, self.accepted.elapsed());
        settlement.progress = Progress { first_token: self.first_token, ..self.progress() };
        settlement.cost = self.cost(&end);
        settlement.usage = sum(self.spent.0, self.usage(settlement.cost.source));
        settlement.attempts = JsonText::of(&self.attempts).ok();
        settlement.http_status = end.http_status;
        settlement.error_type = end.failure.map(|failure| failure.kind.as_str().to_owned());
        settlement.error_message = end.failure.map(|failure| failure.message.clone());
        settlement.stop_reason = end.stop_reason;
        let list = |items: &[&'static str]| (!items.is_empty()).then(|| JsonText::of(items).ok()).flatten();
        settlement.dropped = list(&self.dropped);
        settlement.repairs = list(end.repairs);
        settlement.response_bytes = self.response_bytes;
        settlement.progress.estimated_tokens = self.learn();
        if let Some(reservation) = &mut self.reservation {
            if end.outcome == Outcome::Ok {
                reservation.note_output(&self.target, settlement.usage.output_tokens);
            }
            reservation.settle(settlement.cost.amount);
        }
        self.pass = None;
        self.ledger.settle(self.id, settlement);
    }

    /// Later counts are corrected by the upstream's count of this prompt. Gives ours where the row holds that count alone,
    /// without the tokens of tries that failed.
    fn learn(&self) -> Option<i64> {
        let model = self.served.model.as_deref().unwrap_or(&self.target);
        let estimated = self.prompt.counted(model, self.served.usage.as_ref()?)?;
        i64::try_from(estimated).ok().filter(|_| self.spent.0 == RowUsage::default())
    }

    /// The upstream's own figure; else, where something was answered, an estimate that is flagged as one.
    fn cost(&self, end: &End<'_>) -> Cost {
        let spent = self.spent.1;
        if let Some(usage) = &self.served.usage
            && let Some(cost) = usage.cost
        {
            let byok =
                if usage.is_byok { usage.upstream_inference_cost.unwrap_or_default() } else { NanoUsd::ZERO };
            return Cost { amount: spent + cost, byok, source: CostSource::Upstream };
        }
        let was_worked_on = self.first_token.is_some() || self.served.generation_id.is_some();
        if was_worked_on && !(end.outcome == Outcome::Error && self.first_token.is_none()) {
            let usage = self.usage(CostSource::Estimate);
            return Cost::of(spent + price(&usage, &self.pricing), CostSource::Estimate);
        }
        // What could not be read may have been billed all the same; its generation can be asked for.
        let unread = |failure: &Failure| {
            matches!(failure.cause, Cause::Unreadable | Cause::EndedEarly | Cause::Timeout)
        };
        if self.served.generation_id.is_some() && end.failure.is_some_and(unread) {
            return Cost::of(spent, CostSource::Estimate);
        }
        let source = if spent == NanoUsd::ZERO { CostSource::None } else { CostSource::Upstream };
        Cost::of(spent, source)
    }

    /// Tokens as reported, or estimated from what was sent.
    fn usage(&self, source: CostSource) -> RowUsage {
        match (&self.served.usage, source) {
            (Some(usage), _) => row_usage(usage),
            (None, CostSource::Estimate) => RowUsage {
                input_tokens: i64::try_from(self.prompt.estimate).unwrap_or(i64::MAX),
                output_tokens: i64::try_from(self.response_bytes / BYTES_PER_OUTPUT_TOKEN)
                    .unwrap_or(i64::MAX),
                ..RowUsage::default()
            },
            (None, _) => RowUsage::default(),
        }
    }
}

impl Drop for Settler {
    /// Nobody settled it: the client has gone, or this program failed.
    fn drop(&mut self) {
        let fault = std::thread::panicking().then(fault);
        self.write(End {
            outcome: if fault.is_some() { Outcome::Error } else { Outcome::Cancelled },
            http_status: None,
            failure: fault.as_ref(),
            stop_reason: None,
            repairs: &[],
        });
    }
}

#[cfg(test)]
pub(crate) mod tests;
