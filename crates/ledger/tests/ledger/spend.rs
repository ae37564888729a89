//! Sums: equal to the rows by every dimension, and days as the user's calendar has them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use turnpike_ledger::{
    CalendarUnit, Cost, CostSource, Dimension, Facet, Ledger, LedgerError, LedgerReader, NewRequest, Outcome,
    Progress, Settlement, SpendQuery, SpendReport, Usage,
};
use turnpike_wire::money::NanoUsd;

use crate::support::{Home, LONG, NEW_YEAR, paid, request, spend};

const QUARTER_NS: i64 = 15 * 60 * 1_000_000_000;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap()
}

fn by(dimension: &str) -> SpendQuery {
    SpendQuery::by(dimension.parse().unwrap(), berlin())
}

/// Keys and requests of an answer.
fn counts(report: &SpendReport) -> Vec<(&str, i64)> {
    report.rows.iter().map(|row| (row.key.as_deref().unwrap_or("-"), row.totals.requests())).collect()
}

/// A ledger with one request each quarter of an hour.
fn each_quarter(home: &Home, from: &str, quarters: i64) -> Ledger {
    let ledger = home.open();
    for n in 0..quarters {
        let started_at = nanos(at(from)) + n * QUARTER_NS;
        spend(&ledger, NewRequest { started_at, ..request("s") }, paid(1));
    }
    ledger.flush(LONG).unwrap();
    ledger
}

#[test]
fn days_with_a_change_of_clocks_have_23_and_25_hours() {
    let rows = [
        ("spring", "2026-03-27T23:00:00Z", [("2026-03-28", 96), ("2026-03-29", 92), ("2026-03-30", 96)]),
        ("autumn", "2026-10-23T22:00:00Z", [("2026-10-24", 96), ("2026-10-25", 100), ("2026-10-26", 96)]),
    ];
    for (name, from, days) in rows {
        let home = Home::new();
        let ledger = each_quarter(&home, from, days.iter().map(|(_, quarters)| quarters).sum());
        assert_eq!(counts(&ledger.reader().spend(&by("day")).unwrap()), days, "{name}");
        let hours = ledger.reader().spend(&by("hour")).unwrap();
        assert!(hours.rows.iter().all(|hour| hour.totals.requests() == 4), "{name}");
        let (day, quarters) = days[1];
        let of_day: Vec<_> =
            hours.rows.iter().filter(|hour| hour.key.as_ref().unwrap().starts_with(day)).collect();
        assert_eq!(of_day.len() as i64, quarters / 4, "{name}: no hour is missing or double");
        for (day, quarters) in days {
            let noon = at(&format!("{day}T10:00:00Z"));
            let to_the_end: i64 = days.iter().filter(|(other, _)| *other >= day).map(|(_, n)| n).sum();
            let today = ledger.reader().today(noon, &berlin()).unwrap();
            assert_eq!(today.requests(), to_the_end, "{name}: today on {day}, {quarters} quarters long");
        }
    }
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    let home = Home::new();
    // From Saturday 2026-10-31 12:00 to Monday 2026-11-02 12:00 in Berlin.
    let ledger = each_quarter(&home, "2026-10-31T11:00:00Z", 192);
    let answer = |dimension| ledger.reader().spend(&by(dimension)).unwrap();
    assert_eq!(counts(&answer("week")), [("2026-10-26", 144), ("2026-11-02", 48)]);
    assert_eq!(counts(&answer("month")), [("2026-10", 48), ("2026-11", 144)]);
    let latest = SpendQuery { limit: Some(1), ..by("month") };
    let report = ledger.reader().spend(&latest).unwrap();
    assert_eq!((counts(&report), report.omitted), (vec![("2026-11", 144)], 1), "the latest is kept");
    assert_eq!(report.total.requests(), 192, "the sum is of all");
}

