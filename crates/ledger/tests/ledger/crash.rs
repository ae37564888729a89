//! A process that is killed at any moment: what it had reported as written is there, once, and once the costs of open
//! rows are looked up, the ledger's total is the upstream's bill.
//!
//! The upstream here is a file to which the child adds a line when a generation is billed. As with the real one, that is
//! at its end, after the client was told its id and long enough for the row to get to the disk.

use std::collections::BTreeMap;
use std::fs::OpenOptions as FileOptions;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use turnpike_ledger::{CostFound, Ledger, LedgerEvent, OpenOptions, Progress};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, paid, quick, request, wait_for};

/// Set in the environment of the child that is to be killed.
const CHILD: &str = "TURNPIKE_LEDGER_TO_BE_KILLED";
/// How often a child is killed, unless the environment says how often.
const KILLS: u64 = 200;
/// Whether all is looked through after so many kills, and at the end.
const LOOK_EACH: u64 = 20;
/// Says how often, for a long run.
const KILLS_WANTED: &str = "TURNPIKE_LEDGER_KILLS";
/// Threads that settle requests at the same time.
const THREADS: usize = 4;

#[test]
fn what_was_reported_as_written_survives_kill_9() {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&path));
    }
    let home = Home::new();
    let mut reported = BTreeMap::new();
    let kills = std::env::var(KILLS_WANTED).map_or(KILLS, |number| number.parse().unwrap());
    let random = RandomState::new();
    for kill in 0..kills {
        for (id, cost) in run_and_kill(&home.path(), random.hash_one(kill)) {
            assert_eq!(reported.insert(id, cost), None, "row {id} was reported before kill {kill}");
        }
        if kill % LOOK_EACH == 0 {
            assert_all_there(&home, &reported);
        }
    }
    assert!(reported.len() > kills as usize, "each child reported something");
    let (ledger, report) = home.open_with(&quick());
    assert!(report.set_aside.is_none());
    let bill = bill(&home.path());
    let unsettled = ledger.reader().unsettled_costs(0).unwrap();
    assert!(unsettled.len() > kills as usize / 10, "rows were left open: {}", unsettled.len());
    for row in unsettled {
        // What was cut before its end was not billed.
        let cost = bill.get(&row.generation_id).copied().unwrap_or_default();
        ledger.amend_cost(row.id, CostFound::looked_up(NanoUsd(cost)));
    }
    ledger.close(LONG).unwrap();
    assert_eq!(home.number("SELECT count(*) FROM request WHERE status = 'open'"), 0);
    assert_eq!(home.number("SELECT count(*) FROM instance"), kills as i64 + 1);
    assert_all_there(&home, &reported);
    let total = home.number("SELECT sum(cost_nanos) FROM request");
    assert_eq!(total, bill.values().sum::<i64>(), "the ledger's total is the bill");
    let billed = home.number("SELECT count(DISTINCT generation_id) FROM request WHERE cost_nanos > 0");
    assert_eq!(billed, bill.len() as i64, "each item has one row");
    assert_eq!(home.number("SELECT count(*) FROM request WHERE cost_nanos > 0"), billed);
}

/// The upstream's bill: what each generation cost.
fn bill(ledger: &Path) -> BTreeMap<String, i64> {
    let text = std::fs::read_to_string(ledger.with_extension("bill")).unwrap();
    let lines = text.lines().map(|line| line.split_once(' ').unwrap());
    lines.map(|(id, cost)| (id.to_owned(), cost.parse().unwrap())).collect()
}

/// Starts a child, kills it after some reports, and returns what it reported as written.
fn run_and_kill(path: &Path, chance: u64) -> Vec<(i64, i64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::what_was_reported_as_written_survives_kill_9", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    let mut reports = 0;
    while reports < 1 + chance % 60 {
        let line_begins = text.len();
        assert_ne!(output.read_line(&mut text).unwrap(), 0, "the child ended by itself: {text}");
        reports += u64::from(text[line_begins..].starts_with("written "));
    }
    // Some moment within the next commit, so that not every child dies just after one.
    (0..chance % 100_000).for_each(|_| std::hint::spin_loop());
    child.kill().unwrap();
    output.read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    let whole_lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole_lines
        .filter_map(|line| line.strip_prefix("written ")?.split_once(' '))
        .map(|(id, cost)| (id.parse().unwrap(), cost.parse().unwrap()))
        .collect()
}

fn assert_all_there(home: &Home, reported: &BTreeMap<i64, i64>) {
    home.assert_sound();
    let conn = home.other_program();
    let mut settled = conn
        .prepare("SELECT id, cost_nanos FROM request WHERE status = 'ok' AND duration_ns = 1500000000")
        .unwrap();
    let found: BTreeMap<i64, i64> =
        settled.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (id, cost) in reported {
        assert_eq!(found.get(id), Some(cost), "row {id} was reported as written");
    }
    let whole = "SELECT count(*) FROM request WHERE status = 'ok' AND cost_nanos % 1000 = 7
        AND generation_id = 'gen-' || cost_nanos
        AND output_tokens = 20 AND cost_source = 'upstream'";
    assert_eq!(home.number(whole), found.len() as i64, "no row is half written");
}

/// The child's part: settles requests, leaves some open, and says which are written.
fn write_until_killed(path: &Path) {
    let (ledger, _) = Ledger::open(path, &OpenOptions::default()).unwrap();
    let mut events = ledger.subscribe();
    let file = FileOptions::new().create(true).append(true).open(path.with_extension("bill")).unwrap();
    // Numbers that no other child uses: it begins where the bill ends.
    let begin = i64::try_from(file.metadata().unwrap().len()).unwrap() * 1_000_000;
    for thread in 0..THREADS as i64 {
        let (ledger, file) = (ledger.clone(), file.try_clone().unwrap());
        thread::spawn(move || {
            for n in 0.. {
                one_request(&ledger, &file, begin + (n * THREADS as i64 + thread) * 1_000 + 7, n);
            }
        });
    }
    loop {
        let settled = wait_for(&mut events, |event| match event {
            LedgerEvent::Settled(settled) => Some(settled),
            _ => None,
        });
        for row in &settled.rows {
            println!("written {} {}", row.id, row.cost.amount.nanos());
        }
    }
}

/// One generation of the upstream, which costs what its name says.
fn one_request(ledger: &Ledger, mut bill: &std::fs::File, cost: i64, n: i64) {
    let id = ledger.begin(request("s"));
    let generation_id = format!("gen-{cost}");
    let known = Progress { generation_id: Some(generation_id.clone()), ..Progress::default() };
    ledger.progress(id, known);
    ledger.flush(LONG).unwrap();
    // One call to the system: it is there whole, or not at all.
    bill.write_all(format!("{generation_id} {cost}\n").as_bytes()).unwrap();
    if n % 7 != 0 {
        ledger.settle(id, paid(cost));
    }
    if n % 5 == 0 {
        ledger.flush(LONG).unwrap();
    }
}
