//! What holds for every request's way through its targets, whatever fails and whoever is left out.

use std::time::Duration;

use proptest::prelude::*;
use turnpike_routing::{
    Breaker, Candidate, Catalogue, Condition, Course, Map, Mode, Next, Patience, Query, Routes, Rule,
    Standing, Trouble,
};

const TROUBLES: [Trouble; 13] = [
    Trouble::RateLimited,
    Trouble::Overloaded,
    Trouble::Failed,
    Trouble::TimedOut,
    Trouble::NotSent,
    Trouble::ClosedAtOnce,
    Trouble::ClosedLate,
    Trouble::Gone,
    Trouble::TooLong,
    Trouble::NoTools,
    Trouble::NoImages,
    Trouble::Refused,
    Trouble::Final,
];

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(&TROUBLES[..])
}

fn wait() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), 1..5_000_u64, 5_000..500_000_u64].prop_map(Duration::from_millis)
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![Just(Standing::Ready), wait().prop_map(Standing::Broken), wait().prop_map(Standing::Limited),]
}

fn candidate() -> impl Strategy<Value = Candidate> {
    (prop::option::of(1..5_u64), any::<bool>(), any::<bool>())
        .prop_map(|(window, lacks_tools, lacks_images)| Candidate { window, lacks_tools, lacks_images })
}

/// One failure, and how the targets stand after it.
type Blow = (Trouble, Option<Duration>, Vec<Standing>, f64);

fn blow() -> impl Strategy<Value = Blow> {
    (trouble(), prop::option::of(wait()), prop::collection::vec(standing(), 8), -0.5..1.5_f64)
}

proptest! {
    #[test]
    fn no_course_loops_tries_twice_or_waits_for_too_long(
        candidates in prop::collection::vec(candidate(), 0..8),
        first in prop::collection::vec(standing(), 8),
        blows in prop::collection::vec(blow(), 40),
        deadline in wait(),
    ) {
        let count = candidates.len();
        let mut course = Course::new(candidates.clone(), Patience { deadline });
        let mut waited = Duration::ZERO;
        let mut fresh = Vec::new();
        let mut again = Vec::new();
        let mut passed = Vec::new();
        let mut last: Option<(usize, Trouble)> = None;
        let mut too_small = 0;
        let mut next = course.begin(&first);
        for (trouble, retry_after, standings, jitter) in blows {
            passed.extend(course.take_passed().into_iter().map(|(target, _)| target));
            let Next::Try(step) = next else { break };
            prop_assert!(step.target < count);
            waited += step.wait;
            if let Some((before, why)) = last {
                prop_assert_ne!(why, Trouble::Final, "what nothing mends is not tried again");
                if step.again {
                    prop_assert_eq!(before, step.target);
                    let unworked = [
                        Trouble::RateLimited, Trouble::Overloaded, Trouble::NotSent, Trouble::ClosedAtOnce,
                    ];
                    prop_assert!(unworked.contains(&why), "{:?} may have been worked on", why);
                } else {
                    prop_assert_ne!(why, Trouble::NotSent, "all targets are at the same upstream");
                    let window = candidates[step.target].window;
                    prop_assert!(window.is_none_or(|window| window > too_small));
                }
            }
            if step.again { again.push(step.target) } else { fresh.push(step.target) }
            if trouble == Trouble::TooLong {
                too_small = too_small.max(candidates[step.target].window.unwrap_or(0));
            }
            last = Some((step.target, trouble));
            next = course.failed(trouble, retry_after, &standings, jitter);
        }
        prop_assert!(!matches!(next, Next::Try(_)), "it ends within twice the targets");
        prop_assert!(waited + course.left() <= deadline);
        for tried in [&mut fresh, &mut again, &mut passed] {
            let before = tried.len();
            tried.sort_unstable();
            tried.dedup();
            prop_assert_eq!(tried.len(), before, "none twice");
        }
    }

    #[test]
    fn who_is_ready_is_never_made_to_wait(
        candidates in prop::collection::vec(candidate(), 1..8),
        standings in prop::collection::vec(standing(), 8),
        deadline in wait(),
    ) {
        let ready = standings.iter().take(candidates.len()).position(|it| *it == Standing::Ready);
        let next = Course::new(candidates, Patience { deadline }).begin(&standings);
        if let Some(ready) = ready {
            prop_assert!(matches!(next, Next::Try(step) if step.target == ready && step.wait.is_zero()));
        }
    }

    #[test]
    fn a_spell_out_is_bounded_and_ends(
        reports in prop::collection::vec((trouble(), prop::option::of(wait()), 0..100_000_u64), 1..60),
    ) {
        let mut breaker = Breaker::default();
        let mut now = Duration::from_secs(1_800_000_000);
        for (trouble, retry_after, pause) in reports {
            breaker.sent("a/b", now);
            breaker.failed("a/b", trouble, retry_after, now);
            let wait = breaker.standing("a/b", now).wait();
            // The longest of the named times, and of our own.
            prop_assert!(wait <= Duration::from_secs(500));
            prop_assert_eq!(breaker.standing("a/b", now + wait), Standing::Ready);
            now += Duration::from_millis(pause);
        }
        breaker.answered("a/b");
        prop_assert_eq!(breaker.standing("a/b", now), Standing::Ready);
        prop_assert!(breaker.out(now).is_empty());
    }

    /// A target is a model's slug and nothing else: nothing in a plan can name another host.
    #[test]
    fn no_plan_names_a_host_or_a_target_twice(
        asked in "(https?://)?[a-z~@./:%\\\\?#-]{0,20}",
        targets in prop::collection::vec("[a-c]/[x-z](:free)?", 1..6),
        by_rule in any::<bool>(),
    ) {
        let map = Map { name: "claude-*".to_owned(), targets: targets.clone(), mode: Mode::Auto, settings: 0 };
        let when = Condition { model: Some("claude-r*".to_owned()), ..Condition::default() };
        let rule = Rule { name: "r".to_owned(), when, targets, mode: Mode::Auto, settings: 1 };
        let routes = Routes { rules: vec![rule], maps: vec![map] };
        for model in [asked.as_str(), if by_rule { "claude-r" } else { "claude-m" }] {
            let Ok(plan) = routes.plan(&query(model), &Catalogue::default()) else { continue };
            let mut slugs: Vec<&str> = plan.targets.iter().map(|target| target.slug.as_str()).collect();
            prop_assert!(!slugs.is_empty());
            for slug in &slugs {
                prop_assert!(!slug.contains("://") && !slug.contains(['\\', '?', '#', '%']), "{}", slug);
                prop_assert!(!slug.split('/').any(|part| part.is_empty() || part == ".."), "{}", slug);
            }
            let before = slugs.len();
            slugs.sort_unstable();
            slugs.dedup();
            prop_assert_eq!(slugs.len(), before);
        }
    }
}

fn query(model: &str) -> Query<'_> {
    Query {
        model,
        class: turnpike_routing::classify(&Default::default(), &Default::default()),
        agent_type: None,
        tokens: 0,
        has_image: false,
        thinking: false,
        web_search: false,
        project: None,
        client: None,
    }
}
