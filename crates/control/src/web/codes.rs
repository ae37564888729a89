//! Login codes: good for one login within a minute. They live in memory alone.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use turnpike_api::proof::{NoRandom, random_hex};
use turnpike_settings::Secret;

use super::CODE_LIFE;

/// Random bytes in a code.
const CODE_BYTES: usize = 32;
/// Codes that wait at most; the oldest goes.
const MOST_CODES: usize = 8;

/// The codes that were given out and not used yet.
#[derive(Debug, Default)]
pub(super) struct Codes {
    waiting: Mutex<Vec<(Secret, Instant)>>,
}

// === impl Codes ===

impl Codes {
    /// A new code.
    pub(super) fn issue(&self) -> Result<String, NoRandom> {
        self.issue_at(Instant::now())
    }

    /// Whether this is a code that can still be used. It cannot be used again.
    pub(super) fn take(&self, shown: &str) -> bool {
        self.take_at(shown, Instant::now())
    }

    fn issue_at(&self, now: Instant) -> Result<String, NoRandom> {
        let code = random_hex::<CODE_BYTES>()?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, issued)| now.duration_since(*issued) < CODE_LIFE);
        if waiting.len() >= MOST_CODES {
            waiting.remove(0);
        }
        waiting.push((Secret::new(code.clone()), now));
        Ok(code)
    }

    fn take_at(&self, shown: &str, now: Instant) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, issued)| now.duration_since(*issued) < CODE_LIFE);
        let before = waiting.len();
        waiting.retain(|(code, _)| !code.matches(shown.as_bytes()));
        waiting.len() < before
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_code_is_good_for_one_login_within_a_minute() {
        let codes = Codes::default();
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let rows = [("at once", 0, true), ("just in time", 59, true), ("too late", 60, false)];
        for (name, seconds, is_good) in rows {
            let code = codes.issue_at(begin).unwrap();
            assert!(!codes.take_at("another", begin), "{name}");
            assert_eq!(codes.take_at(&code, after(seconds)), is_good, "{name}");
            assert!(!codes.take_at(&code, after(seconds)), "{name}: a second time");
        }
    }

    #[test]
    fn the_oldest_goes_when_too_many_wait() {
        let codes = Codes::default();
        let issued: Vec<String> = (0..=MOST_CODES).map(|_| codes.issue().unwrap()).collect();
        assert!(!codes.take(&issued[0]));
        assert!(issued[1..].iter().all(|code| codes.take(code)));
    }
}
