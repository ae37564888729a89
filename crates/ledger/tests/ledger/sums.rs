//! The sums after any life of a ledger, however its rows came together in batches: each line is what the rows add up to.

use std::time::Duration;

use proptest::prelude::*;
use turnpike_ledger::{
    Attempt, Cost, CostFound, CostSource, Ledger, NewRequest, Outcome, Progress, RowId, Settlement, Usage,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, quick, request};

const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// One step of a ledger's life.
#[derive(Clone, Debug)]
enum Step {
    Begin {
        at: i64,
        kind: i64,
    },
    Settle {
        which: usize,
        nanos: i64,
        end: usize,
    },
    LookUp {
        which: usize,
        nanos: i64,
        generation: usize,
    },
    /// What came since the last one is one batch, or several.
    Write,
    Prune {
        day: i64,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let (which, nanos) = (|| 0_usize..40, || 0_i64..1_000_000_000);
    prop_oneof![
        8 => (0..20 * DAY_NS, 0_i64..12).prop_map(|(at, kind)| Step::Begin { at, kind }),
        8 => (which(), nanos(), 0_usize..12).prop_map(|(which, nanos, end)| Step::Settle { which, nanos, end }),
        4 => (which(), nanos(), 0_usize..2)
            .prop_map(|(which, nanos, generation)| Step::LookUp { which, nanos, generation }),
        4 => Just(Step::Write),
        1 => (0_i64..20).prop_map(|day| Step::Prune { day }),
        1 => Just(Step::Reopen),
    ]
}

fn new(at: i64, kind: i64) -> NewRequest {
    NewRequest {
        started_at: NEW_YEAR + at,
        project: (kind % 2 == 0).then(|| format!("/p{}", kind % 3)),
        class: Some(["main", "auxiliary"][usize::from(kind % 5 == 0)].to_owned()),
        ..request(&format!("s{}", kind % 4))
    }
}

/// An end of each kind, with two generations.
fn settlement(nanos: i64, end: usize) -> Settlement {
    let outcome = [Outcome::Ok, Outcome::Error, Outcome::Cancelled, Outcome::Truncated][end % 4];
    let source = [CostSource::Upstream, CostSource::Estimate, CostSource::None][end % 3];
    let nanos = if source == CostSource::None { 0 } else { nanos };
    let first = Attempt {
        generation_id: Some("gen-0".to_owned()),
        cost_nanos: NanoUsd(nanos / 3),
        cost_source: Some([CostSource::Estimate, CostSource::Upstream][end % 2]),
        ..Attempt::default()
    };
    let last = Attempt {
        generation_id: Some("gen-1".to_owned()),
        cost_nanos: NanoUsd(nanos - nanos / 3),
        cost_source: Some(source),
        ..Attempt::default()
    };
    Settlement {
        cost: Cost { amount: NanoUsd(nanos), byok: NanoUsd(nanos % 7), source },
        attempts: if end.is_multiple_of(5) { Vec::new() } else { vec![first, last] },
        usage: Usage { input_tokens: nanos % 1_000, output_tokens: 9, ..Usage::default() },
        progress: Progress {
            generation_id: Some("gen-1".to_owned()),
            served_model: (end % 4 != 1).then(|| format!("a/{}", end % 3)),
            first_token: (!end.is_multiple_of(6))
                .then(|| Duration::from_millis(nanos.unsigned_abs() % 5_000)),
            ..Progress::default()
        },
        ..Settlement::new(outcome, Duration::from_millis(2_500))
    }
}

fn found(nanos: i64, generation: usize) -> CostFound {
    CostFound {
        generation_id: Some(format!("gen-{generation}")),
        usage: (nanos % 2 == 0).then(|| Usage { input_tokens: nanos % 500, ..Usage::default() }),
        served_model: (nanos % 3 == 0).then(|| "a/other".to_owned()),
        ..CostFound::looked_up(NanoUsd(nanos))
    }
}

fn prune(home: &Home, ledger: &Ledger, day: i64) {
    ledger.flush(LONG).unwrap();
    let before = NEW_YEAR + day * DAY_NS;
    ledger.prune(before);
    let left = format!(
        "SELECT count(*) FROM request WHERE started_at < {before} AND status <> 'open' AND cost_source <> 'estimate'
            AND id < (SELECT max(id) FROM request)"
    );
    while home.number(&left) > 0 {
        ledger.flush(LONG).unwrap();
    }
}

/// Rows that are taken out are kept beside, so that at the end the sums can be compared with all there ever were.
const KEEP_WHAT_GOES: &str = "CREATE TABLE gone AS SELECT * FROM request WHERE false;
    CREATE TRIGGER keep BEFORE DELETE ON request BEGIN
        INSERT INTO gone SELECT * FROM request WHERE id = OLD.id;
    END;";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn after_any_life_every_sum_is_that_of_the_rows(steps in proptest::collection::vec(step(), 1..80)) {
        let home = Home::new();
        let mut ledger = home.open();
        home.other_program().execute_batch(KEEP_WHAT_GOES).unwrap();
        let mut rows: Vec<RowId> = Vec::new();
        for step in steps {
            match step {
                Step::Begin { at, kind } => rows.push(ledger.begin(new(at, kind))),
                Step::Settle { which, nanos, end } => {
                    if let Some(id) = rows.get(which) {
                        ledger.settle(*id, settlement(nanos, end));
                    }
                }
                Step::LookUp { which, nanos, generation } => {
                    if let Some(id) = rows.get(which) {
                        ledger.amend_cost(*id, found(nanos, generation));
                    }
                }
                Step::Write => ledger.flush(LONG).unwrap(),
                Step::Prune { day } => prune(&home, &ledger, day),
                Step::Reopen => {
                    drop(ledger);
                    ledger = home.open();
                }
            }
        }
        drop(ledger);
        home.other_program().execute_batch("INSERT INTO request SELECT * FROM gone").unwrap();
        home.assert_every_sum();
        home.assert_sound();
    }
}

/// What a batch cannot write as a whole is written row by row, with the same sums.
#[test]
fn a_batch_with_a_row_that_breaks_a_sum_keeps_the_others() {
    let home = Home::new();
    let (ledger, _) = home.open_with(&quick());
    let id = ledger.begin(new(0, 1));
    ledger.settle(id, settlement(10, 1));
    ledger.flush(LONG).unwrap();
    let full =
        format!("UPDATE usage SET byok_cost = {} WHERE span = 3 AND slot = {}", i64::MAX, NEW_YEAR / DAY_NS);
    home.other_program().execute_batch(&full).unwrap();
    let lock = home.other_program();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    // All of them wait, so that they are one batch: those of the first day do not fit any more.
    let ids: Vec<RowId> = (0..40).map(|n| ledger.begin(new(n % 4 * DAY_NS, n))).collect();
    ids.iter().for_each(|id| ledger.settle(*id, settlement(20, 1)));
    ledger.amend_cost(id, found(1_000, 1));
    drop(lock);
    ledger.flush(LONG).unwrap();
    assert_eq!(ledger.health().lost.rows, 10);
    let back = format!("UPDATE usage SET byok_cost = 3 WHERE byok_cost = {}", i64::MAX);
    home.other_program().execute_batch(&back).unwrap();
    home.assert_every_sum();
    drop(ledger);
    home.assert_sound();
}
