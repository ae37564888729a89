//! The content of one transaction: rows, later costs, and the sums of both.

use rusqlite::{Connection, Result};
use turnpike_wire::money::NanoUsd;

use crate::entry::CostFound;
use crate::health::is_the_rows_fault;
use crate::row::{InstanceId, RequestRow, RowId};
use crate::sums::{Known, Tally};
use crate::table::{instance, request};
use crate::writer::book::{Batch, Book};

/// What a commit did.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// Rows that are on disk now.
    pub(crate) rows: Vec<RowId>,
    /// Rows that can never be written.
    pub(crate) lost: Vec<RowId>,
    /// How many later costs were dealt with.
    pub(crate) amendments: usize,
    /// Rows that got one, as they are now, and what they were taken to cost before.
    pub(crate) amended: Vec<(RequestRow, NanoUsd)>,
}

/// How the sums of a batch are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Once for the whole batch.
    Together,
    /// After each row, which is given up alone when its sums do not fit.
    Apart,
}

/// One row that is written, or changed.
#[derive(Clone, Copy)]
enum Change<'b> {
    Save(&'b RequestRow),
    Amend(RowId, &'b CostFound),
}

/// Notes the instance, and that the rows of dead ones are interrupted.
pub(super) fn note(conn: &Connection, known: &mut Known, instance: InstanceId, opened_at: i64) -> Result<()> {
    instance::opened(conn, instance, opened_at)?;
    let mut tally = Tally::default();
    for row in request::interrupt(conn, instance)? {
        tally.add(conn, known, &row)?;
    }
    tally.write(conn)
}

/// Writes a batch. With [`Way::Together`], sums that do not fit fail it as a whole.
pub(super) fn fill(
    conn: &Connection,
    known: &mut Known,
    (book, batch): (&Book, &Batch),
    way: Way,
) -> Result<Committed> {
    let mut done = Committed { amendments: batch.amendments, ..Committed::default() };
    let rows = batch.rows.iter().filter_map(|id| book.row(*id)).map(Change::Save);
    let costs = book.amendments(batch.amendments).map(|(id, found)| Change::Amend(*id, found));
    let mut tally = Tally::default();
    for change in rows.chain(costs) {
        match way {
            Way::Together => apply(conn, known, change, &mut tally, &mut done)?,
            Way::Apart => apart(conn, known, change, &mut done)?,
        }
    }
    tally.write(conn)?;
    Ok(done)
}

/// Makes one change with its sums, or, where they do not fit, none of it.
fn apart(conn: &Connection, known: &mut Known, change: Change<'_>, done: &mut Committed) -> Result<()> {
    conn.execute_batch("SAVEPOINT change")?;
    let mut tally = Tally::default();
    let mut alone = Committed::default();
    let applied = apply(conn, known, change, &mut tally, &mut alone).and_then(|()| tally.write(conn));
    match applied {
        Ok(()) => {
            conn.execute_batch("RELEASE change")?;
            done.rows.extend(alone.rows);
            done.lost.extend(alone.lost);
            done.amended.extend(alone.amended);
            Ok(())
        }
        Err(error) if is_the_rows_fault(&error) => {
            *known = Known::default();
            conn.execute_batch("ROLLBACK TO change; RELEASE change")?;
            given_up(change, &error, done);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn apply(
    conn: &Connection,
    known: &mut Known,
    change: Change<'_>,
    tally: &mut Tally,
    done: &mut Committed,
) -> Result<()> {
    match change {
        Change::Save(row) => match request::save(conn, row) {
            Ok(request::Saved::Written) => {
                done.rows.push(row.id);
                tally.add(conn, known, row)
            }
            Ok(request::Saved::Known) => {
                done.rows.push(row.id);
                Ok(())
            }
            Ok(request::Saved::Taken) => {
                done.lost.push(row.id);
                Ok(())
            }
            Err(error) if is_the_rows_fault(&error) => {
                given_up(change, &error, done);
                Ok(())
            }
            Err(error) => Err(error),
        },
        Change::Amend(id, found) => match request::amend(conn, id, found) {
            Ok(Some((before, after))) => {
                tally.take_off(conn, known, &before)?;
                tally.add(conn, known, &after)?;
                done.amended.push((after, before.cost.amount));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) if is_the_rows_fault(&error) => {
                given_up(change, &error, done);
                Ok(())
            }
            Err(error) => Err(error),
        },
    }
}

fn given_up(change: Change<'_>, error: &rusqlite::Error, done: &mut Committed) {
    match change {
        Change::Save(row) => {
            tracing::error!(row = %row.id, %error, "a row does not fit the ledger and is lost");
            done.lost.push(row.id);
        }
        Change::Amend(id, _) => tracing::error!(row = %id, %error, "a later cost does not fit the ledger"),
    }
}
