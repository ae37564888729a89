//! The listener and its connections.

pub(crate) mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::bill::Bill;
use crate::config::SimConfig;
use crate::journal::{Connection, Entry};
use crate::slug::Play;
use crate::state::Shared;
use crate::{NanoUsd, router};
use socket::SharedSocket;

/// A simulated OpenRouter.
pub struct Sim;

/// A running simulator; dropping it stops it.
pub struct SimHandle {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What a request knows about the connection it came on.
pub(crate) struct Wire {
    pub(crate) id: u64,
    pub(crate) socket: SharedSocket,
    /// The next request on this connection finds it closed.
    pub(crate) stale: AtomicBool,
    shared: Arc<Shared>,
}

// === impl Sim ===

impl Sim {
    /// Starts a simulator on the current tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound, when there is no runtime, or when [`SimConfig::assistant`] is no
    /// scenario.
    pub fn start(config: SimConfig) -> io::Result<SimHandle> {
        if let Err(error) = Play::parse(&config.assistant) {
            let message = format!("`{}` cannot be played: {error}", config.assistant);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let listener = std::net::TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let shared = Arc::new(Shared::new(config, format!("http://{addr}")));
        let accepting = runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(SimHandle { addr, shared, accepting })
    }
}

// === impl SimHandle ===

impl SimHandle {
    /// The base URL of the API: `http://127.0.0.1:PORT/api/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}/api/v1", self.shared.origin)
    }

    /// All requests that are kept, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.journal.entries()
    }

    /// All connections that are kept, oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.journal.connections()
    }

    /// Waits until `seen` finds in the journal what it looks for; looks again after each change.
    pub async fn wait_for<T>(&self, mut seen: impl FnMut(&[Entry]) -> Option<T>) -> T {
        let mut changes = self.shared.journal.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = seen(&self.journal()) {
                return found;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// What was charged so far, item by item.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.shared.account.bill()
    }

    /// The exact sum charged so far.
    #[must_use]
    pub fn total(&self) -> NanoUsd {
        self.shared.account.total()
    }

    /// Takes a key out of use: it gets 401 from now on.
    pub fn revoke(&self, key: &str) {
        self.shared.keys.revoke(key);
    }

    /// Forgets journal, bill, caches and counts of misbehaviour.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Stops listening and drops all connections.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

// === impl Wire ===

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.journal.disconnect(self.id);
    }
}

/// Accepts connections until it is aborted; its connections end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
                // Out of file descriptors, most likely: let some connections end first.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without this, small events wait for the peer's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let socket = SharedSocket::new(stream);
    let id = shared.journal.connect();
    let wire = Arc::new(Wire {
        id,
        socket: socket.clone(),
        stale: AtomicBool::new(false),
        shared: Arc::clone(&shared),
    });
    let service = service_fn(move |request| router::route(Arc::clone(&shared), Arc::clone(&wire), request));
    // An error here is a client that went away or an answer that was broken on purpose: the journal has it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}
