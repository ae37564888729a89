//! What the ledger tells listeners. Each event comes after the commit it speaks of.

use std::sync::Arc;

use turnpike_wire::money::NanoUsd;

use crate::check::Checked;
use crate::health::Health;
use crate::row::RequestRow;

/// Rows that were settled together. They are told together, since each event wakes every listener.
#[derive(Debug)]
pub struct SettledRows {
    /// The rows as they are on disk, in the order of their settlement's commit.
    pub rows: Vec<RequestRow>,
    /// How many this ledger told of before these, so that a listener that missed some can say how many.
    pub before: u64,
}

/// Something that is on disk by now, or the news that nothing gets there.
#[derive(Clone, Debug)]
pub enum LedgerEvent {
    /// Requests' rows were settled: "reported as written".
    Settled(Arc<SettledRows>),
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
