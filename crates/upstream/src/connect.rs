//! How a connection comes about: directly or through a proxy, with TLS, within a deadline.

mod link;

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{HeaderMap, USER_AGENT};
use http::uri::Scheme;
use http::{Uri, uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Intercept;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tower_service::Service;

use self::link::Link;
use crate::client::AGENT;
use crate::proxies::{Proxies, Route};

/// A connection that nobody answers on is asked after so long, so often, and given up.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_TRIES: u32 = 3;
/// How long sent bytes may stay unacknowledged.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// Port of a SOCKS proxy that names none, and of a destination in clear text.
const SOCKS_PORT: u16 = 1080;
const HTTP_PORT: u16 = 80;

const NO_PROXY_OF_THIS_KIND: &str = "a proxy is http, https, socks5 or socks5h";

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Makes connections, with TLS where the URL asks for it.
pub(crate) type Connector = Within<HttpsConnector<Way>>;

/// A connector with a deadline for all that it does: name, connection, proxy, TLS.
#[derive(Clone, Debug)]
pub(crate) struct Within<C> {
    connector: C,
    deadline: Duration,
}

/// The deadline of [`Within`] has passed.
#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
pub(crate) struct TooLate;

/// The way to the other side, below its TLS.
#[derive(Clone)]
pub(crate) struct Way {
    tcp: HttpConnector,
    proxies: Option<Arc<Proxies>>,
    tls: Arc<ClientConfig>,
}

/// A connector that gives up after `deadline`, with proxies or without any.
///
/// # Errors
/// TLS cannot be set up, mostly since the system's certificates cannot be read.
pub(crate) fn connector(
    proxies: Option<Arc<Proxies>>,
    deadline: Duration,
) -> Result<Connector, rustls::Error> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Shared among a name's addresses: one that swallows everything leaves time for the next.
    tcp.set_connect_timeout(Some(deadline));
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE));
    tcp.set_keepalive_retries(Some(KEEPALIVE_TRIES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let plain = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    let mut both = plain.clone();
    both.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let way = Way { tcp, proxies, tls: Arc::new(plain) };
    Ok(Within { connector: HttpsConnector::from((way, both)), deadline })
}

// === impl Within ===

impl<C> Service<Uri> for Within<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
    C::Response: 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Connecting<C::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.deadline, self.connector.call(to));
        Box::pin(async { connecting.await.map_err(|_| TooLate)? })
    }
}

// === impl Way ===

impl Way {
    /// Asks a proxy. Names are left to it: it may be there since they cannot be resolved here.
    fn through(&self, proxy: &Intercept, to: Uri) -> Connecting<Link> {
        let at = proxy.uri().clone();
        match at.scheme_str() {
            // Clear text is passed on by the proxy, which reads it; everything else goes through a tunnel.
            Some("http" | "https") if to.scheme() == Some(&Scheme::HTTP) => {
                let connecting = self.to_proxy().call(at);
                Box::pin(async { Ok(Link::passing_on(connecting.await?)) })
            }
            Some("http" | "https") => {
                let headers = HeaderMap::from_iter([(USER_AGENT, AGENT)]);
                let mut tunnel = Tunnel::new(at, self.to_proxy()).with_headers(headers);
                if let Some(secret) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(secret.clone());
                }
                let connecting = tunnel.call(to);
                Box::pin(async { Ok(Link::from(connecting.await?)) })
            }
            Some("socks5" | "socks5h") => {
                let http = to.scheme() == Some(&Scheme::HTTP);
                let to = if http { with_port(to, HTTP_PORT) } else { Ok(to) };
                let (Ok(at), Ok(to)) = (with_port(at, SOCKS_PORT), to) else {
                    return refused("a proxy or a destination without a host");
                };
                let mut socks = SocksV5::new(at, self.tcp.clone());
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                let connecting = socks.call(to);
                Box::pin(async { Ok(Link::plain(connecting.await?)) })
            }
            _ => refused(NO_PROXY_OF_THIS_KIND),
        }
    }

    /// Connections to a proxy, which may want TLS itself.
    fn to_proxy(&self) -> HttpsConnector<HttpConnector> {
        HttpsConnector::from((self.tcp.clone(), Arc::clone(&self.tls)))
    }
}

fn refused(why: &'static str) -> Connecting<Link> {
    Box::pin(async move { Err(why.into()) })
}

fn with_port(to: Uri, port: u16) -> Result<Uri, http::Error> {
    if to.port().is_some() {
        return Ok(to);
    }
    let authority = format!("{}:{port}", to.host().unwrap_or_default());
    let mut parts = to.into_parts();
    parts.authority = Some(authority.parse::<uri::Authority>()?);
    Ok(Uri::from_parts(parts)?)
}

impl Service<Uri> for Way {
    type Response = Link;
    type Error = BoxError;
    type Future = Connecting<Link>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self.proxies.as_ref().map_or(Route::Direct, |proxies| proxies.route(&to)) {
            Route::Direct => {
                let connecting = self.tcp.call(to);
                Box::pin(async { Ok(Link::plain(connecting.await?)) })
            }
            Route::Through(proxy) => self.through(&proxy, to),
            Route::Unusable => refused(NO_PROXY_OF_THIS_KIND),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Empty;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    use super::*;
    use crate::{TransportError, TransportKind};

    /// Takes a question, such as one for a name, and never answers it.
    #[derive(Clone)]
    struct Silent;

    impl Service<Uri> for Silent {
        type Response = Link;
        type Error = BoxError;
        type Future = Connecting<Link>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Connecting<Link> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_answer_is_given_up_in_time() {
        let connector = Within { connector: Silent, deadline: crate::CONNECT_TIMEOUT };
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
        let begun = tokio::time::Instant::now();
        let error = client.get(Uri::from_static("https://openrouter.ai")).await.unwrap_err();
        let error = TransportError::from_send(&error, "openrouter.ai");
        assert_eq!(error.kind, TransportKind::ConnectTimeout);
        assert!(error.to_string().contains("openrouter.ai"), "{error}");
        let waited = begun.elapsed();
        assert!(waited >= crate::CONNECT_TIMEOUT && waited < crate::CONNECT_TIMEOUT * 2, "{waited:?}");
    }

    #[test]
    fn what_names_no_port_has_the_usual_one() {
        for (given, taken) in [
            ("socks5h://proxy/", "socks5h://proxy:1080/"),
            ("socks5://[::1]/", "socks5://[::1]:1080/"),
            ("socks5://[::1]:9/", "socks5://[::1]:9/"),
        ] {
            assert_eq!(with_port(given.parse().unwrap(), SOCKS_PORT).unwrap(), taken, "{given}");
        }
    }
}
