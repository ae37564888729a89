//! Budgets over the life of a service: begun from the ledger, told, raised, changed, remembered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use turnpike_api::command::{BudgetOf, Budgets, BudgetsReply, RaiseBudget, SetBudget, Spend, UndoEdit};
use turnpike_api::{ClientError, ErrorCode, Event};
use turnpike_control::{Pace, RunningService, ServeOptions, Service};
use turnpike_ledger::{Cost, CostSource, Ledger, NewRequest, OpenOptions, Outcome, Settlement};
use turnpike_wire::money::NanoUsd;

use crate::support::{World, at_noon, end, unhurried, within};

fn stop_at_a_cent() -> String {
    at_noon() + "[budget]\ndaily_usd = 0.01\naction = \"stop\"\n"
}

const DEAR: &str = "sim/text+cost=0.01";

async fn budgets(world: &World) -> BudgetsReply {
    world.call(Budgets::default()).await.expect("budgets")
}

fn raise(by_nanos: i64) -> RaiseBudget {
    RaiseBudget { of: BudgetOf::default(), period: "daily".to_owned(), by_nanos }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_neither_what_was_spent_nor_what_was_raised() {
    let world = World::new();
    world.write_config(&stop_at_a_cent());
    let service = world.start().await;
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    assert_eq!(world.message(&service, DEAR).await.0, 429);
    end(service).await;

    let service = world.start().await;
    assert_eq!(world.message(&service, DEAR).await.0, 429, "the ledger knows what was spent");
    let raised = world.call(raise(20_000_000)).await.expect("raised");
    assert_eq!((raised.cap_nanos, raised.raised_nanos), (Some(30_000_000), 20_000_000));
    let today = world.status().await.today.expect("a day");
    assert_eq!(today.daily_cap_nanos, Some(30_000_000), "the state tells what is in force");
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    end(service).await;

    let service = world.start().await;
    let found = budgets(&world).await;
    assert_eq!((found.budgets[0].cap_nanos, found.budgets[0].settled_nanos), (Some(30_000_000), 20_000_000));
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    assert_eq!(world.message(&service, DEAR).await.0, 429);
    assert_eq!(budgets(&world).await.refused, 1);
    end(service).await;
}

/// Asks one request after the other until the flag is up.
async fn keep_asking(world: &World, service: &RunningService, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Acquire) {
        assert_eq!(world.message(service, DEAR).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_zone_in_the_midst_of_traffic_loses_and_doubles_nothing() {
    let zoned = |zone: &str| format!("[general]\ntimezone = \"{zone}\"\n[budget]\ndaily_usd = 1000\n");
    let world = World::new();
    world.write_config(&zoned("UTC"));
    let service = world.start().await;
    for zone in ["Etc/GMT+1", "Etc/GMT-1", "Etc/GMT+2", "UTC", "Etc/GMT-2"] {
        let is_over = AtomicBool::new(false);
        let before = budgets(&world).await.budgets[0].resets_at;
        let change = async {
            world.write_config(&zoned(zone));
            while budgets(&world).await.budgets[0].resets_at == before {
                tokio::task::yield_now().await;
            }
            // A few more, so that some end while the ledger is asked.
            let asked = budgets(&world).await.totals[2].settled_nanos + 80_000_000;
            while budgets(&world).await.totals[2].settled_nanos < asked {
                tokio::task::yield_now().await;
            }
            is_over.store(true, Ordering::Release);
        };
        let ask = || keep_asking(&world, &service, &is_over);
        within("a change under traffic", async {
            tokio::join!(ask(), ask(), ask(), ask(), ask(), ask(), change)
        })
        .await;
        let asked = Spend { since: Some("this-month".to_owned()), ..Spend::default() };
        let spent = world.call(asked).await.expect("spend").total.cost_nanos;
        assert_eq!(budgets(&world).await.totals[2].settled_nanos, spent, "{zone}");
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_remembered_is_kept_while_requests_come_without_a_pause() {
    let world = World::new();
    let pace = Pace { budget_memory: Duration::from_secs(1), ..unhurried() };
    let service = Service::start(ServeOptions { pace, ..world.options() }).await.expect("a service");
    let is_over = AtomicBool::new(false);
    let look = async {
        let kept = || {
            let text = std::fs::read_to_string(world.data_dir().state()).unwrap_or_default();
            serde_json::from_str::<serde_json::Value>(&text).ok()?["budget"]["row"].as_i64()
        };
        while kept().is_none_or(|row| row < 3) {
            tokio::task::yield_now().await;
        }
        is_over.store(true, Ordering::Release);
    };
    let ask = || keep_asking(&world, &service, &is_over);
    within("a memory", async { tokio::join!(ask(), ask(), ask(), look) }).await;
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_are_told_once() {
    let world = World::new();
    world.write_config(&(at_noon() + "[budget]\ndaily_usd = 0.10\nwarn_at = [0.5, 0.8]\n"));
    let service = world.start().await;
    let mut events = world.events().await;
    for model in ["sim/text+cost=0.06", "sim/text+cost=0.01", "sim/text+cost=0.02", "sim/text+cost=0.02"] {
        assert_eq!(world.message(&service, model).await.0, 200);
    }
    let mut marks = Vec::new();
    while marks.len() < 3 {
        let mark = |event| match event {
            Event::Budget { mark_permille, message, .. } => Some((mark_permille, message)),
            _ => None,
        };
        marks.push(events.until(mark).await);
    }
    assert_eq!(marks.iter().map(|(mark, _)| *mark).collect::<Vec<_>>(), [500, 800, 1_000]);
    assert!(marks[0].1.starts_with("50 % of the daily budget of all requests is used: $0.06"), "{marks:?}");
    assert!(marks[2].1.contains("requests go on"), "{marks:?}");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_cap_is_in_force_at_once_and_the_file_stays_the_users() {
    let world = World::new();
    let text = stop_at_a_cent();
    world.write_config(&text);
    let service = world.start().await;
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    assert_eq!(world.message(&service, DEAR).await.0, 429);
    let set = SetBudget {
        revision: budgets(&world).await.revision,
        of: BudgetOf::default(),
        period: "daily".to_owned(),
        cap_nanos: Some(50_000_000),
        action: None,
    };
    world.call(set.clone()).await.expect("set");
    assert_eq!(world.config(), text.replace("0.01", "0.05"));
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    assert!(
        matches!(world.call(set).await, Err(ClientError::Refused(error)) if error.code == ErrorCode::Conflict),
        "the revision is another by now"
    );
    let weekly = RaiseBudget { period: "weekly".to_owned(), ..raise(1) };
    assert!(
        matches!(world.call(weekly).await, Err(ClientError::Refused(error)) if error.code == ErrorCode::NotFound)
    );
    assert!(
        matches!(world.call(raise(0)).await, Err(ClientError::Refused(error)) if error.code == ErrorCode::Invalid)
    );
    end(service).await;
}

/// A row that the last run had accepted, at that distance from now.
fn spend_at(world: &World, seconds_ago: i64, nanos: i64) -> i64 {
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    let now = turnpike_ledger::unix_nanos(SystemTime::now());
    let id = ledger.begin(NewRequest {
        started_at: now - seconds_ago * 1_000_000_000,
        requested_model: "m".to_owned(),
        ..NewRequest::default()
    });
    let mut settlement = Settlement::new(Outcome::Ok, Duration::ZERO);
    settlement.cost = Cost::of(NanoUsd(nanos), CostSource::Upstream);
    ledger.settle(id, settlement);
    ledger.close(Duration::from_secs(60)).expect("written");
    id.get()
}

/// The clock was set back by 40 days, money was spent, the service was restarted: it counts for the windows of the
/// latest time that was ever seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_between_two_runs_unlocks_nothing() {
    let world = World::new();
    world.write_config(&stop_at_a_cent());
    let row = spend_at(&world, 0, 4_000_000);
    let latest = turnpike_ledger::unix_nanos(SystemTime::now()) / 1_000_000_000;
    let state = format!(r#"{{"budget":{{"latest":{latest},"row":{row},"raises":[]}}}}"#);
    std::fs::write(world.data_dir().state(), state).expect("written");
    let behind = spend_at(&world, 40 * 86_400, 6_000_000);
    assert!(behind > row);
    let service = world.start().await;
    let found = budgets(&world).await;
    assert_eq!(found.budgets[0].settled_nanos, 10_000_000, "both rows count for the day");
    assert_eq!(world.message(&service, DEAR).await.0, 429);
    end(service).await;
}

/// A run was killed before it kept what it had seen since: yesterday's requests stay yesterday's.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_what_was_spent_before_this_day_does_not_count_for_it() {
    let world = World::new();
    world.write_config(&stop_at_a_cent());
    let row = spend_at(&world, 50 * 86_400, 1_000_000);
    let latest = turnpike_ledger::unix_nanos(SystemTime::now()) / 1_000_000_000 - 45 * 86_400;
    let state = format!(r#"{{"budget":{{"latest":{latest},"row":{row},"raises":[]}}}}"#);
    std::fs::write(world.data_dir().state(), state).expect("written");
    spend_at(&world, 40 * 86_400, 20_000_000);
    spend_at(&world, 0, 4_000_000);
    let service = world.start().await;
    assert_eq!(budgets(&world).await.budgets[0].settled_nanos, 4_000_000, "today's alone");
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_that_is_found_corrects_the_budget() {
    let world = World::new();
    world.write_config(&(at_noon() + "[budget]\ndaily_usd = 1.00\n"));
    let service = world.start().await;
    let mut events = world.events().await;
    // Answered whole, but without a cost: the row carries an estimate until the cost is looked up.
    assert_eq!(world.message(&service, "sim/text+cost=0.0042+usage=no-cost").await.0, 200);
    let found = |event| match event {
        Event::CostFound { cost_nanos, .. } => Some(cost_nanos),
        _ => None,
    };
    let cost = events.until(found).await;
    assert_eq!(cost, 4_200_000);
    let until_counted = async {
        while budgets(&world).await.budgets[0].settled_nanos != cost {
            tokio::task::yield_now().await;
        }
    };
    within("the corrected sum", until_counted).await;
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raises_and_changes_are_taken_back() {
    let world = World::new();
    let text = stop_at_a_cent();
    world.write_config(&text);
    let service = world.start().await;
    world.call(raise(20_000_000)).await.expect("raised");
    let lowered = world.call(raise(-20_000_000)).await.expect("taken back");
    assert_eq!((lowered.cap_nanos, lowered.raised_nanos), (Some(10_000_000), 0));
    assert!(
        matches!(world.call(raise(-1)).await, Err(ClientError::Refused(error)) if error.code == ErrorCode::Invalid),
        "nothing is left of the raise"
    );
    let set = SetBudget {
        revision: budgets(&world).await.revision,
        period: "monthly".to_owned(),
        of: BudgetOf::default(),
        cap_nanos: Some(3_000_000_000),
        action: Some("warn".to_owned()),
    };
    let edited = world.call(set).await.expect("set");
    assert_ne!(world.config(), text);
    world.call(UndoEdit { revision: edited.revision }).await.expect("taken back");
    assert_eq!(world.config(), text, "to the byte");
    end(service).await;
}

/// A ledger of long ago, as one that was restored or brought from another machine.
fn of_long_ago(world: &World) {
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    let now = turnpike_ledger::unix_nanos(SystemTime::now());
    for days in [400, 300, 100] {
        let started_at = now - days * 86_400_000_000_000;
        let id =
            ledger.begin(NewRequest { started_at, requested_model: "m".to_owned(), ..NewRequest::default() });
        let cost = Cost::of(NanoUsd(5_000_000_000), CostSource::Upstream);
        ledger.settle(id, Settlement { cost, ..Settlement::new(Outcome::Ok, Duration::ZERO) });
    }
    ledger.close(Duration::from_secs(60)).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_memory_the_ledgers_times_are_believed() {
    let world = World::new();
    world.write_config(&stop_at_a_cent());
    of_long_ago(&world);
    let service = world.start().await;
    assert_eq!(budgets(&world).await.budgets[0].settled_nanos, 0, "nothing of it was spent today");
    assert_eq!(world.message(&service, DEAR).await.0, 200);
    assert_eq!(world.message(&service, DEAR).await.0, 429);
    end(service).await;
    let service = world.start().await;
    assert_eq!(budgets(&world).await.budgets[0].settled_nanos, 10_000_000);
    end(service).await;
}
