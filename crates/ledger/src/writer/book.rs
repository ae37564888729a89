//! The writer's book: rows in flight, and what of them is not on disk. Pure; it knows no disk and no clock.
//!
//! ```text
//!   begin ─▶ unsaved,open ──saved──▶ open ──progress─▶ unsaved,open
//!                 │                    │
//!               settle               settle
//!                 ▼                    ▼
//!            unsaved,settled ◀─────────┘ ──saved─▶ (gone: the disk knows it)
//! ```
//!
//! A row that begins and ends before it is saved is written once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::entry::{CostFound, NewRequest, Progress, Settlement};
use crate::row::{InstanceId, RequestRow, RowId};
use crate::vocabulary::Status;

/// Rows between acceptance and the commit of their settlement.
#[derive(Debug)]
pub(crate) struct Book {
    instance: InstanceId,
    rows: BTreeMap<RowId, RequestRow>,
    unsaved: BTreeSet<RowId>,
    amendments: VecDeque<(RowId, CostFound)>,
}

/// A settlement came for a row that has one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadySettled;

/// What is to be committed at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Rows, by number.
    pub(crate) rows: Vec<RowId>,
    /// How many of the later costs, from the first on.
    pub(crate) amendments: usize,
}

// === impl Book ===

impl Book {
    pub(crate) const fn new(instance: InstanceId) -> Self {
        Self { instance, rows: BTreeMap::new(), unsaved: BTreeSet::new(), amendments: VecDeque::new() }
    }

    pub(crate) fn begin(&mut self, id: RowId, new: NewRequest) {
        self.rows.insert(id, RequestRow::accepted(id, self.instance, new));
        self.unsaved.insert(id);
    }

    /// Takes in what became known; after the settlement there is nothing to know. `true` when the row was
    /// saved before and is not any more.
    pub(crate) fn progress(&mut self, id: RowId, progress: Progress) -> bool {
        match self.rows.get_mut(&id).filter(|row| row.status == Status::Open) {
            Some(row) => {
                row.learn(progress);
                self.unsaved.insert(id)
            }
            None => false,
        }
    }

    /// Takes in the end. `Ok(true)` when the row was saved before and is not any more.
    pub(crate) fn settle(&mut self, id: RowId, settlement: Settlement) -> Result<bool, AlreadySettled> {
        let row = self.rows.get_mut(&id).filter(|row| row.status == Status::Open);
        row.ok_or(AlreadySettled)?.settle(settlement);
        Ok(self.unsaved.insert(id))
    }

    /// Takes in a later cost. A row that is still open will be told its cost by its settlement.
    pub(crate) fn amend(&mut self, id: RowId, found: CostFound) {
        if self.rows.get(&id).is_none_or(|row| row.status != Status::Open) {
            self.amendments.push_back((id, found));
        }
    }

    /// Rows that are not on disk as they are known here.
    pub(crate) fn unsaved(&self) -> usize {
        self.unsaved.len()
    }

    pub(crate) fn has_work(&self) -> bool {
        !self.unsaved.is_empty() || !self.amendments.is_empty()
    }

    /// The next `most` rows, oldest first. Later costs follow when no row is left that they could be for.
    pub(crate) fn batch(&self, most: usize) -> Batch {
        let rows: Vec<RowId> = self.unsaved.iter().copied().take(most).collect();
        let amendments = if rows.len() == self.unsaved.len() { self.amendments.len().min(most) } else { 0 };
        Batch { rows, amendments }
    }

    pub(crate) fn row(&self, id: RowId) -> Option<&RequestRow> {
        self.rows.get(&id)
    }

    pub(crate) fn amendments(&self, count: usize) -> impl Iterator<Item = &(RowId, CostFound)> {
        self.amendments.iter().take(count)
    }

    /// Notes a commit and returns the rows that it settled.
    pub(crate) fn saved(&mut self, rows: &[RowId], amendments: usize) -> Vec<RequestRow> {
        self.amendments.drain(..amendments);
        let mut settled = Vec::new();
        for id in rows {
            self.unsaved.remove(id);
            if self.rows.get(id).is_some_and(|row| row.status != Status::Open) {
                settled.extend(self.rows.remove(id));
            }
        }
        settled
    }

    /// The disk knows none of them any more. Returns how many it knew.
    pub(crate) fn unsave_all(&mut self) -> usize {
        self.rows.keys().filter(|id| self.unsaved.insert(**id)).count()
    }

