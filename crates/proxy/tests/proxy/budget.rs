//! Budgets at the data plane: who is refused, what clients are told, and that spending stops at the cap.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use turnpike_settings::config::{Budget, BudgetAction, Config, Project};
use turnpike_wire::money::NanoUsd;

use crate::client::{Answer, ask};
use crate::harness::{Plane, at_noon, maps, native};

const fn cents(cents: i64) -> NanoUsd {
    NanoUsd(cents * 10_000_000)
}

fn daily(cap: NanoUsd, action: BudgetAction) -> Config {
    let budget = Budget { daily_usd: Some(cap), action, ..Budget::default() };
    Config { budget, general: at_noon(), ..Config::default() }
}

fn unified(answer: &Answer, name: &str) -> Option<String> {
    answer.header(&format!("anthropic-ratelimit-unified-{name}")).map(str::to_owned)
}

/// A request of a session that works in a folder.
fn ask_in(folder: &str, model: &str) -> Value {
    let mut body = ask(model, false);
    body["system"] = json!(format!("<env>\nPrimary working directory: {folder}\n</env>"));
    body
}

#[tokio::test]
async fn a_used_up_budget_refuses_before_anything_is_sent() {
    let plane = Plane::mapped(daily(cents(1), BudgetAction::Stop)).await;
    for _ in 0..2 {
        assert_eq!(plane.ask("sim/text+cost=0.006", true).await.status, 200);
    }
    let sent = plane.upstream_requests().len();
    for stream in [true, false] {
        let answer = plane.ask("sim/text+cost=0.006", stream).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (429, "billing_error"), "{message}");
        assert!(message.starts_with("The daily budget of $0.01 is used up: $0.01 spent"), "{message}");
        assert!(message.ends_with("turnpike budget raise 5 --period daily"), "{message}");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
        let wait: i64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=25 * 3_600).contains(&wait), "{wait}");
        let reset = unified(&answer, "reset");
        assert!(reset.as_deref().is_some_and(|reset| reset.parse::<i64>().is_ok()), "{reset:?}");
        for (name, value) in [
            ("status", Some("rejected")),
            ("overage-period", Some("daily")),
            ("overage-disabled-reason", Some("org_spend_cap_reached")),
            ("overage-reset", reset.as_deref()),
            ("representative-claim", None),
            ("overage-status", None),
            ("overage-utilization", None),
        ] {
            assert_eq!(unified(&answer, name).as_deref(), value, "{name}");
        }
    }
    assert_eq!(plane.upstream_requests().len(), sent, "nothing was sent for what was refused");
    assert_eq!((plane.rows().len(), plane.proxy.budget().refused()), (2, 2), "nor was it accepted");
}

#[tokio::test]
async fn a_budget_that_warns_lets_everything_through_and_says_so() {
    let plane = Plane::mapped(daily(cents(1), BudgetAction::Warn)).await;
    for (used, status, surpassed) in [
        ("0.00", "allowed", None),
        ("0.40", "allowed", None),
        ("0.80", "allowed_warning", Some("0.75")),
        ("1.20", "allowed_warning", Some("0.95")),
    ] {
        let answer = plane.ask("sim/text+cost=0.004", true).await;
        assert_eq!(answer.status, 200);
        for (name, value) in [
            ("status", Some(status)),
            ("overage-status", Some(status)),
            ("representative-claim", Some("overage")),
            ("overage-utilization", Some(used)),
            ("overage-surpassed-threshold", surpassed),
            ("overage-disabled-reason", None),
        ] {
            assert_eq!(unified(&answer, name).as_deref(), value, "{used}: {name}");
        }
        assert_eq!(unified(&answer, "reset"), unified(&answer, "overage-reset"));
    }
}

#[tokio::test]
async fn every_successful_answer_tells_the_standing_and_no_upstreams() {
    let mut config = maps(vec![native("own", &["anthropic/claude-sonnet-4.6"])]);
    config.budget = daily(cents(500), BudgetAction::Stop).budget;
    let plane = Plane::mapped(config).await;
    for model in ["own", "sim/text"] {
        for stream in [true, false] {
            let answer = plane.ask(model, stream).await;
            assert_eq!(answer.status, 200, "{model}");
            assert_eq!(unified(&answer, "status").as_deref(), Some("allowed"), "{model} stream: {stream}");
            assert_eq!(answer.header("anthropic-ratelimit-requests-remaining"), None, "{model}");
        }
    }
    let failed = plane.ask("sim/error-429", false).await;
    assert_eq!(unified(&failed, "status"), None, "an error tells none");
    let without = Plane::mapped(Config {
        budget: Budget { daily_usd: None, ..Budget::default() },
        ..Config::default()
    });
    assert_eq!(unified(&without.await.ask("sim/text", true).await, "status"), None, "nor does who has none");
}

