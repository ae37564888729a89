//! Whether a ledger is sound: its file, and whether its sums are those of its rows.

use rusqlite::Connection;
use serde::Serialize;

use crate::error::LedgerError;
use crate::table::latency::DAY_NS;
use crate::table::pruned;

/// What a look at the whole ledger found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Soundness {
    /// What SQLite says of the file: empty when it is sound.
    pub damage: Vec<String>,
    /// Rows there are, open ones included.
    pub rows: i64,
    /// Rows that are not settled.
    pub open: i64,
    /// Days (UTC, `2026-11-01`) and kinds of sums that differ from the rows, in words.
    pub differences: Vec<String>,
    /// Before this, Unix nanoseconds, rows may have been taken out and sums cannot be compared; 0 for never.
    pub pruned_until: i64,
}

/// The sums of each UTC day from `?1` on (a day's number) by each kind of sum, beside those of the rows.
const DIFFERENCES: &str = "
    WITH rows AS (
        SELECT day, sum(ok + error + cancelled + truncated + interrupted) AS requests,
            sum(cost_upstream + cost_looked_up + cost_estimate) AS cost
        FROM settled_request WHERE started_at >= ?1 * 86400000000000 GROUP BY day
    ), sums AS (
        SELECT 'kind ' || kind AS name, slot AS day, sum(ok + error + cancelled + truncated + interrupted) AS requests,
            sum(cost_upstream + cost_looked_up + cost_estimate) AS cost
        FROM usage WHERE span IN (1, 3) AND slot >= ?1 GROUP BY kind, slot
        UNION ALL
        SELECT 'quarters, kind ' || kind, slot / 96, sum(ok + error + cancelled + truncated + interrupted),
            sum(cost_upstream + cost_looked_up + cost_estimate)
        FROM usage WHERE span IN (0, 2) AND slot >= ?1 * 96 GROUP BY kind, slot / 96
        UNION ALL
        SELECT 'combinations', day, sum(ok + error + cancelled + truncated + interrupted),
            sum(cost_upstream + cost_looked_up + cost_estimate)
        FROM mix_day WHERE day >= ?1 GROUP BY day
        UNION ALL
        SELECT 'sessions', day, sum(ok + error + cancelled + truncated + interrupted),
            sum(cost_upstream + cost_looked_up + cost_estimate)
        FROM session_day WHERE day >= ?1 GROUP BY day
        UNION ALL
        SELECT iif(m.session = 0, 'combinations, quarters', 'sessions, quarters'), q.quarter / 96,
            sum(q.ok + q.error + q.cancelled + q.truncated + q.interrupted),
            sum(q.cost_upstream + q.cost_looked_up + q.cost_estimate)
        FROM mix_quarter q JOIN mix m ON m.id = q.mix WHERE q.quarter >= ?1 * 96 GROUP BY 1, 2
    )
    SELECT date(day * 86400, 'unixepoch'), name, sums.requests, ifnull(rows.requests, 0), sums.cost, ifnull(rows.cost, 0)
    FROM sums LEFT JOIN rows USING (day)
    WHERE sums.requests <> ifnull(rows.requests, 0) OR sums.cost <> ifnull(rows.cost, 0)
    UNION ALL
    SELECT date(day * 86400, 'unixepoch'), 'all', 0, rows.requests, 0, rows.cost FROM rows
    WHERE day NOT IN (SELECT day FROM sums WHERE name = 'kind 0')
    ORDER BY 1, 2 LIMIT 100";

/// Looks at all of it; takes long for a large ledger.
pub(crate) fn look(conn: &Connection) -> Result<Soundness, LedgerError> {
    let transaction = conn.unchecked_transaction()?;
    let said: Vec<String> = transaction
        .prepare("PRAGMA integrity_check(20)")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let damage = said.into_iter().filter(|words| words != "ok").collect();
    let count = "SELECT count(*), ifnull(sum(status = 'open'), 0) FROM request";
    let (rows, open) = transaction.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let pruned_until = pruned::until(&transaction)?;
    let differences = transaction
        .prepare(DIFFERENCES)?
        .query_map([pruned_until / DAY_NS], |row| {
            let (day, name): (String, String) = (row.get(0)?, row.get(1)?);
            let (sums, rows): ((i64, i64), (i64, i64)) =
                ((row.get(2)?, row.get(4)?), (row.get(3)?, row.get(5)?));
            Ok(format!(
                "{day}, {name}: the sums say {} requests and {} nano-dollars, the rows {} and {}",
                sums.0, sums.1, rows.0, rows.1
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Soundness { damage, rows, open, differences, pruned_until })
}