    /// Gives a row up.
    pub(crate) fn forget(&mut self, id: RowId) -> Option<RequestRow> {
        self.unsaved.remove(&id);
        self.rows.remove(&id)
    }

    /// The rows that are not on disk as they are known here.
    pub(crate) fn unsaved_rows(&self) -> Vec<RequestRow> {
        self.unsaved.iter().filter_map(|id| self.rows.get(id).cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::vocabulary::Outcome;

    const ONE: RowId = RowId::new(1);
    const TWO: RowId = RowId::new(2);

    fn book() -> Book {
        Book::new(InstanceId(1))
    }

    fn end() -> Settlement {
        Settlement::new(Outcome::Ok, Duration::from_secs(1))
    }

    fn save_all(book: &mut Book) -> Vec<RowId> {
        let batch = book.batch(usize::MAX);
        book.saved(&batch.rows, batch.amendments).iter().map(|row| row.id).collect()
    }

    #[test]
    fn begin_and_settle_before_a_commit_are_one_write() {
        let mut book = book();
        book.begin(ONE, NewRequest::default());
        assert!(!book.progress(ONE, Progress::default()), "it waits already");
        assert_eq!(book.settle(ONE, end()), Ok(false), "it waits already");
        assert_eq!(book.batch(9).rows, [ONE]);
        assert_eq!(book.row(ONE).unwrap().status, Status::Ok);
        assert_eq!(save_all(&mut book), [ONE]);
        assert!(!book.has_work() && book.row(ONE).is_none());
    }

    #[test]
    fn a_row_saved_open_is_written_again_when_it_changes() {
        let mut book = book();
        book.begin(ONE, NewRequest::default());
        assert!(save_all(&mut book).is_empty(), "an open row is not settled");
        assert!(!book.has_work());
        assert!(book.progress(ONE, Progress::default()));
        save_all(&mut book);
        assert_eq!(book.settle(ONE, end()), Ok(true));
        assert_eq!(save_all(&mut book), [ONE]);
    }

    #[test]
    fn the_first_settlement_counts() {
        let mut book = book();
        book.begin(ONE, NewRequest::default());
        book.settle(ONE, end()).unwrap();
        let second = Settlement::new(Outcome::Error, Duration::ZERO);
        assert_eq!(book.settle(ONE, second.clone()), Err(AlreadySettled), "while it waits");
        assert!(!book.progress(ONE, Progress { provider: Some("late".to_owned()), ..Progress::default() }));
        let row = book.row(ONE).unwrap();
        assert_eq!((row.status, row.provider.as_deref()), (Status::Ok, None));
        save_all(&mut book);
        assert_eq!(book.settle(ONE, second), Err(AlreadySettled), "once it is on disk");
        assert!(!book.has_work());
    }

    #[test]
    fn later_costs_follow_the_rows_and_skip_open_ones() {
        let mut book = book();
        let found = CostFound::looked_up(turnpike_wire::money::NanoUsd(1));
        book.begin(ONE, NewRequest::default());
        book.begin(TWO, NewRequest::default());
        book.amend(ONE, found.clone());
        assert_eq!(book.amendments(9).count(), 0, "an open row will be told by its settlement");
        book.settle(ONE, end()).unwrap();
        book.amend(ONE, found);
        assert_eq!(book.batch(1), Batch { rows: vec![ONE], amendments: 0 });
        assert_eq!(book.batch(2), Batch { rows: vec![ONE, TWO], amendments: 1 });
        save_all(&mut book);
        assert!(!book.has_work());
    }

    #[test]
    fn a_new_disk_is_told_of_all_that_is_under_way() {
        let mut book = book();
        book.begin(ONE, NewRequest::default());
        book.saved(&[ONE], 0);
        book.begin(TWO, NewRequest::default());
        assert_eq!(book.unsave_all(), 1, "the other waits already");
        assert_eq!(book.batch(9).rows, [ONE, TWO]);
    }

    #[test]
    fn what_is_not_saved_can_be_told() {
        let mut book = book();
        book.begin(ONE, NewRequest::default());
        book.begin(TWO, NewRequest::default());
        book.saved(&[ONE], 0);
        assert_eq!(book.unsaved_rows().iter().map(|row| row.id).collect::<Vec<_>>(), [TWO]);
        assert!(book.forget(TWO).is_some() && !book.has_work());
    }
}
