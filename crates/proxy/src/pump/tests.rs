use std::future::poll_fn;

use turnpike_ledger::Status;

use super::*;
use crate::ids::Ids;
use crate::settle::tests::Bench;

fn asker() -> Asker {
    Asker { dialect: Dialect::Messages, id: Ids::new(1).request(Some(1)) }
}

async fn frame(body: &mut AnswerBody) -> Option<String> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_panic_ends_one_stream_with_an_error_and_its_row_is_written() {
    let (bench, settler) = Bench::new();
    let seeking: Seeking = Box::pin(async move {
        let _settler = settler;
        panic!("on purpose");
    });
    let pump = Pump::waiting(
        asker(),
        b"event: message_start\ndata: {}\n\n".to_vec(),
        seeking,
        Duration::from_secs(10),
    );
    let mut body = AnswerBody::live(pump);
    assert!(frame(&mut body).await.unwrap().ends_with("event: ping\ndata: {\"type\": \"ping\"}\n\n"));
    let error = frame(&mut body).await.unwrap();
    assert!(error.starts_with("event: error\n") && error.contains("Turnpike failed"), "{error}");
    assert_eq!(frame(&mut body).await, None);
    assert!(body.is_end_stream());
    assert_eq!(bench.row().status, Status::Error);
}

#[tokio::test]
async fn a_stream_that_is_dropped_while_it_seeks_is_cancelled() {
    let (bench, settler) = Bench::new();
    let seeking: Seeking = Box::pin(async move {
        let _settler = settler;
        std::future::pending().await
    });
    let mut body = AnswerBody::live(Pump::waiting(asker(), Vec::new(), seeking, Duration::from_millis(1)));
    for _ in 0..3 {
        assert!(frame(&mut body).await.unwrap().starts_with("event: ping\n"), "a ping in every silence");
    }
    drop(body);
    assert_eq!(bench.row().status, Status::Cancelled);
}
