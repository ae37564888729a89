//! The budget gate: who is let in, what is reserved for them, and how they stand.
//!
//! The counters are in memory; the ledger is asked for what they begin with by whoever starts the service. Nothing
//! here waits: a lock is held for a few additions.

mod face;
mod limits;
mod usage;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::broadcast;
use turnpike_budget::{
    BudgetLine, Counters, Crossing, OutputMedians, Raise, Refusal, Reserved, Scope, Seed, Span, Spender,
    Standing, Window,
};
use turnpike_settings::Config;
use turnpike_wire::account::Pricing;
use turnpike_wire::money::NanoUsd;

use crate::settle::price_of;

pub use limits::of as limits;

pub(crate) use face::{refused, set_standing};
pub(crate) use usage::report;

/// News that a slow listener may be behind before it misses some.
const NEWS: usize = 256;

/// What the gate tells.
#[derive(Clone, Debug)]
pub enum BudgetNews {
    /// A mark of a budget was passed; told once in its window.
    Crossed(Crossing),
    /// The windows are others now: [`BudgetGate::seed`] is wanted.
    WantsSeed,
}

/// What the counters must know of time when they begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The latest time that was ever told.
    pub latest: Timestamp,
    /// The newest row that was accepted at that time. Rows after it that bear an earlier time were accepted with
    /// the clock set back, and count for the windows of `latest`.
    pub row: i64,
}

/// The gate. One for each data plane.
#[derive(Debug)]
pub struct BudgetGate {
    counters: Mutex<Counters>,
    medians: Mutex<OutputMedians>,
    news: broadcast::Sender<BudgetNews>,
    newest_row: AtomicI64,
    refused: AtomicU64,
    is_seeded: AtomicBool,
}

/// What is reserved for a request under way. Dropped unsettled, it counts as having cost nothing.
#[derive(Debug)]
pub(crate) struct Reservation {
    gate: Arc<BudgetGate>,
    reserved: Option<Reserved>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Sums are never left half-added.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl BudgetGate ===

impl BudgetGate {
    /// A gate that has counted nothing yet.
    pub(crate) fn new(config: &Config) -> Self {
        let counters = Counters::new(limits::of(config), Timestamp::now(), Timestamp::MIN);
        Self {
            counters: Mutex::new(counters),
            medians: Mutex::default(),
            news: broadcast::channel(NEWS).0,
            newest_row: AtomicI64::new(0),
            refused: AtomicU64::new(0),
            is_seeded: AtomicBool::new(false),
        }
    }

    /// Goes on where an earlier run ended. For the start, before requests come.
    pub fn resume(&self, config: &Config, mark: Watermark, raises: Vec<Raise>) {
        let mut counters = Counters::new(limits::of(config), Timestamp::now(), mark.latest);
        counters.restore(raises);
        *lock(&self.counters) = counters;
        self.newest_row.store(mark.row, Ordering::Release);
    }

    /// Somebody is about to ask the ledger what it holds, once what is counted by now has come to its disk. Ends with
    /// [`Self::seed`] or [`Self::give_up_seed`], after which it is still wanted.
    pub fn begin_seed(&self) {
        self.is_seeded.store(false, Ordering::Release);
        lock(&self.counters).begin_seed();
    }

    /// The rows of what was settled since.
    #[must_use]
    pub fn late_rows(&self) -> Vec<i64> {
        lock(&self.counters).late_rows()
    }

    /// The ledger did not tell.
    pub fn give_up_seed(&self) {
        lock(&self.counters).give_up_seed();
    }

    /// Takes what the ledger holds for these windows. `false` where others are open by now: then it has to be asked anew.
    #[must_use]
    pub fn seed(&self, windows: [Window; 3], seed: Seed) -> bool {
        let mut counters = lock(&self.counters);
        if counters.windows() != windows {
            counters.give_up_seed();
            return false;
        }
        counters.seed(seed);
        self.is_seeded.store(true, Ordering::Release);
        true
    }

    /// Whether the counters hold what was spent in the windows that are open. `false` while the ledger could not tell.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        self.is_seeded.load(Ordering::Acquire)
    }

