//! The commit point: before the first content a failure is a status or a fallback, after it an `error` event.

use std::time::{Duration, Instant};

use turnpike_ledger::Status;
use turnpike_proxy::Timing;
use turnpike_sim::words;

use crate::client::{Answer, ask};
use crate::harness::{Plane, Setup, attempts, map, maps, within};

/// A data plane whose answers begin soon, with pings close together.
async fn quick(setup: Setup) -> Plane {
    let timing = Timing {
        commit_within: Duration::from_millis(150),
        ping_after: Duration::from_millis(50),
        ..Timing::default()
    };
    Plane::with(Setup { timing, ..setup }).await
}

fn pings(answer: &Answer) -> usize {
    answer.events().iter().filter(|(name, _)| name == "ping").count()
}

#[tokio::test]
async fn what_fails_before_any_content_is_a_status() {
    let plane = Plane::start().await;
    for (scenario, status, kind) in [
        ("error-429", 429, "rate_limit_error"),
        ("error-first-chunk", 502, "api_error"),
        ("empty-answer", 502, "api_error"),
        ("empty-answer-null", 502, "api_error"),
        ("no-finish+words=0", 502, "api_error"),
        ("close", 502, "api_error"),
        ("reset", 502, "api_error"),
        ("half-head", 502, "api_error"),
        ("not-http", 502, "api_error"),
        ("bad-chunk", 502, "api_error"),
        ("length-long", 502, "api_error"),
        ("text+cut=10", 502, "api_error"),
        ("text+rst=10", 502, "api_error"),
    ] {
        for stream in [true, false] {
            let answer = plane.ask(&format!("sim/{scenario}"), stream).await;
            let (got, word, message) = answer.error();
            assert_eq!((got, word.as_str()), (status, kind), "{scenario} stream: {stream}: {message}");
            assert!(message.ends_with(['.', '`']) && message.len() > 20, "{scenario}: {message}");
        }
    }
    assert!(plane.rows().iter().all(|row| row.status == Status::Error));
}

#[tokio::test]
async fn what_fails_after_content_is_an_event_and_nothing_follows_it() {
    for (scenario, kind, says, status) in [
        ("error-midstream", "api_error", "", Status::Error),
        ("error-string-code", "", "", Status::Error),
        ("no-finish", "api_error", "ended early", Status::Truncated),
        ("bad-json", "api_error", "no JSON", Status::Error),
        ("finish-error", "api_error", "", Status::Error),
        ("malformed-function-call", "api_error", "", Status::Error),
        ("malformed-no-error", "api_error", "", Status::Error),
        ("text+words=200+cut=3000", "api_error", "ended early", Status::Truncated),
        ("text+words=200+rst=3000", "api_error", "ended early", Status::Truncated),
        ("text+words=200+end=3000", "api_error", "ended early", Status::Truncated),
    ] {
        let plane = Plane::start().await;
        let answer = plane.ask(&format!("sim/{scenario}"), true).await;
        assert_eq!(answer.status, 200, "{scenario}");
        assert!(answer.broken.is_none(), "{scenario}: the body has an end");
        let names: Vec<String> = answer.events().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.iter().filter(|name| *name == "error").count(), 1, "{scenario}: {names:?}");
        assert!(!names.iter().any(|name| name == "message_stop"), "{scenario}: {names:?}");
        let (last, error) = answer.last();
        assert_eq!((last.as_str(), &error["type"]), ("error", &"error".into()), "{scenario}");
        if !kind.is_empty() {
            assert_eq!(error["error"]["type"], kind, "{scenario}");
        }
        assert!(error["error"]["message"].as_str().unwrap().contains(says), "{scenario}: {error}");
        assert!(
            names.iter().any(|name| name == "content_block_delta"),
            "{scenario}: what had come was passed on"
        );
        let row = plane.row();
        assert_eq!(row.status, status, "{scenario}: {row:?}");
        assert_eq!(attempts(&row).len(), 1, "{scenario}");
    }
}

#[tokio::test]
async fn a_plain_request_gets_a_status_even_when_the_failure_comes_late() {
    let plane = Plane::start().await;
    for scenario in
        ["error-partial", "finish-error", "length-long", "malformed-function-call", "malformed-no-error"]
    {
        let (status, _, message) = plane.ask(&format!("sim/{scenario}"), false).await.error();
        assert_eq!(status, 502, "{scenario}: {message}");
    }
}

