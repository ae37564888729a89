//! An hour that costs far more than usual.

use std::time::Duration;

use turnpike_api::Event;
use turnpike_api::command::{Forecast, Notices, Reconcile};
use turnpike_api::notice::NoticeKind;
use turnpike_ledger::{Cost, CostSource, Ledger, NewRequest, OpenOptions, Outcome, Settlement};
use turnpike_wire::money::NanoUsd;

use crate::support::{World, end};

const HOUR: i64 = 3_600_000_000_000;

/// Three hours of the week before, at $0.10 each.
fn usual_hours(world: &World) {
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    let now = turnpike_ledger::unix_nanos(std::time::SystemTime::now());
    for hours in [48, 30, 20] {
        let started_at = now - hours * HOUR;
        let id =
            ledger.begin(NewRequest { started_at, requested_model: "m".to_owned(), ..NewRequest::default() });
        let cost = Cost::of(NanoUsd(100_000_000), CostSource::Upstream);
        ledger.settle(id, Settlement { cost, ..Settlement::new(Outcome::Ok, Duration::from_secs(1)) });
    }
    ledger.close(Duration::from_secs(60)).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_above_five_usual_ones_is_told_once() {
    let world = World::new();
    world.write_config("[notify]\nspike = true\n");
    usual_hours(&world);
    let service = world.start().await;
    let mut events = world.events().await;
    let is_spike = async || world.call(Forecast::default()).await.expect("a forecast").is_spike;
    assert_eq!(world.message(&service, "sim/text+cost=0.5").await.0, 200);
    world.call(Reconcile { now: true }).await.expect("compared");
    assert!(!is_spike().await, "five times as much is none yet");

    assert_eq!(world.message(&service, "sim/text+cost=0.1").await.0, 200);
    world.call(Reconcile { now: true }).await.expect("compared");
    world.call(Reconcile { now: true }).await.expect("compared");
    let noticed = |event| match event {
        Event::Noticed { notice } if notice.kind == NoticeKind::Spike => Some(notice.text),
        _ => None,
    };
    let text = events.until(noticed).await;
    assert!(text.starts_with("the last hour cost $0.60, an hour usually $0.10"), "{text}");
    assert!(is_spike().await);
    end(service).await;

    let service = world.start().await;
    let kept = world.call(Notices::default()).await.expect("notices");
    let of_kind = kept.notices.iter().filter(|notice| notice.kind == NoticeKind::Spike).count();
    let is_on = kept.kinds.iter().any(|switch| switch.kind == NoticeKind::Spike && switch.is_on);
    assert_eq!((of_kind, is_on), (1, true), "{:?}", kept.notices);
    end(service).await;
}
