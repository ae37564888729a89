//! A stretch of time as the fewest sums that cover it: whole UTC days, the quarters of an hour around
//! them, and single rows at the two ends. Pure arithmetic.

use crate::table::usage::{QUARTER_NS, QUARTERS_A_DAY};

/// One part of a stretch of time. Each range is from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Rows accepted then, Unix nanoseconds.
    Rows(i64, i64),
    /// Quarters of an hour since 1970.
    Quarters(i64, i64),
    /// UTC days since 1970.
    Days(i64, i64),
}

/// Covers the time from `since` to before `until` (Unix nanoseconds, not negative), without gap or overlap.
pub(crate) fn cover(since: i64, until: i64) -> Vec<Part> {
    cover_in_quarters(since, until).into_iter().flat_map(with_days).collect()
}

/// The same without days, for when the answer is to be split by time.
pub(crate) fn cover_in_quarters(since: i64, until: i64) -> Vec<Part> {
    cover_in(QUARTER_NS, Part::Quarters, since, until)
}

/// Whole UTC days, and single rows around them.
pub(crate) fn cover_in_days(since: i64, until: i64) -> Vec<Part> {
    cover_in(QUARTER_NS * QUARTERS_A_DAY, Part::Days, since, until)
}

fn cover_in(unit: i64, whole: fn(i64, i64) -> Part, since: i64, until: i64) -> Vec<Part> {
    let (first, end) = (ceil(since, unit), until / unit);
    if first >= end {
        return present([Part::Rows(since, until)]);
    }
    present([Part::Rows(since, first * unit), whole(first, end), Part::Rows(end * unit, until)])
}

fn with_days(part: Part) -> Vec<Part> {
    let Part::Quarters(first, end) = part else { return vec![part] };
    let (day, last) = (ceil(first, QUARTERS_A_DAY), end / QUARTERS_A_DAY);
    if day >= last {
        return vec![part];
    }
    present([
        Part::Quarters(first, day * QUARTERS_A_DAY),
        Part::Days(day, last),
        Part::Quarters(last * QUARTERS_A_DAY, end),
    ])
}

const fn ceil(value: i64, unit: i64) -> i64 {
    value / unit + (value % unit > 0) as i64
}

fn present<const N: usize>(parts: [Part; N]) -> Vec<Part> {
    let is_present = |part: &Part| match part {
        Part::Rows(from, to) | Part::Quarters(from, to) | Part::Days(from, to) => from < to,
    };
    parts.into_iter().filter(is_present).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_NS: i64 = QUARTER_NS * QUARTERS_A_DAY;

    fn in_nanoseconds(part: Part) -> (i64, i64) {
        match part {
            Part::Rows(from, to) => (from, to),
            Part::Quarters(from, to) => (from * QUARTER_NS, to * QUARTER_NS),
            Part::Days(from, to) => (from * DAY_NS, to * DAY_NS),
        }
    }

    #[test]
    fn named_stretches() {
        let rows: [(&str, i64, i64, Vec<Part>); 5] = [
            ("nothing", 5, 5, vec![]),
            ("within a quarter", 5, 9, vec![Part::Rows(5, 9)]),
            ("one quarter", 0, QUARTER_NS, vec![Part::Quarters(0, 1)]),
            ("one day", 0, DAY_NS, vec![Part::Days(0, 1)]),
            (
                "ends that fit nothing",
                QUARTER_NS - 1,
                2 * DAY_NS + QUARTER_NS + 1,
                vec![
                    Part::Rows(QUARTER_NS - 1, QUARTER_NS),
                    Part::Quarters(1, 96),
                    Part::Days(1, 2),
                    Part::Quarters(192, 193),
                    Part::Rows(2 * DAY_NS + QUARTER_NS, 2 * DAY_NS + QUARTER_NS + 1),
                ],
            ),
        ];
        for (name, since, until, parts) in rows {
            assert_eq!(cover(since, until), parts, "{name}");
        }
    }

    proptest! {
        #[test]
        fn parts_follow_each_other_without_gap(since in 0..4 * DAY_NS, length in 0..4 * DAY_NS) {
            let until = since + length;
            let all = [
                cover(since, until),
                cover_in_quarters(since, until),
                cover_in_days(since, until),
            ];
            for parts in all {
                let mut reached = since;
                for part in parts {
                    let (from, to) = in_nanoseconds(part);
                    prop_assert_eq!(from, reached);
                    prop_assert!(from < to);
                    reached = to;
                }
                prop_assert_eq!(reached, until);
            }
        }

        #[test]
        fn all_of_time_is_covered(since in 0..i64::MAX) {
            let parts = cover(since, i64::MAX);
            prop_assert_eq!(parts.last().copied().map(in_nanoseconds).map(|(_, to)| to), Some(i64::MAX));
        }
    }
}
