//! Where the supervisor stands.

use std::time::Duration;

use super::sight::{Standing, View};
use super::{CALM, MOST_MUTE, QUICK};

/// A phase, with what is known only in it.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing has been seen yet.
    Looking,
    /// Started; it has not answered yet.
    Starting {
        deadline: Duration,
        /// The system was asked for it, and nobody of ours will see its end.
        by_unit: bool,
    },
    /// It answers.
    Up {
        standing: Standing,
        /// Since when it has been known to be older than the program beside the tray.
        stale_since: Option<Duration>,
        /// Looks in a row that it did not answer.
        mute: u32,
    },
    /// It failed; the next start is then.
    Resting { until: Duration },
    /// It was ended in order by somebody else.
    Down,
    /// It failed too often, or in a way that another try does not mend.
    GivenUp { words: String },
    /// The one from before an update finishes its streams.
    Replacing { instance: String, deadline: Duration },
    /// It was told to end, and the tray waits for that.
    Quitting { pid: u32, live: usize, deadline: Duration },
    /// The tray is done.
    Gone,
}

// === impl Phase ===

impl Phase {
    /// When something is due though nothing was seen.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Starting { deadline, .. }
            | Self::Replacing { deadline, .. }
            | Self::Quitting { deadline, .. } => Some(*deadline),
            Self::Resting { until } => Some(*until),
            Self::Looking | Self::Up { .. } | Self::Down | Self::GivenUp { .. } | Self::Gone => None,
        }
    }

    /// How often one looks.
    pub(super) fn period(&self) -> Option<Duration> {
        match self {
            Self::Looking | Self::Starting { .. } | Self::Replacing { .. } | Self::Quitting { .. } => {
                Some(QUICK)
            }
            Self::Up { .. } | Self::Resting { .. } | Self::Down | Self::GivenUp { .. } => Some(CALM),
            Self::Gone => None,
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        match self {
            Self::Looking | Self::Starting { .. } | Self::Resting { .. } | Self::Replacing { .. } => {
                View::Starting
            }
            Self::Up { mute, .. } if *mute >= MOST_MUTE => View::Mute,
            Self::Up { standing, .. } => View::Up(standing),
            Self::Down => View::Down,
            Self::GivenUp { words } => View::GivenUp(words),
            Self::Quitting { live, .. } => View::Quitting { live: *live },
            Self::Gone => View::Quitting { live: 0 },
        }
    }
}
