//! Costs that are found while the counters are filled: what the ledger tells may hold them or not.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use turnpike_budget::Spender;
use turnpike_ledger::{LedgerEvent, RequestRow, RowId};
use turnpike_proxy::BudgetGate;
use turnpike_wire::money::NanoUsd;

use super::seed;

/// The ledger told of more than was listened to.
#[derive(Debug)]
pub(super) struct Missed;

/// Rows whose cost was corrected, as they are now, and what they cost before all that.
#[derive(Debug, Default)]
pub(super) struct Amended(BTreeMap<RowId, (Arc<RequestRow>, NanoUsd)>);

// === impl Amended ===

impl Amended {
    /// Takes what waits to be heard.
    ///
    /// # Errors
    /// [`Missed`], when there was too much of it.
    pub(super) fn hear(&mut self, written: &mut Receiver<LedgerEvent>) -> Result<(), Missed> {
        loop {
            match written.try_recv() {
                Ok(LedgerEvent::CostFound { row, before }) => {
                    self.0.entry(row.id).or_insert_with(|| (Arc::clone(&row), before)).0 = Arc::clone(&row);
                }
                Ok(_) => {}
                Err(TryRecvError::Lagged(_)) => return Err(Missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            }
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = RowId> {
        self.0.keys().copied()
    }

    /// Corrects counters that have counted these rows with what is `held`, and each other as it was before.
    pub(super) fn apply(&self, gate: &BudgetGate, held: &HashMap<RowId, NanoUsd>) {
        for (id, (row, before)) in &self.0 {
            amend(gate, row, held.get(id).copied().unwrap_or(*before));
        }
    }
}

/// A row's cost was corrected.
pub(super) fn amend(gate: &BudgetGate, row: &RequestRow, before: NanoUsd) {
    let who = Spender { client: row.client.as_deref(), project: row.project.as_deref() };
    gate.amend(seed::timestamp(row.started_at), who, row.cost.amount - before);
}
