//! Capturing bodies on demand through the commands, and a replay with both figures.

use turnpike_api::command::{
    CaptureStanding, CapturedBody, Captures, ForgetCaptures, Replay, StartCapture, Stop, StopCapture,
};
use turnpike_api::{ApiError, ClientError, ErrorCode, Event};

use crate::support::{KEY, World, end};

fn refused<T: std::fmt::Debug>(reply: Result<T, ClientError>) -> ApiError {
    match reply {
        Err(ClientError::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The next word on capturing that is so.
async fn told(events: &mut crate::support::Events, is: impl Fn(&CaptureStanding) -> bool) -> CaptureStanding {
    let next = events.until(|event| match event {
        Event::Capture { capture } if is(&capture) => Some(capture),
        _ => None,
    });
    next.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_is_asked_for_told_ended_and_forgotten() {
    let world = World::new();
    let service = world.start().await;
    let mut events = world.events().await;
    assert_eq!(world.message(&service, "sim/text").await.0, 200);
    let before = world.call(Captures::default()).await.expect("captures");
    assert!(before.kept.is_empty() && !before.standing.is_on && !world.status().await.capture.is_on);

    let asked = StartCapture { requests: Some(1), minutes: Some(10) };
    let standing = world.call(asked).await.expect("it begins").standing;
    assert!(standing.is_on && standing.requests_left == Some(1) && standing.until.is_some());
    assert_eq!(told(&mut events, |standing| standing.is_on).await, standing);
    assert_eq!(world.status().await.capture, standing);
    assert_eq!(world.message(&service, "sim/text+words=4").await.0, 200);
    let over = told(&mut events, |standing| standing.kept == 1).await;
    assert!(!over.is_on, "{over:?}");
    let kept = world.call(Captures::default()).await.expect("captures").kept;
    let body = world.call(CapturedBody { id: kept[0].id }).await.expect("the bodies");
    assert_eq!(body.answer[0].text, turnpike_sim::words(4));
    assert!(body.request.is_some_and(|request| request.contains("Hello")) && !body.is_cut);

    world.call(StartCapture::default()).await.expect("it begins");
    let stopped = world.call(StopCapture::default()).await.expect("it ends");
    assert!(!stopped.standing.is_on && stopped.kept.len() == 1);
    let forgotten = world.call(ForgetCaptures { id: Some(kept[0].id) }).await.expect("it is gone");
    assert!(forgotten.kept.is_empty());
    assert_eq!(refused(world.call(CapturedBody { id: kept[0].id }).await).code, ErrorCode::NotFound);
    end(service).await;
    // Nothing of it was ever on the disk.
    for entry in walk(world.folder.path()) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let is_there = bytes.windows(5).any(|window| window == b"Hello");
        assert!(!is_there, "{}", entry.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_captured_or_replayed_is_refused_at_its_field() {
    let world = World::new();
    let service = world.start().await;
    let rows = [
        (StartCapture { minutes: Some(61), requests: None }, "minutes"),
        (StartCapture { minutes: Some(0), requests: None }, "minutes"),
        (StartCapture { minutes: None, requests: Some(0) }, "requests"),
        (StartCapture { minutes: None, requests: Some(51) }, "requests"),
    ];
    for (asked, field) in rows {
        let error = refused(world.call(asked.clone()).await);
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::Invalid, Some(field)), "{asked:?}");
    }
    assert!(!world.status().await.capture.is_on);
    let unknown = refused(world.call(Replay { id: 7, model: "sim/text".to_owned() }).await);
    assert!(
        unknown.code == ErrorCode::NotFound && unknown.message.contains("capture"),
        "{}",
        unknown.message
    );
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_both_answers_with_their_costs_and_times() {
    let world = World::new();
    let service = world.start().await;
    let mut events = world.events().await;
    world.call(StartCapture { requests: Some(1), minutes: None }).await.expect("it begins");
    assert_eq!(world.message(&service, "sim/text+words=4+cost=0.25").await.0, 200);
    told(&mut events, |standing| standing.kept == 1).await;
    let id = world.call(Captures::default()).await.expect("captures").kept[0].id;
    let nameless = refused(world.call(Replay { id, model: "no slug".to_owned() }).await);
    assert_eq!(nameless.field.as_deref(), Some("model"));

    let model = "sim/text+words=2+cost=0.5".to_owned();
    let both = world.call(Replay { id, model: model.clone() }).await.expect("a replay");
    let said = |side: &turnpike_api::command::ReplaySide| side.answer[0].text.clone();
    assert_eq!((said(&both.original), said(&both.replay)), (turnpike_sim::words(4), turnpike_sim::words(2)));
    let (first, second) = (both.original.row.expect("a row"), both.replay.row.expect("a row"));
    assert_eq!((first.cost_nanos, second.cost_nanos), (250_000_000, 500_000_000));
    assert!(first.duration_ms.is_some() && second.duration_ms.is_some());
    assert_eq!(
        (first.id, second.target, second.agent_type.as_deref()),
        (id, Some(model.clone()), Some("replay"))
    );

    world.call(Stop::default()).await.expect("it stops");
    let stopped = refused(world.call(Replay { id, model }).await);
    assert!(stopped.code == ErrorCode::Unavailable && !stopped.message.contains(KEY));
    end(service).await;
}
