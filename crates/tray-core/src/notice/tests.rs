use turnpike_api::command::NoticeSwitch;

use crate::menu::Action;

use super::*;

fn notice(kind: Kind, subject: &str) -> Notice {
    Notice {
        kind,
        subject: subject.to_owned(),
        text: format!("{subject}."),
        period: Duration::from_secs(600),
    }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn bodies(shown: &[Notification]) -> Vec<(&str, &str)> {
    shown.iter().map(|shown| (shown.title.as_str(), shown.body.as_str())).collect()
}

#[test]
fn notices_of_a_kind_come_together_and_kinds_apart() {
    let mut policy = Policy::default();
    for subject in ["terra", "luna", "flash", "pro", "nano"] {
        policy.offer(at(0), notice(Kind::Limited, subject));
    }
    policy.offer(at(0), notice(Kind::Budget, "half"));
    assert_eq!(policy.due_at(), Some(at(1)));
    assert_eq!(policy.take(Duration::from_millis(900)), [], "not yet");
    assert_eq!(
        bodies(&policy.take(at(1))),
        [("A model is limited", "terra.\nluna.\nflash.\nand 2 more"), ("Budget", "half.")]
    );
    assert_eq!((policy.due_at(), policy.take(at(2))), (None, vec![]), "once");
}

#[test]
fn the_same_is_not_told_again_within_its_period() {
    let mut policy = Policy::default();
    let mut told = Vec::new();
    for second in [0, 5, 599, 600, 700] {
        policy.offer(at(second), notice(Kind::Stopped, "crash"));
        told.extend(policy.take(at(second + 1)).iter().map(|_| second));
    }
    assert_eq!(told, [0, 600]);
}

#[test]
fn each_kind_can_be_turned_off_and_on() {
    let switch = |kind: Kind, is_on| NoticeSwitch { kind, title: kind.title().to_owned(), is_on };
    let set = [switch(Kind::Limited, false), switch(Kind::LimitOver, true)];
    let rows = [
        ("the defaults", &set[..0], vec![Kind::Stopped, Kind::Key, Kind::Limited, Kind::Budget]),
        ("as set", &set[..], vec![Kind::Stopped, Kind::Key, Kind::Budget, Kind::LimitOver]),
    ];
    for (name, set, on) in rows {
        let mut policy = Policy::default();
        policy.set_switches(Switches::of(set));
        for kind in Kind::ALL {
            policy.offer(at(0), notice(kind, "it"));
        }
        let shown: Vec<Kind> = policy.take(at(1)).iter().map(|shown| shown.kind).collect();
        assert_eq!(shown, on, "{name}");
    }
}

#[test]
fn a_notification_offers_what_can_be_done_at_once() {
    let daily = "BudgetOf { client: None, project: None } daily 800 0";
    let raise =
        |title, subject: &str| Offer { title, action: Action::RaiseBudget { subject: subject.to_owned() } };
    let open = |title, view| Offer { title, action: Action::Open { view } };
    let turnpike = |view| open("Open Turnpike", view);
    let rows = [
        (
            "a limit",
            Kind::Limited,
            vec!["a/terra", "b/luna"],
            vec![open("Choose another model", "models"), turnpike("limits")],
        ),
        (
            "a budget",
            Kind::Budget,
            vec![daily],
            vec![raise("Double it for today", daily), turnpike("limits")],
        ),
        ("two budgets", Kind::Budget, vec![daily, "of another weekly 500 0"], vec![turnpike("limits")]),
        ("a key", Kind::Key, vec!["Refused"], vec![turnpike("setup")]),
        ("a crash that is over", Kind::Stopped, vec!["it had broken off"], vec![turnpike("")]),
    ];
    for (name, kind, subjects, expected) in rows {
        let mut policy = Policy::default();
        subjects.iter().for_each(|subject| policy.offer(at(0), notice(kind, subject)));
        let shown = policy.take(at(1));
        assert_eq!(shown.iter().map(|shown| shown.offers.clone()).collect::<Vec<_>>(), [expected], "{name}");
    }
    let mut policy = Policy::default();
    policy.offer(at(0), given_up("It ended unexpectedly."));
    let shown = policy.take(at(1));
    let start = Offer { title: "Start", action: Action::StartService };
    assert_eq!(shown[0].offers, [start, turnpike("")]);
}

#[test]
fn texts_begin_as_sentences_do() {
    let rows = [
        ("the service ended", "The service ended"),
        ("a/terra is limited", "a/terra is limited"),
        ("$0.50 is left", "$0.50 is left"),
        ("80 % is used", "80 % is used"),
        ("", ""),
    ];
    for (text, expected) in rows {
        assert_eq!(sentence(text), expected, "{text}");
    }
}
