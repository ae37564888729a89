//! Traces for those who have a collector: one span for each settled request, as OTLP over HTTP in JSON.
//!
//! Set up by the standard variables (`OTEL_EXPORTER_OTLP_…`); without an endpoint nothing is sent. Spans are made from the
//! ledger's events, so no request waits for them. What the collector does not take in time is dropped and counted.

mod environment;
mod span;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use turnpike_ledger::{LedgerEvent, SettledRows};
use turnpike_upstream::Collector;

pub use environment::{BadTraces, Traces};

use crate::core::Core;

/// Spans of one message.
const MOST_SPANS: usize = 512;
/// How long the first span of a message waits for others: the standard's own default.
const GATHER: Duration = Duration::from_secs(5);

/// What became of spans.
#[derive(Debug, Default)]
pub(crate) struct TraceCounts {
    sent: AtomicU64,
    dropped: AtomicU64,
}

// === impl TraceCounts ===

impl TraceCounts {
    /// Sent and dropped, since the start.
    pub(crate) fn read(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Acquire), self.dropped.load(Ordering::Acquire))
    }

    fn drop_some(&self, spans: u64, why: &str) {
        if self.dropped.fetch_add(spans, Ordering::AcqRel) == 0 {
            tracing::warn!(
                spans,
                why,
                "spans were dropped; `turnpike_spans_dropped_total` counts them from here on"
            );
        }
    }
}

/// Sends spans until the service ends; what has gathered then is sent first. Rows count from this call on, not from the
/// future's first turn, which may come after the first request.
pub(crate) fn run(core: Arc<Core>, traces: Option<Traces>) -> impl Future<Output = ()> + Send {
    let wanted = traces.map(|traces| (traces, core.ledger.subscribe()));
    async move {
        if let Some((traces, events)) = wanted {
            send_all(core, traces, events).await;
        }
    }
}

async fn send_all(core: Arc<Core>, traces: Traces, mut events: Receiver<LedgerEvent>) {
    let collector = match Collector::new(&traces.endpoint, &traces.headers, traces.timeout) {
        Ok(collector) => collector,
        Err(error) => return tracing::error!(%error, "no traces are sent"),
    };
    tracing::info!(collector = collector.host(), "traces are sent");
    let mut ending = core.ending();
    let mut gathered = Gathered::default();
    let mut send_at = Instant::now();
    loop {
        tokio::select! {
            () = ending.wait() => break,
            () = tokio::time::sleep_until(send_at), if gathered.spans > 0 => {
                send(&core, &collector, &traces, &mut gathered).await;
            }
            event = events.recv() => match event {
                Ok(LedgerEvent::Settled(settled)) => {
                    if gathered.spans == 0 {
                        send_at = Instant::now() + traces.gather.unwrap_or(GATHER);
                    }
                    let missed = gathered.take(settled);
                    if missed > 0 {
                        core.trace_counts.drop_some(missed, "the collector is too slow");
                    }
                    if gathered.spans >= MOST_SPANS {
                        send(&core, &collector, &traces, &mut gathered).await;
                    }
                }
                // The next rows say how many were missed.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
        }
    }
    if gathered.spans > 0 {
        send(&core, &collector, &traces, &mut gathered).await;
    }
}

/// Rows that wait to be sent.
#[derive(Default)]
struct Gathered {
    settled: Vec<Arc<SettledRows>>,
    spans: usize,
    /// How many rows the ledger had told of with the last ones; nothing before the first.
    told: Option<u64>,
}

// === impl Gathered ===

impl Gathered {
    /// Takes rows in; returns how many were missed before them.
    fn take(&mut self, settled: Arc<SettledRows>) -> u64 {
        let missed = self.told.map_or(0, |told| settled.before.saturating_sub(told));
        self.told = Some(settled.before + settled.rows.len() as u64);
        self.spans += settled.rows.len();
        self.settled.push(settled);
        missed
    }
}

async fn send(core: &Core, collector: &Collector, traces: &Traces, gathered: &mut Gathered) {
    let settled = std::mem::take(&mut gathered.settled);
    let spans = std::mem::take(&mut gathered.spans) as u64;
    let body = match span::message(&traces.resource, settled.iter().flat_map(|settled| &settled.rows)) {
        Ok(body) => body,
        Err(error) => return core.trace_counts.drop_some(spans, &error),
    };
    match collector.send(body).await {
        Ok(()) => {
            core.trace_counts.sent.fetch_add(spans, Ordering::AcqRel);
        }
        Err(error) => core.trace_counts.drop_some(spans, &error.to_string()),
    }
}
