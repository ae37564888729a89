//! What opening finds: rows of a dead instance, damage, files that are not ours.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use turnpike_ledger::{
    CostFound, CostSource, Dimension, Facet, Ledger, LedgerError, LedgerReader, Progress, RequestRow, RowId,
    SpendQuery, Status, Totals,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, paid, quick, request, spend};

/// A ledger with two settled rows, closed in order.
fn closed_ledger() -> Home {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(3));
    spend(&ledger, request("s"), paid(4));
    drop(ledger);
    home
}

#[test]
fn rows_of_a_dead_instance_are_interrupted_and_can_still_get_their_cost() {
    let home = Home::new();
    let ledger = home.open();
    let known = ledger.begin(request("s"));
    ledger.progress(known, Progress { generation_id: Some("gen-7".to_owned()), ..Progress::default() });
    let unknown = ledger.begin(request("s"));
    let settled = spend(&ledger, request("s"), paid(5));
    drop(ledger);

    let (ledger, report) = home.open_with(&quick());
    assert!(!report.created && report.set_aside.is_none());
    let listed: Vec<_> =
        report.interrupted.iter().map(|row| (row.id, row.generations.concat(), row.started_at)).collect();
    assert_eq!(listed, [(known, "gen-7".to_owned(), NEW_YEAR), (unknown, String::new(), NEW_YEAR)]);
    let row = |id| -> RequestRow { ledger.reader().row(id).unwrap().unwrap() };
    assert_eq!((row(known).status, row(known).cost.source), (Status::Interrupted, CostSource::Estimate));
    assert_eq!(row(unknown).status, Status::Interrupted);
    assert_eq!(row(settled).status, Status::Ok);
    let unsettled: Vec<RowId> =
        ledger.reader().unsettled_costs(0).unwrap().iter().map(|row| row.id).collect();
    assert_eq!(unsettled, [known], "what has no generation id cannot be looked up");

    ledger.amend_cost(known, CostFound::looked_up(NanoUsd(42)));
    let next = spend(&ledger, request("s"), paid(1));
    ledger.flush(LONG).unwrap();
    assert_eq!((row(known).status, row(known).cost.amount), (Status::Interrupted, NanoUsd(42)));
    assert!(next > settled, "numbers go on");
    assert!(row(next).instance > row(settled).instance);
    drop(ledger);
    let (_, report) = home.open_with(&quick());
    assert!(report.interrupted.is_empty(), "told once");
    home.assert_sound();
}

/// An estimate of nothing leaves no trace in sums of money, and is told all the same.
#[test]
fn a_sum_that_holds_a_row_nobody_told_the_cost_of_is_approximate() {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("told"), paid(5));
    let untold = ledger.begin(request("untold"));
    drop(ledger);

    let ledger = home.open();
    // A request under way is in no sum, and in no count of estimates.
    let _open = ledger.begin(request("open"));
    ledger.flush(LONG).unwrap();
    let sessions = || {
        let query = SpendQuery::by(Dimension::Facet(Facet::Session), TimeZone::UTC);
        let report = ledger.reader().spend(&query).unwrap();
        assert_eq!(ledger.reader().totals(&query).unwrap(), report.total);
        let rows = report.rows.into_iter().map(|row| (row.key.unwrap(), row.totals));
        let told = |totals: Totals| (totals.requests(), totals.estimates, totals.is_approximate());
        let rows: Vec<_> = rows.map(|(key, totals)| (key, told(totals))).collect();
        (rows, told(report.total))
    };
    let row = |session: &str, told| (session.to_owned(), told);
    assert_eq!(sessions(), (vec![row("told", (1, 0, false)), row("untold", (1, 1, true))], (2, 1, true)));
    let receipt = ledger.reader().session_receipt("untold").unwrap().unwrap();
    assert_eq!((receipt.total.cost(), receipt.total.estimates), (NanoUsd::ZERO, 1));
    assert_eq!(receipt.models[0].totals.estimates, 1);

    ledger.amend_cost(untold, CostFound::looked_up(NanoUsd::ZERO));
    ledger.flush(LONG).unwrap();
    assert_eq!(sessions(), (vec![row("told", (1, 0, false)), row("untold", (1, 0, false))], (2, 0, false)));
}

