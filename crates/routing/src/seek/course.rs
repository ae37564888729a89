//! One request's way through its targets.

use std::time::Duration;

use super::{Patience, Remedy, Standing, Trouble, remedy};

/// A target of the plan, with what is known about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Context window in tokens, where known.
    pub window: Option<u64>,
    /// It is known not to take tools.
    pub lacks_tools: bool,
    /// It is known not to take images.
    pub lacks_images: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A target is tried, after a wait.
    Try(Step),
    /// Nothing was tried: the upstream named times for all targets, and the soonest is too far away.
    Held {
        /// The target that returns soonest.
        target: usize,
        /// How long until then.
        soonest: Duration,
    },
    /// Nothing is left that could help.
    Stop,
}

/// One try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which of the targets.
    pub target: usize,
    /// How long to wait before it.
    pub wait: Duration,
    /// It is the same target once more.
    pub again: bool,
}

/// Why a target was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It failed too often; so long it is left out.
    Broken(Duration),
    /// It is rate limited for so long.
    Limited(Duration),
    /// Its window is no larger than the one that was too small.
    Window,
    /// It takes no tools.
    Tools,
    /// It takes no images.
    Images,
}

/// One request's way through its targets.
#[derive(Clone, Debug)]
pub struct Course {
    candidates: Vec<Candidate>,
    /// How often each was tried.
    tries: Vec<u8>,
    passed: Vec<(usize, Pass)>,
    /// Which targets were noted as passed over.
    noted: Vec<bool>,
    at: Option<usize>,
    failures: u32,
    left: Duration,
    /// A window this small is known to be too small.
    too_small: Option<u64>,
    needs_tools: bool,
    needs_images: bool,
}

/// A target is tried so often at most.
const MOST_TRIES: u8 = 2;

// === impl Course ===

impl Course {
    /// The way through these targets, in their order.
    #[must_use]
    pub fn new(candidates: Vec<Candidate>, patience: Patience) -> Self {
        let (tries, noted) = (vec![0; candidates.len()], vec![false; candidates.len()]);
        Self {
            candidates,
            tries,
            noted,
            passed: Vec::new(),
            at: None,
            failures: 0,
            left: patience.deadline,
            too_small: None,
            needs_tools: false,
            needs_images: false,
        }
    }

    /// The first try. `standings` are those of the targets now, in the same order.
    pub fn begin(&mut self, standings: &[Standing]) -> Next {
        self.advance(standings)
    }

    /// What follows the failure of the try that was just made.
    pub fn failed(
        &mut self,
        trouble: Trouble,
        retry_after: Option<Duration>,
        standings: &[Standing],
        jitter: f64,
    ) -> Next {
        let Some(at) = self.at else { return Next::Stop };
        self.learn(at, trouble);
        let others = self.open(standings).any(|(_, standing)| standing == Standing::Ready);
        let remedy = remedy(trouble, retry_after, others, self.failures, jitter);
        self.failures = self.failures.saturating_add(1);
        match remedy {
            Remedy::Stop => Next::Stop,
            Remedy::Next => self.advance(standings),
            Remedy::AgainOrNext(wait) => self.again(at, wait).unwrap_or_else(|| self.advance(standings)),
            Remedy::ReconnectOrNext(wait) => {
                self.again(at, wait.min(self.left)).unwrap_or_else(|| self.advance(standings))
            }
            Remedy::ReconnectOrStop(wait) => self.again(at, wait.min(self.left)).unwrap_or(Next::Stop),
        }
    }

