//! How many requests have a cost that is an estimate. An estimate of nothing leaves no trace in the sums, so these are
//! counted from the rows, by the index of costs that nobody has told. Rows that were taken out are not counted any more.

use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, params_from_iter};

use crate::error::LedgerError;
use crate::query::dimension::Facet;
use crate::query::question::{Key, PAIR};
use crate::query::totals::Totals;
use crate::table::usage::QUARTER_NS;

/// Rows that are read for their facts, the newest of the time. Hardly any request stays without a bill; who has more of
/// them has each line marked by these.
pub(crate) const MOST_READ: i64 = 20_000;

const GROUPED: &str = "GROUP BY 1";

/// Hands over keys, as [`crate::query::spend::each_part`] does, with the number of estimates accepted in that time
/// (Unix nanoseconds).
pub(crate) fn each<K: FromSql>(
    conn: &Connection,
    [since, until]: [i64; 2],
    key: Key,
    only: &[(Facet, String)],
    mut take: impl FnMut(K, &Totals) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut statement = conn.prepare_cached(&sql(key, only))?;
    let facts = only.iter().map(|(_, text)| Value::from(text.clone()));
    let mut rows =
        statement.query(params_from_iter([since, until].map(Value::from).into_iter().chain(facts)))?;
    while let Some(row) = rows.next()? {
        let counted = Totals { estimates: row.get(1)?, ..Totals::default() };
        if counted.estimates > 0 {
            take(row.get(0)?, &counted)?;
        }
    }
    Ok(())
}

/// From `?1` to before `?2`; the texts of `only` are further parameters. Without a fact the index alone answers, and no
/// row is read: whether one is open is then asked of the index of open rows.
pub(crate) fn sql(key: Key, only: &[(Facet, String)]) -> String {
    let told = |facet: Facet| format!("ifnull({}, '')", facet.column());
    let (named, grouping) = match key {
        Key::All => ("''".to_owned(), ""),
        Key::Slot => (format!("started_at / {QUARTER_NS}"), GROUPED),
        Key::Facet(facet) => (told(facet), GROUPED),
        Key::FacetAndModel(facet) => {
            (format!("{} || '{PAIR}' || {}", told(facet), told(Facet::Model)), GROUPED)
        }
    };
    let of_time = "cost_source = 'estimate' AND started_at >= ?1 AND started_at < ?2";
    let settled = "id NOT IN (SELECT id FROM request WHERE status = 'open')";
    if only.is_empty() && matches!(key, Key::All | Key::Slot) {
        return format!("SELECT {named}, count(*) FROM request WHERE {of_time} AND {settled} {grouping}");
    }
    let narrowed: String = only
        .iter()
        .enumerate()
        .map(|(n, (facet, text))| match facet {
            // As the column is, so that the index of sessions finds it.
            Facet::Session if !text.is_empty() => format!(" AND session = ?{}", n + 3),
            _ => format!(" AND {} = ?{}", told(*facet), n + 3),
        })
        .collect();
    // One session has few rows; its index has to be the one that is chosen.
    let bound = if only.iter().any(|(facet, text)| *facet == Facet::Session && !text.is_empty()) {
        String::new()
    } else {
        format!("ORDER BY started_at DESC LIMIT {MOST_READ}")
    };
    format!(
        "SELECT named, count(*) FROM \
         (SELECT {named} AS named FROM request WHERE {of_time} AND {settled}{narrowed} {bound}) {grouping}"
    )
}
