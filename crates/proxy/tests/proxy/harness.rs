//! A data plane on a free port, its simulated upstream, and its ledger in a folder of its own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use turnpike_ledger::{Ledger, LedgerEvent, OpenOptions, Page, RequestRow};
use turnpike_proxy::{KeyStanding, Parts, Proxy, Timing};
use turnpike_routing::Catalogue;
use turnpike_settings::config::{Config, Destination, General, Map, Mode, Retry, Timezone};
use turnpike_settings::{LocalToken, Secret};
use turnpike_sim::{Entry, Sim, SimConfig, SimHandle};
use turnpike_upstream::Upstream;

use crate::client::{Answer, Client, ask, head};

/// The upstream's key.
pub(crate) const KEY: &str = "sk-or-v1-0123456789abcdef";
/// No single wait of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running data plane with all that belongs to it.
pub(crate) struct Plane {
    pub(crate) sim: SimHandle,
    pub(crate) proxy: Proxy,
    pub(crate) ledger: Ledger,
    pub(crate) addr: SocketAddr,
    pub(crate) token: String,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<std::io::Result<()>>,
    settled: Settled,
    _folder: Folder,
}

/// The ledger's folder; it goes once the ledger has nothing to write there any more.
struct Folder {
    ledger: Ledger,
    _folder: TempDir,
}

/// Counts rows as they are settled.
pub(crate) struct Settled(broadcast::Receiver<LedgerEvent>, VecDeque<RequestRow>);

/// What a data plane is started with.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) sim: SimConfig,
    pub(crate) key: KeyStanding,
    /// Another upstream than the simulator.
    pub(crate) upstream: Option<String>,
    pub(crate) paused: bool,
    pub(crate) timing: Timing,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            config: maps(Vec::new()),
            sim: SimConfig::default(),
            key: KeyStanding::Ready(Secret::new(KEY.to_owned())),
            upstream: None,
            paused: false,
            timing: Timing::default(),
        }
    }
}

/// Fails when something does not happen for too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    within_time(PATIENCE, what, future).await
}

/// The same with another bound.
pub(crate) async fn within_time<T>(most: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(most, future).await {
        Ok(value) => value,
        Err(_) => panic!("this did not happen within {most:?}: {what}"),
    }
}

/// A map from a name to targets in order.
pub(crate) fn map(name: &str, targets: &[&str]) -> Map {
    let mut targets = targets.iter().map(|target| (*target).to_owned());
    let to = Destination {
        target: targets.next().expect("a target"),
        fallback: targets.collect(),
        ..Destination::default()
    };
    Map { name: name.to_owned(), to }
}

/// A configuration of maps that never waits for a target.
pub(crate) fn maps(maps: Vec<Map>) -> Config {
    Config { maps, retry: Retry { max_wait_seconds: 0 }, ..Config::default() }
}

/// The same, with so many seconds of waiting.
pub(crate) fn patient(seconds: u64, maps: Vec<Map>) -> Config {
    Config { maps, retry: Retry { max_wait_seconds: seconds }, ..Config::default() }
}

/// A map that hands requests over natively.
pub(crate) fn native(name: &str, targets: &[&str]) -> Map {
    let mut map = map(name, targets);
    map.to.mode = Mode::Native;
    map
}

// === impl Settled ===

impl Settled {
    /// The next row that is settled.
    pub(crate) async fn next(&mut self) -> RequestRow {
        let next = async {
            loop {
                if let Some(row) = self.1.pop_front() {
                    return row;
                }
                if let LedgerEvent::Settled(settled) = self.0.recv().await.expect("the ledger lives") {
                    self.1.extend(settled.rows.iter().cloned());
                }
            }
        };
        within("a settled row", next).await
    }
}

// === impl Folder ===

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = self.ledger.flush(PATIENCE);
    }
}

// === impl Plane ===

