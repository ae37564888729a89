//! Faults on both legs, many and mixed: every request has its row, and nothing is left over.
//!
//! `TURNPIKE_CHAOS_REQUESTS` says how many, for a long run.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use turnpike_ledger::{CostFound, CostSource, RequestRow, Status};
use turnpike_sim::{BillItem, NanoUsd, Outcome};
use turnpike_upstream::Upstream;

use crate::client::{Client, ask};
use crate::harness::{KEY, Plane, within};

const REQUESTS: usize = 1_200;
const AT_ONCE: usize = 8;

/// What the upstream does, in turn.
const UPSTREAM: &[&str] = &[
    "text+words=40",
    "text+words=200+delay=1ms",
    "text+slice=1",
    "text+words=100+cut=2500",
    "text+words=100+rst=2500",
    "text+words=100+end=2500",
    "text+silence=20ms",
    "text+stall-after=3",
    "text+gzip",
    "text+flip",
    "text+stale",
    "close",
    "reset",
    "half-head",
    "not-http",
    "bad-chunk",
    "length-long",
    "error-429",
    "error-500",
    "error-midstream",
    "no-finish",
    "bad-json",
    "empty-answer",
    "redirect",
];

/// What the client does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leg {
    /// Reads to the end.
    Whole,
    /// Goes away once so much has come.
    Leaves(usize),
    /// Stops sending once its request is out.
    HalfCloses,
    /// Goes away in the middle of its request.
    HalfAsks,
    /// Sends what is no request.
    Babbles,
}

/// A repeatable choice.
fn choice(number: usize, of: usize) -> usize {
    (number + 1).wrapping_mul(2_654_435_761) / 65_536 % of
}

const fn leg(number: usize, stalls: bool) -> Leg {
    match number {
        // Nobody waits for what never comes.
        _ if stalls => Leg::Leaves(1),
        0..=3 => Leg::Whole,
        4 | 5 => Leg::Leaves(number % 4),
        6 => Leg::HalfCloses,
        7 => Leg::HalfAsks,
        _ => Leg::Babbles,
    }
}

/// A name of its own each time: what one target did must not keep the next request away from it.
fn model(number: usize) -> String {
    format!("sim/{}+cost=0.{:09}", UPSTREAM[number % UPSTREAM.len()], number + 1)
}

fn leg_of(number: usize) -> Leg {
    leg(choice(number, 9), UPSTREAM[number % UPSTREAM.len()].contains("stall"))
}

/// One request; whether it was accepted, so that it must have a row.
async fn one(plane: Arc<Plane>, number: usize) {
    let (model, leg) = (model(number), leg_of(number));
    let stalls = model.contains("stall");
    let request = plane.request(&ask(&model, stalls || choice(number * 7, 4) != 0));
    let mut client = Client::connect(plane.addr).await;
    match leg {
        Leg::HalfAsks => return client.send(&request[..request.len() - 10]).await,
        Leg::Babbles => return client.send("HELO mail.example.com\r\n\r\n").await,
        _ => client.send(&request).await,
    }
    if leg == Leg::HalfCloses {
        client.stream.shutdown().await.expect("the socket is open");
        let _ = within("the end", client.answer()).await;
        return;
    }
    let mut answer = match within("a head", client.head()).await {
        Ok(answer) => answer,
        Err(error) => panic!("{model}: {error}"),
    };
    match leg {
        Leg::Leaves(count) if answer.status == 200 && answer.header("content-length").is_none() => {
            for _ in 0..count {
                let _ = within("a chunk", client.chunk(&mut answer.body)).await;
            }
        }
        Leg::Leaves(_) => {}
        _ => within("a body", client.body(&mut answer)).await.expect("the body has an end"),
    }
}

/// Files that this process has open.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

