//! Which targets are left out for a while: those that keep failing, and those whose upstream named a time.
//!
//! ```text
//!   sound ──failures──▶ out ──time──▶ probed ──answer──▶ sound
//!     ▲                  ▲              │
//!     └─limit's end──────┤              │
//!                        └────failure───┘   (each time for longer)
//! ```
//!
//! The clock is handed in, as the time since 1970: what is left out is also shown to people. A clock that was set
//! back ends every spell that then would lie in the future.

use std::collections::HashMap;
use std::time::Duration;

use crate::seek::{Standing, Trouble};

/// A point in time: since 1970.
pub type Moment = Duration;

/// So many failures in a row leave a target out.
const FAILURES: u32 = 3;
/// Failures that lie further apart do not count together.
const MEMORY: Duration = Duration::from_secs(120);
/// How long a target is left out at first, and at most; each probe that fails doubles it.
const FIRST_SPELL: Duration = Duration::from_secs(15);
const LONGEST_SPELL: Duration = Duration::from_secs(300);
/// How long a model that is gone is left out.
const GONE_SPELL: Duration = Duration::from_secs(300);
/// How long a limit lasts whose end nobody named.
const UNNAMED_LIMIT: Duration = Duration::from_secs(10);
/// The longest limit that is believed.
const LONGEST_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long others wait for the one that probes.
const PROBE: Duration = Duration::from_secs(60);
/// Targets remembered at most.
const MOST: usize = 512;

/// Why a target is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The upstream named the time at which it takes requests again.
    Limited,
    /// It is rate limited; nobody knows for how long.
    Busy,
    /// It failed several times in a row.
    Failing,
    /// The model is gone.
    Gone,
}

/// A target that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// Its slug.
    pub slug: String,
    /// Why.
    pub why: Why,
    /// Since when.
    pub since: Moment,
    /// Until when; then it is tried again.
    pub until: Moment,
}

/// What a report changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The target is left out from here on.
    Left(Out),
    /// It is back.
    Back,
}

/// The targets that were heard of lately.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    targets: HashMap<String, State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sound { failures: u32, last: Moment },
    Out { why: Why, since: Moment, until: Moment, spells: u32 },
    Probed { since: Moment, spells: u32 },
}

// === impl Breaker ===

impl Breaker {
    /// How a target stands.
    #[must_use]
    pub fn standing(&self, slug: &str, now: Moment) -> Standing {
        match self.targets.get(slug) {
            Some(State::Out { why, since, until, .. }) if (*since..*until).contains(&now) => {
                let wait = until.saturating_sub(now);
                if *why == Why::Limited { Standing::Limited(wait) } else { Standing::Broken(wait) }
            }
            Some(State::Probed { since, .. }) if (*since..*since + PROBE).contains(&now) => {
                Standing::Broken((*since + PROBE).saturating_sub(now))
            }
            _ => Standing::Ready,
        }
    }

    /// A request is sent to a target. After a spell of failures it is the only one until it has ended.
    pub fn sent(&mut self, slug: &str, now: Moment) {
        let Some(state) = self.targets.get_mut(slug) else { return };
        match *state {
            State::Out { why: Why::Failing | Why::Gone, until, spells, .. } if now >= until => {
                *state = State::Probed { since: now, spells };
            }
            State::Probed { since, spells } if now >= since + PROBE => {
                *state = State::Probed { since: now, spells };
            }
            _ => {}
        }
    }

    /// A target has answered.
    pub fn answered(&mut self, slug: &str) -> Option<Change> {
        match self.targets.remove(slug)? {
            State::Sound { .. } => None,
            State::Out { .. } | State::Probed { .. } => Some(Change::Back),
        }
    }

    /// A target has failed; `retry_after` is what the upstream said about when to come back. What was left out before
    /// is told as a change once.
    pub fn failed(
        &mut self,
        slug: &str,
        trouble: Trouble,
        retry_after: Option<Duration>,
        now: Moment,
    ) -> Option<Change> {
        if trouble.is_an_answer() {
            return self.answered(slug);
        }
        if !trouble.blames_the_target() {
            return None;
        }
        let before = self.targets.get(slug).copied();
        let was_out =
            matches!(before, Some(State::Out { since, until, .. }) if (since..until).contains(&now));
        let next = after_failure(before, trouble, retry_after, now);
        if self.targets.len() >= MOST && before.is_none() {
            self.forget(now);
        }
        self.targets.insert(slug.to_owned(), next);
        match next {
            State::Out { why, since, until, .. } if !was_out => {
                Some(Change::Left(Out { slug: slug.to_owned(), why, since, until }))
            }
            _ => None,
        }
    }

    /// The targets that are left out now, by slug.
    #[must_use]
    pub fn out(&self, now: Moment) -> Vec<Out> {
        let mut out: Vec<Out> = self
            .targets
            .iter()
            .filter_map(|(slug, state)| match *state {
                State::Out { why, since, until, .. } if (since..until).contains(&now) => {
                    Some(Out { slug: slug.clone(), why, since, until })
                }
                _ => None,
            })
            .collect();
        out.sort_by(|a, b| a.slug.cmp(&b.slug));
        out
    }

    /// Makes room: what is sound or over first, then everything.
    fn forget(&mut self, now: Moment) {
        self.targets.retain(|_, state| matches!(*state, State::Out { until, .. } if now < until));
        if self.targets.len() >= MOST {
            self.targets.clear();
        }
    }
}

