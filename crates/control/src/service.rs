//! The service: everything that runs behind `turnpike serve`, assembled in one order and ended in the reverse one.
//!
//! Lock of the data folder, configuration, token, ledger, key, upstream, data plane, control plane, `control.json`.
//! At the end the data plane finishes its streams first; the control plane answers until then; the ledger is closed
//! after the last request; the lock goes last.

mod error;
mod start;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use turnpike_settings::{BaseUrl, DataDir, DataLock, LocalToken};

pub use error::StartError;

use crate::claude;
use crate::control_json;
use crate::core::Core;
use crate::keys::KeyChoice;
use crate::log::Log;
use crate::pace::Pace;
use crate::traces::Traces;

/// How long the data plane's streams may go on after the order to end; the data plane itself counts thirty seconds.
const DRAIN_DEADLINE: Duration = Duration::from_secs(33);
/// How long the ledger may take to write what still waits.
const LEDGER_DEADLINE: Duration = Duration::from_secs(5);

/// How the service is started.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where everything is kept.
    pub data_dir: DataDir,
    /// Where the data plane listens; `None`: as the configuration says.
    pub listen: Option<SocketAddr>,
    /// Whether an address that other machines can reach is meant.
    pub allow_remote: bool,
    /// Where requests go; `None`: as the configuration says.
    pub upstream: Option<BaseUrl>,
    /// Where the control plane listens; `None`: 4118, else where it listened last, else anywhere on loopback.
    pub control_listen: Option<SocketAddr>,
    /// Start with the data plane stopped, whatever it was before.
    pub is_stopped: bool,
    /// Where the OpenRouter key comes from.
    pub key: KeyChoice,
    /// Where spans go, if anywhere.
    pub traces: Option<Traces>,
    /// The log, when this process keeps one.
    pub log: Option<Log>,
    /// How long it waits before it does something by itself.
    pub pace: Pace,
}

/// The service, to be started.
#[derive(Debug)]
pub struct Service;

/// A running service. Dropping it ends it at once; [`RunningService::end`] ends it in order.
#[derive(Debug)]
pub struct RunningService {
    core: Arc<Core>,
    data_plane: JoinHandle<io::Result<()>>,
    control_plane: JoinHandle<()>,
    control_stop: watch::Sender<bool>,
    background: JoinSet<()>,
    /// Connects Claude Code again, where the last end has taken that back.
    resumed: JoinHandle<()>,
    control_json: PathBuf,
    /// Held as long as anything else is.
    _lock: DataLock,
}

// === impl Service ===

impl Service {
    /// Starts the service on the current tokio runtime. Both listeners are bound when this returns.
    ///
    /// # Errors
    /// [`StartError`], whose sentence says what stands in the way and what to do. Nothing runs then.
    pub async fn start(options: ServeOptions) -> Result<RunningService, StartError> {
        start::start(options).await
    }
}

// === impl RunningService ===

impl RunningService {
    /// Base URL of the data plane: `http://127.0.0.1:4117`.
    #[must_use]
    pub fn data_plane_url(&self) -> String {
        self.core.data_plane_url()
    }

    /// Base URL of the control plane.
    #[must_use]
    pub fn control_plane_url(&self) -> String {
        self.core.control_plane_url()
    }

    /// The local token.
    #[must_use]
    pub fn token(&self) -> LocalToken {
        self.core.token()
    }

    /// What people should know about this start, each a sentence.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.core.about.notices
    }

    /// Waits until a command asks the service to end, or its data plane is gone.
    pub async fn ending(&mut self) {
        let mut ending = self.core.ending();
        tokio::select! {
            () = ending.wait() => {}
            ended = &mut self.data_plane => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the data plane's listener failed"),
                Err(error) => tracing::error!(%error, "the data plane failed"),
            },
        }
    }

    /// How many requests are running.
    #[must_use]
    pub fn live(&self) -> usize {
        self.core.proxy.live().len()
    }

    /// Ends the service: no new requests; those that run may finish, for thirty seconds or until `hurry` is done.
    pub async fn end(mut self, hurry: impl Future<Output = ()>) {
        self.core.end();
        // First of all: no new session is to meet a closed port.
        let core = Arc::clone(&self.core);
        // What it has not logged itself makes no difference any more.
        let _ = (&mut self.resumed).await;
        if let Err(error) = tokio::task::spawn_blocking(move || claude::suspend(&core)).await {
            tracing::error!(%error, "Claude Code's settings still point here");
        }
        if !self.data_plane.is_finished() {
            tokio::select! {
                _ = &mut self.data_plane => {}
                () = hurry => tracing::warn!(live = self.live(), "requests were cut short"),
                () = tokio::time::sleep(DRAIN_DEADLINE) => tracing::warn!("the data plane did not end in time"),
            }
            self.data_plane.abort();
        }
        self.background.shutdown().await;
        // Where nobody listens any more, it has ended already.
        let _ = self.control_stop.send(true);
        if let Err(error) = (&mut self.control_plane).await {
            tracing::error!(%error, "the control plane failed");
        }
        let core = Arc::clone(&self.core);
        let closed = tokio::task::spawn_blocking(move || core.ledger.close(LEDGER_DEADLINE)).await;
        if let Ok(Err(error)) = closed {
            tracing::error!(%error, "the ledger was not written to its end");
        }
        control_json::remove(&self.control_json, &self.core.about.instance);
        tracing::info!("ended");
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        self.core.end();
        self.data_plane.abort();
        self.control_plane.abort();
    }
}
