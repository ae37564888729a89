use proptest::prelude::*;

use super::*;

const NOON: &str = "2026-11-04T12:00:00Z"; // a Wednesday
const WHO: Spender<'_> = Spender { client: Some("ci"), project: Some("/src/app/deep") };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const fn dollars(dollars: i64) -> NanoUsd {
    NanoUsd(dollars * 1_000_000_000)
}

fn limit(scope: Scope, caps: [Option<i64>; 3], action: Action) -> Limit {
    Limit { scope, caps: caps.map(|cap| cap.map(dollars)), action }
}

fn counters(list: Vec<Limit>) -> Counters {
    let limits = Limits { zone: TimeZone::UTC, warn_at: vec![0.5, 0.8], list };
    Counters::new(limits, at(NOON), Timestamp::MIN)
}

fn stopping(daily: i64) -> Counters {
    counters(vec![limit(Scope::All, [Some(daily), None, None], Action::Stop)])
}

/// Lets a request in and settles it at once.
fn spend(counters: &mut Counters, now: &str, who: Spender<'_>, cost: NanoUsd) -> Vec<Crossing> {
    let reserved = counters.admit(at(now), who, NanoUsd::ZERO).unwrap();
    counters.settle(at(now), reserved, cost)
}

fn marks(crossings: Vec<Crossing>) -> Vec<u64> {
    crossings.into_iter().map(|crossing| crossing.mark).collect()
}

#[test]
fn a_request_is_let_in_while_settled_and_reserved_are_below_the_cap() {
    let mut counters = stopping(5);
    let _first = counters.admit(at(NOON), WHO, dollars(3)).unwrap();
    let second = counters.admit(at(NOON), WHO, dollars(3)).unwrap();
    let refusal = counters.admit(at(NOON), WHO, dollars(1)).unwrap_err();
    assert_eq!((refusal.0.settled, refusal.0.reserved), (dollars(0), dollars(6)));
    assert_eq!(refusal.0.window.end, at("2026-11-05T00:00:00Z"));
    counters.settle(at(NOON), second, dollars(1));
    assert!(counters.admit(at(NOON), WHO, dollars(0)).is_ok(), "3 reserved and 1 settled leave room");
}

#[test]
fn a_budget_that_warns_refuses_nobody() {
    let mut counters = counters(vec![limit(Scope::All, [Some(1), None, None], Action::Warn)]);
    spend(&mut counters, NOON, WHO, dollars(9));
    assert!(counters.admit(at(NOON), WHO, dollars(9)).is_ok());
    assert_eq!(counters.standing(at(NOON), WHO).unwrap().0.permille(), Some(9_000));
}

#[test]
fn each_scope_counts_its_own() {
    let list = vec![
        limit(Scope::All, [Some(100), None, None], Action::Stop),
        limit(Scope::Client("ci".to_owned()), [Some(5), None, None], Action::Stop),
        limit(Scope::Project("/src/app".to_owned()), [None, None, Some(7)], Action::Stop),
    ];
    let mut counters = counters(list);
    let other = Spender { client: Some("me"), project: Some("/src/app") };
    spend(&mut counters, NOON, WHO, dollars(4));
    spend(&mut counters, NOON, other, dollars(3));
    let refused =
        |counters: &mut Counters, who| counters.admit(at(NOON), who, NanoUsd::ZERO).err().map(|r| r.0.scope);
    assert_eq!(refused(&mut counters, other), Some(Scope::Project("/src/app".to_owned())));
    assert_eq!(refused(&mut counters, Spender::default()), None);
    let ci = Spender { client: Some("ci"), project: None };
    spend(&mut counters, NOON, ci, dollars(1));
    assert_eq!(refused(&mut counters, ci), Some(Scope::Client("ci".to_owned())));
    assert_eq!(counters.totals(at(NOON))[0].settled, dollars(8));
}

#[test]
fn the_budget_that_stays_used_up_longest_is_the_one_told() {
    let mut counters = counters(vec![limit(Scope::All, [Some(1), Some(50), Some(2)], Action::Stop)]);
    spend(&mut counters, NOON, WHO, dollars(2));
    let refusal = counters.admit(at(NOON), WHO, NanoUsd::ZERO).unwrap_err();
    assert_eq!((refusal.0.span, refusal.0.window.end), (Span::Monthly, at("2026-12-01T00:00:00Z")));
}

