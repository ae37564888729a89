//! A copy while the ledger is written, one put in its place, and a look at the whole.

use std::fs;

use turnpike_ledger::{LedgerReader, RowId, backup, restore};

use crate::support::{Home, LONG, paid, quick, request, spend};

#[test]
fn a_backup_of_a_ledger_in_use_comes_back_whole() {
    let home = Home::new();
    let ledger = home.open();
    for n in 0..50 {
        spend(&ledger, request("s"), paid(n));
    }
    ledger.flush(LONG).unwrap();
    let copy = home.folder.path().join("copy.sqlite");
    backup(&home.path(), &copy).unwrap();
    let refused = backup(&home.path(), &copy).unwrap_err().to_string();
    assert!(refused.contains("copy.sqlite") && refused.contains("exists"), "{refused}");
    spend(&ledger, request("s"), paid(1_000));
    ledger.flush(LONG).unwrap();
    let refused = restore(&copy, &home.path()).unwrap_err().to_string();
    assert!(refused.contains("in use by another running Turnpike"), "{refused}");
    drop(ledger);
    let before = fs::read(&copy).unwrap();
    let aside = restore(&copy, &home.path()).unwrap().unwrap();
    assert_eq!(fs::read(&copy).unwrap(), before, "the backup stays as it is");
    let beside = fs::read_dir(home.folder.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().to_string_lossy().into_owned();
        name.starts_with("copy.sqlite-") || name.contains(".restored")
    });
    assert_eq!(beside.count(), 0, "and alone");
    assert_eq!(home.number("SELECT sum(cost_nanos) FROM request"), (0..50).sum::<i64>());
    let kept = rusqlite::Connection::open(aside).unwrap();
    let sum: i64 = kept.query_row("SELECT sum(cost_nanos) FROM request", [], |row| row.get(0)).unwrap();
    assert_eq!(sum, 1_000 + (0..50).sum::<i64>(), "the ledger before is kept");
    let (ledger, report) = home.open_with(&quick());
    assert!(!report.created);
    spend(&ledger, request("s"), paid(1));
    drop(ledger);
    home.assert_sound();
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    drop(home.open());
    let copy = home.folder.path().join("copy.sqlite");
    backup(&home.path(), &copy).unwrap();
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_sound_ledger_is_not_restored() {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("s"), paid(3));
    drop(ledger);
    let other = home.folder.path().join("other.sqlite");
    type Make = fn(&std::path::Path);
    let rows: [(&str, Make, &str); 4] = [
        ("nothing", |_| (), "there is no ledger at"),
        ("garbage", |path| fs::write(path, [7; 9_000]).unwrap(), "is damaged"),
        (
            "another program's",
            |path| rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap(),
            "a database of another program",
        ),
        (
            "a newer one",
            |path| {
                let sql = "PRAGMA application_id = 1416327275; PRAGMA user_version = 99; CREATE TABLE t (x)";
                rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
            },
            "written by a newer Turnpike",
        ),
    ];
    for (name, make, words) in rows {
        let _ = fs::remove_file(&other);
        make(&other);
        let error = restore(&other, &home.path()).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
        assert_eq!(home.number("SELECT sum(cost_nanos) FROM request"), 3, "{name}");
    }
}

#[test]
fn a_look_at_the_whole_finds_what_differs() {
    let home = Home::new();
    let ledger = home.open();
    for n in 0..20 {
        spend(&ledger, request(&format!("s{}", n % 3)), paid(n));
    }
    let open = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    let reader = LedgerReader::open(&home.path()).unwrap();
    let sound = reader.soundness().unwrap();
    assert_eq!((sound.rows, sound.open), (21, 1));
    assert!(sound.damage.is_empty() && sound.differences.is_empty(), "{sound:?}");
    for table in ["usage", "mix_day", "session_day", "mix_quarter"] {
        let other = home.other_program();
        other.execute_batch(&format!("UPDATE {table} SET cost_upstream = cost_upstream + 1")).unwrap();
        let found = reader.soundness().unwrap().differences;
        assert!(found.iter().any(|words| words.starts_with("2026-01-01, ")), "{table}: {found:?}");
        other.execute_batch(&format!("UPDATE {table} SET cost_upstream = cost_upstream - 1")).unwrap();
    }
    assert!(reader.soundness().unwrap().differences.is_empty());
    home.other_program().execute_batch("DELETE FROM usage WHERE span = 3").unwrap();
    assert!(!reader.soundness().unwrap().differences.is_empty(), "a sum that is gone");
    let ids: Vec<i64> =
        reader.rows_after(RowId::new(18), 2).unwrap().iter().map(|row| row.id.get()).collect();
    assert_eq!(ids, [19, 20], "{open}");
}