#[test]
fn a_second_writer_is_kept_out_and_a_reader_is_not() {
    let home = Home::new();
    let ledger = home.open();
    let open = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    let error = Ledger::open(&home.path(), &quick()).unwrap_err();
    assert!(matches!(&error, LedgerError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("in use by another running Turnpike"), "{error}");
    let reader = LedgerReader::open(&home.path()).unwrap();
    assert_eq!(reader.row(open).unwrap().unwrap().status, Status::Open);
    drop(ledger);
    assert_eq!(reader.row(open).unwrap().unwrap().status, Status::Open, "it lasts longer than the writer");
    drop(home.open());
    assert_eq!(reader.row(open).unwrap().unwrap().status, Status::Interrupted);
}

/// What a refused file looks like from outside.
fn bytes_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !["lock", "sqlite-shm"].iter().any(|end| path.to_string_lossy().ends_with(end)))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_newer_or_not_ours_is_refused_and_left_as_it_is() {
    let rows = [
        ("newer", "PRAGMA user_version = 99", "written by a newer Turnpike (schema 99, this one knows 5)"),
        ("another program's", "PRAGMA application_id = 77", "a database of another program"),
    ];
    for (name, change, words) in rows {
        let home = closed_ledger();
        home.other_program().execute_batch(change).unwrap();
        let before = bytes_of(home.folder.path());
        let errors = [
            Ledger::open(&home.path(), &quick()).unwrap_err(),
            LedgerReader::open(&home.path()).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains(words), "{name}: {error}");
        }
        assert_eq!(bytes_of(home.folder.path()), before, "{name}");
    }
}

#[test]
fn an_older_ledger_waits_for_the_service() {
    let home = closed_ledger();
    home.other_program().execute_batch("PRAGMA user_version = 0").unwrap();
    let error = LedgerReader::open(&home.path()).unwrap_err();
    assert!(error.to_string().contains("start the service once"), "{error}");
    let missing = LedgerReader::open(&home.folder.path().join("none")).unwrap_err();
    assert!(missing.to_string().contains("there is no ledger at"), "{missing}");
}

type Damage = fn(Vec<u8>) -> Vec<u8>;
/// What happened to the files, and how many rows are left when that is certain.
type Change = (&'static str, fn(&Path), Option<i64>);

#[test]
fn a_damaged_ledger_is_set_aside_and_kept() {
    let rows: [(&str, Damage); 6] = [
        ("zero bytes", |_| Vec::new()),
        ("garbage", |old| (0..old.len()).map(|n| (n * 31 % 251) as u8).collect()),
        ("shorter than a header", |_| b"SQLite".to_vec()),
        ("truncated", |mut old| {
            old.truncate(old.len() / 2 / 4096 * 4096 + 100);
            old
        }),
        ("flipped bytes in the header", |mut old| {
            old[..16].iter_mut().for_each(|byte| *byte ^= 0xff);
            old
        }),
        ("flipped bytes in each page", |mut old| {
            old.chunks_mut(4096).skip(1).for_each(|page| page[..8].iter_mut().for_each(|byte| *byte ^= 0x55));
            old
        }),
    ];
    for (name, damage) in rows {
        let home = closed_ledger();
        let damaged = damage(fs::read(home.path()).unwrap());
        fs::write(home.path(), &damaged).unwrap();
        let (ledger, report) = home.open_with(&quick());
        let aside = report.set_aside.unwrap_or_else(|| panic!("{name}: taken for sound"));
        assert!(report.created, "{name}");
        assert!(aside.path.to_string_lossy().contains("ledger.sqlite.corrupt-2"), "{name}: {aside:?}");
        assert!(!aside.why.is_empty(), "{name}");
        assert_eq!(fs::read(&aside.path).unwrap(), damaged, "{name}: kept as it was");
        let id = spend(&ledger, request("s"), paid(3));
        ledger.flush(LONG).unwrap();
        assert!(ledger.reader().row(id).unwrap().is_some(), "{name}: the new one works");
        drop(ledger);
        home.assert_sound();
    }
}

#[test]
fn damage_twice_within_a_second_keeps_both() {
    let home = closed_ledger();
    let mut kept = Vec::new();
    for content in ["first", "second"] {
        fs::write(home.path(), content).unwrap();
        let (ledger, report) = home.open_with(&quick());
        drop(ledger);
        kept.push((report.set_aside.unwrap().path, content));
    }
    for (path, content) in kept {
        assert_eq!(fs::read_to_string(path).unwrap(), content);
    }
}

/// A ledger whose rows are still in its log, as a killed process leaves it.
fn killed_ledger() -> Home {
    let (running, home) = (Home::new(), Home::new());
    let ledger = running.open();
    spend(&ledger, request("s"), paid(3));
    ledger.flush(LONG).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("ledger.sqlite{suffix}");
        fs::copy(running.folder.path().join(&name), home.folder.path().join(&name)).unwrap();
    }
    home
}

