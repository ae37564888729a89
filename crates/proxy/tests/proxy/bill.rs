//! The bill: one row for each request, to the nano-dollar, whatever clients and providers do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use turnpike_ledger::{CostFound, CostSource, Dimension, Facet, RequestRow, SpendQuery, Status};
use turnpike_settings::config::Price;
use turnpike_sim::{BillItem, NanoUsd, Outcome};
use turnpike_upstream::Upstream;

use crate::client::{Client, ask};
use crate::harness::{KEY, Plane, map, maps, within_time};

const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 64;
/// For what must come, on a machine that does much else. The runner's limit for this test is longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is asked for, in turn.
const MODELS: &[&str] = &[
    "sim/text+words=40",
    "sim/thinking",
    "sim/parallel",
    "sim/text+usage=2025",
    "sim/text+usage=twice",
    "sim/text+usage=empty",
    "sim/text+usage=cost-string",
    "sim/text+cost=0.0000000025",
    "sim/text+cost=0.0076509169000000005",
    "sim/text+words=300+delay=1ms",
    "sim/finish-length",
    "sim/error-429",
    "sim/error-midstream",
    "sim/no-finish",
    "sim/empty-answer",
    "sim/text+slice=random",
    "sim/text+flip",
    "sim/text+usage=none",
    "sim/text+usage=no-cost",
];

/// What a client did.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Patience {
    Whole,
    /// Went away once so many transfer chunks had come.
    Chunks(usize),
}

/// Fails when something does not happen at all.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    within_time(PATIENCE, what, future).await
}

/// A repeatable choice.
fn choice(number: usize, of: usize) -> usize {
    (number + 1).wrapping_mul(2_654_435_761) / 65_536 % of
}

