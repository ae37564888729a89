//! A server that is not who it should be gets nothing, the key least of all.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use turnpike_upstream::{TransportKind, Upstream};

use crate::again::{AUTHORITY, KEY, infer, with_variables, within};
use crate::server::{GOOD, Server};

/// The variable by which a company's own authority is trusted.
const TRUSTED: &[(&str, &str)] = &[("SSL_CERT_FILE", AUTHORITY)];

#[test]
fn a_server_that_cannot_prove_itself_is_told_nothing() {
    with_variables("certificates::a_server_that_cannot_prove_itself_is_told_nothing", TRUSTED, async || {
        use TransportKind::{Clock, Tls};
        for (label, certificate, kind) in [
            ("another host's", &include_bytes!("certificates/other-host.pem")[..], Tls),
            ("an expired one", include_bytes!("certificates/expired.pem"), Clock),
            ("one that signed itself", include_bytes!("certificates/self-signed.pem"), Tls),
            ("one of an unknown authority", include_bytes!("certificates/unknown-authority.pem"), Tls),
        ] {
            for protocol in [&b"h2"[..], b"http/1.1"] {
                let server = Server::start(certificate, protocol).await;
                let upstream = server.client();
                let (answer, shown) =
                    within(label, async { tokio::join!(infer(&upstream), server.accept()) }).await;
                // The handshake is what failed, so not a byte of a request was ever sent.
                assert!(shown.is_err(), "{label}: the handshake was finished");
                let error = answer.expect_err("no answer");
                assert_eq!(error.kind, kind, "{label}");
                let told = error.to_string();
                assert!(told.contains("127.0.0.1") && told.contains("nothing was sent"), "{label}: {told}");
                assert!(error.surely_unprocessed(), "{label}");
            }
        }
    });
}

#[test]
fn an_authority_that_the_user_trusts_is_trusted() {
    with_variables("certificates::an_authority_that_the_user_trusts_is_trusted", TRUSTED, async || {
        let server = Server::start(GOOD, b"http/1.1").await;
        let upstream = server.client();
        let serve = async {
            let mut stream = server.accept().await.expect("a handshake");
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).await.expect("a request");
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        let (_, request) = tokio::join!(infer(&upstream), serve);
        assert!(request.contains(&format!("Bearer {KEY}")), "{request}");
    });
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_clear_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = Upstream::new(&format!("https://{address}/api/v1")).unwrap();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = vec![0; 16 * 1024];
        let length = stream.read(&mut first).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            .await
            .unwrap();
        let mut all = first[..length].to_vec();
        let _ = stream.read_to_end(&mut all).await;
        all
    });
    let error = infer(&upstream).await.expect_err("no answer");
    assert!(error.surely_unprocessed(), "{error:?}");
    let heard = within("the end", heard).await.unwrap();
    assert!(!heard.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "the key went in clear text");
    assert!(!heard.windows(4).any(|part| part == b"HTTP"), "{:?}", String::from_utf8_lossy(&heard));
}
