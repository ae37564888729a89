//! Sums for people that hold an estimate say so, wherever they stand.

use std::time::{Duration, SystemTime};

use turnpike_api::command::{
    AddClient, BudgetOf, BudgetStanding, Budgets, ClientLimits, Forecast, ForecastReply, ListClients, Models,
    RaiseBudget, SetBudget,
};
use turnpike_control::{budget, clients};
use turnpike_ledger::{
    Cost, CostSource, Ledger, LedgerReader, NewRequest, OpenOptions, Outcome, Settlement, unix_nanos,
};
use turnpike_settings::{ConfigFile, StateFile};
use turnpike_wire::money::NanoUsd;

use crate::support::{World, at_noon, end};

const HOUR_NS: i64 = 3_600_000_000_000;

/// Settled requests: how old, whose, in which folder, and whether the cost is an estimate.
fn write(world: &World, rows: &[(i64, &str, &str, CostSource)]) {
    let now = unix_nanos(SystemTime::now());
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    for (age, client, project, source) in rows {
        let id = ledger.begin(NewRequest {
            started_at: now - age,
            requested_model: "m".to_owned(),
            client: Some((*client).to_owned()),
            project: Some((*project).to_owned()),
            ..NewRequest::default()
        });
        let cost = Cost::of(NanoUsd(if *source == CostSource::Estimate { 0 } else { 10_000_000 }), *source);
        ledger.settle(id, Settlement { cost, ..Settlement::new(Outcome::Ok, Duration::from_secs(1)) });
    }
    ledger.close(Duration::from_secs(60)).expect("written");
}

/// Whose budget, and whether its sum is said to hold an estimate; of the daily ones.
fn marks(budgets: &[BudgetStanding]) -> Vec<(&str, bool)> {
    let daily = budgets.iter().filter(|budget| budget.period == "daily");
    let whose = |of: &BudgetOf| of.client.clone().or_else(|| of.project.clone());
    let mut marks: Vec<(String, bool)> =
        daily.map(|line| (whose(&line.of).unwrap_or_default(), line.is_approximate)).collect();
    marks.sort();
    marks.into_iter().map(|(name, is_marked)| (&*name.leak(), is_marked)).collect()
}

async fn set(world: &World, project: Option<&str>) {
    let revision = world.call(Budgets::default()).await.expect("budgets").revision;
    let of = BudgetOf { client: None, project: project.map(str::to_owned) };
    let cap_nanos = Some(5_000_000_000);
    let set = SetBudget { revision, of, period: "daily".to_owned(), cap_nanos, action: None };
    world.call(set).await.expect("set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_with_an_estimate_of_nothing_is_marked_for_whom_it_counts_and_for_nobody_else() {
    let world = World::new();
    world.write_config(&at_noon());
    write(&world, &[(0, "ci", "/p/sub", CostSource::Estimate), (0, "desk", "/q", CostSource::Upstream)]);
    let service = world.start().await;
    for name in ["ci", "desk"] {
        let revision = world.call(ListClients::default()).await.expect("a list").revision;
        let limits = ClientLimits { daily_nanos: Some(1_000_000_000), ..ClientLimits::default() };
        world.call(AddClient { revision, name: name.to_owned(), limits }).await.expect("added");
    }
    for project in [None, Some("/p"), Some("/q")] {
        set(&world, project).await;
    }
    let told = world.call(Budgets::default()).await.expect("budgets");
    let expected = [("", true), ("/p", true), ("/q", false), ("ci", true), ("desk", false)];
    assert_eq!(marks(&told.budgets), expected);
    assert!(told.totals.iter().all(|line| line.is_approximate), "{:?}", told.totals);

    let by = |of: BudgetOf| RaiseBudget { of, period: "daily".to_owned(), by_nanos: 1 };
    let raised = world.call(by(BudgetOf::default())).await.expect("raised");
    assert!(raised.is_approximate);
    let desk = BudgetOf { client: Some("desk".to_owned()), project: None };
    assert!(!world.call(by(desk)).await.expect("raised").is_approximate);

    let of_clients = [("ci", true), ("desk", false)];
    let listed = world.call(ListClients::default()).await.expect("a list").clients;
    for (client, (name, is_marked)) in listed.iter().zip(of_clients) {
        assert_eq!((client.name.as_str(), marks(&client.spent)), (name, vec![(name, is_marked)]));
    }
    let week = world.call(Models::default()).await.expect("models");
    assert!(week.is_last_week_approximate && week.last_week_nanos == Some(10_000_000));
    let ForecastReply { is_hour_approximate, is_day_approximate, lines, .. } =
        world.call(Forecast::default()).await.expect("a forecast");
    assert!(is_hour_approximate && is_day_approximate);
    let marked: Vec<_> = lines.iter().map(|line| (line.what.as_str(), line.is_approximate)).collect();
    assert!(marked.contains(&("the daily budget", true)), "{marked:?}");
    assert!(marked.iter().all(|(what, is_marked)| what.ends_with("budget") == *is_marked), "{marked:?}");
    end(service).await;

    // Without a service the ledger is asked by the command line.
    let reader = LedgerReader::open(&world.data_dir().ledger()).expect("a ledger");
    let file = ConfigFile::new(world.data_dir().config());
    let config = file.load().expect("a configuration").config;
    let state = StateFile::new(world.data_dir().state()).load().expect("a state");
    let told = budget::standings(&reader, &config, &state, jiff::Timestamp::now()).expect("standings");
    assert_eq!(marks(&told), expected);
    let listed = clients::list_in(&file, Some(&reader), &state).expect("a list").clients;
    for (client, (name, is_marked)) in listed.iter().zip(of_clients) {
        assert_eq!((client.name.as_str(), marks(&client.spent)), (name, vec![(name, is_marked)]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_billed_is_exact_and_an_hour_without_an_estimate_too() {
    let world = World::new();
    write(&world, &[(0, "ci", "/p", CostSource::Upstream), (3 * HOUR_NS, "ci", "/p", CostSource::Estimate)]);
    let service = world.start().await;
    let told = world.call(Forecast::default()).await.expect("a forecast");
    assert_eq!((told.is_hour_approximate, told.is_day_approximate), (false, true));
    end(service).await;

    let world = World::new();
    write(&world, &[(0, "ci", "/p", CostSource::Upstream)]);
    let service = world.start().await;
    let told = world.call(Forecast::default()).await.expect("a forecast");
    assert_eq!((told.is_hour_approximate, told.is_day_approximate), (false, false));
    assert!(told.lines.iter().all(|line| !line.is_approximate), "{:?}", told.lines);
    let week = world.call(Models::default()).await.expect("models");
    assert_eq!((week.is_last_week_approximate, week.last_week_nanos), (false, Some(10_000_000)));
    end(service).await;
}