#[test]
fn windows_end_by_the_users_calendar_alone() {
    let mut counters = counters(vec![limit(Scope::All, [Some(1), Some(2), Some(9)], Action::Stop)]);
    spend(&mut counters, NOON, WHO, dollars(1));
    assert!(counters.admit(at("2026-11-04T23:59:59Z"), WHO, NanoUsd::ZERO).is_err());
    spend(&mut counters, "2026-11-05T00:00:00Z", WHO, dollars(1));
    let sums = |counters: &mut Counters, now| counters.totals(at(now)).map(|line| line.settled);
    assert_eq!(sums(&mut counters, "2026-11-05T00:00:01Z"), [dollars(1), dollars(2), dollars(2)]);
    assert_eq!(sums(&mut counters, "2026-11-09T00:00:00Z"), [dollars(0), dollars(0), dollars(2)]);
    assert_eq!(sums(&mut counters, "2026-12-01T00:00:00Z"), [dollars(0); 3]);
}

#[test]
fn what_was_let_in_before_midnight_is_not_the_new_days() {
    let mut counters = stopping(5);
    let late = counters.admit(at("2026-11-04T23:59:00Z"), WHO, dollars(1)).unwrap();
    counters.settle(at("2026-11-05T00:01:00Z"), late, dollars(4));
    let [day, week, _] = counters.totals(at("2026-11-05T00:01:00Z"));
    assert_eq!((day.settled, day.reserved, week.settled), (dollars(0), dollars(0), dollars(4)));
}

#[test]
fn a_clock_that_is_set_back_unlocks_nothing() {
    let mut counters = stopping(1);
    spend(&mut counters, NOON, WHO, dollars(1));
    for earlier in ["2026-11-03T12:00:00Z", "2026-10-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        let refusal = counters.admit(at(earlier), WHO, NanoUsd::ZERO).unwrap_err();
        assert_eq!(refusal.0.window.start, at("2026-11-04T00:00:00Z"), "{earlier}");
    }
    // Nor does a restart with the clock set back.
    let latest = counters.latest();
    let limits = Limits { list: counters.limits.list.clone(), ..Limits::default() };
    let mut restarted = Counters::new(limits, at("2026-11-01T00:00:00Z"), latest);
    restarted.seed(Seed { all: [dollars(1); 3], ..Seed::default() });
    assert!(restarted.admit(at("2026-11-01T00:00:00Z"), WHO, NanoUsd::ZERO).is_err());
    assert!(restarted.admit(at("2026-11-05T00:00:00Z"), WHO, NanoUsd::ZERO).is_ok(), "time itself does");
}

#[test]
fn each_mark_is_told_once_in_a_window() {
    let mut counters = stopping(10);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(4))), [0; 0]);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(1))), [500]);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(1))), [0; 0]);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(9))), [1_000], "the highest of two");
    let next = "2026-11-05T12:00:00Z";
    assert_eq!(marks(spend(&mut counters, next, WHO, dollars(8))), [800]);
    let who = Spender::default();
    assert_eq!(marks(counters.amend(at(next), who, dollars(-7))), [0; 0]);
    assert_eq!(
        counters.totals(at(next))[0].settled,
        dollars(1),
        "a cost that was found is less than its estimate"
    );
}

#[test]
fn what_the_ledger_holds_was_told_before() {
    let mut counters = stopping(10);
    let seed = Seed {
        all: [dollars(6); 3],
        clients: vec![("ci".to_owned(), [dollars(6); 3])],
        projects: vec![(String::new(), [dollars(6); 3])],
        ..Seed::default()
    };
    counters.seed(seed);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(1))), [0; 0]);
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(1))), [800]);
}

#[test]
fn what_is_settled_while_the_ledger_is_asked_counts_once() {
    let mut counters = stopping(10);
    spend(&mut counters, NOON, WHO, dollars(1));
    counters.begin_seed();
    for row in [7, 8] {
        let reserved = counters.admit(at(NOON), WHO, NanoUsd::ZERO).unwrap().of_row(row);
        counters.settle(at(NOON), reserved, dollars(2));
    }
    assert_eq!(counters.late_rows(), [7, 8]);
    let clients = vec![("ci".to_owned(), [dollars(3); 3])];
    // The ledger's answer holds row 7, and not yet row 8.
    counters.seed(Seed { all: [dollars(3); 3], clients, held: [7].into(), ..Seed::default() });
    let client = Scope::Client("ci".to_owned());
    for scope in [Scope::All, client] {
        assert_eq!(counters.totals_of(at(NOON), &scope)[0].settled, dollars(5), "{scope}");
    }
    counters.begin_seed();
    spend(&mut counters, NOON, WHO, dollars(1));
    counters.give_up_seed();
    assert_eq!(counters.late_rows(), [0; 0]);
    assert_eq!(counters.totals(at(NOON))[0].settled, dollars(6), "what was counted stays");
}

