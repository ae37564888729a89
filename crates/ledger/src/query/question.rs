//! The SQL of one part of a question about spend.

use crate::query::cover::Part;
use crate::query::dimension::Facet;
use crate::table::mix::QUARTERS_AN_HOUR;
use crate::table::usage::{DAY_BY_FACET, DAY_OF_ALL, MEASURES, QUARTER_BY_FACET, QUARTER_OF_ALL};

/// What a part of the time is split by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// Not at all.
    All,
    /// By quarter of an hour.
    Slot,
    /// By a fact of the request.
    Facet(Facet),
}

/// What can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Sums of one kind of fact, or of all.
    Sums(Option<Facet>),
    /// Sums of whole combinations of facts, by UTC hour.
    Mixes,
}

// === impl Source ===

impl Source {
    pub(crate) fn of(key: Key, only: &[(Facet, String)]) -> Self {
        match (key, only) {
            (Key::All | Key::Slot, []) => Self::Sums(None),
            (Key::All | Key::Slot, [(facet, _)]) => Self::Sums(Some(*facet)),
            (Key::Facet(facet), []) => Self::Sums(Some(facet)),
            _ => Self::Mixes,
        }
    }
}

/// The question for one part of the time, and its bounds. The texts of `only` are its further parameters.
pub(crate) fn sql(part: Part, key: Key, only: &[(Facet, String)]) -> (String, [i64; 2]) {
    match part {
        Part::Rows(from, to) => (of_rows(key, only), [from, to]),
        Part::Hours(from, to) => (of_mixes(key, only), [from, to]),
        Part::Quarters(from, to) => (of_sums(QUARTER_OF_ALL, QUARTER_BY_FACET, key, only), [from, to]),
        Part::Days(from, to) => (of_sums(DAY_OF_ALL, DAY_BY_FACET, key, only), [from, to]),
    }
}

/// Without a group, no row at all would still give a line, of NULLs.
const UNGROUPED: &str = "HAVING count(*) > 0";

fn of_rows(key: Key, only: &[(Facet, String)]) -> String {
    let narrowed: String = only
        .iter()
        .enumerate()
        .map(|(n, (facet, _))| format!(" AND {} = ?{}", facet.column(), n + 3))
        .collect();
    let (key, grouping) = match key {
        Key::All => ("''", UNGROUPED.to_owned()),
        Key::Slot => ("quarter", "GROUP BY quarter".to_owned()),
        Key::Facet(facet) => (facet.column(), format!("GROUP BY {}", facet.column())),
    };
    format!(
        "SELECT {key}, {} FROM settled_request x \
         WHERE started_at >= ?1 AND started_at < ?2{narrowed} {grouping}",
        measures("x"),
    )
}

fn of_sums(all: u8, by_facet: u8, key: Key, only: &[(Facet, String)]) -> String {
    let (span, kind) = match Source::of(key, only) {
        Source::Sums(Some(facet)) => (by_facet, facet.kind()),
        Source::Sums(None) | Source::Mixes => (all, 0),
    };
    let narrowed = match only {
        [] => String::new(),
        _ => format!(" AND facet = (SELECT id FROM facet WHERE kind = {kind} AND text = ?3)"),
    };
    let (key, grouping) = match key {
        Key::All => ("''", UNGROUPED),
        Key::Slot => ("slot", "GROUP BY slot"),
        Key::Facet(_) => ("(SELECT text FROM facet WHERE id = x.facet)", "GROUP BY facet"),
    };
    format!(
        "SELECT {key}, {} FROM usage x \
         WHERE span = {span} AND slot >= ?1 AND slot < ?2 AND kind = {kind}{narrowed} {grouping}",
        measures("x"),
    )
}

/// The combinations come first: they are few, and each has its hours together.
fn of_mixes(key: Key, only: &[(Facet, String)]) -> String {
    let narrowed: String = only
        .iter()
        .enumerate()
        .map(|(n, (facet, _))| {
            let (column, kind) = (facet.column(), facet.kind());
            format!(" AND m.{column} = (SELECT id FROM facet WHERE kind = {kind} AND text = ?{})", n + 3)
        })
        .collect();
    let (key, grouping) = match key {
        Key::All => ("''".to_owned(), UNGROUPED.to_owned()),
        Key::Slot => (format!("x.hour * {QUARTERS_AN_HOUR}"), "GROUP BY x.hour".to_owned()),
        Key::Facet(facet) => {
            let column = facet.column();
            (format!("(SELECT text FROM facet WHERE id = m.{column})"), format!("GROUP BY m.{column}"))
        }
    };
    format!(
        "SELECT {key}, {} FROM mix m CROSS JOIN mix_usage x ON x.mix = m.id \
         WHERE x.hour >= ?1 AND x.hour < ?2{narrowed} {grouping}",
        measures("x"),
    )
}

/// The sums as columns, of the table named `of`. `total` would give a float; `sum` fails where it overflows.
pub(crate) fn measures(of: &str) -> String {
    MEASURES.map(|name| format!("sum({of}.{name})")).join(", ")
}
