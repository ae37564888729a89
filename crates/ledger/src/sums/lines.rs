//! Changes to the lines of one sum table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::{Connection, Error, Result, params_from_iter};

use crate::error::OVERFLOW;
use crate::table::usage::MEASURES;

/// A sum table: how one of its lines is changed, and made where there is none.
pub(super) struct Table {
    update: String,
    insert: String,
}

pub(super) static USAGE: LazyLock<Table> =
    LazyLock::new(|| Table::new("usage", &["span", "slot", "kind", "facet"], &MEASURES));
pub(super) static MIX_DAY: LazyLock<Table> =
    LazyLock::new(|| Table::new("mix_day", &["mix", "day"], &MEASURES));
pub(super) static SESSION_DAY: LazyLock<Table> =
    LazyLock::new(|| Table::new("session_day", &["day", "mix"], &MEASURES));
pub(super) static MIX_QUARTER: LazyLock<Table> =
    LazyLock::new(|| Table::new("mix_quarter", &["mix", "quarter"], &MEASURES));
pub(super) static LATENCY: LazyLock<Table> =
    LazyLock::new(|| Table::new("latency", &["kind", "day", "model", "bucket"], &["answers"]));
pub(super) static PACE: LazyLock<Table> =
    LazyLock::new(|| Table::new("pace", &["day", "model"], &["output_tokens", "writing_ns"]));

/// What is to be added to which lines of a table: by the `K` columns of its key, `M` numbers.
#[derive(Debug)]
pub(super) struct Lines<const K: usize, const M: usize>(BTreeMap<[i64; K], [i64; M]>);

// === impl Table ===

impl Table {
    fn new(name: &str, keys: &[&str], measures: &[&str]) -> Self {
        let numbered = |names: &[&str], first: usize, between: &str, form: fn(&str, usize) -> String| {
            let parts = names.iter().enumerate().map(|(n, name)| form(name, first + n));
            parts.collect::<Vec<_>>().join(between)
        };
        let sums = numbered(measures, keys.len() + 1, ", ", |name, n| format!("{name} = {name} + ?{n}"));
        let found = numbered(keys, 1, " AND ", |name, n| format!("{name} = ?{n}"));
        let all = [keys, measures].concat();
        let places = numbered(&all, 1, ", ", |_, n| format!("?{n}"));
        Self {
            update: format!("UPDATE {name} SET {sums} WHERE {found}"),
            insert: format!("INSERT INTO {name} ({}) VALUES ({places})", all.join(", ")),
        }
    }
}

// === impl Lines ===

impl<const K: usize, const M: usize> Default for Lines<K, M> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<const K: usize, const M: usize> Lines<K, M> {
    /// Adds to what is to be added to a line.
    pub(super) fn add(&mut self, key: [i64; K], measures: [i64; M]) -> Result<()> {
        let sums = self.0.entry(key).or_insert([0; M]);
        for (sum, measure) in sums.iter_mut().zip(measures) {
            let added = sum.checked_add(measure);
            *sum = added.ok_or_else(|| Error::ToSqlConversionFailure(OVERFLOW.into()))?;
        }
        Ok(())
    }

    /// Writes the lines in the order of their keys. A sum that does not fit breaks the table's constraint.
    pub(super) fn write(self, conn: &Connection, table: &Table) -> Result<()> {
        let mut changed = self.0.iter().filter(|(_, sums)| sums.iter().any(|sum| *sum != 0)).peekable();
        if changed.peek().is_none() {
            return Ok(());
        }
        let mut update = conn.prepare_cached(&table.update)?;
        for (key, sums) in changed {
            let numbers = || params_from_iter(key.iter().chain(sums));
            if update.execute(numbers())? == 0 {
                conn.prepare_cached(&table.insert)?.execute(numbers())?;
            }
        }
        Ok(())
    }
}
