//! What people write after `--since` and `--until`.
//!
//! A date or a word names a whole period: `--since` takes its begin, `--until` its end, so that
//! `--since yesterday --until yesterday` is yesterday. A length of time counts back from now.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

use crate::query::calendar::monday;

/// A stretch of time, or one instant when both ends are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its begin.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no time: {why}. Write a day (2026-11-01), an instant (2026-11-01T09:30:00+01:00), a length \
     of time up to now (30m, 24h, 7d, 4w), or today, yesterday, this-week, this-month"
)]
pub struct BadPeriod {
    /// The text, cut to 40 characters.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The length of a day's name, `2026-11-01`.
const DAY_CHARS: usize = 10;

// === impl Period ===

impl Period {
    /// Reads what people write. Days begin at midnight in `zone`; weeks begin on Monday.
    ///
    /// # Errors
    /// [`BadPeriod`], which says what is wrong and what can be written.
    pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Self, BadPeriod> {
        let trimmed = text.trim();
        let here = now.to_zoned(zone.clone());
        read(trimmed, &here).map_err(|why| BadPeriod { text: trimmed.chars().take(40).collect(), why })
    }

    const fn instant(at: Timestamp) -> Self {
        Self { start: at, end: at }
    }
}

fn read(text: &str, now: &Zoned) -> Result<Period, &'static str> {
    let today = now.date();
    match text.to_lowercase().as_str() {
        "" => return Err("it is empty"),
        "today" => return period(today, 1.day(), now),
        "yesterday" => return period(today.yesterday().map_err(|_| OUT_OF_RANGE)?, 1.day(), now),
        "this-week" => return period(monday(today), 1.week(), now),
        "this-month" => return period(today.first_of_month(), 1.month(), now),
        _ => {}
    }
    if text.get(4..5) != Some("-") {
        return back_from(now, text);
    }
    if text.len() == DAY_CHARS {
        let day = Date::strptime("%Y-%m-%d", text).map_err(|_| "there is no such day")?;
        return period(day, 1.day(), now);
    }
    let instant = text.parse().map_err(|_| "it is no instant with its zone, such as Z or +01:00");
    instant.map(Period::instant)
}

const OUT_OF_RANGE: &str = "it is too far away";

/// From the first midnight of `date` on, for a length of the calendar.
fn period(date: Date, length: Span, now: &Zoned) -> Result<Period, &'static str> {
    let midnight = |date: Date| date.to_zoned(now.time_zone().clone()).map_err(|_| OUT_OF_RANGE);
    let after = date.checked_add(length).map_err(|_| OUT_OF_RANGE)?;
    Ok(Period { start: midnight(date)?.timestamp(), end: midnight(after)?.timestamp() })
}

/// `7d` and the like. Days and weeks are the calendar's: the clock shows the same time then.
fn back_from(now: &Zoned, text: &str) -> Result<Period, &'static str> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    if digits.is_empty() || unit.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it is neither a day nor a length of time");
    }
    let number: i64 = digits.parse().map_err(|_| OUT_OF_RANGE)?;
    if number == 0 {
        return Err("no time at all passes in it");
    }
    let span = Span::new();
    let span = match unit.to_ascii_lowercase().as_str() {
        "m" => span.try_minutes(number),
        "h" => span.try_hours(number),
        "d" => span.try_days(number),
        "w" => span.try_weeks(number),
        _ => return Err("its unit is none of m, h, d, w"),
    };
    let back = span.and_then(|span| now.checked_sub(span)).map_err(|_| OUT_OF_RANGE)?;
    Ok(Period::instant(back.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-04T12:00:00+01:00"; // a Wednesday

    fn parse(text: &str) -> Result<(String, String), BadPeriod> {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let shown = |at: Timestamp| at.to_zoned(berlin.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string();
        let found = Period::parse(text, NOW.parse().unwrap(), &berlin)?;
        Ok((shown(found.start), shown(found.end)))
    }

    #[test]
    fn periods_have_both_ends_in_the_users_zone() {
        let rows = [
            ("2026-11-01", "2026-11-01T00:00+01:00", "2026-11-02T00:00+01:00"),
            ("2026-10-25", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),
            ("today", "2026-11-04T00:00+01:00", "2026-11-05T00:00+01:00"),
            (" Yesterday ", "2026-11-03T00:00+01:00", "2026-11-04T00:00+01:00"),
            ("this-week", "2026-11-02T00:00+01:00", "2026-11-09T00:00+01:00"),
            ("this-month", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ];
        for (text, start, end) in rows {
            assert_eq!(parse(text), Ok((start.to_owned(), end.to_owned())), "{text}");
        }
    }

    #[test]
    fn instants_and_lengths_of_time_are_one_point() {
        let rows = [
            ("2026-11-01T09:30:00Z", "2026-11-01T10:30+01:00"),
            ("2026-11-01T09:30:00+01:00", "2026-11-01T09:30+01:00"),
            ("30m", "2026-11-04T11:30+01:00"),
            ("24h", "2026-11-03T12:00+01:00"),
            ("7d", "2026-10-28T12:00+01:00"),
            // Eleven days back the clock showed noon too, an hour of daylight saving away.
            ("11d", "2026-10-24T12:00+02:00"),
            ("264h", "2026-10-24T13:00+02:00"),
            ("2w", "2026-10-21T12:00+02:00"),
        ];
        for (text, at) in rows {
            assert_eq!(parse(text), Ok((at.to_owned(), at.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_why() {
        let rows = [
            ("", "it is empty"),
            ("2026-02-30", "there is no such day"),
            ("2026-13-01", "there is no such day"),
            ("2026-11-01T10:00:00", "it is no instant with its zone, such as Z or +01:00"),
            ("0d", "no time at all passes in it"),
            ("-3d", "it is neither a day nor a length of time"),
            ("7 d", "it is neither a day nor a length of time"),
            ("7y", "its unit is none of m, h, d, w"),
            ("7", "it is neither a day nor a length of time"),
            ("d", "it is neither a day nor a length of time"),
            ("99999999999999999999d", "it is too far away"),
            ("99999999d", "it is too far away"),
            ("tomorrowish", "it is neither a day nor a length of time"),
            ("日曜日", "it is neither a day nor a length of time"),
        ];
        for (text, why) in rows {
            assert_eq!(parse(text).unwrap_err().why, why, "{text}");
        }
        assert_eq!(
            parse("soon").unwrap_err().to_string(),
            "`soon` is no time: it is neither a day nor a length of time. Write a day (2026-11-01), an instant \
             (2026-11-01T09:30:00+01:00), a length of time up to now (30m, 24h, 7d, 4w), or today, yesterday, \
             this-week, this-month"
        );
    }
}
