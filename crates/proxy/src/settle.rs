//! Exactly one ledger row for each accepted request, whatever happens.
//!
//! The row hangs on a value that every path must give up: settling it says how the request ended, and
//! dropping it unsettled means that the client has gone.

mod accepted;
mod cost;
mod departed;
mod price;
mod tokens;
mod told;

use std::sync::Arc;
use std::time::{Duration, Instant};

use turnpike_ledger::{
    Attempt, Cost, CostSource, JsonText, Ledger, Mode, Outcome, Progress, RowId, Settlement, Spent,
};
use turnpike_routing::Target;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::stream::Served;
use turnpike_upstream::Departure;
use turnpike_wire::account::Pricing;

pub(crate) use self::accepted::new_row;
use self::departed::Departed;
pub(crate) use self::price::price_of;
use crate::budget::Reservation;
use crate::clients::Pass;
use crate::counting::Prompt;
use crate::live::{LiveGuard, Wish};
use crate::respond::fault;

/// Outcome of a try whose answer began.
const ANSWERED: &str = "ok";

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
    /// Tries that failed, what they cost, and at the end the one that was answered.
    spent: Spent,
    /// Where their cost comes from: an estimate as long as one of its parts is.
    source: CostSource,
    /// Where among them the try under way stands, once it does.
    current: Option<usize>,
    /// How the try under way was sent, once it is to be.
    sent: Option<Sent>,
    /// How long was waited for the try under way.
    waited: Duration,
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

/// A try that is to be sent.
#[derive(Debug)]
struct Sent {
    /// It asks for a stream.
    streams: bool,
    departed: Arc<Departed>,
}

/// How a request ended, in the words of the row.
struct End<'e> {
    outcome: Outcome,
    http_status: Option<u16>,
    failure: Option<&'e Failure>,
    stop_reason: Option<String>,
    repairs: &'e [&'static str],
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
            spent: Spent::default(),
            source: CostSource::None,
            current: None,
            sent: None,
            waited: Duration::ZERO,
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
        self.begin_anew();
    }

    /// A target was not even asked; what follows is about it.
    pub(crate) fn stand_at(&mut self, slug: &str) {
        slug.clone_into(&mut self.target);
        self.begin_anew();
    }

    fn begin_anew(&mut self) {
        self.served = Served::default();
        self.current = None;
        self.sent = None;
    }

    /// The try is to be sent, and answered by a stream or by a whole message. Gives who is to be told when it leaves.
    pub(crate) fn asked(&mut self, streams: bool) -> Arc<dyn Departure> {
        let departed = Arc::<Departed>::default();
        self.sent = Some(Sent { streams, departed: Arc::clone(&departed) });
        departed
    }

    /// How long ago the try left; nothing where it has found no connection.
    pub(crate) fn since_departure(&self) -> Duration {
        self.sent.as_ref().and_then(|sent| sent.departed.since()).unwrap_or_default()
    }

    /// So long was waited before the try that follows.
    pub(crate) fn waited(&mut self, wait: Duration) {
        self.waited = wait;
    }

    /// A target was passed over, and why.
    pub(crate) fn passed_over(&mut self, slug: &str, why: String) {
        let target = std::mem::replace(&mut self.target, slug.to_owned());
        let generation_id = self.served.generation_id.take();
        let current = self.current.take();
        self.attempt("passed_over", None, Some(why));
        self.current = current;
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
        self.attempt(ANSWERED, None, None);
        let progress = Progress { first_token: self.first_token, ..self.progress() };
        self.ledger.progress(self.id, progress);
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
        self.current = Some(self.spent.attempts.len());
        self.spent.attempts.push(Attempt {
            target: self.target.clone(),
            outcome: outcome.to_owned(),
            status,
            at_ms,
            waited_ms,
            why,
            generation_id: self.served.generation_id.clone(),
            ..Attempt::default()
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
        settlement.progress.estimated_tokens = self.learn();
        self.charge_last(&end);
        settlement.cost =
            Cost { amount: self.spent.cost, byok: self.spent.byok, source: self.source }.plausible();
        settlement.usage = self.spent.usage;
        settlement.attempts = std::mem::take(&mut self.spent.attempts);
        settlement.http_status = end.http_status;
        settlement.error_type = end.failure.map(|failure| failure.kind.as_str().to_owned());
        settlement.error_message = end.failure.map(|failure| failure.message.clone());
        settlement.stop_reason = end.stop_reason;
        let list = |items: &[&'static str]| (!items.is_empty()).then(|| JsonText::of(items).ok()).flatten();
        settlement.dropped = list(&self.dropped);
        settlement.repairs = list(end.repairs);
        settlement.response_bytes = self.response_bytes;
        let (cost, output_tokens) = (settlement.cost.amount, settlement.usage.output_tokens);
        // First, so that what budgets have counted is in the ledger's queue when they ask for what it holds.
        self.ledger.settle(self.id, settlement);
        if let Some(reservation) = &mut self.reservation {
            if end.outcome == Outcome::Ok {
                reservation.note_output(&self.target, output_tokens);
            }
            reservation.settle(self.id.get(), cost);
        }
        self.pass = None;
    }

    /// Later counts are corrected by the upstream's count of this prompt. Gives ours where the row holds that count alone,
    /// without the tokens of tries that failed, told by now or later.
    fn learn(&self) -> Option<i64> {
        let model = self.served.model.as_deref().unwrap_or(&self.target);
        let estimated = self.prompt.counted(model, self.served.usage.as_ref()?)?;
        i64::try_from(estimated).ok().filter(|_| self.source == CostSource::None)
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
