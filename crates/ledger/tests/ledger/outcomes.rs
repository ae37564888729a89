//! One row for each request, in every outcome.

use std::time::Duration;

use turnpike_ledger::{
    Attempt, Cost, CostFound, CostSource, JsonText, LedgerEvent, Mode, NewRequest, OpenOptions, Outcome,
    Page, Progress, RowId, Settlement, Status, Usage, WriterState,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, end, paid, quick, request, spend, wait_for};

#[test]
fn each_outcome_is_one_row_with_its_status() {
    let home = Home::new();
    let ledger = home.open();
    let rows = [
        (Outcome::Ok, Status::Ok),
        (Outcome::Error, Status::Error),
        (Outcome::Cancelled, Status::Cancelled),
        (Outcome::Truncated, Status::Truncated),
    ];
    let ids: Vec<RowId> =
        rows.iter().map(|(outcome, _)| spend(&ledger, request("s"), end(*outcome))).collect();
    let open = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    for (id, (outcome, status)) in ids.into_iter().zip(rows) {
        let row = ledger.reader().row(id).unwrap().unwrap();
        assert_eq!((row.status, row.duration_ns), (status, Some(1_500_000_000)), "{outcome}");
    }
    let row = ledger.reader().row(open).unwrap().unwrap();
    assert_eq!((row.status, row.duration_ns), (Status::Open, None));
    assert_eq!(home.number("SELECT count(*) FROM request"), 5);
    drop(ledger);
    home.assert_sound();
}

/// A request that tells all there is to tell.
fn full_request() -> NewRequest {
    NewRequest {
        started_at: NEW_YEAR + 7,
        class: Some("subagent".to_owned()),
        agent_type: Some("general-purpose".to_owned()),
        agent_id: Some("a1".to_owned()),
        session: Some("s1".to_owned()),
        project: Some("/home/me/src/app".to_owned()),
        git_root: Some("/home/me/src".to_owned()),
        branch: Some("main".to_owned()),
        client: Some("ci".to_owned()),
        requested_model: "claude-opus".to_owned(),
        target: Some("a/b".to_owned()),
        mode: Some(Mode::Translate),
        stream: true,
        decision: Some(JsonText::of(&["map", "*opus*"]).unwrap()),
        request_bytes: 2_048,
        estimated_tokens: Some(9),
    }
}

/// An end that tells all there is to tell.
fn full_end() -> Settlement {
    Settlement {
        progress: Progress { provider: Some("Novita".to_owned()), ..Progress::default() },
        usage: Usage {
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_write_tokens: 4,
            reasoning_tokens: 5,
            web_searches: 6,
        },
        cost: Cost { amount: NanoUsd(7), byok: NanoUsd(8), source: CostSource::Upstream },
        attempts: vec![Attempt {
            target: "a/b".to_owned(),
            outcome: "ok".to_owned(),
            at_ms: 3,
            ..Attempt::default()
        }],
        http_status: Some(200),
        error_type: Some("overloaded_error".to_owned()),
        error_message: Some("busy".to_owned()),
        stop_reason: Some("end_turn".to_owned()),
        dropped: Some(JsonText::of(&["top_k"]).unwrap()),
        repairs: Some(JsonText::of(&["id"]).unwrap()),
        response_bytes: 512,
        ..end(Outcome::Ok)
    }
}

#[test]
fn all_that_is_told_of_a_request_is_kept() {
    let home = Home::new();
    let ledger = home.open();
    let mut events = ledger.subscribe();
    let id = ledger.begin(full_request());
    let known = Progress {
        generation_id: Some("gen-1".to_owned()),
        served_model: Some("a/b-0813".to_owned()),
        provider: Some("Together".to_owned()),
        first_token: Some(Duration::from_nanos(420)),
        ..Progress::default()
    };
    ledger.progress(id, known);
    ledger.flush(LONG).unwrap();
    ledger.settle(id, full_end());
    let settled = wait_for(&mut events, |event| match event {
        LedgerEvent::Settled(settled) => Some(settled),
        _ => None,
    });
    let row = ledger.reader().row(id).unwrap().unwrap();
    assert_eq!(
        (&settled.rows[..], settled.before),
        (&[row.clone()][..], 0),
        "the event tells the row as it is on disk"
    );
    assert_eq!(
        serde_json::to_value(&row).unwrap(),
        serde_json::json!({
            "id": 1, "instance": 1, "started_at": NEW_YEAR + 7, "first_token_ns": 420,
            "duration_ns": 1_500_000_000, "status": "ok", "class": "subagent",
            "agent_type": "general-purpose", "agent_id": "a1", "session": "s1",
            "project": "/home/me/src/app", "git_root": "/home/me/src", "branch": "main", "client": "ci",
            "requested_model": "claude-opus", "served_model": "a/b-0813", "target": "a/b",
            "provider": "Novita", "mode": "translate", "stream": true, "decision": ["map", "*opus*"],
            "attempts": [{"target": "a/b", "outcome": "ok", "at_ms": 3}], "input_tokens": 1, "output_tokens": 2, "cache_read_tokens": 3,
            "cache_write_tokens": 4, "reasoning_tokens": 5, "web_searches": 6, "cost_nanos": 7,
            "byok_cost_nanos": 8, "cost_source": "upstream", "generation_id": "gen-1", "http_status": 200,
            "error_type": "overloaded_error", "error_message": "busy", "stop_reason": "end_turn",
            "dropped": ["top_k"], "repairs": ["id"], "request_bytes": 2048, "response_bytes": 512,
            "estimated_tokens": 9,
        })
    );
}

