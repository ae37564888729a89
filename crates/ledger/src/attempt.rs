//! The tries of a request: what each one met, and what it cost.
//!
//! A row keeps them as JSON beside its own cost, which is the sum of theirs. Each generation that was begun may have been
//! billed, also one that a fallback has replaced: it is asked for by its id, and its part of the row is put right.

use serde::{Deserialize, Serialize};
use turnpike_wire::money::NanoUsd;

use crate::entry::{Cost, CostFound, Usage};
use crate::json_text::JsonText;
use crate::row::RequestRow;
use crate::vocabulary::{CostSource, Status};

/// One try of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempt {
    /// Slug that was asked.
    pub target: String,
    /// `ok`, or the cause of the failure.
    pub outcome: String,
    /// Status that the upstream answered with, or that stands for the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Milliseconds since acceptance.
    pub at_ms: u64,
    /// Milliseconds that were waited before it, on purpose.
    #[serde(skip_serializing_if = "is_zero")]
    pub waited_ms: u64,
    /// Why it was passed over, or the failure in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// By which a cost that nobody told can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<String>,
    /// Its part of the row's cost.
    #[serde(skip_serializing_if = "is_free")]
    pub cost_nanos: NanoUsd,
    /// Where that comes from; `None` where nothing was billed for sure, and in rows of before it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_source: Option<CostSource>,
    /// What of the row's tokens is an estimate for this try, until its cost is found; `None` where the upstream has
    /// counted them, more exactly than it tells them later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated: Option<Usage>,
}

/// What tries that have ended leave to the row of a request that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// All tries so far.
    pub attempts: Vec<Attempt>,
    /// Their tokens.
    pub usage: Usage,
    /// Their cost.
    pub cost: NanoUsd,
    /// What providers bill for them to a key of the user's own.
    pub byok: NanoUsd,
}

/// A generation of a row whose cost can still be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) generation_id: String,
    /// What the row takes it to cost until then.
    pub(crate) estimate: NanoUsd,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
fn is_free(cost: &NanoUsd) -> bool {
    *cost == NanoUsd::ZERO
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
const fn is_zero(millis: &u64) -> bool {
    *millis == 0
}

// === impl Attempt ===

impl Attempt {
    /// As a row keeps them; `None` for none. Where they are too long for that, the sentences go.
    #[must_use]
    pub fn list(attempts: &[Self]) -> Option<JsonText> {
        if attempts.is_empty() {
            return None;
        }
        let whole = JsonText::of(attempts).ok()?;
        if whole.as_str().starts_with('[') {
            return Some(whole);
        }
        let bare: Vec<Self> = attempts.iter().map(|attempt| Self { why: None, ..attempt.clone() }).collect();
        JsonText::of(&bare).ok()
    }

    /// What a row keeps; none where it cannot be read.
    #[must_use]
    pub fn read(kept: Option<&JsonText>) -> Vec<Self> {
        kept.and_then(|text| serde_json::from_str(text.as_str()).ok()).unwrap_or_default()
    }

    /// Whether its cost is told, also when that is nothing.
    fn is_told(&self) -> bool {
        match self.cost_source {
            Some(source) => source != CostSource::Estimate,
            None => self.cost_nanos != NanoUsd::ZERO,
        }
    }

    fn is_of(&self, generation_id: &str) -> bool {
        self.generation_id.as_deref() == Some(generation_id)
    }
}

/// The generations of a settled row whose cost can be asked for: `of_row` is the one that the row itself names.
pub(crate) fn unsettled(attempts: &[Attempt], of_row: Option<&str>, cost: NanoUsd) -> Vec<Part> {
    let mut parts: Vec<Part> = attempts
        .iter()
        .filter(|attempt| attempt.cost_source == Some(CostSource::Estimate))
        .filter_map(|attempt| {
            let generation_id = attempt.generation_id.clone()?;
            Some(Part { generation_id, estimate: attempt.cost_nanos })
        })
        .collect();
    // A row that a dead process left open names a generation that is none of the tries yet.
    if let Some(id) = of_row
        && !attempts.iter().any(|attempt| attempt.is_of(id) && attempt.is_told())
        && !parts.iter().any(|part| part.generation_id == id)
    {
        let others: NanoUsd = attempts.iter().map(|attempt| attempt.cost_nanos).sum();
        parts.push(Part { generation_id: id.to_owned(), estimate: cost - others });
    }
    parts
}

/// Puts what was found into its part of the row. `false` when that part's cost is known already, or is none of the row's.
pub(crate) fn amend(row: &mut RequestRow, found: &CostFound) -> bool {
    let is_settled = row.status != Status::Open;
    if !is_settled || !matches!(row.cost.source, CostSource::Estimate | CostSource::None) {
        return false;
    }
    let own = row.generation_id.clone();
    let asked = found.generation_id.clone().or_else(|| own.clone());
    let mut attempts = Attempt::read(row.attempts.as_ref());
    let is_asked = |part: &Part| Some(&part.generation_id) == asked.as_ref();
    if asked.is_some() && !unsettled(&attempts, own.as_deref(), row.cost.amount).iter().any(is_asked) {
        return false;
    }
    let is_estimated = |attempt: &Attempt| attempt.cost_source.is_some() && attempt.generation_id == asked;
    match attempts.iter_mut().find(|attempt| is_estimated(attempt)) {
        Some(attempt) => {
            put_into(row, attempt, found);
            row.attempts = Attempt::list(&attempts);
        }
        None => put_beside(row, &attempts, found),
    }
    row.keep_bounds();
    if asked == own {
        replace(&mut row.served_model, found.served_model.as_ref());
        replace(&mut row.provider, found.provider.as_ref());
    }
    // Of a try that a dead process had under way after these, no generation is known.
    let is_unnamed =
        row.status == Status::Interrupted && attempts.iter().any(|attempt| attempt.generation_id == own);
    let is_left = is_unnamed
        || attempts.iter().any(|attempt| attempt.cost_source == Some(CostSource::Estimate))
        || unsettled(&attempts, own.as_deref(), row.cost.amount).iter().any(|part| !is_asked(part));
    row.cost.source = if is_left { CostSource::Estimate } else { found.cost.source };
    true
}

/// One of the tries whose part of the row is known.
fn put_into(row: &mut RequestRow, attempt: &mut Attempt, found: &CostFound) {
    row.cost.amount = row.cost.amount - attempt.cost_nanos + found.cost.amount;
    row.cost.byok += found.cost.byok;
    attempt.cost_nanos = found.cost.amount;
    attempt.cost_source = Some(found.cost.source);
    if let Some((usage, estimated)) = found.usage.zip(attempt.estimated.take()) {
        row.usage = row.usage.less(&estimated).plus(&usage);
    }
}

/// What none of the tries stands for: all of the row but their cost.
fn put_beside(row: &mut RequestRow, attempts: &[Attempt], found: &CostFound) {
    let others: NanoUsd = attempts.iter().map(|attempt| attempt.cost_nanos).sum();
    row.cost = Cost { amount: others + found.cost.amount, byok: row.cost.byok + found.cost.byok, ..row.cost };
    if let Some(usage) = found.usage {
        // What a dead process left open counts no tokens but those of tries that had ended.
        row.usage = if row.status == Status::Interrupted { row.usage.plus(&usage) } else { usage };
    }
}

fn replace(known: &mut Option<String>, told: Option<&String>) {
    if let Some(told) = told {
        *known = Some(told.clone());
    }
}
