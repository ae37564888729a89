//! Seeking an answer: the targets of the plan, until one answers with content.
//!
//! What is tried next, and after which wait, is decided by `turnpike-routing`; here it is carried out, and each
//! try goes into the log entry.

mod target;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use turnpike_routing::{Candidate, Course, Next, Pass, Patience, Plan, Step, Turn};
use turnpike_settings::Secret;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_translate::stream::{AnswerContext, Repairs};

use self::target::{Ahead, Missed};
use crate::answer::Answer;
use crate::convert::Attached;
use crate::facts::Facts;
use crate::limits::TargetChange;
use crate::settle::Settler;
use crate::state::Shared;

/// Longest wait for a place among the free requests.
const FREE_PATIENCE: Duration = Duration::from_secs(60);

/// One request with its plan.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) shared: Arc<Shared>,
    pub(crate) body: Bytes,
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
    pub(crate) attached: Attached,
    pub(crate) patience: Patience,
    pub(crate) repairs: Repairs,
    pub(crate) key: Secret,
    pub(crate) message_id: String,
    /// The client's `anthropic-…` headers, for native mode.
    pub(crate) anthropic: HeaderMap,
    pub(crate) settler: Settler,
    /// The request as the first target gets it, until that is tried.
    pub(crate) ahead: Option<Ahead>,
}

/// What seeking came to.
#[derive(Debug)]
pub(crate) struct Sought {
    pub(crate) settler: Settler,
    pub(crate) outcome: Result<Answer, Failure>,
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
    pub(crate) async fn seek(mut self: Box<Self>) -> Sought {
        let wishes = self.settler.live.wishes();
        let outcome = tokio::select! {
            biased;
            wish = wishes.next() => Err(wish.failure()),
            outcome = self.try_targets() => outcome,
        };
        Sought { settler: self.settler, outcome }
    }

    async fn try_targets(&mut self) -> Result<Answer, Failure> {
        let mut course = Course::new(self.candidates(), self.patience);
        let mut next = course.begin(&self.shared.limits.standings(&self.plan));
        let mut last = Failure::new(Cause::Internal, "No target was configured for this request.");
        loop {
            self.note_passed(&mut course);
            let step = match next {
                Next::Try(step) => step,
                Next::Held { target, soonest } => return Err(self.held(target, soonest)),
                Next::Stop => return Err(last),
            };
            match self.take_step(step, &mut course).await {
                Ok(answer) => return Ok(answer),
                Err(missed) => {
                    next = self.after(&missed, step, &mut course);
                    last = missed.failure;
                }
            }
        }
    }

    /// What the catalogue knows about the plan's targets.
    fn candidates(&self) -> Vec<Candidate> {
        let catalogue = self.shared.catalogue.load();
        self.plan.targets.iter().map(|target| catalogue.candidate(&target.slug)).collect()
    }

    /// Waits as long as the step and the free tier's pace want it, and tries the target.
    async fn take_step(&mut self, step: Step, course: &mut Course) -> Result<Answer, Missed> {
        wait_for(step.wait).await;
        let Some(target) = self.plan.targets.get(step.target).cloned() else {
            return Err(
                Failure::new(Cause::Internal, "The plan named a target that it does not have.").into()
            );
        };
        let paced = match self.shared.limits.turn(&target.slug, course.left().min(FREE_PATIENCE)) {
            Turn::After(wait) => wait,
            Turn::Crowded(wait) => return Err(self.unsent(&target.slug, crowded(wait))),
            Turn::DayUsedUp { limit, resets_in } => {
                return Err(self.unsent(&target.slug, day_used_up(limit, resets_in)));
            }
        };
        course.take(paced);
        wait_for(paced).await;
        self.settler.waited(step.wait + paced);
        let answer = self.try_target(&target).await?;
        self.settler.note(answer.served());
        self.settler.first_content();
        self.shared.limits.answered(&target.slug);
        Ok(answer)
    }

    /// A target that was not asked at all.
    fn unsent(&mut self, slug: &str, failure: Failure) -> Missed {
        self.settler.stand_at(slug);
        failure.into()
    }

