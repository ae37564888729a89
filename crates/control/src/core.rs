//! What the parts of the running service share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use turnpike_api::Event;
use turnpike_api::command::ProxyState;
use turnpike_ledger::Ledger;
use turnpike_proxy::Proxy;
use turnpike_settings::{DataDir, LocalToken, State, StateFile};
use turnpike_upstream::Upstream;

use crate::account::AccountSlot;
use crate::catalogue::CatalogueSlot;
use crate::config_edit::Undo;
use crate::config_in_force::ConfigInForce;
use crate::demo::Demo;
use crate::event_log::EventLog;
use crate::footprint::Footprint;
use crate::keys::Keys;
use crate::log::Log;
use crate::login::Login;
use crate::pace::Pace;
use crate::probe;
use crate::traces::TraceCounts;
use crate::web::Web;

/// The running service, seen from inside.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) about: About,
    pub(crate) data_dir: DataDir,
    pub(crate) proxy: Proxy,
    pub(crate) upstream: Upstream,
    pub(crate) ledger: Ledger,
    pub(crate) config: ConfigInForce,
    pub(crate) keys: Keys,
    pub(crate) catalogue: CatalogueSlot,
    pub(crate) account: AccountSlot,
    pub(crate) remembered: Remembered,
    pub(crate) log: Option<Log>,
    pub(crate) pace: Pace,
    pub(crate) events: EventLog,
    pub(crate) undo: Undo,
    pub(crate) web: Web,
    pub(crate) login: Login,
    pub(crate) demo: Demo,
    pub(crate) trace_counts: TraceCounts,
    pub(crate) footprint: Footprint,
    token: Mutex<LocalToken>,
    ending: watch::Sender<bool>,
}

/// What does not change while the service runs.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) started: Instant,
    pub(crate) instance: String,
    pub(crate) data_plane: SocketAddr,
    pub(crate) control_plane: SocketAddr,
    /// Sentences about what was found at the start.
    pub(crate) notices: Vec<String>,
}

/// What outlives a restart.
#[derive(Debug)]
pub(crate) struct Remembered {
    file: StateFile,
    state: Mutex<State>,
}

/// What a [`Core`] is built from.
pub(crate) struct CoreParts {
    pub(crate) about: About,
    pub(crate) data_dir: DataDir,
    pub(crate) proxy: Proxy,
    pub(crate) upstream: Upstream,
    pub(crate) ledger: Ledger,
    pub(crate) config: ConfigInForce,
    pub(crate) keys: Keys,
    pub(crate) remembered: Remembered,
    pub(crate) log: Option<Log>,
    pub(crate) pace: Pace,
    pub(crate) token: LocalToken,
}

/// The order to end, to be waited for.
#[derive(Clone, Debug)]
pub(crate) struct Ending(pub(crate) watch::Receiver<bool>);

// === impl Core ===

impl Core {
    pub(crate) fn new(parts: CoreParts) -> Self {
        let CoreParts {
            about,
            data_dir,
            proxy,
            upstream,
            ledger,
            config,
            keys,
            remembered,
            log,
            pace,
            token,
        } = parts;
        let web = Web::open(&data_dir, about.control_plane.port());
        let catalogue = CatalogueSlot::open(&data_dir, upstream.base_url());
        proxy.set_catalogue(catalogue.get());
        proxy.set_showings(probe::showings(&data_dir.conformance()));
        Self {
            about,
            data_dir,
            proxy,
            upstream,
            ledger,
            config,
            keys,
            catalogue,
            account: AccountSlot::default(),
            remembered,
            log,
            pace,
            events: EventLog::default(),
            undo: Undo::default(),
            web,
            login: Login::default(),
            demo: Demo::default(),
            trace_counts: TraceCounts::default(),
            footprint: Footprint::default(),
            token: Mutex::new(token),
            ending: watch::channel(false).0,
        }
    }

    /// Whether requests are served.
    pub(crate) fn state(&self) -> ProxyState {
        if *self.ending.borrow() {
            ProxyState::ShuttingDown
        } else if self.proxy.is_paused() {
            ProxyState::Stopped
        } else {
            ProxyState::Running
        }
    }

    /// Orders the service to end. Only the first order counts.
    pub(crate) fn end(&self) {
        let is_first = self.ending.send_if_modified(|ending| !std::mem::replace(ending, true));
        if is_first {
            self.tell(Event::ShuttingDown);
        }
    }

    /// The order to end, to be waited for.
    pub(crate) fn ending(&self) -> Ending {
        Ending(self.ending.subscribe())
    }

    /// Tells whoever listens; nobody has to.
    pub(crate) fn tell(&self, event: Event) {
        self.events.tell(event);
    }

    /// The local token now.
    pub(crate) fn token(&self) -> LocalToken {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new local token in force, on the data plane too.
    pub(crate) fn set_token(&self, token: LocalToken) {
        self.proxy.set_token(token.clone());
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Base URL of the data plane.
    pub(crate) fn data_plane_url(&self) -> String {
        format!("http://{}", self.about.data_plane)
    }

    /// Base URL of the control plane.
    pub(crate) fn control_plane_url(&self) -> String {
        format!("http://{}", self.about.control_plane)
    }
}

// === impl Ending ===

impl Ending {
    /// Waits for the order.
    pub(crate) async fn wait(&mut self) {
        // The sender lives as long as the service; if it is gone, so is the service.
        drop(self.0.wait_for(|ending| *ending).await);
    }
}

// === impl Remembered ===

impl Remembered {
    pub(crate) fn new(file: StateFile, state: State) -> Self {
        Self { file, state: Mutex::new(state) }
    }

    /// Looks at what is remembered.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is remembered. Blocks on the disk.
    ///
    /// The change holds for this run also when it cannot be kept; the sentence says so then.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.clone();
        change(&mut state);
        if *state == before {
            return Ok(());
        }
        self.file.save(&state).map_err(|error| error.to_string())
    }
}

/// Runs what blocks on the disk away from the runtime's own threads.
pub(crate) async fn blocking<T: Send + 'static>(
    core: &Arc<Core>,
    work: impl FnOnce(&Core) -> T + Send + 'static,
) -> Result<T, turnpike_api::ApiError> {
    let core = Arc::clone(core);
    tokio::task::spawn_blocking(move || work(&core)).await.map_err(|error| {
        tracing::error!(%error, "a command failed");
        turnpike_api::ApiError::new(
            turnpike_api::ErrorCode::Internal,
            "the command failed inside the service: look at `turnpike logs`",
        )
    })
}
