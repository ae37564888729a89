//! One request as the ledger knows it, and how what is handed in becomes part of it.
//!
//! Bounds are kept here, so that no row can break the table's constraints or the sums: texts are cut,
//! numbers that no request can have are taken for unknown.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use turnpike_wire::money::NanoUsd;

use crate::attempt::{self, Attempt};
use crate::entry::{Cost, CostFound, MOST_MONEY, NewRequest, Progress, Settlement, Usage};
use crate::json_text::JsonText;
use crate::vocabulary::{Mode, Status};

/// Characters of a name, an id or a slug.
const NAME_CHARS: usize = 512;
/// Characters of a path.
const PATH_CHARS: usize = 4_096;
/// Characters of an error's message.
const MESSAGE_CHARS: usize = 500;
/// More tokens than any request can have; with it a sum of nine million such rows still fits.
const MOST_TOKENS: i64 = 1_000_000_000_000;

/// Number of a row. Later requests have larger numbers, whatever the wall clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RowId(i64);

/// Number of one opening of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstanceId(pub i64);

/// One request, settled or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// Number of the row.
    pub id: RowId,
    /// Which opening of the ledger accepted it.
    pub instance: InstanceId,
    /// Wall-clock time of acceptance, Unix nanoseconds.
    pub started_at: i64,
    /// From acceptance to the first content, nanoseconds.
    pub first_token_ns: Option<i64>,
    /// From acceptance to the end, nanoseconds.
    pub duration_ns: Option<i64>,
    /// Where the row stands.
    pub status: Status,
    /// Class of the request, in routing's words.
    pub class: Option<String>,
    /// Type of the agent that asked.
    pub agent_type: Option<String>,
    /// Id of that agent.
    pub agent_id: Option<String>,
    /// The client's session id.
    pub session: Option<String>,
    /// Folder to which the cost belongs.
    pub project: Option<String>,
    /// Root of the git work tree around it.
    pub git_root: Option<String>,
    /// Git branch that was checked out.
    pub branch: Option<String>,
    /// Name of the client's token.
    pub client: Option<String>,
    /// The model's name as the client wrote it.
    pub requested_model: String,
    /// Slug of the model that answered.
    pub served_model: Option<String>,
    /// Slug the request was sent to last.
    pub target: Option<String>,
    /// The provider behind the upstream.
    pub provider: Option<String>,
    /// How the request was handed on.
    pub mode: Option<Mode>,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Why the request went where it went.
    pub decision: Option<JsonText>,
    /// Retries and fallbacks, each with its cost.
    pub attempts: Option<JsonText>,
    /// Tokens, all attempts together.
    #[serde(flatten)]
    pub usage: Usage,
    /// Money, all attempts together.
    #[serde(flatten)]
    pub cost: Cost,
    /// The upstream's id of the answer.
    pub generation_id: Option<String>,
    /// Status the client got.
    pub http_status: Option<u16>,
    /// Error type the client got.
    pub error_type: Option<String>,
    /// The error's words, at most 500 characters.
    pub error_message: Option<String>,
    /// Stop reason the client got.
    pub stop_reason: Option<String>,
    /// Parameters that were not passed on.
    pub dropped: Option<JsonText>,
    /// What was mended in the answer.
    pub repairs: Option<JsonText>,
    /// Bytes of the client's body.
    pub request_bytes: i64,
    /// Bytes of the answer's body.
    pub response_bytes: i64,
    /// What our own count said of the prompt before it was sent; `None` where it was not counted.
    pub estimated_tokens: Option<i64>,
}

// === impl RowId ===

impl RowId {
    /// Stands for a request that found the queue full: it has no row and was counted as lost.
    pub const LOST: Self = Self(0);

