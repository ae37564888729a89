//! The free tier: free models take 20 requests a minute, and 50 or 1,000 a day (UTC), over all of them together.
//!
//! Requests are paced a little below the minute's limit, and the day's is foreseen, so that neither is met.

use std::collections::VecDeque;
use std::time::Duration;

use crate::breaker::Moment;

/// Requests in one window that are sent at once; the upstream's own limit is 20 a minute.
const PACE: usize = 18;
/// Requests a day for an account that never bought ten credits, and for one that did.
pub const SMALL_DAY: u32 = 50;
/// See [`SMALL_DAY`].
pub const LARGE_DAY: u32 = 1_000;
const DAY: u64 = 24 * 60 * 60;

/// When a free request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// After this wait; its place is kept.
    After(Duration),
    /// The next place comes only after this wait, which is more than the caller accepts.
    Crowded(Duration),
    /// The day's requests are used up.
    DayUsedUp {
        /// How many there are a day.
        limit: u32,
        /// How long until midnight UTC.
        resets_in: Duration,
    },
}

/// How the free tier stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeStanding {
    /// Free requests of this UTC day.
    pub used_today: u32,
    /// How many there are a day; `None` while it is not known.
    pub limit: Option<u32>,
    /// Free requests of the last minute.
    pub last_minute: u32,
    /// When the day ends.
    pub resets: Moment,
}

/// The count of free requests.
#[derive(Clone, Debug)]
pub struct FreeTier {
    window: Duration,
    /// When the last requests went or will go, ascending; at most [`PACE`] of them.
    sent: VecDeque<Moment>,
    /// Days since 1970.
    day: u64,
    today: u32,
    limit: Option<u32>,
}

/// Whether requests to this slug count as free ones.
#[must_use]
pub fn is_free(slug: &str) -> bool {
    slug.ends_with(":free") || slug == "openrouter/free"
}

// === impl FreeTier ===

impl FreeTier {
    /// Nothing sent yet; `window` is the minute.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self { window, sent: VecDeque::new(), day: 0, today: 0, limit: None }
    }

    /// Asks for a place for one request, after at most `patience`.
    pub fn ask(&mut self, now: Moment, patience: Duration) -> Turn {
        self.turn_the_page(now);
        if let Some(limit) = self.limit.filter(|limit| self.today >= *limit) {
            return Turn::DayUsedUp { limit, resets_in: resets(self.day).saturating_sub(now) };
        }
        let full = self.sent.len().checked_sub(PACE).and_then(|at| self.sent.get(at).copied());
        // A clock that was set back leaves places in the future; none is further away than one window.
        let due = full.map_or(now, |oldest| oldest + self.window).clamp(now, now + self.window * 2);
        let wait = due - now;
        if wait > patience {
            return Turn::Crowded(wait);
        }
        self.sent.push_back(due);
        if self.sent.len() > PACE {
            self.sent.pop_front();
        }
        self.today = self.today.saturating_add(1);
        Turn::After(wait)
    }

    /// The upstream said that the day's requests are used up: so it is until midnight.
    pub fn used_up(&mut self, now: Moment) {
        self.turn_the_page(now);
        let limit = self.limit.unwrap_or(if self.today > SMALL_DAY { LARGE_DAY } else { SMALL_DAY });
        self.limit = Some(limit);
        self.today = self.today.max(limit);
    }

    /// What the account says: it never bought ten credits, or it did.
    pub fn set_small(&mut self, small: bool) {
        self.limit = Some(if small { SMALL_DAY } else { LARGE_DAY });
    }

    /// What was sent today before this process began.
    pub fn seed(&mut self, now: Moment, count: u32) {
        self.turn_the_page(now);
        self.today = self.today.saturating_add(count);
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Moment) -> FreeStanding {
        let day = now.as_secs() / DAY;
        let recent = self.sent.iter().filter(|sent| **sent <= now && **sent + self.window > now).count();
        FreeStanding {
            used_today: if day == self.day { self.today } else { 0 },
            limit: self.limit,
            last_minute: u32::try_from(recent).unwrap_or(u32::MAX),
            resets: resets(day),
        }
    }

    fn turn_the_page(&mut self, now: Moment) {
        let day = now.as_secs() / DAY;
        if day != self.day {
            self.day = day;
            self.today = 0;
        }
    }
}

