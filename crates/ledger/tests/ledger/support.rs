//! What the tests share: a folder with a ledger in it, requests and their ends.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use turnpike_ledger::{
    Cost, CostSource, Ledger, LedgerEvent, NewRequest, OpenOptions, OpenReport, Outcome, Settlement, Usage,
};
use turnpike_wire::money::NanoUsd;

/// Longer than any wait that succeeds.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// 2026-01-01T00:00:00Z in Unix nanoseconds.
pub(crate) const NEW_YEAR: i64 = 1_767_225_600_000_000_000;

/// A folder of its own for one ledger.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    pub(crate) fn open(&self) -> Ledger {
        self.open_with(&quick()).0
    }

    pub(crate) fn open_with(&self, options: &OpenOptions) -> (Ledger, OpenReport) {
        Ledger::open(&self.path(), options).unwrap()
    }

    /// A connection of somebody else's to the same file.
    pub(crate) fn other_program(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// One number that SQL finds in the file.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.other_program().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Fails unless the file is sound and its sums agree with its rows.
    pub(crate) fn assert_sound(&self) {
        let conn = self.other_program();
        let verdict: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        let by_rows = "SELECT count(*), ifnull(sum(cost_nanos), 0) FROM request WHERE status <> 'open'";
        let in_rows: (i64, i64) = conn.query_row(by_rows, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let by_sums = "SELECT p.span || '/' || p.kind,
                ifnull(sum(ok + error + cancelled + truncated + interrupted), 0),
                ifnull(sum(cost_upstream + cost_looked_up + cost_estimate), 0)
            FROM usage_place p LEFT JOIN usage USING (span, kind) GROUP BY p.span, p.kind";
        let mut places = conn.prepare(by_sums).unwrap();
        let places = places.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
        let places: Vec<(String, (i64, i64))> = places.map(Result::unwrap).collect();
        assert_eq!(places.len(), 20);
        for (place, in_sums) in places {
            assert_eq!(in_sums, in_rows, "the sums of span and kind {place} agree with the rows");
        }
        for mixes in [
            "session_day",
            "mix_day",
            "mix_quarter JOIN mix ON mix = mix.id
            WHERE session = 0",
            "mix_quarter JOIN mix ON mix = mix.id WHERE session <> 0",
        ] {
            let in_mixes = format!(
                "SELECT ifnull(sum(ok + error + cancelled + truncated + interrupted), 0),
                ifnull(sum(cost_upstream + cost_looked_up + cost_estimate), 0) FROM {mixes}"
            );
            let in_mixes = conn.query_row(&in_mixes, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            assert_eq!(in_rows, in_mixes, "{mixes}: the sums of combinations agree with the rows");
        }
        let answers = "SELECT count(duration_ns) + count(first_token_ns) FROM request WHERE status = 'ok'";
        let answers: i64 = conn.query_row(answers, [], |row| row.get(0)).unwrap();
        let timed = "SELECT ifnull(sum(answers), 0) FROM latency";
        let timed: i64 = conn.query_row(timed, [], |row| row.get(0)).unwrap();
        assert_eq!(timed, answers, "every answer's times are counted once");
    }
}

impl Home {
    /// Fails unless every line of every sum is what the rows add up to, by the ledger's own views.
    pub(crate) fn assert_every_sum(&self) {
        let sums = MEASURES.map(|name| format!("sum(x.{name})")).join(", ");
        let lines = MEASURES.join(", ");
        let is_used = "ok + error + cancelled + truncated + interrupted <> 0";
        let by_mix = "request_mix x JOIN mix m USING (served_model, requested_model, provider, project, branch, session,
            agent_type, class, client)";
        let of_mixes = |table: &str, keys: &str, of_rows: &str, which: &str| {
            let rows = format!("SELECT {of_rows}, {sums} FROM {by_mix} WHERE {which} GROUP BY 1, 2");
            (rows, format!("SELECT {keys}, {lines} FROM {table} WHERE {is_used}"))
        };
        let pairs = [
            (
                format!("SELECT span, slot, kind, facet, {sums} FROM request_usage x GROUP BY 1, 2, 3, 4"),
                format!("SELECT span, slot, kind, facet, {lines} FROM usage WHERE {is_used}"),
            ),
            of_mixes("mix_day", "mix, day", "m.id, x.day", "x.whole"),
            of_mixes("session_day", "day, mix", "x.day, m.id", "NOT x.whole"),
            of_mixes("mix_quarter", "mix, quarter", "m.id, x.quarter", "true"),
            (
                "SELECT kind, day, model, bucket, count(*) FROM request_latency GROUP BY 1, 2, 3, 4"
                    .to_owned(),
                "SELECT kind, day, model, bucket, answers FROM latency WHERE answers <> 0".to_owned(),
            ),
            (
                "SELECT day, model, sum(output_tokens), sum(writing_ns) FROM request_pace GROUP BY 1, 2"
                    .to_owned(),
                "SELECT day, model, output_tokens, writing_ns FROM pace WHERE writing_ns <> 0".to_owned(),
            ),
        ];
        for (of_rows, of_sums) in pairs {
            for (these, others) in [(&of_rows, &of_sums), (&of_sums, &of_rows)] {
                let differing =
                    format!("SELECT count(*) FROM (SELECT * FROM ({these}) EXCEPT SELECT * FROM ({others}))");
                assert_eq!(self.number(&differing), 0, "not the same: {these} and {others}");
            }
        }
    }
}

/// The numbers of a sum.
const MEASURES: [&str; 15] = [
    "ok",
    "error",
    "cancelled",
    "truncated",
    "interrupted",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "web_searches",
    "cost_upstream",
    "cost_looked_up",
    "cost_estimate",
    "byok_cost",
];

/// Options that try again soon.
pub(crate) fn quick() -> OpenOptions {
    OpenOptions {
        busy_timeout: Duration::from_millis(10),
        longest_wait: Duration::from_millis(20),
        ..OpenOptions::default()
    }
}

pub(crate) fn request(session: &str) -> NewRequest {
    NewRequest {
        started_at: NEW_YEAR,
        session: Some(session.to_owned()),
        requested_model: "claude-opus".to_owned(),
        ..NewRequest::default()
    }
}

pub(crate) fn end(outcome: Outcome) -> Settlement {
    Settlement::new(outcome, Duration::from_millis(1_500))
}

/// An end with a cost that the upstream told, and some tokens.
pub(crate) fn paid(nanos: i64) -> Settlement {
    Settlement {
        cost: Cost::of(NanoUsd(nanos), CostSource::Upstream),
        usage: Usage { input_tokens: 10, output_tokens: 20, ..Usage::default() },
        ..end(Outcome::Ok)
    }
}

/// Begins and settles one request.
pub(crate) fn spend(ledger: &Ledger, new: NewRequest, settlement: Settlement) -> turnpike_ledger::RowId {
    let id = ledger.begin(new);
    ledger.settle(id, settlement);
    id
}

/// The first event that `wanted` takes something from. The test's own time limit ends a wait in vain.
pub(crate) fn wait_for<T>(
    events: &mut Receiver<LedgerEvent>,
    wanted: impl Fn(LedgerEvent) -> Option<T>,
) -> T {
    loop {
        match events.blocking_recv() {
            Ok(event) => {
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => panic!("the ledger ended"),
        }
    }
}
