//! What is worth telling a person. Pure.
//!
//! The service keeps what comes of its events for the page and the command line; a tray shows it on the screen.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Event;
use crate::command::{BudgetStanding, KeptNotice, KeyReport, KeyState, LeftOut};

/// A kind of notice. Its name is that of its switch in `[notify]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The service does not run and is not tried again, or has come back after it broke off.
    Stopped,
    /// The key is not taken, or cannot be read.
    Key,
    /// A model is limited.
    Limited,
    /// A mark of a budget was passed.
    Budget,
    /// What OpenRouter lets the key spend runs out, or has.
    Credits,
    /// Another model answers than the one that was meant.
    Fallback,
    /// A model is not limited any more.
    LimitOver,
    /// An hour cost far more than usual.
    Spike,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its kind, which can be turned off.
    pub kind: NoticeKind,
    /// What it is about: the same subject is not told again within the period.
    pub subject: String,
    /// One sentence.
    pub text: String,
    /// How long it is not repeated.
    pub period: Duration,
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

// === impl NoticeKind ===

impl NoticeKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Stopped,
        Self::Key,
        Self::Limited,
        Self::Budget,
        Self::Credits,
        Self::Fallback,
        Self::LimitOver,
        Self::Spike,
    ];

    /// The first line of its notifications.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Stopped => "Turnpike's service",
            Self::Key => "The OpenRouter key",
            Self::Limited => "A model is limited",
            Self::Budget => "Budget",
            Self::Credits => "Credits at OpenRouter",
            Self::Fallback => "Another model answers",
            Self::LimitOver => "A limit is over",
            Self::Spike => "An unusual hour",
        }
    }

    /// Whether it is shown where nobody says otherwise.
    #[must_use]
    pub const fn is_on_by_default(self) -> bool {
        matches!(self, Self::Stopped | Self::Key | Self::Limited | Self::Budget)
    }
}

// === impl Notice ===

impl Notice {
    /// What an event of the service has to tell; mostly nothing.
    #[must_use]
    pub fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::Budget { mark_permille, budget, message } => Some(Self {
                kind: NoticeKind::Budget,
                subject: format!("{}{mark_permille} {}", whose(budget), budget.starts_at),
                text: message.clone(),
                period: DAY,
            }),
            Event::Key { key } => Self::of_key(key),
            Event::TargetLeftOut { target, instead } => Self::of_limit(target, instead.as_deref()),
            Event::TargetBack { slug } => Some(Self {
                kind: NoticeKind::LimitOver,
                subject: slug.clone(),
                text: format!("{slug} answers again"),
                period: Duration::from_secs(60),
            }),
            Event::FellBack { meant, answered } => Some(Self {
                kind: NoticeKind::Fallback,
                subject: format!("{meant} {answered}"),
                text: format!("{answered} answers in the place of {meant}"),
                period: HOUR,
            }),
            Event::Credits { is_spent, message } => Some(Self {
                kind: NoticeKind::Credits,
                subject: if *is_spent { "spent" } else { "low" }.to_owned(),
                text: message.clone(),
                period: if *is_spent { HOUR } else { DAY },
            }),
            Event::Spike { message } => Some(Self {
                kind: NoticeKind::Spike,
                subject: "hour".to_owned(),
                text: message.clone(),
                period: HOUR,
            }),
            _ => None,
        }
    }

    /// The budget that a notice with that subject is about, unless its period has ended since.
    #[must_use]
    pub fn budget_of<'a>(subject: &str, budgets: &'a [BudgetStanding]) -> Option<&'a BudgetStanding> {
        budgets.iter().find(|budget| {
            let rest = subject.strip_prefix(&whose(budget)).and_then(|rest| rest.split_once(' '));
            rest.is_some_and(|(_, starts_at)| starts_at == budget.starts_at.to_string())
        })
    }

    /// What a key's state has to tell. A key that is missing is not told of: the menu asks for it.
    #[must_use]
    pub fn of_key(key: &KeyReport) -> Option<Self> {
        let is_wrong = matches!(key.state, KeyState::Refused | KeyState::Locked | KeyState::Unavailable);
        is_wrong.then(|| Self {
            kind: NoticeKind::Key,
            subject: format!("{:?}", key.state),
            text: key.message.clone(),
            period: HOUR,
        })
    }

    /// A model is limited: which, until when, and what runs instead.
    fn of_limit(target: &LeftOut, instead: Option<&str>) -> Option<Self> {
        let instead = instead.map_or_else(String::new, |slug| format!("; {slug} answers instead"));
        let seconds = u64::try_from(target.until.saturating_sub(target.since)).unwrap_or_default();
        target.is_limited().then(|| Self {
            kind: NoticeKind::Limited,
            subject: target.slug.clone(),
            text: format!("{}{instead}", target.message),
            period: Duration::from_secs(seconds.max(60)),
        })
    }

    /// The service has stopped, in its supervisor's words or its own.
    #[must_use]
    pub fn of_end(words: &str) -> Self {
        Self {
            kind: NoticeKind::Stopped,
            subject: words.to_owned(),
            text: words.to_owned(),
            period: Duration::from_secs(600),
        }
    }
}

/// How the subject of a budget's notice begins; the mark and the period's beginning follow.
fn whose(budget: &BudgetStanding) -> String {
    format!("{:?} {} ", budget.of, budget.period)
}

impl From<KeptNotice> for Notice {
    fn from(kept: KeptNotice) -> Self {
        let period = Duration::from_secs(kept.period_seconds);
        Self { kind: kept.kind, subject: kept.subject, text: kept.text, period }
    }
}
