//! How SQLite answers the questions: each by an index, none by looking at every request.

use rusqlite::Connection;

use crate::query::cover::Part;
use crate::query::dimension::{Dimension, Facet};
use crate::query::find::{self, FindQuery};
use crate::query::question::{self, Key};
use crate::query::{estimate, fold, latency, receipt, recent};
use crate::schema;
use crate::table::{count, pruned, request};

/// The steps of the plan, with the numbers of SQLite's own views left out.
fn plan(sql: &str) -> Vec<String> {
    let mut conn = Connection::open_in_memory().unwrap();
    schema::migrate(&mut conn, schema::MIGRATIONS).unwrap();
    fold::register(&conn).unwrap();
    let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![0; explained.parameter_count()];
    let steps = explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.map(Result::unwrap).collect()
}

/// A question about combinations, and the steps by which its tables are found.
type PlanOf<'q> = (Part, Key, &'q [(Facet, String)], &'q [&'q str]);

const SUMS: &str = "SEARCH x USING PRIMARY KEY (span=? AND slot>? AND slot<?)";
const FACET: &str = "SEARCH facet USING INTEGER PRIMARY KEY (rowid=?)";
const VALUE: &str = "SEARCH facet USING COVERING INDEX sqlite_autoindex_facet_1 (kind=? AND text=?)";
const ROWS: &str = "SEARCH request USING INDEX request_by_start (started_at>? AND started_at<?)";

#[test]
fn sums_are_found_by_their_time() {
    let narrowed = [(Facet::Project, "/p".to_owned())];
    let of_all = "SEARCH a USING PRIMARY KEY (span=? AND slot>? AND slot<?)";
    for part in [Part::Quarters(1, 2), Part::Days(1, 2)] {
        for dimension in Dimension::ALL {
            let Dimension::Facet(facet) = dimension else { continue };
            let plan = plan(&question::sql(part, Key::Facet(facet), &[]).0);
            let of_kind = "SEARCH x USING PRIMARY KEY (span=? AND slot=? AND kind=?)";
            assert_eq!(plan[..2], [of_all, of_kind], "{dimension}");
            assert_eq!(plan.last().unwrap(), FACET, "{dimension}");
        }
        for key in [Key::All, Key::Slot] {
            assert_eq!(plan(&question::sql(part, key, &[]).0), [SUMS], "{key:?}");
            let plan = plan(&question::sql(part, key, &narrowed).0);
            let of_value = "SEARCH x USING PRIMARY KEY (span=? AND slot=? AND kind=? AND facet=?)";
            assert_eq!(plan[..2], [of_all, of_value], "{key:?}, narrowed");
            assert_eq!(plan.last().unwrap(), VALUE, "{key:?}, narrowed");
        }
    }
}

#[test]
fn single_rows_are_found_by_their_time() {
    let narrowed = [(Facet::Project, "/p".to_owned())];
    for key in [Key::All, Key::Slot, Key::Facet(Facet::Model)] {
        for only in [&[], &narrowed[..]] {
            assert_eq!(plan(&question::sql(Part::Rows(1, 2), key, only).0)[0], ROWS, "{key:?} {only:?}");
        }
    }
}

#[test]
fn combinations_are_found_by_what_is_asked_for() {
    let fact = |facet| (facet, "x".to_owned());
    let facts = [fact(Facet::Project), fact(Facet::Model)];
    let of_session = [fact(Facet::Project), fact(Facet::Session)];
    let by_session = "SEARCH m USING INDEX mix_by_session (session=?)";
    let its_quarters = "SEARCH x USING PRIMARY KEY (mix=? AND quarter>? AND quarter<?)";
    let its_days = "SEARCH x USING PRIMARY KEY (mix=? AND day>? AND day<?)";
    let by_number = "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)";
    let by_day = "SEARCH x USING PRIMARY KEY (day>? AND day<?)";
    let days_first = "SEARCH d USING PRIMARY KEY (day>? AND day<?)";
    let session = Key::Facet(Facet::Session);
    let (quarters, days) = (Part::Quarters(1, 2), Part::Days(1, 2));
    let rows: [PlanOf<'_>; 10] = [
        (quarters, Key::All, &facts, &[by_session, its_quarters]),
        (quarters, Key::Slot, &facts, &[by_session, its_quarters]),
        (quarters, Key::Facet(Facet::Agent), &facts, &[by_session, its_quarters]),
        (quarters, Key::Slot, &of_session, &[by_session, its_quarters]),
        (days, Key::All, &facts, &[by_session, its_days]),
        (days, session, &facts, &[by_day, by_number]),
        (quarters, session, &facts, &[days_first, by_number, its_quarters]),
        (days, Key::FacetAndModel(Facet::Project), &[], &[by_session, its_days]),
        (days, Key::FacetAndModel(Facet::Session), &[], &[by_day, by_number]),
        (quarters, Key::FacetAndModel(Facet::Agent), &of_session, &[by_session, its_quarters]),
    ];
    for (part, key, only, expected) in rows {
        let plan = plan(&question::sql(part, key, only).0);
        let tables =
            plan.iter().filter(|step| ["m", "x", "d"].iter().any(|name| step.contains(&format!(" {name} "))));
        assert_eq!(tables.collect::<Vec<_>>(), expected, "{part:?} {key:?} {only:?}");
        assert!(!plan.iter().any(|step| step.contains("request") || step.starts_with("SCAN")), "{plan:?}");
    }
}