    /// Takes a wait of another kind out of the deadline; `false` when it does not fit in.
    pub fn take(&mut self, wait: Duration) -> bool {
        match self.left.checked_sub(wait) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// How much of the deadline is left.
    #[must_use]
    pub const fn left(&self) -> Duration {
        self.left
    }

    /// Targets that were passed over since the last call, and why; each once in all.
    pub fn take_passed(&mut self) -> Vec<(usize, Pass)> {
        std::mem::take(&mut self.passed)
    }

    /// What the failure says about the targets that are left.
    fn learn(&mut self, at: usize, trouble: Trouble) {
        match trouble {
            Trouble::TooLong => {
                let window = self.candidates.get(at).and_then(|candidate| candidate.window);
                self.too_small = self.too_small.max(window);
            }
            Trouble::NoTools => self.needs_tools = true,
            Trouble::NoImages => self.needs_images = true,
            _ => {}
        }
    }

    fn again(&mut self, at: usize, wait: Duration) -> Option<Next> {
        let tries = self.tries.get_mut(at)?;
        if *tries >= MOST_TRIES || wait > self.left {
            return None;
        }
        *tries += 1;
        self.left -= wait;
        Some(Next::Try(Step { target: at, wait, again: true }))
    }

    /// The next target that is ready; else one that is left out: the one that returns soonest.
    fn advance(&mut self, standings: &[Standing]) -> Next {
        let open: Vec<(usize, Standing)> = self.open(standings).collect();
        let next = self.choose(&open);
        self.note_passed(next, &open);
        match next {
            Next::Try(step) => self.step(step),
            other => other,
        }
    }

    fn choose(&self, open: &[(usize, Standing)]) -> Next {
        let step = |target, wait| Next::Try(Step { target, wait, again: false });
        if let Some((target, _)) = open.iter().find(|(_, standing)| *standing == Standing::Ready) {
            return step(*target, Duration::ZERO);
        }
        let soonest = |wanted: fn(Standing) -> bool| {
            let fits = open.iter().filter(|(_, standing)| wanted(*standing));
            fits.min_by_key(|(_, standing)| standing.wait()).copied()
        };
        // A target that failed may have recovered; one that named a time has not.
        if let Some((target, _)) = soonest(|standing| matches!(standing, Standing::Broken(_))) {
            return step(target, Duration::ZERO);
        }
        match soonest(|standing| matches!(standing, Standing::Limited(_))) {
            Some((target, standing)) if standing.wait() <= self.left => step(target, standing.wait()),
            Some((target, standing)) if self.failures == 0 => Next::Held { target, soonest: standing.wait() },
            _ => Next::Stop,
        }
    }

    fn step(&mut self, step: Step) -> Next {
        if let Some(tries) = self.tries.get_mut(step.target) {
            *tries += 1;
        }
        self.at = Some(step.target);
        self.left = self.left.saturating_sub(step.wait);
        Next::Try(step)
    }

    /// Targets that were not tried and that nothing known speaks against, with their standing.
    fn open<'s>(&'s self, standings: &'s [Standing]) -> impl Iterator<Item = (usize, Standing)> + 's {
        let untried =
            self.tries.iter().enumerate().filter(|(_, tries)| **tries == 0).map(|(target, _)| target);
        untried
            .filter(|target| self.speaks_against(*target).is_none())
            .map(|target| (target, standings.get(target).copied().unwrap_or(Standing::Ready)))
    }

    fn speaks_against(&self, target: usize) -> Option<Pass> {
        let candidate = self.candidates.get(target)?;
        let small = |window: u64| self.too_small.is_some_and(|too_small| window <= too_small);
        match () {
            () if candidate.window.is_some_and(small) => Some(Pass::Window),
            () if self.needs_tools && candidate.lacks_tools => Some(Pass::Tools),
            () if self.needs_images && candidate.lacks_images => Some(Pass::Images),
            () => None,
        }
    }

    /// Notes which targets the next one was preferred to, each once.
    fn note_passed(&mut self, next: Next, open: &[(usize, Standing)]) {
        let before = match next {
            Next::Try(step) => step.target,
            Next::Held { .. } | Next::Stop => self.candidates.len(),
        };
        for target in 0..before {
            let standing = open.iter().find(|(at, _)| *at == target).map(|(_, standing)| *standing);
            let why = self.speaks_against(target).or(match standing {
                Some(Standing::Broken(wait)) => Some(Pass::Broken(wait)),
                Some(Standing::Limited(wait)) => Some(Pass::Limited(wait)),
                _ => None,
            });
            let is_untried = self.tries.get(target) == Some(&0);
            if let Some(why) = why.filter(|_| is_untried)
                && !std::mem::replace(&mut self.noted[target], true)
            {
                self.passed.push((target, why));
            }
        }
    }
}
