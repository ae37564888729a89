//! What a row costs the writer, in batches of 1, 8 and 64: processor time of this process a row, and how many times that of
//! the bare row, written into a table like it without any sums. The two take turns, so that other work on the machine
//! weighs on both.
//!
//! `cargo run --release -p turnpike-ledger --example batches [folder]`

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use turnpike_ledger::{
    Cost, CostSource, Ledger, NewRequest, OpenOptions, Outcome, Progress, Settlement, Usage,
};
use turnpike_wire::money::NanoUsd;

/// 2026-01-01T00:00:00Z in Unix nanoseconds.
const YEAR: i64 = 1_767_225_600_000_000_000;
/// Rows written for each size of batch.
const ROWS: i64 = 6_400;
/// Turns of the two, for each size of batch.
const TURNS: i64 = 10;
const LONG: Duration = Duration::from_secs(600);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("ledger.sqlite");
    let (ledger, _) = Ledger::open(&path, &OpenOptions::default())?;
    let mut bare = Bare::like(&path, &folder.path().join("bare.sqlite"))?;
    println!("| rows a batch | µs a row | bare | times |\n|--:|--:|--:|--:|");
    let mut number = 0;
    for batch in [1, 8, 64] {
        let (mut whole, mut alone) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..TURNS {
            let batches = ROWS / TURNS / batch;
            whole += took(|| write(&ledger, number, batches, batch))?;
            ledger.flush(LONG)?;
            alone += took(|| bare.write(&path, batches, batch))?;
            number += batches * batch;
        }
        let micros =
            |time: Duration| time.as_secs_f64() * 1e6 / (ROWS / TURNS / batch * batch * TURNS) as f64;
        let (whole, alone) = (micros(whole), micros(alone));
        println!("| {batch} | {whole:.0} | {alone:.0} | {:.1} |", whole / alone);
    }
    Ok(ledger.close(LONG)?)
}

/// What of the processor this process took for it.
fn took(
    work: impl FnOnce() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let begun = now();
    work()?;
    Ok(now() - begun)
}

/// Requests as one session makes them, each batch a transaction.
fn write(ledger: &Ledger, first: i64, batches: i64, batch: i64) -> Result<(), Box<dyn std::error::Error>> {
    for n in 0..batches {
        for m in 0..batch {
            let (new, end) = request(first + n * batch + m);
            let id = ledger.begin(new);
            ledger.settle(id, end);
        }
        ledger.flush(LONG)?;
    }
    Ok(())
}

fn request(n: i64) -> (NewRequest, Settlement) {
    let text = |text: &str| Some(text.to_owned());
    let main = n % 4 != 0;
    let new = NewRequest {
        // A request a second.
        started_at: YEAR + n * 1_000_000_000,
        class: text(if main { "main" } else { "auxiliary" }),
        session: Some(format!("session-{}", n / 500)),
        project: text("/home/me/src/app"),
        git_root: text("/home/me/src/app"),
        branch: text("main"),
        client: text("local"),
        requested_model: if main { "claude-opus-4-8" } else { "claude-haiku-4-5" }.to_owned(),
        target: text("vendor/model"),
        stream: true,
        request_bytes: 150_000,
        estimated_tokens: Some(40_000),
        ..NewRequest::default()
    };
    let usage = Usage { input_tokens: 900 + n % 77, output_tokens: 300, ..Usage::default() };
    let end = Settlement {
        progress: Progress {
            generation_id: Some(format!("gen-1767225600-{n:020}")),
            served_model: text("vendor/model-20260101"),
            provider: text("Provider"),
            first_token: Some(Duration::from_millis(500 + n.unsigned_abs() % 900)),
            ..Progress::default()
        },
        usage,
        cost: Cost::of(NanoUsd(1_000_000 + n), CostSource::Upstream),
        http_status: Some(200),
        ..Settlement::new(Outcome::Ok, Duration::from_millis(3_000 + n.unsigned_abs() % 9_000))
    };
    (new, end)
}

/// A database that has the table of requests, with its indexes, and nothing else.
struct Bare(Connection);

// === impl Bare ===

impl Bare {
    fn like(ledger: &Path, path: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open(path)?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        let of_table =
            "SELECT sql FROM sqlite_schema WHERE tbl_name = 'request' AND type IN ('table', 'index')
            AND sql IS NOT NULL ORDER BY type DESC";
        let source = Connection::open(ledger)?;
        let mut statement = source.prepare(of_table)?;
        for sql in statement.query_map([], |row| row.get::<_, String>(0))? {
            conn.execute_batch(&sql?)?;
        }
        Ok(Self(conn))
    }

    /// Copies the ledger's next rows, each batch a transaction.
    fn write(&mut self, ledger: &Path, batches: i64, batch: i64) -> Result<(), Box<dyn std::error::Error>> {
        self.0.execute("ATTACH ?1 AS ledger", [ledger.to_string_lossy()])?;
        for _ in 0..batches {
            let transaction = self.0.transaction()?;
            let copy = "INSERT INTO main.request SELECT * FROM ledger.request
                WHERE id = (SELECT ifnull(max(id), 0) + 1 FROM main.request)";
            for _ in 0..batch {
                transaction.prepare_cached(copy)?.execute([])?;
            }
            transaction.commit()?;
        }
        Ok(self.0.execute_batch("DETACH ledger")?)
    }
}
