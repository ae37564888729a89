//! A server behind TLS, with one of the certificates beside this file.
//!
//! All are of one key, for `127.0.0.1` and `localhost` unless the name says otherwise, and made with `openssl ca`; the good
//! ones end in 2120.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use turnpike_upstream::Upstream;

const KEY: &[u8] = include_bytes!("certificates/key.pem");
/// One whose authority is trusted, for this host, still valid.
pub(crate) const GOOD: &[u8] = include_bytes!("certificates/good.pem");

/// A listener whose connections begin with a handshake.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    acceptor: TlsAcceptor,
}

// === impl Server ===

impl Server {
    pub(crate) async fn start(certificate: &[u8], protocol: &[u8]) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(certificate).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("they belong together");
        config.alpn_protocols = vec![protocol.to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// A client that asks this server.
    pub(crate) fn client(&self) -> Upstream {
        let port = self.listener.local_addr().expect("it is bound").port();
        Upstream::new(&format!("https://127.0.0.1:{port}/api/v1")).expect("an upstream")
    }

    /// The next connection, when its handshake is over.
    pub(crate) async fn accept(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = self.listener.accept().await?;
        self.acceptor.accept(stream).await
    }

    /// The next connection, which speaks HTTP/2.
    pub(crate) async fn http2(&self) -> h2::server::Connection<TlsStream<TcpStream>, bytes::Bytes> {
        self.http2_with(u32::MAX).await
    }

    /// The same, with so many streams at a time.
    pub(crate) async fn http2_with(
        &self,
        most: u32,
    ) -> h2::server::Connection<TlsStream<TcpStream>, bytes::Bytes> {
        let stream = self.accept().await.expect("a handshake");
        h2::server::Builder::new().max_concurrent_streams(most).handshake(stream).await.expect("HTTP/2")
    }
}