#[test]
fn the_dearest_come_first_and_can_be_narrowed() {
    let home = Home::new();
    let ledger = home.open();
    for (model, project, cost) in [("a/a", "/p", 5), ("b/b", "/p", 9), ("a/a", "/q", 3), ("", "/p", 0)] {
        let new = NewRequest { project: Some(project.to_owned()), ..request("s") };
        let progress = Progress { served_model: Some(model.to_owned()), ..Progress::default() };
        spend(&ledger, new, Settlement { progress, ..paid(cost) });
    }
    let _in_flight = ledger.begin(request("s"));
    ledger.flush(LONG).unwrap();
    let ask = |query: &SpendQuery| ledger.reader().spend(query).unwrap();
    assert_eq!(counts(&ask(&by("model"))), [("b/b", 1), ("a/a", 2), ("-", 1)]);
    let only = vec![(Facet::Model, "a/a".to_owned())];
    let narrowed = ask(&SpendQuery { only: only.clone(), ..by("project") });
    assert_eq!((counts(&narrowed), narrowed.total.cost()), (vec![("/p", 1), ("/q", 1)], NanoUsd(8)));
    assert_eq!(counts(&ask(&SpendQuery { only, ..by("day") })), [("2026-01-01", 2)]);
    let unknown = vec![(Facet::Model, String::new()), (Facet::Project, "/p".to_owned())];
    assert_eq!(counts(&ask(&SpendQuery { only: unknown, ..by("session") })), [("s", 1)]);
    let first = ask(&SpendQuery { limit: Some(1), ..by("model") });
    assert_eq!((counts(&first), first.omitted, first.total.cost()), (vec![("b/b", 1)], 2, NanoUsd(17)));
    assert_eq!(
        serde_json::to_value(&first.rows[0]).unwrap(),
        serde_json::json!({
            "key": "b/b", "ok": 1, "error": 0, "cancelled": 0, "truncated": 0, "interrupted": 0,
            "input_tokens": 10, "output_tokens": 20, "cache_read_tokens": 0, "cache_write_tokens": 0,
            "reasoning_tokens": 0, "web_searches": 0, "cost_upstream_nanos": 9, "cost_looked_up_nanos": 0,
            "cost_estimate_nanos": 0, "byok_cost_nanos": 0, "estimates": 0,
        })
    );
}

#[test]
fn questions_that_cannot_be_answered_get_a_sentence() {
    let home = Home::new();
    let ledger = each_quarter(&home, "2026-01-01T00:00:00Z", 2 * 96);
    let (since, until) = (Some(at("2026-01-02T00:00:00Z")), Some(at("2026-01-01T00:00:00Z")));
    let error = ledger.reader().spend(&SpendQuery { since, until, ..by("day") }).unwrap_err();
    assert!(matches!(&error, LedgerError::Reversed { .. }));
    assert_eq!(
        error.to_string(),
        "the time asked for ends (2026-01-01T00:00:00Z) before it begins (2026-01-02T00:00:00Z); \
         swap --since and --until"
    );
    let most = i64::MAX - 1;
    home.other_program().execute_batch(&format!("UPDATE usage SET cost_upstream = {most}")).unwrap();
    for dimension in ["day", "model"] {
        let error = ledger.reader().spend(&by(dimension)).unwrap_err();
        assert!(matches!(error, LedgerError::Overflow), "{dimension}: {error}");
    }
}

/// One request of the property below.
#[derive(Clone, Debug)]
struct Spent {
    started_at: i64,
    facts: [usize; 9],
    outcome: Outcome,
    source: CostSource,
    nanos: i64,
    byok: i64,
    tokens: i64,
}

const FACETS: [&str; 9] =
    ["model", "requested-model", "provider", "project", "branch", "session", "agent", "class", "client"];

fn fact(facet: usize, value: usize) -> Option<String> {
    // A request always names a model; all else may be unknown.
    (value > 0 || facet == 1).then(|| format!("{}-{value}", FACETS[facet]))
}

fn spent() -> impl Strategy<Value = Spent> {
    // Two weeks around a change of clocks.
    let from = nanos(at("2026-10-18T00:00:00Z"));
    let facts = proptest::array::uniform9(0..3_usize);
    let outcome = proptest::sample::select(Outcome::ALL);
    let source = proptest::sample::select(CostSource::ALL);
    let numbers = (0..9_000_000_000_i64, 0..5_i64, 0..100_000_i64);
    (from..from + 14 * 96 * QUARTER_NS, facts, outcome, source, numbers).prop_map(
        |(started_at, facts, outcome, source, (nanos, byok, tokens))| Spent {
            started_at,
            facts,
            outcome,
            source,
            nanos: if source == CostSource::None { 0 } else { nanos },
            byok,
            tokens,
        },
    )
}

