//! Known amounts: what cache misses cost, and what the user's own week would have cost on another model.

use std::time::{Duration, SystemTime};

use turnpike_api::command::{Fact, Models, RefreshModels, RequestDetails, Spend, SpendInsight, SpendRow};
use turnpike_ledger::{
    Cost, CostSource, Ledger, NewRequest, OpenOptions, Outcome, Progress, Settlement, Usage, unix_nanos,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{World, end};

const DAY_NS: i64 = 86_400_000_000_000;
const TERRA: &str = "openai/gpt-5.6-terra";
const LUNA: &str = "openai/gpt-5.6-luna";

/// A settled request: model, project, tokens in, from a cache, to a cache, out.
type Row = (&'static str, &'static str, [i64; 4]);

/// A line and what its misses cost.
type Line = (&'static str, Option<i64>);

/// The simulator sells terra for $1, $0.10 from a cache, $1.25 to it and $6 out, luna for a tenth of each.
const ROWS: [Row; 3] = [
    (TERRA, "/p", [1_000_000, 2_000_000, 400_000, 100_000]),
    (LUNA, "/q", [10_000_000, 0, 0, 0]),
    ("nobody/knows-it", "/q", [1_000_000, 0, 0, 0]),
];

fn write(world: &World) {
    let now = unix_nanos(SystemTime::now());
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    for (model, project, [input_tokens, cache_read_tokens, cache_write_tokens, output_tokens]) in ROWS {
        let id = ledger.begin(NewRequest {
            started_at: now - DAY_NS,
            requested_model: "m".to_owned(),
            project: Some(project.to_owned()),
            session: Some(format!("s{project}")),
            ..NewRequest::default()
        });
        let progress = Progress {
            served_model: Some(model.to_owned()),
            first_token: Some(Duration::from_millis(500)),
            ..Progress::default()
        };
        let usage =
            Usage { input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, ..Usage::default() };
        let cost = Cost::of(NanoUsd(3_000_000_000), CostSource::Upstream);
        let settlement = Settlement {
            progress,
            usage,
            cost,
            ..Settlement::new(Outcome::Ok, Duration::from_millis(10_500))
        };
        ledger.settle(id, settlement);
    }
    ledger.close(Duration::from_secs(60)).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn misses_cost_what_a_cache_would_have_saved_line_by_line_and_request_by_request() {
    let world = World::new();
    write(&world);
    let service = world.start().await;
    world.call(RefreshModels::default()).await.expect("a catalogue");
    let lines = |rows: Vec<SpendRow>| {
        rows.into_iter().map(|row| (row.key.unwrap_or_default(), row.totals.missed_nanos))
    };
    // 1M · $0.90 + 0.4M · $1.15; 10M · $0.09; nothing is known of the third.
    let (p, q) = (1_360_000_000, 900_000_000);
    let rows: [(&str, &[Line]); 3] = [
        ("project", &[("/p", Some(p)), ("/q", Some(q))]),
        ("session", &[("s/p", Some(p)), ("s/q", Some(q))]),
        ("model", &[("nobody/knows-it", None), (LUNA, Some(q)), (TERRA, Some(p))]),
    ];
    for (by, expected) in rows {
        let asked = Spend { by: by.to_owned(), misses: true, ..Spend::default() };
        let report = world.call(asked.clone()).await.expect("sums");
        let mut told: Vec<_> = lines(report.rows).collect();
        told.sort();
        let told: Vec<(&str, Option<i64>)> =
            told.iter().map(|(key, missed)| (key.as_str(), *missed)).collect();
        assert_eq!((told.as_slice(), report.total.missed_nanos), (expected, Some(p + q)), "{by}");
        let report = world.call(Spend { misses: false, ..asked }).await.expect("sums");
        assert_eq!(report.total.missed_nanos, None, "{by}: not asked for");
    }
    let only = vec![Fact { by: "project".to_owned(), is: "/p".to_owned() }];
    let day = Spend { by: "day".to_owned(), misses: true, ..Spend::default() };
    for (only, expected) in [(None, p + q), (Some(only), p)] {
        let report = world.call(Spend { only, ..day.clone() }).await.expect("sums");
        assert_eq!(report.total.missed_nanos, Some(expected));
        assert_eq!(
            lines(report.rows).map(|(_, missed)| missed).collect::<Vec<_>>(),
            [Some(expected)],
            "one day"
        );
    }
    let insight = world.call(SpendInsight::default()).await.expect("figures");
    assert_eq!(insight.total.missed_nanos, Some(p + q));
    for (id, expected) in [(1, Some(p)), (2, Some(q)), (3, None)] {
        let details = world.call(RequestDetails { id }).await.expect("a request");
        assert_eq!(details.missed_nanos, expected, "request {id}");
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_week_costs_what_its_tokens_cost_at_the_other_models_prices() {
    let world = World::new();
    write(&world);
    let service = world.start().await;
    world.call(RefreshModels::default()).await.expect("a catalogue");
    let reply = world.call(Models::default()).await.expect("models");
    let find = |slug: &str| reply.models.iter().find(|model| model.slug == slug).expect("listed");
    assert_eq!(reply.last_week_nanos, Some(9_000_000_000), "what was really paid");
    // 12M in, 2M from a cache, 0.4M to it, 0.1M out.
    assert_eq!(find(TERRA).last_week_nanos, Some(13_300_000_000));
    assert_eq!(find(LUNA).last_week_nanos, Some(1_330_000_000));
    let free = reply.models.iter().find(|model| model.is_free).expect("a free model");
    assert_eq!(free.last_week_nanos, Some(0));
    assert!(free.slug.ends_with(":free") || free.slug.contains("/free"), "{}", free.slug);
    let near = |told: Option<i64>, true_value: i64| {
        told.is_some_and(|told| (told - true_value).abs() * 10 <= true_value)
    };
    assert!(near(find(TERRA).first_token_ms, 500), "{:?}", find(TERRA).first_token_ms);
    assert_eq!(
        find(TERRA).tokens_per_second,
        Some(10_000),
        "100,000 tokens in the ten seconds after the first"
    );
    assert_eq!(find("z-ai/glm-5.2").first_token_ms, None, "never used");
    end(service).await;
}
