//! `turnpike backup`, `restore` and `ledger`: what is kept comes back, and every row can be had.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::spend::ask;
use crate::support::{World, said};

fn told(world: &World, arguments: &[&str]) -> String {
    let (code, out, errors) = said(&world.turnpike(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {errors}");
    out
}

fn total(world: &World) -> i64 {
    let report: Value = serde_json::from_str(&told(world, &["spend", "--json"])).expect("JSON");
    report["total"]["cost_nanos"].as_i64().expect("a cost")
}

#[test]
fn a_backup_brings_ledger_and_configuration_back() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.38");
    let folder = world.home.path().join("kept");
    let folder = folder.to_str().expect("UTF-8");
    let config = fs::read_to_string(world.data.path().join("config.toml")).expect("a configuration");
    let said_so = told(&world, &["backup", folder]);
    assert!(said_so.starts_with("Kept the ledger and the configuration in "), "{said_so}");
    let (code, _, errors) = said(&world.turnpike(&["backup", folder]));
    assert!(code == Some(1) && errors.contains("kept"), "an older backup stays: {errors}");
    ask(&world, "sim/text+cost=0.1");
    let (code, _, errors) = said(&world.turnpike(&["restore", folder]));
    assert_eq!(code, Some(6), "a running service keeps its ledger: {errors}");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(total(&world), 480_000_000);
    world.write_config("[budget]\ndaily_usd = 3.0\n");
    let restored = told(&world, &["restore", folder]);
    assert_eq!(restored.matches("The one before is kept: ").count(), 2, "{restored}");
    assert_eq!(total(&world), 380_000_000);
    assert_eq!(fs::read_to_string(world.data.path().join("config.toml")).expect("a configuration"), config);
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["config.toml", "ledger.sqlite"], "neither key nor token is kept");
    let (code, _, errors) = said(&world.turnpike(&["restore", world.home.path().to_str().expect("UTF-8")]));
    assert!(code == Some(1) && errors.contains("holds no backup"), "{errors}");
}

/// A budget knows by row numbers which rows a clock set back has dated: those of another ledger are none.
#[test]
fn what_is_restored_was_not_spent_today() {
    let (old, new) = (World::new(), World::new());
    ask(&old, "sim/text+cost=0.38");
    ask(&old, "sim/text+cost=0.38");
    assert_eq!(said(&old.turnpike(&["stop", "--service"])).0, Some(0));
    let ledger = old.data.path().join("ledger.sqlite");
    // The rows, and the sums that the service has written beside them.
    let before = "UPDATE request SET started_at = started_at - 86400000000000 * 100;
        UPDATE usage SET slot = slot - 100 * iif(span IN (0, 2), 96, 1);
        UPDATE mix_day SET day = day - 100;
        UPDATE session_day SET day = day - 100;
        UPDATE mix_quarter SET quarter = quarter - 9600";
    let moved = Command::new("sqlite3").arg(&ledger).arg(before).output().expect("it can be started");
    assert!(moved.status.success(), "{moved:?}");
    let folder = old.home.path().join("kept");
    let folder = folder.to_str().expect("UTF-8");
    told(&old, &["backup", folder]);

    // This one has run already, and remembers how far its own ledger went.
    new.configure("[budget]\ndaily_usd = 5.0\n");
    assert_eq!(said(&new.turnpike(&["run", "--", "true"])).0, Some(0));
    assert_eq!(said(&new.turnpike(&["stop", "--service"])).0, Some(0));
    told(&new, &["restore", folder]);
    let spent = |world: &World| {
        let told = told(world, &["budget"]);
        let words: Vec<&str> = told.lines().nth(1).unwrap_or_default().split_whitespace().collect();
        assert_eq!(words[..2], ["all", "daily"], "{told}");
        words[2].to_owned()
    };
    assert_eq!(spent(&new), "$0.00", "without a service");
    assert_eq!(said(&new.turnpike(&["run", "--", "true"])).0, Some(0));
    assert_eq!(spent(&new), "$0.00", "with one");
}

#[test]
fn the_whole_ledger_is_looked_through_and_printed() {
    let world = World::new();
    ask(&world, "sim/text+cost=0.38");
    ask(&world, "sim/text+cost=0.1");
    let checked = told(&world, &["ledger", "check"]);
    assert!(checked.contains("2 rows, 0 of them open.") && checked.contains("is sound"), "{checked}");
    let lines = told(&world, &["ledger", "export"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let costs: Vec<i64> = rows.iter().filter_map(|row| row["cost_nanos"].as_i64()).collect();
    assert_eq!(costs, [380_000_000, 100_000_000]);
    let csv = told(&world, &["ledger", "export", "--csv"]);
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().expect("names").split(',').collect();
    assert!(names.contains(&"cost_nanos") && names.contains(&"generation_id"), "{csv}");
    assert_eq!(lines.count(), 2, "{csv}");
    assert_eq!(told(&world, &["ledger", "export", "--until", "2020-01-01"]), "");
    let (code, _, errors) = said(&world.turnpike(&["ledger", "export", "--since", "soon"]));
    assert!(code == Some(2) && errors.contains("`soon` is no time"), "{errors}");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0));
    assert_eq!(told(&world, &["ledger", "check"]), checked, "also without the service");
}

#[test]
fn what_is_no_ledger_gets_a_sentence() {
    let world = World::offline();
    for arguments in [&["ledger", "check"][..], &["ledger", "export"]] {
        let (code, _, errors) = said(&world.turnpike(arguments));
        assert!(code == Some(1) && errors.contains("there is no ledger at"), "{errors}");
    }
    fs::write(world.data.path().join("ledger.sqlite"), "no database at all, but long enough to be one")
        .expect("written");
    let (code, _, errors) = said(&world.turnpike(&["ledger", "check"]));
    assert!(code == Some(1) && errors.contains("not a database"), "{errors}");
}
