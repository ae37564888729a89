//! HTTP/2, which the real upstream speaks: what ends one stream ends no other, and who does not read holds nobody up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::server::TlsStream;
use turnpike_upstream::{Reply, TransportKind};

use crate::again::{AUTHORITY, infer, with_variables, within};
use crate::server::{GOOD, Server};

const TRUSTED: &[(&str, &str)] = &[("SSL_CERT_FILE", AUTHORITY)];
/// Most of one answer that may wait in this program for a client that does not read.
const MOST_WAITING: usize = 128 * 1024;

type Http2 = Connection<TlsStream<TcpStream>, Bytes>;
type Asked = (Request<RecvStream>, SendResponse<Bytes>);

/// The next request of a connection.
async fn next(connection: &mut Http2) -> Asked {
    let accepted = within("a request", connection.accept()).await;
    accepted.expect("the connection is open").expect("a request")
}

/// Begins an event stream.
fn begin(asked: &mut Asked) -> SendStream<Bytes> {
    let head = Response::builder().header("content-type", "text/event-stream").body(()).unwrap();
    asked.1.send_response(head, false).expect("the stream is open")
}

/// A connection that goes on beside the test, and how many requests came meanwhile.
struct Driven {
    task: AbortHandle,
    further: Arc<AtomicUsize>,
}

/// Keeps a connection going beside the test.
fn drive(mut connection: Http2) -> Driven {
    let further = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&further);
    let task = tokio::spawn(async move {
        while let Some(Ok(_)) = connection.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    Driven { task: task.abort_handle(), further }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn text(reply: &mut Reply) -> String {
    let chunk = within("bytes of the answer", reply.chunk()).await.expect("it goes on");
    String::from_utf8(chunk.expect("it goes on").to_vec()).unwrap()
}

#[test]
fn a_stream_that_is_refused_was_surely_not_processed_and_nothing_asks_again_unseen() {
    let name = "http2::a_stream_that_is_refused_was_surely_not_processed_and_nothing_asks_again_unseen";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        for (reason, kind) in [
            (Reason::REFUSED_STREAM, TransportKind::ClosedBeforeAnswer),
            (Reason::INTERNAL_ERROR, TransportKind::Broken),
        ] {
            let upstream = server.client();
            let serve = async {
                let mut connection = server.http2().await;
                next(&mut connection).await.1.send_reset(reason);
                drive(connection)
            };
            let (answer, driven) = tokio::join!(infer(&upstream), serve);
            assert_eq!(answer.expect_err("no answer").kind, kind, "{reason}");
            assert_eq!(driven.further.load(Ordering::Relaxed), 0, "{reason}: it was asked again");
        }
    });
}

#[test]
fn what_breaks_off_in_the_middle_is_told_and_never_a_clean_end() {
    let name = "http2::what_breaks_off_in_the_middle_is_told_and_never_a_clean_end";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        for way in ["reset", "goaway", "closed"] {
            let upstream = server.client();
            let (go_on, told) = tokio::sync::oneshot::channel();
            let serve = async {
                let mut connection = server.http2().await;
                let mut asked = next(&mut connection).await;
                let mut stream = begin(&mut asked);
                stream.send_data(Bytes::from_static(b"data: 1\n\n"), false).expect("it is open");
                // What was sent leaves only while the connection is looked after.
                tokio::select! {
                    _ = connection.accept() => panic!("{way}: it was asked again"),
                    _ = told => {}
                }
                match way {
                    "reset" => stream.send_reset(Reason::INTERNAL_ERROR),
                    "goaway" => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
                    _ => return,
                }
                let _ = connection.accept().await;
            };
            let asking = async {
                let mut reply = infer(&upstream).await.expect("a head");
                assert_eq!(text(&mut reply).await, "data: 1\n\n", "{way}");
                go_on.send(()).expect("the server listens");
                let error = within(way, reply.chunk()).await.expect_err("it broke off");
                assert_eq!(error.kind, TransportKind::Broken, "{way}");
                // The connection may be kept by the server: it ends with its client.
                drop((reply, upstream));
            };
            within(way, async { tokio::join!(asking, serve) }).await;
        }
    });
}

#[test]
fn a_server_that_says_goodbye_finishes_its_streams_and_the_next_goes_elsewhere() {
    let name = "http2::a_server_that_says_goodbye_finishes_its_streams_and_the_next_goes_elsewhere";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        let upstream = server.client();
        let serve = async {
            let mut connection = server.http2().await;
            let mut asked = next(&mut connection).await;
            let mut stream = begin(&mut asked);
            stream.send_data(Bytes::from_static(b"data: 1\n\n"), false).expect("it is open");
            connection.graceful_shutdown();
            (drive(connection), stream)
        };
        let (answer, (driven, mut stream)) = tokio::join!(infer(&upstream), serve);
        let mut reply = answer.expect("a head");
        assert_eq!(text(&mut reply).await, "data: 1\n\n");
        // A request that meets the goodbye is told to be safe to send again; the one after it is on a new connection.
        let serve_again = async {
            let mut connection = server.http2().await;
            begin(&mut next(&mut connection).await).send_data(Bytes::from_static(b"again"), true).unwrap();
            drive(connection)
        };
        let asking = async {
            loop {
                match infer(&upstream).await {
                    Ok(mut reply) => return text(&mut reply).await,
                    Err(error) => assert_eq!(error.kind, TransportKind::ClosedBeforeAnswer),
                }
            }
        };
        let (said, again) = within("another connection", async { tokio::join!(asking, serve_again) }).await;
        assert_eq!(said, "again");
        stream.send_data(Bytes::from_static(b"data: 2\n\n"), true).expect("the first goes on to its end");
        assert_eq!(text(&mut reply).await, "data: 2\n\n");
        assert!(within("the end", reply.chunk()).await.expect("a clean end").is_none());
        drop((again, driven));
    });
}

