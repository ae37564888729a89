use super::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One failure, and what must follow it: with another target ready, and without.
struct Row {
    name: &'static str,
    trouble: Trouble,
    retry_after: Option<Duration>,
    with_others: Remedy,
    alone: Remedy,
}

const fn row(
    name: &'static str,
    trouble: Trouble,
    retry_after: Option<Duration>,
    with_others: Remedy,
    alone: Remedy,
) -> Row {
    Row { name, trouble, retry_after, with_others, alone }
}

use Remedy::{AgainOrNext, Next as Onward, ReconnectOrNext, ReconnectOrStop, Stop};

/// What follows a first failure, with the middle of the jitter.
const TABLE: &[Row] = &[
    row(
        "429 that is soon over: wait for it, the prompt cache is worth it",
        Trouble::RateLimited,
        Some(s(2)),
        AgainOrNext(ms(2250)),
        AgainOrNext(ms(2250)),
    ),
    row("429 for longer", Trouble::RateLimited, Some(s(20)), Onward, AgainOrNext(ms(20_375))),
    row("429 without a time", Trouble::RateLimited, None, Onward, AgainOrNext(ms(500))),
    row(
        "529 that is soon over",
        Trouble::Overloaded,
        Some(s(1)),
        AgainOrNext(ms(1125)),
        AgainOrNext(ms(1125)),
    ),
    row("529", Trouble::Overloaded, None, Onward, AgainOrNext(ms(500))),
    row("5xx: it may have been worked on", Trouble::Failed, None, Onward, Onward),
    row("5xx that names a time, which is no promise", Trouble::Failed, Some(s(1)), Onward, Onward),
    row("no answer in time", Trouble::TimedOut, None, Onward, Onward),
    row("no connection", Trouble::NotSent, None, ReconnectOrStop(ms(20)), ReconnectOrStop(ms(20))),
    row(
        "closed before any byte, at once",
        Trouble::ClosedAtOnce,
        None,
        ReconnectOrNext(ms(20)),
        ReconnectOrNext(ms(20)),
    ),
    row("closed before any byte, after a while", Trouble::ClosedLate, None, Onward, Onward),
    row("the model is gone", Trouble::Gone, None, Onward, Onward),
    row("the context is too long", Trouble::TooLong, None, Onward, Onward),
    row("no tools", Trouble::NoTools, None, Onward, Onward),
    row("no images", Trouble::NoImages, None, Onward, Onward),
    row("refused by this provider", Trouble::Refused, None, Onward, Onward),
    row("401, 402, the day's free requests, an invalid request", Trouble::Final, None, Stop, Stop),
    row("402 that names a time", Trouble::Final, Some(s(1)), Stop, Stop),
];

#[test]
fn what_mends_a_failure() {
    for Row { name, trouble, retry_after, with_others, alone } in TABLE {
        assert_eq!(remedy(*trouble, *retry_after, true, 0, 0.5), *with_others, "{name}, others are left");
        assert_eq!(remedy(*trouble, *retry_after, false, 0, 0.5), *alone, "{name}, none is left");
    }
}

