//! By which questions to SQLite a part of the time is answered.
//!
//! What combines facts is mostly asked for as it is. By quarters of an hour that can be hundreds of thousands of sums;
//! then it may be shorter to take the sums of one of the facts, which stand ready, and to take off them what does not
//! have the others. Of two facts, one way reads at most a third of all sums.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use crate::query::cover::Part;
use crate::query::dimension::Facet;
use crate::query::question::{self, Key, Sessions, Source};
use crate::table::usage::QUARTERS_A_DAY;

/// Shorter stretches are asked for as they are.
const WORTH_COUNTING: i64 = 7 * QUARTERS_A_DAY;

/// One question to SQLite.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) sql: String,
    bounds: [i64; 2],
    facts: Vec<String>,
    /// Whether the answer is one [`crate::query::fold::Folded`]; else it is a line for each key, with the sums.
    pub(crate) is_folded: bool,
    /// Whether its sums are taken off those of the others.
    pub(crate) is_taken_off: bool,
}

// === impl Asked ===

impl Asked {
    fn of(part: Part, key: Key, only: &[(Facet, String)]) -> Self {
        let (sql, bounds) = question::sql(part, key, only);
        let is_folded = question::is_folded(part, key, only);
        Self { sql, bounds, facts: texts(only), is_folded, is_taken_off: false }
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = Value> {
        let facts = self.facts.iter().map(|text| Value::from(text.clone()));
        self.bounds.into_iter().map(Value::from).chain(facts)
    }
}

/// The questions whose answers together are that of the part.
pub(crate) fn shortest(
    conn: &Connection,
    part: Part,
    key: Key,
    only: &[(Facet, String)],
) -> Result<Vec<Asked>> {
    let direct = || Ok(vec![Asked::of(part, key, only)]);
    let Part::Quarters(from, to) = part else { return direct() };
    let is_long = to - from >= WORTH_COUNTING && key == Key::Slot;
    if !is_long || Source::of(key, only) != Source::Mixes(Sessions::Any) {
        return direct();
    }
    let days = [from / QUARTERS_A_DAY, (to - 1) / QUARTERS_A_DAY + 1];
    let Some(base) = shorter_around(&counts(conn, days, only)?) else { return direct() };
    let Some(fact) = only.get(base) else { return direct() };
    let rest = Asked {
        sql: question::of_the_rest(only, base),
        bounds: [from, to],
        facts: texts(only),
        is_folded: true,
        is_taken_off: true,
    };
    Ok(vec![Asked::of(part, key, std::slice::from_ref(fact)), rest])
}

/// The fact from whose sums the fewest others have to be taken off; `None` where the direct way is as short.
/// `counts`: what fits all facts, then what fits each.
fn shorter_around(counts: &[i64]) -> Option<usize> {
    let (direct, each) = counts.split_first()?;
    let (base, fitting) = each.iter().enumerate().min_by_key(|(_, count)| **count)?;
    (fitting - direct < *direct).then_some(base)
}

fn counts(conn: &Connection, days: [i64; 2], only: &[(Facet, String)]) -> Result<Vec<i64>> {
    let facts = texts(only).into_iter().map(Value::from);
    let parameters = days.into_iter().map(Value::from).chain(facts);
    conn.prepare_cached(&question::counts(only))?
        .query_row(params_from_iter(parameters), |row| (0..=only.len()).map(|place| row.get(place)).collect())
}

fn texts(only: &[(Facet, String)]) -> Vec<String> {
    only.iter().map(|(_, text)| text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_that_reads_least_is_taken() {
        let rows: [(&str, &[i64], Option<usize>); 6] = [
            ("nothing fits", &[0, 5, 9], None),
            ("few fit", &[1, 5, 9], None),
            ("half of the rarer fit", &[5, 10, 20], None),
            ("most of the rarer fit", &[6, 10, 20], Some(0)),
            ("the second is the rarer", &[6, 20, 10], Some(1)),
            ("all that has one has the other", &[10, 10, 20], Some(0)),
        ];
        for (name, counts, expected) in rows {
            assert_eq!(shorter_around(counts), expected, "{name}");
        }
    }
}
