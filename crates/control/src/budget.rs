//! Budgets: what the counters begin with, what is told of them, and the commands that change them.

mod amended;
mod change;
mod estimates;
mod memory;
mod seed;
mod words;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;
use turnpike_api::command::{BudgetStanding, BudgetsReply, Edited, RaiseBudget, SetBudget};
use turnpike_api::{ApiError, ErrorCode, Event};
use turnpike_budget::{BudgetLine, Crossing};
use turnpike_ledger::{Ledger, LedgerEvent};
use turnpike_proxy::{BudgetNews, Proxy};
use turnpike_settings::{Config, State};
use turnpike_wire::money::NanoUsd;

use crate::config_edit;
use crate::core::{Core, blocking};

pub(crate) use change::cap_value;
pub use change::edit_file;
pub(crate) use estimates::Estimates;
pub(crate) use seed::counters;
pub use seed::{memory_of_restored, standings};

/// Puts the gate where the run before has left it. Blocks on the ledger; before requests come.
pub(crate) fn begin(proxy: &Proxy, ledger: &Ledger, config: &Config, state: &State, flush: Duration) {
    let gate = proxy.budget();
    // Where the ledger does not answer, nothing is seeded from it either.
    let newest = seed::newest(ledger.reader()).unwrap_or(i64::MAX);
    let (mark, raises) = seed::resumed(ledger.reader(), &state.budget, newest);
    gate.resume(config, mark, raises);
    if let Err(error) = seed::fill(gate, ledger, &mut ledger.subscribe(), flush) {
        tracing::error!(%error, "the ledger does not tell yet what was spent: budgets count from nothing");
    }
    seed::fill_medians(gate, ledger);
}

/// Follows what happens to budgets until the service ends.
pub(crate) async fn run(core: Arc<Core>) {
    let mut news = core.proxy.budget().subscribe();
    let mut written = core.ledger.subscribe();
    let mut ending = core.ending();
    // Of its own: requests that come one after the other must not put it off.
    let mut period = tokio::time::interval(core.pace.budget_memory);
    period.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = news.recv() => match told {
                Ok(BudgetNews::Crossed(crossing)) => tell(&core, &crossing),
                Ok(BudgetNews::WantsSeed) => written = reseed(&core, written).await,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            event = written.recv() => match event {
                Ok(LedgerEvent::CostFound { row, before }) => amended::amend(core.proxy.budget(), &row, before),
                Ok(_) => {}
                // Corrections may be among what was missed. Those that still wait are on disk, like them.
                Err(RecvError::Lagged(_)) => written = reseed(&core, written.resubscribe()).await,
                Err(RecvError::Closed) => return,
            },
            _ = period.tick() => {
                if !core.proxy.budget().is_seeded() {
                    written = reseed(&core, written).await;
                }
                keep(&core).await;
            }
            () = ending.wait() => return keep(&core).await,
        }
    }
}

/// Every budget and how it stands. Blocks on the disk.
pub(crate) fn list(core: &Core) -> BudgetsReply {
    let gate = core.proxy.budget();
    // What was settled just now may be an estimate: it is in the sums already.
    let _ = core.ledger.flush(core.pace.flush);
    let mut estimates = Estimates::of(core.ledger.reader());
    BudgetsReply {
        revision: core.config.now().revision.as_str().to_owned(),
        budgets: spent(&mut estimates, &gate.lines()),
        totals: spent(&mut estimates, &gate.totals()),
        refused: gate.refused(),
    }
}

/// What was spent in each window, and whether a part of that is an estimate. Blocks on the disk.
pub(crate) fn spent(estimates: &mut Estimates<'_>, lines: &[BudgetLine]) -> Vec<BudgetStanding> {
    let standing = |line| BudgetStanding { is_approximate: estimates.is_in(line), ..words::standing(line) };
    lines.iter().map(standing).collect()
}

/// Raises a cap until its period ends. Blocks on the disk.
pub(crate) fn raise(core: &Core, asked: &RaiseBudget) -> Result<BudgetStanding, ApiError> {
    let (scope, span) = (words::scope(&asked.of)?, words::span(&asked.period)?);
    let gate = core.proxy.budget();
    let line = || gate.lines().into_iter().find(|line| (&line.scope, line.span) == (&scope, span));
    // Less than nothing takes a raise back, and no more than was raised.
    let raised = line().map_or(0, |line| words::standing(&line).raised_nanos);
    if asked.by_nanos == 0 || asked.by_nanos < 0_i64.saturating_sub(raised) {
        let message =
            "a budget is raised by more than nothing, such as 5, and lowered by no more than it was raised";
        return Err(ApiError::new(ErrorCode::Invalid, message));
    }
    if gate.raise(&scope, span, NanoUsd(asked.by_nanos)).is_none() {
        let message = format!(
            "there is no {span} budget of {scope} to raise: `turnpike budget` lists those there are, `turnpike budget set` \
             makes one"
        );
        return Err(ApiError::new(ErrorCode::NotFound, message));
    }
    tracing::info!(%scope, %span, by = %NanoUsd(asked.by_nanos), "a budget was raised");
    remember(core);
    line()
        .and_then(|line| spent(&mut Estimates::of(core.ledger.reader()), &[line]).pop())
        .ok_or_else(|| ApiError::new(ErrorCode::Conflict, "the budget was removed just now"))
}

/// Changes a cap in the configuration. Blocks on the disk.
pub(crate) fn set(core: &Core, asked: &SetBudget) -> Result<Edited, ApiError> {
    let before = core.config.file().load().ok().filter(|before| before.revision.as_str() == asked.revision);
    let edited = change::edit(core.config.file(), asked)?;
    config_edit::note_undo(core, before, &edited);
    crate::config_in_force::look_now(core);
    tracing::info!(revision = edited.revision, "a budget was changed");
    Ok(edited)
}

fn tell(core: &Core, crossing: &Crossing) {
    let message = words::crossing(crossing);
    tracing::warn!("{message}");
    core.tell(Event::Budget {
        mark_permille: crossing.mark,
        budget: words::standing(&crossing.line),
        message,
    });
}

/// Gives back what tells of further corrections.
async fn reseed(core: &Arc<Core>, mut written: Receiver<LedgerEvent>) -> Receiver<LedgerEvent> {
    let filled = blocking(core, move |core| {
        let filled = seed::fill(core.proxy.budget(), &core.ledger, &mut written, core.pace.flush);
        if let Err(error) = filled {
            tracing::error!(%error, "the ledger does not tell what was spent: budgets count what they know");
        }
        written
    });
    filled.await.unwrap_or_else(|_| core.ledger.subscribe())
}

async fn keep(core: &Arc<Core>) {
    drop(blocking(core, remember).await);
}

fn remember(core: &Core) {
    let gate = core.proxy.budget();
    let memory = memory::of(gate.watermark(), &gate.raises());
    if let Err(reason) = core.remembered.change(|state| state.budget = memory) {
        tracing::warn!(reason, "what the budgets must remember is not kept");
    }
}
