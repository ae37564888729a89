//! Costs that are found later.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use turnpike_api::Event;
use turnpike_api::command::{Reconcile, Spend, SpendInsight};
use turnpike_control::{Pace, RunningService, ServeOptions, Service};
use turnpike_ledger::{
    Attempt, CostSource, Ledger, LedgerReader, NewRequest, OpenOptions, Page, Progress, RowId, Status,
};

use turnpike_sim::{Sim, SimConfig};

use crate::support::{World, at_noon, end, in_one_day, unhurried, within};

/// The newest row of the ledger.
fn newest(world: &World) -> turnpike_ledger::RequestRow {
    let reader = LedgerReader::open(&world.data_dir().ledger()).expect("a ledger");
    reader.recent(Page { before: None, limit: 1 }).expect("rows").remove(0)
}

/// A run that accepts a request, learns its generation, and is gone before the end.
fn break_off(world: &World, generation_id: Option<String>) -> RowId {
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    let now = turnpike_ledger::unix_nanos(std::time::SystemTime::now());
    let id = ledger.begin(NewRequest {
        started_at: now,
        requested_model: "m".to_owned(),
        stream: true,
        ..NewRequest::default()
    });
    ledger.progress(id, Progress { generation_id, ..Progress::default() });
    ledger.close(Duration::from_secs(60)).expect("written");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_run_left_open_is_interrupted_and_gets_its_cost() {
    let world = World::new();
    let service = world.start().await;
    assert_eq!(world.message(&service, "sim/text+cost=0.0042").await.0, 200);
    end(service).await;
    let generation_id = newest(&world).generation_id;
    assert!(generation_id.is_some());

    let id = break_off(&world, generation_id);
    let service = world.start().await;
    let mut events = world.events().await;
    let found = |event| match event {
        Event::CostFound { id, cost_nanos } => Some((id, cost_nanos)),
        _ => None,
    };
    assert_eq!(events.until(found).await, (id.get(), 4_200_000));
    let row = newest(&world);
    assert_eq!((row.id, row.status, row.cost.source.as_str()), (id, Status::Interrupted, "looked_up"));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_generation_there_is_nothing_to_look_up() {
    let world = World::new();
    let id = break_off(&world, None);
    let service = world.start().await;
    assert_eq!((newest(&world).id, newest(&world).status), (id, Status::Interrupted));
    assert_eq!(world.message(&service, "sim/text").await.0, 200);
    let asked = world.sim.journal().iter().filter(|entry| entry.path.contains("/generation")).count();
    assert_eq!(asked, 0);
    end(service).await;
}

/// It counts as nothing, and every sum that holds it says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_holds_a_request_nobody_told_the_cost_of_says_so() {
    in_one_day(sums_with_an_untold_cost).await;
}

async fn sums_with_an_untold_cost() {
    let world = World::new();
    world.write_config(&at_noon());
    break_off(&world, None);
    let service = world.start().await;
    let report = world.call(Spend::default()).await.expect("sums");
    assert_eq!((report.total.estimates, report.total.estimated_nanos, report.total.cost_nanos), (1, 0, 0));
    assert!(report.total.is_approximate() && report.rows.iter().all(|row| row.totals.is_approximate()));
    assert_eq!(world.status().await.today.expect("a sum").estimates, 1);
    let insight = world.call(SpendInsight::default()).await.expect("figures");
    assert_eq!(insight.total.estimates, 1);
    let latest = world.call(Reconcile { now: true }).await.expect("compared").latest.expect("a comparison");
    assert!(latest.lines.iter().all(|line| line.estimates == 1), "{latest:?}");
    end(service).await;
}

/// A stream that its provider cuts, and one that its client leaves.
const CUT: [(&str, Status); 2] =
    [("sim/no-finish+cost=0.5", Status::Truncated), ("sim/text+stall-after=3+cost=0.5", Status::Cancelled)];

/// An upstream that knows a generation only after so many questions.
fn late(generation_lag: u32) -> World {
    let config = SimConfig { generation_lag, ..SimConfig::default() };
    World { sim: Sim::start(config).expect("a simulator"), ..World::new() }
}

/// Reads a stream to its end, or its first content only.
async fn read(service: &RunningService, model: &str, is_left: bool) {
    let url = format!("{}/v1/messages", service.data_plane_url());
    let bearer = format!("Bearer {}", service.token().secret().expose());
    let message = serde_json::json!({"role": "user", "content": "Hello"});
    let body = serde_json::json!({"model": model, "max_tokens": 50, "stream": true, "messages": [message]});
    let read = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
        let request = agent.post(url).header("authorization", bearer).content_type("application/json");
        let answer = request.send(body.to_string()).expect("an answer");
        let mut lines = BufReader::new(answer.into_body().into_reader()).lines();
        if is_left {
            assert!(lines.any(|line| line.expect("text").contains("text_delta")), "some content came");
        } else {
            lines.for_each(drop);
        }
    });
    within("the stream", read).await.expect("no panic");
}

