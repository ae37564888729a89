//! Sending one inference request and reading its answer as it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::lanes::Place;
use crate::{Departure, TransportError, TransportKind, Upstream, client};

const GENERATION_ID: HeaderName = HeaderName::from_static("x-generation-id");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const REFERER: HeaderName = HeaderName::from_static("http-referer");
const TITLE: HeaderName = HeaderName::from_static("x-openrouter-title");
const CATEGORIES: HeaderName = HeaderName::from_static("x-openrouter-categories");
/// Address under which OpenRouter counts the application.
const APP_URL: HeaderValue = HeaderValue::from_static("https://github.com/turnpike-proxy/turnpike");

/// How many headers each request has beside those it is given, with what the connection adds.
const OWN_HEADERS: usize = 9;

/// Which of OpenRouter's two inference endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/chat/completions`
    Chat,
    /// `/messages`
    Messages,
}

/// One request to send.
#[derive(Clone, Debug)]
pub struct Inference<'a> {
    /// Where to.
    pub endpoint: Endpoint,
    /// The OpenRouter key.
    pub key: &'a str,
    /// The body, JSON.
    pub body: Bytes,
    /// The answer is to be a stream.
    pub stream: bool,
    /// Further headers.
    pub headers: HeaderMap,
    /// Who is told when it leaves.
    pub departure: Option<Arc<dyn Departure>>,
}

/// The head of an answer, and its body still to come. Dropping it aborts the request.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Incoming,
    host: String,
    _place: Place,
}

// === impl Upstream ===

impl Upstream {
    /// Sends a request and waits for the head of the answer.
    ///
    /// # Errors
    /// [`TransportError`] when no head came. A head with an error status is a [`Reply`].
    pub async fn infer(&self, request: Inference<'_>) -> Result<Reply, TransportError> {
        let to = self.base.of(request.endpoint).clone();
        let mut sent = client::request(Method::POST, to, request.body);
        if let Some(departure) = request.departure {
            sent.body_mut().tells(departure);
        }
        let headers = sent.headers_mut();
        headers.reserve(request.headers.len() + OWN_HEADERS);
        headers.extend(request.headers);
        headers.insert(AUTHORIZATION, self.bearer(request.key)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accept = if request.stream { "text/event-stream" } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(REFERER, APP_URL);
        headers.insert(TITLE, HeaderValue::from_static("Turnpike"));
        headers.insert(CATEGORIES, HeaderValue::from_static("cli-agent"));
        let (client, place) = self.lanes.take();
        let response = client.send(sent).await;
        let response = response.map_err(|error| TransportError::from_send(&error, self.host()))?;
        let (head, body) = response.into_parts();
        let host = self.host().to_owned();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body, host, _place: place })
    }

    /// The header that shows the key.
    pub(crate) fn bearer(&self, key: &str) -> Result<HeaderValue, TransportError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| TransportError { kind: TransportKind::Protocol, host: self.host().to_owned() })?;
        bearer.set_sensitive(true);
        Ok(bearer)
    }
}

// === impl Reply ===

impl Reply {
    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// `X-Generation-Id`, by which the cost can be asked for later.
    #[must_use]
    pub fn generation_id(&self) -> Option<&str> {
        self.headers.get(GENERATION_ID)?.to_str().ok()
    }

    /// Forgets the headers: they hold on to the whole buffer that they were read into.
    pub fn forget_headers(&mut self) {
        self.headers = HeaderMap::new();
    }

    /// Whether the body is declared to be an event stream.
    #[must_use]
    pub fn is_event_stream(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
    }

    /// How the body is compressed, though nobody asked for it; `None` when it is not.
    #[must_use]
    pub fn content_coding(&self) -> Option<&str> {
        let coding = self.headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("an unknown coding").trim();
        (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
    }

    /// `Retry-After` as a duration from now: seconds or an HTTP date. Negative and senseless values count
    /// as absent.
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        retry_after(&self.headers, now)
    }

    /// How long until the upstream takes requests again: `Retry-After`, else for a 429 of its own
    /// `X-RateLimit-Reset`, which is a time since 1970 in milliseconds (or seconds).
    #[must_use]
    pub fn comes_back(&self, now: SystemTime) -> Option<Duration> {
        comes_back(self.status, &self.headers, now)
    }

    /// Polls for the next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection broke.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            return match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => Poll::Ready(None),
                Some(Err(error)) => Poll::Ready(Some(Err(TransportError::from_body(&error, &self.host)))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => continue,
                    Ok(data) => Poll::Ready(Some(Ok(data))),
                    // Trailers say nothing about an answer.
                    Err(_) => continue,
                },
            };
        }
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        poll_fn(|cx| self.poll_chunk(cx)).await.transpose()
    }

    /// The whole body, at most `limit` bytes of it.
    ///
    /// # Errors
    /// The connection broke. A body over the limit is cut there.
    pub async fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limit {
                break;
            }
        }
        Ok(body)
    }
}

fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(value).ok()?.duration_since(now).ok()
}

fn comes_back(status: u16, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let reset = || {
        let number: u64 = headers.get(RATE_LIMIT_RESET)?.to_str().ok()?.trim().parse().ok()?;
        let since_1970 = if number > 100_000_000_000 {
            Duration::from_millis(number)
        } else {
            Duration::from_secs(number)
        };
        since_1970.checked_sub(now.duration_since(UNIX_EPOCH).ok()?)
    };
    retry_after(headers, now).or_else(|| if status == 429 { reset() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_upstream_comes_back() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for (label, status, headers, seconds) in [
            ("seconds", 429, &[("retry-after", "7")][..], Some(7)),
            ("a date", 503, &[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")], Some(30)),
            ("milliseconds since 1970", 429, &[("x-ratelimit-reset", "1800000020000")], Some(20)),
            ("seconds since 1970", 429, &[("x-ratelimit-reset", "1800000020")], Some(20)),
            ("a time that is over", 429, &[("x-ratelimit-reset", "1700000000000")], None),
            ("a limit's time without a limit", 503, &[("x-ratelimit-reset", "1800000020000")], None),
            (
                "the nearer word counts",
                429,
                &[("retry-after", "7"), ("x-ratelimit-reset", "1800000020")],
                Some(7),
            ),
            ("senseless", 429, &[("retry-after", "soon"), ("x-ratelimit-reset", "-1")], None),
            ("nothing", 429, &[], None),
        ] {
            let headers = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let comes = comes_back(status, &headers.collect(), now);
            assert_eq!(comes, seconds.map(Duration::from_secs), "{label}");
        }
    }
}
