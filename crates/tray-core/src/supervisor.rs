//! The supervisor: whether a service runs, is started, is replaced, is ended. Pure: an event and the time go in, effects
//! come out. Whoever drives it looks, starts and ends; see [`crate::driver`].
//!
//! ```text
//!             healthy                        gone                5th in 60 s
//!  Looking ───────────▶ Up ◀──────────┐  ┌────────▶ Resting ──────────────▶ GivenUp
//!     │ nobody           │ ▲  healthy │  │             │ in time               │ retry
//!     └───▶ Starting ────┼─┴──────────┘  │             ▼                       ▼
//!              ▲         ├───────────────┘          Starting ◀────────────── Starting
//!              │ gone    ├── older, idle ──▶ Replacing ──▶ Starting
//!              │         ├── ends in order ─▶ Down ── retry ──▶ Starting
//!              └─────────┴── quit ──▶ Quitting ──▶ Gone
//! ```
//!
//! What always holds, and is tested with random events: a second process is never started while one that was started
//! before may still live; nothing is started after giving up or quitting, unless a person asks; a look is never asked
//! for while one is on its way; a service that another started is never ended by quitting.

mod backoff;
mod phase;
mod sight;
#[cfg(test)]
mod tests;

use std::time::Duration;

use backoff::Backoff;
use phase::Phase;
pub use sight::{Effect, Ended, Event, HowToEnd, Sight, Standing, View};

use crate::version::Version;

/// How long a started service may take until it answers. A large ledger is checked first.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// How long a service may take to end: its streams have thirty seconds, its ledger a few more.
const END_DEADLINE: Duration = Duration::from_secs(40);
/// How long an older service may be busy before it is replaced all the same; its streams may still finish.
const STALE_DEADLINE: Duration = Duration::from_secs(600);
/// How often one looks: while something changes, while all is well.
const QUICK: Duration = Duration::from_millis(100);
const CALM: Duration = Duration::from_secs(2);
/// Looks without an answer after which that is told.
const MOST_MUTE: u32 = 3;
/// Exit codes of the service that another try cannot mend: wrong usage, wrong configuration.
const HOPELESS: [i32; 2] = [2, 4];
/// Exit code of a service that found another one on the data folder.
const IN_USE: i32 = 6;

/// What is known of an end that nothing explains.
const UNEXPECTED: &str = "the service ended unexpectedly";

/// The supervisor of one data folder's service.
#[derive(Debug)]
pub struct Supervisor {
    phase: Phase,
    look: Look,
    backoff: Backoff,
    /// The process that was started and has not been seen to end.
    has_process: bool,
    own_version: Version,
    /// An older service was replaced before. If the new one is older too, that is what lies beside the tray.
    has_replaced: bool,
}

/// When one looks for the service next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// The answer is awaited.
    OnItsWay {
        /// And then again: it may tell of the time before something happened.
        again: bool,
    },
    /// Then.
    At(Duration),
    /// No more.
    Never,
}

// === impl Supervisor ===

impl Supervisor {
    /// A supervisor that has seen nothing yet. `own_version` is that of the service beside the tray.
    #[must_use]
    pub fn new(own_version: &str) -> Self {
        Self {
            phase: Phase::Looking,
            look: Look::At(Duration::ZERO),
            backoff: Backoff::default(),
            has_process: false,
            own_version: Version::parse(own_version),
            has_replaced: false,
        }
    }