#[test]
fn a_raised_cap_holds_until_its_window_ends() {
    let mut counters = stopping(5);
    spend(&mut counters, NOON, WHO, dollars(5));
    assert!(counters.admit(at(NOON), WHO, NanoUsd::ZERO).is_err());
    assert_eq!(counters.raise(at(NOON), &Scope::All, Span::Weekly, dollars(2)), None, "there is no such cap");
    let raise = counters.raise(at(NOON), &Scope::All, Span::Daily, dollars(2)).unwrap();
    assert_eq!(raise.until, at("2026-11-05T00:00:00Z"));
    assert_eq!(marks(spend(&mut counters, NOON, WHO, dollars(1))), [800], "of seven dollars now");
    assert_eq!(counters.lines(at(NOON))[0].cap_now(), Some(dollars(7)));
    assert!(counters.admit(at(NOON), WHO, NanoUsd::ZERO).is_ok());
    let kept = counters.raises().to_vec();
    spend(&mut counters, "2026-11-05T00:00:00Z", WHO, dollars(5));
    assert!(counters.admit(at("2026-11-05T00:00:00Z"), WHO, NanoUsd::ZERO).is_err(), "as configured again");
    counters.restore(kept);
    assert!(counters.raises().is_empty());
}

#[test]
fn other_limits_keep_what_was_counted() {
    let mut counters = stopping(5);
    spend(&mut counters, NOON, WHO, dollars(5));
    let client = limit(Scope::Client("ci".to_owned()), [Some(5), None, None], Action::Stop);
    let limits = Limits { zone: TimeZone::UTC, warn_at: Vec::new(), list: vec![client] };
    assert!(!counters.set_limits(limits.clone(), at(NOON)));
    assert!(counters.admit(at(NOON), WHO, NanoUsd::ZERO).is_err(), "counted although it had no budget then");
    let zone = TimeZone::get("Asia/Tokyo").unwrap();
    assert!(counters.set_limits(Limits { zone, ..limits }, at(NOON)), "another zone, other windows");
}

#[test]
fn a_cap_of_nothing_lets_nobody_in() {
    let mut counters = stopping(0);
    assert!(counters.admit(at(NOON), WHO, NanoUsd::ZERO).is_err());
}

proptest! {
    /// However requests come and end, the settled sum passes the cap by no more than what was in flight.
    #[test]
    fn the_overrun_is_what_was_in_flight(
        steps in prop::collection::vec((any::<bool>(), 1..500_i64, 1..900_i64), 1..200),
    ) {
        let mut counters = stopping(1);
        let cap = dollars(1);
        let cents = |cents: i64| NanoUsd(cents * 1_000_000);
        let mut open: Vec<(Reserved, NanoUsd)> = Vec::new();
        let (mut settled, mut most_in_flight) = (NanoUsd::ZERO, NanoUsd::ZERO);
        for (ends, estimate, cost) in steps {
            if ends && let Some((reserved, cost)) = open.pop() {
                counters.settle(at(NOON), reserved, cost);
                settled += cost;
            } else if let Ok(reserved) = counters.admit(at(NOON), WHO, cents(estimate)) {
                prop_assert!(settled < cap, "let in beyond the cap");
                open.push((reserved, cents(cost)));
                most_in_flight = most_in_flight.max(open.iter().map(|(_, cost)| *cost).sum());
            }
        }
        for (reserved, cost) in open {
            counters.settle(at(NOON), reserved, cost);
            settled += cost;
        }
        let [day, _, _] = counters.totals(at(NOON));
        prop_assert_eq!((day.settled, day.reserved), (settled, NanoUsd::ZERO));
        prop_assert!(settled < cap + most_in_flight, "{settled} with {most_in_flight} in flight");
    }
}