#[test]
fn the_first_settlement_counts_and_the_second_is_counted() {
    let home = Home::new();
    let ledger = home.open();
    let id = spend(&ledger, request("s"), paid(5));
    ledger.settle(id, paid(6));
    ledger.flush(LONG).unwrap();
    ledger.settle(id, paid(7));
    ledger.progress(id, Progress { provider: Some("late".to_owned()), ..Progress::default() });
    ledger.flush(LONG).unwrap();
    let row = ledger.reader().row(id).unwrap().unwrap();
    assert_eq!((row.cost.amount, row.provider), (NanoUsd(5), None));
    assert_eq!(ledger.health().ignored_settlements, 2);
    drop(ledger);
    home.assert_sound();
}

#[test]
fn rows_of_one_commit_are_told_together_and_each_once() {
    let home = Home::new();
    // Long enough that all of them are one batch.
    let (ledger, _) = home.open_with(&OpenOptions { gather: Duration::from_millis(500), ..quick() });
    let mut events = ledger.subscribe();
    let ids: Vec<_> = (0..100).map(|_| spend(&ledger, request("s"), paid(5))).collect();
    ledger.flush(LONG).unwrap();
    let mut told = Vec::new();
    let mut sizes = Vec::new();
    while told.len() < ids.len() {
        let settled = wait_for(&mut events, |event| match event {
            LedgerEvent::Settled(settled) => Some(settled),
            _ => None,
        });
        assert_eq!(settled.before, told.len() as u64, "a listener can tell what it missed");
        sizes.push(settled.rows.len());
        told.extend(settled.rows.iter().map(|row| row.id));
    }
    told.sort_unstable();
    assert_eq!(told, ids);
    assert!(sizes.len() <= 8 && sizes.iter().all(|size| *size <= 32), "{sizes:?}");
}

#[test]
fn an_event_comes_after_its_row_is_on_disk() {
    let home = Home::new();
    let ledger = home.open();
    let mut events = ledger.subscribe();
    for told in 0..50 {
        let id = spend(&ledger, request("s"), paid(5));
        let settled = wait_for(&mut events, |event| match event {
            LedgerEvent::Settled(settled) => Some(settled),
            _ => None,
        });
        assert_eq!((settled.rows.len(), settled.rows[0].id, settled.before), (1, id, told));
        let found = home.number(&format!("SELECT count(*) FROM request WHERE id = {id} AND status = 'ok'"));
        assert_eq!(found, 1, "another program finds it as soon as the event is out");
    }
}

#[test]
fn a_later_cost_fills_only_what_was_not_known() {
    let home = Home::new();
    let ledger = home.open();
    let with = |source, nanos| Settlement {
        cost: Cost::of(NanoUsd(nanos), source),
        progress: Progress { generation_id: Some("gen".to_owned()), ..Progress::default() },
        ..end(Outcome::Cancelled)
    };
    let rows = [
        ("an estimate", with(CostSource::Estimate, 5), NanoUsd(9), CostSource::LookedUp),
        ("no cost", with(CostSource::None, 0), NanoUsd(9), CostSource::LookedUp),
        ("the upstream's own", with(CostSource::Upstream, 5), NanoUsd(5), CostSource::Upstream),
        ("one looked up", with(CostSource::LookedUp, 5), NanoUsd(5), CostSource::LookedUp),
    ];
    let ids: Vec<RowId> = rows.iter().map(|(_, end, ..)| spend(&ledger, request("s"), end.clone())).collect();
    ledger.flush(LONG).unwrap();
    let unsettled = ledger.reader().unsettled_costs(0).unwrap();
    assert_eq!(unsettled.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[0]], "only an estimate waits");
    assert_eq!((unsettled[0].estimate, unsettled[0].generation_id.as_str()), (NanoUsd(5), "gen"));
    assert!(ledger.reader().unsettled_costs(NEW_YEAR + 1).unwrap().is_empty());

    let mut events = ledger.subscribe();
    let usage = Usage { output_tokens: 77, ..Usage::default() };
    let found = CostFound { usage: Some(usage), ..CostFound::looked_up(NanoUsd(9)) };
    ids.iter().for_each(|id| ledger.amend_cost(*id, found.clone()));
    ledger.amend_cost(RowId::new(999), found.clone());
    ledger.flush(LONG).unwrap();
    for (id, (name, _, amount, source)) in ids.iter().zip(rows) {
        let row = ledger.reader().row(*id).unwrap().unwrap();
        assert_eq!((row.cost.amount, row.cost.source), (amount, source), "{name}");
        let told = wait_for_cost_of(&mut events, source == CostSource::LookedUp && amount == NanoUsd(9));
        assert!(told.is_none_or(|told| told == row), "{name}: the event tells the row as it is now");
    }
    assert!(ledger.reader().unsettled_costs(0).unwrap().is_empty());
    drop(ledger);
    home.assert_sound();
}