fn resets(day: u64) -> Moment {
    Duration::from_secs((day + 1) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    /// Noon of some day, UTC.
    const NOON: Moment = Duration::from_secs(20_000 * DAY + DAY / 2);

    fn tier() -> FreeTier {
        FreeTier::new(MINUTE)
    }

    #[test]
    fn which_slugs_are_free() {
        for (slug, free) in [
            ("poolside/laguna-s-2.1:free", true),
            ("openrouter/free", true),
            ("openrouter/auto", false),
            ("a/free", false),
            ("a/b:freer", false),
        ] {
            assert_eq!(is_free(slug), free, "{slug}");
        }
    }

    #[test]
    fn eighteen_go_at_once_and_each_further_one_when_a_minute_has_passed_since_its_eighteenth_before() {
        let mut tier = tier();
        for number in 0..18 {
            let now = NOON + Duration::from_secs(number);
            assert_eq!(tier.ask(now, MINUTE), Turn::After(Duration::ZERO), "{number}");
        }
        let now = NOON + Duration::from_secs(20);
        assert_eq!(tier.ask(now, MINUTE), Turn::After(Duration::from_secs(40)));
        assert_eq!(tier.ask(now, MINUTE), Turn::After(Duration::from_secs(41)));
        assert_eq!(tier.ask(now, Duration::from_secs(5)), Turn::Crowded(Duration::from_secs(42)));
        assert_eq!(tier.standing(now).used_today, 20, "who was not let in does not count");
    }

    #[test]
    fn no_minute_ever_holds_more_than_the_pace() {
        let mut tier = tier();
        let mut went = Vec::new();
        for number in 0..200_u64 {
            let now = NOON + Duration::from_millis(number * 700);
            if let Turn::After(wait) = tier.ask(now, MINUTE) {
                went.push(now + wait);
            }
        }
        for from in &went {
            let within = went.iter().filter(|at| *at >= from && **at < *from + MINUTE).count();
            assert!(within <= PACE, "{within}");
        }
        assert!(went.len() > 36);
    }

    #[test]
    fn the_days_end_is_foreseen_and_a_new_day_begins_at_midnight_utc() {
        let mut tier = tier();
        tier.set_small(true);
        tier.seed(NOON, 49);
        assert_eq!(tier.ask(NOON, MINUTE), Turn::After(Duration::ZERO));
        let resets_in = Duration::from_secs(DAY / 2);
        assert_eq!(tier.ask(NOON, MINUTE), Turn::DayUsedUp { limit: 50, resets_in });
        assert_eq!(tier.standing(NOON).resets, NOON + resets_in);
        assert_eq!(tier.ask(NOON + resets_in, MINUTE), Turn::After(Duration::ZERO));
        tier.set_small(false);
        assert_eq!(tier.standing(NOON + resets_in).limit, Some(1_000));
    }

    #[test]
    fn a_limit_that_the_upstream_tells_holds_until_midnight() {
        let mut tier = tier();
        tier.used_up(NOON);
        assert!(matches!(tier.ask(NOON, MINUTE), Turn::DayUsedUp { limit: 50, .. }));
        assert!(matches!(tier.ask(NOON + Duration::from_secs(DAY), MINUTE), Turn::After(_)));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nobody_for_long() {
        let mut tier = tier();
        for _ in 0..18 {
            tier.ask(NOON + Duration::from_secs(7_200), MINUTE);
        }
        assert!(matches!(tier.ask(NOON, MINUTE * 2), Turn::After(wait) if wait <= MINUTE * 2));
    }
}
