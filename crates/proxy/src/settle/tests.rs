use std::sync::Arc;

use turnpike_budget::Spender;
use turnpike_ledger::{CostFound, NewRequest, OpenOptions, RequestRow, Status, Usage as RowUsage};
use turnpike_wire::chat::Usage;
use turnpike_wire::money::NanoUsd;

use super::*;
use crate::budget::BudgetGate;
use crate::live::{Live, LiveRequest};
use crate::reply::given_up;

/// A ledger with one open row, and the settler of it.
pub(crate) struct Bench {
    ledger: Ledger,
    id: RowId,
    live: Live,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> (Self, Settler) {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(&folder.path().join("ledger"), &OpenOptions::default()).unwrap();
        let id = ledger.begin(NewRequest { requested_model: "asked".to_owned(), ..NewRequest::default() });
        let live = Live::default();
        let request = LiveRequest {
            id: 0,
            model: "asked".to_owned(),
            target: String::new(),
            class: "main",
            project: None,
            session: None,
            client: None,
            started: Instant::now(),
            output_tokens_estimate: 0,
            cost_estimate: None,
        };
        let guard = live.enter(id, request);
        let settler = Settler::new(ledger.clone(), id, Instant::now(), guard, Prompt::unlike_others(1_000));
        (Self { ledger, id, live, _folder: folder }, settler)
    }

    pub(crate) fn row(&self) -> RequestRow {
        self.ledger.flush(Duration::from_secs(30)).unwrap();
        assert_eq!(self.live.len(), 0, "a settled request is not under way any more");
        self.ledger.reader().row(self.id).unwrap().unwrap()
    }
}

fn target(slug: &str) -> Target {
    Target::new(slug, turnpike_routing::Mode::Translate)
}

/// Prices of one and ten dollars per million tokens.
fn pricing() -> Pricing {
    Pricing {
        prompt: Some(NanoUsd(1_000_000_000)),
        completion: Some(NanoUsd(10_000_000_000)),
        ..Pricing::default()
    }
}

fn served(id: &str, cost: Option<i64>) -> Served {
    let usage =
        Usage { prompt_tokens: 100, completion_tokens: 10, cost: cost.map(NanoUsd), ..Usage::default() };
    Served { generation_id: Some(id.to_owned()), usage: Some(usage), ..Served::default() }
}

/// The try finds a connection.
fn sent(settler: &mut Settler, streams: bool) {
    settler.asked(streams).leaves();
}

#[test]
fn what_failed_tries_cost_is_in_the_sum() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/first"), pricing(), Vec::new());
    settler.note(&served("gen-1", Some(7)));
    settler.failed(&Failure::empty("a/first"), false);
    settler.try_target(&target("a/second"), pricing(), Vec::new());
    settler.note(&served("gen-2", Some(35)));
    settler.first_content();
    settler.settle_ok(Some("end_turn".to_owned()), &[]);
    let row = bench.row();
    assert_eq!(
        (row.status, row.cost.amount, row.cost.source),
        (Status::Ok, NanoUsd(42), CostSource::Upstream)
    );
    assert_eq!((row.usage.input_tokens, row.usage.output_tokens), (200, 20));
    assert_eq!((row.target.as_deref(), row.generation_id.as_deref()), (Some("a/second"), Some("gen-2")));
    let attempts = row.attempts.unwrap();
    assert!(
        attempts.as_str().contains(r#""generation_id":"gen-1","cost_nanos":7,"cost_source":"upstream""#),
        "{}",
        attempts.as_str()
    );
}

#[test]
fn each_try_that_nobody_told_the_cost_of_waits_for_it_and_the_sum_is_an_estimate_until_then() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/first"), pricing(), Vec::new());
    settler.head(Some("gen-1"));
    settler.failed(&Failure::unreadable("noise"), false);
    settler.try_target(&target("a/second"), pricing(), Vec::new());
    settler.note(&served("gen-2", Some(7)));
    settler.failed(&Failure::empty("a/second"), false);
    settler.try_target(&target("a/third"), Pricing { request: Some(NanoUsd(5)), ..pricing() }, Vec::new());
    settler.head(Some("gen-3"));
    drop(settler);
    let row = bench.row();
    let tries = Attempt::read(row.attempts.as_ref());
    let told: Vec<_> = tries
        .iter()
        .map(|attempt| (attempt.outcome.as_str(), attempt.cost_nanos.nanos(), attempt.cost_source))
        .collect();
    let priced = 1_000_000 + 5;
    assert_eq!(
        told,
        [
            ("unreadable", 0, Some(CostSource::Estimate)),
            ("empty", 7, Some(CostSource::Upstream)),
            ("cancelled", priced, Some(CostSource::Estimate)),
        ]
    );
    assert_eq!((row.cost.amount, row.cost.source), (NanoUsd(priced + 7), CostSource::Estimate));
    let unsettled = bench.ledger.reader().unsettled_costs(0).unwrap();
    let waiting: Vec<_> =
        unsettled.iter().map(|part| (part.generation_id.as_str(), part.estimate.nanos())).collect();
    assert_eq!(waiting, [("gen-1", 0), ("gen-3", priced)]);
}

