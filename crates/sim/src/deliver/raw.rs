//! Answers written past the HTTP library, where every byte and the way the connection ends are decided here.

use std::fmt::Write as _;
use std::io;

use http::{HeaderMap, StatusCode};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::Step;
use crate::ticket::Ticket;

/// An answer that is not HTTP as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Reset,
    HeadOnly,
    HalfHead,
    BigHead,
    BadChunk,
    LengthShort,
    LengthLong,
    NotHttp,
}

/// Status and headers of an answer.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// How a delivery ends before its answer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection closes, in the middle of a transfer chunk if need be.
    Close,
    /// The connection is reset in the middle of a transfer chunk.
    Reset,
    /// The body ends as if it were complete.
    Clean,
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

// === impl Head ===

impl Head {
    fn text(&self) -> String {
        let mut text = format!("HTTP/1.1 {}\r\ntransfer-encoding: chunked\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap_or_default());
        }
        text.push_str("\r\n");
        text
    }
}

/// Sends an answer in transfer chunks until so many body bytes are out. A shorter answer ends as it should.
pub(crate) async fn deliver_raw(
    stream: &TcpStream,
    head: &Head,
    steps: impl Iterator<Item = Step> + Send,
    mut ticket: Ticket,
    after: u64,
    end: End,
) -> io::Result<()> {
    write_all(stream, head.text().as_bytes()).await?;
    let mut sent: u64 = 0;
    for step in steps {
        match step {
            Step::Send(bytes, produced) => {
                ticket.produced(produced);
                let room = usize::try_from(after.saturating_sub(sent)).unwrap_or(usize::MAX);
                if bytes.len() >= room {
                    last_chunk(stream, &bytes[..room], end).await?;
                    ticket.cut();
                    return Ok(());
                }
                sent += bytes.len() as u64;
                chunk(stream, &bytes).await?;
            }
            Step::Flush => tokio::task::yield_now().await,
            Step::Wait(duration) => sleep(duration).await,
            Step::Hang => std::future::pending().await,
        }
    }
    write_all(stream, b"0\r\n\r\n").await?;
    ticket.finish();
    Ok(())
}

async fn chunk(stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    write_all(stream, format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    write_all(stream, bytes).await?;
    write_all(stream, b"\r\n").await
}

/// The last bytes of a body that is cut: unless the end is clean, their chunk promises more than comes.
async fn last_chunk(stream: &TcpStream, bytes: &[u8], end: End) -> io::Result<()> {
    if end == End::Clean {
        chunk(stream, bytes).await?;
        return write_all(stream, b"0\r\n\r\n").await;
    }
    write_all(stream, format!("{:x}\r\n", bytes.len() + 1).as_bytes()).await?;
    write_all(stream, bytes).await?;
    if end == End::Reset { reset(stream) } else { Ok(()) }
}

/// Sends an answer that is broken in one way.
pub(crate) async fn break_off(stream: &TcpStream, broken: Broken, mut ticket: Ticket) -> io::Result<()> {
    let body = "{\"choices\":[]}";
    let sent = match broken {
        Broken::Reset => {
            ticket.cut();
            return reset(stream);
        }
        Broken::HeadOnly => {
            write_all(stream, format!("{OK}content-length: 100\r\n\r\n").as_bytes()).await?;
            return std::future::pending().await;
        }
        Broken::HalfHead => "HTTP/1.1 200 OK\r\ncontent-ty".to_owned(),
        Broken::BigHead => {
            let line = format!("x-padding: {}\r\n", "x".repeat(1000));
            format!("{OK}{}content-length: {}\r\n\r\n{body}", line.repeat(1036), body.len())
        }
        Broken::BadChunk => format!("{OK}transfer-encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"),
        Broken::LengthShort => format!("{OK}content-length: 5\r\n\r\n{body}"),
        Broken::LengthLong => format!("{OK}content-length: {}\r\n\r\n{body}", body.len() + 10),
        Broken::NotHttp => "220 mail.example.com ESMTP ready\r\n".to_owned(),
    };
    write_all(stream, sent.as_bytes()).await?;
    ticket.cut();
    Ok(())
}

/// Makes the coming close a reset: what is not sent yet is thrown away.
fn reset(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO))
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