    /// When [`Event::Tick`] is due, in the time that `handle` is told.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Duration> {
        let look = match self.look {
            Look::At(at) => Some(at),
            Look::OnItsWay { .. } | Look::Never => None,
        };
        look.into_iter().chain(self.phase.deadline()).min()
    }

    /// How things stand, for the menu.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.phase.view()
    }

    /// Takes an event in. `now` is the time since any fixed moment; it never runs backwards.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Seen(sight) => {
                let again = matches!(self.look, Look::OnItsWay { again: true });
                self.look = if again { Look::At(now) } else { Look::Never };
                self.seen(now, sight, &mut effects);
            }
            Event::Ended(ended) => self.ended(now, &ended, &mut effects),
            Event::Handed => {
                self.has_process = false;
                if let Phase::Starting { by_unit, .. } = &mut self.phase {
                    *by_unit = true;
                }
            }
            Event::StartFailed(words) => {
                self.has_process = false;
                if matches!(self.phase, Phase::Starting { .. }) {
                    self.give_up(words, &mut effects);
                }
            }
            Event::Ending => {
                if let Phase::Up { standing, .. } = &mut self.phase {
                    standing.is_ending = true;
                }
                self.look_at_once(now);
            }
            Event::Lost => self.look_at_once(now),
            Event::Tick => self.tick(now, &mut effects),
            Event::Retry => {
                if matches!(self.phase, Phase::Down | Phase::GivenUp { .. } | Phase::Resting { .. }) {
                    self.backoff = Backoff::default();
                    self.start(now, &mut effects);
                }
            }
            Event::Quit => self.quit(now, &mut effects),
        }
        self.plan_look(now, &mut effects);
        effects
    }

    fn seen(&mut self, now: Duration, sight: Sight, effects: &mut Vec<Effect>) {
        match (&mut self.phase, sight) {
            (Phase::Gone, _) => {}
            (Phase::Quitting { live, .. }, Sight::Healthy(standing)) => *live = standing.live,
            (Phase::Quitting { .. }, Sight::Nobody) => self.exit(effects),
            (Phase::Replacing { .. }, Sight::Nobody) => self.start(now, effects),
            (Phase::Replacing { instance, .. }, Sight::Healthy(standing))
                if *instance == standing.instance => {}
            (_, Sight::Healthy(standing)) => self.adopt(now, standing, effects),
            (Phase::Looking, Sight::Nobody | Sight::Mute(_)) => self.start(now, effects),
            // Its end will be told with its code, which says whether it was meant.
            (Phase::Up { mute, .. }, Sight::Nobody) if self.has_process => *mute += 1,
            // The one that was there has gone without a word: there is room again.
            (Phase::Starting { by_unit: false, .. }, Sight::Nobody) if !self.has_process => {
                self.failed(
                    now,
                    "another service has the data folder, and does not answer".to_owned(),
                    effects,
                );
            }
            (Phase::Up { standing, .. }, Sight::Nobody) => {
                if standing.is_ending {
                    self.phase = Phase::Down;
                } else {
                    self.failed(now, UNEXPECTED.to_owned(), effects);
                }
            }
            (Phase::Up { mute, .. }, Sight::Mute(_)) => *mute += 1,
            (Phase::Looking | Phase::Up { .. }, Sight::OtherApi { pid, is_older: true }) => {
                effects.push(Effect::End(HowToEnd::Process { pid }));
                self.phase = Phase::Replacing { instance: String::new(), deadline: now + END_DEADLINE };
            }
            (Phase::Looking | Phase::Up { .. } | Phase::Starting { .. }, Sight::OtherApi { .. }) => {
                self.give_up(
                    "the running service is newer than this tray: quit the tray and start it again"
                        .to_owned(),
                    effects,
                );
            }
            _ => {}
        }
    }

    fn adopt(&mut self, now: Duration, standing: Standing, effects: &mut Vec<Effect>) {
        let version = Version::parse(&standing.version);
        let stale_since = match &self.phase {
            Phase::Up { standing: before, stale_since, .. } if before.instance == standing.instance => {
                *stale_since
            }
            _ => (version < self.own_version && !self.has_replaced).then_some(now),
        };
        let is_due = stale_since.is_some_and(|since| standing.live == 0 || now >= since + STALE_DEADLINE);
        if is_due && !standing.is_ending {
            self.has_replaced = true;
            effects.push(Effect::End(HowToEnd::Command));
            self.phase = Phase::Replacing { instance: standing.instance, deadline: now + END_DEADLINE };
            return;
        }
        self.phase = Phase::Up { standing, stale_since, mute: 0 };
    }

    fn ended(&mut self, now: Duration, ended: &Ended, effects: &mut Vec<Effect>) {
        self.has_process = false;
        let words = || ended.words.clone().unwrap_or_else(|| UNEXPECTED.to_owned());
        match &self.phase {
            Phase::Starting { .. } => match ended.code {
                // Another one was quicker, and will answer.
                Some(IN_USE) => {}
                Some(code) if HOPELESS.contains(&code) => self.give_up(words(), effects),
                _ => self.failed(now, words(), effects),
            },
            Phase::Up { standing, .. } if standing.pid == ended.pid => {
                if ended.code == Some(0) {
                    self.phase = Phase::Down;
                } else {
                    self.failed(now, words(), effects);
                }
            }
            Phase::Replacing { .. } => self.start(now, effects),
            Phase::Quitting { .. } => self.exit(effects),
            _ => {}
        }
    }

    fn tick(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.phase.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match &self.phase {
            Phase::Resting { .. } => self.start(now, effects),
            Phase::Starting { .. } => {
                if self.has_process {
                    effects.push(Effect::Abandon);
                }
                let seconds = START_DEADLINE.as_secs();
                self.give_up(
                    format!("the service does not answer after {seconds} seconds: look at `turnpike logs`"),
                    effects,
                );
            }
            Phase::Replacing { .. } => {
                self.give_up(
                    "the service of before the update does not end: end it with `turnpike stop --service`"
                        .to_owned(),
                    effects,
                );
            }
            Phase::Quitting { .. } => self.exit(effects),
            Phase::Looking | Phase::Up { .. } | Phase::Down | Phase::GivenUp { .. } | Phase::Gone => {}
        }
    }

    fn quit(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        match &self.phase {
            Phase::Gone => {}
            // Asked a second time: streams are cut short.
            Phase::Quitting { pid, .. } => {
                effects.push(Effect::End(HowToEnd::Process { pid: *pid }));
                self.exit(effects);
            }
            Phase::Up { standing, .. } if standing.is_ours => {
                effects.push(Effect::End(HowToEnd::Command));
                let (pid, live) = (standing.pid, standing.live);
                self.phase = Phase::Quitting { pid, live, deadline: now + END_DEADLINE };
            }
            Phase::Starting { .. } => {
                if self.has_process {
                    effects.push(Effect::Abandon);
                }
                self.exit(effects);
            }
            _ => self.exit(effects),
        }
    }

    /// One more failure: rest for a while, or give up.
    fn failed(&mut self, now: Duration, words: String, effects: &mut Vec<Effect>) {
        match self.backoff.rest_after(now) {
            Some(rest) if rest.is_zero() => self.start(now, effects),
            Some(rest) => self.phase = Phase::Resting { until: now + rest },
            None if words == UNEXPECTED => {
                self.give_up(format!("{words} 5 times in a minute: look at `turnpike logs`"), effects);
            }
            None => self.give_up(words, effects),
        }
    }

    fn give_up(&mut self, words: String, effects: &mut Vec<Effect>) {
        effects.push(Effect::Tell(words.clone()));
        self.phase = Phase::GivenUp { words };
    }

    fn start(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if !self.has_process {
            effects.push(Effect::Start);
            self.has_process = true;
        }
        self.phase = Phase::Starting { deadline: now + START_DEADLINE, by_unit: false };
    }

    fn exit(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Exit);
        self.phase = Phase::Gone;
    }

    fn look_at_once(&mut self, now: Duration) {
        self.look = match self.look {
            Look::OnItsWay { .. } => Look::OnItsWay { again: true },
            Look::At(_) | Look::Never => Look::At(now),
        };
    }

    /// Sees to it that one looks again in time, and never twice at once.
    fn plan_look(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let Some(period) = self.phase.period() else {
            self.look = Look::Never;
            return;
        };
        self.look = match self.look {
            Look::At(at) if now >= at => {
                effects.push(Effect::Look);
                Look::OnItsWay { again: false }
            }
            Look::At(at) => Look::At(at.min(now + period)),
            Look::Never => Look::At(now + period),
            on_its_way @ Look::OnItsWay { .. } => on_its_way,
        };
    }
}
