//! Power that fails: what was synced is there, what was not may be gone from its end on, and nothing is half there.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};

use crate::support::{Home, LONG, paid, quick, request, spend};

/// The size of a page, and of what a disk writes at once.
const BLOCK: usize = 4096;
/// Ways to lose a part of the log that are tried for each moment.
const TRIES: u64 = 12;

/// The files of a running ledger at one moment.
struct Moment {
    main: Vec<u8>,
    log: Vec<u8>,
    /// Rows that were reported as written by then.
    written: i64,
}

fn moments() -> Vec<Moment> {
    let home = Home::new();
    let ledger = home.open();
    let read = |suffix: &str| fs::read(home.folder.path().join(format!("ledger.sqlite{suffix}"))).unwrap();
    (1..=32)
        .map(|written| {
            spend(&ledger, request("s"), paid(3));
            ledger.flush(LONG).unwrap();
            Moment { main: read(""), log: read("-wal"), written }
        })
        .filter(|moment| moment.written % 4 == 0)
        .collect()
}

/// How many rows are left when the power comes back.
fn rows_after(label: &str, main: &[u8], log: &[u8]) -> i64 {
    let home = Home::new();
    fs::write(home.path(), main).unwrap();
    fs::write(home.folder.path().join("ledger.sqlite-wal"), log).unwrap();
    let (ledger, report) = home.open_with(&quick());
    assert!(report.set_aside.is_none(), "{label}: taken for damaged");
    let (rows, whole) = ("SELECT count(*) FROM request", "SELECT count(*) FROM request WHERE status = 'ok'");
    let left = home.number(rows);
    assert_eq!(home.number(&format!("{whole} AND cost_nanos = 3 AND output_tokens = 20")), left, "{label}");
    assert_eq!(
        home.number("SELECT ifnull(max(id), 0) FROM request"),
        left,
        "{label}: only the end may be gone"
    );
    spend(&ledger, request("s"), paid(3));
    ledger.flush(LONG).unwrap();
    assert_eq!(home.number(rows), left + 1, "{label}: it goes on");
    drop(ledger);
    home.assert_sound();
    left
}

#[test]
fn only_what_was_not_synced_is_gone_and_only_from_the_end_on() {
    let moments = moments();
    let first = &moments[0].main;
    let random = RandomState::new();
    let mut left_over = BTreeSet::new();
    for Moment { main, log, written } in &moments {
        assert_eq!(rows_after("all of it was synced", main, log), *written);
        assert_eq!(rows_after("nothing was written back yet", first, log), *written);
        for number in 0..TRIES {
            let chance = random.hash_one((number, written));
            let at = usize::try_from(chance).unwrap_or(0) % log.len();
            let cut = rows_after(&format!("cut at {at}, {written} rows"), main, &log[..at]);
            // Writes that reached the disk in another order, or not at all: a hole before the end.
            let mut torn = log.clone();
            let end = torn.len().min(at + BLOCK);
            torn[at..end].fill(0);
            let torn = rows_after(&format!("a hole at {at}, {written} rows"), main, &torn);
            assert!(cut <= *written && torn <= *written);
            left_over.extend([cut, torn]);
        }
    }
    assert!(left_over.len() > 4, "the cuts were at many places: {left_over:?}");
}
