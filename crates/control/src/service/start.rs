//! The start, step by step.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;
use turnpike_api::command::KeyState;
use turnpike_api::proof::random_hex;
use turnpike_api::{API_VERSION, ControlFile, Event, SecretText};
use turnpike_ledger::{Checked, Ledger, LedgerEvent, OpenOptions, OpenReport, RequestRow};
use turnpike_proxy::{Parts, Proxy};
use turnpike_settings::{BaseUrl, ConfigFile, DataDir, LocalToken, State, StateFile};
use turnpike_upstream::Upstream;

use super::{RunningService, ServeOptions, StartError};
use crate::config_in_force::ConfigInForce;
use crate::core::{About, Core, CoreParts, Ending, Remembered};
use crate::keys::Keys;
use crate::traces::Traces;
use crate::{
    account, budget, catalogue, claude, config_in_force, control_json, cost_lookup, footprint, listen,
    notices, server, status,
};

/// Random bytes in the control plane's secret and in an instance's name.
const SECRET_BYTES: usize = 32;
const INSTANCE_BYTES: usize = 8;

pub(super) async fn start(options: ServeOptions) -> Result<RunningService, StartError> {
    let started = Instant::now();
    let ServeOptions { data_dir, control_listen, .. } = &options;
    let lock = data_dir.lock()?;
    let mut notices = Vec::new();
    let config = ConfigInForce::load(ConfigFile::new(data_dir.config()))?;
    if let Some(refused) = &config.now().refused {
        notices.push(format!("the last good configuration is in force, since the file is wrong: {refused}"));
    }
    let (remembered, state) = remembered(data_dir, &mut notices);
    let token = token(data_dir, &mut notices)?;

    let (data_listener, data_address) = data_listener(&options, &config).await?;
    let control_listener = control_listener(*control_listen, state.control_port)?;
    let control_address = control_listener.local_addr().map_err(StartError::Address)?;
    let (ledger, report) = ledger(data_dir).await?;
    describe(&report, &mut notices);

    let base_url = base_url(&options, &config);
    let upstream = Upstream::new(base_url.as_str())?;
    let keys = Keys::open(&options.key, data_dir, &base_url).await;
    let proxy = Proxy::new(Parts {
        upstream: upstream.clone(),
        ledger: ledger.clone(),
        config: Arc::clone(&config.now().config),
        token: token.clone(),
        key: keys.standing(),
        paused: options.is_stopped || state.paused,
        memory: footprint::memory_for_us(),
    });
    let proxy = budgets(proxy, &ledger, &config, state, options.pace.flush).await?;
    let about = About {
        started,
        instance: random_hex::<INSTANCE_BYTES>()?,
        data_plane: data_address,
        control_plane: control_address,
        notices,
    };
    let data_dir = options.data_dir;
    let core = Arc::new(Core::new(CoreParts {
        about,
        data_dir,
        proxy,
        upstream,
        ledger,
        config,
        keys,
        remembered,
        log: options.log,
        pace: options.pace,
        token,
    }));
    run(core, lock, (data_listener, control_listener), (report, options.traces)).await
}

/// Sets everything going.
async fn run(
    core: Arc<Core>,
    lock: turnpike_settings::DataLock,
    (data_listener, control_listener): (TcpListener, TcpListener),
    (report, traces): (OpenReport, Option<Traces>),
) -> Result<RunningService, StartError> {
    let control_address = core.about.control_plane;
    let secret = SecretText::new(random_hex::<SECRET_BYTES>()?);
    let control_json = core.data_dir.control();
    let file = ControlFile {
        address: control_address.to_string(),
        pid: std::process::id(),
        instance: core.about.instance.clone(),
        api_version: API_VERSION,
        secret: secret.clone(),
    };
    let broke_off = control_json.exists();
    control_json::write(&control_json, &file)
        .map_err(|source| StartError::ControlFile { path: control_json.clone(), source })?;
    if let Err(reason) = core.remembered.change(|state| state.control_port = Some(control_address.port())) {
        tracing::warn!(reason, "the control plane's port is not remembered");
    }
    let (control_stop, stop) = watch::channel(false);
    let control = server::serve(control_listener, control_address, secret, Arc::clone(&core), Ending(stop));
    let control_plane = tokio::spawn(control);
    let background = background(&core, report, traces, broke_off);
    let proxy = core.proxy.clone();
    let Ending(ending) = core.ending();
    let data_plane = tokio::spawn(async move { proxy.serve(data_listener, ending).await });
    // Only now, when requests are answered: a large ledger keeps the disk busy for seconds.
    if let Err(error) = core.ledger.check_whole() {
        tracing::warn!("{error}");
    }
    let connected = Arc::clone(&core);
    let resumed = tokio::task::spawn_blocking(move || claude::refresh(&connected, true));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data_plane = %core.about.data_plane,
        control_plane = %control_address,
        upstream = core.upstream.base_url(),
        data_dir = %core.data_dir.path().display(),
        "started",
    );
    core.about.notices.iter().for_each(|notice| tracing::warn!("{notice}"));
    let key = core.keys.report();
    if key.state != KeyState::Ready {
        tracing::warn!("{}", key.message);
    }
    Ok(RunningService {
        core,
        data_plane,
        control_plane,
        control_stop,
        background,
        resumed,
        control_json,
        _lock: lock,
    })
}

