//! What was spent already: from the ledger's sums to the counters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use turnpike_api::command::BudgetStanding;
use turnpike_budget::{Counters, Seed, Span, Sums, Window};
use turnpike_ledger::{Dimension, Facet, Ledger, LedgerError, LedgerReader, Page, RowId, SpendQuery, Status};
use turnpike_proxy::{BudgetGate, Watermark, budget_limits};
use turnpike_settings::{BudgetMemory, Config, State};
use turnpike_wire::money::NanoUsd;

use super::{memory, words};

/// Latest answers from which the usual length of a model's answers is learnt.
const ANSWERS: u32 = 1_000;

/// Fills the gate's counters.
pub(super) fn fill(gate: &BudgetGate, ledger: &Ledger) -> Result<(), LedgerError> {
    gate.seed(seed(ledger.reader(), gate.windows(), gate.watermark())?);
    Ok(())
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
    Ok(counters(reader, config, state, now)?.lines(now).iter().map(words::standing).collect())
}

/// The counters as they would be, did a service run. Blocks on the disk.
pub(crate) fn counters(
    reader: &LedgerReader,
    config: &Config,
    state: &State,
    now: Timestamp,
) -> Result<Counters, LedgerError> {
    let (mark, raises) = memory::read(&state.budget, newest(reader)?);
    let mut counters = Counters::new(budget_limits(config), now, mark.latest);
    counters.restore(raises);
    counters.seed(seed(reader, counters.windows(), mark)?);
    Ok(counters)
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

fn seed(reader: &LedgerReader, windows: [Window; 3], mark: Watermark) -> Result<Seed, LedgerError> {
    let mut all = Sums::default();
    let (mut clients, mut projects) = (BTreeMap::new(), BTreeMap::new());
    for span in Span::ALL {
        let window = windows[span.index()];
        let query = |facet| SpendQuery {
            since: Some(window.start),
            ..SpendQuery::by(Dimension::Facet(facet), jiff::tz::TimeZone::UTC)
        };
        for (facet, sums) in [(Facet::Client, &mut clients), (Facet::Project, &mut projects)] {
            for row in reader.spend(&query(facet))?.rows {
                add(sums, row.key, span, row.totals.cost());
            }
        }
        all[span.index()] = reader.totals(&query(Facet::Client))?.cost();
        for row in reader.dated_before(RowId::new(mark.row), nanos(window.start))? {
            all[span.index()] += row.cost;
            add(&mut clients, row.client, span, row.cost);
            add(&mut projects, row.project, span, row.cost);
        }
    }
    Ok(Seed { all, clients: clients.into_iter().collect(), projects: projects.into_iter().collect() })
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
