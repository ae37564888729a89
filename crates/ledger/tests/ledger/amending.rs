//! Costs that come later, for requests of which several tries were billed: each goes into its own part of the row.

use turnpike_ledger::{
    Attempt, Cost, CostFound, CostSource, Ledger, Outcome, Progress, RequestRow, RowId, Settlement, Spent,
    Status, Usage,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, end, paid, quick, request, spend};

fn attempt(id: &str, cost: i64, source: Option<CostSource>) -> Attempt {
    let estimated = (source == Some(CostSource::Estimate)).then(|| tokens(cost));
    Attempt {
        target: format!("a/{id}"),
        outcome: "unreadable".to_owned(),
        generation_id: Some(id.to_owned()),
        cost_nanos: NanoUsd(cost),
        cost_source: source,
        estimated,
        ..Attempt::default()
    }
}

fn tokens(output_tokens: i64) -> Usage {
    Usage { output_tokens, ..Usage::default() }
}

/// An end after these tries; the last is the one that the row names.
fn after(attempts: Vec<Attempt>) -> Settlement {
    let amount: NanoUsd = attempts.iter().map(|attempt| attempt.cost_nanos).sum();
    let last = attempts.last().and_then(|attempt| attempt.generation_id.clone());
    let progress =
        Progress { generation_id: last, served_model: Some("a/last".to_owned()), ..Progress::default() };
    let cost = Cost::of(amount, CostSource::Estimate);
    Settlement { cost, attempts, progress, usage: tokens(amount.nanos()), ..end(Outcome::Truncated) }
}

/// What is told of a generation later.
fn found(id: &str, cost: i64) -> CostFound {
    CostFound {
        generation_id: Some(id.to_owned()),
        usage: Some(tokens(cost)),
        served_model: Some(format!("a/{id}-dated")),
        ..CostFound::looked_up(NanoUsd(cost))
    }
}

fn row(ledger: &Ledger, id: RowId) -> RequestRow {
    ledger.flush(LONG).unwrap();
    ledger.reader().row(id).unwrap().unwrap()
}

fn parts(row: &RequestRow) -> Vec<(i64, Option<CostSource>)> {
    let attempts = Attempt::read(row.attempts.as_ref());
    attempts.iter().map(|attempt| (attempt.cost_nanos.nanos(), attempt.cost_source)).collect()
}

fn waiting(ledger: &Ledger) -> Vec<(String, i64)> {
    let parts = ledger.reader().unsettled_costs(0).unwrap();
    parts.into_iter().map(|part| (part.generation_id, part.estimate.nanos())).collect()
}

#[test]
fn what_earlier_tries_cost_stays_in_the_sum() {
    let home = Home::new();
    let ledger = home.open();
    let (upstream, estimate) = (Some(CostSource::Upstream), Some(CostSource::Estimate));
    let id =
        spend(&ledger, request("s"), after(vec![attempt("one", 7, upstream), attempt("two", 5, estimate)]));
    ledger.flush(LONG).unwrap();
    assert_eq!(waiting(&ledger), [("two".to_owned(), 5)]);
    ledger.amend_cost(id, found("two", 40));
    let row = row(&ledger, id);
    assert_eq!(row.cost, Cost::of(NanoUsd(47), CostSource::LookedUp));
    assert_eq!(row.usage, tokens(47));
    assert_eq!(parts(&row), [(7, upstream), (40, Some(CostSource::LookedUp))]);
    assert_eq!(row.served_model.as_deref(), Some("a/two-dated"));
    drop(ledger);
    home.assert_sound();
}

#[test]
fn each_generation_gets_its_cost_once_and_the_last_one_ends_the_estimate() {
    let home = Home::new();
    let mut ledger = home.open();
    let estimate = Some(CostSource::Estimate);
    let tries =
        || vec![attempt("one", 0, estimate), attempt("two", 3, estimate), attempt("three", 5, estimate)];
    let id = spend(&ledger, request("s"), after(tries()));
    let mut expected = [(0, estimate), (3, estimate), (5, estimate)];
    for (place, name, cost) in [(1, "two", 30), (0, "one", 10), (2, "three", 50)] {
        // Each is told twice, and by a run of its own.
        ledger.amend_cost(id, found(name, cost));
        ledger.amend_cost(id, found(name, 1_000));
        let row = row(&ledger, id);
        expected[place] = (cost, Some(CostSource::LookedUp));
        let sum: i64 = expected.iter().map(|(cost, _)| cost).sum();
        let is_left = expected.iter().any(|(_, source)| *source == estimate);
        assert_eq!(parts(&row), expected, "{name}");
        assert_eq!((row.cost.amount.nanos(), row.usage), (sum, tokens(sum)), "{name}");
        assert_eq!(row.cost.source == CostSource::Estimate, is_left, "{name}");
        assert_eq!(waiting(&ledger).len(), expected.iter().filter(|(_, source)| *source == estimate).count());
        ledger.close(LONG).unwrap();
        home.assert_sound();
        ledger = home.open();
    }
    ledger.amend_cost(id, found("four", 9));
    let row = row(&ledger, id);
    assert_eq!((row.cost.amount, row.served_model.as_deref()), (NanoUsd(90), Some("a/three-dated")));
}

