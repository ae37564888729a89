//! What the data plane is made of, and the handle by which the service steers it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;
use turnpike_ledger::{CountedPrompt, Ledger};
use turnpike_routing::{Catalogue, Class, FreeStanding, Out, Patience, Plan, Query, Routes, Showings};
use turnpike_settings::{Config, LocalToken};
use turnpike_translate::count::Family;
use turnpike_translate::stream::Repairs;
use turnpike_upstream::Upstream;

use crate::budget::BudgetGate;
use crate::capture::Captures;
use crate::clients::Clients;
use crate::convert::{self, Attached};
use crate::counting::Counting;
use crate::held::Held;
use crate::ids::Ids;
use crate::key::{Key, KeyStanding};
use crate::limits::{Limits, TargetChange};
use crate::live::{Live, LiveRequest, Wish};
use crate::project::Projects;
use crate::timing::Timing;

/// What the data plane is built from.
#[derive(Debug)]
pub struct Parts {
    /// Where requests go.
    pub upstream: Upstream,
    /// Where they are written down.
    pub ledger: Ledger,
    /// Maps, rules and the rest of `config.toml`.
    pub config: Arc<Config>,
    /// What clients show to be let in.
    pub token: LocalToken,
    /// The OpenRouter key.
    pub key: KeyStanding,
    /// Whether requests are answered with "stopped".
    pub paused: bool,
    /// Bytes of memory that this program may take, where the system says so.
    pub memory: Option<u64>,
}

/// The data plane's handle. Clones steer the same one.
#[derive(Clone, Debug)]
pub struct Proxy(pub(crate) Arc<Shared>);

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) upstream: Upstream,
    pub(crate) ledger: Ledger,
    pub(crate) routing: ArcSwap<Routing>,
    pub(crate) catalogue: ArcSwap<Catalogue>,
    pub(crate) showings: ArcSwap<Showings>,
    pub(crate) token: ArcSwap<LocalToken>,
    pub(crate) clients: ArcSwap<Clients>,
    pub(crate) key: Key,
    pub(crate) paused: AtomicBool,
    pub(crate) live: Live,
    pub(crate) ids: Ids,
    pub(crate) projects: Projects,
    pub(crate) counting: Arc<Counting>,
    pub(crate) limits: Limits,
    pub(crate) timing: Timing,
    pub(crate) budget: Arc<BudgetGate>,
    pub(crate) captures: Arc<Captures>,
    pub(crate) held: Held,
}

/// The routes, and what the configuration attaches to each of them.
#[derive(Debug)]
pub(crate) struct Routing {
    pub(crate) routes: Routes,
    pub(crate) attached: Vec<Attached>,
    /// How long a request may wait for its targets.
    pub(crate) patience: Patience,
    /// What is mended in answers.
    pub(crate) repairs: Repairs,
}

// === impl Proxy ===

