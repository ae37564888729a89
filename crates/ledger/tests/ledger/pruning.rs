//! Old rows that are taken out: what was spent stays spent, by every dimension.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use turnpike_ledger::{
    Cost, CostFound, CostSource, Dimension, Facet, Ledger, NewRequest, Page, Progress, RowId, Settlement,
    SpendQuery, SpendReport, Status,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, paid, request, spend};

const QUARTER_NS: i64 = 900 * 1_000_000_000;
const DAY_NS: i64 = 96 * QUARTER_NS;

/// Requests over ten days, with a few values of each fact.
fn fill(ledger: &Ledger, costs: &[(i64, i64)]) {
    for (n, (at, nanos)) in costs.iter().enumerate() {
        let new = NewRequest {
            started_at: NEW_YEAR + at,
            project: Some(format!("/p{}", n % 3)),
            branch: (n % 2 == 0).then(|| "main".to_owned()),
            class: Some(["main", "auxiliary"][n % 2].to_owned()),
            client: Some("ci".to_owned()),
            ..request(&format!("s{}", n % 7))
        };
        let progress = Progress { served_model: Some(format!("a/{}", n % 2)), ..Progress::default() };
        spend(ledger, new, Settlement { progress, ..paid(*nanos) });
    }
    ledger.flush(LONG).unwrap();
}

fn at(nanos: i64) -> Option<Timestamp> {
    Some(Timestamp::from_nanosecond(i128::from(nanos)).unwrap())
}

/// All that may be asked, over all of time and over stretches that end at quarters of an hour.
fn all_answers(ledger: &Ledger) -> Vec<(String, SpendReport)> {
    let narrowed: [Vec<(Facet, String)>; 5] = [
        vec![],
        vec![(Facet::Project, "/p1".to_owned())],
        vec![(Facet::Project, "/p1".to_owned()), (Facet::Model, "a/1".to_owned())],
        vec![(Facet::Session, "s3".to_owned()), (Facet::Class, "main".to_owned())],
        vec![(Facet::Branch, String::new())],
    ];
    let mut answers = Vec::new();
    for zone in ["UTC", "Asia/Kathmandu"] {
        let zone = TimeZone::get(zone).unwrap();
        for (from, to) in [(None, None), (Some(3), Some(400)), (Some(101), None), (Some(96), Some(96 * 4))] {
            let [since, until] =
                [from, to].map(|n: Option<i64>| n.and_then(|n| at(NEW_YEAR + n * QUARTER_NS)));
            for by in Dimension::ALL {
                for only in &narrowed {
                    let query =
                        SpendQuery { since, until, only: only.clone(), ..SpendQuery::by(by, zone.clone()) };
                    let name = format!("{by} {from:?} {to:?} {only:?}");
                    let report = ledger.reader().spend(&query).unwrap();
                    let sum = ledger.reader().totals(&query).unwrap();
                    assert_eq!(sum, report.total, "{name}");
                    answers.push((name, report));
                }
            }
        }
    }
    answers
}

/// Asks for rows to be taken out and waits until it is done.
fn prune(ledger: &Ledger, home: &Home, before: i64, left: i64) {
    ledger.prune(before);
    // Work that is asked for later is done between; a flush answers as long as the writer lives.
    while home.number("SELECT count(*) FROM request") > left {
        ledger.flush(LONG).unwrap();
    }
    assert_eq!(home.number("SELECT count(*) FROM request"), left);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_answer_is_the_same_without_the_rows(
        costs in proptest::collection::vec((0..10 * DAY_NS, 1_i64..1_000_000_000), 20..80),
        day in 1_i64..9,
    ) {
        let home = Home::new();
        let ledger = home.open();
        fill(&ledger, &costs);
        let before = all_answers(&ledger);
        let speeds = ledger.reader().speeds(&SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC)).unwrap();
        let receipt = ledger.reader().session_receipt("s3").unwrap();
        let newest = costs.len() - 1;
        let kept = |(n, (at, _)): (usize, &(i64, i64))| *at >= day * DAY_NS || n == newest;
        let left = costs.iter().enumerate().filter(|row| kept(*row)).count();
        prune(&ledger, &home, NEW_YEAR + day * DAY_NS + 12_345, left as i64);
        for ((name, before), (_, after)) in before.iter().zip(all_answers(&ledger)) {
            prop_assert_eq!(before, &after, "{}", name);
        }
        let query = SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC);
        prop_assert_eq!(ledger.reader().speeds(&query).unwrap(), speeds);
        let after = ledger.reader().session_receipt("s3").unwrap();
        let bill = |receipt: &Option<turnpike_ledger::SessionReceipt>| {
            receipt.as_ref().map(|receipt| (receipt.total, receipt.models.clone(), receipt.project.clone()))
        };
        prop_assert_eq!(bill(&after), bill(&receipt));
    }
}

#[test]
fn what_is_open_or_may_still_get_its_cost_stays() {
    let home = Home::new();
    let ledger = home.open();
    let open = ledger.begin(request("s"));
    let progress = Progress { generation_id: Some("gen-1".to_owned()), ..Progress::default() };
    let estimate = Settlement { progress, cost: Cost::of(NanoUsd(5), CostSource::Estimate), ..paid(5) };
    let unknown = spend(&ledger, request("s"), estimate.clone());
    let lost = spend(&ledger, NewRequest { started_at: NEW_YEAR - 40 * DAY_NS, ..request("s") }, estimate);
    let known = spend(&ledger, request("s"), paid(7));
    let newest = spend(&ledger, request("s"), paid(11));
    ledger.flush(LONG).unwrap();
    prune(&ledger, &home, NEW_YEAR + DAY_NS, 3);
    let ids: Vec<RowId> =
        ledger.reader().recent(Page { before: None, limit: 9 }).unwrap().iter().map(|row| row.id).collect();
    assert_eq!(ids, [newest, unknown, open], "{lost} and {known} are gone");
    ledger.amend_cost(unknown, CostFound::looked_up(NanoUsd(100)));
    ledger.settle(open, paid(1_000));
    ledger.flush(LONG).unwrap();
    let all = SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC);
    assert_eq!(ledger.reader().totals(&all).unwrap().cost(), NanoUsd(5 + 7 + 11 + 100 + 1_000));
    assert_eq!(ledger.reader().row(open).unwrap().unwrap().status, Status::Ok);
    drop(ledger);
    let ledger = home.open();
    assert!(spend(&ledger, request("s"), paid(1)) > newest, "no number is given twice");
}