#[test]
fn pauses_double_are_spread_and_have_a_bound() {
    let pause = |failures, jitter| match remedy(Trouble::Overloaded, None, false, failures, jitter) {
        AgainOrNext(wait) => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!([pause(0, 0.0), pause(1, 0.0), pause(2, 0.0)], [ms(250), ms(500), ms(1000)]);
    assert_eq!(pause(0, 1.0), ms(750));
    assert_eq!(pause(99, f64::INFINITY), MOST_BACKOFF * 3 / 2);
    assert_eq!(pause(0, f64::NAN), ms(250));
}

fn course(candidates: &[Candidate], deadline: Duration) -> Course {
    Course::new(candidates.to_vec(), Patience { deadline })
}

fn sized(window: u64) -> Candidate {
    Candidate { window: Some(window), ..Candidate::default() }
}

fn to(target: usize) -> Next {
    Next::Try(Step { target, wait: Duration::ZERO, again: false })
}

#[test]
fn a_longer_context_goes_to_a_larger_window() {
    let mut course = course(&[sized(200), sized(100), sized(200), Candidate::default(), sized(300)], s(1));
    let ready = [Standing::Ready; 5];
    assert_eq!(course.begin(&ready), to(0));
    assert_eq!(course.failed(Trouble::TooLong, None, &ready, 0.0), to(3), "what is not known may be larger");
    assert_eq!(course.take_passed(), [(1, Pass::Window), (2, Pass::Window)]);
    assert_eq!(course.failed(Trouble::TooLong, None, &ready, 0.0), to(4));
    assert_eq!(course.failed(Trouble::TooLong, None, &ready, 0.0), Next::Stop);
    assert!(course.take_passed().is_empty(), "each is told once");
}

#[test]
fn tools_and_images_go_to_whoever_takes_them() {
    let blind = Candidate { lacks_images: true, ..Candidate::default() };
    let toolless = Candidate { lacks_tools: true, ..Candidate::default() };
    let ready = [Standing::Ready; 4];
    for (trouble, why, next) in [(Trouble::NoImages, Pass::Images, 2), (Trouble::NoTools, Pass::Tools, 1)] {
        let mut course =
            course(&[Candidate::default(), blind.clone(), toolless.clone(), Candidate::default()], s(1));
        course.begin(&ready);
        assert_eq!(course.failed(trouble, None, &ready, 0.0), to(next), "{trouble:?}");
        assert_eq!(course.failed(Trouble::Failed, None, &ready, 0.0), to(3), "{trouble:?}");
        assert!(course.take_passed().iter().any(|(_, pass)| *pass == why), "{trouble:?}");
    }
}

#[test]
fn who_is_left_out_is_passed_over_and_tried_only_when_nobody_else_is_left() {
    let mut course = course(&[Candidate::default(), Candidate::default()], s(10));
    let standings = [Standing::Broken(s(9)), Standing::Ready];
    assert_eq!(course.begin(&standings), to(1));
    assert_eq!(course.take_passed(), [(0, Pass::Broken(s(9)))]);
    assert_eq!(course.failed(Trouble::Failed, None, &standings, 0.0), to(0));
    assert_eq!(course.failed(Trouble::Failed, None, &standings, 0.0), Next::Stop);
}

#[test]
fn when_all_are_left_out_the_soonest_is_tried_or_waited_for_or_its_time_is_told() {
    let three = [Candidate::default(), Candidate::default(), Candidate::default()];
    let limited = [Standing::Limited(s(70)), Standing::Limited(s(8)), Standing::Limited(s(9))];
    let mixed = [Standing::Limited(s(1)), Standing::Broken(s(60)), Standing::Broken(s(50))];
    assert_eq!(course(&three, s(10)).begin(&mixed), to(2), "a broken one may have recovered");
    let wait = Next::Try(Step { target: 1, wait: s(8), again: false });
    assert_eq!(course(&three, s(10)).begin(&limited), wait);
    assert_eq!(course(&three, s(7)).begin(&limited), Next::Held { target: 1, soonest: s(8) });
    assert_eq!(course(&[], s(7)).begin(&[]), Next::Stop);
}

#[test]
fn the_same_target_is_tried_once_more_at_most() {
    let mut alone = course(&[Candidate::default()], s(60));
    let ready = [Standing::Ready];
    assert_eq!(alone.begin(&ready), to(0));
    let again = Next::Try(Step { target: 0, wait: s(5), again: true });
    assert_eq!(alone.failed(Trouble::RateLimited, Some(s(5)), &ready, 0.0), again);
    assert_eq!(alone.failed(Trouble::RateLimited, Some(s(5)), &ready, 0.0), Next::Stop);
    let mut hurried = course(&[Candidate::default()], s(4));
    hurried.begin(&ready);
    assert_eq!(hurried.failed(Trouble::RateLimited, Some(s(5)), &ready, 0.0), Next::Stop, "the deadline");
}