#[test]
fn a_client_that_leaves_ends_its_stream_and_not_the_connection() {
    let name = "http2::a_client_that_leaves_ends_its_stream_and_not_the_connection";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        let upstream = server.client();
        let serve = async {
            let mut connection = server.http2().await;
            let mut stays = next(&mut connection).await;
            let staying = begin(&mut stays);
            let mut leaves = next(&mut connection).await;
            let leaving = begin(&mut leaves);
            (drive(connection), staying, leaving)
        };
        let asking =
            async { (infer(&upstream).await.expect("a head"), infer(&upstream).await.expect("a head")) };
        let ((mut stays, leaves), (driven, mut staying, mut leaving)) = tokio::join!(asking, serve);
        drop(leaves);
        let told =
            within("the reset", std::future::poll_fn(|cx| leaving.poll_reset(cx))).await.expect("a reason");
        assert_eq!(told, Reason::CANCEL);
        staying.send_data(Bytes::from_static(b"still here"), true).expect("the connection is open");
        assert_eq!(text(&mut stays).await, "still here");
        drop(driven);
    });
}

#[test]
fn more_streams_than_a_connection_takes_go_over_another() {
    let name = "http2::more_streams_than_a_connection_takes_go_over_another";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        let upstream = server.client();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let serve = tokio::spawn(async move {
            loop {
                let mut connection = server.http2_with(100).await;
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut open = Vec::new();
                    while let Some(Ok(mut asked)) = connection.accept().await {
                        open.push(begin(&mut asked));
                    }
                });
            }
        });
        let mut replies = Vec::new();
        for number in 1..=250 {
            let reply = infer(&upstream).await;
            replies.push(
                reply.unwrap_or_else(|error| panic!("stream {number} of streams that do not end: {error}")),
            );
        }
        assert_eq!(connections.load(Ordering::Relaxed), 3, "and no more connections than it takes");
        // Who leaves makes room on the connections that are there.
        replies.truncate(150);
        for _ in 0..100 {
            replies.push(infer(&upstream).await.expect("a head"));
        }
        assert_eq!(connections.load(Ordering::Relaxed), 3);
        serve.abort();
    });
}

/// Sends until the other side gives no more room; how much that was.
async fn fill(stream: &mut SendStream<Bytes>, most: usize) -> usize {
    let mut sent = 0;
    while sent < most {
        stream.reserve_capacity(most - sent);
        let room = std::future::poll_fn(|cx| stream.poll_capacity(cx));
        // The window is a fact of the settings: nothing more comes once it is used up. Only that is waited out.
        match tokio::time::timeout(std::time::Duration::from_secs(5), room).await {
            Ok(Some(Ok(room))) => {
                stream.send_data(Bytes::from(vec![b'x'; room]), false).expect("it is open");
                sent += room;
            }
            _ => return sent,
        }
    }
    sent
}

#[test]
fn clients_that_do_not_read_hold_little_and_hold_nobody_up() {
    let name = "http2::clients_that_do_not_read_hold_little_and_hold_nobody_up";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        let upstream = server.client();
        let (to_driver, mut requests) = tokio::sync::mpsc::unbounded_channel();
        let driven = tokio::spawn(async move {
            let mut connection = server.http2().await;
            while let Some(Ok(asked)) = connection.accept().await {
                to_driver.send(asked).expect("the test listens");
            }
        });
        let mut unread = Vec::new();
        for number in 0..64 {
            let serve = async {
                let mut asked = within("a request", requests.recv()).await.expect("a request");
                begin(&mut asked)
            };
            let (reply, mut stream) = tokio::join!(infer(&upstream), serve);
            // One is filled until it takes nothing more; the others get as much.
            let most = if number == 0 { 4 * 1024 * 1024 } else { MOST_WAITING };
            let sent = within("room", fill(&mut stream, most)).await;
            assert_eq!(sent, MOST_WAITING, "stream {number} took so many bytes that nobody read");
            unread.push((reply.expect("a head"), stream));
        }
        let serve = async {
            let mut asked = within("a request", requests.recv()).await.expect("a request");
            begin(&mut asked).send_data(Bytes::from_static(b"not held up"), true).unwrap();
        };
        let (reply, ()) = tokio::join!(infer(&upstream), serve);
        assert_eq!(text(&mut reply.expect("a head")).await, "not held up");
        driven.abort();
    });
}
