//! What a caller hands in: a request at acceptance, what becomes known on the way, and its settlement.
//!
//! Durations are monotonic and counted from acceptance; only [`NewRequest::started_at`] is wall-clock time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use turnpike_wire::money::NanoUsd;

use crate::attempt::{Attempt, Spent};
use crate::json_text::JsonText;
use crate::vocabulary::{CostSource, Mode, Outcome};

/// One million dollars: more than any request can cost.
pub(crate) const MOST_MONEY: NanoUsd = NanoUsd(1_000_000_000_000_000);

/// What is known of a request when it is accepted.
#[derive(Clone, Debug, Default)]
pub struct NewRequest {
    /// Wall-clock time of acceptance, Unix nanoseconds.
    pub started_at: i64,
    /// Class of the request, in routing's words (`main`, `subagent`, `auxiliary` …).
    pub class: Option<String>,
    /// Type of the agent that asks, such as `general-purpose`.
    pub agent_type: Option<String>,
    /// Id of that agent within its session.
    pub agent_id: Option<String>,
    /// The client's session id.
    pub session: Option<String>,
    /// Folder to which the cost belongs.
    pub project: Option<String>,
    /// Root of the git work tree around the folder.
    pub git_root: Option<String>,
    /// Git branch that is checked out there.
    pub branch: Option<String>,
    /// Name of the client's token, never the token.
    pub client: Option<String>,
    /// The model's name as the client wrote it.
    pub requested_model: String,
    /// Slug the plan names first.
    pub target: Option<String>,
    /// How the request is to be handed on.
    pub mode: Option<Mode>,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Why the request goes where it goes.
    pub decision: Option<JsonText>,
    /// Bytes of the client's body.
    pub request_bytes: u64,
    /// What our own count says of the prompt, where it was counted.
    pub estimated_tokens: Option<i64>,
}

/// What becomes known on the way. `None` leaves what was known before.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The upstream's id of the answer, by which a lost cost can be asked for.
    pub generation_id: Option<String>,
    /// Slug of the model that answers.
    pub served_model: Option<String>,
    /// The provider behind the upstream.
    pub provider: Option<String>,
    /// Slug that is being tried, after a fallback.
    pub target: Option<String>,
    /// How the request was handed on, after a fallback.
    pub mode: Option<Mode>,
    /// The decision, when it became known after acceptance.
    pub decision: Option<JsonText>,
    /// From acceptance to the first content.
    pub first_token: Option<Duration>,
    /// What tries that have failed leave, so that it is not lost with this process.
    pub spent: Option<Spent>,
    /// What our own count says of the prompt for the target that is being tried.
    pub estimated_tokens: Option<i64>,
}

/// Tokens of one request. The first three inputs add up to the upstream's prompt tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Input tokens that no cache had to do with.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Input tokens read from the prompt cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: i64,
    /// Web searches the upstream made.
    pub web_searches: i64,
}

/// Money of one request, all its attempts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// What the upstream bills.
    #[serde(rename = "cost_nanos")]
    pub amount: NanoUsd,
    /// What the provider bills to a key of the user's own, apart from `amount`.
    #[serde(rename = "byok_cost_nanos")]
    pub byok: NanoUsd,
    /// Where `amount` comes from.
    #[serde(rename = "cost_source")]
    pub source: CostSource,
}

/// The end of a request.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// How it ended.
    pub outcome: Outcome,
    /// From acceptance to the end.
    pub duration: Duration,
    /// What became known and was not told by [`crate::Ledger::progress`].
    pub progress: Progress,
    /// Tokens, all attempts together.
    pub usage: Usage,
    /// Money, all attempts together.
    pub cost: Cost,
    /// Retries and fallbacks, each with its cost.
    pub attempts: Vec<Attempt>,
    /// Status the client got.
    pub http_status: Option<u16>,
    /// Error type the client got, such as `overloaded_error`.
    pub error_type: Option<String>,
    /// The upstream's words or our own, never prompt text; 500 characters are kept.
    pub error_message: Option<String>,
    /// Stop reason the client got.
    pub stop_reason: Option<String>,
    /// Parameters that were not passed on.
    pub dropped: Option<JsonText>,
    /// What was mended in the answer.
    pub repairs: Option<JsonText>,
    /// Bytes of the answer's body.
    pub response_bytes: u64,
}

/// A cost that came later, for a row that is settled with an estimate or was interrupted.
#[derive(Clone, Debug)]
pub struct CostFound {
    /// Which generation of the row it is the cost of; `None` for the one that the row names.
    pub generation_id: Option<String>,
    /// The cost, with its source: looked up, or a better estimate.
    pub cost: Cost,
    /// Tokens, when the look-up told them.
    pub usage: Option<Usage>,
    /// Slug of the model that had answered, when told.
    pub served_model: Option<String>,
    /// The provider, when told.
    pub provider: Option<String>,
}

// === impl Usage ===

impl Usage {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cache_read_tokens: self.cache_read_tokens.saturating_add(other.cache_read_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
            web_searches: self.web_searches.saturating_add(other.web_searches),
        }
    }

    /// Without a part of it.
    #[must_use]
    pub const fn less(self, part: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(part.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(part.output_tokens),
            cache_read_tokens: self.cache_read_tokens.saturating_sub(part.cache_read_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_sub(part.cache_write_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_sub(part.reasoning_tokens),
            web_searches: self.web_searches.saturating_sub(part.web_searches),
        }
    }
}

// === impl Cost ===

impl Cost {
    /// Nothing was billed.
    pub const NONE: Self = Self::of(NanoUsd::ZERO, CostSource::None);

    /// An amount and where it comes from, with no key of the user's own involved.
    #[must_use]
    pub const fn of(amount: NanoUsd, source: CostSource) -> Self {
        Self { amount, byok: NanoUsd::ZERO, source }
    }

    /// An amount that cannot be is no amount: then it is an estimate of nothing, to be looked up. Whoever counts what a
    /// row costs counts this, or would not agree with the row.
    #[must_use]
    pub fn plausible(self) -> Self {
        let possible = NanoUsd::ZERO..=MOST_MONEY;
        if possible.contains(&self.amount) && possible.contains(&self.byok) {
            return self;
        }
        let (nanos, byok_nanos) = (self.amount.nanos(), self.byok.nanos());
        tracing::warn!(nanos, byok_nanos, "impossible cost set aside");
        Self::of(NanoUsd::ZERO, CostSource::Estimate)
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::NONE
    }
}

// === impl Settlement ===

impl Settlement {
    /// An end about which nothing else is known yet.
    #[must_use]
    pub fn new(outcome: Outcome, duration: Duration) -> Self {
        Self {
            outcome,
            duration,
            progress: Progress::default(),
            usage: Usage::default(),
            cost: Cost::NONE,
            attempts: Vec::new(),
            http_status: None,
            error_type: None,
            error_message: None,
            stop_reason: None,
            dropped: None,
            repairs: None,
            response_bytes: 0,
        }
    }
}

// === impl CostFound ===

impl CostFound {
    /// An amount that was looked up, and nothing besides.
    #[must_use]
    pub const fn looked_up(amount: NanoUsd) -> Self {
        let cost = Cost::of(amount, CostSource::LookedUp);
        Self { generation_id: None, cost, usage: None, served_model: None, provider: None }
    }
}
