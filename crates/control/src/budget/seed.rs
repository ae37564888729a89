//! What was spent already: from the ledger's sums to the counters.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::broadcast::Receiver;
use turnpike_api::command::BudgetStanding;
use turnpike_budget::{Counters, Raise, Seed, Span, Sums, Window};
use turnpike_ledger::{
    Dimension, Facet, FlushTimeout, Ledger, LedgerError, LedgerEvent, LedgerReader, Page, RowId, Snapshot,
    SpendQuery, Status,
};
use turnpike_proxy::{BudgetGate, Watermark, budget_limits};
use turnpike_settings::{BudgetMemory, Config, State};
use turnpike_wire::money::NanoUsd;

use super::amended::Amended;
use super::{Estimates, memory, spent};

/// Latest answers from which the usual length of a model's answers is learnt.
const ANSWERS: u32 = 1_000;

/// How often the ledger is asked anew because another window has begun meanwhile.
const MOST_TRIES: usize = 3;

/// Why counters go on with what they know.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unseeded {
    #[error("{0}")]
    Unwritten(#[from] FlushTimeout),
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    #[error("another period begins")]
    Window,
    #[error("too many costs were found meanwhile")]
    Missed,
}

/// Fills the gate's counters, also while requests come to their ends and costs are found: of what waits in `written` each
/// correction is made here, or in what the ledger tells. Rows that were settled just now have `flush` to be on disk.
pub(super) fn fill(
    gate: &BudgetGate,
    ledger: &Ledger,
    written: &mut Receiver<LedgerEvent>,
    flush: Duration,
) -> Result<(), Unseeded> {
    let mut amended = Amended::default();
    let filled = try_to_fill(gate, ledger, written, flush, &mut amended);
    amended.apply(gate, filled.as_ref().unwrap_or(&HashMap::new()));
    filled.map(drop)
}

/// What was held of the rows that were amended.
fn try_to_fill(
    gate: &BudgetGate,
    ledger: &Ledger,
    written: &mut Receiver<LedgerEvent>,
    flush: Duration,
    amended: &mut Amended,
) -> Result<HashMap<RowId, NanoUsd>, Unseeded> {
    for _ in 0..MOST_TRIES {
        let windows = gate.windows();
        gate.begin_seed();
        let told = ask(gate, ledger, windows, flush, || {
            // What the ledger holds already has been told of once it answers.
            ledger.flush(flush)?;
            amended.hear(written).map_err(|_| Unseeded::Missed)?;
            Ok(amended.rows().collect())
        });
        let (seed, held) = told.inspect_err(|_| gate.give_up_seed())?;
        if gate.seed(windows, seed) {
            return Ok(held);
        }
    }
    Err(Unseeded::Window)
}

/// What the ledger holds, and of the rows that are `amended` what each costs there.
fn ask(
    gate: &BudgetGate,
    ledger: &Ledger,
    windows: [Window; 3],
    flush: Duration,
    amended: impl FnOnce() -> Result<Vec<RowId>, Unseeded>,
) -> Result<(Seed, HashMap<RowId, NanoUsd>), Unseeded> {
    // What the counters hold already must be on disk, or it would be forgotten.
    ledger.flush(flush)?;
    let told = ledger.reader().at_once(|moment| {
        let seed = seed(moment, windows, gate.watermark())?;
        let late: Vec<RowId> = gate.late_rows().into_iter().map(RowId::new).collect();
        let held = moment.settled(&late)?.into_keys().map(RowId::get).collect();
        let amended = match amended() {
            Ok(rows) => Ok(moment.settled(&rows)?),
            Err(unheard) => Err(unheard),
        };
        Ok((Seed { held, ..seed }, amended))
    });
    let (seed, amended) = told?;
    Ok((seed, amended?))
}

/// Tells the gate how long answers were.
pub(super) fn fill_medians(gate: &BudgetGate, ledger: &Ledger) {
    let rows = ledger.reader().recent(Page { before: None, limit: ANSWERS }).unwrap_or_default();
    for row in rows.iter().rev().filter(|row| row.status == Status::Ok) {
        if let Some(target) = &row.target {
            gate.note_output(target, row.usage.output_tokens);
        }
    }
}