#[tokio::test]
async fn a_long_silence_is_filled_with_pings_and_the_answer_follows() {
    let plane = quick(Setup::default()).await;
    let answer = plane.ask("sim/text+silence=1200ms", true).await;
    assert_eq!((answer.status, answer.said()), (200, words(12)));
    assert_eq!(&answer.outline()[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(answer.outline().iter().filter(|name| *name == "message_start").count(), 1);
    assert!(pings(&answer) >= 3, "{:?}", answer.outline());
    assert_eq!(plane.row().status, Status::Ok);
}

#[tokio::test]
async fn comments_of_the_upstream_do_not_begin_the_answer() {
    let plane = quick(Setup::default()).await;
    let answer = plane.ask("sim/text+ttft=1s+keepalive=20ms", true).await;
    assert_eq!(&answer.outline()[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(answer.said(), words(12));
    // Comments and then a failure, all within the time: a status.
    let plane = Plane::start().await;
    let (status, _, _) = plane.ask("sim/error-first-chunk+ttft=50ms+keepalive=10ms", true).await.error();
    assert_eq!(status, 502);
}

#[tokio::test]
async fn silences_within_the_answer_are_filled_with_pings() {
    let plane = quick(Setup::default()).await;
    // A busy machine comes late to some pings; each silence has room for several.
    let answer = plane.ask("sim/text+words=4+delay=400ms", true).await;
    assert_eq!(answer.said(), words(4));
    assert!(pings(&answer) >= 4, "in each of four silences: {:?}", answer.outline());
    assert_eq!(answer.last().0, "message_stop");
}

#[tokio::test]
async fn what_fails_after_the_wait_is_an_event() {
    let plane = quick(Setup::default()).await;
    for (scenario, kind) in [
        ("error-429+silence=800ms", "rate_limit_error"),
        ("error-402+silence=800ms", "billing_error"),
        ("error-first-chunk+silence=800ms", "api_error"),
        ("empty-answer+silence=800ms", "api_error"),
    ] {
        let answer = plane.ask(&format!("sim/{scenario}"), true).await;
        assert_eq!(
            (answer.status, answer.outline()),
            (200, vec!["message_start".into(), "ping".into(), "error".into()])
        );
        assert_eq!(answer.last().1["error"]["type"], kind, "{scenario}");
    }
    assert!(plane.rows().iter().all(|row| row.status == Status::Error && row.http_status == Some(200)));
}

#[tokio::test]
async fn another_target_may_still_answer_after_the_wait() {
    let config = maps(vec![map("mine", &["sim/error-500+silence=800ms", "sim/text"])]);
    let plane = quick(Setup { config, ..Setup::default() }).await;
    let answer = plane.ask("mine", true).await;
    assert_eq!(answer.said(), words(12));
    assert_eq!(&answer.outline()[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(answer.events()[0].1["message"]["model"], "mine");
    let expected = [("sim/error-500+silence=800ms", "provider"), ("sim/text", "ok")];
    assert_eq!(attempts(&plane.row()), expected.map(|(target, outcome)| (target.into(), outcome.into())));
}

/// A map to one target that is given up after so many seconds of silence.
fn impatient(target: &str, seconds: u64) -> Setup {
    let mut mine = map("mine", &[target]);
    mine.to.timeout_seconds = Some(seconds);
    Setup { config: maps(vec![mine]), ..Setup::default() }
}

#[tokio::test]
async fn an_upstream_that_stays_silent_is_given_up() {
    for (target, stream, status) in [
        ("sim/text+silence=60s", true, 504),
        ("sim/text+silence=60s", false, 504),
        ("sim/head-only", true, 504),
        ("sim/head-only", false, 504),
        ("sim/text+ttft=60s", true, 504),
        ("sim/text+ttft=60s", false, 504),
    ] {
        let plane = Plane::with(impatient(target, 1)).await;
        let (got, kind, message) = plane.send(&ask("mine", stream)).await.error();
        assert_eq!((got, kind.as_str()), (status, "timeout_error"), "{target} {stream}: {message}");
        assert_eq!(plane.row().status, Status::Error, "{target} {stream}");
    }
}

#[tokio::test]
async fn an_upstream_that_falls_silent_in_the_middle_is_given_up() {
    let plane = Plane::with(impatient("sim/text+stall-after=3", 3)).await;
    let answer = plane.send(&ask("mine", true)).await;
    let (last, error) = answer.last();
    assert_eq!((last.as_str(), &error["error"]["type"]), ("error", &"timeout_error".into()));
    assert!(error["error"]["message"].as_str().unwrap().contains("nothing for 3 s"), "{error}");
    let rows = plane.rows();
    assert_eq!(rows[0].status, Status::Error);
}

#[tokio::test]
async fn comments_keep_a_silent_upstream_alive() {
    let plane = Plane::with(impatient("sim/text+words=2+ttft=4500ms+keepalive=100ms", 3)).await;
    assert_eq!(plane.send(&ask("mine", true)).await.said(), words(2));
}

#[tokio::test]
async fn after_fifteen_seconds_the_answer_begins() {
    let plane = Plane::start().await;
    let mut client = plane.connect().await;
    let asked = Instant::now();
    client.send(plane.request(&ask("sim/text+silence=20s", true))).await;
    let mut answer = within("a head", client.head()).await.expect("a head came");
    let waited = asked.elapsed();
    assert!(waited >= Duration::from_secs(15) && waited < Duration::from_secs(16), "{waited:?}");
    within("a body", client.body(&mut answer)).await.expect("the body came");
    // It did not wait for the upstream: a ping was there before the first content.
    assert_eq!(&answer.outline()[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(answer.said(), words(12));
}