fn background(core: &Arc<Core>, report: OpenReport, traces: Option<Traces>, broke_off: bool) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    // All listen before anybody speaks.
    let rows = || core.ledger.subscribe();
    let events = || core.events.subscribe(None).events;
    tasks.spawn(notices::run(Arc::clone(core), events(), broke_off));
    tasks.spawn(config_in_force::watch(Arc::clone(core)));
    tasks.spawn(crate::capture::watch(Arc::clone(core)));
    tasks.spawn(account::run(Arc::clone(core)));
    tasks.spawn(budget::run(Arc::clone(core)));
    tasks.spawn(cost_lookup::run(Arc::clone(core), rows(), report));
    tasks.spawn(catalogue::run(Arc::clone(core)));
    tasks.spawn(crate::limits::run(Arc::clone(core)));
    tasks.spawn(crate::counts::seed(Arc::clone(core)));
    tasks.spawn(crate::retention::run(Arc::clone(core), events()));
    tasks.spawn(crate::traces::run(Arc::clone(core), traces));
    tasks.spawn(relay(Arc::clone(core), rows()));
    tasks.spawn(crate::keys::watch(Arc::clone(core)));
    tasks
}

/// Passes on what the ledger has written.
async fn relay(core: Arc<Core>, mut events: Receiver<LedgerEvent>) {
    loop {
        match events.recv().await {
            Ok(LedgerEvent::Settled(settled)) => settled.rows.iter().for_each(|row| tell_row(&core, row)),
            Ok(LedgerEvent::Health(health)) => match status::ledger(&health).problem {
                Some(problem) => tracing::error!(queued = health.queued, "rows wait for the disk: {problem}"),
                None => tracing::info!("rows of the ledger get to the disk again"),
            },
            Ok(LedgerEvent::Checked(Checked::SetAside(aside))) => {
                tracing::error!("{}", status::damaged(&aside));
            }
            Ok(LedgerEvent::Checked(_)) => tracing::debug!("the whole ledger is sound"),
            Ok(LedgerEvent::CostFound { row, .. }) => {
                core.tell(Event::CostFound { id: row.id.get(), cost_nanos: row.cost.amount.nanos() });
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell_row(core: &Arc<Core>, row: &RequestRow) {
    core.tell(Event::Settled { id: row.id.get(), cost_nanos: row.cost.amount.nanos() });
    notices::of_row(row).into_iter().for_each(|event| core.tell(event));
    crate::keys::judge(core, row.http_status);
}

fn remembered(data_dir: &DataDir, notices: &mut Vec<String>) -> (Remembered, State) {
    let file = StateFile::new(data_dir.state());
    let state = file.load().unwrap_or_else(|error| {
        notices.push(error.to_string());
        State::default()
    });
    (Remembered::new(file, state.clone()), state)
}

fn token(data_dir: &DataDir, notices: &mut Vec<String>) -> Result<LocalToken, StartError> {
    let token = LocalToken::load_or_create(&data_dir.token())?;
    if token.was_open() {
        notices.push(
            "other users could read the local token until now: replace it with `turnpike token rotate`"
                .to_owned(),
        );
    }
    Ok(token)
}

async fn data_listener(
    options: &ServeOptions,
    config: &ConfigInForce,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let config = config.now().config;
    let address = options.listen.unwrap_or_else(|| config.proxy.listen.address());
    if !address.ip().is_loopback() {
        if !options.allow_remote {
            return Err(StartError::Remote(address));
        }
        if config.clients.iter().all(|client| client.token_sha256.is_none()) {
            return Err(StartError::NoClients);
        }
    }
    // Looking for whoever holds the port reads all of /proc.
    let bound = tokio::task::spawn_blocking(move || listen::data_plane(address)).await??;
    let address = bound.local_addr().map_err(StartError::Address)?;
    Ok((bound, address))
}

fn control_listener(asked: Option<SocketAddr>, last: Option<u16>) -> Result<TcpListener, StartError> {
    if let Some(address) = asked.filter(|address| !address.ip().is_loopback()) {
        return Err(StartError::RemoteControl(address));
    }
    Ok(listen::control_plane(asked, last)?)
}

async fn ledger(data_dir: &DataDir) -> Result<(Ledger, OpenReport), StartError> {
    let path = data_dir.ledger();
    Ok(tokio::task::spawn_blocking(move || Ledger::open(&path, &OpenOptions::default())).await??)
}

/// Puts the budgets where the run before has left them.
async fn budgets(
    proxy: Proxy,
    ledger: &Ledger,
    config: &ConfigInForce,
    state: State,
    flush: Duration,
) -> Result<Proxy, StartError> {
    let (ledger, config) = (ledger.clone(), config.now().config);
    let begin = move || {
        budget::begin(&proxy, &ledger, &config, &state, flush);
        proxy
    };
    Ok(tokio::task::spawn_blocking(begin).await?)
}

fn describe(report: &OpenReport, notices: &mut Vec<String>) {
    notices.extend(report.set_aside.iter().map(status::damaged));
    if !report.interrupted.is_empty() {
        tracing::warn!(
            requests = report.interrupted.len(),
            "requests of a run that broke off are marked interrupted, and their costs looked up",
        );
    }
}

fn base_url(options: &ServeOptions, config: &ConfigInForce) -> BaseUrl {
    let configured = config.now().config.upstream.base_url.clone();
    options.upstream.clone().or(configured).unwrap_or_default()
}
