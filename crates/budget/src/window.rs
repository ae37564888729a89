//! The windows of time that budgets are for: the user's day, week and month.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// For how long a cap is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// From midnight to midnight: 23, 24 or 25 hours.
    Daily,
    /// From Monday on.
    Weekly,
    /// A calendar month.
    Monthly,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its begin.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

// === impl Span ===

impl Span {
    /// All, the shortest first.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// The word in headers and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.as_str() == word)
    }

    /// Its place in lists of all.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The windows of all spans in which `at` lies, as the calendar of `zone` has them.
#[must_use]
pub fn windows(at: Timestamp, zone: &TimeZone) -> [Window; 3] {
    let here = at.to_zoned(zone.clone());
    Span::ALL.map(|span| window(span, &here))
}

fn window(span: Span, here: &Zoned) -> Window {
    let date = here.date();
    let (first, length) = match span {
        Span::Daily => (Some(date), 1.day()),
        Span::Weekly => {
            let past = i64::from(date.weekday().to_monday_zero_offset());
            (date.checked_sub(past.days()).ok(), 1.week())
        }
        Span::Monthly => (Some(date.first_of_month()), 1.month()),
    };
    let midnight =
        |date: jiff::civil::Date| date.to_zoned(here.time_zone().clone()).ok().map(|at| at.timestamp());
    // Only at the ends of time is there no such day: the window is then open there.
    let after = first.and_then(|first| first.checked_add(length).ok());
    Window {
        start: first.and_then(midnight).unwrap_or(Timestamp::MIN),
        end: after.and_then(midnight).unwrap_or(Timestamp::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zone: &str, at: &str) -> [String; 3] {
        let zone = TimeZone::get(zone).unwrap();
        let text = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string();
        windows(at.parse().unwrap(), &zone)
            .map(|window| format!("{} {}", text(window.start), text(window.end)))
    }

    #[test]
    fn windows_are_the_users_calendar() {
        assert_eq!(
            shown("Europe/Berlin", "2026-11-04T23:30:00Z"),
            [
                "2026-11-05T00:00+01:00 2026-11-06T00:00+01:00",
                "2026-11-02T00:00+01:00 2026-11-09T00:00+01:00",
                "2026-11-01T00:00+01:00 2026-12-01T00:00+01:00",
            ]
        );
    }

    #[test]
    fn a_day_at_the_change_of_clocks_has_23_or_25_hours() {
        for (at, hours) in [("2026-03-29T12:00:00Z", 23), ("2026-10-25T12:00:00Z", 25)] {
            let [day, _, _] = windows(at.parse().unwrap(), &TimeZone::get("Europe/Berlin").unwrap());
            assert_eq!((day.end.as_second() - day.start.as_second()) / 3_600, hours, "{at}");
        }
    }

    #[test]
    fn where_midnight_is_missing_the_day_begins_later() {
        let [day, _, _] =
            windows("2018-11-04T12:00:00Z".parse().unwrap(), &TimeZone::get("America/Sao_Paulo").unwrap());
        assert_eq!(day.start.to_string(), "2018-11-04T03:00:00Z");
    }

    #[test]
    fn the_ends_of_time_have_windows_too() {
        for at in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            for window in windows(at, &TimeZone::UTC) {
                assert!(window.start <= at && at <= window.end, "{at}");
            }
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for span in Span::ALL {
            assert_eq!(Span::parse(span.as_str()), Some(span));
        }
        assert_eq!(Span::parse("yearly"), None);
    }
}
