//! What an upstream says of the cost of an answer, and whether it may have billed what it says nothing of.

use turnpike_ledger::{Cost, CostSource};
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::chat::Usage;
use turnpike_wire::money::NanoUsd;

/// The upstream's own figure; `None` where it told none.
pub(super) fn told(usage: Option<&Usage>) -> Option<Cost> {
    let usage = usage?;
    let byok = if usage.is_byok { usage.upstream_inference_cost.unwrap_or_default() } else { NanoUsd::ZERO };
    Some(Cost { amount: usage.cost?, byok, source: CostSource::Upstream })
}

/// What could not be read may have been billed all the same, and so may a failure after which tokens were counted.
pub(super) fn may_have_been_billed(failure: &Failure, usage: Option<&Usage>) -> bool {
    let is_unread = matches!(failure.cause, Cause::Unreadable | Cause::EndedEarly | Cause::Timeout);
    is_unread || usage.is_some_and(|usage| usage.completion_tokens > 0)
}
