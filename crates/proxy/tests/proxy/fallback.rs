//! Other targets: tried when one fails before its first content in a way that another can mend.

use turnpike_ledger::Status;
use turnpike_sim::words;

use crate::harness::{Plane, attempts, map, maps, native};

const SECOND: &str = "sim/text+words=5";

fn tried(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(target, outcome)| ((*target).to_owned(), (*outcome).to_owned())).collect()
}

#[tokio::test]
async fn a_failure_that_another_target_can_mend_is_mended() {
    for (scenario, cause) in [
        ("error-400-model", "model_gone"),
        ("error-400-context", "context_too_long"),
        ("error-400-provider", "unsupported"),
        ("error-403", "refused"),
        ("error-404-tools", "no_tools"),
        ("error-404-images", "no_images"),
        ("error-404-privacy", "privacy"),
        ("error-408", "timeout"),
        ("error-429", "rate_limited"),
        ("error-429-free-min", "rate_limited"),
        ("error-500", "provider"),
        ("error-502-html", "provider"),
        ("error-503", "provider"),
        ("error-504", "timeout"),
        ("error-524", "timeout"),
        ("error-529", "overloaded"),
        ("error-first-chunk", "provider"),
        ("error-200-json", "provider"),
        ("error-200-html", "unreadable"),
        ("empty-answer", "empty"),
        ("redirect", "unreadable"),
        ("bad-chunk", "ended_early"),
        ("text+gzip", "unreadable"),
    ] {
        for stream in [true, false] {
            let first = format!("sim/{scenario}");
            let plane = Plane::mapped(maps(vec![map("mine", &[&first, SECOND])])).await;
            let answer = plane.ask("mine", stream).await;
            assert_eq!((answer.status, answer.said()), (200, words(5)), "{scenario} stream: {stream}");
            let row = plane.row();
            assert_eq!(row.status, Status::Ok, "{scenario}");
            assert_eq!(row.target.as_deref(), Some(SECOND), "{scenario}");
            assert_eq!(
                attempts(&row),
                tried(&[(&first, cause), (SECOND, "ok")]),
                "{scenario} stream: {stream}"
            );
            let answered = plane.upstream_requests().pop().expect("two requests");
            assert_eq!(row.cost.amount, answered.charged, "{scenario}");
        }
    }
}

#[tokio::test]
async fn what_no_target_can_mend_is_told_at_once() {
    for (scenario, status) in [
        ("error-401", 401),
        ("error-401-user", 401),
        ("error-402", 402),
        ("error-402-max-tokens", 402),
        ("error-413", 413),
        ("error-422", 400),
        ("error-429-free-day", 429),
    ] {
        let plane = Plane::mapped(maps(vec![map("mine", &[&format!("sim/{scenario}"), SECOND])])).await;
        assert_eq!(plane.ask("mine", true).await.error().0, status, "{scenario}");
        assert_eq!(plane.upstream_requests().len(), 1, "{scenario}");
        assert_eq!(plane.row().status, Status::Error, "{scenario}");
    }
}

#[tokio::test]
async fn after_the_first_content_there_is_no_other_target() {
    for scenario in ["error-midstream", "no-finish", "text+words=100+cut=2000", "finish-error", "bad-json"] {
        let plane = Plane::mapped(maps(vec![map("mine", &[&format!("sim/{scenario}"), SECOND])])).await;
        let answer = plane.ask("mine", true).await;
        assert_eq!((answer.status, answer.last().0.as_str()), (200, "error"), "{scenario}");
        assert_eq!(plane.upstream_requests().len(), 1, "{scenario}");
    }
}

#[tokio::test]
async fn when_all_fail_the_last_failure_is_told_and_none_was_tried_twice() {
    let targets = ["sim/error-500", "sim/error-429", "sim/error-500", "sim/error-529"];
    let plane = Plane::mapped(maps(vec![map("mine", &targets)])).await;
    assert_eq!(plane.ask("mine", true).await.error().0, 529);
    let expected =
        [("sim/error-500", "provider"), ("sim/error-429", "rate_limited"), ("sim/error-529", "overloaded")];
    assert_eq!(attempts(&plane.row()), tried(&expected));
    assert_eq!(plane.upstream_requests().len(), 3);
}

#[tokio::test]
async fn a_connection_closed_before_the_first_byte_is_tried_once_more() {
    for scenario in ["close", "reset"] {
        let once = format!("sim/{scenario}+times=1");
        let always = format!("sim/{scenario}");
        for stream in [true, false] {
            let plane = Plane::start().await;
            assert_eq!(plane.ask(&once, stream).await.said(), words(12), "{scenario}");
            assert_eq!(attempts(&plane.row()), tried(&[(&once, "unreachable"), (&once, "ok")]));
            plane.sim.reset();
            let (status, _, message) = plane.ask(&always, stream).await.error();
            assert_eq!((status, plane.upstream_requests().len()), (502, 2), "{scenario}: {message}");
        }
    }
}

#[tokio::test]
async fn a_pooled_connection_that_went_stale_is_no_error() {
    let plane = Plane::start().await;
    for number in 0..6 {
        let answer = plane.ask("sim/text+stale", number % 2 == 0).await;
        assert_eq!((answer.status, answer.said()), (200, words(12)), "request {number}");
    }
    assert!(plane.rows().iter().all(|row| row.status == Status::Ok));
}

#[tokio::test]
async fn native_and_translated_targets_stand_in_for_each_other() {
    for targets in [["sim/error-529", SECOND], ["sim/error-200-json", SECOND], ["sim/close", SECOND]] {
        let plane = Plane::mapped(maps(vec![native("mine", &targets)])).await;
        for stream in [true, false] {
            let answer = plane.ask("mine", stream).await;
            assert_eq!((answer.status, answer.said()), (200, words(5)), "{targets:?} stream: {stream}");
        }
        assert_eq!(plane.rows().len(), 2);
    }
}