    /// Notes how long an answer of a model was, to reserve for the next one.
    pub fn note_output(&self, model: &str, tokens: i64) {
        if let Ok(tokens) = u64::try_from(tokens) {
            lock(&self.medians).note(model, tokens);
        }
    }

    /// The windows that are open, the shortest first.
    #[must_use]
    pub fn windows(&self) -> [Window; 3] {
        lock(&self.counters).windows()
    }

    /// Where another run would have to go on.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        Watermark { latest: lock(&self.counters).latest(), row: self.newest_row.load(Ordering::Acquire) }
    }

    /// Every cap and how it stands.
    #[must_use]
    pub fn lines(&self) -> Vec<BudgetLine> {
        lock(&self.counters).lines(Timestamp::now())
    }

    /// What everybody spent today, this week, this month.
    #[must_use]
    pub fn totals(&self) -> [BudgetLine; 3] {
        self.totals_of(&Scope::All)
    }

    /// What one of them spent today, this week, this month, with a cap or without.
    #[must_use]
    pub fn totals_of(&self, scope: &Scope) -> [BudgetLine; 3] {
        lock(&self.counters).totals_of(Timestamp::now(), scope)
    }

    /// Requests that were refused since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Acquire)
    }

    /// Raises a cap until its window ends; `None` when there is no such cap.
    #[must_use]
    pub fn raise(&self, scope: &Scope, span: Span, by: NanoUsd) -> Option<Raise> {
        lock(&self.counters).raise(Timestamp::now(), scope, span, by)
    }

    /// The raises in force.
    #[must_use]
    pub fn raises(&self) -> Vec<Raise> {
        lock(&self.counters).raises().to_vec()
    }

    /// A row's cost was corrected by `more`, which may be negative.
    pub fn amend(&self, started: Timestamp, who: Spender<'_>, more: NanoUsd) {
        let crossings = lock(&self.counters).amend(started, who, more);
        self.tell(crossings);
    }

    /// News from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<BudgetNews> {
        self.news.subscribe()
    }

    /// Takes a new configuration.
    pub(crate) fn set_config(&self, config: &Config) {
        if lock(&self.counters).set_limits(limits::of(config), Timestamp::now()) {
            self.is_seeded.store(false, Ordering::Release);
            drop(self.news.send(BudgetNews::WantsSeed));
        }
    }

    /// Lets a request in, or says which budget is used up.
    pub(crate) fn admit(
        self: &Arc<Self>,
        who: Spender<'_>,
        model: &str,
        input_tokens: u64,
        pricing: &Pricing,
    ) -> Result<Reservation, Refusal> {
        let output_tokens = lock(&self.medians).of(model);
        let amount = price_of(input_tokens, output_tokens, pricing);
        match lock(&self.counters).admit(Timestamp::now(), who, amount) {
            Ok(reserved) => Ok(Reservation { gate: Arc::clone(self), reserved: Some(reserved) }),
            Err(refusal) => {
                self.refused.fetch_add(1, Ordering::AcqRel);
                Err(refusal)
            }
        }
    }

    /// The row of a request that was let in just now.
    pub(crate) fn note_row(&self, row: i64) {
        // While the clock is behind, the mark stays where it was.
        if Timestamp::now() >= lock(&self.counters).latest() {
            self.newest_row.fetch_max(row, Ordering::AcqRel);
        }
    }

    fn standing(&self, who: Spender<'_>) -> Option<Standing> {
        lock(&self.counters).standing(Timestamp::now(), who)
    }

    fn tell(&self, crossings: Vec<Crossing>) {
        crossings.into_iter().for_each(|crossing| drop(self.news.send(BudgetNews::Crossed(crossing))));
    }
}

// === impl Reservation ===

impl Reservation {
    /// The request with this row has come to its end and cost this.
    pub(crate) fn settle(&mut self, row: i64, cost: NanoUsd) {
        if let Some(reserved) = self.reserved.take() {
            let crossings = lock(&self.gate.counters).settle(Timestamp::now(), reserved.of_row(row), cost);
            self.gate.tell(crossings);
        }
    }

    /// Notes how long the answer of this model was.
    pub(crate) fn note_output(&self, model: &str, tokens: i64) {
        self.gate.note_output(model, tokens);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.settle(0, NanoUsd::ZERO);
    }
}
