//! A connection's socket. What hyper answers by itself (a head that cannot be read, or is too large) has no body; here
//! it gets one. A head that does not come in time, and HTTP/2, which hyper leaves without an answer, are told so.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::head::{HeadScan, Readings};
use crate::preface::Preface;

/// What every answer that hyper gives by itself holds, and none of ours: those have a body.
const BODILESS: &[u8] = b"content-length: 0\r\n";

/// What is said of a head that cannot be read, or in two ways.
pub(crate) const AMBIGUOUS: &str = "The request's head is not HTTP/1.1 that can be read in one way only. Check the client, and any proxy before it.";

/// The socket of a connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    /// Bytes came that were not answered yet.
    heard: bool,
    late: Late,
    heads: HeadScan,
    preface: Preface,
    /// An answer of ours in the place of so many bytes of hyper's: what is left of it to write.
    instead: Option<(Vec<u8>, usize)>,
}

/// Set when the head of a request did not come in time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Late(Arc<AtomicBool>);

// === impl Late ===

impl Late {
    /// The wait is over: the socket says so when it is dropped, if there was anything to wait for.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

// === impl Socket ===

impl Socket {
    /// A socket, by what it learns that it waited too long, and what it sees of the heads of requests.
    pub(crate) fn new(stream: TcpStream) -> (Self, Late, Readings) {
        // Without it every second event of a stream would wait for the client's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let late = Late::default();
        let (heads, readings) = HeadScan::new();
        (
            Self {
                stream,
                heard: false,
                late: late.clone(),
                heads,
                preface: Preface::Begun(0),
                instead: None,
            },
            late,
            readings,
        )
    }

    /// Writes what stands in for an answer of hyper's; then that counts as written.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            let Some((rest, length)) = &mut self.instead else { return Poll::Ready(Ok(0)) };
            if rest.is_empty() {
                let length = *length;
                self.instead = None;
                return Poll::Ready(Ok(length));
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            rest.drain(..written);
        }
    }
}

/// Our words for an answer that hyper gives by itself; `None` for any other bytes.
fn words_for(answer: &[u8]) -> Option<Vec<u8>> {
    let status = answer.strip_prefix(b"HTTP/1.1 4")?.get(..2)?;
    let is_bodiless = answer.len() < 512 && answer.windows(BODILESS.len()).any(|part| part == BODILESS);
    match status {
        _ if !is_bodiless => None,
        b"00" => Some(said("400 Bad Request", AMBIGUOUS)),
        b"14" => Some(said("414 URI Too Long", "The address of the request is too long.")),
        b"31" => Some(said(
            "431 Request Header Fields Too Large",
            "The request has more than 100 header fields, or a head of more than 64 KiB. Check what the client or a proxy adds to it.",
        )),
        _ => None,
    }
}

fn said(status: &str, message: &str) -> Vec<u8> {
    let body =
        format!(r#"{{"type":"error","error":{{"type":"invalid_request_error","message":"{message}"}}}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-should-retry: false\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let bytes = buf.filled().get(before..).unwrap_or_default();
        self.heard |= !bytes.is_empty();
        self.heads.heard(bytes);
        self.preface.heard(bytes);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.heard = false;
        self.heads.answered();
        if self.instead.is_none() {
            match self.preface.take_answer().or_else(|| words_for(buf)) {
                None => return Pin::new(&mut self.stream).poll_write(cx, buf),
                Some(words) => self.instead = Some((words, buf.len())),
            }
        }
        self.poll_instead(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs {
            // A head without a body is one piece.
            [only] => self.poll_write(cx, only),
            _ => {
                self.heard = false;
                self.heads.answered();
                Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    /// Half a head is answered, and HTTP/2; who said nothing since the last answer is not told anything.
    fn drop(&mut self) {
        if let Some(words) = self.preface.take_answer() {
            let _ = self.stream.try_write(&words);
            // What is left unread at the end would have the system take the answer back.
            let _ = self.stream.try_read(&mut [0; 4096]);
            return;
        }
        if self.heard && self.late.0.load(Ordering::Relaxed) {
            let words =
                said("408 Request Timeout", "The request's head did not come in time. Send it again.");
            // A few hundred bytes fit into any socket's buffer; a client that has gone needs none.
            let _ = self.stream.try_write(&words);
        }
    }
}
