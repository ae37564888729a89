//! One kept-alive connection to a way: nothing but a socket in between, and the time at which bytes came.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::clock;

/// The longest silence that is waited through: a peer that hangs must not hold the run up.
const SILENCE: Duration = Duration::from_secs(30);
/// Read at most so much at once.
const BUFFER: usize = 64 << 10;

/// A connection that is opened when it is needed.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// When the last bytes of the buffer came.
    came: u64,
}

/// An answer: its bytes, and when they came.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Whether it is an event stream.
    pub events: bool,
    /// The body without chunk marks.
    pub body: Vec<u8>,
    /// When the request began to be sent, in nanoseconds of the monotonic clock.
    pub sent: u64,
    /// The body's length at the time in nanoseconds, oldest first.
    pub marks: Vec<(usize, u64)>,
    /// When the last byte had come.
    pub ended: u64,
}

/// What the head says of the body.
#[derive(Clone, Copy, Debug, Default)]
struct Framing {
    length: Option<usize>,
    chunked: bool,
    close: bool,
}

// === impl Connection ===

impl Connection {
    /// A connection to `127.0.0.1:PORT`, opened by the first question.
    #[must_use]
    pub fn new(address: &str) -> Self {
        let buffer = vec![0; BUFFER];
        Self { address: address.to_owned(), stream: None, buffer, at: 0, filled: 0, came: 0 }
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// When the connection breaks, is silent for half a minute, or what comes is not HTTP/1.1.
    pub fn ask(&mut self, request: &[u8]) -> Result<Reply> {
        self.ask_while(request, |_| true)
    }

    /// The same, reading only while `go_on` says so; it is asked after each piece of the body.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub fn ask_while(&mut self, request: &[u8], mut go_on: impl FnMut(&Reply) -> bool) -> Result<Reply> {
        let asked = self.begin(request).and_then(|(mut reply, framing)| {
            let whole = self.read_body(&mut reply, framing, &mut go_on)?;
            Ok((reply, framing.close || !whole))
        });
        match asked {
            Ok((mut reply, close)) => {
                reply.ended = self.came;
                if close {
                    self.stream = None;
                }
                Ok(reply)
            }
            Err(error) => {
                self.stream = None;
                Err(error)
            }
        }
    }

    /// Sends a request and reads the head of its answer.
    fn begin(&mut self, request: &[u8]) -> Result<(Reply, Framing)> {
        if self.stream.is_none() {
            self.open()?;
        }
        let sent = clock::nanos();
        self.stream.as_mut().context("not open")?.write_all(request)?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status: u16 = status.context("the answer is not HTTP")?;
        let mut framing = Framing::default();
        let mut events = false;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else {
                ensure!(line.is_empty(), "a header without a colon");
                break;
            };
            let value = value.trim();
            match name {
                "content-length" => framing.length = Some(value.parse()?),
                "transfer-encoding" => framing.chunked = value.contains("chunked"),
                "connection" => framing.close = value.contains("close"),
                "content-type" => events = value.starts_with("text/event-stream"),
                _ => {}
            }
        }
        if status == 204 || status == 304 {
            framing.length = Some(0);
        }
        Ok((Reply { status, events, sent, ..Reply::default() }, framing))
    }

    fn open(&mut self) -> Result<()> {
        let stream = TcpStream::connect(&self.address)
            .with_context(|| format!("no connection to {}", self.address))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        (self.at, self.filled) = (0, 0);
        self.stream = Some(stream);
        Ok(())
    }

    /// Reads the body; false when it was left before its end.
    fn read_body(
        &mut self,
        reply: &mut Reply,
        framing: Framing,
        go_on: &mut impl FnMut(&Reply) -> bool,
    ) -> Result<bool> {
        if framing.chunked {
            loop {
                let line = self.line()?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).context("a chunk without a size")?;
                if !self.take(reply, size, go_on)? {
                    return Ok(false);
                }
                ensure!(self.line()?.is_empty(), "a chunk that does not end where it should");
                if size == 0 {
                    return Ok(true);
                }
            }
        }
        if let Some(length) = framing.length {
            return self.take(reply, length, go_on);
        }
        // Without a length the body ends with the connection.
        while self.at < self.filled || self.fill()? {
            let there = self.filled - self.at;
            if !self.take(reply, there, go_on)? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Moves so many bytes into the body; false when the reader wants no more.
    fn take(
        &mut self,
        reply: &mut Reply,
        size: usize,
        go_on: &mut impl FnMut(&Reply) -> bool,
    ) -> Result<bool> {
        let mut left = size;
        while left > 0 {
            if self.at == self.filled && !self.fill()? {
                bail!("the connection ended {left} bytes before the body did");
            }
            let there = left.min(self.filled - self.at);
            reply.body.extend_from_slice(&self.buffer[self.at..self.at + there]);
            self.at += there;
            left -= there;
            match reply.marks.last_mut() {
                Some(mark) if mark.1 == self.came => mark.0 = reply.body.len(),
                _ => reply.marks.push((reply.body.len(), self.came)),
            }
            if !go_on(reply) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A line without its end.
    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        loop {
            if self.at == self.filled && !self.fill()? {
                bail!("the connection ended in the middle of a line");
            }
            let byte = self.buffer[self.at];
            self.at += 1;
            match byte {
                b'\n' => break,
                b'\r' => {}
                _ => line.push(byte),
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Reads what is there; false at the connection's end.
    fn fill(&mut self) -> Result<bool> {
        let stream = self.stream.as_mut().context("not open")?;
        let read = loop {
            match stream.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.context("nothing more came")?,
            }
        };
        self.came = clock::nanos();
        (self.at, self.filled) = (0, read);
        Ok(read > 0)
    }
}

// === impl Reply ===

impl Reply {
    /// When the byte before `end` had come, in nanoseconds.
    #[must_use]
    pub fn came(&self, end: usize) -> u64 {
        let at = self.marks.partition_point(|mark| mark.0 < end);
        self.marks.get(at).map_or(self.ended, |mark| mark.1)
    }

    /// Nanoseconds from the first byte sent to the last one received.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        self.ended.saturating_sub(self.sent)
    }

    /// Fails unless it is a 200.
    ///
    /// # Errors
    /// The status and the beginning of the body.
    pub fn expect_ok(&self) -> Result<()> {
        let text: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        ensure!(self.status == 200, "status {}: {text}", self.status);
        Ok(())
    }
}
