//! The schema's numbered steps. A released step never changes; what comes later is a new step, and its
//! test begins from the database that the step before left.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::LedgerError;
use crate::sums;
use crate::table::{audit, count, instance, latency, mix, mix_sums, pruned, request, usage};

/// Fewer are brought up to date before anybody would wonder.
const ROWS_WORTH_TELLING: i64 = 20_000;
/// Marks a database as a ledger (`PRAGMA application_id`): "Tkpk".
const APPLICATION_ID: i64 = 0x546b_706b;

/// One step, done in one transaction.
pub(crate) struct Migration {
    /// `PRAGMA user_version` after it.
    pub(crate) number: i64,
    /// Each table's part.
    pub(crate) parts: &'static [&'static str],
}

/// Every step, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, parts: &[instance::CREATE, request::CREATE, usage::CREATE] },
    Migration { number: 2, parts: &[mix::CREATE, latency::CREATE] },
    Migration { number: 3, parts: &[count::CREATE, audit::CREATE] },
    Migration { number: 4, parts: &[mix_sums::CREATE, pruned::CREATE] },
    Migration { number: 5, parts: &[sums::DROP_TRIGGERS] },
];

/// The newest schema this program knows.
pub(crate) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].number;

/// The schema's number, 0 for a database that holds nothing yet.
///
/// # Errors
/// [`LedgerError::Newer`] and [`LedgerError::Foreign`] for what must not be written to.
pub(crate) fn writable_version(path: &Path, conn: &Connection) -> Result<i64, LedgerError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION_ID {
        return if found <= KNOWN {
            Ok(found)
        } else {
            Err(LedgerError::Newer { path: path.to_owned(), found, known: KNOWN })
        };
    }
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && found == 0 && objects == 0 {
        return Ok(0);
    }
    Err(LedgerError::Foreign { path: path.to_owned() })
}

/// Takes the steps that are missing and returns the number it began with.
pub(crate) fn migrate(conn: &mut Connection, steps: &[Migration]) -> rusqlite::Result<i64> {
    let begun_at = user_version(conn)?;
    for step in steps.iter().filter(|step| step.number > begun_at) {
        let begun = Instant::now();
        let rows = if begun_at == 0 { 0 } else { newest_row(conn) };
        if rows > ROWS_WORTH_TELLING {
            // The fourth step took twenty seconds for a million rows, and nobody is answered meanwhile.
            tracing::info!(
                schema = step.number,
                rows,
                "the ledger is brought up to date; with many rows that can take a minute"
            );
        }
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for part in step.parts {
            transaction.execute_batch(part)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step.number)?;
        transaction.commit()?;
        if rows > ROWS_WORTH_TELLING {
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(schema = step.number, took_ms, "the ledger is up to date");
        }
    }
    Ok(begun_at)
}

/// The number of the newest row: about how many there are.
fn newest_row(conn: &Connection) -> i64 {
    conn.query_row("SELECT ifnull(max(id), 0) FROM request", [], |row| row.get(0)).unwrap_or(0)
}

