//! Which of the sums that people read hold an estimate: asked of the ledger, never on a request's path.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_budget::{BudgetLine, Scope};
use turnpike_ledger::{Dimension, Facet, LedgerReader, SpendQuery};

/// The answers of the ledger for one list.
#[derive(Debug)]
pub(crate) struct Estimates<'a> {
    reader: &'a LedgerReader,
    known: Vec<Known>,
}

/// Whose sums since a moment hold an estimate.
#[derive(Debug)]
struct Known {
    facet: Facet,
    since: Timestamp,
    /// `None` where the ledger does not answer.
    names: Option<Vec<String>>,
}

// === impl Estimates ===

impl<'a> Estimates<'a> {
    pub(crate) const fn of(reader: &'a LedgerReader) -> Self {
        Self { reader, known: Vec::new() }
    }

    /// Whether what is settled of a line holds one. Blocks on the disk. A ledger that does not answer makes no sum exact.
    pub(crate) fn is_in(&mut self, line: &BudgetLine) -> bool {
        let facet = if matches!(line.scope, Scope::Project(_)) { Facet::Project } else { Facet::Client };
        let Some(names) = self.names(facet, line.window.start) else { return true };
        match &line.scope {
            Scope::All => !names.is_empty(),
            Scope::Client(name) => names.contains(name),
            Scope::Project(_) => names.iter().any(|folder| line.scope.holds_project(folder)),
        }
    }

    fn names(&mut self, facet: Facet, since: Timestamp) -> Option<&[String]> {
        let is_it = |known: &Known| known.facet == facet && known.since == since;
        let at = match self.known.iter().position(is_it) {
            Some(at) => at,
            None => {
                self.known.push(Known { facet, since, names: ask(self.reader, facet, since) });
                self.known.len() - 1
            }
        };
        self.known.get(at)?.names.as_deref()
    }
}

fn ask(reader: &LedgerReader, facet: Facet, since: Timestamp) -> Option<Vec<String>> {
    let by = SpendQuery::by(Dimension::Facet(facet), TimeZone::UTC);
    let report = reader.spend(&SpendQuery { since: Some(since), ..by }).ok()?;
    let marked = report.rows.into_iter().filter(|row| row.totals.is_approximate());
    Some(marked.map(|row| row.key.unwrap_or_default()).collect())
}
