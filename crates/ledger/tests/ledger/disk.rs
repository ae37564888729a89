//! A disk that fails: nobody waits for it, nothing is lost silently, and what waited arrives.

use std::fs;

use tokio::sync::broadcast::Receiver;
use turnpike_ledger::{
    Ledger, LedgerEvent, NewRequest, OpenOptions, Page, RowId, StallReason, Status, WriterState,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, paid, quick, request, spend, wait_for};

/// Another program's lock on the ledger, held until it is dropped.
fn lock(home: &Home) -> rusqlite::Connection {
    let other = home.other_program();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

pub(crate) fn wait_for_stall(events: &mut Receiver<LedgerEvent>) -> StallReason {
    wait_for(events, |event| match event {
        LedgerEvent::Health(health) => match health.state {
            WriterState::Stalled(stall) => Some(stall.reason),
            _ => None,
        },
        _ => None,
    })
}

fn wait_for_recovery(events: &mut Receiver<LedgerEvent>) {
    wait_for(events, |event| match event {
        LedgerEvent::Health(health) => (health.state == WriterState::Ok).then_some(()),
        _ => None,
    });
}

#[test]
fn a_lock_held_elsewhere_delays_nobody_and_everything_arrives() {
    let home = Home::new();
    let ledger = home.open();
    let mut events = ledger.subscribe();
    let before = spend(&ledger, request("s"), paid(1));
    ledger.flush(LONG).unwrap();
    let held = lock(&home);
    // Were any of these calls to wait for the lock, none would return: it is let go only after them.
    for _ in 0..10_000 {
        spend(&ledger, request("s"), paid(1));
    }
    assert_eq!(wait_for_stall(&mut events), StallReason::Locked);
    let health = ledger.health();
    assert_eq!((health.queued, health.lost.rows), (10_000, 0));
    let rows = ledger.reader().recent(Page { before: None, limit: 10 }).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [before], "readers go on");
    drop(held);
    ledger.flush(LONG).unwrap();
    assert_eq!((ledger.health().state, ledger.health().queued), (WriterState::Ok, 0));
    assert_eq!(home.number("SELECT sum(cost_nanos) FROM request"), 10_001);
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_ledger_opened_under_a_lock_starts_out_stalled() {
    let home = Home::new();
    let ledger = home.open();
    let open = ledger.begin(request("s"));
    drop(ledger);
    let held = lock(&home);
    let (ledger, report) = home.open_with(&quick());
    assert_eq!(report.interrupted.iter().map(|row| row.id).collect::<Vec<_>>(), [open]);
    assert!(
        matches!(ledger.health().state, WriterState::Stalled(stall) if stall.reason == StallReason::Locked)
    );
    spend(&ledger, request("s"), paid(1));
    drop(held);
    ledger.flush(LONG).unwrap();
    assert_eq!(ledger.reader().row(open).unwrap().unwrap().status, Status::Interrupted);
    assert_eq!(home.number("SELECT count(*) FROM request WHERE status = 'ok'"), 1);
}

#[test]
fn beyond_the_bound_rows_are_counted_as_lost_and_settlements_are_not() {
    let home = Home::new();
    let (ledger, _) = home.open_with(&OpenOptions { capacity: 10, ..quick() });
    let in_flight: Vec<RowId> = (0..10).map(|_| ledger.begin(request("early"))).collect();
    ledger.flush(LONG).unwrap();
    let held = lock(&home);
    let ids: Vec<RowId> = (0..25).map(|_| spend(&ledger, request("s"), paid(3))).collect();
    // These were accepted, so their money is kept although the queue is full.
    in_flight.into_iter().for_each(|id| ledger.settle(id, paid(100)));
    assert!(ids[..10].iter().all(|id| *id != RowId::LOST));
    assert!(ids[10..].iter().all(|id| *id == RowId::LOST));
    let lost = ledger.health().lost;
    assert_eq!((lost.rows, lost.cost_nanos), (15, NanoUsd(45)));
    drop(held);
    ledger.flush(LONG).unwrap();
    assert_eq!(home.number("SELECT sum(cost_nanos) FROM request"), 10 * 3 + 10 * 100);
    assert_ne!(spend(&ledger, request("s"), paid(3)), RowId::LOST, "there is room again");
    ledger.flush(LONG).unwrap();
    assert_eq!((ledger.health().lost.rows, ledger.health().queued), (15, 0));
    drop(ledger);
    home.assert_sound();
}

#[test]
fn closing_gives_up_at_the_deadline_and_counts_the_rest() {
    let home = Home::new();
    let ledger = home.open();
    let held = lock(&home);
    spend(&ledger, request("s"), paid(3));
    spend(&ledger, request("s"), paid(4));
    let unwritten = ledger.close(std::time::Duration::from_millis(50)).unwrap_err();
    assert_eq!(unwritten.to_string(), "2 rows of the ledger are not on disk yet");
    let lost = ledger.health().lost;
    assert_eq!((lost.rows, lost.cost_nanos), (2, NanoUsd(7)));
    drop(held);
}

#[test]
fn a_deleted_folder_stalls_the_writer_until_it_is_back() {
    let home = Home::new();
    let ledger = home.open();
    let mut events = ledger.subscribe();
    let in_flight = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    fs::remove_dir_all(home.folder.path()).unwrap();
    let id = spend(&ledger, request("s"), paid(3));
    assert_eq!(wait_for_stall(&mut events), StallReason::Missing);
    assert!(ledger.reader().recent(Page { before: None, limit: 1 }).is_err() || ledger.health().queued == 1);
    fs::create_dir(home.folder.path()).unwrap();
    wait_for_recovery(&mut events);
    ledger.settle(in_flight, paid(4));
    ledger.flush(LONG).unwrap();
    for (row, cost) in [(id, 3), (in_flight, 4)] {
        let row = ledger.reader().row(row).unwrap().unwrap();
        assert_eq!(row.cost.amount, NanoUsd(cost), "both are in the new file, read from the new file");
    }
    assert_eq!(ledger.health().lost.rows, 0);
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_ledger_put_in_its_place_while_it_runs_is_gone_on_with() {
    let backup = Home::new();
    let other = backup.open();
    for _ in 0..50 {
        spend(&other, request("backup"), paid(1));
    }
    drop(other);
    let home = Home::new();
    let ledger = home.open();
    let in_flight = ledger.begin(NewRequest { started_at: NEW_YEAR + 1, ..request("s") });
    ledger.flush(LONG).unwrap();
    fs::rename(backup.path(), home.path()).unwrap();
    ledger.settle(in_flight, paid(7));
    ledger.flush(LONG).unwrap();
    let lost = ledger.health().lost;
    assert_eq!((lost.rows, lost.cost_nanos), (1, NanoUsd(7)), "its number is another row's now");
    let next = spend(&ledger, request("s"), paid(9));
    ledger.flush(LONG).unwrap();
    assert_eq!(next.get(), 51);
    assert_eq!(home.number("SELECT sum(cost_nanos) FROM request"), 59, "the backup's rows are as they were");
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_file_of_another_program_in_its_place_is_not_written_to() {
    let home = Home::new();
    let ledger = home.open();
    let mut events = ledger.subscribe();
    let foreign = home.folder.path().join("foreign");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&foreign).unwrap();
    fs::rename(&foreign, home.path()).unwrap();
    spend(&ledger, request("s"), paid(3));
    assert_eq!(wait_for(&mut events, stalled_as_not_ours), 1);
    assert!(ledger.flush(std::time::Duration::ZERO).is_err());
    assert_eq!(fs::read(home.path()).unwrap(), before);
    assert!(ledger.close(std::time::Duration::ZERO).is_err(), "its row has no place to go");
}

/// The queue's length once the writer has seen whose file it is.
fn stalled_as_not_ours(event: LedgerEvent) -> Option<usize> {
    match event {
        LedgerEvent::Health(health) => match health.state {
            WriterState::Stalled(stall) => (stall.reason == StallReason::NotOurs).then_some(health.queued),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn a_row_that_breaks_the_sums_is_lost_alone() {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(5));
    ledger.flush(LONG).unwrap();
    home.other_program().execute_batch(&format!("UPDATE usage SET cost_upstream = {}", i64::MAX)).unwrap();
    let broken = spend(&ledger, request("s"), paid(6));
    let sound = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    assert_eq!(ledger.reader().row(broken).unwrap(), None);
    assert_eq!(ledger.reader().row(sound).unwrap().unwrap().status, Status::Open);
    let health = ledger.health();
    assert_eq!((health.state, health.lost.rows, health.lost.cost_nanos), (WriterState::Ok, 1, NanoUsd(6)));
}

/// Bytes that a file of the child may have: less than its rows need.
#[cfg(target_os = "linux")]
const ROOM: u64 = 300 * 1024;
/// Rows of the child. Were there fewer, the log's being written into the main file might make room for the rest.
#[cfg(target_os = "linux")]
const ROWS: i64 = 6_000;
/// Set in the environment of the child whose files must not grow.
#[cfg(target_os = "linux")]
const CHILD: &str = "TURNPIKE_LEDGER_WITHOUT_ROOM";

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_rows_until_there_is_room() {
    if let Some(path) = std::env::var_os(CHILD) {
        return fill_the_disk(std::path::Path::new(&path));
    }
    let home = Home::new();
    // Writing beyond the limit sends a signal that ends a process unless it ignores it, as a shell can arrange.
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "disk::a_full_disk_keeps_rows_until_there_is_room", "--nocapture"])
        .env(CHILD, home.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(home.number("SELECT count(*) FROM request WHERE status = 'ok' AND cost_nanos = 3"), ROWS);
    let length = home.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    assert!(length > 2 * ROOM as i64, "all of it would never have fitted: {length}");
    home.assert_sound();
}

/// The child's part: rows of which most find no room at first.
#[cfg(target_os = "linux")]
fn fill_the_disk(path: &std::path::Path) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let (ledger, _) = Ledger::open(path, &quick()).unwrap();
    let mut events = ledger.subscribe();
    // What readers find while nothing more fits.
    let spend_times = |times: std::ops::Range<i64>| {
        times.for_each(|_| {
            spend(&ledger, request("s"), paid(3));
        });
    };
    spend_times(0..50);
    ledger.flush(LONG).unwrap();
    let limits = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(ROOM), ..limits }).unwrap();
    spend_times(50..ROWS);
    let reason = wait_for_stall(&mut events);
    assert!(matches!(reason, StallReason::Io | StallReason::DiskFull), "{reason:?}");
    let health = ledger.health();
    assert!(health.queued > 0 && health.lost.rows == 0, "{health:?}");
    assert!(ledger.reader().recent(Page { before: None, limit: 5 }).unwrap().len() == 5, "readers go on");
    setrlimit(Resource::Fsize, limits).unwrap();
    ledger.flush(LONG).unwrap();
    assert_eq!((ledger.health().state, ledger.health().lost.rows), (WriterState::Ok, 0));
    ledger.close(LONG).unwrap();
}
