//! A small HTTP client over a bare socket: it sees every byte, every transfer chunk, and how it ended.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection to the data plane.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How it ended before its end, if it did.
    pub(crate) broken: Option<io::ErrorKind>,
}

/// The smallest good request for a model.
pub(crate) fn ask(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "max_tokens": 1024, "stream": stream,
        "messages": [{"role": "user", "content": "Say something."}],
    })
}

/// The head of a request.
pub(crate) fn head(method: &str, path: &str, token: Option<&str>, length: usize) -> String {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{authorization}content-type: application/json\r\n\
         anthropic-version: 2023-06-01\r\ncontent-length: {length}\r\n\r\n"
    )
}

// === impl Client ===

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the data plane listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the socket is open");
    }

    /// Reads more; `Ok(false)` at the end.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Reads until the buffer holds the marker; returns what stands before it and drops the marker.
    async fn until(&mut self, marker: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(marker.len()).position(|window| window == marker) {
                let taken = self.buffer.drain(..at + marker.len()).collect::<Vec<u8>>();
                return Ok(taken[..at].to_vec());
            }
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn exactly(&mut self, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let mut left = count;
        loop {
            let now = left.min(self.buffer.len());
            into.extend(self.buffer.drain(..now));
            left -= now;
            if left == 0 {
                return Ok(());
            }
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The head of an answer, and nothing of its body. Interim answers (100) count as answers.
    pub(crate) async fn head(&mut self) -> io::Result<Answer> {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await?).expect("heads are text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(k, v)| (k.to_lowercase(), v.to_owned()));
        Ok(Answer { status: status.expect("a status line"), headers: headers.collect(), ..Answer::default() })
    }

    /// A whole answer; an error when not even its head came.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head().await?;
        answer.broken = self.body(&mut answer).await.err().map(|error| error.kind());
        Ok(answer)
    }

    /// The rest of an answer whose head has come.
    pub(crate) async fn body(&mut self, answer: &mut Answer) -> io::Result<()> {
        if let Some(length) = answer.header("content-length").map(str::to_owned) {
            return self.exactly(length.parse().expect("a length"), &mut answer.body).await;
        }
        if answer.header("transfer-encoding").is_none() {
            // HTTP/1.0: the body ends with the connection.
            while self.more().await? {}
            answer.body.append(&mut self.buffer);
            return Ok(());
        }
        while self.chunk(&mut answer.body).await? > 0 {}
        Ok(())
    }

    /// One transfer chunk; 0 is the last one.
    pub(crate) async fn chunk(&mut self, body: &mut Vec<u8>) -> io::Result<usize> {
        let line = self.until(b"\r\n").await?;
        let text = String::from_utf8_lossy(&line);
        let size =
            usize::from_str_radix(&text, 16).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        self.exactly(size, body).await?;
        self.until(b"\r\n").await?;
        Ok(size)
    }

    /// Reads body chunks until the text has come; returns all of the body so far.
    pub(crate) async fn chunks_until(&mut self, text: &str) -> Vec<u8> {
        let mut body = Vec::new();
        while !String::from_utf8_lossy(&body).contains(text) {
            let size = self.chunk(&mut body).await.expect("the stream goes on");
            assert!(size > 0, "the stream ended without {text:?}: {}", String::from_utf8_lossy(&body));
        }
        body
    }

    /// Whether the peer closes without another byte.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && !matches!(self.more().await, Ok(true))
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Status and, of an error, its type and message.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        assert_eq!(body["type"], "error", "{body}");
        let word = |name: &str| body["error"][name].as_str().expect("a word").to_owned();
        (self.status, word("type"), word("message"))
    }

    /// The events of a stream: name and data.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        events(&self.body)
    }

    /// The text of the answer, streamed or whole.
    pub(crate) fn said(&self) -> String {
        if self.body.starts_with(b"{") {
            let blocks = self.json()["content"].as_array().cloned().unwrap_or_default();
            return blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        }
        self.events().iter().filter_map(|(_, data)| data["delta"]["text"].as_str()).collect()
    }

    /// The names of the events, repeated deltas once.
    pub(crate) fn outline(&self) -> Vec<String> {
        let mut names: Vec<String> = self.events().into_iter().map(|(name, _)| name).collect();
        names.dedup();
        names
    }

    /// The last event.
    pub(crate) fn last(&self) -> (String, Value) {
        self.events().pop().expect("an event")
    }
}

/// The events in a stream's bytes.
pub(crate) fn events(body: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8(body.to_vec()).expect("streams are text");
    let read = |frame: &str| {
        let (name, data) = frame.split_once('\n').expect("two lines an event");
        let name = name.strip_prefix("event: ").expect("an event's name").to_owned();
        (name, serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON"))
    };
    text.split_terminator("\n\n").map(read).collect()
}
