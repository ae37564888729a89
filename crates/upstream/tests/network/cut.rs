//! A server that goes away without a word, not even TLS's own goodbye.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use turnpike_upstream::{TransportKind, Upstream};

use crate::again::{AUTHORITY, infer, with_variables, within};
use crate::server::{GOOD, Server};

const TRUSTED: &[(&str, &str)] = &[("SSL_CERT_FILE", AUTHORITY)];

#[test]
fn a_connection_that_is_dropped_before_the_answer_is_told_as_closed() {
    let name = "cut::a_connection_that_is_dropped_before_the_answer_is_told_as_closed";
    with_variables(name, TRUSTED, async || {
        for protocol in [&b"h2"[..], b"http/1.1"] {
            let server = Server::start(GOOD, protocol).await;
            let upstream = server.client();
            let serve = async {
                let mut stream = server.accept().await.expect("a handshake");
                let mut request = vec![0; 16 * 1024];
                assert!(stream.read(&mut request).await.expect("a request") > 0);
            };
            let (answer, ()) = within("an end", async { tokio::join!(infer(&upstream), serve) }).await;
            let error = answer.expect_err("no answer");
            let protocol = String::from_utf8_lossy(protocol);
            assert_eq!(error.kind, TransportKind::ClosedBeforeAnswer, "{protocol}");
        }
    });
}

#[tokio::test]
async fn a_server_that_goes_away_within_the_handshake_is_not_taken_for_one_that_is_not_trusted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new(&format!("https://{}/api/v1", listener.local_addr().unwrap())).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = vec![0; 16 * 1024];
        assert!(stream.read(&mut hello).await.unwrap() > 0);
    };
    let (answer, ()) = within("an end", async { tokio::join!(infer(&upstream), serve) }).await;
    let error = answer.expect_err("no answer");
    assert_eq!(error.kind, TransportKind::Connect);
    assert!(error.surely_unprocessed());
}

#[test]
fn an_http2_connection_on_which_nobody_answers_any_more_is_given_up() {
    let name = "cut::an_http2_connection_on_which_nobody_answers_any_more_is_given_up";
    with_variables(name, TRUSTED, async || {
        let server = Server::start(GOOD, b"h2").await;
        let upstream = server.client();
        let serve = async {
            let mut connection = server.http2().await;
            let asked = connection.accept().await.expect("a request").expect("a whole one");
            // From here on nobody looks after the connection, and time passes when nothing else happens.
            tokio::time::pause();
            (connection, asked, tokio::time::Instant::now())
        };
        let (answer, (_connection, _asked, since)) = tokio::join!(infer(&upstream), serve);
        let waited = since.elapsed();
        assert_eq!(answer.expect_err("no answer").kind, TransportKind::Timeout);
        assert!(waited < Duration::from_secs(36), "{waited:?}");
    });
}