async fn round(plane: &Arc<Plane>, numbers: std::ops::Range<usize>) {
    let mut clients = JoinSet::new();
    for number in numbers {
        if clients.len() == AT_ONCE {
            clients.join_next().await.expect("a client").expect("it did not panic");
        }
        clients.spawn(one(Arc::clone(plane), number));
    }
    while let Some(client) = clients.join_next().await {
        client.expect("it did not panic");
    }
    let all_ended = async {
        while !plane.proxy.live().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    within("the end of each request", all_ended).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_thousand_faults_on_both_legs_nothing_is_left_over() {
    let requests =
        std::env::var("TURNPIKE_CHAOS_REQUESTS").map_or(REQUESTS, |n| n.parse().expect("a number"));
    let plane = Arc::new(Plane::start().await);
    plane.sim.reset();
    round(&plane, 0..200).await;
    let few_left = async |most: (usize, usize)| {
        // Connections that wait to be used again, and what is just being closed, are no leak; hundreds are.
        let settling = async {
            while open_files() > most.0 || Handle::current().metrics().num_alive_tasks() > most.1 {
                tokio::task::yield_now().await;
            }
        };
        within("files and tasks to be given back", settling).await;
    };
    let tasks = Handle::current().metrics().num_alive_tasks();
    let most = (open_files() + 64, tasks + 64);
    round(&plane, 200..requests).await;
    few_left(most).await;
    assert_eq!(plane.ask("sim/text", true).await.status, 200, "it lives");
    bill_is_ours(&plane, requests).await;
}

/// The items that no row pays for, for whoever reads a failure.
fn difference(rows: &[RequestRow], items: &[BillItem]) -> String {
    let paid = |item: &&BillItem| {
        let of = |row: &RequestRow| row.generation_id.as_ref() == Some(&item.generation);
        !rows.iter().any(|row| of(row) && row.cost.amount == item.charged)
    };
    items.iter().filter(paid).take(12).map(|item| format!("{item:?}\n")).collect()
}

/// What was charged to clients that had left before the upstream told them the generation's id: nobody can ask for it. Each
/// model's name is asked for once here, so it leads to the row. Only clients that leave at once can bring that about, and
/// there are no more of them than the simulator has seen hang up.
fn untold(rows: &[RequestRow], items: &[BillItem], requests: usize) -> NanoUsd {
    let left_before = |row: &RequestRow| {
        let was_told = row.generation_id.is_some() || row.first_token_ns.is_some() || row.response_bytes > 0;
        row.status == Status::Cancelled && !was_told
    };
    let is_untold =
        |item: &&BillItem| rows.iter().any(|row| row.requested_model == item.model && left_before(row));
    let untold: Vec<&BillItem> = items.iter().filter(is_untold).collect();
    let leaves_at_once = |number: usize| matches!(leg_of(number), Leg::Leaves(0) | Leg::HalfCloses);
    let models: HashSet<String> = (0..requests).filter(|number| leaves_at_once(*number)).map(model).collect();
    assert!(untold.iter().all(|item| models.contains(&item.model)), "{untold:?}");
    let hung_up = items.iter().filter(|item| item.outcome == Outcome::Aborted).count();
    assert!(untold.len() <= hung_up, "{} untold, {hung_up} hung up", untold.len());
    untold.into_iter().map(|item| item.charged).sum()
}

/// The ledger's sum is the upstream's bill, once open costs are looked up.
async fn bill_is_ours(plane: &Plane, requests: usize) {
    let upstream = Upstream::new(&plane.sim.base_url()).expect("an upstream");
    let rows = plane.rows();
    let settled = |status: Status| !matches!(status, Status::Open | Status::Interrupted);
    assert!(rows.iter().all(|row| settled(row.status)), "every row has its end");
    for status in [Status::Ok, Status::Cancelled, Status::Error, Status::Truncated] {
        let count = rows.iter().filter(|row| row.status == status).count();
        assert!(count > 20, "{count} rows ended as {}", status.as_str());
    }
    let billed = plane.sim.bill().items;
    for row in rows.iter().filter(|row| row.cost.source == CostSource::Estimate) {
        let Some(id) = &row.generation_id else { continue };
        if !billed.iter().any(|item| item.generation == *id) {
            assert_eq!(row.cost.amount, NanoUsd::ZERO, "nobody knows the prices here");
            continue;
        }
        let asked = async {
            loop {
                if let Some(found) = upstream.generation(KEY, id).await.expect("an answer") {
                    return found.total_cost.unwrap_or_default();
                }
            }
        };
        let cost = within("a generation", asked).await;
        plane.ledger.amend_cost(row.id, CostFound::looked_up(cost));
    }
    let rows = plane.rows();
    let sum: NanoUsd = rows.iter().map(|row| row.cost.amount).sum();
    let bill = plane.sim.bill();
    let untold = untold(&rows, &bill.items, requests);
    assert_eq!(sum + untold, bill.total, "{untold:?} untold\n{}", difference(&rows, &bill.items));
}
