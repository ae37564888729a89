//! What is worth interrupting a person for, and when. Pure.
//!
//! Notices of one kind that come within a second are one notification; the same thing is not told again within its
//! period; kinds can be turned off (`[notify]` of the configuration). The service says what is worth a notice.

mod caught_up;
mod offer;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use turnpike_api::command::NoticeSwitch;
pub use turnpike_api::notice::{Notice, NoticeKind as Kind};

pub use caught_up::CaughtUp;
pub use offer::{Offer, given_up};

/// How long one waits for more of the same kind.
const GATHER: Duration = Duration::from_secs(1);
/// Lines that one notification shows at most.
const MOST_LINES: usize = 3;

/// Which kinds are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    off: Vec<Kind>,
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
    /// The view of the page that it leads to; empty for the first one.
    pub view: &'static str,
    /// What a person can do at once.
    pub offers: Vec<Offer>,
}

/// Decides what is shown.
#[derive(Debug, Default)]
pub struct Policy {
    switches: Switches,
    /// Until when a subject is not told again.
    told: HashMap<(Kind, String), Duration>,
    waiting: Vec<(Duration, Notice)>,
}

// === impl Switches ===

impl Default for Switches {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Switches {
    /// As the service says; kinds that it does not name are as they are by default.
    #[must_use]
    pub fn of(switches: &[NoticeSwitch]) -> Self {
        let is_on = |kind: Kind| {
            let set = switches.iter().find(|switch| switch.kind == kind);
            set.map_or(kind.is_on_by_default(), |switch| switch.is_on)
        };
        Self { off: Kind::ALL.into_iter().filter(|kind| !is_on(*kind)).collect() }
    }

    /// Whether that kind is shown.
    #[must_use]
    pub fn is_on(&self, kind: Kind) -> bool {
        !self.off.contains(&kind)
    }
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
    let mut lines: Vec<String> =
        notices.iter().take(MOST_LINES).map(|notice| sentence(&notice.text)).collect();
    let more = notices.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Notification {
        kind,
        title: kind.title().to_owned(),
        body: lines.join("\n"),
        view: offer::view(kind),
        offers: offer::offers(kind, notices),
    }
}

/// The service's messages begin small, as they stand in a terminal. A path or a model's name stays as it is.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let is_word =
        text.split(' ').next().is_some_and(|word| word.chars().all(|each| each.is_ascii_lowercase()));
    match rest.next() {
        Some(first) if is_word => first.to_uppercase().chain(rest).collect(),
        _ => text.to_owned(),
    }
}
