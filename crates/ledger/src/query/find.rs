//! Rows that people look for, the newest first, by words and facts.
//!
//! No index helps with words, so one question looks at a bounded stretch of rows and says where it ended: it answers in
//! the same time however large the ledger is, and the next question goes on from there.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use crate::query::dimension::Facet;
use crate::row::{RequestRow, RowId};
use crate::table::request;
use crate::vocabulary::Status;

/// Rows that one question gives at most.
const MOST_ROWS: u32 = 500;
/// Rows that one question looks at.
const STRETCH: i64 = 50_000;
/// Words that count; more narrow no further.
const MOST_WORDS: usize = 8;

/// Which rows are looked for.
#[derive(Clone, Debug, Default)]
pub struct FindQuery {
    /// Only rows before that one. `None` for the newest.
    pub before: Option<RowId>,
    /// How many, at most 500.
    pub limit: u32,
    /// Words that must all be in the row's names, slugs, project, session or error. Letters count without their case.
    pub words: String,
    /// Where the row stands.
    pub status: Option<Status>,
    /// Facts that must all be true; an empty text means "not known".
    pub only: Vec<(Facet, String)>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The rows, the newest first.
    pub rows: Vec<RequestRow>,
    /// Where to go on ([`FindQuery::before`]); `None` when everything was looked at.
    pub next: Option<RowId>,
}

pub(crate) fn find(conn: &Connection, query: &FindQuery) -> Result<Found> {
    let limit = query.limit.clamp(1, MOST_ROWS);
    let before = query.before.map_or(i64::MAX, RowId::get);
    let (sql, facts) = sql(query);
    let transaction = conn.unchecked_transaction()?;
    // The newest row that may be looked at, and the oldest there is: both are found by the number itself.
    let ends = "SELECT (SELECT max(id) FROM request WHERE id < ?1), (SELECT min(id) FROM request)";
    let ends = transaction.prepare_cached(ends)?.query_row([before], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(newest), Some(oldest)): (Option<i64>, Option<i64>) = ends else { return Ok(Found::default()) };
    let is_narrow = !facts.is_empty();
    let last = if is_narrow { newest.saturating_sub(STRETCH - 1).max(oldest) } else { oldest };
    let bounds = [Value::from(before), Value::from(last), Value::from(i64::from(limit))];
    let rows = transaction
        .prepare_cached(&sql)?
        .query_map(params_from_iter(bounds.into_iter().chain(facts)), request::read)?
        .collect::<Result<Vec<_>>>()?;
    let is_full = rows.len() >= limit as usize;
    let seen = if is_full { rows.last().map_or(last, |row| row.id.get()) } else { last };
    Ok(Found { rows, next: (seen > oldest).then(|| RowId::new(seen)) })
}

/// The question and the values of its facts, behind the bounds and the limit.
pub(crate) fn sql(query: &FindQuery) -> (String, Vec<Value>) {
    let mut conditions = String::new();
    let mut facts = Vec::new();
    let mut narrow = |condition: &str, value: String| {
        facts.push(Value::from(value));
        conditions.push_str(&format!(" AND {condition}").replace("{}", &format!("?{}", facts.len() + 3)));
    };
    if let Some(status) = query.status {
        narrow("status = {}", status.as_str().to_owned());
    }
    for (facet, text) in &query.only {
        narrow(&format!("ifnull({}, '') = {{}}", facet.column()), text.clone());
    }
    for word in query.words.split_whitespace().take(MOST_WORDS) {
        narrow(&format!("({WORDS}) LIKE {{}} ESCAPE '\\'"), format!("%{}%", escaped(word)));
    }
    let select = &*request::SELECT;
    (format!("{select} WHERE id < ?1 AND id >= ?2{conditions} ORDER BY id DESC LIMIT ?3"), facts)
}

/// All that words are looked for in.
const WORDS: &str = "requested_model || ' ' || ifnull(served_model, '') || ' ' || ifnull(target, '') || ' ' || \
    ifnull(provider, '') || ' ' || ifnull(project, '') || ' ' || ifnull(branch, '') || ' ' || ifnull(session, '') || ' ' || \
    ifnull(agent_type, '') || ' ' || ifnull(class, '') || ' ' || ifnull(client, '') || ' ' || ifnull(error_type, '') || ' ' || \
    ifnull(error_message, '') || ' ' || ifnull(generation_id, '')";

fn escaped(word: &str) -> String {
    word.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}
