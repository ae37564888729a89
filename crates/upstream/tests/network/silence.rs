//! Networks that swallow what is sent: an end in time, with the host's name.

use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use turnpike_upstream::{TransportKind, Upstream};

use crate::again::{infer, with_variables};

/// A port that takes no connection and refuses none: the queue before it is full, so each further SYN is dropped.
async fn blackhole() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await
    {
        waiting.push(stream);
        assert!(waiting.len() < 1_000, "the queue has no end");
    }
    (listener, waiting)
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_given_up_after_ten_seconds() {
    let (listener, waiting) = blackhole().await;
    let address = listener.local_addr().unwrap();
    let upstream = Upstream::new(&format!("http://{address}/api/v1")).unwrap();
    // From here on time passes when nothing else happens.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let error = infer(&upstream).await.expect_err("nobody answers");
    assert_eq!(error.kind, TransportKind::ConnectTimeout);
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(10) && waited < Duration::from_secs(11), "{waited:?}");
    let told = error.to_string();
    assert!(told.contains(&address.to_string()) && told.contains("within 10 s"), "{told}");
    drop(waiting);
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    // A proxy of this machine would look the name up itself.
    with_variables("silence::a_name_that_nobody_knows_is_told", &[], async || {
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let error = infer(&upstream).await.expect_err("no such name");
        assert!(
            matches!(error.kind, TransportKind::Name | TransportKind::ConnectTimeout),
            "unknown at once, or a resolver that does not answer: {error:?}"
        );
        assert!(error.to_string().contains("openrouter.invalid"), "{error}");
    });
}
