//! The HTTP client: connections that are kept, and requests over them.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, USER_AGENT};
use http::{Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::connect::{Connector, Proxies, connector};

/// Idle connections are given up before the upstream's front closes them.
const POOL_IDLE: Duration = Duration::from_secs(50);
/// Most of one HTTP/2 answer that waits here while its client does not read.
const STREAM_WINDOW: u32 = 128 * 1024;
/// All streams share a connection's window: those whose clients do not read must leave room for the others.
const CONNECTION_WINDOW: u32 = 1 << 30;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("turnpike/", env!("CARGO_PKG_VERSION")));

/// A client. Clones share the connections. Redirects are answers like others: the key is for one origin.
#[derive(Clone, Debug)]
pub(crate) struct Client(legacy::Client<Connector, Full<Bytes>>);

/// A request that names its program.
pub(crate) fn request(method: Method, to: Uri, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = to;
    request.headers_mut().insert(USER_AGENT, AGENT);
    request
}

// === impl Client ===

impl Client {
    /// A client that gives up a connection that is not there after `deadline`.
    ///
    /// # Errors
    /// TLS cannot be set up, mostly since the system's certificates cannot be read.
    pub(crate) fn new(proxies: Proxies, deadline: Duration) -> Result<Self, rustls::Error> {
        let client = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .build(connector(proxies, deadline)?);
        Ok(Self(client))
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        self.0.request(request).await
    }
}
