//! Connections: accepted, bounded, and drained when the service stops.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::guard::Peer;
use crate::head::Readings;
use crate::live::Wish;
use crate::pump::AnswerBody;
use crate::router;
use crate::socket::Socket;
use crate::state::{Proxy, Shared};

/// Most header fields of a request.
const MAX_HEADERS: usize = 100;
/// Largest head of a request; hyper reads bodies through the same buffer.
const MAX_HEAD: usize = 64 * 1024;
/// Most connections at once.
const MAX_CONNECTIONS: usize = 4_096;
/// How long it takes at most to tell clients that their streams end.
const FAREWELL: Duration = Duration::from_secs(1);

// === impl Proxy ===

impl Proxy {
    /// Serves the data plane until `stop` turns true, then lets the requests under way finish, for 30 s at
    /// most. What is not finished then ends with an error that says so.
    ///
    /// # Errors
    /// The listener is of no use any more.
    pub async fn serve(&self, listener: TcpListener, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let graceful = GracefulShutdown::new();
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        let stopped = stop.wait_for(|stop| *stop);
        tokio::pin!(stopped);
        loop {
            let (stream, peer, permit) = tokio::select! {
                accepted = accept(&listener, &room) => accepted?,
                Some(_) = connections.join_next() => continue,
                _ = &mut stopped => break,
            };
            let (socket, late, readings) = Socket::new(stream);
            let connection = graceful.watch(serve_connection(Arc::clone(&self.0), socket, readings, peer));
            connections.spawn(async move {
                // Dropped at the end of this block, with its socket.
                let connection = pin!(connection);
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended early");
                    if error.is_timeout() {
                        late.set();
                    }
                }
                drop(permit);
            });
        }
        drop(listener);
        self.drain(graceful).await;
        connections.shutdown().await;
        Ok(())
    }

    async fn drain(&self, graceful: GracefulShutdown) {
        let finished = graceful.shutdown();
        tokio::pin!(finished);
        if timeout(self.0.timing.drain_within, &mut finished).await.is_err() {
            tracing::warn!("some streams did not finish in time and are cut");
            self.0.live.end_all(Wish::Shutdown);
            // Who does not listen now will see the connection close.
            let _ = timeout(FAREWELL, finished).await;
        }
    }
}

type Accepted = (TcpStream, Peer, tokio::sync::OwnedSemaphorePermit);

/// The next connection. When the process has no file descriptors left, it waits instead of spinning.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> io::Result<Accepted> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let mut pause = Duration::from_millis(10);
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return Ok((stream, Peer::of(address.ip()), permit)),
            Err(error) if is_fatal(&error) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

/// Errors of the listener itself, not of one connection or of a passing shortage.
fn is_fatal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotConnected)
}

/// One connection; each of its requests is answered by the router.
fn serve_connection(
    shared: Arc<Shared>,
    socket: Socket,
    readings: Readings,
    peer: Peer,
) -> Connection<
    TokioIo<Socket>,
    impl HttpService<Incoming, ResBody = AnswerBody, Error = Infallible, Future: Send>,
> {
    let head_within = shared.timing.head_within;
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        let reading = readings.take();
        async move { Ok::<_, Infallible>(router::answer(shared, peer, reading, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD)
        .half_close(false)
        .serve_connection(TokioIo::new(socket), service)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn listener() -> (TcpListener, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn one_connection_too_many_waits_until_another_ends() {
        let (listener, address) = listener().await;
        let room = Arc::new(Semaphore::new(1));
        let _clients =
            [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let (_, _, permit) = accept(&listener, &room).await.unwrap();
        let mut second = pin!(accept(&listener, &room));
        assert!(
            futures_util::poll!(&mut second).is_pending(),
            "a socket that says nothing takes a place, and no more"
        );
        drop(permit);
        assert!(second.await.is_ok());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn without_file_descriptors_it_waits_between_two_tries() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let (listener, address) = listener().await;
        let room = Arc::new(Semaphore::new(1));
        let _client = TcpStream::connect(address).await.unwrap();
        let usual = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..usual }).unwrap();
        let taken: Vec<std::fs::File> =
            std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        assert!(!taken.is_empty());
        tokio::time::pause();
        let begun = tokio::time::Instant::now();
        // Time passes only where everything waits: a loop that tries without a pause would never see the minute's end.
        assert!(timeout(Duration::from_secs(60), accept(&listener, &room)).await.is_err());
        assert!(begun.elapsed() >= Duration::from_secs(60));
        drop(taken);
        assert!(accept(&listener, &room).await.is_ok(), "with room again");
        setrlimit(Resource::Nofile, usual).unwrap();
    }
}
