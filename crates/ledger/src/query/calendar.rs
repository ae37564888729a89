//! The user's calendar: which hour, day, week and month a quarter of an hour belongs to.
//!
//! A quarter is asked for its local date and offset, never the other way round, so the missing hour of
//! spring is nobody's and the doubled one of autumn is two. Zones are offset by whole quarters of an hour
//! since 1972.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::query::dimension::CalendarUnit;

/// Seconds in a quarter of an hour.
const QUARTER_S: i64 = 15 * 60;

/// The name of the unit in which the quarter lies: `2026-10-25T02:00+01:00`, `2026-10-25` (of a week, its
/// Monday) or `2026-10`. Names of different units differ, and later quarters never return to an earlier name.
pub(crate) fn name(unit: CalendarUnit, quarter: i64, zone: &TimeZone) -> String {
    // A number that no clock shows is named after 1970 rather than refused.
    let at = Timestamp::from_second(quarter.saturating_mul(QUARTER_S)).unwrap_or_default();
    let local = at.to_zoned(zone.clone());
    match unit {
        CalendarUnit::Hour => local.strftime("%Y-%m-%dT%H:00%:z").to_string(),
        CalendarUnit::Day => local.date().to_string(),
        CalendarUnit::Week => monday(local.date()).to_string(),
        CalendarUnit::Month => local.strftime("%Y-%m").to_string(),
    }
}

/// The end of the day in which the quarter lies, or of the quarter itself where hours are asked for: up to there
/// [`name()`] says the same.
pub(crate) fn same_name_until(unit: CalendarUnit, quarter: i64, zone: &TimeZone) -> i64 {
    let day_after = || {
        let at = Timestamp::from_second(quarter.saturating_mul(QUARTER_S)).ok()?;
        let tomorrow = at.to_zoned(zone.clone()).date().tomorrow().ok()?;
        Some(tomorrow.to_zoned(zone.clone()).ok()?.timestamp().as_second().div_euclid(QUARTER_S))
    };
    let within_an_hour = quarter + 1;
    if unit == CalendarUnit::Hour { within_an_hour } else { day_after().unwrap_or(within_an_hour) }
}

/// The Monday on or before a date.
pub(crate) fn monday(date: Date) -> Date {
    let days = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(jiff::Span::new().days(days)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarter(at: &str) -> i64 {
        at.parse::<Timestamp>().unwrap().as_second().div_euclid(QUARTER_S)
    }

    #[test]
    fn a_quarter_has_its_local_names() {
        let rows = [
            (
                "Europe/Berlin",
                "2026-11-01T12:10:00Z",
                "2026-11-01T13:00+01:00",
                "2026-11-01",
                "2026-10-26",
                "2026-11",
            ),
            (
                "Europe/Berlin",
                "2026-10-31T23:00:00Z",
                "2026-11-01T00:00+01:00",
                "2026-11-01",
                "2026-10-26",
                "2026-11",
            ),
            (
                "America/New_York",
                "2026-11-02T04:59:00Z",
                "2026-11-01T23:00-05:00",
                "2026-11-01",
                "2026-10-26",
                "2026-11",
            ),
            (
                "Asia/Kathmandu",
                "2026-01-01T18:15:00Z",
                "2026-01-02T00:00+05:45",
                "2026-01-02",
                "2025-12-29",
                "2026-01",
            ),
            ("UTC", "1970-01-01T00:00:00Z", "1970-01-01T00:00+00:00", "1970-01-01", "1969-12-29", "1970-01"),
        ];
        for (zone, at, hour, day, week, month) in rows {
            let tz = TimeZone::get(zone).unwrap();
            let named = |unit| name(unit, quarter(at), &tz);
            assert_eq!(named(CalendarUnit::Hour), hour, "{zone} {at}");
            assert_eq!(named(CalendarUnit::Day), day, "{zone} {at}");
            assert_eq!(named(CalendarUnit::Week), week, "{zone} {at}");
            assert_eq!(named(CalendarUnit::Month), month, "{zone} {at}");
        }
    }

    #[test]
    fn a_name_holds_for_as_long_as_is_said() {
        for zone in [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "America/Sao_Paulo",
        ] {
            let tz = TimeZone::get(zone).unwrap();
            let mut begin = quarter("2026-01-01T00:00:00Z");
            let end = begin + 96 * 366;
            while begin < end {
                for unit in [CalendarUnit::Hour, CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month] {
                    let until = same_name_until(unit, begin, &tz);
                    assert!(until > begin, "{zone} {begin}");
                    assert_eq!(name(unit, until - 1, &tz), name(unit, begin, &tz), "{zone} {begin}");
                }
                let next_day = same_name_until(CalendarUnit::Day, begin, &tz);
                assert_ne!(
                    name(CalendarUnit::Day, next_day, &tz),
                    name(CalendarUnit::Day, begin, &tz),
                    "{zone}"
                );
                begin = next_day;
            }
        }
    }

    #[test]
    fn days_at_the_change_of_clocks_have_23_and_25_hours() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)] {
            let from = quarter("2026-01-01T00:00:00Z");
            let quarters: Vec<i64> =
                (from..from + 96 * 366).filter(|q| name(CalendarUnit::Day, *q, &berlin) == day).collect();
            assert_eq!(quarters.len(), hours * 4, "{day}");
            let mut names: Vec<String> =
                quarters.iter().map(|q| name(CalendarUnit::Hour, *q, &berlin)).collect();
            names.dedup();
            assert_eq!(names.len(), hours, "{day}: {names:?}");
        }
    }
}
