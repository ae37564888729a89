//! What the upstream says of the key: asked for gently, kept in memory, never on a request's way; and compared with
//! the ledger once a day.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{Balance, ReconcileReply, Reconciliation, ReconciliationLine};
use turnpike_api::{ApiError, ErrorCode, Event};
use turnpike_budget::{Span, windows};
use turnpike_ledger::{Dimension, Facet, LedgerError, LedgerReader, SpendQuery};
use turnpike_upstream::AccountError;
use turnpike_wire::account::KeyInfo;
use turnpike_wire::money::NanoUsd;

use crate::core::{Core, blocking};
use crate::insight::Hours;
use crate::{keys, notices};

/// Comparisons that are kept, one a day.
const MOST_DAYS: usize = 62;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What the upstream said last.
#[derive(Debug, Default)]
pub(crate) struct AccountSlot {
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    key: KeyInfo,
    /// What is left of the account's credits, where the key may read that.
    credits_left: Option<NanoUsd>,
    at: Timestamp,
}

// === impl AccountSlot ===

impl AccountSlot {
    /// What it said of the key; `None` before it was asked.
    pub(crate) fn key(&self) -> Option<KeyInfo> {
        self.known().map(|known| known.key)
    }

    /// What is left of the account's credits; `None` where the key may not read that, or before it was asked.
    pub(crate) fn credits_left(&self) -> Option<NanoUsd> {
        self.known()?.credits_left
    }

    /// All of it, as it was told last.
    pub(crate) fn balance(&self) -> Option<Balance> {
        let Known { key, credits_left, at } = self.known()?;
        Some(Balance {
            at: at.as_second(),
            limit_nanos: key.limit.map(NanoUsd::nanos),
            limit_left_nanos: key.limit_remaining.map(NanoUsd::nanos),
            limit_reset: key.limit_reset,
            credits_left_nanos: credits_left.map(NanoUsd::nanos),
            is_free_tier: key.is_free_tier,
        })
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, key: KeyInfo, credits_left: Option<NanoUsd>) {
        let known = Known { key, credits_left, at: Timestamp::now() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

/// Requests that the key may know and the ledger's sums do not.
#[derive(Clone, Copy, Debug, Default)]
struct Missing {
    /// Rows that wait for the disk.
    waiting: usize,
    /// Requests that run.
    running: usize,
    /// Requests in the ledger whose cost is an estimate, also of nothing.
    estimates: i64,
}

// === impl Missing ===

impl Missing {
    /// The same for people; `None` when there are none.
    fn words(self) -> Option<String> {
        match self {
            Self { waiting: 0, running: 0, estimates: 0 } => None,
            Self { waiting: 0, running: 0, estimates } => {
                Some(format!("nobody has told yet what some requests cost ({estimates})"))
            }
            Self { waiting: 0, running, .. } => Some(format!("requests still run ({running})")),
            Self { waiting, .. } => Some(format!("rows wait for the disk ({waiting})")),
        }
    }
}

/// Asks again and again until the service ends.
pub(crate) async fn run(core: Arc<Core>) {
    let mut ending = core.ending();
    let mut wait = core.pace.first_account;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = ending.wait() => return,
        }
        wait = core.pace.account;
        if core.keys.key().is_none() {
            continue;
        }
        match compare(&core).await {
            Ok(reconciliation) => {
                for line in &reconciliation.lines {
                    if let Some(cause) = &line.cause {
                        tracing::info!(period = line.period, "the ledger and the key differ: {cause}");
                    }
                }
            }
            Err(error) => tracing::debug!(error = error.message, "the key's usage cannot be compared"),
        }
    }
}

/// Tells the comparisons, after a fresh one where that is wanted.
pub(crate) async fn reconcile(core: &Arc<Core>, now: bool) -> Result<ReconcileReply, ApiError> {
    if now {
        compare(core).await?;
    }
    let kept = core.remembered.look(|state| state.reconciliations.clone());
    let mut days: Vec<Reconciliation> =
        kept.into_iter().filter_map(|json| serde_json::from_value(json).ok()).collect();
    days.reverse();
    Ok(ReconcileReply { latest: days.first().cloned(), days })
}

/// Asks the upstream, compares, and keeps the comparison as its day's.
async fn compare(core: &Arc<Core>) -> Result<Reconciliation, ApiError> {
    let key = core.keys.key().ok_or_else(|| {
        ApiError::new(ErrorCode::Key, "there is no OpenRouter key to ask about: run `turnpike key set`")
    })?;
    let asked = core.upstream.key(key.expose()).await;
    match &asked {
        Ok(_) => keys::judge(core, Some(200)),
        Err(AccountError::Refused { status: 401, .. }) => keys::judge(core, Some(401)),
        Err(_) => {}
    }
    let info = asked.map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    notices::of_account(&info).into_iter().for_each(|event| core.tell(event));
    // An ordinary key cannot read credits, so it is not asked for them.
    let credits = if info.is_management_key {
        core.upstream.credits(key.expose()).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the account's credits cannot be read");
            None
        })
    } else {
        None
    };
    core.account.set(info.clone(), credits.and_then(|credits| credits.left()));
    let compared = blocking(core, move |core| {
        // The key's figures are newer than what waits for the disk.
        let _ = core.ledger.flush(core.pace.flush);
        let (reader, now) = (core.ledger.reader(), Timestamp::now());
        let missing =
            Missing { waiting: core.ledger.health().queued, running: core.proxy.live().len(), estimates: 0 };
        let made = beside(reader, &info, now, missing)?;
        let spike = Hours::read(reader, now)?.told();
        spike.into_iter().for_each(|message| core.tell(Event::Spike { message }));
        let kept = serde_json::to_value(&made).unwrap_or_default();
        let changed = core.remembered.change(|state| keep(&mut state.reconciliations, kept, made.at));
        if let Err(reason) = changed {
            tracing::warn!(reason, "the comparison with the key is not kept");
        }
        Ok::<_, LedgerError>(made)
    });
    compared.await?.map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))
}