impl Plane {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn mapped(config: Config) -> Self {
        Self::with(Setup { config, ..Setup::default() }).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sim = Sim::start(setup.sim).expect("a loopback port is free");
        let base = setup.upstream.unwrap_or_else(|| sim.base_url());
        let (ledger, _) =
            Ledger::open(&folder.path().join("ledger.sqlite"), &OpenOptions::default()).expect("a ledger");
        let token = LocalToken::load_or_create(&folder.path().join("token")).expect("a token");
        let shown = token.secret().expose().to_owned();
        let parts = Parts {
            upstream: Upstream::new(&base).expect("an upstream"),
            ledger: ledger.clone(),
            config: Arc::new(setup.config),
            token,
            key: setup.key,
            paused: setup.paused,
            memory: None,
        };
        let proxy = Proxy::with_timing(parts, setup.timing);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let addr = listener.local_addr().expect("it is bound");
        let (stop, stopped) = watch::channel(false);
        let server = proxy.clone();
        let serving = tokio::spawn(async move { server.serve(listener, stopped).await });
        let settled = Settled(ledger.subscribe(), VecDeque::new());
        Self {
            sim,
            proxy,
            ledger: ledger.clone(),
            addr,
            token: shown,
            stop,
            serving,
            settled,
            _folder: Folder { ledger, _folder: folder },
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.addr).await
    }

    /// The bytes of a request with the right token.
    pub(crate) fn request(&self, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        [head("POST", "/v1/messages", Some(&self.token), body.len()), body].concat().into_bytes()
    }

    /// Sends a request on a fresh connection and reads the whole answer.
    pub(crate) async fn send(&self, body: &Value) -> Answer {
        let mut client = self.connect().await;
        client.send(self.request(body)).await;
        within("an answer", client.answer()).await.expect("a head came")
    }

    pub(crate) async fn ask(&self, model: &str, stream: bool) -> Answer {
        self.send(&ask(model, stream)).await
    }

    /// Posts any bytes with the right token.
    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Answer {
        let mut client = self.connect().await;
        client.send(head("POST", path, Some(&self.token), body.len())).await;
        client.send(body).await;
        within("an answer", client.answer()).await.expect("a head came")
    }

    /// The simulator's models.
    pub(crate) async fn sim_catalogue(&self) -> Arc<Catalogue> {
        let upstream = Upstream::new(&self.sim.base_url()).expect("an upstream");
        Arc::new(Catalogue::new(within("the models", upstream.models()).await.expect("models")))
    }

    /// Sends a request without a body and reads the whole answer.
    pub(crate) async fn call(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        let mut client = self.connect().await;
        client.send(head(method, path, token, 0)).await;
        let mut answer = within("a head", client.head()).await.expect("a head came");
        if method != "HEAD" {
            within("a body", client.body(&mut answer)).await.expect("the body came");
        }
        answer
    }

    /// All rows, oldest first.
    pub(crate) fn rows(&self) -> Vec<RequestRow> {
        self.ledger.flush(PATIENCE).expect("the disk is fast enough");
        let mut rows: Vec<RequestRow> = Vec::new();
        loop {
            let page = Page { before: rows.last().map(|row| row.id), limit: 1000 };
            let more = self.ledger.reader().recent(page).expect("a readable ledger");
            if more.is_empty() {
                rows.reverse();
                return rows;
            }
            rows.extend(more);
        }
    }

    /// The only row.
    pub(crate) fn row(&self) -> RequestRow {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows.remove(0)
    }

    /// The next row that is settled.
    pub(crate) async fn settled(&mut self) -> RequestRow {
        self.settled.next().await
    }

    /// The journal's entries of inference requests.
    pub(crate) fn upstream_requests(&self) -> Vec<Entry> {
        self.sim.journal().into_iter().filter(|entry| entry.method == "POST").collect()
    }
}

/// A zone in which it is about noon: no day, week or month of it ends while a test runs.
pub(crate) fn at_noon() -> General {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that goes");
    // The names of these zones count westwards.
    let zone = match now.as_secs() / 3_600 % 24 {
        12 => "UTC".to_owned(),
        hour @ 13.. => format!("Etc/GMT+{}", hour - 12),
        hour => format!("Etc/GMT-{}", 12 - hour),
    };
    General { timezone: Timezone::Named(zone), ..General::default() }
}

/// Runs a test that counts by days of UTC, and once more where it failed and another day has begun meanwhile.
pub(crate) async fn in_one_day<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let day = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that goes").as_secs() / 86_400;
    let begun = day();
    match tokio::spawn(test()).await {
        Ok(()) => {}
        Err(_) if day() != begun => test().await,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// The attempts of a row: target and outcome.
pub(crate) fn attempts(row: &RequestRow) -> Vec<(String, String)> {
    let json = row.attempts.as_ref().expect("attempts").as_str();
    let attempts: Vec<Value> = serde_json::from_str(json).expect("JSON");
    let word = |attempt: &Value, name: &str| attempt[name].as_str().expect("a word").to_owned();
    attempts.iter().map(|attempt| (word(attempt, "target"), word(attempt, "outcome"))).collect()
}
