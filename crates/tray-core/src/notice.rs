//! What is worth interrupting a person for, and when. Pure.
//!
//! Notices of one kind that come within a second are one notification; the same thing is not told again within its
//! period; kinds can be turned off (`[notify]` of the configuration).

mod kinds;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

pub use kinds::{Kind, Switches};

/// How long one waits for more of the same kind.
const GATHER: Duration = Duration::from_secs(1);
/// Lines that one notification shows at most.
const MOST_LINES: usize = 3;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its kind, which can be turned off.
    pub kind: Kind,
    /// What it is about: the same subject is not told again within the period.
    pub subject: String,
    /// One sentence.
    pub text: String,
    /// How long it is not repeated.
    pub period: Duration,
}

/// A notification to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its kind.
    pub kind: Kind,
    /// Its first line.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// Decides what is shown.
#[derive(Debug, Default)]
pub struct Policy {
    switches: Switches,
    /// Until when a subject is not told again.
    told: HashMap<(Kind, String), Duration>,
    waiting: Vec<(Duration, Notice)>,
}

// === impl Policy ===

impl Policy {
    /// Which kinds are on, from here on.
    pub fn set_switches(&mut self, switches: Switches) {
        self.switches = switches;
    }

    /// Takes a notice in.
    pub fn offer(&mut self, now: Duration, notice: Notice) {
        self.told.retain(|_, until| *until > now);
        let key = (notice.kind, notice.subject.clone());
        if !self.switches.is_on(notice.kind) || self.told.contains_key(&key) {
            return;
        }
        self.told.insert(key, now + notice.period);
        self.waiting.push((now, notice));
    }

    /// When there will be something to show.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        self.waiting.iter().map(|(since, _)| *since + GATHER).min()
    }

    /// What is to be shown now: one notification for each kind.
    pub fn take(&mut self, now: Duration) -> Vec<Notification> {
        let mut shown = Vec::new();
        for kind in Kind::ALL {
            let is_due = |(since, notice): &(Duration, Notice)| notice.kind == kind && now >= *since + GATHER;
            if self.waiting.iter().any(is_due) {
                let of_kind: Vec<Notice> = self
                    .waiting
                    .extract_if(.., |(_, notice)| notice.kind == kind)
                    .map(|(_, notice)| notice)
                    .collect();
                shown.push(together(kind, &of_kind));
            }
        }
        shown
    }
}

fn together(kind: Kind, notices: &[Notice]) -> Notification {
    let mut lines: Vec<String> = notices.iter().take(MOST_LINES).map(|notice| notice.text.clone()).collect();
    let more = notices.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Notification { kind, title: kind.title().to_owned(), body: lines.join("\n") }
}
