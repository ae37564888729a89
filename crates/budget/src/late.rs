//! What is settled while the ledger is asked what it holds: it may or may not be in the answer.

use jiff::Timestamp;
use turnpike_wire::money::NanoUsd;

/// A request that was settled meanwhile.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Number of its row in the ledger.
    pub(crate) row: i64,
    /// When it was let in.
    pub(crate) at: Timestamp,
    pub(crate) client: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) cost: NanoUsd,
}

/// Those, while somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Late(Option<Vec<Settled>>);

// === impl Late ===

impl Late {
    pub(crate) fn begin(&mut self) {
        self.0 = Some(Vec::new());
    }

    pub(crate) fn note(&mut self, settled: impl FnOnce() -> Settled) {
        if let Some(list) = &mut self.0 {
            list.push(settled());
        }
    }

    pub(crate) fn rows(&self) -> Vec<i64> {
        self.0.iter().flatten().map(|settled| settled.row).collect()
    }

    pub(crate) fn take(&mut self) -> Vec<Settled> {
        self.0.take().unwrap_or_default()
    }
}
