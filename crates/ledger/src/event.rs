//! What the ledger tells listeners. Each event comes after the commit it speaks of.

use std::sync::Arc;

use turnpike_wire::money::NanoUsd;

use crate::check::Checked;
use crate::health::Health;
use crate::row::RequestRow;

/// Something that is on disk by now, or the news that nothing gets there.
#[derive(Clone, Debug)]
pub enum LedgerEvent {
    /// A request's row was settled: "reported as written".
    Settled(Arc<RequestRow>),
    /// A settled or interrupted row got its cost later.
    CostFound {
        /// The row with its new cost.
        row: Arc<RequestRow>,
        /// What it was taken to cost before.
        before: NanoUsd,
    },
    /// The writer began to stall, or recovered.
    Health(Health),
    /// The whole file was looked through.
    Checked(Checked),
}