#[test]
fn within_what_is_gone_times_are_those_of_quarters() {
    let home = Home::new();
    let ledger = home.open();
    for n in 0..4 {
        spend(&ledger, NewRequest { started_at: NEW_YEAR + n * QUARTER_NS, ..request("s") }, paid(1 << n));
    }
    spend(&ledger, NewRequest { started_at: NEW_YEAR + 2 * DAY_NS, ..request("s") }, paid(100));
    ledger.flush(LONG).unwrap();
    prune(&ledger, &home, NEW_YEAR + DAY_NS, 1);
    let between = |from: i64, to: i64| {
        let query = SpendQuery {
            since: at(NEW_YEAR + from),
            until: at(NEW_YEAR + to),
            ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC)
        };
        ledger.reader().totals(&query).unwrap().cost().nanos()
    };
    let (a, b) = (QUARTER_NS + 1, 3 * QUARTER_NS + 7);
    assert_eq!(between(a, b), 2 + 4, "each quarter belongs to one side");
    assert_eq!(between(0, a) + between(a, b) + between(b, 3 * DAY_NS), 115, "and none to two");
}

/// One step of a ledger's life.
#[derive(Clone, Debug)]
enum Step {
    Begin { day: i64 },
    Settle { which: usize, nanos: i64, is_estimate: bool },
    LookUp { which: usize, nanos: i64 },
    Prune { day: i64 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let (day, which, nanos) = (|| 0_i64..60, || 0_usize..40, || 0_i64..1_000_000_000);
    prop_oneof![
        6 => day().prop_map(|day| Step::Begin { day }),
        6 => (which(), nanos(), any::<bool>()).prop_map(|(which, nanos, is_estimate)| Step::Settle { which, nanos, is_estimate }),
        3 => (which(), nanos()).prop_map(|(which, nanos)| Step::LookUp { which, nanos }),
        1 => day().prop_map(|day| Step::Prune { day }),
        1 => Just(Step::Reopen),
    ]
}

/// What a row must have cost, and whether a look-up still counts; `None` while it is open.
#[derive(Clone, Copy, Debug, Default)]
struct Expected(Option<(i64, bool)>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn after_any_life_the_sums_are_the_bill(steps in proptest::collection::vec(step(), 1..60)) {
        let home = Home::new();
        let mut ledger = home.open();
        let mut rows: Vec<(RowId, i64, Expected)> = Vec::new();
        let mut pruned = 0;
        for step in steps {
            match step {
                Step::Begin { day } => {
                    let new = NewRequest { started_at: NEW_YEAR + day * DAY_NS, ..request(&format!("s{}", day % 3)) };
                    rows.push((ledger.begin(new), day, Expected::default()));
                }
                Step::Settle { which, nanos, is_estimate } => {
                    let Some((id, _, expected)) = rows.get_mut(which) else { continue };
                    let source = if is_estimate { CostSource::Estimate } else { CostSource::Upstream };
                    ledger.settle(*id, Settlement { cost: Cost::of(NanoUsd(nanos), source), ..paid(0) });
                    expected.0.get_or_insert((nanos, is_estimate));
                }
                Step::LookUp { which, nanos } => {
                    let Some((id, day, expected)) = rows.get_mut(which) else { continue };
                    ledger.amend_cost(*id, CostFound::looked_up(NanoUsd(nanos)));
                    // A row that is gone stays as it was counted.
                    ledger.flush(LONG).unwrap();
                    let is_there = *day >= pruned || ledger.reader().row(*id).unwrap().is_some();
                    if let (true, Some((cost, is_open @ true))) = (is_there, expected.0.as_mut()) {
                        (*cost, *is_open) = (nanos, false);
                    }
                }
                Step::Prune { day } => {
                    ledger.flush(LONG).unwrap();
                    ledger.prune(NEW_YEAR + day * DAY_NS);
                    pruned = pruned.max(day);
                    let gone = format!(
                        "SELECT count(*) FROM request WHERE started_at < {} AND status <> 'open' AND id < (SELECT max(id) FROM request)",
                        NEW_YEAR + day * DAY_NS
                    );
                    while home.number(&gone) > 0 {
                        ledger.flush(LONG).unwrap();
                    }
                }
                Step::Reopen => {
                    drop(ledger);
                    ledger = home.open();
                    // What was open then was interrupted, with an estimate of nothing.
                    for (_, _, expected) in &mut rows {
                        expected.0.get_or_insert((0, true));
                    }
                }
            }
        }
        ledger.flush(LONG).unwrap();
        let bill: i64 = rows.iter().filter_map(|(_, _, expected)| expected.0).map(|(cost, _)| cost).sum();
        for by in Dimension::ALL {
            let report = ledger.reader().spend(&SpendQuery::by(by, TimeZone::UTC)).unwrap();
            prop_assert_eq!(report.total.cost(), NanoUsd(bill), "{}", by);
        }
        let found = ledger.reader().soundness().unwrap();
        prop_assert!(found.damage.is_empty() && found.differences.is_empty(), "{:?}", found);
    }
}
