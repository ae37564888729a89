//! Rows by words and facts, page by page.

use turnpike_ledger::{
    Facet, FindQuery, Found, Ledger, NewRequest, Outcome, Progress, RowId, Settlement, Status,
};

use crate::support::{Home, LONG, end, paid, request, spend};

fn find(ledger: &Ledger, query: FindQuery) -> (Vec<i64>, Option<i64>) {
    let Found { rows, next } = ledger.reader().find(&query).unwrap();
    (rows.iter().map(|row| row.id.get()).collect(), next.map(RowId::get))
}

fn query(words: &str) -> FindQuery {
    FindQuery { limit: 10, words: words.to_owned(), ..FindQuery::default() }
}

#[test]
fn rows_are_found_by_words_and_facts() {
    let home = Home::new();
    let ledger = home.open();
    let progress = Progress { served_model: Some("z-ai/glm-5.2".to_owned()), ..Progress::default() };
    spend(&ledger, request("s1"), Settlement { progress, ..paid(1) });
    let failed = Settlement {
        error_type: Some("overloaded_error".to_owned()),
        error_message: Some("100 % full_up".to_owned()),
        ..end(Outcome::Error)
    };
    let project = Some("/src/Turnpike".to_owned());
    spend(&ledger, NewRequest { project, ..request("s2") }, failed);
    ledger.flush(LONG).unwrap();
    let only = |facet, text: &str| FindQuery { only: vec![(facet, text.to_owned())], ..query("") };
    let rows = [
        ("all", query(""), vec![2, 1]),
        ("a model", query("GLM"), vec![1]),
        ("two words", query("opus turnpike"), vec![2]),
        ("words of two rows", query("glm turnpike"), vec![]),
        ("signs of the pattern", query("100 % full_up"), vec![2]),
        ("a sign that stands for itself", query("full%up"), vec![]),
        ("a status", FindQuery { status: Some(Status::Error), ..query("") }, vec![2]),
        ("a session", only(Facet::Session, "s1"), vec![1]),
        ("no project", only(Facet::Project, ""), vec![1]),
        ("a quote", query("'; DROP TABLE request; --"), vec![]),
    ];
    for (name, query, expected) in rows {
        assert_eq!(find(&ledger, query), (expected, None), "{name}");
    }
}

#[test]
fn pages_follow_one_another_to_the_oldest_row() {
    let home = Home::new();
    let ledger = home.open();
    for _ in 0..25 {
        spend(&ledger, request("s"), paid(1));
    }
    ledger.flush(LONG).unwrap();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let (ids, next) = find(&ledger, FindQuery { before, ..query("opus") });
        seen.extend(ids);
        before = next.map(RowId::new);
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
}

#[test]
fn a_question_with_few_matches_looks_at_a_bounded_stretch() {
    let home = Home::new();
    let ledger = home.open();
    spend(&ledger, request("needle"), paid(1));
    ledger.flush(LONG).unwrap();
    // Numbers far apart stand for the rows between them.
    home.other_program()
        .execute("UPDATE request SET id = 1 WHERE session = 'needle'", [])
        .and_then(|_| {
            home.other_program().execute_batch(
                "CREATE TEMP TABLE copy AS SELECT * FROM request; UPDATE copy SET id = 1000000, session = 'hay';
                 INSERT INTO request SELECT * FROM copy;",
            )
        })
        .unwrap();
    let mut questions = 0;
    let mut before = None;
    loop {
        let (ids, next) = find(&ledger, FindQuery { before, ..query("needle") });
        questions += 1;
        if ids == [1] {
            break;
        }
        assert!(ids.is_empty() && next.is_some(), "{ids:?} {next:?}");
        before = next.map(RowId::new);
    }
    assert_eq!(questions, 2, "a stretch without rows is stepped over");
    assert_eq!(
        find(&ledger, query("")),
        (vec![1_000_000, 1], None),
        "without words there is nothing to look through"
    );
}