/// One of them, up to its row.
async fn cut(world: &World, service: &RunningService, (model, status): (&str, Status)) {
    let mut events = world.events().await;
    read(service, model, status == Status::Cancelled).await;
    events.until(|event| matches!(event, Event::Settled { .. }).then_some(())).await;
}

fn asked(world: &World) -> usize {
    world.sim.journal().iter().filter(|entry| entry.path.contains("/generation")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_stream_gets_its_cost_from_a_later_question() {
    for (model, status) in CUT {
        let world = late(1);
        let service = world.start().await;
        let mut events = world.events().await;
        cut(&world, &service, (model, status)).await;
        let found = |event| matches!(event, Event::CostFound { .. }).then_some(());
        events.until(found).await;
        let row = newest(&world);
        assert_eq!((row.status, row.cost.source), (status, CostSource::LookedUp), "{model}");
        assert_eq!(row.cost.amount, world.sim.total(), "{model}: the ledger's total is the bill");
        assert_eq!(asked(&world), 2, "{model}: once too early, once in time");
        end(service).await;
    }
}

/// Its `message_start` says that nothing was counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_native_stream_that_its_client_leaves_gets_its_tokens_with_its_cost() {
    let world = late(1);
    world.write_config(
        "[[map]]\nname = \"mine\"\ntarget = \"sim/text+stall-after=3+cost=0.5\"\nmode = \"native\"\n",
    );
    let service = world.start().await;
    let mut events = world.events().await;
    read(&service, "mine", true).await;
    events.until(|event| matches!(event, Event::CostFound { .. }).then_some(())).await;
    let row = newest(&world);
    assert_eq!((row.status, row.cost.source), (Status::Cancelled, CostSource::LookedUp));
    assert_eq!(row.cost.amount, world.sim.total());
    assert!(row.usage.input_tokens > 0 && row.usage.output_tokens > 0, "{row:#?}");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_stream_whose_cost_nobody_knows_keeps_its_flagged_estimate() {
    for (model, status) in CUT {
        let world = late(u32::MAX);
        let service = world.start().await;
        cut(&world, &service, (model, status)).await;
        let twice = world.sim.wait_for(|entries| {
            (entries.iter().filter(|entry| entry.path.contains("/generation")).count() >= 2).then_some(())
        });
        within("a second question", twice).await;
        end(service).await;
        let row = newest(&world);
        assert_eq!((row.status, row.cost.source), (status, CostSource::Estimate), "{model}");

        // The next run asks again.
        let before = asked(&world);
        let service = world.start().await;
        let again = world.sim.wait_for(|entries| {
            (entries.iter().filter(|entry| entry.path.contains("/generation")).count() > before).then_some(())
        });
        within("a question of the next run", again).await;
        end(service).await;
        assert_eq!(newest(&world).cost, row.cost, "{model}: the estimate stands");
    }
}

/// A try that says what it cost (nothing), one whose answer cannot be read, and one that its provider cuts.
const FALLBACKS: &str = r#"
[[map]]
name = "mine"
target = "sim/empty-answer"
fallback = ["sim/text+gzip+cost=0.125", "sim/no-finish+cost=0.5"]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_try_of_a_request_gets_its_cost_and_the_sum_is_the_bill() {
    let world = World::new();
    world.write_config(FALLBACKS);
    let service = world.start().await;
    let mut events = world.events().await;
    cut(&world, &service, ("mine", Status::Truncated)).await;
    for _ in 0..2 {
        events.until(|event| matches!(event, Event::CostFound { .. }).then_some(())).await;
    }
    let row = newest(&world);
    assert_eq!((row.status, row.cost.source), (Status::Truncated, CostSource::LookedUp), "{row:#?}");
    assert_eq!(row.cost.amount, world.sim.total(), "{row:#?}");
    let tries = Attempt::read(row.attempts.as_ref());
    let costs: Vec<_> = tries.iter().map(|tried| (tried.cost_nanos.nanos(), tried.cost_source)).collect();
    let looked_up = Some(CostSource::LookedUp);
    let told = (0, Some(CostSource::Upstream));
    assert_eq!(costs, [told, (125_000_000, looked_up), (500_000_000, looked_up)]);
    end(service).await;

    // Nobody asks again, in this run or the next.
    let before = asked(&world);
    let service = world.start().await;
    cut(&world, &service, CUT[0]).await;
    let next = newest(&world).generation_id.expect("known from the stream");
    let found =
        world.sim.wait_for(|entries| entries.iter().find(|entry| entry.path.contains(&next)).map(drop));
    within("the next request's cost", found).await;
    assert_eq!((before, asked(&world)), (2, 3));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_whose_cost_comes_after_a_restart_is_put_into_its_row() {
    let world = late(2);
    world.write_config(FALLBACKS);
    let service = world.start().await;
    cut(&world, &service, ("mine", Status::Truncated)).await;
    let each_once = world.sim.wait_for(|entries| {
        (entries.iter().filter(|entry| entry.path.contains("/generation")).count() >= 2).then_some(())
    });
    within("a question for each", each_once).await;
    end(service).await;
    assert_eq!(newest(&world).cost.source, CostSource::Estimate);
    let service = world.start().await;
    let mut events = world.events().await;
    let mut row = newest(&world);
    while row.cost.source == CostSource::Estimate {
        events.until(|event| matches!(event, Event::CostFound { .. }).then_some(())).await;
        row = newest(&world);
    }
    assert_eq!((row.cost.source, row.cost.amount), (CostSource::LookedUp, world.sim.total()), "{row:#?}");
    end(service).await;
}

/// How often the generation of a row was asked for.
fn asked_for(world: &World, generation_id: &str) -> usize {
    let of_row = |path: &str| path.contains("/generation") && path.contains(generation_id);
    world.sim.journal().iter().filter(|entry| of_row(&entry.path)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_six_questions_in_vain_the_estimate_stays_and_nobody_asks_again() {
    let world = late(u32::MAX);
    let pace = Pace { cost_lookups: [Duration::from_millis(1); 6], ..unhurried() };
    let service = Service::start(ServeOptions { pace, ..world.options() }).await.expect("a service");
    let mut generations = Vec::new();
    // Each is asked for while the ones before would be, were they not given up.
    for _ in 0..3 {
        cut(&world, &service, CUT[0]).await;
        let row = newest(&world);
        let generation_id = row.generation_id.expect("known from the stream");
        let given_up = world.sim.wait_for(|entries| {
            let asked = entries.iter().filter(|entry| entry.path.contains(&generation_id)).count();
            (asked >= 6).then_some(())
        });
        within("the sixth question", given_up).await;
        generations.push(generation_id);
    }
    end(service).await;
    for generation_id in &generations {
        assert_eq!(asked_for(&world, generation_id), 6, "{generation_id}");
    }
    let reader = LedgerReader::open(&world.data_dir().ledger()).expect("a ledger");
    let rows = reader.recent(Page { before: None, limit: 9 }).expect("rows");
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row.status == Status::Truncated && row.cost.source == CostSource::Estimate)
    );
}

/// A service that asks at once, of an upstream like that.
async fn hasty(sim: SimConfig) -> (World, RunningService) {
    let world = World { sim: Sim::start(sim).expect("a simulator"), ..World::new() };
    let pace = Pace { cost_lookups: [Duration::from_millis(1); 6], ..unhurried() };
    let service = Service::start(ServeOptions { pace, ..world.options() }).await.expect("a service");
    (world, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_cannot_tell_now_uses_up_no_question() {
    let sim = SimConfig { generation_outages: 7, generation_lag: 0, ..SimConfig::default() };
    let (world, service) = hasty(sim).await;
    let mut events = world.events().await;
    cut(&world, &service, CUT[0]).await;
    events.until(|event| matches!(event, Event::CostFound { .. }).then_some(())).await;
    let row = newest(&world);
    assert_eq!((row.cost.source, row.cost.amount), (CostSource::LookedUp, world.sim.total()));
    assert_eq!(asked(&world), 8, "seven in vain, one more than there are questions");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_of_another_generation_is_not_taken() {
    let sim = SimConfig { generations_mixed_up: true, generation_lag: 0, ..SimConfig::default() };
    let (world, service) = hasty(sim).await;
    cut(&world, &service, CUT[0]).await;
    let sixth = world.sim.wait_for(|entries| {
        (entries.iter().filter(|entry| entry.path.contains("/generation")).count() >= 6).then_some(())
    });
    within("the sixth question", sixth).await;
    end(service).await;
    assert_eq!(newest(&world).cost.source, CostSource::Estimate);
}