async fn one(plane: Arc<Plane>, number: usize) {
    let model = MODELS[number % MODELS.len()];
    let stream = choice(number, 4) != 0;
    let patience = match choice(number * 7, 3) {
        0 if stream => Patience::Chunks(choice(number * 13, 5)),
        _ => Patience::Whole,
    };
    let mut client = Client::connect(plane.addr).await;
    client.send(plane.request(&ask(model, stream))).await;
    let mut answer = soon("a head", client.head()).await.expect("a head came");
    match patience {
        Patience::Whole => soon("a body", client.body(&mut answer)).await.expect("the body came"),
        Patience::Chunks(_) if answer.status != 200 => {}
        Patience::Chunks(count) => {
            for _ in 0..count {
                if !matches!(soon("a chunk", client.chunk(&mut answer.body)).await, Ok(1..)) {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_the_upstreams_bill_agree() {
    let plane = Plane::start().await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    plane.sim.reset();
    let plane = Arc::new(plane);
    let mut clients = JoinSet::new();
    for number in 0..REQUESTS {
        if clients.len() == AT_ONCE {
            clients.join_next().await.expect("a client").expect("it did not panic");
        }
        clients.spawn(one(Arc::clone(&plane), number));
    }
    while let Some(client) = clients.join_next().await {
        client.expect("it did not panic");
    }
    let all_ended = async {
        let mut settled = plane.ledger.subscribe();
        while !plane.proxy.live().is_empty() {
            // A request that ends is told of when its row is written; the last may leave a moment after that.
            let _told = tokio::time::timeout(Duration::from_millis(100), settled.recv()).await;
        }
    };
    soon("the end of each request", all_ended).await;
    plane.ledger.flush(PATIENCE).expect("every row gets to the disk");
    let rows = plane.rows();
    assert_eq!(rows.len(), REQUESTS);
    let bill = plane.sim.bill();
    check(&rows, &bill.items);
    look_up(&plane, &rows).await;
    let rows = plane.rows();
    let sum: NanoUsd = rows.iter().map(|row| row.cost.amount).sum();
    let query = SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC);
    let report = plane.ledger.reader().spend(&query).expect("a readable ledger");
    assert_eq!((sum, report.total.cost()), (bill.total, bill.total), "{}", difference(&rows, &bill.items));
    assert_eq!(report.total.requests(), REQUESTS as i64);
}

/// What the service does after a while: asks the upstream for each cost that no answer told.
async fn look_up(plane: &Plane, rows: &[RequestRow]) {
    let upstream = Upstream::new(&plane.sim.base_url()).expect("an upstream");
    let unsettled = plane.ledger.reader().unsettled_costs(0).expect("a readable ledger");
    let estimates = rows.iter().filter(|row| row.cost.source == CostSource::Estimate);
    assert_eq!(unsettled.len(), estimates.count(), "every estimate can be looked up");
    assert!(unsettled.len() > REQUESTS / 20, "{}", unsettled.len());
    for row in unsettled {
        let asked = async {
            loop {
                let found = upstream.generation(KEY, &row.generation_id).await.expect("an answer");
                if let Some(generation) = found {
                    return generation;
                }
            }
        };
        let generation = soon("a generation", asked).await;
        plane.ledger.amend_cost(row.id, CostFound::looked_up(generation.total_cost.expect("a cost")));
    }
}

/// The rows and items that do not fit together, for whoever reads a failure.
fn difference(rows: &[RequestRow], items: &[BillItem]) -> String {
    let mut charged: HashMap<&str, NanoUsd> =
        items.iter().map(|item| (item.generation.as_str(), item.charged)).collect();
    let mut told = Vec::new();
    for row in rows {
        let item = row.generation_id.as_deref().and_then(|id| charged.remove(id)).unwrap_or_default();
        if item != row.cost.amount {
            told.push(format!("{} {} {:?}: {item} charged", row.id, row.requested_model, row.cost));
        }
    }
    told.extend(
        charged
            .into_iter()
            .filter(|(_, cost)| *cost != NanoUsd::ZERO)
            .map(|item| format!("no row: {item:?}")),
    );
    told.truncate(20);
    told.join("\n")
}

fn check(rows: &[RequestRow], items: &[BillItem]) {
    let mut items: HashMap<&str, &BillItem> =
        items.iter().map(|item| (item.generation.as_str(), item)).collect();
    let mut by_status: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        *by_status.entry(row.status.as_str()).or_default() += 1;
        let item = row.generation_id.as_deref().and_then(|id| items.remove(id));
        match row.status {
            Status::Ok => {
                let item = item.expect("an answer was billed");
                let is_told = (row.cost.amount, row.cost.source) == (item.charged, CostSource::Upstream);
                assert!(is_told || row.cost.source == CostSource::Estimate, "{row:#?}");
            }
            Status::Cancelled => {
                assert!(row.generation_id.is_some(), "its cost can be asked for later: {row:#?}");
                let finished = item.is_some_and(|item| item.outcome == Outcome::Finished);
                let told = row.cost.source == CostSource::Upstream;
                assert!(told && finished || row.cost.source == CostSource::Estimate, "{row:#?}");
            }
            Status::Error | Status::Truncated => assert!(row.http_status.is_some(), "{row:#?}"),
            Status::Open | Status::Interrupted => panic!("not settled: {row:#?}"),
        }
    }
    let of = |status: Status| by_status.get(status.as_str()).copied().unwrap_or_default();
    for status in [Status::Ok, Status::Cancelled, Status::Error, Status::Truncated] {
        assert!(of(status) > REQUESTS / 60, "every way to end is among them: {by_status:?}");
    }
}

#[tokio::test]
async fn odd_usage_is_billed_exactly_or_flagged() {
    let plane = Plane::start().await;
    for (shape, source) in [
        ("2026", CostSource::Upstream),
        ("2025", CostSource::Upstream),
        ("empty", CostSource::Upstream),
        ("twice", CostSource::Upstream),
        ("cost-string", CostSource::Upstream),
        ("overlap", CostSource::Upstream),
        ("reasoning-exceeds", CostSource::Upstream),
        ("huge", CostSource::Upstream),
        ("none", CostSource::Estimate),
        ("bare", CostSource::Estimate),
        ("no-cost", CostSource::Estimate),
    ] {
        for stream in [true, false] {
            assert_eq!(plane.ask(&format!("sim/text+usage={shape}"), stream).await.status, 200, "{shape}");
            let (row, entry) =
                (plane.rows().pop().expect("a row"), plane.upstream_requests().pop().expect("a request"));
            assert_eq!(
                (row.status, row.cost.source),
                (Status::Ok, source),
                "{shape} stream: {stream}: {row:?}"
            );
            if source == CostSource::Upstream {
                assert_eq!(row.cost.amount, entry.charged, "{shape} stream: {stream}");
            }
        }
    }
    for shape in ["negative", "zero"] {
        plane.ask(&format!("sim/text+usage={shape}"), true).await;
        assert!(plane.rows().pop().expect("a row").cost.amount.nanos() >= 0, "{shape}");
    }
}

#[tokio::test]
async fn an_estimate_takes_the_configured_price_first() {
    let mut own = map("own", &["sim/text+usage=no-cost"]);
    let price = |dollars: i64| NanoUsd(dollars * 1_000_000_000);
    own.to.price = Some(Price {
        prompt: price(1_000_000),
        completion: price(1_000_000),
        cache_read: None,
        cache_write: None,
        request: None,
    });
    let plane = Plane::mapped(maps(vec![own])).await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    plane.ask("own", true).await;
    let row = plane.row();
    let tokens = row.usage.input_tokens + row.usage.output_tokens + row.usage.cache_write_tokens;
    assert_eq!(row.cost.source, CostSource::Estimate);
    assert_eq!(row.cost.amount, price(tokens), "a dollar a token: {row:?}");
}
