use super::*;
use crate::command::{BudgetOf, BudgetStanding};

fn key(state: KeyState) -> KeyReport {
    let message = format!("it is {state:?}");
    KeyReport { state, source: None, masked: None, message, awaited: false, undo: None }
}

fn four_of_five_dollars() -> BudgetStanding {
    BudgetStanding {
        of: BudgetOf::default(),
        period: "daily".to_owned(),
        cap_nanos: Some(5_000_000_000),
        raised_nanos: 0,
        settled_nanos: 4_000_000_000,
        is_approximate: false,
        reserved_nanos: 0,
        used_permille: Some(800),
        starts_at: 0,
        resets_at: 86_400,
        action: "warn".to_owned(),
    }
}

#[test]
fn what_the_service_tells_becomes_a_notice_where_a_person_must_know() {
    let passed = Event::Budget {
        mark_permille: 800,
        budget: four_of_five_dollars(),
        message: "80 % of today is spent".to_owned(),
    };
    let left_out = |why: &str, instead: Option<&str>| Event::TargetLeftOut {
        target: LeftOut {
            slug: "a/terra".to_owned(),
            why: why.to_owned(),
            since: 0,
            until: 90,
            message: "a/terra is limited until 14:32".to_owned(),
        },
        instead: instead.map(str::to_owned),
    };
    let limited = "a/terra is limited until 14:32; b/luna answers instead";
    let rows = [
        ("a limit", left_out("limited", Some("b/luna")), Some((NoticeKind::Limited, limited))),
        ("a failing model", left_out("failing", None), None),
        (
            "a limit that is over",
            Event::TargetBack { slug: "a/t".to_owned() },
            Some((NoticeKind::LimitOver, "a/t answers again")),
        ),
        ("a budget", passed, Some((NoticeKind::Budget, "80 % of today is spent"))),
        (
            "a key that is refused",
            Event::Key { key: key(KeyState::Refused) },
            Some((NoticeKind::Key, "it is Refused")),
        ),
        (
            "a locked keychain",
            Event::Key { key: key(KeyState::Locked) },
            Some((NoticeKind::Key, "it is Locked")),
        ),
        ("a key that is fine", Event::Key { key: key(KeyState::Ready) }, None),
        ("no key yet", Event::Key { key: key(KeyState::Missing) }, None),
        (
            "another model",
            Event::FellBack { meant: "a/terra".to_owned(), answered: "b/luna".to_owned() },
            Some((NoticeKind::Fallback, "b/luna answers in the place of a/terra")),
        ),
        (
            "little credit",
            Event::Credits { is_spent: false, message: "$0.40 is left".to_owned() },
            Some((NoticeKind::Credits, "$0.40 is left")),
        ),
        (
            "an hour that costs much",
            Event::Spike { message: "the last hour cost $9.00".to_owned() },
            Some((NoticeKind::Spike, "the last hour cost $9.00")),
        ),
        ("money", Event::Settled { id: 1, cost_nanos: 1 }, None),
    ];
    for (name, event, expected) in rows {
        let told = Notice::of_event(&event);
        assert_eq!(told.as_ref().map(|told| (told.kind, told.text.as_str())), expected, "{name}");
    }
}

#[test]
fn every_kind_has_the_name_of_its_switch_and_four_are_on() {
    let rows: Vec<(String, bool)> = NoticeKind::ALL
        .iter()
        .map(|kind| (serde_json::to_string(kind).unwrap(), kind.is_on_by_default()))
        .collect();
    let expected = [
        ("stopped", true),
        ("key", true),
        ("limited", true),
        ("budget", true),
        ("credits", false),
        ("fallback", false),
        ("limit_over", false),
        ("spike", false),
    ];
    assert_eq!(rows, expected.map(|(name, is_on)| (format!("\"{name}\""), is_on)));
}

#[test]
fn a_budgets_notice_leads_back_to_its_budget_while_its_period_lasts() {
    let ours = four_of_five_dollars();
    let weekly = BudgetStanding { period: "weekly".to_owned(), ..ours.clone() };
    let of = BudgetOf { project: Some("/src/daily 800 0".to_owned()), client: None };
    let project = BudgetStanding { of, ..ours.clone() };
    let tomorrow = BudgetStanding { starts_at: 86_400, ..ours.clone() };
    let passed = |budget: &BudgetStanding| Event::Budget {
        mark_permille: 800,
        budget: budget.clone(),
        message: String::new(),
    };
    let rows = [
        ("its own among others", [&weekly, &project, &ours], Some(&ours)),
        ("others alone", [&weekly, &project, &weekly], None),
        ("its period has ended", [&weekly, &project, &tomorrow], None),
    ];
    let subject = Notice::of_event(&passed(&ours)).unwrap().subject;
    for (name, budgets, expected) in rows {
        let budgets = budgets.map(BudgetStanding::clone);
        assert_eq!(Notice::budget_of(&subject, &budgets), expected, "{name}");
    }
    let subject = Notice::of_event(&passed(&project)).unwrap().subject;
    assert_eq!(Notice::budget_of(&subject, &[ours, project.clone()]), Some(&project), "a folder's");
}
