//! The load: one connection, one request after another, nothing but the standard library in the way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// A way to get an answer: where to, and the request's bytes.
pub(crate) struct Way {
    address: String,
    request: Vec<u8>,
}

/// A kept-alive connection.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    body: Vec<u8>,
}

/// The model that answers with a fixed text at once.
const MODEL: &str = "sim/text+words=20";

// === impl Way ===

impl Way {
    /// The simulator itself, in its own API.
    pub(crate) fn direct(address: &str) -> Self {
        let body = format!(
            r#"{{"model":"{MODEL}","stream":false,"max_tokens":256,"messages":[{{"role":"user","content":"Say something."}}]}}"#
        );
        Self::new(address, "/api/v1/chat/completions", "authorization: Bearer sk-or-v1-bench", &body)
    }

    /// The same question through Turnpike.
    pub(crate) fn through(address: &str, token: &str) -> Self {
        let body = format!(
            r#"{{"model":"{MODEL}","stream":false,"max_tokens":256,"messages":[{{"role":"user","content":"Say something."}}]}}"#
        );
        Self::new(address, "/v1/messages", &format!("authorization: Bearer {token}"), &body)
    }

    pub(crate) fn get(address: &str, path: &str) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
        Self { address: address.to_owned(), request }
    }

    fn new(address: &str, path: &str, authorization: &str, body: &str) -> Self {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\n{authorization}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { address: address.to_owned(), request: request.into_bytes() }
    }
}

// === impl Connection ===

impl Connection {
    pub(crate) fn open(way: &Way) -> Result<Self> {
        let stream =
            TcpStream::connect(&way.address).with_context(|| format!("no connection to {}", way.address))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { reader: BufReader::new(stream), body: Vec::new() })
    }

    /// Asks once and gives the body of the answer, which must be a 200.
    pub(crate) fn ask(&mut self, way: &Way) -> Result<Vec<u8>> {
        self.reader.get_mut().write_all(&way.request)?;
        let mut status = String::new();
        self.reader.read_line(&mut status)?;
        let mut length = None;
        let mut chunked = false;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = Some(value.trim().parse::<usize>()?);
            }
            chunked |= line.strip_prefix("transfer-encoding:").is_some_and(|value| value.contains("chunked"));
        }
        self.body.clear();
        if chunked {
            self.read_chunks()?;
        } else {
            self.body.resize(length.context("an answer without a length")?, 0);
            self.reader.read_exact(&mut self.body)?;
        }
        ensure!(status.contains(" 200 "), "{}: {}", status.trim_end(), String::from_utf8_lossy(&self.body));
        Ok(self.body.clone())
    }

    fn read_chunks(&mut self) -> Result<()> {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim_end(), 16).context("a chunk without a size")?;
            let start = self.body.len();
            self.body.resize(start + size + 2, 0);
            self.reader.read_exact(&mut self.body[start..])?;
            self.body.truncate(start + size);
            if size == 0 {
                return Ok(());
            }
        }
    }
}
