//! Upstreams of a few lines, for what the simulator does not do: whole bytes by hand, silence until told, text without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The head of an event stream without a length.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
/// A whole answer of one word, as events.
pub(crate) const ONE_WORD: &str = "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"cost\":0.0042}}\n\n\
    data: [DONE]\n\n";

/// An upstream that takes requests and answers none before it is told to.
pub(crate) struct Held {
    pub(crate) url: String,
    pub(crate) release: watch::Sender<bool>,
}

/// An upstream that sends text without an end, as fast as it is taken.
pub(crate) struct Endless {
    pub(crate) url: String,
    /// Bytes that were taken.
    pub(crate) sent: Arc<AtomicU64>,
}

/// Serves each connection on a port of its own; the base URL.
async fn serve<F, S>(answer: F) -> String
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
    let url = format!("http://{}/api/v1", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    url
}

/// Reads a request to its end and keeps nothing of its body.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    let end = loop {
        let length = stream.read(&mut part).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&part[..length]);
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut left = length.parse::<usize>().expect("a length").saturating_sub(head.len() - end);
    while left > 0 {
        let length = stream.read(&mut part).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        left = left.saturating_sub(length);
    }
    Ok(())
}

/// Answers each request with these bytes and closes the connection.
pub(crate) async fn says(answer: impl Into<Vec<u8>>) -> String {
    let answer: Arc<[u8]> = answer.into().into();
    serve(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            read_request(&mut stream).await?;
            stream.write_all(&answer).await
        }
    })
    .await
}

/// Answers each request with these bytes, so many times, and closes the connection.
pub(crate) async fn repeats(head: &'static str, part: Vec<u8>, times: usize) -> String {
    let part: Arc<[u8]> = part.into();
    serve(move |mut stream| {
        let part = Arc::clone(&part);
        async move {
            read_request(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            for _ in 0..times {
                stream.write_all(&part).await?;
            }
            Ok(())
        }
    })
    .await
}

// === impl Held ===

impl Held {
    pub(crate) async fn start() -> Self {
        let (release, told) = watch::channel(false);
        let url = serve(move |mut stream| {
            let mut told = told.clone();
            async move {
                read_request(&mut stream).await?;
                if told.wait_for(|told| *told).await.is_err() {
                    return Ok(());
                }
                stream.write_all([STREAM, ONE_WORD].concat().as_bytes()).await
            }
        })
        .await;
        Self { url, release }
    }
}

// === impl Endless ===

impl Endless {
    pub(crate) async fn start() -> Self {
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let text = "x".repeat(8 * 1024);
        let event =
            format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
        let event: Arc<[u8]> = event.into_bytes().into();
        let url = serve(move |mut stream| {
            let (event, count) = (Arc::clone(&event), Arc::clone(&count));
            async move {
                read_request(&mut stream).await?;
                stream.write_all(STREAM.as_bytes()).await?;
                loop {
                    stream.write_all(&event).await?;
                    count.fetch_add(event.len() as u64, Ordering::Relaxed);
                }
            }
        })
        .await;
        Self { url, sent }
    }
}
