use std::time::Duration;

use proptest::prelude::*;

use super::*;

const OWN: &str = "0.2.0";

fn standing() -> Standing {
    Standing {
        instance: "a".to_owned(),
        pid: 7,
        version: OWN.to_owned(),
        live: 0,
        is_ending: false,
        is_ours: true,
    }
}

fn healthy() -> Event {
    Event::Seen(Sight::Healthy(standing()))
}

fn ended(code: Option<i32>) -> Event {
    Event::Ended(Ended { pid: 7, code, words: Some("the port is taken.".to_owned()) })
}

fn nobody() -> Event {
    Event::Seen(Sight::Nobody)
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Plays `(second, event)` and tells each effect with its second, looks left out.
fn play(events: impl IntoIterator<Item = (u64, Event)>) -> (Supervisor, Vec<(u64, Effect)>) {
    let mut supervisor = Supervisor::new(OWN);
    let mut effects = Vec::new();
    for (second, event) in events {
        let now = at(second);
        effects.extend(supervisor.handle(now, event).into_iter().map(|effect| (second, effect)));
    }
    effects.retain(|(_, effect)| *effect != Effect::Look);
    (supervisor, effects)
}

fn started(second: u64) -> (u64, Effect) {
    (second, Effect::Start)
}

/// A name, what happens in which second, and what is done in which second.
type Row = (&'static str, Vec<(u64, Event)>, Vec<(u64, Effect)>);

fn tell(second: u64, words: &str) -> (u64, Effect) {
    (second, Effect::Tell(words.to_owned()))
}

fn rows_of_starting() -> Vec<Row> {
    let mute = || Event::Seen(Sight::Mute("?".to_owned()));
    let (first, up) = ((0, Event::Tick), (1, healthy()));
    let too_late = "the service does not answer after 30 seconds: look at `turnpike logs`";
    let never = vec![started(1), (31, Effect::Abandon), tell(31, too_late)];
    let refused = vec![started(1), tell(2, "the port is taken.")];
    let ending = || Event::Seen(Sight::Healthy(Standing { is_ending: true, ..standing() }));
    vec![
        ("a running service is adopted", vec![first.clone(), up.clone()], vec![]),
        ("without one, one is started", vec![first.clone(), (1, nobody())], vec![started(1)]),
        ("a port that is another's does not stand in the way", vec![first, (1, mute())], vec![started(1)]),
        (
            "a service that was killed is started at once",
            vec![up.clone(), (5, ended(None))],
            vec![started(5)],
        ),
        (
            "an adopted one that is gone too",
            vec![up.clone(), (5, Event::Lost), (5, nobody())],
            vec![started(5)],
        ),
        ("one that somebody ended stays ended", vec![up.clone(), (5, ending()), (6, nobody())], vec![]),
        (
            "the end of our own is told by its code",
            vec![(0, nobody()), (1, healthy()), (5, nobody()), (6, ended(Some(0)))],
            vec![started(0)],
        ),
        ("one that says so too", vec![up.clone(), (5, Event::Ending), (5, nobody())], vec![]),
        ("until a person wants it", vec![up, (5, ended(Some(0))), (9, Event::Retry)], vec![started(9)]),
        (
            "a wrong configuration is told, and not tried again",
            vec![(1, nobody()), (2, ended(Some(4))), (90, Event::Tick)],
            refused,
        ),
        (
            "the quicker one is waited for",
            vec![(1, nobody()), (2, ended(Some(6))), (3, healthy())],
            vec![started(1)],
        ),
        (
            "when the other one goes, there is room again",
            vec![(1, nobody()), (2, ended(Some(6))), (3, nobody())],
            vec![started(1), started(3)],
        ),
        (
            "a unit is given its time",
            vec![(1, nobody()), (2, Event::Handed), (3, nobody()), (4, healthy())],
            vec![started(1)],
        ),
        ("one that never answers is abandoned", vec![(1, nobody()), (31, Event::Tick)], never),
        (
            "what cannot be started is told",
            vec![(1, nobody()), (1, Event::StartFailed("no.".to_owned()))],
            vec![started(1), tell(1, "no.")],
        ),
    ]
}

fn rows_of_ending() -> Vec<Row> {
    let end = |second| (second, Effect::End(HowToEnd::Command));
    let end_process = |second, pid| (second, Effect::End(HowToEnd::Process { pid }));
    let exit = |second| (second, Effect::Exit);
    let foreign = || Event::Seen(Sight::Healthy(Standing { is_ours: false, ..standing() }));
    let other_api = |is_older| Event::Seen(Sight::OtherApi { pid: 9, is_older });
    let newer = "the running service is newer than this tray: quit the tray and start it again";
    let up = (1, healthy());
    vec![
        ("quitting ends our own", vec![up.clone(), (3, Event::Quit), (9, nobody())], vec![end(3), exit(9)]),
        ("quitting leaves a foreign one alone", vec![(1, foreign()), (3, Event::Quit)], vec![exit(3)]),
        (
            "quitting has an end",
            vec![up.clone(), (3, Event::Quit), (43, Event::Tick)],
            vec![end(3), exit(43)],
        ),
        (
            "quitting twice cuts short",
            vec![up, (3, Event::Quit), (4, Event::Quit)],
            vec![end(3), end_process(4, 7), exit(4)],
        ),
        (
            "an older API is ended by its process and replaced",
            vec![(1, other_api(true)), (2, nobody())],
            vec![end_process(1, 9), started(2)],
        ),
        ("a newer API is left alone", vec![(1, other_api(false))], vec![tell(1, newer)]),
    ]
}

#[test]
fn each_row_has_its_effects() {
    for (name, events, expected) in rows_of_starting().into_iter().chain(rows_of_ending()) {
        assert_eq!(play(events).1, expected, "{name}");
    }
}

#[test]
fn an_older_service_finishes_its_streams_before_it_is_replaced() {
    let old =
        |live| Event::Seen(Sight::Healthy(Standing { version: "0.1.9".to_owned(), live, ..standing() }));
    let busy = [(1, old(2)), (3, old(1)), (5, old(1))];
    assert_eq!(play(busy.clone()).1, [], "while it is busy");
    let then = [(7, old(0)), (8, nobody()), (9, healthy())];
    let (supervisor, effects) = play(busy.clone().into_iter().chain(then));
    assert_eq!(effects, [(7, Effect::End(HowToEnd::Command)), started(8)]);
    assert!(matches!(supervisor.view(), View::Up(_)));
    let again = old(0);
    let (_, effects) = play([(1, old(0)), (2, nobody()), (3, again.clone()), (5, again)]);
    assert_eq!(effects, [(1, Effect::End(HowToEnd::Command)), started(2)], "but only once");
    let (_, effects) = play(busy.into_iter().chain([(602, old(1))]));
    assert_eq!(effects, [(602, Effect::End(HowToEnd::Command))], "not for ever");
}

#[test]
fn after_five_failures_in_a_minute_it_gives_up_and_says_so_once() {
    let mut supervisor = Supervisor::new(OWN);
    let mut effects = supervisor.handle(at(0), nobody());
    let mut starts = vec![];
    for tenth in 0..2_000_u64 {
        let now = Duration::from_millis(tenth * 100);
        let born = effects.contains(&Effect::Start);
        effects.retain(|effect| matches!(effect, Effect::Tell(_)));
        if born {
            starts.push(tenth / 10);
            effects.extend(supervisor.handle(now, ended(None)));
        } else {
            effects.extend(supervisor.handle(now, Event::Tick));
        }
    }
    assert_eq!(starts, [0, 0, 1, 3, 7], "rests of 0, 1, 2 and 4 seconds");
    assert_eq!(effects, [Effect::Tell("the port is taken.".to_owned())]);
    assert_eq!(supervisor.view(), View::GivenUp("the port is taken."));
    assert!(supervisor.handle(at(300), Event::Retry).contains(&Effect::Start), "a person may ask for more");
}

#[test]
fn what_is_seen_is_shown() {
    let live = |live| Event::Seen(Sight::Healthy(Standing { live, ..standing() }));
    let mute = || Event::Seen(Sight::Mute("?".to_owned()));
    assert_eq!(play([(0, Event::Tick)]).0.view(), View::Starting);
    assert_eq!(play([(0, live(3)), (1, Event::Quit)]).0.view(), View::Quitting { live: 3 });
    assert_eq!(play([(0, live(3)), (1, Event::Quit), (2, live(1))]).0.view(), View::Quitting { live: 1 });
    let hung = [(0, live(0)), (1, mute()), (2, mute()), (3, mute())];
    assert_eq!(play(hung.clone()).0.view(), View::Mute);
    assert!(matches!(play(hung.into_iter().chain([(4, live(0))])).0.view(), View::Up(_)), "it has woken");
}

#[test]
fn a_lost_stream_is_looked_at_at_once_even_while_a_look_is_on_its_way() {
    let mut supervisor = Supervisor::new(OWN);
    assert_eq!(supervisor.handle(at(0), Event::Tick), [Effect::Look]);
    assert_eq!(supervisor.handle(at(1), healthy()), []);
    assert_eq!(supervisor.handle(at(2), Event::Lost), [Effect::Look]);
    assert_eq!(supervisor.handle(at(2), Event::Lost), []);
    assert_eq!(supervisor.handle(at(2), healthy()), [Effect::Look], "the answer may be from before");
}

/// A world with processes in it, of which the supervisor knows only what it looks at.
#[derive(Debug, Default)]
struct World {
    started: u32,
    is_looking: bool,
    has_process: bool,
    is_done: bool,
    has_given_up: bool,
}

impl World {
    fn apply(&mut self, effects: &[Effect]) -> Result<(), TestCaseError> {
        for effect in effects {
            prop_assert!(!self.is_done, "{effect:?} after the end");
            match effect {
                Effect::Look => {
                    prop_assert!(!self.is_looking, "two looks at once");
                    self.is_looking = true;
                }
                Effect::Start => {
                    prop_assert!(!self.has_process, "a second process");
                    prop_assert!(!self.has_given_up, "a start after giving up");
                    self.has_process = true;
                    self.started += 1;
                }
                Effect::Tell(_) => self.has_given_up = true,
                Effect::Exit => self.is_done = true,
                Effect::Abandon => prop_assert!(self.has_process, "nothing to abandon"),
                Effect::End(_) => {}
            }
        }
        Ok(())
    }
}

fn any_sight() -> impl Strategy<Value = Sight> {
    let healthy = (0..3_u32, any::<bool>(), any::<bool>(), 0..3_usize, any::<bool>()).prop_map(
        |(instance, is_ours, is_ending, live, is_old)| {
            let version = if is_old { "0.1.0" } else { OWN }.to_owned();
            Sight::Healthy(Standing {
                instance: instance.to_string(),
                pid: 7,
                version,
                live,
                is_ending,
                is_ours,
            })
        },
    );
    prop_oneof![
        3 => healthy,
        3 => Just(Sight::Nobody),
        1 => Just(Sight::Mute("?".to_owned())),
        1 => any::<bool>().prop_map(|is_older| Sight::OtherApi { pid: 9, is_older }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Seen(Sight),
    Ended(Option<i32>),
    StartFailed,
    Handed,
    Lost,
    Wait(u64),
    Retry,
    Quit,
}

fn any_step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![Just(None), prop::sample::select(vec![0, 1, 2, 4, 6]).prop_map(Some)];
    prop_oneof![
        8 => any_sight().prop_map(Step::Seen),
        4 => code.prop_map(Step::Ended),
        1 => Just(Step::StartFailed),
        1 => Just(Step::Handed),
        2 => Just(Step::Lost),
        8 => (0..20_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Retry),
        1 => Just(Step::Quit),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_there_is_never_a_second_service(steps in prop::collection::vec(any_step(), 1..120)) {
        let mut supervisor = Supervisor::new(OWN);
        let mut world = World::default();
        let mut now = Duration::ZERO;
        for step in steps {
            let event = match step {
                Step::Seen(sight) if world.is_looking => {
                    world.is_looking = false;
                    // A service that answers lifts a surrender; so does a person.
                    world.has_given_up &= !matches!(sight, Sight::Healthy(_));
                    Event::Seen(sight)
                }
                Step::Ended(code) if world.has_process => {
                    world.has_process = false;
                    ended(code)
                }
                Step::StartFailed if world.has_process => {
                    world.has_process = false;
                    Event::StartFailed("no.".to_owned())
                }
                Step::Handed if world.has_process => {
                    world.has_process = false;
                    Event::Handed
                }
                Step::Lost => Event::Lost,
                Step::Wait(millis) => {
                    now += Duration::from_millis(millis);
                    Event::Tick
                }
                Step::Retry => {
                    world.has_given_up = false;
                    Event::Retry
                }
                Step::Quit => Event::Quit,
                Step::Seen(_) | Step::Ended(_) | Step::StartFailed | Step::Handed => continue,
            };
            let effects = supervisor.handle(now, event);
            world.apply(&effects)?;
            let waits = world.is_looking || supervisor.wakes_at().is_some() || world.is_done;
            prop_assert!(waits, "it would never look again: {supervisor:?}");
        }
    }
}
