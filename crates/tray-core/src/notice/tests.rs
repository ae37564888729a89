use turnpike_api::command::NoticeSwitch;

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
