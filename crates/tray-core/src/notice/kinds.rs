//! The kinds of notices, and what makes one.

use std::time::Duration;

use turnpike_api::Event;
use turnpike_api::command::{KeyReport, KeyState, LeftOut};

use super::Notice;
use crate::facts::is_limited;

/// A kind of notice. Its name is that of its switch in `[notify]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The service does not run and is not tried again.
    Stopped,
    /// A model is limited.
    Limited,
    /// It is not limited any more.
    LimitOver,
    /// A mark of a budget was passed.
    Budget,
    /// The key is not taken, or cannot be read.
    Key,
}

/// Which kinds are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    off: Vec<Kind>,
}

// === impl Kind ===

impl Kind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [Self::Stopped, Self::Key, Self::Limited, Self::Budget, Self::LimitOver];

    /// The first line of its notifications.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Stopped => "Turnpike has stopped",
            Self::Limited => "A model is limited",
            Self::LimitOver => "A limit is over",
            Self::Budget => "Budget",
            Self::Key => "The OpenRouter key",
        }
    }

    /// Its name in `[notify]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Limited => "limited",
            Self::LimitOver => "limit_over",
            Self::Budget => "budget",
            Self::Key => "key",
        }
    }

    const fn is_on_by_default(self) -> bool {
        !matches!(self, Self::LimitOver)
    }
}

// === impl Switches ===

impl Default for Switches {
    fn default() -> Self {
        Self { off: Kind::ALL.into_iter().filter(|kind| !kind.is_on_by_default()).collect() }
    }
}

impl Switches {
    /// As the configuration's text sets them. A text that makes no sense leaves the defaults.
    #[must_use]
    pub fn of_config(text: &str) -> Self {
        let document = text.parse::<toml_edit::DocumentMut>().unwrap_or_default();
        let is_on = |kind: Kind| {
            let set = document.get("notify").and_then(|table| table.get(kind.name()));
            set.and_then(toml_edit::Item::as_bool).unwrap_or(kind.is_on_by_default())
        };
        Self { off: Kind::ALL.into_iter().filter(|kind| !is_on(*kind)).collect() }
    }

    /// Whether that kind is shown.
    #[must_use]
    pub fn is_on(&self, kind: Kind) -> bool {
        !self.off.contains(&kind)
    }
}

// === impl Notice ===

impl Notice {
    /// What an event of the service has to tell; mostly nothing.
    #[must_use]
    pub fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::Budget { mark_permille, budget, message } => Some(Self {
                kind: Kind::Budget,
                subject: format!("{:?} {} {mark_permille} {}", budget.of, budget.period, budget.starts_at),
                text: message.clone(),
                period: Duration::from_secs(24 * 3_600),
            }),
            Event::Key { key } => Self::of_key(key),
            Event::TargetLeftOut { target, instead } => Self::of_limit(target, instead.as_deref()),
            Event::TargetBack { slug } => Some(Self {
                kind: Kind::LimitOver,
                subject: slug.clone(),
                text: format!("{slug} answers again"),
                period: Duration::from_secs(60),
            }),
            _ => None,
        }
    }

    /// What a key's state has to tell. A key that is missing is not told of: the menu asks for it.
    #[must_use]
    pub fn of_key(key: &KeyReport) -> Option<Self> {
        let is_wrong = matches!(key.state, KeyState::Refused | KeyState::Locked | KeyState::Unavailable);
        is_wrong.then(|| Self {
            kind: Kind::Key,
            subject: format!("{:?}", key.state),
            text: key.message.clone(),
            period: Duration::from_secs(3_600),
        })
    }

    /// A model is limited: which, until when, and what runs instead.
    fn of_limit(target: &LeftOut, instead: Option<&str>) -> Option<Self> {
        let instead = instead.map_or_else(String::new, |slug| format!("; {slug} answers instead"));
        let seconds = u64::try_from(target.until.saturating_sub(target.since)).unwrap_or_default();
        is_limited(target).then(|| Self {
            kind: Kind::Limited,
            subject: target.slug.clone(),
            text: format!("{}{instead}", target.message),
            period: Duration::from_secs(seconds.max(60)),
        })
    }

    /// The service was given up.
    #[must_use]
    pub fn of_surrender(words: &str) -> Self {
        Self {
            kind: Kind::Stopped,
            subject: words.to_owned(),
            text: words.to_owned(),
            period: Duration::from_secs(600),
        }
    }
}