/// Adds a comparison, in the place of one of the same UTC day.
fn keep(kept: &mut Vec<serde_json::Value>, made: serde_json::Value, at: i64) {
    let day = |json: &serde_json::Value| json["at"].as_i64().map(|at| at.div_euclid(DAY));
    kept.retain(|json| day(json) != Some(at.div_euclid(DAY)));
    kept.push(made);
    let beyond = kept.len().saturating_sub(MOST_DAYS);
    kept.drain(..beyond);
}

/// The ledger's sums beside the key's. The upstream counts in UTC.
fn beside(
    reader: &LedgerReader,
    key: &KeyInfo,
    now: Timestamp,
    missing: Missing,
) -> Result<Reconciliation, LedgerError> {
    let windows = windows(now, &TimeZone::UTC);
    let told = [key.usage_daily, key.usage_weekly, key.usage_monthly];
    let mut lines = Vec::new();
    for (span, told) in Span::ALL.into_iter().zip(told) {
        let since = Some(windows[span.index()].start);
        let query = SpendQuery { since, ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC) };
        let sums = reader.totals(&query)?;
        let (ledger, estimated) = (sums.cost(), sums.cost_estimate_nanos);
        let drift = told.map(|told| told - ledger);
        let missing = Missing { estimates: sums.estimates, ..missing };
        lines.push(ReconciliationLine {
            period: span.as_str().to_owned(),
            ledger_nanos: ledger.nanos(),
            estimated_nanos: estimated.nanos(),
            estimates: sums.estimates,
            key_nanos: told.map(NanoUsd::nanos),
            drift_nanos: drift.map(NanoUsd::nanos),
            cause: drift.and_then(|drift| cause(drift, estimated, missing)),
        });
    }
    Ok(Reconciliation { at: now.as_second(), lines })
}

/// What is likely behind a difference.
fn cause(drift: NanoUsd, estimated: NanoUsd, missing: Missing) -> Option<String> {
    let size = NanoUsd(drift.nanos().saturating_abs()).display();
    if drift == NanoUsd::ZERO {
        return None;
    }
    if drift.nanos().saturating_abs() <= estimated.nanos() {
        let estimated = estimated.display();
        return Some(format!(
            "{size}: {estimated} of the ledger are estimates; the costs of those requests are still looked up"
        ));
    }
    let estimates = format!("{} of the ledger are estimates that are still looked up", estimated.display());
    let more = Missing { estimates: 0, ..missing }.words();
    let more = more.or_else(|| (estimated > NanoUsd::ZERO).then_some(estimates)).or_else(|| missing.words());
    if let Some(more) = more.filter(|_| drift > NanoUsd::ZERO) {
        return Some(format!("the key used {size} more: {more}, or another program uses the same key"));
    }
    Some(if drift > NanoUsd::ZERO {
        format!(
            "the key used {size} more: another program uses the same key, or did before Turnpike's first request"
        )
    } else {
        format!(
            "the key used {size} less: the upstream counts a little later, or some of these requests went out with \
             another key"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_likely_cause() {
        let none = Missing::default();
        let running = Missing { running: 2, ..none };
        let waiting = Missing { waiting: 3, running: 2, ..none };
        let untold = Missing { estimates: 4, ..none };
        let rows = [
            (0, 0, none, None),
            (0, 5, waiting, None),
            (-40_000_000, 50_000_000, none, Some("still looked up")),
            (60_000_000, 50_000_000, none, Some("estimates that are still looked up, or another program")),
            (50_000_000, 0, none, Some("used $0.05 more: another program")),
            (50_000_000, 0, running, Some("used $0.05 more: requests still run (2), or another program")),
            (50_000_000, 0, waiting, Some("used $0.05 more: rows wait for the disk (3), or another program")),
            (-50_000_000, 0, waiting, Some("used $0.05 less")),
            (
                50_000_000,
                0,
                untold,
                Some("nobody has told yet what some requests cost (4), or another program"),
            ),
            (60_000_000, 50_000_000, untold, Some("$0.05 of the ledger are estimates")),
            (-50_000_000, 0, untold, Some("used $0.05 less")),
        ];
        for (drift, estimated, missing, says) in rows {
            let told = cause(NanoUsd(drift), NanoUsd(estimated), missing);
            assert_eq!(told.is_some(), says.is_some(), "{drift}: {told:?}");
            assert!(told.unwrap_or_default().contains(says.unwrap_or_default()), "{drift}");
        }
    }

    #[test]
    fn one_comparison_a_day_is_kept() {
        let mut kept = Vec::new();
        for at in [0, 10, DAY - 1, DAY, DAY + 5] {
            keep(&mut kept, serde_json::json!({ "at": at }), at);
        }
        assert_eq!(kept, [serde_json::json!({"at": DAY - 1}), serde_json::json!({"at": DAY + 5})]);
        (0..100).for_each(|day| keep(&mut kept, serde_json::json!({"at": day * DAY}), day * DAY));
        assert_eq!(kept.len(), MOST_DAYS);
    }
}
