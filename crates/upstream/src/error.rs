//! What can go wrong on the way to the upstream and back.

use std::error::Error;
use std::{fmt, io};

use hyper_util::client::legacy;

use crate::connect::TooLate;

/// A request that got no answer, or an answer that broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// What happened.
    pub kind: TransportKind,
    /// The host that was meant.
    pub host: String,
}

/// The ways to fail, told apart because a person does something different about each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportKind {
    /// Nobody listens there.
    Refused,
    /// The name is not known.
    Name,
    /// No connection in time.
    ConnectTimeout,
    /// The certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// The certificate is not valid yet, or not any more, by this machine's clock.
    Clock,
    /// The connection could not be made for another reason.
    Connect,
    /// The connection closed, or the network went, before the answer began.
    ClosedBeforeAnswer,
    /// The connection broke within the answer, or the upstream broke the request off.
    Broken,
    /// What came is no HTTP.
    Protocol,
    /// No answer in time.
    Timeout,
}

// === impl TransportError ===

impl TransportError {
    /// Whether the upstream cannot have begun to work on the request.
    #[must_use]
    pub const fn surely_unprocessed(&self) -> bool {
        matches!(
            self.kind,
            TransportKind::Refused
                | TransportKind::Name
                | TransportKind::ConnectTimeout
                | TransportKind::Tls
                | TransportKind::Clock
                | TransportKind::Connect
        )
    }

    pub(crate) fn from_send(error: &legacy::Error, host: &str) -> Self {
        let marks =
            Marks { is_connect: error.is_connect(), is_timeout: is_timeout(error), is_cut: is_cut(error) };
        let kind = kind_of(&chain(error).to_lowercase(), marks);
        Self { kind, host: host.to_owned() }
    }

    pub(crate) fn from_body(error: &(dyn Error + 'static), host: &str) -> Self {
        let kind = if is_timeout(error) { TransportKind::Timeout } else { TransportKind::Broken };
        Self { kind, host: host.to_owned() }
    }
}

/// Whether a deadline of ours, of the library or of the system is among the causes.
fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.is::<TooLate>()
            || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
            || cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

/// Whether the other side, or the way to it, went away without a word. TLS says so too where its own goodbye is missing.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind as Kind;
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| {
        matches!(
            error.kind(),
            Kind::UnexpectedEof
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::BrokenPipe
                | Kind::NotConnected
                | Kind::HostUnreachable
                | Kind::NetworkUnreachable
                | Kind::NetworkDown
        )
    })
}

/// What the causes of an error tell by their types.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    /// It happened before there was a connection.
    is_connect: bool,
    is_timeout: bool,
    is_cut: bool,
}

/// The kind, by what the library can tell and by marks in the words of the cause, in lower case.
fn kind_of(text: &str, marks: Marks) -> TransportKind {
    if marks.is_connect {
        return match () {
            () if marks.is_timeout => TransportKind::ConnectTimeout,
            () if text.contains("certificate expired") || text.contains("certificate not valid yet") => {
                TransportKind::Clock
            }
            () if text.contains("certificate") => TransportKind::Tls,
            // What failed was the way to a proxy, or the proxy itself.
            () if text.contains("tunnel error") || text.contains("socks error") => TransportKind::Connect,
            () if text.contains("dns error") || text.contains("lookup address") => TransportKind::Name,
            () if text.contains("connection refused") => TransportKind::Refused,
            // Whoever restarts closes within the handshake, too.
            () if marks.is_cut => TransportKind::Connect,
            () if text.contains("tls") || text.contains("handshake") => TransportKind::Tls,
            () => TransportKind::Connect,
        };
    }
    if marks.is_timeout {
        return TransportKind::Timeout;
    }
    let closed = [
        "closed before",
        "connection closed",
        "incomplete message",
        "canceled",
        // HTTP/2: the server did not look at the request, or had said goodbye when it was sent.
        "refused stream",
        "not a result of an error",
    ];
    match () {
        () if marks.is_cut || closed.iter().any(|mark| text.contains(mark)) => {
            TransportKind::ClosedBeforeAnswer
        }
        // HTTP/2: the server gave a reason.
        () if text.contains("error received") => TransportKind::Broken,
        () => TransportKind::Protocol,
    }
}

