use turnpike_api::Event;
use turnpike_api::command::{BudgetOf, BudgetStanding, KeyReport, KeyState, LeftOut};

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
    let text = "[notify]\nlimited = false\nlimit_over = true\n";
    let rows = [
        ("the defaults", "", vec![Kind::Stopped, Kind::Key, Kind::Limited, Kind::Budget]),
        ("as set", text, vec![Kind::Stopped, Kind::Key, Kind::Budget, Kind::LimitOver]),
        ("no TOML", "[notify", vec![Kind::Stopped, Kind::Key, Kind::Limited, Kind::Budget]),
    ];
    for (name, text, on) in rows {
        let mut policy = Policy::default();
        policy.set_switches(Switches::of_config(text));
        for kind in Kind::ALL {
            policy.offer(at(0), notice(kind, "it"));
        }
        let shown: Vec<Kind> = policy.take(at(1)).iter().map(|shown| shown.kind).collect();
        assert_eq!(shown, on, "{name}");
    }
}

fn key(state: KeyState) -> KeyReport {
    KeyReport { state, source: None, masked: None, message: format!("it is {state:?}") }
}

#[test]
fn what_the_service_tells_becomes_a_notice_where_a_person_must_know() {
    let budget = BudgetStanding {
        of: BudgetOf::default(),
        period: "daily".to_owned(),
        cap_nanos: Some(5_000_000_000),
        raised_nanos: 0,
        settled_nanos: 4_000_000_000,
        reserved_nanos: 0,
        used_permille: Some(800),
        starts_at: 0,
        resets_at: 86_400,
        action: "warn".to_owned(),
    };
    let passed = Event::Budget { mark_permille: 800, budget, message: "80 % of today is spent".to_owned() };
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
        ("a limit", left_out("limited", Some("b/luna")), Some((Kind::Limited, limited))),
        ("a failing model", left_out("failing", None), None),
        (
            "a limit that is over",
            Event::TargetBack { slug: "a/t".to_owned() },
            Some((Kind::LimitOver, "a/t answers again")),
        ),
        ("a budget", passed, Some((Kind::Budget, "80 % of today is spent"))),
        (
            "a key that is refused",
            Event::Key { key: key(KeyState::Refused) },
            Some((Kind::Key, "it is Refused")),
        ),
        ("a locked keychain", Event::Key { key: key(KeyState::Locked) }, Some((Kind::Key, "it is Locked"))),
        ("a key that is fine", Event::Key { key: key(KeyState::Ready) }, None),
        ("no key yet", Event::Key { key: key(KeyState::Missing) }, None),
        ("money", Event::Settled { id: 1, cost_nanos: 1 }, None),
    ];
    for (name, event, expected) in rows {
        let told = Notice::of_event(&event);
        assert_eq!(told.as_ref().map(|told| (told.kind, told.text.as_str())), expected, "{name}");
    }
}