/// The two ways to many combinations, and the counting that chooses: by session 0 and the combination's own times.
#[test]
fn the_way_around_is_found_by_what_is_asked_for() {
    let only = [(Facet::Client, "x".to_owned()), (Facet::Class, "y".to_owned())];
    let by_session = "SEARCH m USING INDEX mix_by_session (session=?)";
    let rows = [
        (question::counts(&only), "SEARCH x USING PRIMARY KEY (mix=? AND day>? AND day<?)"),
        (question::of_the_rest(&only, 1), "SEARCH x USING PRIMARY KEY (mix=? AND quarter>? AND quarter<?)"),
    ];
    for (sql, of_mix) in rows {
        let plan = plan(&sql);
        let tables: Vec<_> =
            plan.iter().filter(|step| !step.starts_with("SCALAR") && *step != VALUE).collect();
        assert_eq!(tables, [by_session, of_mix], "{plan:?}");
    }
}

#[test]
fn estimates_are_found_by_their_own_index() {
    let fact = |facet| (facet, "x".to_owned());
    let of_index = "SEARCH request USING COVERING INDEX request_unsettled (started_at>? AND started_at<?)";
    let by_time = of_index.replace("COVERING ", "");
    let by_session = "SEARCH request USING INDEX request_by_session (session=?)";
    let narrowed = [fact(Facet::Project), fact(Facet::Model)];
    let of_session = [fact(Facet::Session), fact(Facet::Model)];
    let facet = Key::Facet(Facet::Model);
    for key in [Key::All, Key::Slot, facet, Key::FacetAndModel(Facet::Project)] {
        // Without a fact no row is read at all.
        let of_all = if matches!(key, Key::All | Key::Slot) { of_index } else { &by_time };
        for (only, expected) in [(&[][..], of_all), (&narrowed[..], &by_time), (&of_session[..], by_session)]
        {
            let plan = plan(&estimate::sql(key, only));
            assert!(plan.iter().any(|step| step == expected), "{key:?} {only:?}: {plan:?}");
            assert!(!plan.iter().any(|step| step == "SCAN request"), "{key:?} {only:?}: {plan:?}");
        }
    }
}

#[test]
fn speeds_are_found_by_their_days() {
    let days = "SEARCH l USING PRIMARY KEY (kind=? AND day>? AND day<?)";
    assert_eq!(plan(latency::COUNTS)[0], days);
    assert_eq!(plan(latency::PACES)[0], "SEARCH p USING PRIMARY KEY (day>? AND day<?)");
    assert_eq!(plan(latency::ROWS)[0], ROWS);
}

#[test]
fn counts_are_found_model_by_model() {
    let plan = plan(count::COUNTED);
    let by_model = "SEARCH c USING INDEX request_counted (served_model=?)";
    assert!(plan.iter().any(|step| step == by_model), "{plan:?}");
    let rows = "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)";
    assert!(plan.iter().any(|step| step == rows), "{plan:?}");
    assert!(!plan.iter().any(|step| step.starts_with("SCAN r") || step.starts_with("SCAN c")), "{plan:?}");
}

#[test]
fn other_questions_have_an_index_each() {
    let session = "SEARCH request USING INDEX request_by_session (session=?)";
    let by_session = "SEARCH m USING INDEX mix_by_session (session=?)";
    let rows = [
        ("receipt", receipt::SPAN.to_owned(), session),
        (
            "receipt's quarters",
            receipt::QUARTERS.to_owned(),
            "SEARCH m USING COVERING INDEX mix_by_session (session=?)",
        ),
        ("receipt's project", receipt::PROJECT.to_owned(), by_session),
        ("a page", recent::sql(), "SEARCH request USING INTEGER PRIMARY KEY (rowid<?)"),
        (
            "rows by words",
            find::sql(&FindQuery { words: "glm".to_owned(), ..FindQuery::default() }).0,
            "SEARCH request USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (
            "rows with an earlier time",
            request::DATED_BEFORE.to_owned(),
            "SEARCH request USING INTEGER PRIMARY KEY (rowid>?)",
        ),
        (
            "the first row with an earlier time",
            request::FIRST_BEFORE.to_owned(),
            "SEARCH request USING INTEGER PRIMARY KEY (rowid>?)",
        ),
        ("rows to take out", pruned::PRUNE.to_owned(), "SEARCH request USING INTEGER PRIMARY KEY (rowid=?)"),
        ("open rows", request::OPEN_ROWS.to_owned(), "SCAN request USING INDEX request_open"),
        (
            "costs to look up",
            request::UNSETTLED_COSTS.to_owned(),
            "SEARCH request USING INDEX request_unsettled (started_at>?)",
        ),
    ];
    for (name, sql, first) in rows {
        let plan = plan(&sql);
        assert_eq!(plan[0], first, "{name}: {plan:?}");
        assert!(!plan.iter().any(|step| step == "SCAN request"), "{name}: {plan:?}");
    }
}
