//! What each try cost: as the upstream told it, else, where it may be billed, an estimate that is flagged as one.

use turnpike_ledger::{Cost, CostSource, Outcome, Progress, Usage as RowUsage};
use turnpike_translate::failure::Failure;
use turnpike_wire::money::NanoUsd;

use super::price::price;
use super::tokens::row_usage;
use super::told::{may_have_been_billed, told};
use super::{ANSWERED, End, Settler};

/// Bytes of an outgoing event stream that stand for one token of answer.
const BYTES_PER_OUTPUT_TOKEN: u64 = 120;

/// What a try cost, and its tokens.
type Bill = (Cost, RowUsage);

/// It is asked for by its id, and counts as nothing until then.
const UNTOLD: Cost = Cost::of(NanoUsd::ZERO, CostSource::Estimate);

// === impl Settler ===

impl Settler {
    /// A try has failed; what it cost is kept, also should this process end before the request does. `may_go_on`: nothing of its
    /// answer has come, and the upstream may go on with it.
    pub(crate) fn failed(&mut self, failure: &Failure, may_go_on: bool) {
        self.attempt(failure.cause.as_str(), Some(failure.status), Some(failure.message.clone()));
        let usage = self.served.usage.take();
        let tokens = usage.as_ref().map(row_usage).unwrap_or_default();
        let can_be_asked_for = self.served.generation_id.is_some();
        let (cost, tokens) = match told(usage.as_ref()) {
            Some(cost) => (cost, tokens),
            None if can_be_asked_for && may_have_been_billed(failure, usage.as_ref()) => (UNTOLD, tokens),
            None if may_go_on => self.unheard(),
            None => (Cost::NONE, tokens),
        };
        self.charge(cost, tokens, usage.is_some());
        if cost.source != CostSource::None {
            let progress = Progress { spent: Some(self.spent.clone()), ..self.progress() };
            self.ledger.progress(self.id, progress);
        }
    }

    /// What the try under way cost, unless it failed and was charged for then.
    pub(super) fn charge_last(&mut self, end: &End<'_>) {
        let entry = self.current.and_then(|place| self.spent.attempts.get(place));
        if entry.is_some_and(|attempt| attempt.outcome != ANSWERED) {
            return;
        }
        if entry.is_none() && (self.served.generation_id.is_some() || self.sent.is_some()) {
            self.attempt(end.outcome.as_str(), None, None);
        }
        let (cost, tokens) = self.cost(end);
        // What a stream that was cut has counted by then is not all of it.
        let is_counted = self.served.usage.is_some() && end.outcome == Outcome::Ok;
        self.charge(cost, tokens, is_counted);
    }

    /// What the try under way cost, in its own entry and in the sum; `is_counted`: its tokens are the upstream's count.
    fn charge(&mut self, cost: Cost, usage: RowUsage, is_counted: bool) {
        let cost = cost.plausible();
        self.spent.usage = self.spent.usage.plus(&usage);
        self.spent.cost += cost.amount;
        self.spent.byok += cost.byok;
        self.source = match (self.source, cost.source) {
            (CostSource::Estimate, _) | (_, CostSource::Estimate) => CostSource::Estimate,
            (known, CostSource::None) => known,
            (_, known) => known,
        };
        let Some(attempt) = self.current.and_then(|place| self.spent.attempts.get_mut(place)) else { return };
        attempt.cost_nanos = cost.amount;
        let is_known_by_name = attempt.generation_id.is_some() || cost.source != CostSource::None;
        attempt.cost_source = is_known_by_name.then_some(cost.source);
        attempt.estimated = (cost.source == CostSource::Estimate && !is_counted).then_some(usage);
    }

    /// The upstream's own figure; else, where something was answered, an estimate that is flagged as one.
    fn cost(&self, end: &End<'_>) -> Bill {
        let usage = self.served.usage.as_ref();
        let tokens = usage.map(row_usage).unwrap_or_default();
        if let Some(cost) = told(usage) {
            return (cost, tokens);
        }
        // Whoever ends a request here does not end it at the provider.
        let was_ended_here = end.outcome == Outcome::Cancelled || self.live.wished().is_some();
        let is_named = self.served.generation_id.is_some();
        let has_failed = end.outcome == Outcome::Error && !was_ended_here;
        if self.first_token.is_some() || is_named && !has_failed {
            return self.estimate();
        }
        if is_named && end.failure.is_some_and(|failure| may_have_been_billed(failure, usage)) {
            return (UNTOLD, tokens);
        }
        if was_ended_here { self.unheard() } else { (Cost::NONE, tokens) }
    }

    /// What a try may cost of whose answer nothing has come.
    fn unheard(&self) -> Bill {
        // Nobody works on what has found no connection.
        match self.sent.as_ref().filter(|sent| sent.departed.since().is_some()) {
            // It names no generation before its first token, and costs nothing before that.
            Some(sent) if sent.streams => (UNTOLD, RowUsage::default()),
            // It may be written to its end; by which number to ask for it nobody will tell.
            Some(_) => self.estimate(),
            None => (Cost::NONE, RowUsage::default()),
        }
    }

    /// Tokens as reported, or estimated from what was sent, and their price.
    fn estimate(&self) -> Bill {
        let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let usage = self.served.usage.as_ref().map(row_usage).unwrap_or_else(|| RowUsage {
            input_tokens: tokens(self.prompt.estimate),
            output_tokens: tokens(self.response_bytes / BYTES_PER_OUTPUT_TOKEN),
            ..RowUsage::default()
        });
        (Cost::of(price(&usage, &self.pricing), CostSource::Estimate), usage)
    }
}
