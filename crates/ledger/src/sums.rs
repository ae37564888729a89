//! What a transaction adds to the sums: those of its settled rows, added up before they are written.
//!
//! A row counts in 27 lines of the sum tables. Rows of one batch share most of them, so each line is written once for the
//! whole batch, in the transaction that writes the rows: after a crash there are both or none. Whatever changes a settled
//! row takes off what it counted for before, and adds what it counts for then. Deleting a row leaves the sums: what was
//! spent stays spent.

mod known;
mod lines;

use rusqlite::{Connection, Result};

pub(crate) use self::known::Known;
use self::lines::{LATENCY, Lines, MIX_DAY, MIX_QUARTER, PACE, SESSION_DAY, USAGE};
use crate::row::RequestRow;
use crate::table::latency::{self, DURATION, FIRST_TOKEN};
use crate::table::usage::{
    DAY_BY_FACET, DAY_OF_ALL, MEASURES, QUARTER_BY_FACET, QUARTER_NS, QUARTER_OF_ALL, QUARTERS_A_DAY,
};
use crate::vocabulary::{CostSource, Status};

/// Until then triggers kept the sums, row by row. The views by which they did stay: they say what a row counts for.
pub(crate) const DROP_TRIGGERS: &str = "
DROP TRIGGER request_inserted;
DROP TRIGGER request_changes;
DROP TRIGGER request_changed;
DROP VIEW count_request;
DROP TRIGGER request_inserted_latency;
DROP TRIGGER request_changes_latency;
DROP TRIGGER request_changed_latency;
DROP VIEW count_latency;
DROP TRIGGER request_inserted_mix;
DROP TRIGGER request_changes_mix;
DROP TRIGGER request_changed_mix;
DROP VIEW count_mix;
";

/// Kinds of facts that one may ask by; they are numbered from 1 on.
const KINDS: usize = 9;
/// Where the session stands among them.
const SESSION: usize = 5;
/// Stands for any session, and for all there is.
const ANY: i64 = 0;

/// Changes to the sums, gathered.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    usage: Lines<4, { MEASURES.len() }>,
    mix_day: Lines<2, { MEASURES.len() }>,
    session_day: Lines<2, { MEASURES.len() }>,
    mix_quarter: Lines<2, { MEASURES.len() }>,
    latency: Lines<4, 1>,
    pace: Lines<2, 2>,
}

/// Whether a row comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    On,
    Off,
}

// === impl Tally ===

impl Tally {
    /// A row counts from now on; one that is open does not yet. Names that nobody had before get a number in this transaction.
    pub(crate) fn add(&mut self, conn: &Connection, known: &mut Known, row: &RequestRow) -> Result<()> {
        self.count(conn, known, row, Sign::On)
    }

    /// A row does not count any more as it was.
    pub(crate) fn take_off(&mut self, conn: &Connection, known: &mut Known, row: &RequestRow) -> Result<()> {
        self.count(conn, known, row, Sign::Off)
    }

    /// Writes every line that changes.
    pub(crate) fn write(self, conn: &Connection) -> Result<()> {
        self.usage.write(conn, &USAGE)?;
        self.mix_day.write(conn, &MIX_DAY)?;
        self.session_day.write(conn, &SESSION_DAY)?;
        self.mix_quarter.write(conn, &MIX_QUARTER)?;
        self.latency.write(conn, &LATENCY)?;
        self.pace.write(conn, &PACE)
    }

    fn count(&mut self, conn: &Connection, known: &mut Known, row: &RequestRow, sign: Sign) -> Result<()> {
        if row.status == Status::Open {
            return Ok(());
        }
        let quarter = row.started_at / QUARTER_NS;
        let day = quarter / QUARTERS_A_DAY;
        let measures = sign.apply(measures(row));
        let mut facets = [0; KINDS];
        for ((facet, kind), text) in facets.iter_mut().zip(1_u8..).zip(facts(row)) {
            *facet = known.facet(conn, kind, text)?;
            let (kind, facet) = (i64::from(kind), *facet);
            self.usage.add([i64::from(QUARTER_BY_FACET), quarter, kind, facet], measures)?;
            self.usage.add([i64::from(DAY_BY_FACET), day, kind, facet], measures)?;
        }
        self.usage.add([i64::from(QUARTER_OF_ALL), quarter, ANY, ANY], measures)?;
        self.usage.add([i64::from(DAY_OF_ALL), day, ANY, ANY], measures)?;
        let of_session = known.mix(conn, facets)?;
        let mut facets_of_any = facets;
        facets_of_any[SESSION] = ANY;
        let of_any = known.mix(conn, facets_of_any)?;
        self.mix_day.add([of_any, day], measures)?;
        self.session_day.add([day, of_session], measures)?;
        self.mix_quarter.add([of_any, quarter], measures)?;
        self.mix_quarter.add([of_session, quarter], measures)?;
        if row.status == Status::Ok {
            let [model, ..] = facets;
            self.time(row, [day, model], sign)?;
        }
        Ok(())
    }

    /// How fast a model has answered.
    fn time(&mut self, row: &RequestRow, [day, model]: [i64; 2], sign: Sign) -> Result<()> {
        for (kind, nanos) in [(FIRST_TOKEN, row.first_token_ns), (DURATION, row.duration_ns)] {
            if let Some(nanos) = nanos {
                self.latency.add([i64::from(kind), day, model, latency::bucket(nanos)], sign.apply([1]))?;
            }
        }
        if let (Some(first), Some(whole)) = (row.first_token_ns, row.duration_ns)
            && whole > first
        {
            self.pace.add([day, model], sign.apply([row.usage.output_tokens, whole - first]))?;
        }
        Ok(())
    }
}

// === impl Sign ===

impl Sign {
    fn apply<const M: usize>(self, measures: [i64; M]) -> [i64; M] {
        match self {
            Self::On => measures,
            Self::Off => measures.map(i64::wrapping_neg),
        }
    }
}

/// The facts of a row by kind; an empty text stands for not known.
fn facts(row: &RequestRow) -> [&str; KINDS] {
    [
        row.served_model.as_deref().unwrap_or_default(),
        &row.requested_model,
        row.provider.as_deref().unwrap_or_default(),
        row.project.as_deref().unwrap_or_default(),
        row.branch.as_deref().unwrap_or_default(),
        row.session.as_deref().unwrap_or_default(),
        row.agent_type.as_deref().unwrap_or_default(),
        row.class.as_deref().unwrap_or_default(),
        row.client.as_deref().unwrap_or_default(),
    ]
}

/// What a row counts for, as [`MEASURES`] names it.
fn measures(row: &RequestRow) -> [i64; MEASURES.len()] {
    let ended = |status| i64::from(row.status == status);
    let from = |source| if row.cost.source == source { row.cost.amount.nanos() } else { 0 };
    [
        ended(Status::Ok),
        ended(Status::Error),
        ended(Status::Cancelled),
        ended(Status::Truncated),
        ended(Status::Interrupted),
        row.usage.input_tokens,
        row.usage.output_tokens,
        row.usage.cache_read_tokens,
        row.usage.cache_write_tokens,
        row.usage.reasoning_tokens,
        row.usage.web_searches,
        from(CostSource::Upstream),
        from(CostSource::LookedUp),
        from(CostSource::Estimate),
        row.cost.byok.nanos(),
    ]
}