impl Proxy {
    /// The data plane, ready to [`serve`](Self::serve).
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self::with_timing(parts, Timing::default())
    }

    /// The data plane with waits of its own.
    #[must_use]
    pub fn with_timing(parts: Parts, timing: Timing) -> Self {
        Self(Arc::new(Shared {
            ids: Ids::new(parts.ledger.opened_at()),
            upstream: parts.upstream,
            ledger: parts.ledger,
            routing: ArcSwap::from_pointee(convert::routing(&parts.config)),
            catalogue: ArcSwap::default(),
            showings: ArcSwap::default(),
            token: ArcSwap::from_pointee(parts.token),
            clients: ArcSwap::from_pointee(Clients::of(&parts.config, &Clients::default())),
            key: Key::new(parts.key),
            paused: AtomicBool::new(parts.paused),
            live: Live::default(),
            projects: Projects::default(),
            counting: Arc::default(),
            limits: Limits::new(timing.free_window),
            timing,
            budget: Arc::new(BudgetGate::new(&parts.config)),
            captures: Arc::default(),
            held: Held::new(parts.memory, parts.config.proxy.max_held_mib),
        }))
    }

    /// Takes a new configuration; requests under way keep the old one, but those of a client whose token is gone end.
    pub fn set_config(&self, config: &Config) {
        let before = self.0.clients.load_full();
        let clients = Arc::new(Clients::of(config, &before));
        self.0.clients.store(Arc::clone(&clients));
        for name in clients.gone_since(&before) {
            self.0.live.end_client(name, Wish::Revoke);
        }
        self.0.routing.store(Arc::new(convert::routing(config)));
        self.0.budget.set_config(config);
        self.0.held.set(config.proxy.max_held_mib);
    }

    /// Takes a new local token; the old one lets nobody in from here on.
    pub fn set_token(&self, token: LocalToken) {
        self.0.token.store(Arc::new(token));
    }

    /// Takes a new key, or the reason why there is none. The next request uses it.
    pub fn set_key(&self, key: KeyStanding) {
        self.0.key.set(key);
    }

    /// Takes a new list of models.
    pub fn set_catalogue(&self, catalogue: Arc<Catalogue>) {
        self.0.catalogue.store(catalogue);
    }

    /// Takes what models showed when they were probed.
    pub fn set_showings(&self, showings: Showings) {
        self.0.showings.store(Arc::new(showings));
    }

    /// Answers every further request with "stopped"; streams under way finish.
    pub fn pause(&self) {
        self.0.paused.store(true, Ordering::Release);
    }

    /// Takes requests again.
    pub fn resume(&self) {
        self.0.paused.store(false, Ordering::Release);
    }

    /// Whether requests are answered with "stopped".
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Ordering::Acquire)
    }

    /// The budgets.
    #[must_use]
    pub fn budget(&self) -> &Arc<BudgetGate> {
        &self.0.budget
    }

    /// Requests under way, oldest first.
    #[must_use]
    pub fn live(&self) -> Vec<LiveRequest> {
        self.0.live.list()
    }

    /// Cancels a request by its ledger id. `false` when it is not under way.
    #[must_use]
    pub fn cancel(&self, id: i64) -> bool {
        self.0.live.cancel(id)
    }

    /// Where a plain request for this name and of this class goes, and why; `None` where no model goes by the name.
    #[must_use]
    pub fn plan(&self, model: &str, class: Class) -> Option<Plan> {
        let query = Query::plain(model, class);
        self.0.routing.load().routes.plan(&query, &self.0.catalogue.load()).ok()
    }

    /// Targets that are left out now, by slug.
    #[must_use]
    pub fn left_out(&self) -> Vec<Out> {
        self.0.limits.left_out()
    }

    /// Targets that are left out or come back, from now on. A listener that is slow misses some.
    #[must_use]
    pub fn target_changes(&self) -> broadcast::Receiver<TargetChange> {
        self.0.limits.changes()
    }

    /// How the free tier stands.
    #[must_use]
    pub fn free_tier(&self) -> FreeStanding {
        self.0.limits.free_tier()
    }

    /// Takes what the account says about its free requests: whether it is of the free tier, which has few.
    pub fn set_free_tier(&self, is_free_tier: bool) {
        self.0.limits.set_free_tier(is_free_tier);
    }

    /// Takes how many free requests went today (UTC) before this process began.
    pub fn seed_free(&self, count: u32) {
        self.0.limits.seed_free(count);
    }

    /// Takes what an earlier run of this program counted and what the upstream did, a prompt each, oldest first.
    pub fn seed_counts(&self, prompts: impl IntoIterator<Item = CountedPrompt>) {
        for CountedPrompt { model, estimated, counted } in prompts {
            let [estimated, counted] = [estimated, counted].map(|tokens| u64::try_from(tokens).unwrap_or(0));
            self.0.counting.observe(Family::of(&model), estimated, counted);
        }
    }
}
