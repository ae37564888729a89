//! How SQLite answers the questions: each by an index, none by looking at every request.

use rusqlite::Connection;

use crate::query::cover::Part;
use crate::query::dimension::{Dimension, Facet};
use crate::query::find::{self, FindQuery};
use crate::query::question::{self, Key};
use crate::query::{latency, receipt, recent};
use crate::schema;
use crate::table::{count, request};

/// The steps of the plan, with the numbers of SQLite's own views left out.
fn plan(sql: &str) -> Vec<String> {
    let mut conn = Connection::open_in_memory().unwrap();
    schema::migrate(&mut conn, schema::MIGRATIONS).unwrap();
    let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![0; explained.parameter_count()];
    let steps = explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.map(Result::unwrap).collect()
}

const SUMS: &str = "SEARCH x USING PRIMARY KEY (span=? AND slot>? AND slot<?)";
const FACET: &str = "SEARCH facet USING INTEGER PRIMARY KEY (rowid=?)";
const VALUE: &str = "SEARCH facet USING COVERING INDEX sqlite_autoindex_facet_1 (kind=? AND text=?)";
const ROWS: &str = "SEARCH request USING INDEX request_by_start (started_at>? AND started_at<?)";

#[test]
fn sums_are_found_by_their_time() {
    let narrowed = [(Facet::Project, "/p".to_owned())];
    for part in [Part::Quarters(1, 2), Part::Days(1, 2)] {
        for dimension in Dimension::ALL {
            let Dimension::Facet(facet) = dimension else { continue };
            let plan = plan(&question::sql(part, Key::Facet(facet), &[]).0);
            assert_eq!((plan[0].as_str(), plan.last().unwrap().as_str()), (SUMS, FACET), "{dimension}");
        }
        for key in [Key::All, Key::Slot] {
            assert_eq!(plan(&question::sql(part, key, &[]).0), [SUMS], "{key:?}");
            let plan = plan(&question::sql(part, key, &narrowed).0);
            assert_eq!((plan[0].as_str(), plan.last().unwrap().as_str()), (SUMS, VALUE), "{key:?}, narrowed");
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
    let narrowed = [(Facet::Project, "/p".to_owned()), (Facet::Model, "a/b".to_owned())];
    for key in [Key::All, Key::Slot, Key::Facet(Facet::Session)] {
        let plan = plan(&question::sql(Part::Hours(1, 2), key, &narrowed).0);
        assert!(plan[0].starts_with("SCAN m") || plan[0].starts_with("SEARCH m"), "{plan:?}");
        let hours = "SEARCH x USING PRIMARY KEY (mix=? AND hour>? AND hour<?)";
        assert!(plan.iter().any(|step| step == hours), "{key:?}: {plan:?}");
        assert!(!plan.iter().any(|step| step.contains("request")), "no row is looked at: {plan:?}");
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
    let rows = [
        ("receipt", receipt::SPAN.to_owned(), session),
        ("receipt's project", receipt::PROJECT.to_owned(), session),
        (
            "receipt's models",
            receipt::by_model(),
            "SEARCH r USING COVERING INDEX request_by_session (session=?)",
        ),
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