#[test]
fn a_request_that_died_after_a_fallback_still_gets_the_cost_of_each_try() {
    let home = Home::new();
    let ledger = home.open();
    let told = |generation_id: &str, spent| Progress {
        generation_id: Some(generation_id.to_owned()),
        spent,
        ..Progress::default()
    };
    let spent = Spent {
        attempts: vec![
            attempt("one", 7, Some(CostSource::Upstream)),
            attempt("two", 0, Some(CostSource::Estimate)),
        ],
        usage: tokens(7),
        cost: NanoUsd(7),
        byok: NanoUsd::ZERO,
    };
    let named = ledger.begin(request("s"));
    ledger.progress(named, told("two", Some(spent.clone())));
    ledger.progress(named, told("three", None));
    let unnamed = ledger.begin(request("s"));
    ledger.progress(unnamed, told("two", Some(spent)));
    drop(ledger);

    let (ledger, report) = home.open_with(&quick());
    let listed: Vec<_> = report.interrupted.iter().map(|row| row.generations.join(" ")).collect();
    assert_eq!(listed, ["two three", "two"]);
    assert_eq!(
        row(&ledger, named).cost,
        Cost::of(NanoUsd(7), CostSource::Estimate),
        "what is known counts at once"
    );
    assert_eq!(waiting(&ledger).len(), 3);
    for (id, name, cost) in [(named, "two", 10), (named, "three", 100), (unnamed, "two", 20)] {
        ledger.amend_cost(id, found(name, cost));
        ledger.amend_cost(id, found(name, 5_000));
    }
    let (named, unnamed) = (row(&ledger, named), row(&ledger, unnamed));
    assert_eq!(named.cost, Cost::of(NanoUsd(117), CostSource::LookedUp));
    assert_eq!((named.status, named.usage), (Status::Interrupted, tokens(117)));
    assert_eq!(
        unnamed.cost,
        Cost::of(NanoUsd(27), CostSource::Estimate),
        "a try after it may have been billed"
    );
    assert!(waiting(&ledger).is_empty());
    drop(ledger);
    home.assert_sound();
}

/// Rows of before tries had a source each: those that failed have their cost, the one that was cut has none.
#[test]
fn rows_of_earlier_versions_keep_what_their_failed_tries_cost() {
    let home = Home::new();
    let ledger = home.open();
    let tries = vec![attempt("one", 7, None), attempt("two", 0, None)];
    let id = spend(
        &ledger,
        request("s"),
        Settlement { cost: Cost::of(NanoUsd(12), CostSource::Estimate), ..after(tries) },
    );
    ledger.flush(LONG).unwrap();
    assert_eq!(waiting(&ledger), [("two".to_owned(), 5)]);
    ledger.amend_cost(id, CostFound::looked_up(NanoUsd(40)));
    assert_eq!(row(&ledger, id).cost, Cost::of(NanoUsd(47), CostSource::LookedUp));
}

#[test]
fn tries_that_are_too_long_for_a_row_keep_their_costs() {
    let home = Home::new();
    let ledger = home.open();
    let long = |n: i64| Attempt {
        why: Some("w".repeat(400)),
        ..attempt(&format!("g{n}"), n, Some(CostSource::Upstream))
    };
    let tries: Vec<Attempt> = (0..50).map(long).collect();
    let id = spend(&ledger, request("s"), Settlement { attempts: tries, ..paid(5) });
    let kept = Attempt::read(row(&ledger, id).attempts.as_ref());
    assert_eq!(kept.len(), 50);
    assert!(kept.iter().all(|attempt| attempt.why.is_none()));
}
