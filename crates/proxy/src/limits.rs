//! What all requests share about targets: who is left out for now, and how many free requests went.
//!
//! The rules are `turnpike-routing`'s; here is the lock around them, the clock, and who is told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;
use turnpike_routing::{
    Breaker, Change, FreeStanding, FreeTier, Moment, Out, Plan, Standing, Trouble, Turn, is_free,
};

/// Changes a slow listener may be behind before it misses some.
const MOST_CHANGES: usize = 64;

/// A target is left out, or is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetChange {
    /// It is left out from now on.
    Left {
        /// Which, why, and until when.
        out: Out,
        /// What runs instead, in the request that found out; `None` when nothing does.
        instead: Option<String>,
    },
    /// It answers again.
    Back {
        /// Its slug.
        slug: String,
    },
}

/// What all requests share about targets.
#[derive(Debug)]
pub(crate) struct Limits {
    known: Mutex<Known>,
    changes: broadcast::Sender<TargetChange>,
}

#[derive(Debug)]
struct Known {
    breaker: Breaker,
    free: FreeTier,
}

/// Now, as routing counts time.
pub(crate) fn now() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

// === impl Limits ===

impl Limits {
    pub(crate) fn new(free_window: Duration) -> Self {
        let known = Known { breaker: Breaker::default(), free: FreeTier::new(free_window) };
        Self { known: Mutex::new(known), changes: broadcast::channel(MOST_CHANGES).0 }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // The data behind the lock is never left half-written.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the targets of a plan stand.
    pub(crate) fn standings(&self, plan: &Plan) -> Vec<Standing> {
        let (known, now) = (self.known(), now());
        plan.targets.iter().map(|target| known.breaker.standing(&target.slug, now)).collect()
    }

    /// A request is about to be sent to a target.
    pub(crate) fn sent(&self, slug: &str) {
        self.known().breaker.sent(slug, now());
    }

    /// A target has answered.
    pub(crate) fn answered(&self, slug: &str) {
        let change = self.known().breaker.answered(slug);
        if change.is_some() {
            self.tell(TargetChange::Back { slug: slug.to_owned() });
        }
    }

    /// A target has failed. What is then left out is told by whoever knows what runs instead.
    pub(crate) fn failed(&self, slug: &str, trouble: Trouble, retry_after: Option<Duration>) -> Option<Out> {
        match self.known().breaker.failed(slug, trouble, retry_after, now())? {
            Change::Left(out) => Some(out),
            Change::Back => {
                self.tell(TargetChange::Back { slug: slug.to_owned() });
                None
            }
        }
    }

    /// Asks for a place among the free requests; what is not free has one at once.
    pub(crate) fn turn(&self, slug: &str, patience: Duration) -> Turn {
        if !is_free(slug) {
            return Turn::After(Duration::ZERO);
        }
        self.known().free.ask(now(), patience)
    }

    /// The upstream said that the day's free requests are used up.
    pub(crate) fn free_day_is_used_up(&self, slug: &str) {
        if is_free(slug) {
            self.known().free.used_up(now());
        }
    }

    pub(crate) fn set_free_tier(&self, small: bool) {
        self.known().free.set_small(small);
    }

    pub(crate) fn seed_free(&self, count: u32) {
        self.known().free.seed(now(), count);
    }

    pub(crate) fn free_tier(&self) -> FreeStanding {
        self.known().free.standing(now())
    }

    pub(crate) fn left_out(&self) -> Vec<Out> {
        self.known().breaker.out(now())
    }

    pub(crate) fn tell(&self, change: TargetChange) {
        // Nobody has to listen.
        drop(self.changes.send(change));
    }

    pub(crate) fn changes(&self) -> broadcast::Receiver<TargetChange> {
        self.changes.subscribe()
    }
}
