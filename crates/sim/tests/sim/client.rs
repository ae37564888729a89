//! A small HTTP client over a bare socket: it sees every byte, every chunk and how the connection ended.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use turnpike_sim::{Sim, SimConfig, SimHandle};

pub(crate) const KEY: &str = "sk-or-v1-0123456789abcdef";

/// A connection to the simulator.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Sizes of the transfer chunks.
    pub(crate) chunks: Vec<usize>,
    /// How it ended before its end, if it did.
    pub(crate) broken: Option<io::ErrorKind>,
}

/// Starts a simulator with the usual settings.
pub(crate) fn start() -> SimHandle {
    Sim::start(SimConfig::default()).expect("a loopback port is free")
}

/// The smallest good request for a model.
pub(crate) fn ask(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Say something."}]})
}

/// Posts to chat completions on a fresh connection.
pub(crate) async fn chat(sim: &SimHandle, body: &Value) -> Answer {
    post(sim, "/api/v1/chat/completions", body).await
}

/// Posts JSON with the usual key on a fresh connection.
pub(crate) async fn post(sim: &SimHandle, path: &str, body: &Value) -> Answer {
    let mut client = Client::connect(sim).await;
    client.send("POST", path, Some(KEY), body.to_string().as_bytes()).await;
    client.answer().await.expect("a head came")
}

/// Gets a path on a fresh connection.
pub(crate) async fn get(sim: &SimHandle, path: &str, key: Option<&str>) -> Answer {
    let mut client = Client::connect(sim).await;
    client.send("GET", path, key, b"").await;
    client.answer().await.expect("a head came")
}

// === impl Client ===

impl Client {
    pub(crate) async fn connect(sim: &SimHandle) -> Self {
        let stream = TcpStream::connect(sim.addr).await.expect("the simulator listens");
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, key: Option<&str>, body: &[u8]) {
        let authorization = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: sim\r\n{authorization}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).await.expect("the socket is open");
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

    /// The head of an answer, and nothing of its body.
    pub(crate) async fn head(&mut self) -> io::Result<Answer> {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await?).expect("heads are text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(k, v)| (k.to_lowercase(), v.to_owned()));
        Ok(Answer {
            status: status.expect("a status line"),
            headers: headers.collect(),
            body: Vec::new(),
            chunks: Vec::new(),
            broken: None,
        })
    }

    /// A whole answer; an error when not even its head came.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head().await?;
        let done = match answer.header("content-length").map(str::to_owned) {
            Some(length) => self.exactly(length.parse().expect("a length"), &mut answer.body).await,
            None => self.chunks(&mut answer).await,
        };
        answer.broken = done.err().map(|error| error.kind());
        Ok(answer)
    }

    async fn chunks(&mut self, answer: &mut Answer) -> io::Result<()> {
        while let size @ 1.. = self.chunk(&mut answer.body).await? {
            answer.chunks.push(size);
        }
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

    /// The JSON of each `data:` line that holds some.
    pub(crate) fn chunks_json(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|json| serde_json::from_str(json).ok()).collect()
    }

    /// The text of all content deltas.
    pub(crate) fn content(&self) -> String {
        let chunks = self.chunks_json();
        chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect()
    }

    /// The last usage.
    pub(crate) fn usage(&self) -> Value {
        let chunks = self.chunks_json();
        chunks.iter().rev().find_map(|chunk| chunk.get("usage").cloned()).unwrap_or_default()
    }

    /// The text of the last cost.
    pub(crate) fn usage_cost(&self) -> String {
        let text = self.text();
        let cost = text.rsplit("\"cost\":").next().expect("one piece at least");
        cost.split([',', '}']).next().expect("one piece at least").to_owned()
    }
}