fn wait_for_cost_of(
    events: &mut tokio::sync::broadcast::Receiver<LedgerEvent>,
    is_expected: bool,
) -> Option<turnpike_ledger::RequestRow> {
    is_expected.then(|| {
        wait_for(events, |event| match event {
            LedgerEvent::CostFound { row, .. } => Some((*row).clone()),
            _ => None,
        })
    })
}

#[test]
fn pages_are_ordered_by_number_even_when_the_clock_goes_back() {
    let home = Home::new();
    let ledger = home.open();
    let times = [NEW_YEAR, NEW_YEAR - 86_400_000_000_000, 0, i64::MAX, NEW_YEAR + 1];
    for started_at in times {
        spend(&ledger, NewRequest { started_at, ..request("s") }, paid(1));
    }
    ledger.flush(LONG).unwrap();
    let page = |before, limit| {
        let rows = ledger.reader().recent(Page { before, limit }).unwrap();
        rows.iter().map(|row| row.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2), [5, 4]);
    assert_eq!(page(Some(RowId::new(4)), 2), [3, 2]);
    assert_eq!(page(Some(RowId::new(2)), 2), [1]);
    assert_eq!(page(Some(RowId::new(1)), 2), Vec::<i64>::new());
    drop(ledger);
    home.assert_sound();
}

#[test]
fn a_receipt_sums_one_session() {
    let home = Home::new();
    let ledger = home.open();
    let served = |model: &str, settlement: Settlement| Settlement {
        progress: Progress { served_model: Some(model.to_owned()), ..Progress::default() },
        ..settlement
    };
    let cached = Usage { input_tokens: 6, cache_read_tokens: 94, ..Usage::default() };
    spend(&ledger, request("s"), served("a/b", Settlement { usage: cached, ..paid(100) }));
    spend(&ledger, NewRequest { started_at: NEW_YEAR + 9, ..request("s") }, served("c/d", paid(250)));
    spend(&ledger, NewRequest { project: Some("/p".to_owned()), ..request("s") }, served("a/b", paid(100)));
    spend(&ledger, request("another"), served("a/b", paid(1_000)));
    let _in_flight = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    let receipt = ledger.reader().session_receipt("s").unwrap().unwrap();
    assert_eq!((receipt.total.cost(), receipt.total.requests(), receipt.open), (NanoUsd(450), 3, 1));
    assert_eq!((receipt.first_started_at, receipt.last_started_at), (NEW_YEAR, NEW_YEAR + 9));
    assert_eq!(receipt.project.as_deref(), Some("/p"));
    let models: Vec<_> = receipt.models.iter().map(|row| (row.key.as_deref(), row.totals.cost())).collect();
    assert_eq!(models, [(Some("c/d"), NanoUsd(250)), (Some("a/b"), NanoUsd(200))]);
    assert_eq!(receipt.total.cached_percent(), Some(78));
    assert_eq!(ledger.reader().session_receipt("none").unwrap(), None);
}

#[test]
fn what_is_queued_is_written_when_the_last_handle_goes() {
    let home = Home::new();
    let ledger = home.open();
    let clone = ledger.clone();
    for _ in 0..500 {
        spend(&ledger, request("s"), paid(3));
    }
    drop(ledger);
    spend(&clone, request("s"), paid(3));
    drop(clone);
    assert_eq!(home.number("SELECT sum(cost_nanos) FROM request WHERE status = 'ok'"), 1_503);
    assert_eq!(home.number("SELECT count(*) FROM instance WHERE closed_at IS NOT NULL"), 1);
    home.assert_sound();
}

#[test]
fn a_closed_ledger_counts_what_it_cannot_take() {
    let home = Home::new();
    let (ledger, _) = home.open_with(&quick());
    spend(&ledger, request("s"), paid(3));
    ledger.close(LONG).unwrap();
    ledger.close(LONG).unwrap();
    assert_eq!(home.number("SELECT count(*) FROM request"), 1);
    let late = ledger.begin(request("s"));
    assert_eq!(late, RowId::LOST);
    ledger.settle(late, paid(11));
    let health = ledger.health();
    assert_eq!(health.state, WriterState::Closed);
    assert_eq!((health.lost.rows, health.lost.cost_nanos, health.queued), (1, NanoUsd(11), 0));
}