#[test]
fn a_cost_that_nobody_told_is_an_estimate_and_says_so() {
    let (bench, mut settler) = Bench::new();
    let pricing = Pricing { request: Some(NanoUsd(5)), ..pricing() };
    settler.try_target(&target("a/b"), pricing, Vec::new());
    settler.note(&served("gen-1", None));
    settler.first_content();
    settler.settle_ok(None, &[]);
    let row = bench.row();
    // 100 tokens at a dollar and 10 at ten dollars, per million, and the request itself.
    assert_eq!((row.cost.amount, row.cost.source), (NanoUsd(200_005), CostSource::Estimate));
}

#[test]
fn an_estimate_for_a_long_prompt_takes_the_prices_of_long_prompts() {
    let (bench, mut settler) = Bench::new();
    let tier = r#"{"prompt":"0.000001","completion":"0.00001","overrides":[{"min_prompt_tokens":100,"prompt":"0.000002"}]}"#;
    settler.try_target(&target("a/b"), serde_json::from_str(tier).unwrap(), Vec::new());
    settler.note(&served("gen-1", None));
    settler.first_content();
    settler.settle_ok(None, &[]);
    // 100 tokens at two dollars and 10 at ten, per million.
    assert_eq!(bench.row().cost.amount, NanoUsd(300_000));
}

#[test]
fn a_client_that_goes_leaves_an_estimate() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    settler.head(Some("gen-1"));
    settler.first_content();
    settler.sent(1_200);
    drop(settler);
    let row = bench.row();
    assert_eq!((row.status, row.cost.source), (Status::Cancelled, CostSource::Estimate));
    assert_eq!((row.usage.input_tokens, row.usage.output_tokens), (1_000, 10));
    assert_eq!(row.generation_id.as_deref(), Some("gen-1"));
}

#[test]
fn a_client_that_goes_before_anybody_worked_owes_nothing() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    drop(settler);
    let row = bench.row();
    assert_eq!(
        (row.status, row.cost.amount, row.cost.source),
        (Status::Cancelled, NanoUsd(0), CostSource::None)
    );
}

#[test]
fn a_client_that_goes_while_the_upstream_may_be_at_work_leaves_an_estimate() {
    // A whole message may be written to its end; a stream would have shown its head before its first token.
    for (streams, tokens) in [(false, 1_000), (true, 0)] {
        let (bench, mut settler) = Bench::new();
        settler.try_target(&target("a/b"), pricing(), Vec::new());
        sent(&mut settler, streams);
        drop(settler);
        let row = bench.row();
        let found = (row.status, row.cost.amount.nanos(), row.cost.source);
        assert_eq!(found, (Status::Cancelled, tokens * 1_000, CostSource::Estimate), "stream: {streams}");
        assert_eq!(row.usage, RowUsage { input_tokens: tokens, ..RowUsage::default() }, "stream: {streams}");
        assert_eq!(bench.ledger.reader().unsettled_costs(0).unwrap(), [], "no number to ask for it by");
    }
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    sent(&mut settler, false);
    settler.failed(&Failure::empty("a/b"), false);
    drop(settler);
    assert_eq!(bench.row().cost.source, CostSource::None, "it had answered, and the next was not asked");
}

#[test]
fn what_this_service_ends_may_be_billed_all_the_same() {
    for (wish, status) in [
        (Wish::Shutdown, Status::Error),
        (Wish::Cancel, Status::Cancelled),
        (Wish::Revoke, Status::Cancelled),
    ] {
        for (streams, is_named, tokens) in [(false, false, 1_000), (false, true, 1_000), (true, false, 0)] {
            let label = format!("{wish:?} stream: {streams} named: {is_named}");
            let (bench, mut settler) = Bench::new();
            settler.try_target(&target("a/b"), pricing(), Vec::new());
            sent(&mut settler, streams);
            if is_named {
                settler.head(Some("gen-1"));
            }
            bench.live.end_all(wish);
            settler.settle_failed(&wish.failure(), 503, &[]);
            let row = bench.row();
            assert_eq!((row.status, row.cost.source), (status, CostSource::Estimate), "{label}");
            assert_eq!(
                (row.cost.amount.nanos(), row.usage.input_tokens),
                (tokens * 1_000, tokens),
                "{label}"
            );
        }
    }
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    bench.live.end_all(Wish::Shutdown);
    settler.settle_failed(&Wish::Shutdown.failure(), 503, &[]);
    assert_eq!(bench.row().cost, Cost::NONE, "it had not been asked");
}

#[test]
fn what_has_found_no_connection_costs_nothing() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    sent(&mut settler, false);
    settler.failed(&Failure::unreadable("noise"), false);
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    let _told_later = settler.asked(false);
    settler.failed(&given_up(Duration::from_secs(10)), true);
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    let _told_later = settler.asked(false);
    drop(settler);
    let row = bench.row();
    assert_eq!((row.status, row.cost, row.usage), (Status::Cancelled, Cost::NONE, RowUsage::default()));
}