    /// The row with that number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number; 0 for [`Self::LOST`].
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql for RowId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for RowId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

// === impl RequestRow ===

impl RequestRow {
    /// The row of a request that was just accepted.
    pub(crate) fn accepted(id: RowId, instance: InstanceId, new: NewRequest) -> Self {
        Self {
            id,
            instance,
            // Before 1970 there are no quarters of an hour to count, and a time without end is asked for up
            // to the last nanosecond: a clock that wrong reads the nearest there is.
            started_at: new.started_at.clamp(0, i64::MAX - 1),
            first_token_ns: None,
            duration_ns: None,
            status: Status::Open,
            class: cut(new.class, NAME_CHARS),
            agent_type: cut(new.agent_type, NAME_CHARS),
            agent_id: cut(new.agent_id, NAME_CHARS),
            session: cut(new.session, NAME_CHARS),
            project: cut(new.project, PATH_CHARS),
            git_root: cut(new.git_root, PATH_CHARS),
            branch: cut(new.branch, NAME_CHARS),
            client: cut(new.client, NAME_CHARS),
            requested_model: cut(Some(new.requested_model), NAME_CHARS).unwrap_or_default(),
            served_model: None,
            target: cut(new.target, NAME_CHARS),
            provider: None,
            mode: new.mode,
            stream: new.stream,
            decision: new.decision,
            attempts: None,
            usage: Usage::default(),
            cost: Cost::NONE,
            generation_id: None,
            http_status: None,
            error_type: None,
            error_message: None,
            stop_reason: None,
            dropped: None,
            repairs: None,
            request_bytes: count(new.request_bytes),
            response_bytes: 0,
            estimated_tokens: new.estimated_tokens.map(plausible_tokens),
        }
    }

    /// Takes in what became known.
    pub(crate) fn learn(&mut self, progress: Progress) {
        replace(&mut self.generation_id, cut(progress.generation_id, NAME_CHARS));
        replace(&mut self.served_model, cut(progress.served_model, NAME_CHARS));
        replace(&mut self.provider, cut(progress.provider, NAME_CHARS));
        replace(&mut self.target, cut(progress.target, NAME_CHARS));
        replace(&mut self.mode, progress.mode);
        replace(&mut self.decision, progress.decision);
        replace(&mut self.estimated_tokens, progress.estimated_tokens.map(plausible_tokens));
        replace(&mut self.first_token_ns, progress.first_token.map(nanos));
        if let Some(spent) = progress.spent {
            self.attempts = Attempt::list(&spent.attempts);
            self.usage = plausible_usage(spent.usage);
            let told = Cost { amount: spent.cost, byok: spent.byok, source: self.cost.source };
            self.cost = Cost { source: self.cost.source, ..told.plausible() };
        }
    }

    /// Takes in the end.
    pub(crate) fn settle(&mut self, end: Settlement) {
        self.learn(end.progress);
        self.status = end.outcome.into();
        self.duration_ns = Some(nanos(end.duration));
        self.usage = plausible_usage(end.usage);
        self.cost = end.cost.plausible();
        self.attempts = Attempt::list(&end.attempts);
        self.http_status = end.http_status;
        self.error_type = cut(end.error_type, NAME_CHARS);
        self.error_message = cut(end.error_message, MESSAGE_CHARS);
        self.stop_reason = cut(end.stop_reason, NAME_CHARS);
        self.dropped = end.dropped;
        self.repairs = end.repairs;
        self.response_bytes = count(end.response_bytes);
    }
}

impl RequestRow {
    /// Generations of it whose cost can be asked for: of the last try, and of those that a fallback has replaced.
    pub fn unsettled_generations(&self) -> impl Iterator<Item = String> {
        let attempts = Attempt::read(self.attempts.as_ref());
        let parts = attempt::unsettled(&attempts, self.generation_id.as_deref(), self.cost.amount);
        parts.into_iter().map(|part| part.generation_id)
    }