#[test]
fn a_missing_or_strange_log_opens_or_is_set_aside() {
    let rows: [Change; 6] = [
        ("as it was left", |_| (), Some(1)),
        (
            "index of the log gone",
            |folder| fs::remove_file(folder.join("ledger.sqlite-shm")).unwrap(),
            Some(1),
        ),
        (
            "index of the log is garbage",
            |folder| fs::write(folder.join("ledger.sqlite-shm"), [7; 32_768]).unwrap(),
            Some(1),
        ),
        ("log gone", |folder| fs::remove_file(folder.join("ledger.sqlite-wal")).unwrap(), None),
        ("log is garbage", |folder| fs::write(folder.join("ledger.sqlite-wal"), [7; 32_768]).unwrap(), None),
        ("main file gone", |folder| fs::remove_file(folder.join("ledger.sqlite")).unwrap(), None),
    ];
    for (name, change, rows_left) in rows {
        let home = killed_ledger();
        change(home.folder.path());
        let (ledger, report) = home.open_with(&quick());
        let found = home.number("SELECT count(*) FROM request");
        if let Some(rows_left) = rows_left {
            assert_eq!(found, rows_left, "{name}");
            assert!(report.set_aside.is_none(), "{name}");
        }
        if name == "main file gone" {
            let aside = report.set_aside.unwrap().path;
            let log = format!("{}-wal", aside.display());
            assert!(fs::metadata(log).unwrap().len() > 0, "{name}: the log is kept");
        }
        spend(&ledger, request("s"), paid(3));
        ledger.flush(LONG).unwrap();
        assert_eq!(home.number("SELECT count(*) FROM request"), found + 1, "{name}");
        drop(ledger);
        home.assert_sound();
    }
}

#[test]
fn a_log_of_another_ledger_opens_or_is_set_aside() {
    let (home, other) = (killed_ledger(), closed_ledger());
    fs::copy(other.path(), home.path()).unwrap();
    let (ledger, _) = home.open_with(&quick());
    spend(&ledger, request("s"), paid(3));
    ledger.flush(LONG).unwrap();
    drop(ledger);
    home.assert_sound();
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_ledger() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(3));
    ledger.flush(LONG).unwrap();
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let file = home.folder.path().join(format!("ledger.sqlite{suffix}"));
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(ledger);
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).unwrap();
    drop(home.open());
    assert_eq!(mode(&home.path()), 0o600, "others' access is taken away again");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let home = Home::new();
    let path = home.folder.path().join("none/ledger.sqlite");
    let error = Ledger::open(&path, &quick()).unwrap_err().to_string();
    assert!(
        error.contains("none/ledger.sqlite") && error.contains("check that the folder exists"),
        "{error}"
    );
}

#[test]
fn a_closed_ledger_is_free_also_while_a_handle_is_left() {
    let home = Home::new();
    let first = home.open();
    let left = first.clone();
    first.close(LONG).unwrap();
    let second = home.open();
    second.close(LONG).unwrap();
    drop(left);
}
