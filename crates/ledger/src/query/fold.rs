//! Adding up combinations inside SQLite's own loop. A question about two facts reads a few hundred thousand sums: to
//! hand each of them out, column by column, took longer than to find them.
//!
//! `fold(key, measures…)` is an aggregate of SQL whose keys are numbers, quarters of an hour or facets. Its answer is
//! one blob that [`Folded::read`] takes apart, so that nothing is sorted and one line leaves SQLite.

use std::collections::HashMap;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Error, Result};

use crate::error::OVERFLOW;
use crate::query::totals::Totals;
use crate::table::usage::MEASURES;

/// The name in SQL.
pub(crate) const NAME: &str = "fold";
/// The key, and the measures.
const NUMBERS: usize = 1 + MEASURES.len();
/// Neighbouring keys that lie together. Sums of one combination come in order, so the page is mostly the one before.
const KEYS_A_PAGE: i64 = 96;

type Sums = [i64; MEASURES.len()];

/// What was added up so far.
#[derive(Debug, Default)]
struct Pages {
    places: HashMap<i64, usize>,
    pages: Vec<(i64, Vec<Sums>)>,
    current: usize,
}

struct Fold;

/// Sums by key, in no order; keys that nothing was added to are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded(pub(crate) Vec<(i64, Totals)>);

/// Makes `fold` known to a connection.
pub(crate) fn register(conn: &Connection) -> Result<()> {
    let arguments = i32::try_from(NUMBERS).unwrap_or(i32::MAX);
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_aggregate_function(NAME, arguments, flags, Fold)
}

// === impl Pages ===

impl Pages {
    /// The sums of a key.
    fn of(&mut self, key: i64) -> Option<&mut Sums> {
        let (number, place) = (key.div_euclid(KEYS_A_PAGE), key.rem_euclid(KEYS_A_PAGE));
        if self.pages.get(self.current).is_none_or(|(current, _)| *current != number) {
            let next = self.pages.len();
            self.current = *self.places.entry(number).or_insert(next);
            if self.current == next {
                self.pages.push((number, vec![Sums::default(); KEYS_A_PAGE as usize]));
            }
        }
        let (_, page) = self.pages.get_mut(self.current)?;
        page.get_mut(usize::try_from(place).ok()?)
    }

    /// Each key and its sums, eight bytes a number.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, page) in &self.pages {
            let keys = number * KEYS_A_PAGE..;
            for (key, sums) in keys.zip(page).filter(|(_, sums)| **sums != Sums::default()) {
                bytes.extend(key.to_ne_bytes());
                sums.iter().for_each(|sum| bytes.extend(sum.to_ne_bytes()));
            }
        }
        bytes
    }
}

// === impl Fold ===

impl Aggregate<Pages, Option<Vec<u8>>> for Fold {
    fn init(&self, _: &mut Context<'_>) -> Result<Pages> {
        Ok(Pages::default())
    }

    fn step(&self, context: &mut Context<'_>, pages: &mut Pages) -> Result<()> {
        let Some(sums) = pages.of(context.get(0)?) else { return Ok(()) };
        for (place, sum) in sums.iter_mut().enumerate() {
            let more: i64 = context.get(place + 1)?;
            if more != 0 {
                *sum = sum.checked_add(more).ok_or_else(|| Error::UserFunctionError(OVERFLOW.into()))?;
            }
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, pages: Option<Pages>) -> Result<Option<Vec<u8>>> {
        Ok(pages.map(|pages| pages.bytes()))
    }
}

// === impl Folded ===

impl FromSql for Folded {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        let mut numbers = value.as_blob_or_null()?.unwrap_or_default().as_chunks::<8>().0.iter();
        let mut next = || numbers.next().map(|bytes| i64::from_ne_bytes(*bytes));
        let mut found = Vec::new();
        while let Some(key) = next() {
            let mut sums = Sums::default();
            sums.iter_mut().for_each(|sum| *sum = next().unwrap_or_default());
            found.push((key, Totals::of(sums)));
        }
        Ok(Self(found))
    }
}

#[cfg(test)]
mod tests {
    use turnpike_wire::money::NanoUsd;

    use super::*;

    /// Asks for the sums of lines with a key, a count of requests and a cost.
    fn folded(lines: &[(i64, i64, i64)]) -> Result<Vec<(i64, Totals)>> {
        let conn = Connection::open_in_memory()?;
        register(&conn)?;
        conn.execute_batch("CREATE TABLE t (key INTEGER, ok INTEGER, cost INTEGER)")?;
        for line in lines {
            conn.execute("INSERT INTO t VALUES (?1, ?2, ?3)", *line)?;
        }
        let sql = "SELECT fold(key, ok, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, cost, 0, 0, 0) FROM t";
        let Folded(mut found) = conn.query_row(sql, [], |row| row.get(0))?;
        found.sort_unstable_by_key(|(key, _)| *key);
        Ok(found)
    }

    #[test]
    fn each_key_has_its_sums_whatever_the_order() {
        let sums = |ok, cost| Totals { ok, cost_upstream_nanos: NanoUsd(cost), ..Totals::default() };
        type Row = (&'static str, Vec<(i64, i64, i64)>, Vec<(i64, Totals)>);
        let rows: [Row; 5] = [
            ("nothing", vec![], vec![]),
            ("one", vec![(7, 1, 10)], vec![(7, sums(1, 10))]),
            (
                "a key again later",
                vec![(7, 1, 10), (5_000, 1, 1), (7, 2, 20)],
                vec![(7, sums(3, 30)), (5_000, sums(1, 1))],
            ),
            (
                "at the ends of pages",
                vec![(96, 1, 1), (95, 1, 2), (0, 1, 3), (-1, 1, 4)],
                vec![(-1, sums(1, 4)), (0, sums(1, 3)), (95, sums(1, 2)), (96, sums(1, 1))],
            ),
            ("what adds up to nothing", vec![(7, 1, 1), (7, -1, -1)], vec![]),
        ];
        for (name, lines, expected) in rows {
            assert_eq!(folded(&lines).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_says_so() {
        let error = folded(&[(7, 1, i64::MAX), (7, 1, 1)]).unwrap_err();
        assert!(error.to_string().contains(OVERFLOW), "{error}");
    }
}
