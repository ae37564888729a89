//! What the simulator charged, exactly, and what it can tell about a generation afterwards.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Value, json};
use turnpike_wire::money::NanoUsd;

use crate::journal::Outcome;
use crate::meter::Meter;

/// Generations that can be looked up; the sum of the bill goes on beyond them.
const MOST_GENERATIONS: usize = 100_000;

/// The sum of everything charged, and its items.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Bill {
    /// The exact sum over all charged requests, also those whose item is gone.
    pub total: NanoUsd,
    /// Requests that were charged.
    pub charged_requests: u64,
    /// The items, oldest first; the oldest are dropped beyond 100,000.
    pub items: Vec<BillItem>,
}

/// One charged (or free) generation.
#[derive(Clone, Debug, Serialize)]
pub struct BillItem {
    /// The generation id.
    pub generation: String,
    /// The model that served it.
    pub model: String,
    /// What was charged, rounded half to even from the cost's text.
    pub charged: NanoUsd,
    /// The cost as decimal text, unrounded.
    pub cost: String,
    /// How the request ended.
    pub outcome: Outcome,
}

/// The running account.
#[derive(Debug, Default)]
pub(crate) struct Account {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    total: NanoUsd,
    charged_requests: u64,
    order: VecDeque<String>,
    generations: HashMap<String, Generation>,
}

/// One generation, as it was settled.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) provider: String,
    pub(crate) session: Option<String>,
    pub(crate) created: u64,
    pub(crate) milliseconds: u64,
    pub(crate) streamed: bool,
    pub(crate) meter: Meter,
    pub(crate) outcome: Outcome,
    /// Lookups that still answer 503.
    pub(crate) out_for: u32,
    /// Lookups that answer 404 then.
    pub(crate) unknown_for: u32,
}

/// What `GET /generation` answers.
pub(crate) enum LookUp {
    /// It cannot tell now.
    Out,
    /// It does not know of it, or not yet.
    Unknown,
    /// The row as JSON text.
    Row(String),
}

// === impl Account ===

impl Account {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Charges a generation; returns what it cost.
    pub(crate) fn settle(&self, generation: Generation) -> NanoUsd {
        let charged = generation.meter.charge();
        let mut inner = self.lock();
        inner.total += charged;
        inner.charged_requests += u64::from(charged != NanoUsd::ZERO);
        inner.order.push_back(generation.id.clone());
        inner.generations.insert(generation.id.clone(), generation);
        if inner.order.len() > MOST_GENERATIONS
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.generations.remove(&oldest);
        }
        charged
    }

    /// The answer of `GET /generation`.
    pub(crate) fn look_up(&self, id: &str) -> LookUp {
        let mut inner = self.lock();
        let Some(generation) = inner.generations.get_mut(id) else { return LookUp::Unknown };
        if generation.out_for > 0 {
            generation.out_for -= 1;
            return LookUp::Out;
        }
        if generation.unknown_for > 0 {
            generation.unknown_for -= 1;
            return LookUp::Unknown;
        }
        LookUp::Row(generation.row())
    }

    pub(crate) fn total(&self) -> NanoUsd {
        self.lock().total
    }

    pub(crate) fn bill(&self) -> Bill {
        let inner = self.lock();
        let items =
            inner.order.iter().filter_map(|id| inner.generations.get(id)).map(|generation| BillItem {
                generation: generation.id.clone(),
                model: generation.model.clone(),
                charged: generation.meter.charge(),
                cost: generation.meter.cost(),
                outcome: generation.outcome,
            });
        Bill { total: inner.total, charged_requests: inner.charged_requests, items: items.collect() }
    }

    pub(crate) fn reset(&self) {
        *self.lock() = Inner::default();
    }
}

// === impl Generation ===

impl Generation {
    /// The row as JSON text: the cost goes in as its own text, since a float would not carry all its places.
    fn row(&self) -> String {
        let (counts, cost) = (self.meter.counts, self.meter.cost());
        let cancelled = self.outcome == Outcome::Aborted;
        let finish = if cancelled { Value::Null } else { json!("stop") };
        let rest = json!({
            "id": self.id, "request_id": null, "model": self.model, "provider_name": self.provider,
            "api_type": "completions", "created_at": self.created, "streamed": self.streamed,
            "cancelled": cancelled, "is_byok": false, "session_id": self.session, "service_tier": null,
            "router": null, "cache_discount": null, "generation_time": self.milliseconds,
            "latency": self.milliseconds, "moderation_latency": null,
            "tokens_prompt": counts.prompt, "tokens_completion": counts.completion,
            "native_tokens_prompt": counts.prompt, "native_tokens_completion": counts.completion,
            "native_tokens_reasoning": counts.reasoning, "native_tokens_cached": counts.cached,
            "num_search_results": counts.searches, "provider_responses": null,
            "finish_reason": finish, "native_finish_reason": finish,
        })
        .to_string();
        let rest = rest.trim_start_matches('{');
        format!(r#"{{"data":{{"total_cost":{cost},"usage":{cost},"upstream_inference_cost":{cost},{rest}}}"#)
    }
}
