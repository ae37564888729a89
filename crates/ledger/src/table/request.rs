//! Requests: one row each.

mod columns;

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Result, named_params, params};
use serde::Serialize;
use turnpike_wire::money::NanoUsd;

use crate::attempt::{self, Attempt, Part};
use crate::entry::CostFound;
use crate::json_text::JsonText;
use crate::row::{InstanceId, RequestRow, RowId};
use crate::vocabulary::{CostSource, Status};
use columns::COLUMNS;
pub(crate) use columns::read;

// No CHECK: bounds and words are kept by the types, and every CHECK is reckoned for every row each time the
// ledger is opened, where they took three quarters of the time.
pub(crate) const CREATE: &str = "
CREATE TABLE request (
    id                 INTEGER PRIMARY KEY,
    instance           INTEGER NOT NULL,
    started_at         INTEGER NOT NULL,   -- wall clock, Unix nanoseconds
    first_token_ns     INTEGER,            -- monotonic, since the start
    duration_ns        INTEGER,
    status             TEXT NOT NULL,
    class              TEXT,
    agent_type         TEXT,
    agent_id           TEXT,
    session            TEXT,
    project            TEXT,
    git_root           TEXT,
    branch             TEXT,
    client             TEXT,
    requested_model    TEXT NOT NULL,
    served_model       TEXT,
    target             TEXT,
    provider           TEXT,
    mode               TEXT,
    stream             INTEGER NOT NULL,
    decision           TEXT,               -- JSON, as attempts, dropped and repairs
    attempts           TEXT,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens   INTEGER NOT NULL,
    web_searches       INTEGER NOT NULL,
    cost_nanos         INTEGER NOT NULL,
    byok_cost_nanos    INTEGER NOT NULL,
    cost_source        TEXT NOT NULL,
    generation_id      TEXT,
    http_status        INTEGER,
    error_type         TEXT,
    error_message      TEXT,
    stop_reason        TEXT,
    dropped            TEXT,
    repairs            TEXT,
    request_bytes      INTEGER NOT NULL,
    response_bytes     INTEGER NOT NULL
) STRICT;

CREATE INDEX request_by_start ON request (started_at);
CREATE INDEX request_by_session ON request (session) WHERE session IS NOT NULL;
CREATE INDEX request_open ON request (id) WHERE status = 'open';
CREATE INDEX request_unsettled ON request (started_at) WHERE cost_source = 'estimate';
";

/// `SELECT` of whole rows; the caller appends its `WHERE`.
pub(crate) static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM request", COLUMNS.join(", ")));

/// One statement for every stage: a new row, a better known one, a settled one. A row that is not open
/// any more stays as it is.
static SAVE: LazyLock<String> = LazyLock::new(|| {
    let places = (1..=COLUMNS.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let updates =
        COLUMNS[1..].iter().map(|name| format!("{name} = excluded.{name}")).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO request ({}) VALUES ({places}) \
         ON CONFLICT (id) DO UPDATE SET {updates} WHERE request.status = 'open'",
        COLUMNS.join(", "),
    )
});

pub(crate) const OPEN_ROWS: &str =
    "SELECT id, started_at, requested_model, generation_id, attempts FROM request
    WHERE status = 'open' ORDER BY id";

pub(crate) const UNSETTLED_COSTS: &str =
    "SELECT id, started_at, generation_id, cost_nanos, attempts FROM request
    WHERE cost_source = 'estimate' AND started_at >= ?1 AND generation_id IS NOT NULL AND status <> 'open'
    ORDER BY started_at, id";

/// A row that a dead instance had left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interrupted {
    /// Number of the row.
    pub id: RowId,
    /// Wall-clock time of acceptance, Unix nanoseconds.
    pub started_at: i64,
    /// The model's name as the client wrote it.
    pub requested_model: String,
    /// By these its cost can be looked up; without any, nothing may have been billed.
    pub generations: Vec<String>,
}

/// A generation of a settled row whose cost is an estimate and can be looked up. Fallbacks may leave a row several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnsettledCost {
    /// Number of the row.
    pub id: RowId,
    /// Wall-clock time of acceptance, Unix nanoseconds.
    pub started_at: i64,
    /// By this the cost is looked up.
    pub generation_id: String,
    /// What the row takes it to cost.
    pub estimate: NanoUsd,
}

/// A settled row that bears an earlier time than rows before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedBefore {
    /// Name of the client's token.
    pub client: Option<String>,
    /// Folder to which the cost belongs.
    pub project: Option<String>,
    /// What it cost.
    pub cost: NanoUsd,
}

/// What became of a row that was to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// It is in the transaction.
    Written,
    /// Its end was on disk already.
    Known,
    /// Another row has its number: the file was replaced by another ledger.
    Taken,
}

/// Writes the row as it is now.
pub(crate) fn save(conn: &Connection, row: &RequestRow) -> Result<Saved> {
    let mut statement = conn.prepare_cached(&SAVE)?;
    if columns::write(&mut statement, row)? == 1 {
        return Ok(Saved::Written);
    }
    let known: (i64, i64) = conn
        .prepare_cached("SELECT instance, started_at FROM request WHERE id = ?1")?
        .query_row([row.id], |found| Ok((found.get(0)?, found.get(1)?)))?;
    Ok(if known == (row.instance.0, row.started_at) { Saved::Known } else { Saved::Taken })
}

