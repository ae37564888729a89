//! What the operating system asks of the service.

use std::io;

/// The requests to end that the operating system sends.
///
/// From its creation on, a terminal that is closed (SIGHUP) does not end the process, and Ctrl-C and SIGTERM are
/// requests. SIGPIPE is ignored by the runtime of the language already.
#[derive(Debug)]
pub struct EndRequests {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    _hangup: tokio::signal::unix::Signal,
}

// === impl EndRequests ===

#[cfg(unix)]
impl EndRequests {
    /// Begins to listen for them.
    ///
    /// # Errors
    /// When the system does not let handlers be set.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl EndRequests {
    /// Begins to listen for them.
    ///
    /// # Errors
    /// None on this platform.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