/// How budgets stand when no service runs, by the ledger and what the last run left. Blocks on the disk.
///
/// # Errors
/// When the ledger does not answer.
pub fn standings(
    reader: &LedgerReader,
    config: &Config,
    state: &State,
    now: Timestamp,
) -> Result<Vec<BudgetStanding>, LedgerError> {
    Ok(spent(&mut Estimates::of(reader), &counters(reader, config, state, now)?.lines(now)))
}

/// The counters as they would be, did a service run. Blocks on the disk.
pub(crate) fn counters(
    reader: &LedgerReader,
    config: &Config,
    state: &State,
    now: Timestamp,
) -> Result<Counters, LedgerError> {
    let (mark, raises) = resumed(reader, &state.budget, newest(reader)?);
    let mut counters = Counters::new(budget_limits(config), now, mark.latest);
    counters.restore(raises);
    counters.seed(reader.at_once(|moment| seed(moment, counters.windows(), mark))?);
    Ok(counters)
}

/// Where the last run ended. A killed one has kept its memory some rows before its end: those that bear the time it had
/// seen, or a later one, were accepted by a clock that went on, and count where they are dated.
pub(super) fn resumed(reader: &LedgerReader, kept: &BudgetMemory, newest: i64) -> (Watermark, Vec<Raise>) {
    let (mark, raises) = memory::read(kept, newest);
    let row = match reader.first_dated_before(RowId::new(mark.row), nanos(mark.latest)) {
        Ok(Some(behind)) => behind.get().saturating_sub(1),
        Ok(None) if newest < i64::MAX => mark.row.max(newest),
        // Where the ledger does not answer, more counts, not less.
        Ok(None) | Err(_) => mark.row,
    };
    (Watermark { row, ..mark }, raises)
}

/// The number of the newest row, 0 without one.
pub(super) fn newest(reader: &LedgerReader) -> Result<i64, LedgerError> {
    Ok(reader.recent(Page { before: None, limit: 1 })?.first().map_or(0, |row| row.id.get()))
}

/// The memory that fits the ledger at `ledger`, once that was put in the place of another: what it holds was not dated
/// by a clock set back.
///
/// # Errors
/// When the ledger does not answer.
pub fn memory_of_restored(ledger: &std::path::Path, memory: &mut BudgetMemory) -> Result<(), LedgerError> {
    memory.row = match LedgerReader::open(ledger) {
        // It is brought up to date by the next start, which does not know that it is another one: no row counts twice.
        Err(LedgerError::Older { .. }) => i64::MAX,
        reader => newest(&reader?)?,
    };
    Ok(())
}

fn seed(moment: &Snapshot<'_>, windows: [Window; 3], mark: Watermark) -> Result<Seed, LedgerError> {
    let mut all = Sums::default();
    let (mut clients, mut projects) = (BTreeMap::new(), BTreeMap::new());
    for span in Span::ALL {
        let window = windows[span.index()];
        let query = |facet| SpendQuery {
            since: Some(window.start),
            ..SpendQuery::by(Dimension::Facet(facet), jiff::tz::TimeZone::UTC)
        };
        for (facet, sums) in [(Facet::Client, &mut clients), (Facet::Project, &mut projects)] {
            for row in moment.spend(&query(facet))?.rows {
                add(sums, row.key, span, row.totals.cost());
            }
        }
        all[span.index()] = moment.totals(&query(Facet::Client))?.cost();
        for row in moment.dated_before(RowId::new(mark.row), nanos(window.start))? {
            all[span.index()] += row.cost;
            add(&mut clients, row.client, span, row.cost);
            add(&mut projects, row.project, span, row.cost);
        }
    }
    let (clients, projects) = (clients.into_iter().collect(), projects.into_iter().collect());
    Ok(Seed { all, clients, projects, ..Seed::default() })
}

fn add(sums: &mut BTreeMap<String, Sums>, name: Option<String>, span: Span, cost: NanoUsd) {
    let sum = &mut sums.entry(name.unwrap_or_default()).or_default()[span.index()];
    *sum = sum.saturating_add(cost);
}

/// A row's time.
pub(super) fn timestamp(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MIN)
}

fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use turnpike_ledger::{
        Cost, CostFound, CostSource, NewRequest, OpenOptions, Outcome, Settlement, unix_nanos,
    };
    use turnpike_proxy::{KeyStanding, Parts, Proxy};
    use turnpike_settings::LocalToken;
    use turnpike_upstream::Upstream;

    use super::super::amended::amend;
    use super::*;

    /// More than a busy disk takes.
    const FLUSH: Duration = Duration::from_secs(30);

    /// A gate and a ledger that holds one request of ten nano-dollars, an estimate.
    fn world() -> (tempfile::TempDir, Proxy, Ledger, RowId) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger"), &OpenOptions::default()).unwrap().0;
        let proxy = Proxy::new(Parts {
            upstream: Upstream::new("http://127.0.0.1:9").unwrap(),
            ledger: ledger.clone(),
            config: Arc::new(Config::default()),
            token: LocalToken::load_or_create(&folder.path().join("token")).unwrap(),
            key: KeyStanding::Missing("none".to_owned()),
            paused: false,
            memory: None,
        });
        let started_at = unix_nanos(SystemTime::now());
        let row =
            ledger.begin(NewRequest { started_at, requested_model: "m".to_owned(), ..NewRequest::default() });
        let mut settlement = Settlement::new(Outcome::Cancelled, Duration::ZERO);
        settlement.cost = Cost::of(NanoUsd(10), CostSource::Estimate);
        ledger.settle(row, settlement);
        (folder, proxy, ledger, row)
    }

    /// What is heard after that.
    fn hear(gate: &BudgetGate, written: &mut Receiver<LedgerEvent>) {
        while let Ok(event) = written.try_recv() {
            if let LedgerEvent::CostFound { row, before } = event {
                amend(gate, &row, before);
            }
        }
    }

    #[test]
    fn a_cost_that_is_found_while_the_ledger_is_asked_counts_once() {
        let (_folder, proxy, ledger, row) = world();
        let (gate, mut written) = (proxy.budget(), ledger.subscribe());
        let month = || gate.totals()[2].settled;
        fill(gate, &ledger, &mut written, FLUSH).unwrap();
        assert_eq!(month(), NanoUsd(10));
        // It waits in the ledger's queue, and is told of once it is written.
        ledger.amend_cost(row, CostFound::looked_up(NanoUsd(42)));
        fill(gate, &ledger, &mut written, FLUSH).unwrap();
        assert_eq!(month(), NanoUsd(42));
        hear(gate, &mut written);
        assert_eq!(month(), NanoUsd(42));
    }

    #[test]
    fn a_cost_that_is_found_after_the_ledger_has_told_its_sums_is_not_lost() {
        let (_folder, proxy, ledger, row) = world();
        let (gate, mut written) = (proxy.budget(), ledger.subscribe());
        let (windows, mut amended) = (gate.windows(), Amended::default());
        gate.begin_seed();
        let told = ask(gate, &ledger, windows, FLUSH, || {
            ledger.amend_cost(row, CostFound::looked_up(NanoUsd(42)));
            ledger.flush(FLUSH)?;
            amended.hear(&mut written).map_err(|_| Unseeded::Missed)?;
            Ok(amended.rows().collect())
        });
        let (seed, held) = told.unwrap();
        assert!(gate.seed(windows, seed));
        assert_eq!((gate.totals()[2].settled, held[&row]), (NanoUsd(10), NanoUsd(10)));
        amended.apply(gate, &held);
        hear(gate, &mut written);
        assert_eq!(gate.totals()[2].settled, NanoUsd(42));
    }

    #[test]
    fn counters_that_the_ledger_did_not_fill_are_to_be_filled_again() {
        let (_folder, proxy, ledger, row) = world();
        let (gate, mut written) = (proxy.budget(), ledger.subscribe());
        fill(gate, &ledger, &mut written, FLUSH).unwrap();
        assert!(gate.is_seeded());
        ledger.amend_cost(row, CostFound::looked_up(NanoUsd(42)));
        ledger.close(Duration::from_secs(30)).unwrap();
        assert!(fill(gate, &ledger, &mut written, FLUSH).is_err());
        assert!(!gate.is_seeded());
        hear(gate, &mut written);
        assert_eq!(gate.totals()[2].settled, NanoUsd(42), "what was told of counts all the same");
    }
}