    /// Writes a failure down, tells whom it concerns, and decides what follows.
    fn after(&mut self, missed: &Missed, step: Step, course: &mut Course) -> Next {
        let Missed { failure, served, trouble, was_sent, may_go_on } = missed;
        self.settler.note(served);
        self.settler.failed(failure, *may_go_on);
        let slug = self.plan.targets.get(step.target).map_or("", |target| target.slug.as_str()).to_owned();
        let limits = &self.shared.limits;
        if failure.cause == Cause::FreeDaily && *was_sent {
            limits.free_day_is_used_up(&slug);
        }
        let out = if *was_sent { limits.failed(&slug, *trouble, failure.retry_after) } else { None };
        let next = course.failed(*trouble, failure.retry_after, &limits.standings(&self.plan), jitter());
        let instead = match next {
            Next::Try(next) if next.target != step.target => self.plan.targets.get(next.target),
            _ => None,
        };
        let instead = instead.map(|target| target.slug.clone());
        let cause = failure.cause.as_str();
        tracing::info!(target = slug, cause, next = instead.as_deref(), "a target failed");
        if let Some(out) = out {
            limits.tell(TargetChange::Left { out, instead });
        }
        next
    }

    fn note_passed(&mut self, course: &mut Course) {
        for (target, pass) in course.take_passed() {
            let slug = self.plan.targets.get(target).map_or("", |target| target.slug.as_str());
            self.settler.passed_over(slug, why(pass));
        }
    }

    /// The upstream named a time for every target, and all of them are too far away to wait for.
    fn held(&mut self, target: usize, soonest: Duration) -> Failure {
        let slug = self.plan.targets.get(target).map_or("", |target| target.slug.as_str());
        let seconds = whole_seconds(soonest);
        let who = match self.plan.targets.as_slice() {
            [_] => format!("{slug} is rate limited and takes requests again in {seconds} s."),
            _ => format!(
                "All targets of this name are rate limited; {slug} is the first to return, in {seconds} s."
            ),
        };
        let remedy = "Wait, or give the name another fallback: `turnpike map add`.";
        let mut failure = Failure::new(Cause::RateLimited, format!("{who} {remedy}"));
        failure.retry_after = Some(soonest);
        failure
    }
}

fn why(pass: Pass) -> String {
    match pass {
        Pass::Broken(wait) => format!("its last requests failed: left out for {} s", whole_seconds(wait)),
        Pass::Limited(wait) => format!("it is rate limited for {} s", whole_seconds(wait)),
        Pass::Window => "its window is no larger than the one that was too small".to_owned(),
        Pass::Tools => "it takes no tools".to_owned(),
        Pass::Images => "it takes no images".to_owned(),
    }
}

fn crowded(wait: Duration) -> Failure {
    let message = format!(
        "Free models take 20 requests a minute, and others wait already: there is a place in {} s. Try again then, or \
         map this name to a paid model.",
        whole_seconds(wait)
    );
    let mut failure = Failure::new(Cause::RateLimited, message);
    failure.retry_after = Some(wait);
    failure
}

fn day_used_up(limit: u32, resets_in: Duration) -> Failure {
    let hours = resets_in.as_secs() / 3_600;
    let more = if limit < turnpike_routing::LARGE_DAY { " $10 of credits raise it to 1,000." } else { "" };
    let message = format!(
        "The {limit} free requests of today are used up; the next day begins at midnight UTC, in {hours} h.{more} Or map \
         this name to a paid model: `turnpike map add`."
    );
    let mut failure = Failure::new(Cause::FreeDaily, message);
    failure.retry_after = Some(resets_in);
    failure
}

/// Rounded up: who comes back too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Waits; where there is nothing to wait for not even a moment, for the clock would make a millisecond of it.
async fn wait_for(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// From 0 up to 1. Without randomness there is no jitter.
fn jitter() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_need_not_wait_goes_on_at_once() {
        assert_eq!(wait_for(Duration::ZERO).now_or_never(), Some(()));
        assert_eq!(wait_for(Duration::from_millis(1)).now_or_never(), None);
        let begun = tokio::time::Instant::now();
        wait_for(Duration::from_secs(5)).await;
        assert!(begun.elapsed() >= Duration::from_secs(5));
    }
}
