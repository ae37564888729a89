//! A ledger too large to be looked through before it is opened: it is at once, while it is in use.

use std::fs;

use turnpike_ledger::{Checked, Ledger, LedgerEvent, OpenOptions, SetAside};

use crate::support::{Home, LONG, paid, quick, request, spend, wait_for};

/// Looks through nothing at opening.
fn at_once() -> OpenOptions {
    OpenOptions { checked_at_once: 0, ..quick() }
}

/// A ledger with a row, and with pages that opening does not read; `damage` writes over those.
fn closed_ledger(damage: &[u8]) -> Home {
    const MARK: [u8; 16] = *b"nothing but this";
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(3));
    drop(ledger);
    let conn = home.other_program();
    conn.execute_batch("CREATE TABLE ballast (x BLOB); PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    for _ in 0..200 {
        conn.execute("INSERT INTO ballast VALUES (?1)", [MARK.repeat(16)]).unwrap();
    }
    drop(conn);
    let mut bytes = fs::read(home.path()).unwrap();
    let is_ballast = |page: &[u8]| page.windows(16).filter(|part| **part == MARK).count() > 100;
    let pages: Vec<&mut [u8]> = bytes.chunks_mut(4096).filter(|page| is_ballast(page)).collect();
    assert!(pages.len() > 5, "pages of ballast alone");
    pages.into_iter().for_each(|page| page[..damage.len()].copy_from_slice(damage));
    fs::write(home.path(), bytes).unwrap();
    home
}

fn checked(event: LedgerEvent) -> Option<Checked> {
    match event {
        LedgerEvent::Checked(found) => Some(found),
        _ => None,
    }
}

/// Looks through it, and waits for what is found.
fn look(ledger: &Ledger) -> Checked {
    let mut events = ledger.subscribe();
    ledger.check_whole().unwrap();
    wait_for(&mut events, checked)
}

#[test]
fn a_large_ledger_is_in_use_before_it_is_looked_through() {
    let home = closed_ledger(&[]);
    let (ledger, report) = home.open_with(&at_once());
    assert!(report.set_aside.is_none() && !report.created);
    let early = spend(&ledger, request("s"), paid(4));
    ledger.flush(LONG).unwrap();
    assert_eq!(ledger.health().checked, Checked::Head, "only when it is asked for");
    assert_eq!(look(&ledger), Checked::Sound);
    assert_eq!(ledger.health().checked, Checked::Sound);
    let late = spend(&ledger, request("s"), paid(5));
    ledger.flush(LONG).unwrap();
    assert!([early, late].iter().all(|id| ledger.reader().row(*id).unwrap().is_some()));
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_small_or_new_ledger_needs_no_second_look() {
    let (new, small) = (Home::new(), closed_ledger(&[]));
    assert_eq!(new.open_with(&at_once()).0.health().checked, Checked::Sound);
    assert_eq!(small.open().health().checked, Checked::Sound);
}

#[test]
fn damage_found_while_in_use_is_kept_aside_and_what_is_under_way_goes_on() {
    let home = closed_ledger(&[0xee; 8]);
    let damaged = fs::read(home.path()).unwrap();
    let (ledger, report) = home.open_with(&at_once());
    assert!(report.set_aside.is_none(), "opening does not read there");
    let open = ledger.begin(request("open"));
    let written = spend(&ledger, request("s"), paid(4));
    ledger.flush(LONG).unwrap();
    assert!(ledger.reader().row(written).unwrap().is_some());

    let Checked::SetAside(SetAside { path, why }) = look(&ledger) else { panic!("taken for sound") };
    assert!(path.to_string_lossy().contains("ledger.sqlite.corrupt-2") && !why.is_empty(), "{why}");
    assert!(matches!(ledger.health().checked, Checked::SetAside(_)));
    let kept = fs::read(&path).unwrap();
    assert_eq!(kept.len(), damaged.len(), "nothing was written into it");
    let log = fs::metadata(format!("{}-wal", path.display())).unwrap().len();
    assert!(log > 0, "the rows written since opening are kept beside it");

    ledger.settle(open, paid(7));
    let next = spend(&ledger, request("s"), paid(5));
    ledger.flush(LONG).unwrap();
    assert!(next > written, "numbers go on");
    let found = |id| ledger.reader().row(id).unwrap().map(|row| row.cost.amount.nanos());
    assert_eq!((found(open), found(next), found(written)), (Some(7), Some(5), None));
    drop(ledger);
    home.assert_sound();
    let (_, report) = home.open_with(&quick());
    assert!(report.set_aside.is_none() && report.interrupted.is_empty(), "the new one is sound");
}

#[test]
fn damage_that_opening_meets_is_kept_aside_at_once() {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(3));
    drop(ledger);
    let mut bytes = fs::read(home.path()).unwrap();
    bytes.chunks_mut(4096).skip(1).for_each(|page| page[..8].iter_mut().for_each(|byte| *byte ^= 0x55));
    fs::write(home.path(), &bytes).unwrap();
    let (ledger, report) = home.open_with(&at_once());
    let aside = report.set_aside.expect("set aside");
    assert_eq!(fs::read(aside.path).unwrap(), bytes, "kept as it was");
    assert!(report.created && ledger.health().checked == Checked::Sound);
    spend(&ledger, request("s"), paid(3));
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_ledger_that_is_closed_waits_for_no_look() {
    let home = closed_ledger(&[]);
    let (ledger, _) = home.open_with(&at_once());
    ledger.check_whole().unwrap();
    ledger.close(LONG).unwrap();
    drop(home.open());
    home.assert_sound();
}
