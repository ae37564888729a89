//! How fast models answer, and questions that combine facts: equal to what the rows say.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_ledger::{
    CostFound, Dimension, Facet, Ledger, NewRequest, Outcome, Progress, RowId, Settlement, SpendQuery,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, paid, request, spend};

const HOUR_NS: i64 = 3_600_000_000_000;

fn answer(ledger: &Ledger, at: i64, model: &str, first_ms: u64, whole_ms: u64) -> RowId {
    let new = NewRequest { started_at: at, ..request("s") };
    let progress = Progress {
        served_model: Some(model.to_owned()),
        first_token: Some(Duration::from_millis(first_ms)),
        ..Progress::default()
    };
    spend(ledger, new, Settlement { progress, duration: Duration::from_millis(whole_ms), ..paid(1) })
}

fn between(since: i64, until: i64) -> SpendQuery {
    let at = |nanos: i64| Some(Timestamp::from_nanosecond(i128::from(nanos)).unwrap());
    SpendQuery {
        since: at(since),
        until: at(until),
        ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC)
    }
}

/// A time is known to a tenth, from above.
fn is_about(found: Option<i64>, expected: i64) -> bool {
    found.is_some_and(|found| found >= expected - 1 && found <= expected + expected / 10 + 1)
}

#[test]
fn percentiles_are_those_of_the_answers_to_a_tenth() {
    let home = Home::new();
    let ledger = home.open();
    // A hundred answers over three days: 1 to 100 times 10 ms to the first content, and as long again.
    for n in 1..=100_i64 {
        let at = NEW_YEAR + n * HOUR_NS * 72 / 101;
        answer(&ledger, at, "a/b", n as u64 * 10, n as u64 * 20);
    }
    answer(&ledger, NEW_YEAR, "c/d", 7, 7);
    spend(&ledger, request("s"), Settlement::new(Outcome::Error, Duration::from_secs(999)));
    ledger.flush(LONG).unwrap();
    for (name, since, until) in [
        ("all of time", 0, i64::MAX - 1),
        ("days that are whole", NEW_YEAR, NEW_YEAR + 72 * HOUR_NS),
        ("days that are not", NEW_YEAR - 5, NEW_YEAR + 72 * HOUR_NS - 7),
    ] {
        let speeds = ledger.reader().speeds(&between(since, until)).unwrap();
        let models: Vec<_> = speeds.iter().map(|speed| (speed.model.as_deref(), speed.answers)).collect();
        assert_eq!(models, [(Some("a/b"), 100), (Some("c/d"), 1)], "{name}");
        let speed = &speeds[0];
        let (first, whole) = (speed.first_token, speed.duration);
        for (found, expected) in [
            (first.p50_ms, 500),
            (first.p95_ms, 950),
            (first.p99_ms, 990),
            (whole.p50_ms, 1_000),
            (whole.p95_ms, 1_900),
            (whole.p99_ms, 1_980),
        ] {
            assert!(is_about(found, expected), "{name}: {found:?} is not about {expected}");
        }
        // 20 tokens each, in 50.5 s together.
        assert_eq!(speed.tokens_per_second, Some(100 * 20 * 1_000 / 50_500), "{name}");
        assert_eq!(speeds[1].tokens_per_second, None, "{name}: it came all at once");
    }
    let first_half = ledger.reader().speeds(&between(NEW_YEAR, NEW_YEAR + 36 * HOUR_NS)).unwrap();
    assert!(is_about(first_half[0].first_token.p99_ms, 500), "{first_half:?}");
    drop(ledger);
    home.assert_sound();
}

#[test]
fn what_combines_facts_equals_the_sum_of_its_parts() {
    let home = Home::new();
    let ledger = home.open();
    let mut estimated = Vec::new();
    for n in 0..200_i64 {
        let new = NewRequest {
            started_at: NEW_YEAR + n * HOUR_NS,
            project: Some(format!("/p{}", n % 3)),
            class: Some(["main", "auxiliary"][(n % 2) as usize].to_owned()),
            ..request(&format!("s{}", n % 7))
        };
        let progress = Progress { served_model: Some(format!("a/{}", n % 2)), ..Progress::default() };
        let mut end = Settlement { progress, ..paid(n) };
        if n % 10 == 0 {
            end.cost.source = turnpike_ledger::CostSource::Estimate;
        }
        let id = spend(&ledger, new, end);
        if n % 10 == 0 {
            estimated.push(id);
        }
    }
    ledger.flush(LONG).unwrap();
    estimated.iter().for_each(|id| ledger.amend_cost(*id, CostFound::looked_up(NanoUsd(1_000))));
    ledger.flush(LONG).unwrap();
    let zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu"].map(|zone| TimeZone::get(zone).unwrap());
    for zone in zones {
        for by in ["day", "hour", "session", "class"] {
            let ask = |only: Vec<(Facet, String)>| {
                let since = Some(Timestamp::from_nanosecond(i128::from(NEW_YEAR + HOUR_NS / 2)).unwrap());
                let query = SpendQuery { since, only, ..SpendQuery::by(by.parse().unwrap(), zone.clone()) };
                ledger.reader().spend(&query).unwrap()
            };
            let mut parts = turnpike_ledger::Totals::default();
            for project in ["/p0", "/p1", "/p2"] {
                for model in ["a/0", "a/1"] {
                    let only = vec![(Facet::Project, project.to_owned()), (Facet::Model, model.to_owned())];
                    let report = ask(only.clone());
                    parts.add(&report.total).unwrap();
                    let total = SpendQuery { only, ..SpendQuery::by(by.parse().unwrap(), zone.clone()) };
                    assert!(ledger.reader().totals(&total).unwrap().requests() >= report.total.requests());
                }
            }
            assert_eq!(parts, ask(Vec::new()).total, "{by}");
            // Of these all fit or none: the short way is another one.
            let pair = |class: &str, model: &str| {
                ask(vec![(Facet::Class, class.to_owned()), (Facet::Model, model.to_owned())])
            };
            let every_second = pair("main", "a/0");
            assert_eq!(every_second.total, ask(vec![(Facet::Class, "main".to_owned())]).total, "{by}");
            assert!(every_second.rows.iter().all(|row| row.totals.requests() > 0), "{by}");
            assert!(pair("main", "a/1").rows.is_empty() && pair("none", "a/1").rows.is_empty(), "{by}");
            let three = ask(vec![
                (Facet::Class, "main".to_owned()),
                (Facet::Model, "a/0".to_owned()),
                (Facet::RequestedModel, "claude-opus".to_owned()),
            ]);
            assert_eq!(three, every_second, "{by}");
        }
    }
    drop(ledger);
    home.assert_sound();
}
