//! The HTTP client: connections that are kept, and requests over them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use http::{Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::connect::{Connector, connector};
use crate::outgoing::Outgoing;
use crate::proxies::Proxies;

/// Idle connections are given up before the upstream's front closes them.
const POOL_IDLE: Duration = Duration::from_secs(50);
/// Most of one HTTP/2 answer that waits here while its client does not read.
const STREAM_WINDOW: u32 = 128 * 1024;
/// All streams share a connection's window: those whose clients do not read must leave room for the others.
const CONNECTION_WINDOW: u32 = 1 << 30;
/// HTTP/2: after so long without a word while a request is under way, the other side is asked whether it is there. A network that was
/// changed under a connection swallows everything, and not every system gives such a connection up by itself.
const PING_AFTER: Duration = Duration::from_secs(15);
/// So long it has for its answer.
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// What this program calls itself.
pub(crate) const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("turnpike/", env!("CARGO_PKG_VERSION")));

/// A client. Clones share the connections. Redirects are answers like others: the key is for one origin.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connections: legacy::Client<Connector, Outgoing>,
    proxies: Option<Arc<Proxies>>,
}

/// A request that names its program.
pub(crate) fn request(method: Method, to: Uri, body: Bytes) -> Request<Outgoing> {
    let mut request = Request::new(Outgoing::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = to;
    request.headers_mut().insert(USER_AGENT, AGENT);
    request
}

// === impl Client ===

impl Client {
    /// A client that gives up a connection that is not there after `deadline`. This machine (`is_here`) is never asked
    /// through a proxy.
    ///
    /// # Errors
    /// TLS cannot be set up, mostly since the system's certificates cannot be read.
    pub(crate) fn new(is_here: bool, deadline: Duration) -> Result<Self, rustls::Error> {
        let proxies = (!is_here).then(|| Arc::new(Proxies::of_the_environment()));
        let connections = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(PING_AFTER)
            .http2_keep_alive_timeout(PONG_WITHIN)
            .build(connector(proxies.clone(), deadline)?);
        Ok(Self { connections, proxies })
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        if let Some(secret) = self.proxies.as_ref().and_then(|proxies| proxies.authorization(request.uri())) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, secret);
        }
        self.connections.request(request).await
    }
}