fn write(ledger: &Ledger, spent: &Spent) {
    let fact = |facet: usize| fact(facet, spent.facts[facet]);
    let new = NewRequest {
        started_at: spent.started_at,
        requested_model: fact(1).unwrap(),
        project: fact(3),
        branch: fact(4),
        session: fact(5),
        agent_type: fact(6),
        class: fact(7),
        client: fact(8),
        ..NewRequest::default()
    };
    let settlement = Settlement {
        progress: Progress { served_model: fact(0), provider: fact(2), ..Progress::default() },
        cost: Cost { amount: NanoUsd(spent.nanos), byok: NanoUsd(spent.byok), source: spent.source },
        usage: Usage { input_tokens: spent.tokens, ..Usage::default() },
        ..Settlement::new(spent.outcome, Duration::ZERO)
    };
    spend(ledger, new, settlement);
}

/// The key of a request, reckoned from the request alone.
fn key(dimension: Dimension, spent: &Spent) -> Option<String> {
    let local = Timestamp::from_nanosecond(i128::from(spent.started_at)).unwrap().to_zoned(berlin());
    let monday = local.date().weekday().to_monday_zero_offset();
    match dimension {
        Dimension::Time(CalendarUnit::Hour) => Some(local.strftime("%Y-%m-%dT%H:00%:z").to_string()),
        Dimension::Time(CalendarUnit::Day) => Some(local.date().to_string()),
        Dimension::Time(CalendarUnit::Week) => {
            Some((local.date() - jiff::Span::new().days(monday)).to_string())
        }
        Dimension::Time(CalendarUnit::Month) => Some(local.strftime("%Y-%m").to_string()),
        Dimension::Facet(_) => {
            let facet = FACETS.iter().position(|name| *name == dimension.as_str()).unwrap();
            fact(facet, spent.facts[facet])
        }
    }
}

/// Requests, what they cost, the same on keys of the user's own, tokens, and how many costs are estimates.
type Sums = (i64, NanoUsd, NanoUsd, i64, i64);

fn answered(reader: &LedgerReader, query: &SpendQuery) -> (BTreeMap<Option<String>, Sums>, Sums) {
    let report = reader.spend(query).unwrap();
    let sums = |totals: &turnpike_ledger::Totals| {
        (
            totals.requests(),
            totals.cost(),
            totals.byok_cost_nanos,
            totals.usage.input_tokens,
            totals.estimates,
        )
    };
    let total = sums(&report.total);
    assert_eq!(reader.totals(query).unwrap(), report.total);
    (report.rows.iter().map(|row| (row.key.clone(), sums(&row.totals))).collect(), total)
}