/// Puts a later cost into a row that has none or an estimate, and returns the row as it was and as it is. `None` when
/// there is no such row, it is still open, or that cost is known already.
pub(crate) fn amend(
    conn: &Connection,
    id: RowId,
    found: &CostFound,
) -> Result<Option<(RequestRow, RequestRow)>> {
    let Some(before) = by_id(conn, id)? else { return Ok(None) };
    let mut row = before.clone();
    if !attempt::amend(&mut row, found) {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "UPDATE request SET cost_nanos = :cost, byok_cost_nanos = :byok, cost_source = :source, attempts = :attempts,
            input_tokens = :input, output_tokens = :output, cache_read_tokens = :cache_read,
            cache_write_tokens = :cache_write, reasoning_tokens = :reasoning, web_searches = :searches,
            served_model = :model, provider = :provider
         WHERE id = :id",
    )?;
    statement.execute(named_params! {
        ":id": id,
        ":cost": row.cost.amount.nanos(),
        ":byok": row.cost.byok.nanos(),
        ":source": row.cost.source,
        ":attempts": row.attempts,
        ":input": row.usage.input_tokens,
        ":output": row.usage.output_tokens,
        ":cache_read": row.usage.cache_read_tokens,
        ":cache_write": row.usage.cache_write_tokens,
        ":reasoning": row.usage.reasoning_tokens,
        ":searches": row.usage.web_searches,
        ":model": row.served_model,
        ":provider": row.provider,
    })?;
    Ok(Some((before, row)))
}

/// Rows that are open, oldest first.
pub(crate) fn open_rows(conn: &Connection) -> Result<Vec<Interrupted>> {
    conn.prepare(OPEN_ROWS)?
        .query_map([], |row| {
            let parts = parts(row.get(3)?, row.get(4)?, NanoUsd::ZERO);
            Ok(Interrupted {
                id: row.get(0)?,
                started_at: row.get(1)?,
                requested_model: row.get(2)?,
                generations: parts.into_iter().map(|part| part.generation_id).collect(),
            })
        })?
        .collect()
}

fn parts(generation_id: Option<String>, attempts: Option<JsonText>, cost: NanoUsd) -> Vec<Part> {
    attempt::unsettled(&Attempt::read(attempts.as_ref()), generation_id.as_deref(), cost)
}

/// Marks the rows that earlier instances left open: interrupted, and their cost an estimate of what is known of it until it
/// is looked up. Returns them as they are then.
pub(crate) fn interrupt(conn: &Connection, alive: InstanceId) -> Result<Vec<RequestRow>> {
    let mut rows: Vec<RequestRow> = conn
        .prepare(&format!("{} WHERE status = 'open' AND instance <> ?1", *SELECT))?
        .query_map([alive.0], read)?
        .collect::<Result<_>>()?;
    for row in &mut rows {
        row.status = Status::Interrupted;
        row.cost.source = CostSource::Estimate;
        conn.prepare_cached("UPDATE request SET status = ?2, cost_source = ?3 WHERE id = ?1")?
            .execute(params![row.id, row.status, row.cost.source])?;
    }
    Ok(rows)
}

/// The number of the next row.
pub(crate) fn next_id(conn: &Connection) -> Result<i64> {
    conn.query_row("SELECT ifnull(max(id), 0) + 1 FROM request", [], |row| row.get(0))
}

/// One row.
pub(crate) fn by_id(conn: &Connection, id: RowId) -> Result<Option<RequestRow>> {
    conn.prepare_cached(&format!("{} WHERE id = ?1", *SELECT))?.query_row([id], read).optional()
}

/// What was settled of rows that came after row `?1` and bear a time before `?2`: accepted with the clock set back.
pub(crate) const DATED_BEFORE: &str = "SELECT client, project, cost_nanos FROM request
    WHERE id > ?1 AND started_at < ?2 AND status <> 'open'";

/// Client, project and cost of such rows.
pub(crate) fn dated_before(conn: &Connection, after: RowId, before: i64) -> Result<Vec<DatedBefore>> {
    conn.prepare_cached(DATED_BEFORE)?
        .query_map([after.get(), before], |row| {
            Ok(DatedBefore { client: row.get(0)?, project: row.get(1)?, cost: NanoUsd(row.get(2)?) })
        })?
        .collect()
}

/// The first row after row `?1` that bears a time before `?2`.
pub(crate) const FIRST_BEFORE: &str =
    "SELECT id FROM request WHERE id > ?1 AND started_at < ?2 ORDER BY id LIMIT 1";

/// Its number.
pub(crate) fn first_before(conn: &Connection, after: RowId, before: i64) -> Result<Option<RowId>> {
    conn.prepare_cached(FIRST_BEFORE)?.query_row([after.get(), before], |row| row.get(0)).optional()
}

/// Generations of settled rows with an estimate, accepted at `since` (Unix nanoseconds) or later.
pub(crate) fn unsettled_costs(conn: &Connection, since: i64) -> Result<Vec<UnsettledCost>> {
    let mut statement = conn.prepare_cached(UNSETTLED_COSTS)?;
    let mut rows = statement.query([since])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, started_at) = (row.get(0)?, row.get(1)?);
        found.extend(parts(row.get(2)?, row.get(4)?, NanoUsd(row.get(3)?)).into_iter().map(|part| {
            UnsettledCost { id, started_at, generation_id: part.generation_id, estimate: part.estimate }
        }));
    }
    Ok(found)
}
