//! What is known of a request when it is accepted.

use std::time::{SystemTime, UNIX_EPOCH};

use turnpike_ledger::{JsonText, Mode, NewRequest};
use turnpike_routing::Plan;

use crate::facts::Facts;

/// The row that a request is accepted with.
pub(crate) fn new_row(facts: &Facts, plan: &Plan) -> NewRequest {
    let first = plan.targets.first();
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NewRequest {
        started_at: i64::try_from(started.as_nanos()).unwrap_or(i64::MAX),
        class: Some(facts.class.as_str().to_owned()),
        agent_type: facts.hints.agent_type.clone(),
        agent_id: facts.hints.agent_id.clone(),
        session: facts.session.clone(),
        project: facts.project.clone(),
        git_root: facts.work_tree.root.clone(),
        branch: facts.work_tree.branch.clone(),
        client: facts.client.clone(),
        requested_model: facts.requested.clone(),
        target: first.map(|target| target.slug.clone()),
        mode: first.map(|target| if target.native { Mode::Native } else { Mode::Translate }),
        stream: facts.stream,
        decision: JsonText::of(&plan.decision).ok(),
        request_bytes: facts.bytes as u64,
        estimated_tokens: None,
    }
}
