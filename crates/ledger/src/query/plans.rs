//! How SQLite answers the questions: each by an index, none by looking at every request.

use rusqlite::Connection;

use crate::query::cover::Part;
use crate::query::dimension::{Dimension, Facet};
use crate::query::spend::Key;
use crate::query::{receipt, recent, spend};
use crate::schema;
use crate::table::request;

/// The steps of the plan, with the numbers of SQLite's own views left out.
fn plan(sql: &str) -> Vec<String> {
    let mut conn = Connection::open_in_memory().unwrap();
    schema::migrate(&mut conn, schema::MIGRATIONS).unwrap();
    let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![0; explained.parameter_count()];
    let steps = explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.map(Result::unwrap).collect()
}

const SUMS: &str = "SEARCH usage USING PRIMARY KEY (span=? AND slot>? AND slot<?)";
const FACET: &str = "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)";
const ROWS: &str = "SEARCH request USING INDEX request_by_start (started_at>? AND started_at<?)";
const GROUPED: &str = "USE TEMP B-TREE FOR GROUP BY";

#[test]
fn sums_are_found_by_their_key() {
    let narrowed = [(Facet::Project, "/p".to_owned())];
    for part in [Part::Quarters(1, 2), Part::Days(1, 2)] {
        for dimension in Dimension::ALL {
            let Dimension::Facet(facet) = dimension else { continue };
            let (sql, _) = spend::part_sql(part, Key::Facet(facet), &[]);
            assert_eq!(plan(&sql), [SUMS, FACET, GROUPED], "{dimension}");
        }
        assert_eq!(plan(&spend::part_sql(part, Key::All, &[]).0), [SUMS], "the sum of all");
        assert_eq!(plan(&spend::part_sql(part, Key::Slot, &[]).0), [SUMS], "by time, in order");
        assert_eq!(plan(&spend::part_sql(part, Key::Slot, &narrowed).0), [SUMS, FACET], "by time, narrowed");
    }
}

#[test]
fn single_rows_are_found_by_their_time() {
    for key in [Key::All, Key::Slot, Key::Facet(Facet::Model)] {
        let (sql, _) = spend::part_sql(Part::Rows(1, 2), key, &[]);
        assert_eq!(plan(&sql)[0], ROWS, "{key:?}");
    }
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