    /// After a part of it has changed.
    pub(crate) fn keep_bounds(&mut self) {
        let within = |money: NanoUsd| money.clamp(NanoUsd::ZERO, MOST_MONEY);
        self.usage = plausible_usage(self.usage);
        self.cost = Cost { amount: within(self.cost.amount), byok: within(self.cost.byok), ..self.cost };
    }
}

impl CostFound {
    /// The same within the bounds of a row.
    pub(crate) fn bounded(self) -> Self {
        Self {
            generation_id: self.generation_id,
            cost: self.cost.plausible(),
            usage: self.usage.map(plausible_usage),
            served_model: cut(self.served_model, NAME_CHARS),
            provider: cut(self.provider, NAME_CHARS),
        }
    }
}

/// Unix nanoseconds of a wall-clock time; 0 before 1970.
#[must_use]
pub fn unix_nanos(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, nanos)
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn count(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn replace<T>(known: &mut Option<T>, told: Option<T>) {
    if told.is_some() {
        *known = told;
    }
}

/// The first `chars` characters; an empty text is none.
fn cut(text: Option<String>, chars: usize) -> Option<String> {
    let mut text = text.filter(|text| !text.is_empty())?;
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
    }
    Some(text)
}

fn plausible_tokens(tokens: i64) -> i64 {
    tokens.clamp(0, MOST_TOKENS)
}

fn plausible_usage(told: Usage) -> Usage {
    let plausible = plausible_tokens;
    Usage {
        input_tokens: plausible(told.input_tokens),
        output_tokens: plausible(told.output_tokens),
        cache_read_tokens: plausible(told.cache_read_tokens),
        cache_write_tokens: plausible(told.cache_write_tokens),
        reasoning_tokens: plausible(told.reasoning_tokens),
        web_searches: plausible(told.web_searches),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{CostSource, Outcome};

    fn row() -> RequestRow {
        let new = NewRequest { started_at: -5, requested_model: "opus".to_owned(), ..NewRequest::default() };
        RequestRow::accepted(RowId(1), InstanceId(1), new)
    }

    #[test]
    fn progress_replaces_only_what_it_tells() {
        let mut row = row();
        row.learn(Progress { provider: Some("A".to_owned()), ..Progress::default() });
        row.learn(Progress { served_model: Some("a/b".to_owned()), ..Progress::default() });
        row.learn(Progress { provider: Some("B".to_owned()), ..Progress::default() });
        assert_eq!((row.provider.as_deref(), row.served_model.as_deref()), (Some("B"), Some("a/b")));
    }

    #[test]
    fn impossible_money_is_flagged_and_never_kept() {
        let rows = [
            ("negative", -1, 0, true),
            ("more than a million dollars", MOST_MONEY.nanos() + 1, 0, true),
            ("own key negative", 5, -1, true),
            ("nothing", 0, 0, false),
            ("the most there can be", MOST_MONEY.nanos(), MOST_MONEY.nanos(), false),
        ];
        for (name, amount, byok, flagged) in rows {
            let mut row = row();
            let cost = Cost { amount: NanoUsd(amount), byok: NanoUsd(byok), source: CostSource::Upstream };
            row.settle(Settlement { cost, ..Settlement::new(Outcome::Ok, Duration::ZERO) });
            let kept = if flagged { Cost::of(NanoUsd::ZERO, CostSource::Estimate) } else { cost };
            assert_eq!(row.cost, kept, "{name}");
        }
    }

    #[test]
    fn texts_and_counts_keep_their_bounds() {
        let mut row = row();
        assert_eq!(row.started_at, 0);
        let usage = Usage { input_tokens: -3, output_tokens: i64::MAX, ..Usage::default() };
        let error_message = Some("ü".repeat(501));
        row.settle(Settlement { usage, error_message, ..Settlement::new(Outcome::Error, Duration::MAX) });
        assert_eq!((row.usage.input_tokens, row.usage.output_tokens), (0, MOST_TOKENS));
        assert_eq!(row.error_message.map(|text| text.chars().count()), Some(500));
        assert_eq!(row.duration_ns, Some(i64::MAX));
    }
}
