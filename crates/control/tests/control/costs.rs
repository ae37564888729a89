//! Costs that are found later.

use std::time::Duration;

use turnpike_api::Event;
use turnpike_ledger::{Ledger, LedgerReader, NewRequest, OpenOptions, Page, Progress, RowId, Status};

use crate::support::{World, end};

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
    ledger.close(Duration::from_secs(5)).expect("written");
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
