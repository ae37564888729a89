//! The state of everything, for a glance.

use jiff::Timestamp;
use turnpike_api::command::{ConfigStanding, LedgerStanding, LiveRequest, StatusReply, Today};
use turnpike_budget::{BudgetLine, Scope, Span};
use turnpike_ledger::{Checked, Health, SetAside, WriterState};

use crate::core::Core;

/// How the service fares. Blocks on the ledger for the day's sum.
pub(crate) fn of(core: &Core) -> StatusReply {
    let config = core.config.now();
    let health = core.ledger.health();
    let mut notices = core.about.notices.clone();
    if let Checked::SetAside(aside) = &health.checked {
        notices.push(damaged(aside));
    }
    notices.extend(config.warnings.iter().cloned());
    let limits = crate::limits::of(core);
    notices.extend(limits.free.message);
    let mut model_notices = crate::catalogue::warnings(core);
    model_notices.extend(limits.left_out.into_iter().map(|out| out.message));
    let (memory_bytes, cpu_permille) = core.footprint.look();
    StatusReply {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        instance: core.about.instance.clone(),
        uptime_seconds: core.about.started.elapsed().as_secs(),
        memory_bytes,
        cpu_permille,
        data_dir: core.data_dir.path().display().to_string(),
        program: crate::called::called(&core.data_dir),
        state: core.state(),
        data_plane: core.data_plane_url(),
        control_plane: core.control_plane_url(),
        upstream: core.upstream.base_url().to_owned(),
        key: core.keys.report(),
        config: ConfigStanding {
            path: core.config.path().display().to_string(),
            revision: config.revision.as_str().to_owned(),
            refused: config.refused.clone(),
        },
        ledger: ledger(&health),
        today: today(core),
        balance: core.account.balance(),
        live: live(core),
        claude: crate::claude::state_in_record(core),
        demo: core.demo.page(),
        capture: crate::capture::standing(core),
        log_level: core.log.as_ref().map_or("info", |log| log.level().as_str()).to_owned(),
        notices,
        model_notices,
    }
}

fn today(core: &Core) -> Option<Today> {
    let config = core.config.now();
    let zone = config.config.general.timezone.zone();
    let totals = core.ledger.reader().today(Timestamp::now(), &zone).ok()?;
    let lines = core.proxy.budget().lines();
    let of_day = lines.iter().find(|line| line.scope == Scope::All && line.span == Span::Daily);
    Some(Today {
        requests: totals.requests(),
        cost_nanos: totals.cost().nanos(),
        estimates: totals.estimates,
        daily_cap_nanos: of_day.and_then(BudgetLine::cap_now).map(|cap| cap.nanos()),
    })
}

/// What is told of a ledger that was set aside.
pub(crate) fn damaged(aside: &SetAside) -> String {
    let (path, why) = (aside.path.display(), &aside.why);
    format!("the ledger was damaged ({why}): a new one was begun, and the old one is kept at {path}")
}

/// Whether rows get to the disk.
pub(crate) fn ledger(health: &Health) -> LedgerStanding {
    let problem = match &health.state {
        WriterState::Ok => None,
        WriterState::Stalled(stall) => Some(stall.reason.to_string()),
        WriterState::Closed => Some("the ledger is closed: the service is ending".to_owned()),
    };
    LedgerStanding {
        is_ok: problem.is_none() && health.lost.rows == 0,
        problem,
        queued: u64::try_from(health.queued).unwrap_or(u64::MAX),
        lost: health.lost.rows,
    }
}

fn live(core: &Core) -> Vec<LiveRequest> {
    let running = core.proxy.live().into_iter().map(|request| LiveRequest {
        id: request.id,
        model: request.model,
        target: request.target,
        class: request.class.to_owned(),
        project: request.project,
        session: request.session,
        client: request.client,
        running_ms: u64::try_from(request.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        output_tokens_estimate: request.output_tokens_estimate,
        cost_nanos_estimate: request.cost_estimate.map(|cost| cost.nanos()),
    });
    running.collect()
}

#[cfg(test)]
mod tests {
    use turnpike_ledger::{Lost, Stall, StallReason};
    use turnpike_wire::money::NanoUsd;

    use super::*;

    #[test]
    fn a_ledger_that_stalls_or_lost_rows_is_not_well() {
        let health = |state, rows| Health {
            state,
            queued: 3,
            lost: Lost { rows, cost_nanos: NanoUsd::ZERO },
            ignored_settlements: 0,
            checked: Checked::Sound,
        };
        let stall = Stall { since: 0, reason: StallReason::DiskFull, detail: String::new() };
        assert!(ledger(&health(WriterState::Ok, 0)).is_ok);
        let stalled = ledger(&health(WriterState::Stalled(stall), 0));
        assert!(!stalled.is_ok && stalled.problem.is_some_and(|told| told.contains("disk is full")));
        let lost = ledger(&health(WriterState::Ok, 2));
        assert!(!lost.is_ok && lost.lost == 2 && lost.queued == 3);
    }
}
