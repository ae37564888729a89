//! A process that is killed at any moment: what it had reported as written is there, once.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use turnpike_ledger::{Ledger, LedgerEvent, OpenOptions, Progress};

use crate::support::{Home, LONG, paid, quick, request, wait_for};

/// Set in the environment of the child that is to be killed.
const CHILD: &str = "TURNPIKE_LEDGER_TO_BE_KILLED";
/// How often a child is killed, unless the environment says how often.
const KILLS: u64 = 40;
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
        assert_all_there(&home, &reported);
    }
    assert!(reported.len() > kills as usize, "each child reported something");
    let (ledger, report) = home.open_with(&quick());
    drop(ledger);
    assert!(report.set_aside.is_none());
    assert_eq!(home.number("SELECT count(*) FROM request WHERE status = 'open'"), 0);
    assert_eq!(home.number("SELECT count(*) FROM instance"), kills as i64 + 1);
    assert_all_there(&home, &reported);
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
    let whole = "SELECT count(*) FROM request WHERE status = 'ok' AND cost_nanos = id * 1000 + 7
        AND output_tokens = 20 AND cost_source = 'upstream'";
    assert_eq!(home.number(whole), found.len() as i64, "no row is half written");
}

/// The child's part: settles requests, leaves some open, and says which are written.
fn write_until_killed(path: &Path) {
    let (ledger, _) = Ledger::open(path, &OpenOptions::default()).unwrap();
    let mut events = ledger.subscribe();
    for _ in 0..THREADS {
        let ledger = ledger.clone();
        thread::spawn(move || {
            for n in 0_u64.. {
                one_request(&ledger, n);
            }
        });
    }
    loop {
        let row = wait_for(&mut events, |event| match event {
            LedgerEvent::Settled(row) => Some(row),
            _ => None,
        });
        println!("written {} {}", row.id, row.cost.amount.nanos());
    }
}

fn one_request(ledger: &Ledger, n: u64) {
    let id = ledger.begin(request("s"));
    if n.is_multiple_of(3) {
        ledger.progress(id, Progress { provider: Some("A".to_owned()), ..Progress::default() });
        ledger.flush(LONG).unwrap();
    }
    if !n.is_multiple_of(7) {
        ledger.settle(id, paid(id.get() * 1_000 + 7));
    }
    if n.is_multiple_of(5) {
        ledger.flush(LONG).unwrap();
    }
}
