//! The guard of one request: settles its bill and closes its journal entry, whatever happens.

use std::sync::Arc;
use std::time::Instant;

use turnpike_wire::money::NanoUsd;

use crate::bill::Generation;
use crate::clock;
use crate::journal::Outcome;
use crate::meter::{Meter, Produced};
use crate::state::Shared;

/// One accepted request. Dropped before its end, the client has hung up.
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    pub(crate) seq: u64,
    since: Instant,
    billing: Option<Billing>,
    closed: bool,
}

/// Who is charged for what.
pub(crate) struct Billing {
    pub(crate) generation: String,
    pub(crate) model: String,
    pub(crate) provider: String,
    pub(crate) session: Option<String>,
    pub(crate) streamed: bool,
    pub(crate) meter: Meter,
    /// The answer as a whole is free if it comes to its end: the upstream does not charge failures.
    pub(crate) free_at_end: bool,
}

// === impl Ticket ===

impl Ticket {
    pub(crate) fn new(shared: Arc<Shared>, seq: u64) -> Self {
        Self { shared, seq, since: Instant::now(), billing: None, closed: false }
    }

    /// From here on the request is charged.
    pub(crate) fn bill(&mut self, billing: Billing) {
        self.billing = Some(billing);
    }

    /// The status the answer begins with.
    pub(crate) fn status(&self, status: http::StatusCode) {
        self.shared.journal.update(self.seq, |entry| entry.status = Some(status.as_u16()));
    }

    pub(crate) fn produced(&mut self, produced: Produced) {
        if let Some(billing) = &mut self.billing {
            billing.meter.add(produced);
        }
    }

    /// The whole answer was sent.
    pub(crate) fn finish(&mut self) {
        if let Some(billing) = self.billing.as_mut().filter(|billing| billing.free_at_end) {
            billing.meter = billing.meter.clone().unbilled();
        }
        self.close(Outcome::Finished);
    }

    /// The simulator breaks the answer off.
    pub(crate) fn cut(&mut self) {
        self.close(Outcome::Cut);
    }

    fn close(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let charged = self.billing.take().map_or(NanoUsd::ZERO, |billing| {
            self.shared.account.settle(Generation {
                id: billing.generation,
                model: billing.model,
                provider: billing.provider,
                session: billing.session,
                created: clock::unix_seconds(),
                milliseconds: u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
                streamed: billing.streamed,
                meter: billing.meter,
                outcome,
                out_for: self.shared.config.generation_outages,
                unknown_for: self.shared.config.generation_lag,
            })
        });
        self.shared.journal.close(self.seq, outcome, charged);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.close(Outcome::Aborted);
    }
}