#[test]
fn a_try_that_was_given_up_before_its_head_may_be_billed() {
    // A whole message may be written to its end; a 504 is an answer.
    for (label, streams, has_head, tokens, source) in [
        ("a whole message", false, false, 1_000, CostSource::Estimate),
        ("a stream", true, false, 0, CostSource::Estimate),
        ("an answer that it took too long", false, true, 0, CostSource::Upstream),
    ] {
        let (bench, mut settler) = Bench::new();
        settler.try_target(&target("a/first"), pricing(), Vec::new());
        sent(&mut settler, streams);
        if has_head {
            settler.head(None);
        }
        settler.failed(&given_up(Duration::from_secs(300)), !has_head);
        settler.try_target(&target("a/second"), pricing(), Vec::new());
        sent(&mut settler, streams);
        settler.head(Some("gen-2"));
        settler.note(&served("gen-2", Some(7)));
        settler.first_content();
        settler.settle_ok(None, &[]);
        let row = bench.row();
        let cost = (row.cost.amount.nanos(), row.cost.source, row.usage.input_tokens);
        assert_eq!(cost, (tokens * 1_000 + 7, source, tokens + 100), "{label}");
    }
}

#[test]
fn tokens_that_the_upstream_has_counted_stay_when_the_cost_is_found() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    let mut answered = served("gen-1", None);
    answered.usage = answered.usage.map(|usage| Usage {
        cached_tokens: 20,
        cache_write_tokens: 30,
        web_search_requests: 2,
        ..usage
    });
    settler.note(&answered);
    settler.first_content();
    settler.settle_ok(None, &[]);
    let counted = bench.row().usage;
    assert_eq!((counted.input_tokens, counted.cache_write_tokens, counted.web_searches), (50, 30, 2));
    let coarser =
        RowUsage { input_tokens: 80, output_tokens: 10, cache_read_tokens: 20, ..RowUsage::default() };
    let found = CostFound {
        generation_id: Some("gen-1".to_owned()),
        usage: Some(coarser),
        ..CostFound::looked_up(NanoUsd(9))
    };
    bench.ledger.amend_cost(bench.id, found);
    let row = bench.row();
    assert_eq!((row.cost, row.usage), (Cost::of(NanoUsd(9), CostSource::LookedUp), counted));
}

#[test]
fn tokens_that_were_counted_before_a_stream_was_cut_give_way_to_those_that_are_found() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    settler.note(&served("gen-1", None));
    settler.first_content();
    drop(settler);
    assert_eq!(bench.row().usage.output_tokens, 10);
    let usage = RowUsage { input_tokens: 100, output_tokens: 400, ..RowUsage::default() };
    let found = CostFound {
        generation_id: Some("gen-1".to_owned()),
        usage: Some(usage),
        ..CostFound::looked_up(NanoUsd(9))
    };
    bench.ledger.amend_cost(bench.id, found);
    let row = bench.row();
    assert_eq!((row.cost, row.usage), (Cost::of(NanoUsd(9), CostSource::LookedUp), usage));
}

#[test]
fn a_failure_after_which_tokens_were_counted_is_asked_for() {
    let (bench, mut settler) = Bench::new();
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    settler.note(&served("gen-1", None));
    settler.failed(&Failure::new(Cause::Provider, "The provider failed."), false);
    settler.settle_failed(&Failure::new(Cause::Provider, "The provider failed."), 502, &[]);
    let row = bench.row();
    assert_eq!((row.cost.amount, row.cost.source), (NanoUsd::ZERO, CostSource::Estimate));
    assert_eq!(bench.ledger.reader().unsettled_costs(0).unwrap().len(), 1);
}

#[test]
fn an_impossible_cost_counts_for_nothing_in_row_try_and_budget() {
    let gate = Arc::new(BudgetGate::new(&turnpike_settings::Config::default()));
    let (bench, mut settler) = Bench::new();
    let held = gate.admit(Spender::default(), "a/b", 10, &pricing()).expect("nothing is spent");
    settler.hold(held, None);
    settler.try_target(&target("a/b"), pricing(), Vec::new());
    settler.note(&served("gen-1", Some(2_000_000_000_000_000)));
    settler.first_content();
    settler.settle_ok(None, &[]);
    let row = bench.row();
    assert_eq!(row.cost, Cost::of(NanoUsd::ZERO, CostSource::Estimate));
    assert_eq!(gate.totals()[0].settled, NanoUsd::ZERO);
    assert_eq!(bench.ledger.reader().unsettled_costs(0).unwrap().len(), 1, "it is asked for");
}

#[test]
fn a_panic_leaves_a_row_that_says_so() {
    let (bench, settler) = Bench::new();
    let panicked = std::thread::spawn(move || {
        let _settler = settler;
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    let row = bench.row();
    assert_eq!((row.status, row.error_type.as_deref()), (Status::Error, Some("api_error")));
}