#[tokio::test]
async fn a_project_has_a_budget_of_its_own() {
    let mut config = daily(cents(500), BudgetAction::Warn);
    config.projects = vec![Project {
        path: "/src/big".to_owned(),
        daily_usd: None,
        weekly_usd: None,
        monthly_usd: Some(cents(1)),
        action: Some(BudgetAction::Stop),
    }];
    let plane = Plane::mapped(config).await;
    let model = "sim/text+cost=0.01";
    assert_eq!(plane.send(&ask_in("/src/big/deep", model)).await.status, 200);
    let (status, _, message) = plane.send(&ask_in("/src/big", model)).await.error();
    assert_eq!(status, 429);
    assert!(message.starts_with("The monthly budget of $0.01 of project /src/big is used up"), "{message}");
    assert_eq!(plane.send(&ask_in("/src/other", model)).await.status, 200);
}

#[tokio::test]
async fn what_is_reserved_is_given_back_however_a_request_ends() {
    let plane = Plane::mapped(daily(cents(100), BudgetAction::Stop)).await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    for model in ["sim/text", "sim/error-429", "sim/no-finish", "sim/empty-answer", "sim/finish-length"] {
        for stream in [true, false] {
            plane.ask(model, stream).await;
        }
    }
    let [day, ..] = plane.proxy.budget().totals();
    let billed: NanoUsd = plane.rows().iter().map(|row| row.cost.amount).sum();
    assert_eq!((day.reserved, day.settled), (NanoUsd::ZERO, billed));
    assert_ne!(billed, NanoUsd::ZERO);
}

/// A dollar, sixteen agents that ask again and again until they are refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_agents_stop_at_the_cap_plus_what_was_in_flight() {
    const AGENTS: i64 = 16;
    const CENTS_A_REQUEST: i64 = 3;
    let plane = Arc::new(Plane::mapped(daily(cents(100), BudgetAction::Stop)).await);
    let mut agents = JoinSet::new();
    for agent in 0..AGENTS {
        let plane = Arc::clone(&plane);
        agents.spawn(async move {
            loop {
                match plane.ask("sim/text+words=5+cost=0.03", agent % 2 == 0).await.status {
                    200 => {}
                    429 => return,
                    other => panic!("{other}"),
                }
            }
        });
    }
    while let Some(agent) = agents.join_next().await {
        agent.expect("it ended by a refusal");
    }
    let billed = plane.sim.bill().total;
    let ledger: NanoUsd = plane.rows().iter().map(|row| row.cost.amount).sum();
    assert_eq!(ledger, billed);
    assert!(billed >= cents(100), "the budget is used: {billed}");
    assert!(billed < cents(100 + AGENTS * CENTS_A_REQUEST), "the cap plus what was in flight: {billed}");
}

#[tokio::test]
async fn the_clients_own_usage_view_gets_its_dollars() {
    let mut config = daily(cents(100), BudgetAction::Stop);
    config.budget.monthly_usd = Some(cents(1_000));
    let plane = Plane::mapped(config).await;
    plane.ask("sim/text+cost=0.5", false).await;
    assert_eq!(plane.call("GET", "/api/oauth/usage", None).await.status, 401);
    let answer = plane.call("GET", "/api/oauth/usage", Some(&plane.token)).await;
    assert_eq!(answer.status, 200);
    let usage: Value = serde_json::from_slice(&answer.body).unwrap();
    let extra = &usage["extra_usage"];
    assert_eq!(
        (&extra["monthly_limit"], &extra["used_credits"], &extra["utilization"]),
        (&json!(1_000), &json!(50), &json!(5))
    );
    let limits: Vec<(&Value, &Value)> = usage["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| (&limit["group"], &limit["percent"]))
        .collect();
    assert_eq!(limits, [(&json!("monthly"), &json!(5)), (&json!("daily"), &json!(50))]);
}