fn reckoned<'a>(
    dimension: Dimension,
    all: impl Iterator<Item = &'a Spent>,
) -> BTreeMap<Option<String>, Sums> {
    let mut sums: BTreeMap<Option<String>, Sums> = BTreeMap::new();
    for spent in all {
        let sum = sums.entry(key(dimension, spent)).or_default();
        let estimates = i64::from(spent.source == CostSource::Estimate);
        *sum = (
            sum.0 + 1,
            sum.1 + NanoUsd(spent.nanos),
            sum.2 + NanoUsd(spent.byok),
            sum.3 + spent.tokens,
            sum.4 + estimates,
        );
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn sums_equal_the_rows_by_every_dimension(
        all in proptest::collection::vec(spent(), 1..60),
        ends in (0_usize..60, 0_usize..60),
        nudge in 0..QUARTER_NS,
    ) {
        let home = Home::new();
        let ledger = home.open();
        all.iter().for_each(|spent| write(&ledger, spent));
        ledger.flush(LONG).unwrap();
        // Ends that lie on rows, or anywhere within a quarter of an hour after one.
        let mut times = [all[ends.0 % all.len()].started_at, all[ends.1 % all.len()].started_at + nudge];
        times.sort_unstable();
        let [since, until] = times.map(|at| Some(Timestamp::from_nanosecond(i128::from(at)).unwrap()));
        for dimension in Dimension::ALL {
            let query = SpendQuery::by(dimension, berlin());
            let (rows, total) = answered(ledger.reader(), &query);
            prop_assert_eq!(&rows, &reckoned(dimension, all.iter()), "{}", dimension);
            let of_rows = rows.values().fold((0, NanoUsd::ZERO, NanoUsd::ZERO, 0, 0), |a, b| {
                (a.0 + b.0, a.1 + b.1, a.2 + b.2, a.3 + b.3, a.4 + b.4)
            });
            prop_assert_eq!(of_rows, total, "{}", dimension);
            let part = SpendQuery { since, until, ..query };
            let within = all.iter().filter(|spent| (times[0]..times[1]).contains(&spent.started_at));
            prop_assert_eq!(answered(ledger.reader(), &part).0, reckoned(dimension, within), "{}", dimension);
        }
        drop(ledger);
        home.assert_sound();
    }

    #[test]
    fn shares_of_models_are_those_of_the_rows(
        all in proptest::collection::vec(spent(), 1..60),
        narrow in proptest::option::of((0_usize..9, 0_usize..3)),
        ends in (0_usize..60, 0_usize..60),
    ) {
        let home = Home::new();
        let ledger = home.open();
        all.iter().for_each(|spent| write(&ledger, spent));
        ledger.flush(LONG).unwrap();
        let mut times = [all[ends.0 % all.len()].started_at, all[ends.1 % all.len()].started_at];
        times.sort_unstable();
        let [since, until] = times.map(|at| Some(Timestamp::from_nanosecond(i128::from(at)).unwrap()));
        let is_wanted = |spent: &&Spent| {
            let fits = narrow.is_none_or(|(facet, value)| spent.facts[facet] == value);
            fits && (times[0]..times[1]).contains(&spent.started_at)
        };
        let model = Dimension::Facet(Facet::Model);
        for dimension in Dimension::ALL {
            let only = narrow.map(|(facet, value)| {
                let Dimension::Facet(of) = Dimension::parse(FACETS[facet]).unwrap() else { unreachable!() };
                (of, fact(facet, value).unwrap_or_default())
            });
            let query = SpendQuery { since, until, only: only.into_iter().collect(), ..SpendQuery::by(dimension, berlin()) };
            let shares = ledger.reader().shares(&query).unwrap();
            let told = shares.into_iter().filter(|share| share.totals.requests() > 0).map(|share| {
                let totals = share.totals;
                ((share.key, share.model), (totals.requests(), totals.usage.input_tokens, totals.estimates))
            });
            let mut expected: BTreeMap<_, (i64, i64, i64)> = BTreeMap::new();
            let is_time = matches!(dimension, Dimension::Time(_));
            for spent in all.iter().filter(is_wanted).filter(|_| !is_time) {
                let sum = expected.entry((key(dimension, spent), key(model, spent))).or_default();
                let estimates = i64::from(spent.source == CostSource::Estimate);
                *sum = (sum.0 + 1, sum.1 + spent.tokens, sum.2 + estimates);
            }
            prop_assert_eq!(told.collect::<BTreeMap<_, _>>(), expected, "{} {:?}", dimension, narrow);
        }
    }
}

#[test]
fn a_clock_that_is_wrong_hides_no_money() {
    let home = Home::new();
    let ledger = home.open();
    for started_at in [-1, 0, NEW_YEAR, NEW_YEAR + 86_400 * 1_000_000_000 * 365 * 100, i64::MAX] {
        spend(&ledger, NewRequest { started_at, ..request("s") }, paid(1));
    }
    ledger.flush(LONG).unwrap();
    for dimension in Dimension::ALL {
        let total = ledger.reader().spend(&SpendQuery::by(dimension, berlin())).unwrap().total;

        assert_eq!(total.cost(), NanoUsd(5), "{dimension}");
    }
    let today = ledger.reader().today(at("2026-01-01T12:00:00Z"), &TimeZone::UTC).unwrap();
    assert_eq!(today.cost(), NanoUsd(3), "what is dated later counts, so that no budget is freed by it");
}