fn after_failure(
    before: Option<State>,
    trouble: Trouble,
    retry_after: Option<Duration>,
    now: Moment,
) -> State {
    let spells = match before {
        Some(State::Out { spells, .. } | State::Probed { spells, .. }) => spells,
        Some(State::Sound { .. }) | None => 0,
    };
    let out = |why, spell: Duration, spells| State::Out { why, since: now, until: now + spell, spells };
    match (trouble, retry_after) {
        (Trouble::RateLimited | Trouble::Overloaded, Some(wait)) => {
            out(Why::Limited, wait.min(LONGEST_LIMIT), spells)
        }
        (Trouble::RateLimited, None) => out(Why::Busy, UNNAMED_LIMIT, spells),
        (Trouble::Gone, _) => out(Why::Gone, GONE_SPELL, spells + 1),
        _ if spells > 0 => {
            let spell = FIRST_SPELL.saturating_mul(1 << spells.min(8)).min(LONGEST_SPELL);
            out(Why::Failing, spell, spells + 1)
        }
        _ => {
            let failures = match before {
                Some(State::Sound { failures, last }) if (last..last + MEMORY).contains(&now) => failures + 1,
                _ => 1,
            };
            if failures < FAILURES {
                return State::Sound { failures, last: now };
            }
            out(Why::Failing, FIRST_SPELL, 1)
        }
    }
}

// === impl Why ===

impl Why {
    /// The word for events and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Limited => "limited",
            Self::Busy => "busy",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Moment {
        Duration::from_secs(1_800_000_000 + seconds)
    }

    fn broken() -> Breaker {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.failed("a/b", Trouble::Failed, None, at(0)), None);
        assert_eq!(breaker.failed("a/b", Trouble::TimedOut, None, at(1)), None);
        let left = breaker.failed("a/b", Trouble::Overloaded, None, at(2));
        assert!(matches!(left, Some(Change::Left(Out { why: Why::Failing, .. }))), "{left:?}");
        breaker
    }

    #[test]
    fn three_failures_in_a_row_leave_a_target_out_and_an_answer_brings_it_back() {
        let mut breaker = broken();
        assert_eq!(breaker.standing("a/b", at(2)), Standing::Broken(FIRST_SPELL));
        assert_eq!(breaker.standing("a/b", at(17)), Standing::Ready, "then it is probed");
        breaker.sent("a/b", at(17));
        assert!(matches!(breaker.standing("a/b", at(17)), Standing::Broken(_)), "by one request alone");
        assert_eq!(breaker.answered("a/b"), Some(Change::Back));
        assert_eq!(breaker.standing("a/b", at(17)), Standing::Ready);
        assert_eq!(breaker.answered("a/b"), None);
    }

    #[test]
    fn a_probe_that_fails_leaves_it_out_for_longer_up_to_a_bound() {
        let mut breaker = broken();
        let mut now = at(2);
        let mut spells = Vec::new();
        for _ in 0..8 {
            now += breaker.standing("a/b", now).wait();
            breaker.sent("a/b", now);
            breaker.failed("a/b", Trouble::Failed, None, now);
            spells.push(breaker.standing("a/b", now).wait().as_secs());
        }
        assert_eq!(spells, [30, 60, 120, 240, 300, 300, 300, 300]);
    }

    #[test]
    fn a_probe_that_never_ends_does_not_keep_others_out() {
        let mut breaker = broken();
        breaker.sent("a/b", at(17));
        assert_eq!(breaker.standing("a/b", at(17 + 60)), Standing::Ready);
    }

    #[test]
    fn a_limit_ends_at_the_time_that_was_named() {
        for (label, trouble, retry_after, out) in [
            ("429 with a time", Trouble::RateLimited, Some(7), Some((Why::Limited, 7))),
            ("529 with a time", Trouble::Overloaded, Some(3), Some((Why::Limited, 3))),
            ("429 without", Trouble::RateLimited, None, Some((Why::Busy, 10))),
            ("a limit of years", Trouble::RateLimited, Some(1 << 40), Some((Why::Limited, 86_400))),
            ("gone", Trouble::Gone, None, Some((Why::Gone, 300))),
            ("a single failure", Trouble::Failed, None, None),
            ("no connection", Trouble::NotSent, None, None),
            ("no credits", Trouble::Final, None, None),
        ] {
            let mut breaker = Breaker::default();
            breaker.failed("a/b", trouble, retry_after.map(Duration::from_secs), at(0));
            let listed: Vec<(Why, u64)> =
                breaker.out(at(0)).iter().map(|out| (out.why, (out.until - out.since).as_secs())).collect();
            assert_eq!(listed, Vec::from_iter(out), "{label}");
            if let Some((_, seconds)) = out {
                assert_eq!(breaker.standing("a/b", at(seconds)), Standing::Ready, "{label}");
            }
        }
    }

    #[test]
    fn failures_that_lie_apart_do_not_count_together() {
        let mut breaker = Breaker::default();
        for failure in 0..10 {
            assert_eq!(breaker.failed("a/b", Trouble::Failed, None, at(failure * 121)), None);
        }
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let mut breaker = Breaker::default();
        for failure in 0..10 {
            assert_eq!(breaker.failed("a/b", Trouble::Failed, None, at(failure)), None);
            breaker.answered("a/b");
            assert_eq!(breaker.failed("a/b", Trouble::Failed, None, at(failure)), None);
            // The target lives: it only did not take this request.
            breaker.failed("a/b", Trouble::TooLong, None, at(failure));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_frees_everything() {
        let mut breaker = Breaker::default();
        breaker.failed("a/b", Trouble::RateLimited, Some(Duration::from_secs(3_600)), at(10_000));
        assert_eq!(breaker.standing("a/b", at(0)), Standing::Ready);
        assert!(breaker.out(at(0)).is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut breaker = Breaker::default();
        for number in 0..2_000 {
            breaker.failed(&format!("a/{number}"), Trouble::Gone, None, at(0));
        }
        assert!(breaker.out(at(0)).len() <= MOST);
    }
}
