//! Tokens of requests: estimated, and the estimate corrected by what upstreams report.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_translate::count::{Corrections, Family, Measure};
use turnpike_wire::chat::Usage;

/// The estimate in use.
#[derive(Debug, Default)]
pub(crate) struct Counting(Mutex<Corrections>);

/// A request's prompt: how long it is thought to be, and who learns how long it was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompt {
    /// Tokens, estimated.
    pub(crate) estimate: u64,
    learner: Option<(Arc<Counting>, Measure)>,
}

// === impl Counting ===

impl Counting {
    /// Tokens of a prompt for a model.
    pub(crate) fn tokens(&self, measure: &Measure, slug: &str) -> u64 {
        let family = Family::of(slug);
        self.corrections().apply(family, measure.tokens(family))
    }

    /// A model's own count of a prompt whose estimate, uncorrected, was this.
    pub(crate) fn observe(&self, family: Family, estimated: u64, counted: u64) {
        self.corrections().observe(family, estimated, counted);
    }

    fn corrections(&self) -> MutexGuard<'_, Corrections> {
        // A correction is never left half-made.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Prompt ===

impl Prompt {
    /// A prompt whose true count corrects later estimates.
    pub(crate) fn learning(estimate: u64, counting: Arc<Counting>, measure: Measure) -> Self {
        Self { estimate, learner: Some((counting, measure)) }
    }

    /// A prompt that tells nothing about others: the upstream adds to it what it searched for or fetched.
    pub(crate) const fn unlike_others(estimate: u64) -> Self {
        Self { estimate, learner: None }
    }

    /// Takes what a model billed for it. Gives the uncorrected estimate if that says something about other prompts.
    pub(crate) fn counted(&self, slug: &str, usage: &Usage) -> Option<u64> {
        let (counting, measure) = self.learner.as_ref().filter(|_| usage.web_search_requests == 0)?;
        let family = Family::of(slug);
        let estimated = measure.tokens(family);
        counting.observe(family, estimated, usage.prompt_tokens);
        Some(estimated)
    }
}