/// The error, then its cause, and so on.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An I/O error that wraps another one gives that one's cause for its own.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|error| error as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// The error with all its causes: the cause is what tells refusal from an unknown name.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.kind {
            TransportKind::Refused => {
                write!(f, "{host} refuses connections. Check the network, or the upstream's address.")
            }
            TransportKind::Name => {
                write!(f, "The name {host} cannot be resolved. Check the network and DNS.")
            }
            TransportKind::ConnectTimeout => {
                write!(f, "{host} did not answer within 10 s. Check the network.")
            }
            TransportKind::Tls => write!(
                f,
                "The certificate of {host} is not trusted; nothing was sent. A proxy may be in the way: set SSL_CERT_FILE to its CA."
            ),
            TransportKind::Clock => write!(
                f,
                "The certificate of {host} is not valid at the time of this machine's clock; nothing was sent. Set the clock right."
            ),
            TransportKind::Connect => {
                write!(f, "{host} cannot be reached. Check the network and the proxy variables.")
            }
            TransportKind::ClosedBeforeAnswer => {
                write!(f, "{host} closed the connection before it answered. Try again.")
            }
            TransportKind::Broken => {
                write!(f, "The upstream ended early: the connection to {host} broke. Try again.")
            }
            TransportKind::Protocol => {
                write!(f, "{host} sent something that is not HTTP. A proxy may be in the way.")
            }
            TransportKind::Timeout => write!(f, "{host} gave no answer in time. Try again."),
        }
    }
}

impl Error for TransportError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_apart() {
        use TransportKind::{
            Broken, Clock, ClosedBeforeAnswer, Connect, ConnectTimeout, Name, Protocol, Refused, Timeout, Tls,
        };
        let none = Marks::default();
        let connecting = Marks { is_connect: true, ..none };
        let cut = Marks { is_cut: true, ..none };
        let too_late = Marks { is_timeout: true, ..none };
        for (text, marks, kind) in [
            ("tcp connect error: connection refused (os error 111)", connecting, Refused),
            ("dns error: failed to lookup address information", connecting, Name),
            ("operation timed out", Marks { is_connect: true, ..too_late }, ConnectTimeout),
            ("invalid peer certificate: unknownissuer", connecting, Tls),
            ("invalid peer certificate: certificate expired: verification time 1", connecting, Clock),
            ("invalid peer certificate: certificate not valid yet: verification", connecting, Clock),
            ("network is unreachable", connecting, Connect),
            ("tunnel error: failed to create underlying connection: connection refused", connecting, Connect),
            ("socks error: io error during socks handshake", connecting, Connect),
            (
                "tunnel error: failed to create underlying connection: invalid peer certificate",
                connecting,
                Tls,
            ),
            ("socks error: failed to create underlying connection: dns error", connecting, Connect),
            ("tls handshake eof", Marks { is_connect: true, ..cut }, Connect),
            ("received fatal alert: handshakefailure", connecting, Tls),
            ("operation timed out", too_late, Timeout),
            ("connection closed before message completed", none, ClosedBeforeAnswer),
            ("connection reset by peer (os error 104)", cut, ClosedBeforeAnswer),
            ("no route to host (os error 113)", cut, ClosedBeforeAnswer),
            (
                "http2 error: stream error received: refused stream before processing any application logic",
                none,
                ClosedBeforeAnswer,
            ),
            ("http2 error: connection error received: not a result of an error", none, ClosedBeforeAnswer),
            ("http2 error: stream error received: unspecific protocol error detected", none, Broken),
            ("http2 error: connection error received: detected excessive load", none, Broken),
            ("invalid http version parsed", none, Protocol),
        ] {
            assert_eq!(kind_of(text, marks), kind, "{text}");
        }
    }

    #[test]
    fn sentences_name_the_host_and_what_to_do() {
        use TransportKind as Kind;
        for kind in [
            Kind::Refused,
            Kind::Name,
            Kind::ConnectTimeout,
            Kind::Tls,
            Kind::Clock,
            Kind::Connect,
            Kind::ClosedBeforeAnswer,
            Kind::Broken,
            Kind::Protocol,
            Kind::Timeout,
        ] {
            let sentence = TransportError { kind, host: "openrouter.ai".to_owned() }.to_string();
            assert!(sentence.contains("openrouter.ai") && sentence.ends_with('.'), "{sentence}");
        }
    }
}