fn user_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{RequestRow, RowId};
    use crate::sums::{Known, Tally};

    const RELEASED: [u64; 5] = [
        15_021_272_781_031_517_436,
        3_114_875_472_217_840_260,
        7_228_507_581_447_726_502,
        1_215_417_867_077_156_907,
        3_477_012_675_664_243_812,
    ];

    #[test]
    fn steps_are_numbered_without_gaps() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|step| step.number).collect();
        assert_eq!(numbers, (1..=KNOWN).collect::<Vec<_>>());
    }

    /// From each schema there was, with rows in it, the newest is reached, and its sums are those of the rows. Up to the
    /// fourth, triggers kept them.
    #[test]
    fn every_schema_so_far_is_brought_up_to_date() {
        let row = "INSERT INTO request (id, instance, started_at, first_token_ns, duration_ns, status, session,
                requested_model, served_model, stream, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens, reasoning_tokens, web_searches, cost_nanos, byok_cost_nanos, cost_source,
                request_bytes, response_bytes)
            VALUES (?1, 1, ?1 * 4000000000000, 5000000, 20000000, 'ok', 's' || (?1 % 2), 'opus', 'a/b', 1, 10, 20, 0,
                0, 0, 0, ?1, 0, 'upstream', 0, 0)";
        for known in 1..=KNOWN {
            let mut conn = Connection::open_in_memory().unwrap();
            assert_eq!(migrate(&mut conn, &MIGRATIONS[..known as usize]).unwrap(), 0);
            (1..=9).for_each(|id| assert_eq!(conn.execute(row, [id]).unwrap(), 1));
            if known == KNOWN {
                let mut tally = Tally::default();
                (1..=9)
                    .for_each(|id| tally.add(&conn, &mut Known::default(), &request_row(&conn, id)).unwrap());
                tally.write(&conn).unwrap();
            }
            assert_eq!(migrate(&mut conn, MIGRATIONS).unwrap(), known);
            conn.execute(row, [10]).unwrap();
            let (mut tally, mut names) = (Tally::default(), Known::default());
            tally.add(&conn, &mut names, &request_row(&conn, 10)).unwrap();
            tally.take_off(&conn, &mut names, &request_row(&conn, 1)).unwrap();
            conn.execute("UPDATE request SET cost_nanos = 100 WHERE id = 1", []).unwrap();
            tally.add(&conn, &mut names, &request_row(&conn, 1)).unwrap();
            tally.write(&conn).unwrap();
            let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            let spent = 100 + (2..=10).sum::<i64>();
            assert_eq!(number("SELECT sum(cost_upstream) FROM usage WHERE span = 3"), spent, "from {known}");
            for sums in ["session_day", "mix_day", "mix_quarter"] {
                let times = if sums == "mix_quarter" { 2 } else { 1 };
                let sum = number(&format!("SELECT sum(cost_upstream) FROM {sums}"));
                assert_eq!(sum, spent * times, "from {known}: {sums}");
            }
            assert_eq!(number("SELECT count(*) FROM mix"), 3, "from {known}: two sessions, and any");
            assert_eq!(number("SELECT sum(answers) FROM latency WHERE kind = 1"), 10, "from {known}");
            assert_eq!(number("SELECT sum(output_tokens) FROM pace"), 200, "from {known}");
        }
    }

    fn request_row(conn: &Connection, id: i64) -> RequestRow {
        request::by_id(conn, RowId::new(id)).unwrap().unwrap()
    }

    /// Ledgers were made by these steps: a change to one would make two kinds of ledger with one number.
    #[test]
    fn a_released_step_never_changes() {
        let fingerprint = |step: &Migration| {
            let text = step.parts.concat();
            // FNV-1a, 64 bits.
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        let found: Vec<u64> = MIGRATIONS.iter().map(fingerprint).collect();
        assert_eq!(found, RELEASED);
    }

    #[test]
    fn a_step_that_fails_halfway_leaves_the_one_before() {
        let first = Migration { number: 1, parts: &["CREATE TABLE a (x INTEGER) STRICT"] };
        let broken = Migration {
            number: 2,
            parts: &["CREATE TABLE b (x INTEGER) STRICT", "INSERT INTO a VALUES ('no number')"],
        };
        let mended = Migration { number: 2, parts: &["CREATE TABLE b (x INTEGER) STRICT"] };
        let mut conn = Connection::open_in_memory().unwrap();
        let first_only = [first];
        assert_eq!(migrate(&mut conn, &first_only).unwrap(), 0);
        assert!(migrate(&mut conn, &[broken]).is_err());
        assert_eq!(user_version(&conn).unwrap(), 1);
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1, "the table made before the failure is gone again");
        assert_eq!(migrate(&mut conn, &[mended]).unwrap(), 1);
        assert_eq!(user_version(&conn).unwrap(), 2);
    }

    #[test]
    fn what_is_not_ours_is_told_apart() {
        let ours = "PRAGMA application_id = 1416327275;";
        let rows = [
            ("empty", String::new(), Some(0)),
            ("ours", format!("{ours} PRAGMA user_version = 1;"), Some(1)),
            ("newer", format!("{ours} PRAGMA user_version = {};", KNOWN + 1), None),
            ("another program's tables", "CREATE TABLE t (x);".to_owned(), None),
            ("another program's mark", "PRAGMA application_id = 5;".to_owned(), None),
            ("another program's version", "PRAGMA user_version = 3;".to_owned(), None),
        ];
        for (name, sql, expected) in rows {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(&sql).unwrap();
            assert_eq!(writable_version(Path::new("x"), &conn).ok(), expected, "{name}");
        }
    }
}
